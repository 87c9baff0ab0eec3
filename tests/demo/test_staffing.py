"""The town lives in the rooms of its team: who left, is away, was taken, is on call; what a mentor looks over."""

from __future__ import annotations

from datetime import timedelta

from baton.demo.places import WORKERS
from baton.duties.team import absences, intake, mentoring, new_owner, oncall, people, workload
from baton.store import Store

from .conftest import NOW
from .test_town import of


def test_somebody_left_and_each_of_their_patients_has_somebody_proposed(larkhaven: Store) -> None:
    with larkhaven.view(of(larkhaven, WORKERS["luis-ortega"])) as view:
        left = new_owner.waiting(view)
        carriers = [each.person.reference for each in workload.board(view) if not each.away]
        shown = workload.preview(view, givers=dict.fromkeys(each.patient for each in left), takers=carriers)
        (gone,) = people.roster(view, gone=True)
    assert len(left) == 3 and {row.to for row in shown.rows} <= set(carriers) and gone.name.startswith("Paula Reyes")


def test_absences_intake_licences_and_the_mentors_queue(larkhaven: Store) -> None:
    with larkhaven.view(of(larkhaven, WORKERS["luis-ortega"])) as view:
        assert {each.standing for each in absences.every(view)} == {"now", "to-come", "over"}
        count, waiting = intake.waiting(view)
        said = view.find("Task", code=f"{intake.SYSTEM}|{intake.CODE}")
        assert len(people.roster(view, expiring=True)) == 2
        queue = mentoring.queue(view)
        comments = [each for item in queue for event in mentoring.story(view, task=item.task)[1] for each in event.comments]
        missed = mentoring.misses(view, ["Practitioner/sam-tolland"])
    assert count == len(waiting) == 6 and {each["status"] for each in said} == {"completed", "rejected"}
    assert {each.sent_back for each in queue} == {True, False} and len(comments) == 2 and missed


def test_somebody_is_on_call_tonight_and_one_night_is_open(larkhaven: Store) -> None:
    tonight = NOW.replace(hour=22)
    with larkhaven.view(of(larkhaven, WORKERS["luis-ortega"])) as view:
        for line in (oncall.CLINICIAN, oncall.COORDINATOR):
            assert any(each.start <= tonight < each.end for each in oncall.shifts(view, NOW, NOW + timedelta(days=1), line=line))
        gaps = oncall.gaps(view, NOW.date(), NOW.date() + timedelta(days=13), line=oncall.COORDINATOR)
    assert len(gaps) == 1
