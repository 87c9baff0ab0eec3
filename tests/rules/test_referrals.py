"""The referral machines as tables: every listed pair passes, every other fails, and no loop closes before the patient was told."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import referrals
from baton.rules.tables import table

EXAMPLES = table("referral").examples


def test_all_34_moves_of_bser_are_there() -> None:
    assert [move.code for move in referrals.moves("medical")] == [f"T{number:02d}" for number in range(1, 35)]


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "from" in each], ids=lambda each: f"{each['from']} to {each['to']}")
def test_a_move_is_there_or_is_not(example: dict[str, str]) -> None:
    found = referrals.find("medical", example["from"], example["to"])
    assert (found.code if found else None) == example["move"]


@pytest.mark.parametrize("kind", ["medical", "community"])
def test_every_pair_that_is_not_listed_fails(kind: referrals.Kind) -> None:
    listed = {(move.start, move.end) for move in referrals.moves(kind)}
    for start, end in product(referrals.states(kind), repeat=2):
        assert (referrals.find(kind, start, end) is not None) == ((start, end) in listed)


@pytest.mark.parametrize("kind", ["medical", "community"])
def test_nothing_leads_out_of_an_end(kind: referrals.Kind) -> None:
    for end in referrals.ENDS & referrals.states(kind):
        assert referrals.from_state(kind, end) == ()


def test_community_statuses_leave_out_ready_and_received() -> None:
    assert not referrals.states("community") & {"ready", "received"}


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "step" in each], ids=lambda each: f"{each['step']} {each['urgency']}")
def test_limits(example: dict[str, str]) -> None:
    answer = referrals.limit(example["step"], example["urgency"], date.fromisoformat(example["since"]))
    assert answer.value == date.fromisoformat(example["due"])
    assert answer.steps and answer.source


def test_every_limit_has_a_worked_example_and_says_where_its_number_is_from() -> None:
    shown = {(each["step"], each["urgency"]) for each in EXAMPLES if "step" in each}
    assert shown == set(product(referrals.STEPS, referrals.URGENCIES))
    limits = [row for row in table("referral").rows if row.values["kind"] == "limit"]
    assert {row.code.removeprefix("limit-") for row in limits} == set(referrals.STEPS)
    assert all(row.mark == "PROPOSED" and row.source for row in limits), "nobody has published one: they are proposals, and say so"


def test_the_more_urgent_the_sooner() -> None:
    for step in referrals.STEPS:
        days = [referrals.limit(step, urgency, date(2026, 7, 6)).value for urgency in referrals.URGENCIES]
        assert days == sorted(days, reverse=True), step


def test_every_step_has_a_limit_for_every_urgency() -> None:
    for step, urgency in product(referrals.STEPS, referrals.URGENCIES):
        assert referrals.limit(step, urgency, date(2026, 7, 1)).value >= date(2026, 7, 1)


@given(st.sampled_from(sorted(referrals.states("medical") | referrals.states("community"))), st.booleans(), st.booleans(), st.booleans())
def test_a_loop_is_closed_only_when_the_patient_was_told(state: str, result: bool, reviewed: bool, told: bool) -> None:
    step = referrals.next_step(state, result=result, reviewed=reviewed, told=told)
    if state.startswith("completed"):
        assert (step is None) == (result and reviewed and told)
    elif state.startswith("cancelled"):
        assert step is None
    else:
        assert step is not None


def test_a_cardiologist_is_sent_an_ecg() -> None:
    assert "ecg" in referrals.missing("cardiology", ["question", "urgency", "reason"])
    assert referrals.missing("cardiology", referrals.content("cardiology")) == ()
    assert set(referrals.content(None)) <= set(referrals.content("oncology"))
