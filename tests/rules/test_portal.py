"""The portal's figures: the worked examples of its table, and the days around a coming of age."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import portal
from baton.rules.discharge import is_adult
from baton.rules.tables import table


@pytest.mark.parametrize("example", table("portal").examples, ids=lambda example: f"{example['born']} {example['today']}")
def test_the_worked_examples(example: dict[str, Any]) -> None:
    born = date.fromisoformat(example["born"]) if example["born"] else None
    today, asked = date.fromisoformat(example["today"]), example["asked"]
    assert portal.may_have_own(born, today) is example["own"]
    until = portal.proxy_until(born, today, date.fromisoformat(asked) if asked else None)
    assert until.isoformat() == example["proxy_until"]


@given(st.dates(date(1990, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2040, 1, 1)), st.none() | st.dates(date(2026, 1, 1)))
def test_no_parent_sees_an_adult_childs_record_by_what_was_said_of_the_child(born: date, today: date, asked: date | None) -> None:
    until = portal.proxy_until(born, today, asked)
    assert until <= today + timedelta(days=365) and (asked is None or until <= max(asked, until if asked < today else asked))
    if not is_adult(born, today):
        assert not is_adult(born, until)
