"""Visits at home on real PostgreSQL: the sheet with no more than the visit needs, what was taken along, and what comes back, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.duties.ward import HUB, PRIYA, TOM, ZONE, Ward, of_team, patient

from baton.duties import codes
from baton.duties.community import home_copies, home_visits, needs
from baton.duties.community.home_copies import Given
from baton.duties.contact import safe_contact
from baton.duties.scheduling import needs as visit_needs
from baton.duties.support import assessments
from baton.store import Forbidden, Invalid, NotFound, Who
from baton.store.postgres import Database

EVA = "Patient/eva"
HOME = {"use": "home", "line": ["2 Depot Street"], "city": "Larkhaven", "state": "RI", "postalCode": "02999"}
MARCUS = Who("Practitioner/marcus", "Marcus Bell", "social-worker", TOM.teams, "desk")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T09:00:00")
    ward.put(patient(address=[HOME]), of_team())
    yield ward
    ward.store.close()


def planned(ward: Ward, hour: str = "10:00", who: Who = MARCUS) -> str:
    """A visit today at that hour, by its need."""
    with ward.change(who) as change:
        need = visit_needs.make(change, patient="eva", what="See how they live", specialty="social work", minutes=60, modality="home").id
        return home_visits.plan(change, need=need, start=datetime.fromisoformat(f"2026-07-02T{hour}:00").replace(tzinfo=ZONE)).id


def sheet(ward: Ward, visit: str, **more: Any) -> home_visits.Sheet:
    with ward.store.view(MARCUS) as view:
        return home_visits.sheet(view, appointment=visit, **more)


def taken(ward: Ward, visit: str, who: Who = MARCUS) -> home_copies.Copy:
    with ward.change(who) as change:
        return home_copies.take(change, appointment=visit)


def given(ward: Ward, **said: str) -> list[Given]:
    return [Given(link.replace("_", "-"), each, ward.time - timedelta(minutes=5)) for link, each in said.items()]


def sent(ward: Ward, copy: str, answers: list[Given], who: Who = MARCUS) -> home_copies.Sent:
    with ward.change(who) as change:
        return home_copies.send(change, copy=copy, answers=answers)


def test_a_need_becomes_a_visit_and_its_sheet_says_how_to_get_in_and_nothing_sensitive(ward: Ward) -> None:
    with ward.change(MARCUS) as change:
        visit_needs.make(change, patient="eva", what="Second look", specialty="social work", minutes=60, modality="home")
        needs.raise_need(change, patient=EVA, need="food-insecurity")
        needs.raise_need(change, patient=EVA, need="intimate-partner-violence")
        home_visits.note(change, patient="eva", access="Ring twice, side door", safety="A dog")
    visit = planned(ward)
    with ward.store.view(MARCUS) as view:
        room = home_visits.room(view)
        assert [each.id for each in home_visits.room(view, mine=True).today] == [visit]
    (today,) = room.today
    assert (today.place, today.mine, today.safety, today.not_home) == ("2 Depot Street, Larkhaven, RI 02999", True, True, False)
    assert [each.what for each in room.unplanned] == ["Second look"] and room.coming == room.past == ()
    here, along = sheet(ward, visit), sheet(ward, visit, along=True)
    assert (here.access, here.safety) == ("Ring twice, side door", "A dog")
    assert set(here.needs) == {"food-insecurity", "intimate-partner-violence"} and not here.fewer
    assert along.needs == ("food-insecurity",) and along.fewer
    owed = [[each for each in sheet.open if each.kind != "visit-readiness"] for sheet in (along, here)]
    assert [len(each) for each in owed] == [1, 2] and all(any(each.kind == "visit-readiness" for each in one.open) for one in (along, here))
    with ward.store.view(PRIYA) as view, pytest.raises(NotFound):
        home_visits.sheet(view, appointment=visit)


def test_where_they_must_not_be_visited_at_home_is_the_first_thing_one_learns(ward: Ward) -> None:
    with ward.change(TOM) as change:
        wish = safe_contact.SafeContact(address="Library, 1 Main Street", avoid=("home",), safety=True)
        safe_contact.state(change, patient=EVA, asked=wish)
    found = sheet(ward, planned(ward))
    assert found.guarded and found.visit.not_home and found.visit.place == "Library, 1 Main Street"


def test_nobody_goes_to_a_home_that_was_ruled_out_and_the_sheet_has_no_number_that_must_not_ring(ward: Ward) -> None:
    landline, work = "(401) 555-0101", "(401) 555-0102"
    points = [{"system": "phone", "use": "home", "rank": 1, "value": landline}, {"system": "phone", "use": "work", "value": work}]
    ward.put(patient(address=[HOME], telecom=points))
    assert sheet(ward, planned(ward)).phone == landline
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=EVA, asked=safe_contact.SafeContact(avoid=("home",)))
    with pytest.raises(Invalid, match="not to be visited at home"):
        planned(ward, "13:00")
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=EVA, asked=safe_contact.SafeContact(avoid=("home",), address="Library, 1 Main Street"))
    assert sheet(ward, planned(ward, "15:00")).phone == work


def test_what_was_answered_at_home_is_kept_once_with_its_time_and_closes_the_visit(ward: Ward) -> None:
    visit = planned(ward)
    copy = taken(ward, visit)
    assert copy.until - copy.taken == timedelta(hours=12)
    ward.at("2026-07-02T11:00:00")
    answers = [*given(ward, food_home="no", fallen="once"), Given("notes", "Steep stairs", ward.time + timedelta(days=400))]
    first = sent(ward, copy.id, answers)
    assert (first.already, first.kept, first.others, first.differs) == (False, 3, (), ())
    before = len(ward.find("QuestionnaireResponse")), len(ward.find("Task"))
    assert sent(ward, copy.id, answers).already
    assert (len(ward.find("QuestionnaireResponse")), len(ward.find("Task"))) == before
    (response,) = ward.find("QuestionnaireResponse", patient=EVA)
    times = {each["linkId"]: each["extension"][0]["valueInstant"] for each in response["item"]}
    assert times["food-home"].startswith("2026-07-02T14:55") and times["notes"].startswith("2026-07-02T15:00"), "no later than now"
    assert response["status"] == "completed" and response["author"]["reference"] == MARCUS.person
    assert ward.get(f"Appointment/{visit}")["status"] == "fulfilled"
    with ward.store.view(MARCUS) as view:
        assert [each.code for each in needs.screened(view, EVA)] == ["food-insecurity"]
        (back,) = home_copies.of_patients(view, {EVA})[f"Appointment/{visit}"]
    assert back.state == "returned" and back.response == f"QuestionnaireResponse/{response['id']}"
    with pytest.raises(Invalid, match="over or cancelled"):
        taken(ward, visit)
    assert ward.violations() == []


def test_what_somebody_else_answered_meanwhile_stays_beside_it_and_somebody_compares(ward: Ward) -> None:
    visit = planned(ward)
    copy = taken(ward, visit)
    ward.at("2026-07-02T10:30:00")
    with ward.change(TOM) as change:
        other = assessments.answer(change, patient="eva", assessment="home-visit", answers={"food-home": "yes", "heat": "yes"}).reference
    ward.at("2026-07-02T11:00:00")
    found = sent(ward, copy.id, given(ward, food_home="no", heat="yes"))
    assert found.others == ("Tom Brandt",) and found.differs == ("food-home",)
    assert len(ward.find("QuestionnaireResponse", patient=EVA)) == 2
    with ward.store.view(MARCUS) as view:
        (back,) = home_copies.of_patients(view, {EVA})[f"Appointment/{visit}"]
    assert back.others == (other,)
    compare = [each["description"] for each in ward.find("Task", patient=EVA) if codes.promise_code(each) == codes.BY_HAND]
    assert len(compare) == 1 and "Both are kept" in compare[0] and "Tom Brandt" in compare[0]


def test_a_copy_is_its_takers_alone_and_has_no_way_back(ward: Ward) -> None:
    copy = taken(ward, planned(ward))
    with pytest.raises(Forbidden, match="somebody else"):
        sent(ward, copy.id, given(ward, heat="no"), TOM)
    with pytest.raises(Invalid, match="none of the answers"):
        sent(ward, copy.id, given(ward, heat="perhaps"))
    resource = ward.get(f"Basic/{copy.id}")
    for wrong, says in (
        ({**resource, "subject": {"reference": "Patient/other"}}, "does not change"),
        (codes.with_extension(resource, home_copies.UNTIL, {"url": home_copies.UNTIL, "valueInstant": "2030-01-01T00:00:00Z"}), "How long"),
        (codes.with_extension(resource, home_copies.STATE, {"url": home_copies.STATE, "valueCode": "new"}), "does not become"),
    ):
        with pytest.raises(Invalid, match=says):
            ward.put(patient("other"), wrong)
    with ward.change(MARCUS) as change:
        home_copies.drop(change, copy=copy.id)
    gone = ward.get(f"Basic/{copy.id}")
    with pytest.raises(Invalid, match="does not become"):
        ward.put(codes.with_extension(gone, home_copies.STATE, {"url": home_copies.STATE, "valueCode": "out"}))
    with pytest.raises(Invalid, match="not forgotten|not deleted"), ward.change(HUB) as change:
        change.delete("Basic", copy.id)


def test_a_well_known_person_is_not_taken_along(ward: Ward) -> None:
    visit = planned(ward)
    person = ward.get(EVA)
    ward.put({**person, "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}]}})
    assert not sheet(ward, visit).kept_here
    with pytest.raises(Invalid, match="not taken out of the house"):
        taken(ward, visit)
