"""Intervals by their worked examples; small cells hidden, and what would give them away; equal groups hardly ever marked."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import figures
from baton.rules.tables import table

DAY = date(2026, 7, 2)


@pytest.mark.parametrize("example", table("figures").examples, ids=str)
def test_examples(example: dict[str, Any]) -> None:
    found = figures.share("", example["kept"], example["of"], DAY)
    assert (found.low, found.high) == (example["low"], example["high"])


@pytest.mark.parametrize(
    ("code", "kind"), [("521", "private"), ("13", "medicare"), ("3111", "public"), ("291", "medicaid"), ("89", "own"), ("24", "medicaid")]
)
def test_every_payer_code_of_the_typology_is_of_a_kind(code: str, kind: str) -> None:
    found = [name for name, codes in figures.payers(date(2026, 11, 28)).items() if code in codes]
    assert found == [kind]


def test_a_small_cell_is_hidden_and_so_is_the_one_that_would_give_it_away() -> None:
    found = figures.groups({"a": (5, 10), "b": (30, 40), "c": (90, 100)}, DAY)
    assert {each.name for each in found if each.hidden} == {"a", "b"}
    found = figures.groups({"a": (5, 10), "b": (3, 4), "c": (90, 100)}, DAY)
    assert {each.name for each in found if each.hidden} == {"a", "b"}, "two hide each other"
    assert not any(each.hidden for each in figures.groups({"a": (5, 11), "b": (0, 0)}, DAY)), "nobody is not somebody"


@given(st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 40), max_size=7))
def test_whatever_the_sizes_no_small_cell_is_shown_or_worked_out(sizes: dict[str, int]) -> None:
    """From the total, and every cell that is shown, nobody learns a sum of fewer than eleven people, nor one hidden cell alone."""
    found = figures.groups({name: (0, of) for name, of in sizes.items()}, DAY)
    shown, hidden = ({each.name: each.of for each in found if each.of and each.hidden is are} for are in (False, True))
    assert all(size >= 11 for size in shown.values())
    learnt = sum(sizes.values()) - sum(shown.values())
    assert learnt == 0 or not shown or (learnt >= 11 and len(hidden) >= 2)
    if shown and hidden:
        assert max(hidden.values()) <= min(shown.values()) or min(hidden.values()) < 11, "no more is hidden than has to be"


def test_a_gap_that_the_numbers_carry_is_marked() -> None:
    found = {each.name: each.flagged for each in figures.groups({"en": (180, 200), "es": (110, 200)}, DAY)}
    assert found == {"en": True, "es": True}
    found = {each.name: each.flagged for each in figures.groups({"en": (18, 20), "es": (14, 20)}, DAY)}
    assert found == {"en": False, "es": False}, "the same gap, too few people"


def test_equal_groups_are_marked_in_at_most_five_pages_of_a_hundred() -> None:
    dice, wrong, pages = random.Random(7), 0, 300
    for _ in range(pages):
        sizes = {"a": 200, "b": 80, "c": 25, "d": 60, "e": 140}
        counts = {name: (sum(dice.random() < 0.8 for _ in range(of)), of) for name, of in sizes.items()}
        wrong += any(each.flagged for each in figures.groups(counts, DAY))
    assert wrong <= pages * 0.05
