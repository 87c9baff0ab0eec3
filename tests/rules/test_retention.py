"""Retention: the worked examples of its table, and dates that are only partly known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from baton.rules import retention
from baton.rules.tables import table


@pytest.mark.parametrize("example", table("retention").examples, ids=lambda example: f"{example['ground']} {example['today']}")
def test_the_worked_examples(example: dict[str, Any]) -> None:
    today = date.fromisoformat(example["today"])
    refusals = retention.refusals(
        example["ground"], last_activity=date.fromisoformat(example["last_activity"]), born=example["born"], today=today
    )
    assert (not refusals) == example["allowed"], refusals


def test_a_refusal_says_until_when_and_by_which_rule() -> None:
    (said,) = retention.refusals("retention-over", last_activity=date(2020, 5, 5), born="1950-01-01", today=date(2026, 1, 1))
    assert "2030-05-05" in said and "retention/record" in said


@pytest.mark.parametrize(("born", "until"), [("2010", "2038-12-31"), ("2010-02", "2038-02-28"), ("2010-12", "2038-12-31")])
def test_a_birth_date_known_in_part_counts_as_its_last_day(born: str, until: str) -> None:
    assert retention.kept_until(date(2012, 1, 1), born, today=date(2026, 1, 1)).value.isoformat() == until
