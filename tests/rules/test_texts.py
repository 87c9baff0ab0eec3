"""Words that stop texts and begin them again: the worked examples of the table, and its dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from baton.rules import texts
from baton.rules.tables import table

DAY = date(2026, 11, 27)


@pytest.mark.parametrize("example", table("texts").examples, ids=lambda example: example["text"] or "nothing")
def test_the_worked_examples(example: dict[str, Any]) -> None:
    found = texts.word(example["text"], DAY)
    if example["means"] is None:
        assert found is None
    else:
        assert found == texts.Word(example["means"], example["language"], example["doubtful"])


def test_the_usual_words_of_carriers_are_known() -> None:
    for each in ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ALTO", "PARAR", "BAJA"):
        found = texts.word(each, DAY)
        assert found is not None and found.means == "stop", each
    for each in ("START", "UNSTOP", "INICIAR"):
        found = texts.word(each, DAY)
        assert found is not None and found.means == "start", each
    assert texts.confirmed_within(DAY) == timedelta(minutes=5)
