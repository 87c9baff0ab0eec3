"""Who works here: roles with dates, the guard on giving them, leaving and coming back, licences and skills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from tests.duties.ward import DANA, HUB, LUIS, PRIYA, TOM, Ward

from baton.duties.team import people, staff
from baton.store import Forbidden, Invalid, NotFound, Who
from baton.store.postgres import Database

HEART, PLAN = "Organization/heart", "Organization/plan"


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = Ward(module_database)
    yield ward
    ward.store.close()


def person(ward: Ward, id_: str) -> people.Person:
    with ward.store.view(HUB) as view:
        return people.person(view, id_)


def roster(ward: Ward, **asked: object) -> list[str]:
    with ward.store.view(DANA) as view:
        return [each.name for each in people.roster(view, **asked)]  # type: ignore[arg-type]


def test_a_role_from_a_day_to_a_day(ward: Ward) -> None:
    with ward.change(DANA) as change:
        nora = staff.add(change, email="nora@example.org", role="student", team="Heart & Vascular", name="Nora Ray", end=date(2026, 7, 3))
        staff.give(change, person=nora, role="coordinator", team=PLAN, site="North clinic", start=date(2026, 7, 6), stands="covering")
    found = person(ward, nora.partition("/")[2])
    assert [(role.role, role.standing) for role in found.roles] == [("student", "expiring"), ("coordinator", "to-come")]
    assert found.roles[1].sites == ("North clinic",)
    assert [role.stands for role in found.roles] == ["mentoring", "covering"]
    assert (found.role, found.current[0].team_name) == ("student", "Heart & Vascular")
    acting = ward.store.who(nora, entrance="api")
    assert acting and acting.role == "student", "a role that is still to come does not count"
    ward.at("2026-07-06T08:00")
    acting = ward.store.who(nora, entrance="desk")
    assert acting and (acting.role, acting.teams, acting.covering) == ("coordinator", (PLAN,), (PLAN,)), "nor one that is over"
    assert [(role.role, role.standing) for role in person(ward, found.id).roles] == [("coordinator", "in-force"), ("student", "expired")]
    assert "Nora Ray" in roster(ward, team=PLAN) and "Nora Ray" not in roster(ward, team=HEART)
    ward.at("2026-07-02T14:11")


def test_leaving_ends_everything_and_adding_again_brings_the_same_person_back(ward: Ward) -> None:
    with ward.change(DANA) as change:
        eve = staff.add(change, email="eve@example.org", role="coordinator", team="Heart & Vascular")
    with ward.change(DANA) as change:
        staff.leave(change, person=eve)
    assert ward.store.who(eve, entrance="desk") is None
    assert "Eve" in roster(ward, gone=True) and "Eve" not in roster(ward)
    with ward.change(DANA) as change:
        assert staff.add(change, email="eve@example.org", role="senior", team="Health Plan") == eve
    assert person(ward, eve.partition("/")[2]).role == "senior"


@pytest.mark.parametrize(
    ("who", "role", "to", "may"),
    [
        (DANA, "administrator", PRIYA, True),
        (LUIS, "coordinator", PRIYA, True),
        (LUIS, "student", PRIYA, True),
        (LUIS, "supervisor", PRIYA, False),
        (LUIS, "administrator", PRIYA, False),
        (LUIS, "coordinator", LUIS, False),
        (TOM, "coordinator", PRIYA, False),
        (TOM, "administrator", TOM, False),
    ],
)
def test_who_may_give_which_role(ward: Ward, who: Who, role: str, to: Who, may: bool) -> None:
    if not may:
        with pytest.raises((Forbidden, Invalid)), ward.change(who) as change:
            staff.give(change, person=to.person, role=role, team=HEART)
        return
    with ward.change(who) as change:
        given = staff.give(change, person=to.person, role=role, team=HEART).id
    with ward.change(HUB) as change:
        staff.end_role(change, role=given)


def test_there_is_always_an_administrator(ward: Ward) -> None:
    with pytest.raises(Invalid, match="always an administrator"), ward.change(DANA) as change:
        staff.end_role(change, role="dana")
    with ward.change(DANA) as change:
        second = staff.add(change, email="second@example.org", role="administrator")
    with ward.change(DANA) as change:
        staff.leave(change, person=second)
    with pytest.raises(Invalid), ward.change(DANA) as change:
        staff.leave(change, person=DANA.person)


def test_a_role_ends_once(ward: Ward) -> None:
    with ward.change(DANA) as change:
        role = staff.give(change, person=PRIYA.person, role="student", team=HEART).id
    with ward.change(DANA) as change:
        staff.end_role(change, role=role, on=date(2026, 8, 1))
    assert ward.get(f"PractitionerRole/{role}")["period"]["end"] == "2026-08-01"
    with ward.change(DANA) as change:
        staff.end_role(change, role=role)
    with pytest.raises(Invalid), ward.change(DANA) as change:
        staff.end_role(change, role=role)
    with pytest.raises(NotFound), ward.change(DANA) as change:
        staff.end_role(change, role="never-was")


def test_licences_and_skills(ward: Ward) -> None:
    with ward.change(LUIS) as change:
        staff.enter_licence(change, person=PRIYA.person, code="RN", number="R1", issuer="Board of Nursing", end=date(2026, 8, 15))
        staff.enter_licence(change, person=PRIYA.person, code="NP", number="N1", end=date(2026, 6, 30))
        staff.set_skills(change, person=PRIYA.person, skills=["teach-back", "palliative-care"])
    found = person(ward, "priya")
    assert [(each.code, each.number, each.standing) for each in found.licences] == [("RN", "R1", "expiring"), ("NP", "N1", "expired")]
    assert [each.text for each in found.skills] == ["Teach-back", "Palliative care"]
    assert roster(ward, expiring=True) == ["Priya Nair"]
    with ward.change(LUIS) as change:
        staff.enter_licence(change, person=PRIYA.person, code="RN", number="R1", end=date(2028, 8, 15))
        staff.set_skills(change, person=PRIYA.person, skills=[])
    found = person(ward, "priya")
    assert [(each.code, each.standing) for each in found.licences] == [("NP", "expired"), ("RN", "in-force")] and found.skills == ()
    with ward.change(LUIS) as change:
        staff.remove_licence(change, person=PRIYA.person, place=found.licences[0].place)
    assert roster(ward, expiring=True) == []
    for wrong in ({"code": ""}, {"code": "RN", "start": date(2026, 2, 1), "end": date(2026, 1, 1)}):
        with pytest.raises(Invalid), ward.change(LUIS) as change:
            staff.enter_licence(change, person=PRIYA.person, **wrong)  # type: ignore[arg-type]
    with pytest.raises(Invalid), ward.change(LUIS) as change:
        staff.set_skills(change, person=PRIYA.person, skills=["juggling"])


def test_teams(ward: Ward) -> None:
    with ward.change(LUIS) as change:
        night = staff.add_team(change, name="Night team")
        assert staff.add_team(change, name="Night team") == night
        staff.rename_team(change, team=night, name="Evening team")
    with ward.store.view(DANA) as view:
        found = {each.name: [one.name for one in each.people] for each in people.teams(view)}
    assert found["Evening team"] == [] and "Tom Brandt" in found["Heart & Vascular"]
    with pytest.raises(Invalid), ward.change(LUIS) as change:
        staff.add_team(change, name=" ")


def test_a_colleague_changes_no_address_and_sends_nobody_away(ward: Ward) -> None:
    for change_of in ({"active": False}, {"telecom": [{"system": "email", "value": "mine@example.org"}]}):
        with pytest.raises((Forbidden, Invalid)), ward.change(TOM) as change:
            change.put({**change.get("Practitioner", "priya"), **change_of})
