"""Contradictions: the worked examples, and the pairs that cannot both be done."""

from __future__ import annotations

from datetime import date

import pytest

from baton.rules import contradictions
from baton.rules.contradictions import Said
from baton.rules.tables import table

DAY = date(2026, 7, 6)


@pytest.mark.parametrize("example", table("contradictions").examples, ids=lambda each: each["text"])
def test_the_worked_examples(example):
    assert contradictions.direction(example["text"], DAY) == example["direction"]


def test_what_cannot_both_be_done_names_both_sources():
    said = [
        Said("CarePlan/cardio", "Fluids ≤1.5 L a day"),
        Said("CarePlan/uro", "Drink ≥2.5 L a day"),
        Said("CarePlan/pt", "Walk twice daily"),
        Said("CarePlan/ortho", "Non-weight-bearing, left leg"),
        Said("CarePlan/pt", "Weigh every morning"),
    ]
    found = contradictions.conflicts(said, DAY)
    assert [(each.rule, each.one.plan, each.other.plan) for each in found] == [
        ("fluids", "CarePlan/cardio", "CarePlan/uro"),
        ("weight-bearing", "CarePlan/ortho", "CarePlan/pt"),
    ]
    assert all(each.source for each in found)


def test_what_is_said_twice():
    said = [
        Said("CarePlan/a", "Less salt"),
        Said("CarePlan/b", "low-salt diet, limit sodium"),
        Said("CarePlan/b", "Walk"),
        Said("CarePlan/a", "WALK!"),
    ]
    assert [(one.plan, other.plan) for one, other in contradictions.duplicates(said, DAY)] == [
        ("CarePlan/a", "CarePlan/b"),
        ("CarePlan/b", "CarePlan/a"),
    ]


def test_a_code_says_more_than_words():
    said = [Said("CarePlan/a", "As agreed", "fluids-limit"), Said("CarePlan/b", "As agreed too", "fluids-more")]
    assert [each.rule for each in contradictions.conflicts(said, DAY)] == ["fluids"]
