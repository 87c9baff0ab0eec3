"""The worked examples of how soon a worry or a goal is taken up again."""

from __future__ import annotations

from datetime import date

import pytest

from baton.rules import support
from baton.rules.tables import table


@pytest.mark.parametrize("example", table("support").examples, ids=str)
def test_worked_examples(example: dict) -> None:
    day = date.fromisoformat(example["on"])
    if "confident" in example:
        assert support.confident(example["confidence"], day) is example["confident"]
    else:
        assert support.due(example["code"], day).value == date.fromisoformat(example["due"])
