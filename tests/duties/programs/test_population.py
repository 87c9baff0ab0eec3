"""The panel on real PostgreSQL: what each row says, filters a team shares, outreach; and the paper that sums up a time in a program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.ward import PRIYA, TOM, Ward, of_team, patient

from baton.duties import codes, promises
from baton.duties.programs import care_plans, closing, minutes, population, programs
from baton.duties.programs.population import Filters
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

MIA_COORDINATOR = Who("Practitioner/mia-c", "Mia Cole", "coordinator", ("Organization/heart",), "desk")
SDOH = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    """Eva in heart failure with a need and something late, Mia steady, Zoe of another team."""
    made = Ward(database, "2026-07-01T09:00:00")
    made.put(*(patient(id_) for id_ in ("eva", "mia", "zoe")), of_team("eva"), of_team("mia"), of_team("zoe", "plan"))
    for id_ in ("eva", "mia", "zoe"):
        made.put(
            {
                "resourceType": "Condition", "id": f"hf-{id_}", "subject": {"reference": f"Patient/{id_}"},
                "clinicalStatus": codes.concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
                "code": codes.concept("http://hl7.org/fhir/sid/icd-10-cm", "I50.9", "Heart failure"),
            }
        )  # fmt: skip
    for id_, who in (("eva", TOM), ("mia", TOM), ("zoe", PRIYA)):
        with made.change(who) as change:
            programs.enrol(change, patient=id_, program="heart-failure", consent="verbal")
    made.put(
        {
            "resourceType": "Condition", "id": "food", "subject": {"reference": "Patient/eva"}, "category": [codes.concept(SDOH, "sdoh")],
            "clinicalStatus": codes.concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
            "code": {"text": "Not enough food"},
        }
    )  # fmt: skip
    with made.change(TOM) as change:
        promises.make_by_hand(change, patient="eva", what="Order the scale", due=date(2026, 7, 1))
        minutes.log(
            change,
            patient="eva",
            program="heart-failure",
            start=change.now.astimezone(change.zone).replace(hour=7),
            minutes=25,
            what="Call",
        )
    yield made
    made.store.close()


def rows(ward: Ward, who: Who = TOM, **narrowed: Any) -> dict[str, population.Row]:
    with ward.store.view(who) as view:
        return {each.who.id: each for each in population.population(view, filters=Filters(**narrowed)).rows}


def test_a_row_says_risk_open_late_needs_last_contact_and_minutes(ward: Ward) -> None:
    ward.at("2026-07-02T09:00:00")
    found = rows(ward, program="heart-failure")
    assert set(found) == {"eva", "mia"}, "one's own patients alone"
    eva, mia = found["eva"], found["mia"]
    assert (eva.late, eva.needs, eva.minutes, eva.reached, eva.silent) == (1, ("Not enough food",), 25, None, None)
    assert eva.open == mia.open + 1 and mia.late == 0 and mia.needs == () and eva.risk and mia.risk
    assert list(found) == ["eva", "mia"], "who has something late comes first"
    assert set(rows(ward, late=True)) == {"eva"} and set(rows(ward, needs=True)) == {"eva"} and set(rows(ward, silent=14)) == {"eva", "mia"}


def test_a_saved_filter_is_the_teams_and_of_no_other(ward: Ward) -> None:
    with ward.change(TOM) as change:
        for name, filters, said in (("", Filters(late=True), "a name"), ("Everybody", Filters(), "a filter first")):
            with pytest.raises(Invalid, match=said):
                population.save(change, name=name, filters=filters)
        kept = population.save(change, name="Late in heart failure", filters=Filters(program="heart-failure", late=True)).id
    with ward.store.view(MIA_COORDINATOR) as view:
        (shared,) = population.saved(view)
        assert (shared.name, shared.filters) == ("Late in heart failure", Filters(program="heart-failure", late=True))
    with ward.store.view(PRIYA) as view:
        assert population.saved(view) == ()
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        population.forget(change, view=kept)
    with ward.change(MIA_COORDINATOR) as change:
        population.forget(change, view=kept)
    with ward.store.view(TOM) as view:
        assert population.saved(view) == ()
    assert ward.get(f"Group/{kept}")["actual"] is False, "it describes people and lists nobody"


def test_reaching_out_promises_the_same_to_each_who_is_meant(ward: Ward) -> None:
    with ward.change(TOM) as change:
        assert population.reach_out(change, filters=Filters(program="heart-failure"), what="Ask about the scale", due=date(2026, 7, 3)) == 2
    found = [each for each in ward.find("Task", code=f"{codes.PROMISE}|{codes.BY_HAND}") if each["description"] == "Ask about the scale"]
    assert {each["for"]["reference"] for each in found} == {"Patient/eva", "Patient/mia"}
    with pytest.raises(Invalid, match="Nobody is meant"), ward.change(TOM) as change:
        population.reach_out(change, filters=Filters(program="oncology-navigation"), what="x", due=date(2026, 7, 3))


def test_the_paper_sums_up_and_what_comes_after_opening_again_is_added(ward: Ward) -> None:
    with ward.change(TOM) as change:
        care_plans.add_goal(change, patient="eva", words="Walk to church again", confidence=8)
    id_ = next(each["id"] for each in ward.find("EpisodeOfCare", patient="Patient/eva"))
    ward.at("2026-07-21T09:00:00")
    with ward.change(TOM) as change:
        programs.close(change, enrolment=id_, reason="graduated", words="Knows her weights", rating=5, feedback="They always called")
    with ward.store.view(TOM) as view:
        found = closing.summary(view, enrolment=id_)
    assert [(phase.code, since, days) for phase, since, _until, days, _why in found.phases] == [("first-30-days", date(2026, 7, 1), 20)]
    assert found.goals[0][0] == "Walk to church again" and found.goals[0][2] == 8 and found.minutes == 25
    assert found.dropped > 0 and (found.enrolment.rating, found.enrolment.feedback) == (5, "They always called")
    with ward.change(TOM) as change:
        programs.reopen(change, enrolment=id_, note="Back in hospital")
    with ward.store.view(TOM) as view:
        again = closing.summary(view, enrolment=id_)
    assert again.enrolment.id == id_ and again.phases[0][1] == date(2026, 7, 1) and again.minutes == 25
    assert again.enrolment.reopened == "Back in hospital" and ward.violations() == []
