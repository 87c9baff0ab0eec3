"""An organisation's own closures: who says them, which clocks count by them, and what becomes of what was owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.ward import DANA, HUB, LUIS, MERCY, PRIYA, TEAM, TOM, Ward, of_team, patient, stay

from baton.duties import closures, codes, working_days
from baton.duties.transitions import episodes
from baton.duties.working_days import Closure
from baton.store import Forbidden, Invalid, Refused
from baton.store.postgres import Database

HEART, PLAN = "Organization/heart", "Organization/plan"
WEDNESDAY, THURSDAY = date(2026, 7, 8), date(2026, 7, 9)


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    """Eva went home on Thursday 2 July 2026; her call is due on Tuesday 7 July."""
    ward = Ward(database)
    ward.put(patient(), of_team())
    ward.put(stay())
    yield ward
    ward.store.close()


@pytest.fixture
def trying(ward: Ward) -> Ward:
    """Nobody was reached on Tuesday, twice: the call is to be tried again on Wednesday 8 July."""
    ward.at("2026-07-07T10:02").attempt("no-answer")
    ward.at("2026-07-07T15:40").attempt("left-message")
    assert ward.due()[codes.CONTACT] == WEDNESDAY
    return ward


def close(ward: Ward, first: date, last: date | None = None, *, who: Any = LUIS, team: str = HEART, reason: str = "Staff retreat") -> None:
    with ward.change(who, "closed") as change:
        closures.close(change, organization=team, first=first, last=last or first, reason=reason)


def open_again(ward: Ward, first: date, last: date | None = None, *, who: Any = LUIS) -> None:
    with ward.change(who, "open") as change:
        closures.open_again(change, organization=HEART, first=first, last=last or first)


def differences(ward: Ward) -> list[tuple[str, Any, Any, str]]:
    return [(each.code, each.was, each.now, each.cause) for each in episodes.differences(ward.episode())]


def test_the_federal_clock_of_tcm_does_not_know_an_organisations_closures(ward: Ward) -> None:
    """RULES C3 and C13: business days are Monday to Friday but for federal holidays."""
    close(ward, date(2026, 7, 6), date(2026, 7, 7))
    assert ward.due()[codes.CONTACT] == date(2026, 7, 7)
    assert differences(ward) == []


def test_a_call_is_tried_again_on_a_day_the_team_works(ward: Ward) -> None:
    close(ward, WEDNESDAY, THURSDAY)
    ward.at("2026-07-07T10:02").attempt("no-answer")
    ward.at("2026-07-07T15:40").attempt("no-answer")
    assert ward.due()[codes.CONTACT] == date(2026, 7, 10)
    skipped = [(step.day, step.reason) for step in ward.trace(codes.CONTACT).arithmetic if step.op == "skip"]
    assert (WEDNESDAY, "closure:Staff retreat") in skipped


def test_a_closure_moves_what_hangs_on_it_with_a_difference_and_back(trying: Ward) -> None:
    close(trying, WEDNESDAY)
    assert trying.due()[codes.CONTACT] == THURSDAY
    assert differences(trying) == [(codes.CONTACT, WEDNESDAY, THURSDAY, "closure-changed")]
    open_again(trying, WEDNESDAY)
    assert trying.due()[codes.CONTACT] == WEDNESDAY
    assert differences(trying)[1:] == [(codes.CONTACT, THURSDAY, WEDNESDAY, "closure-changed")]
    assert trying.violations() == []


def test_what_would_move_is_said_before_and_nothing_moves(trying: Ward) -> None:
    with trying.store.view(LUIS) as view:
        added = [Closure(WEDNESDAY, WEDNESDAY, "Retreat", HEART)]
        moved = closures.would_move(view, organizations=[HEART], added=added)
        assert [(each.patient, each.was, each.now) for each in moved] == [("eva", WEDNESDAY, THURSDAY)]
        assert closures.would_move(view, organizations=[PLAN], added=added) == []
        count, rows = closures.due_on(view, closures=added, limit=5)
        assert (count, [(row.code, row.patient) for row in rows]) == (1, [(codes.CONTACT, "Patient/eva")])
        summary = Closure(date(2026, 7, 4), date(2026, 7, 5), "", HEART)
        assert closures.due_on(view, closures=[summary, added[0]], limit=1) == (2, closures.due_on(view, closures=[summary], limit=1)[1])
    assert trying.due()[codes.CONTACT] == WEDNESDAY and differences(trying) == []
    close(trying, WEDNESDAY)
    with trying.store.view(LUIS) as view:
        moved = closures.would_move(view, organizations=[HEART], removed=working_days.of(view, HEART))
        assert [(each.was, each.now) for each in moved] == [(THURSDAY, WEDNESDAY)]


def test_another_teams_closure_moves_nothing_and_a_parents_does(trying: Ward) -> None:
    close(trying, WEDNESDAY, team=PLAN)
    assert trying.due()[codes.CONTACT] == WEDNESDAY
    house = {"resourceType": "Organization", "id": "house", "active": True, "name": "Mercy"}
    heart = {"resourceType": "Organization", "id": "heart", "active": True, "type": TEAM, "name": "Heart & Vascular"}
    trying.put(house, {**heart, "partOf": {"reference": "Organization/house"}}, who=HUB)
    close(trying, WEDNESDAY, team="Organization/house")
    assert trying.due()[codes.CONTACT] == THURSDAY


@pytest.mark.parametrize("who", [TOM, PRIYA])
def test_only_those_who_run_the_house_say_when_it_is_closed(ward: Ward, who: Any) -> None:
    with pytest.raises(Refused):
        close(ward, WEDNESDAY, who=who)
    close(ward, WEDNESDAY, who=DANA)
    with pytest.raises(Refused):
        open_again(ward, WEDNESDAY, who=who)
    assert len(ward.find("HealthcareService")) == 1


@pytest.mark.parametrize(
    ("closed", "element"),
    [
        ({"description": "Flood"}, "HealthcareService.notAvailable[0].during"),
        ({"description": "Flood", "during": {"start": "2026-07-08"}}, "HealthcareService.notAvailable[0].during"),
        ({"description": "Flood", "during": {"start": "2026-07-08", "end": "2026-07-07"}}, None),
        ({"description": "Flood", "during": {"start": "2026-07-08", "end": "2026-09-08"}}, "HealthcareService.notAvailable[0].during"),
        (
            {"description": "x" * 101, "during": {"start": "2026-07-08", "end": "2026-07-08"}},
            "HealthcareService.notAvailable[0].description",
        ),
    ],
)
def test_the_door_refuses_a_closure_that_is_none_naming_the_element(ward: Ward, closed: dict[str, Any], element: str | None) -> None:
    service = {
        "resourceType": "HealthcareService",
        "id": working_days.service_id(HEART),
        "type": [codes.concept(working_days.KIND, working_days.WORKING_DAYS)],
        "providedBy": {"reference": HEART},
        "notAvailable": [closed],
    }
    with pytest.raises(Invalid) as refused:
        ward.put(service, who=LUIS)
    assert element in (None, refused.value.issues[0].expression)
    with pytest.raises(Invalid):
        ward.put({**service, "id": "another", "notAvailable": []}, who=LUIS)


def test_days_closed_already_and_closures_long_gone_are_refused(ward: Ward) -> None:
    close(ward, WEDNESDAY, THURSDAY)
    with pytest.raises(Invalid):
        close(ward, THURSDAY)
    with pytest.raises(Invalid):
        open_again(ward, WEDNESDAY)
    close(ward, date(2026, 12, 24))
    with ward.store.view(LUIS) as view:
        assert [each.first for each in working_days.of(view, HEART)] == [WEDNESDAY, date(2026, 12, 24)]


def test_other_healthcare_services_are_nobodys_closures(trying: Ward) -> None:
    service = {"resourceType": "HealthcareService", "id": "clinic", "providedBy": {"reference": HEART}}
    trying.put({**service, "notAvailable": [{"description": "Flood", "during": {"start": "2026-07-08", "end": "2026-07-08"}}]}, who=MERCY)
    assert trying.due()[codes.CONTACT] == WEDNESDAY


def test_refusals_are_of_the_door(ward: Ward) -> None:
    with pytest.raises((Invalid, Forbidden)):
        close(ward, WEDNESDAY, reason=" ")
