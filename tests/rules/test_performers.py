"""The worked examples of who may do what by their licence."""

from __future__ import annotations

from datetime import date

import pytest

from baton.rules import performers
from baton.rules.tables import table

EXAMPLES = table("performers").examples


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_examples(example):
    held = performers.Licence(example["licence"], day(example["start"]), day(example["end"]))
    kind = performers.kind_of(example["task"], [held], date.fromisoformat(example["on"]))
    assert (kind is not None) is example["may"]


def test_no_licence_no_reconciliation():
    assert performers.kind_of("medication-reconciliation", [], date(2026, 7, 2)) is None
    assert performers.kind_of("medication-reconciliation", [performers.Licence("RN")], date(2026, 7, 2)) == "registered-nurse"
