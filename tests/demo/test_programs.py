"""The town lives in the programs room: every state, goals, contradictions, minutes; and nothing in it breaks a rule."""

from __future__ import annotations

from tests.demo.conftest import NOW

from baton.demo import town
from baton.duties import codes
from baton.duties.programs import boards, family_meetings, month_close, packs, plan_issues, population, states, watches
from baton.duties.programs.promises import READING
from baton.duties.support import assessments
from baton.duties.team import huddle_reading
from baton.store import Store


def test_there_is_work_of_every_kind(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        found = [states.read(each) for each in view.find("EpisodeOfCare", type=f"{states.PROGRAM}|")]
        assert {each.state for each in found} == {"planned", "waitlist", "active", "onhold", "finished", "cancelled"}
        assert {each.program for each in found} == {"heart-failure", "oncology-navigation", "geriatrics-4ms", "chronic-care"}
        assert len({(each.program, each.phase) for each in found if each.state == "active"}) >= 8
        assert population.contradictions(view) >= 2
        page = population.population(view, filters=population.Filters())
        assert page.total >= 30 and any(each.goal for each in page.rows) and any(each.minutes for each in page.rows)
        undecided = [each for each in view.find("DetectedIssue", code="contradiction") if each["status"] == "preliminary"]
        assert all(plan_issues.is_contradiction(each) for each in undecided)
        month = month_close.run(view, month=NOW.date().replace(day=1))
        assert month.ready and month.below and any(each.line.flags for each in month.lines)


def test_a_weight_past_the_patients_own_limit_waits_and_one_was_decided(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        readings = view.find("Task", code=f"{codes.PROMISE}|{READING}")
        (waits,) = (each for each in readings if codes.is_open(each))
        (decided,) = (each for each in readings if not codes.is_open(each))
        (enrolment,) = (each for each in states.of_patient(view, str(codes.patient_of(waits))) if each.program == "heart-failure")
        (watched,) = watches.watched(view, enrolment, packs.current(view, "heart-failure"))
    assert watches.disposition_of(decided) == "medicine-changed"
    assert watched.task == waits["id"] and len(watched.readings) >= 7 and any(each.own for each in watched.limits)


def test_a_board_was_held_and_the_next_one_has_an_agenda(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        program, board = boards.of(view, "oncology-navigation")
        (held,) = (each for each in huddle_reading.every(view) if each.about.text == board.title.text)
        points = huddle_reading.points(view, held.id)
        late = [stay.because for each in view.find("EpisodeOfCare", type=f"{states.PROGRAM}|") for stay in states.read(each).stays]
        assert boards.agenda(view, program=program.code)
    assert held.end is not None and all(each.decisions for each in points) and any(said.disagree for each in points for said in each.said)
    assert [each for each in late if each]


def test_families_met_and_will_meet_and_the_4ms_are_asked(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        meetings = [each for each in view.find("Appointment", _count=1000) if family_meetings.is_meeting(each)]
        decided = [each for each in view.find("Task", _count=1000) if str(each.get("description")).startswith("Family meeting: ")]
        asked = [assessments.read(view, each) for each in view.find("QuestionnaireResponse", _count=1000)]
        paused = [states.read(each) for each in view.find("EpisodeOfCare", type=f"{states.PROGRAM}|", status="onhold")]
    assert {each["status"] for each in meetings} == {"booked", "fulfilled"}
    assert {each["status"] for each in decided} >= {"requested", "completed"}
    assert {each.assessment.code for each in asked if each} >= {"four-ms", "phq-2", "distress", "social-needs", "caregiver-strain"}
    assert paused and all(each.pauses[-1].reason for each in paused)
