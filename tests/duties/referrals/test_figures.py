"""F10: how loops go is counted as a person would count them: closure by party and window, why declined, how long each step took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.duties.referrals.test_referrals import CLINICS, act, letter, on, read, sent
from tests.duties.ward import PRIYA, TOM, Ward, of_team, patient

from baton.duties.referrals import board, referrals
from baton.rules import referrals as rules
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    """By 10 August: one loop that was declined, went on and closed on its 30th day; one never answered; one declined and given up."""
    ward = Ward(database, "2026-05-04T09:00:00")
    ward.put(patient(), of_team(), *CLINICS)
    first = sent(ward)
    ward.at("2026-05-06T09:00:00")
    act(ward, first, "decline", reason="no capacity")
    with ward.change(TOM) as change:
        task = referrals.reroute(change, task=first, to="Organization/two").id
    ward.at("2026-05-07T09:00:00")
    act(ward, task, "accept")
    act(ward, task, "schedule", when=on("2026-05-26T09:00"))
    ward.at("2026-05-26T12:00:00")
    act(ward, task, "outcome")
    ward.at("2026-06-02T12:00:00")
    ward.put(letter(read(ward, task)))
    ward.at("2026-06-04T12:00:00")
    with ward.change(TOM) as change:
        referrals.review(change, task=task, disposition="no-change")
    ward.at("2026-06-05T08:00:00")
    with ward.change(TOM) as change:
        referrals.tell(change, task=task, how="message")
    ward.at("2026-06-08T09:00:00")
    sent(ward)
    ward.at("2026-07-01T09:00:00")
    given_up = sent(ward)
    ward.at("2026-07-02T09:00:00")
    act(ward, given_up, "decline", reason="no capacity")
    with ward.change(TOM) as change:
        referrals.close_without_result(change, task=given_up, reason="the patient moved away")
    ward.at("2026-08-10T09:00:00")
    yield ward
    ward.store.close()


def within(closure: board.Closure) -> dict[int, tuple[int, int]]:
    return {days: (closed, of) for days, closed, of in closure.within}


def test_closure_counts_each_loop_once_where_it_went_and_only_when_it_is_old_enough(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        found = board.figures(view)
    # begun 6 May (closed 5 June), 8 June, 1 July; on 10 August 96, 63 and 40 days old
    assert within(found.overall) == {30: (1, 3), 60: (1, 2), 90: (1, 1)}
    by_party = {each.name: within(each) for each in found.by_party}
    assert by_party["Heart Clinic Two"] == {30: (1, 1), 60: (1, 1), 90: (1, 1)}
    assert by_party["Heart Clinic One"] == {30: (0, 2), 60: (0, 1), 90: (0, 0)}, "the leak stands where it is"
    assert found.baseline == rules.baseline() == 34.8


def test_declined_reasons_and_how_long_each_step_took(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        found = board.figures(view)
    assert found.declined == (("no capacity", 2),)
    days = dict(found.days)
    assert (days["result"], days["review"], days["tell"]) == (7.0, 2.0, 0.8)
    assert days["answer"] == 1.0, "the median of two days, one day and one day"


def test_who_stands_behind_the_figures_and_another_team_counts_nothing(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        loops = board.loops_within(view, 30)
    assert [(each.start.date().isoformat(), each.in_time) for each in loops] == [
        ("2026-05-06", True),
        ("2026-06-08", False),
        ("2026-07-01", False),
    ]
    assert loops[0].end is not None and loops[0].end - loops[0].start < timedelta(days=30)
    with ward.store.view(PRIYA) as view:
        theirs = board.figures(view)
    assert within(theirs.overall) == {30: (0, 0), 60: (0, 0), 90: (0, 0)} and theirs.declined == () and theirs.by_party == ()
