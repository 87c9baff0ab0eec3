"""Who answers now: by the schedule, whoever asks; where nobody is on call, those who answer for the house; and the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from tests.duties.ward import DANA, HUB, LUIS, PRIYA, TOM, ZONE, Ward, of_team, patient

from baton.duties.scheduling import openings
from baton.duties.team import oncall
from baton.store import Forbidden, Invalid
from baton.store.postgres import Database


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = Ward(module_database)
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def put_on(ward: Ward, who: str, start: str, end: str, line: str = "clinician", **more: str) -> str:
    with ward.change(LUIS) as change:
        return oncall.put_on(change, line=line, person=f"Practitioner/{who}", start=at(start), end=at(end), **more).id


def test_the_one_on_call_answers_whoever_asks_and_the_hand_over_is_to_the_second(ward: Ward) -> None:
    put_on(ward, "tom", "2026-07-03T08:00", "2026-07-04T08:00", phone="(401) 555-0199")
    put_on(ward, "priya", "2026-07-04T08:00", "2026-07-05T08:00")
    with ward.store.view(PRIYA) as view:
        found = {text: oncall.now(view, at(text)) for text in ("2026-07-03T08:00", "2026-07-04T07:59:59", "2026-07-04T08:00")}
    assert {text: each and each.name for text, each in found.items()} == {
        "2026-07-03T08:00": "Tom Brandt", "2026-07-04T07:59:59": "Tom Brandt", "2026-07-04T08:00": "Priya Nair",
    }  # fmt: skip
    first = found["2026-07-03T08:00"]
    assert first and (first.phone, first.instead, first.person) == ("(401) 555-0199", False, "Practitioner/tom")


def test_nobody_on_call_rings_with_a_supervisor_never_with_nobody(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        found = oncall.now(view, at("2026-07-20T03:00"))
        night = oncall.now(view, at("2026-07-20T03:00"), line="coordinator")
    assert found and (found.name, found.instead) == ("Luis Ortega", True)
    assert night and night.name == "Luis Ortega"


def test_two_at_once_too_long_and_by_whoever_wants_are_refused(ward: Ward) -> None:
    put_on(ward, "tom", "2026-08-01T08:00", "2026-08-02T08:00")
    with pytest.raises(Invalid, match="take them off first: Tom Brandt"):
        put_on(ward, "priya", "2026-08-01T20:00", "2026-08-03T08:00")
    with pytest.raises(Invalid, match="more than a week"):
        put_on(ward, "tom", "2026-09-01T08:00", "2026-09-09T08:00")
    with pytest.raises(Invalid, match="somebody who works here"):
        put_on(ward, "nobody", "2026-08-05T08:00", "2026-08-06T08:00")
    with pytest.raises((Invalid, Forbidden)), ward.change(TOM) as change:
        oncall.put_on(change, line="clinician", person="Practitioner/tom", start=at("2026-08-08T08:00"), end=at("2026-08-09T08:00"))


def test_gaps_are_found_and_a_shift_taken_back_makes_one(ward: Ward) -> None:
    slot = put_on(ward, "tom", "2026-07-11T00:00", "2026-07-13T08:00", line="coordinator")
    with ward.store.view(LUIS) as view:
        assert oncall.gaps(view, date(2026, 7, 11), date(2026, 7, 12), line="coordinator") == []
    ward.at("2026-07-11T12:00")
    with ward.change(DANA) as change:
        oncall.take_off(change, slot=slot)
    with ward.store.view(LUIS) as view:
        assert oncall.gaps(view, date(2026, 7, 11), date(2026, 7, 12), line="coordinator") == [
            (at("2026-07-11T12:00"), at("2026-07-13T00:00"))
        ]
    ward.at("2026-07-02T14:11")


def test_a_call_answered_after_hours_is_evidence_and_is_followed_up(ward: Ward) -> None:
    ward.at("2026-07-04T21:30")
    with ward.change(TOM) as change:
        oncall.answered(change, patient="Patient/eva", what="Short of breath on the stairs, no pain; sleeps upright", caller="her daughter")
    ward.at("2026-07-06T09:00")
    with ward.store.view(TOM) as view:
        [found] = oncall.evidence(view, at("2026-07-04T00:00"), at("2026-07-05T00:00"))
    assert (found.by, found.at, found.patient) == ("Tom Brandt", at("2026-07-04T21:30"), "Patient/eva")
    [task] = [each for each in ward.find("Task", patient="Patient/eva") if "after hours" in each["description"]]
    assert task["restriction"]["period"]["end"].startswith("2026-07-06")
    ward.at("2026-07-02T14:11")


def test_being_on_call_is_no_time_for_visits(ward: Ward) -> None:
    put_on(ward, "tom", "2026-10-03T08:00", "2026-10-04T08:00")
    with ward.store.view(HUB) as view:
        assert not openings.schedules(view)


def test_the_proof_of_access_at_every_hour_says_when_nobody_was_on_call(ward: Ward) -> None:
    ward.at("2026-06-01T08:00")
    put_on(ward, "tom", "2026-06-01T00:00", "2026-06-03T00:00")
    put_on(ward, "priya", "2026-06-03T06:00", "2026-06-05T00:00")
    put_on(ward, "tom", "2026-06-01T17:00", "2026-06-02T08:00", line="coordinator")
    ward.at("2026-06-04T12:00")
    with ward.store.view(LUIS) as view:
        found = oncall.cover(view, date(2026, 6, 1), date(2026, 6, 30), line="clinician")
        nights = oncall.cover(view, date(2026, 6, 1), date(2026, 6, 2), line="coordinator")
    assert (found.owed, found.covered) == (84.0, 78.0), "three days and a half; what is to come is owed to nobody yet"
    assert found.gaps == ((at("2026-06-03T00:00"), at("2026-06-03T06:00")),)
    assert (nights.owed, nights.covered) == (30.0, 15.0), "by day the teams answer"
    assert nights.gaps == ((at("2026-06-01T00:00"), at("2026-06-01T08:00")), (at("2026-06-02T17:00"), at("2026-06-03T00:00")))
    ward.at("2026-07-02T14:11")
