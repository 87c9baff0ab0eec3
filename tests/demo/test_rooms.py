"""The town lives in every room: what a list can hold, somebody's list holds."""

from __future__ import annotations

from collections import Counter

import pytest

from baton.demo import town
from baton.demo.places import COORDINATORS
from baton.duties import codes
from baton.duties.contact import threads
from baton.duties.referrals import board as referral_board
from baton.duties.support import education
from baton.duties.today import loops
from baton.fhir.resource import extension

from .test_town import of


def test_a_referral_stands_in_every_column(larkhaven):
    with larkhaven.view(of(larkhaven, COORDINATORS["outpatient-coordination"])) as view:
        board = referral_board.board(view)
    assert {name for name, count in board.columns if count} == set(referral_board.COLUMNS)
    assert board.late and {name for name, count in board.turns if count} == {"ours", "theirs", "patient"}


def test_some_loops_are_closed_and_some_were_declined(larkhaven):
    with larkhaven.view(of(larkhaven, COORDINATORS["outpatient-coordination"])) as view:
        figures = referral_board.figures(view)
    assert figures.declined and any(step == "tell" for step, _ in figures.days)


def test_lessons_are_taught_back_or_still_to_be_asked(larkhaven):
    for worker in COORDINATORS.values():
        with larkhaven.view(of(larkhaven, worker)) as view:
            patients = {each["subject"]["reference"] for each in view.find("Communication", category="instruction")}
            given = [each for patient in patients for each in education.learning(view, patient=patient).given]
        assert any(each.taught for each in given) and any(not each.taught for each in given)


def test_messages_stand_in_every_turn_and_some_are_late(larkhaven):
    with larkhaven.view(town.HUB) as view:
        found, closed = threads.rows(view), threads.rows(view, open=False)
        calls = [str(extension(each, codes.CONTACT_OUTCOME)) for each in view.find("Communication", status="not-done,completed")]
    turns = Counter(each.turn for each in found)
    assert set(turns) == {"ours", "colleague", "theirs", "nobody"} and min(turns.values()) >= 3 and len(closed) >= 3
    assert {each.topic for each in found} >= {"concern", "appointment", "discharge", "other"}
    assert sum(1 for each in found if each.due and each.due <= view.now) >= 2
    assert {"language-line", "wrong-number", "reached"} <= set(calls)


@pytest.mark.parametrize("worker", COORDINATORS.values(), ids=lambda worker: worker.id)
def test_every_row_of_today_knows_why_it_is_there(larkhaven, worker):
    with larkhaven.view(of(larkhaven, worker)) as view:
        rows = [loops.why(each.task, view.zone) for each in view.promises(limit=500)]
    assert rows and [why.rule for why in rows if not why.facts and not why.known] == []
