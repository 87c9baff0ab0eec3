"""Which list a visit has, what is fresh enough for it, and by when what is missing is there: the worked examples."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from baton.rules import readiness
from baton.rules.tables import table

DAY = date(2026, 11, 23)


@pytest.mark.parametrize("example", table("readiness").examples, ids=str)
def test_examples(example: dict[str, Any]) -> None:
    if "words" in example:
        assert readiness.checklist(example["words"], DAY).code == example["type"]
    elif "due" in example:
        answer = readiness.due(date.fromisoformat(example["visit"]), date.fromisoformat(example["today"]))
        assert answer.value == date.fromisoformat(example["due"]) and answer.source
    else:
        found = readiness.fresh(example["days"], date.fromisoformat(example["on"]), date.fromisoformat(example["visit"]))
        assert found is example["fresh"]


def test_every_list_asks_for_the_medicines_and_every_item_once() -> None:
    for row in table("readiness").rows:
        codes = [each["item"] for each in row.values.get("items", ())]
        assert len(codes) == len(set(codes))
        if row.values["kind"] == "visit" and codes:
            assert "medicines" in codes and row.mark == "PROPOSED"
