"""The town lives in the room of support: concerns in every state, sums over time, a case open and one decided, in good time."""

from __future__ import annotations

from baton.demo.places import COORDINATORS
from baton.duties.support import assessments, concerns, goals, safety
from baton.duties.support.concern_states import OPEN


def who(larkhaven, id_):
    return larkhaven.who(f"Practitioner/{id_}", entrance="desk")


def test_every_team_has_concerns_in_every_state(larkhaven):
    for worker in COORDINATORS.values():
        with larkhaven.view(who(larkhaven, worker.id)) as view:
            found = concerns.concerns(view)
            assert {each.state for each in found} == set(OPEN), worker.id
            assert concerns.concerns(view, still_open=False)


def test_sums_over_time_and_goals(larkhaven):
    with larkhaven.view(who(larkhaven, "tom-brandt")) as view:
        asked = view.find("QuestionnaireResponse", _count=1000)
        patients = {each["subject"]["reference"] for each in asked}
        lines = [assessments.of_patient(view, patient=each, assessment="phq-9") for each in patients]
        assert max(len([each for each in line if each.done]) for line in lines) == 3
        assert {each.open for patient in patients for each in goals.of_patient(view, patient=patient)} == {True, False}


def test_a_case_is_open_and_one_was_decided(larkhaven):
    for id_ in ("tom-brandt", "luis-ortega", "amara-okonkwo"):
        with larkhaven.view(who(larkhaven, id_)) as view:
            (open_,) = safety.cases(view)
            (over,) = safety.cases(view, still_open=False)
        assert open_.state == "with-clinician" and open_.owner == "Practitioner/amara-okonkwo"
        assert [each.code for each in over.events] == ["raised", "confirm", "lose", "call", "call", "call", "decide"]
