"""What was recorded, read back by patient, person, time and outcome; and as FHIR AuditEvents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.store.folk import ADA, ANA, BO, HUB, KEY, SUE, ZONE, Clock, ground, task

from baton.fhir.query import parse
from baton.fhir.validate import check
from baton.store import Forbidden, Invalid, NotFound, Store, Who, trail
from baton.store.codes import key64
from baton.store.postgres import Database
from baton.store.seal import seal
from baton.store.trail import Asked, Recorded

AUDITOR = Who("Practitioner/ari", "Ari Blum", "auditor", (), "desk", "HOPERAT")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def day(module_database: Database, clock: Clock) -> Iterator[Store]:
    """A day of looks, changes, events, in three seals and a rest that is not sealed yet."""
    store = Store(module_database.app_dsn, clock=clock, zone=ZONE, key=KEY)
    ground(store)
    for number in range(4):
        clock.move(minutes=10)
        with store.change(ANA, because=f"task {number}") as change:
            change.put(task(id=f"task-{number}"))
        clock.move(minutes=1)
        with store.view(ANA) as view:
            view.get("Patient", "zofia")
            view.get("Task", f"task-{number}")
        with store.view(SUE) as view:
            view.find("Patient")
        clock.move(minutes=1)
        store.note_event(ANA, "sign-in")
        store.note_event(BO, "read Patient/zofia", "refused", "not theirs to see", ("Patient/zofia",))
        if number < 3:
            clock.move(minutes=1)
            seal(module_database.app_dsn, key=KEY, at=store.now())
    yield store
    store.close()


def asked(store: Store, limit: int = 500, **asked_for: Any) -> list[Recorded]:
    """All pages of a question, in pages of `limit`."""
    found: list[Recorded] = []
    after = None
    with store.view(AUDITOR) as view:
        while True:
            page = trail.page(view, Asked(**asked_for), limit=limit, after=after)
            found += page.records
            after = page.next
            if after is None:
                return [each for each in found if each.who != AUDITOR.person]


def shape(found: list[Recorded]) -> list[tuple[str, str]]:
    return [(each.who.partition("/")[2], each.what) for each in found]


ROUND = [
    ("bo", "read Patient/zofia"), ("sue", "search Patient"), ("ana", "read Task/task-{}"), ("ana", "read Patient/zofia"), ("ana", "change"),
]  # fmt: skip


def test_a_patients_trail_from_every_seal_and_the_rest(day: Store) -> None:
    rounds = [(who, what.format(number)) for number in (3, 2, 1, 0) for who, what in ROUND]
    found = asked(day, patient="Patient/zofia")
    assert shape(found)[: len(rounds)] == rounds
    assert {each.what for each in found[len(rounds) :]} <= {"change"}, "and who made the ground"
    assert all("Patient/zofia" in each.patients for each in found)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize(
    "about", [{"patient": "Patient/zofia"}, {"person": ANA.person}, {}, {"patient": "Patient/zofia", "person": ANA.person}]
)
def test_pages_of_any_size_say_the_same(day: Store, limit: int, about: dict[str, Any]) -> None:
    before = day.now()
    whole, paged = asked(day, until=before, **about), asked(day, limit, until=before, **about)
    assert [each.name for each in paged] == [each.name for each in whole]
    assert len({each.name for each in whole}) == len(whole)


def test_a_persons_trail_holds_what_was_done_for_them(day: Store) -> None:
    hub = replace(HUB, on_behalf_of=ANA.person)
    with day.view(hub) as view:
        view.get("Patient", "luis")
    assert asked(day, person=ANA.person)[0].who == HUB.person
    assert {each.who for each in asked(day, person=BO.person)} == {BO.person}


def test_narrowing(day: Store) -> None:
    assert shape(asked(day, outcome="refused")) == [("bo", "read Patient/zofia")] * 4
    assert {each.what for each in asked(day, what="sign-in")} == {"sign-in"}
    assert shape(asked(day, entity="Task/task-2")) == [("ana", "read Task/task-2"), ("ana", "change")]
    assert asked(day, outcome="failed") == [] and asked(day, purpose="HLEGAL") == []
    assert {each.kind for each in asked(day, kinds=frozenset({"change"}))} == {"change"}
    changes = [each for each in asked(day, patient="Patient/zofia") if each.kind == "change" and each.who == ANA.person]
    assert changes[0].versions == ("Task/task-3/_history/1",) and changes[0].detail == "task 3"


def test_a_span_of_time(day: Store) -> None:
    every = asked(day, patient="Patient/zofia", person=ANA.person)
    since, until = every[7].at, every[3].at
    for about in ({"patient": "Patient/zofia", "person": ANA.person}, {"person": ANA.person}):
        found = asked(day, since=since, until=until, **about)
        assert found and all(since <= each.at < until for each in found)
        assert [each.name for each in found if each.what != "sign-in"] == [each.name for each in every if since <= each.at < until]


def test_a_look_through_broken_glass_says_why(day: Store, module_database: Database) -> None:
    looks = [each for each in asked(day, patient="Patient/zofia", person=SUE.person) if each.kind == "look"]
    with psycopg.connect(module_database.owner_dsn) as connection:
        connection.execute(
            "insert into glass (rid, patient, since, until, person, reason) values (1, %s, %s, %s, %s, 'collapsed at the door')",
            [key64("Patient/zofia"), looks[2].at, looks[1].at, SUE.person],
        )
    assert [each.glass for each in asked(day, person=SUE.person, patient="Patient/zofia") if each.kind == "look"][:4] == [
        None, None, "collapsed at the door", None,
    ]  # fmt: skip
    assert (
        {each.name for each in asked(day, purpose="ETREAT")}
        == {looks[2].name}
        == {each.name for each in asked(day, person=SUE.person, purpose="ETREAT")}
    )


def test_first_shown_is_never_before_it_was_recorded(day: Store) -> None:
    made = [each for each in asked(day, patient="Patient/zofia", person=ANA.person) if each.kind == "change"]
    sue = sorted(each.at for each in asked(day, patient="Patient/zofia", person=SUE.person))
    with day.view(AUDITOR) as view:
        for change in made:
            first = trail.first_shown(view, "Patient/zofia", SUE.person, change.at)
            assert first == next((at for at in sue if at >= change.at), None) and (first is None or first >= change.at)
            assert trail.first_shown(view, "Patient/zofia", ANA.person, change.at) == change.at, "whoever wrote it knew it"
            assert trail.first_shown(view, "Patient/zofia", BO.person, change.at) is None, "refused is not shown"
    with day.view(ANA) as view, pytest.raises(Forbidden):
        trail.first_shown(view, "Patient/zofia", SUE.person, made[0].at)


def test_who_may_not_see_who_looked(day: Store) -> None:
    for who in (ANA, BO):
        with day.view(who) as view:
            with pytest.raises(Forbidden):
                trail.page(view, Asked())
            with pytest.raises((Forbidden, NotFound)):
                view.get("AuditEvent", "look-1")
            with pytest.raises(Forbidden):
                view.find("AuditEvent")


def test_that_the_auditor_looked_is_recorded_too(day: Store) -> None:
    asked(day, patient="Patient/luis")
    with day.view(ADA) as view:
        newest = trail.page(view, Asked(patient="Patient/luis"), limit=1).records[0]
    assert (newest.who, newest.what, newest.role) == (AUDITOR.person, "search AuditEvent", "auditor")


# --- as FHIR ------------------------------------------------------------------------------------------------------------------------------


def test_every_record_is_a_valid_audit_event(day: Store) -> None:
    with day.view(AUDITOR) as view:
        page = view.search(parse("AuditEvent", "_count=500"))
    assert len(page.entries) > 30
    for stored in page.entries:
        event = stored.resource()
        assert [issue for issue in check(event) if issue.severity in ("error", "fatal")] == [], event
        assert event["agent"][0]["requestor"] and event["source"]["observer"] == {"reference": "Device/baton"}
    with day.view(AUDITOR) as view:
        again = view.stored("AuditEvent", page.entries[5].id)
    assert again.body == page.entries[5].body


def test_an_audit_event_says_who_what_and_why(day: Store) -> None:
    with day.view(AUDITOR) as view:
        (stored, *_) = view.search(parse("AuditEvent", "entity=Task/task-2&agent=Practitioner/ana")).entries
        event = stored.resource()
    assert event["subtype"] == [{"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}] and event["action"] == "R"
    assert (
        event["agent"][0]["who"] == {"reference": "Practitioner/ana"} and event["agent"][0]["role"][0]["coding"][0]["code"] == "coordinator"
    )
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT" and event["outcome"] == "0"
    assert [each["what"]["reference"] for each in event["entity"]] == ["Patient/zofia", "Task/task-2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("patient=Patient/zofia&outcome=4", ["bo"]),
        ("patient=zofia&agent=Practitioner/sue", ["sue"]),
        ("outcome=4&agent=bo", ["bo"]),
        ("date=lt2020-01-01", []),
        ("date=ge2026-07-02&date=lt2026-07-03&agent=Practitioner/bo", ["bo"]),
        ("purpose=HLEGAL", []),
        ("_id=look-1", ["ana"]),
        ("_id=look-999999,nonsense", []),
    ],
)
def test_searching_audit_events(day: Store, query: str, expected: list[str]) -> None:
    with day.view(AUDITOR) as view:
        entries = view.search(parse("AuditEvent", query)).entries
    people = {stored.resource()["agent"][0]["who"]["reference"].partition("/")[2] for stored in entries}
    assert sorted(people) == expected


@pytest.mark.parametrize(
    "query", ["type=rest", "outcome=5", "patient:missing=true", "_sort=date", "_total=accurate", "_summary=count", "agent=a,b", "entity=x"]
)
def test_what_is_not_supported_is_said(day: Store, query: str) -> None:
    with day.view(AUDITOR) as view, pytest.raises(Invalid, match="not supported"):
        view.search(parse("AuditEvent", query))


def test_there_is_no_such_event(day: Store) -> None:
    for id_ in ("look-999999999", "change-0", "x", "look-99999999999999999999"):
        with day.view(AUDITOR) as view, pytest.raises(NotFound):
            view.get("AuditEvent", id_)
