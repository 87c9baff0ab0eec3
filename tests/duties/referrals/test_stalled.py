"""F05: a loop that has stood past its limit is told to the supervisors once, by urgency; moved or kept, it is a new matter or none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.duties.ward import HUB, LUIS, TOM, Ward, of_team, patient

from baton.duties.referrals import board, promises, referrals, stalled
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-06T09:00:00")  # a Monday
    ward.put(patient(), of_team(), {"resourceType": "Organization", "id": "clinic", "active": True, "name": "Clinic"})
    for who, address in ((LUIS, "luis@example.org"), (TOM, "tom@example.org")):
        ward.put({**ward.get(who.person), "telecom": [{"system": "email", "value": address}]})
    yield ward
    ward.store.close()


def referred(ward: Ward, urgency: str = "routine") -> str:
    with ward.change(TOM) as change:
        task = referrals.make(change, patient="eva", what="consult", to="Organization/clinic", urgency=urgency, question="?", reason="?").id
    with ward.change(TOM) as change:
        referrals.send(change, task=task, despite="the rest follows")
    return task


def mails(ward: Ward) -> list[dict[str, Any]]:
    with psycopg.connect(ward.database.owner_dsn) as connection:
        return [payload for (payload,) in connection.execute("select payload from outbox order by id")]


def mark(ward: Ward, task: str, step: str) -> stalled.Told | None:
    with ward.store.view(HUB) as view:
        return stalled.told(view.get("Task", promises.promise_id(f"Task/{task}", step)), view)


def test_each_limit_passed_is_told_once_the_urgent_sooner(ward: Ward) -> None:
    urgent, routine = referred(ward, "urgent"), referred(ward)
    watch = stalled.Watch(HUB)
    told = []
    for moment in (
        "2026-07-08T23:58:00",
        "2026-07-09T00:01:00",
        "2026-07-09T00:02:00",
        "2026-07-13T23:59:00",
        "2026-07-14T00:01:00",
        "2026-07-15T09:00:00",
    ):
        ward.at(moment)
        told.append(watch(ward.store, ward.time))
    assert told == [0, 1, 0, 0, 1, 0], "two business days for the urgent one, five for the other, and not a second time"
    assert stalled.Watch(HUB)(ward.store, ward.time) == 0, "not after a restart either"
    assert [each["to"] for each in mails(ward)] == ["luis@example.org"] * 2
    assert not any(word in str(each) for each in mails(ward) for word in ("Eva", "Stone", "consult", "Clinic"))
    for task in (urgent, routine):
        known = mark(ward, task, "answer")
        assert known is not None and known.names == ("Luis Ortega",)
    with ward.store.view(TOM) as view:
        story = board.story(view, task=urgent)
    assert story.told is not None and story.chapters[-1].state == "received/2.0"
    assert ward.violations() == []


def test_several_at_once_are_one_mail(ward: Ward) -> None:
    for _ in range(3):
        referred(ward)
    ward.at("2026-07-14T00:01:00")
    assert stalled.Watch(HUB)(ward.store, ward.time) == 3
    assert len(mails(ward)) == 1


def test_what_was_answered_in_time_is_told_to_nobody_and_the_next_step_has_its_own_limit(ward: Ward) -> None:
    task = referred(ward, "urgent")
    with ward.change(TOM) as change:
        referrals.move(change, task=task, trigger="accept")
    watch = stalled.Watch(HUB)
    ward.at("2026-07-09T00:01:00")
    assert watch(ward.store, ward.time) == 1, "accepted, and no date"
    assert mark(ward, task, "answer") is None and mark(ward, task, "book") is not None
    with ward.store.view(TOM) as view:
        assert board.story(view, task=task).told is not None
    with ward.change(TOM) as change:
        referrals.move(change, task=task, trigger="decline", reason="no capacity")
    with ward.store.view(TOM) as view:
        assert board.story(view, task=task).told is None, "another step"
