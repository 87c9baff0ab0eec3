"""`baton check` sees what a superuser did behind the door's back, and what the door itself should never have let in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from baton.store import Store, Who
from baton.store.check import violations
from baton.store.postgres import Database
from baton.store.seal import seal

KEY = b"a key kept outside the database"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)
HUB = Who("Device/baton", "Baton", "system", (), "cli")
P = "https://baton.example/fhir"
TRACE = {
    "url": f"{P}/StructureDefinition/trace",
    "extension": [
        {"url": "rule", "valueCanonical": f"{P}/PlanDefinition/transitional-care-adult|1"},
        {"url": "fact", "extension": [{"url": "name", "valueCode": "discharged"}, {"url": "value", "valueDate": "2026-07-01"}]},
    ],
}


def promise(status: str = "requested", **others: Any) -> dict[str, Any]:
    task = {
        "resourceType": "Task",
        "id": "call",
        "status": status,
        "intent": "order",
        "code": {"coding": [{"system": f"{P}/CodeSystem/promise", "code": "contact-after-discharge"}]},
        "for": {"reference": "Patient/ana"},
        "owner": {"reference": "Organization/north"},
        "restriction": {"period": {"end": "2026-07-06T23:59:59-04:00"}},
        "extension": [TRACE, {"url": f"{P}/StructureDefinition/episode", "valueReference": {"reference": "EpisodeOfCare/one"}}],
    }
    return {key: value for key, value in {**task, **others}.items() if value is not None}


def episode(status: str = "active") -> dict[str, Any]:
    return {"resourceType": "EpisodeOfCare", "id": "one", "status": status, "patient": {"reference": "Patient/ana"}}


TEAM = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "team"}]}
TOWN: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "north", "name": "North", "type": [TEAM]},
    {"resourceType": "Practitioner", "id": "eve", "name": [{"family": "Evans", "given": ["Eve"]}]},
    {
        "resourceType": "PractitionerRole",
        "id": "eve-north",
        "practitioner": {"reference": "Practitioner/eve"},
        "organization": {"reference": "Organization/north"},
        "code": [{"coding": [{"system": f"{P}/CodeSystem/staff-role", "code": "coordinator"}]}],
    },
    {"resourceType": "Patient", "id": "ana", "name": [{"family": "Núñez", "given": ["Ana"]}], "birthDate": "1950-02-03"},
    {"resourceType": "Patient", "id": "bob", "name": [{"family": "Bell"}], "birthDate": "1960-02"},
    {
        "resourceType": "CareTeam",
        "id": "ana-north",
        "status": "active",
        "subject": {"reference": "Patient/ana"},
        "participant": [{"member": {"reference": "Organization/north"}}],
    },
    {
        "resourceType": "Observation",
        "id": "weight",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "Patient/ana"},
        "effectiveDateTime": "2026-07-01",
        "issued": "2026-07-01T10:00:00Z",
    },
    episode(),
    promise(),
]


def open_store(database: Database) -> Store:
    ticks = count()
    return Store(database.app_dsn, clock=lambda: NOW + timedelta(seconds=next(ticks)), zone=ZONE, key=KEY)


@pytest.fixture(scope="module")
def town(databases: Any) -> Iterator[str]:
    """The name of a database with a small town, changed a little, looked at, sealed: to be copied."""
    with databases.copied() as database:
        store = open_store(database)
        with store.change(HUB, because="the town") as change:
            for resource in TOWN:
                change.put(resource)
        for name in ("Bo", "Bobby"):
            with store.change(HUB, because="a name") as change:
                change.put({**TOWN[4], "name": [{"family": "Bell", "given": [name]}]})
        with store.change(HUB, because="a mistake") as change:
            change.put({**TOWN[6], "id": "wrong"})
        with store.change(HUB, because="not hers") as change:
            change.delete("Observation", "wrong")
        with store.view(HUB) as view:
            view.get("Patient", "ana")
        store.close()
        assert seal(database.app_dsn, key=KEY, at=NOW) >= 6
        yield database.app_options["dbname"]


@pytest.fixture
def database(databases: Any, town: str) -> Iterator[Database]:
    """A copy of the town."""
    with databases.copied(town) as copy:
        yield copy


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    """The door to it."""
    store = open_store(database)
    yield store
    store.close()


def found(database: Database) -> list[str]:
    return list(violations(database.owner_dsn, KEY, ZONE))


def tamper(database: Database, *statements: str) -> None:
    """As a superuser who knows how to get past the triggers."""
    with psycopg.connect(database.owner_dsn) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount > 0


def put(store: Store, *resources: dict[str, Any]) -> None:
    with store.change(HUB, because="a test") as change:
        for resource in resources:
            change.put(resource)


def test_finds_nothing_where_nothing_is_wrong(store: Store, database: Database) -> None:
    assert found(database) == []
    put(store, {**TOWN[3], "active": True}, {**TOWN[5], "status": "inactive"}, {**TOWN[2], "active": False})
    assert found(database) == []
    assert seal(database.app_dsn, key=KEY, at=NOW) == 1
    assert seal(database.app_dsn, key=KEY, at=NOW) == 0
    assert found(database) == []


def test_needs_the_key(database: Database) -> None:
    assert any("digest is not ours" in line for line in violations(database.owner_dsn, b"another key, not that of the store", ZONE))


BOB = "(select rid from resource where type = 103 and id = 'bob')"
COPY = "insert into version (rid, change_id, at, version, type, id, mac, body) select rid, {change}, at, {version}, type, {id}, mac, body"
TAMPERINGS = {
    "a body altered": (["update version set body = replace(body, 'Bobby', 'Robby') where id = 'bob'"], "Patient/bob version 3: its digest"),
    "an old body altered": (
        ["update version set body = replace(body, '1960', '1961') where id = 'bob' and version = 1"],
        "bob version 1: its digest",
    ),
    "an instant altered": (["update version set at = at - interval '1 day' where id = 'bob' and version = 2"], "bob version 2: its digest"),
    "a deletion undone in place": (["update version set body = '{}' where id = 'wrong' and version = 2"], "wrong version 2: its digest"),
    "the first version deleted": (["delete from version where id = 'bob' and version = 1"], "versions are missing|is the first"),
    "a middle version deleted": (["delete from version where id = 'bob' and version = 2"], "Patient/bob version 3: comes after version 1"),
    "the newest version deleted": (
        ["delete from version where id = 'bob' and version = 3"],
        "the pointer names version 3, which is not there",
    ),
    "the newest version and its traces but the change deleted": (
        ["delete from version where id = 'bob' and version = 3", "update resource set version = 2 where id = 'bob'"],
        "a version of it was added or removed",
    ),
    "the newest version deleted with its change": (
        [
            "delete from change where id = (select change_id from version where id = 'bob' and version = 3)",
            "delete from version where id = 'bob' and version = 3",
            "update resource set version = 2 where id = 'bob'",
        ],
        r"seal 1 of .*: change \d+ is missing$",
    ),
    "a whole resource deleted with its changes": (
        [
            "delete from change where id in (select change_id from version where id = 'wrong')",
            "delete from version where id = 'wrong'",
            "delete from resource where id = 'wrong'",
        ],
        r"seal 1 of .*: change \d+ is missing, and 1 more changes are not as they were sealed",
    ),
    "another made answerable": (
        ["update change set who = 'Practitioner/eve' where because = 'a mistake'"],
        r"change \d+ of .*: its digest",
    ),
    "another reason given": (["update change set because = '' where because = 'a mistake'"], "says not why"),
    "a version forged": (
        [
            COPY.format(change="change_id", version=4, id="id") + " from version where id = 'bob' and version = 3",
            "update resource set version = 4 where id = 'bob'",
        ],
        "Patient/bob version 4: its digest",
    ),
    "a resource forged": (
        [COPY.replace("select rid", "select 999999").format(change="change_id", version=1, id="'eva'") + " from version where id = 'ana'"],
        "Patient/eva version 1: its digest",
    ),
    "a version forged without a change": (
        [COPY.format(change=999999, version=4, id="id") + " from version where id = 'bob' and version = 3"],
        "Patient/bob version 4: has no change that says who and why",
    ),
    "a version kept under a second number": (
        [COPY.replace("select rid", "select 999999").format(change="change_id", version=1, id="id") + " from version where id = 'ana'"],
        "Patient/ana: is kept under 2 numbers",
    ),
    "a change moved to another": (
        ["update version set change_id = (select min(id) from change) where id = 'bob' and version = 3"],
        "a version of it was added or removed",
    ),
    "a change copied, a digest and all": (
        ["insert into change select 0, at, who, on_behalf_of, because, entrance, purpose, mac from change limit 1"],
        "change 0 of",
    ),
    "a pointer moved back": (
        ["update resource set version = 2 where id = 'bob'"],
        "Patient/bob version 2: the pointer names it, but version 3",
    ),
    "a pointer deleted": (["delete from resource where id = 'bob'"], "Patient/bob version 3: no pointer names it"),
    "a pointer forged": (
        ["insert into resource (rid, last_updated, version, type, id, tokens) values (4242, now(), 1, 103, 'zoe', '{}')"],
        "Patient/zoe: the pointer names version 1, which is not there",
    ),
    "a resource hidden": (["update resource set gone = true where id = 'bob'"], "Patient/bob: the index of its gone"),
    "a resource given to another patient": (
        ["update resource set patient = (select patient from resource where id = 'bob') where id = 'weight'"],
        "Observation/weight: the index of its patient",
    ),
    "a date moved": (
        ["update resource set date_lo = date_lo - interval '1 day' where id = 'weight'"],
        "Observation/weight: the index of its date",
    ),
    "a token removed": (["update resource set tokens = tokens[2:] where id = 'weight'"], "Observation/weight: the index of its tokens"),
    "a name removed": ([f"delete from name where rid = {BOB}"], "Patient/bob: its rows in the index of strings"),
    "names of nobody": (["insert into name values (4242, 1, 103, 'x', 'x')"], "index name: has rows of resource number 4242"),
    "a promise hidden from the worklist": (["delete from promise"], "Task/call: its rows in the index of promise"),
    "a promise said to be kept": (["update promise set open = false"], "Task/call: its rows in the index of promise"),
    "a promise put off": (["update promise set due = due + interval '1 day'"], "Task/call: its rows in the index of promise"),
    "a patient taken off a panel": (["delete from panel where rid <> 0"], "CareTeam/ana-north: its rows in the index of panel"),
    "a patient put on a panel": (
        ["insert into panel values (77, (select patient from resource where id = 'bob'), 0)"],
        "team 77 was given patient",
    ),
    "a patient on nobody's panel": (["delete from panel where rid = 0"], "Patient/bob: is on nobody's panel"),
    "a role taken": (["update staff set role = 'administrator'"], "PractitionerRole/eve-north: its rows in the index of staff"),
    "a look deleted": (["delete from look where id = (select max(id) from look)"], r"seal 1 of .*: look \d+ is missing$"),
    "a look altered": (
        ["update look set who = 'Practitioner/eve' where id = (select max(id) from look)"],
        r"seal 1 of .*: look \d+ was altered$",
    ),
    **{
        f"a look's {column} altered": ([f"update look set {column} = {value} where id = 1"], r"seal 1 of .*: look 1 was altered$")
        for column, value in {
            "at": "at - interval '1 minute'",
            "patients": "'{77}'",
            "who": "'Practitioner/eve'",
            "entrance": "'api'",
            "purpose": "'ETREAT'",
            "what": "'read nothing'",
            "role": "'auditor'",
            "on_behalf_of": "'Practitioner/eve'",
            "outcome": "8",
            "detail": "'x'",
        }.items()
    },
    "a look put in": (
        [
            "insert into look (id, at, patients, who, entrance, purpose, what) overriding system value"
            " values (0, now(), '{}', 'x', 'desk', 'TREAT', 'x')"
        ],
        "look 0: has a number that no seal covers",
    ),
    "a look hidden from the auditor": (["delete from trail where looks <> '{}'"], "the auditor's index of its looks"),
    "leaves altered with their look": (
        [
            "update look set who = 'x' where id = 1",
            "update seal set leaves = overlay(leaves placing '\\x00'::bytea from octet_length(leaves))",
        ],
        "the leaves kept with it are not those",
    ),
    "a root altered": (["update seal set root = sha256(root)"], "seal 1 of .*: its digest is not ours"),
    "a seal altered": (["update seal set changes = changes - 1"], "seal 1 of .*: its digest is not ours"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_finds_what_a_superuser_did(database: Database, what: str) -> None:
    statements, sentence = TAMPERINGS[what]
    tamper(database, *statements)
    lines = found(database)
    assert any(re.search(sentence, line) for line in lines), lines


def test_finds_a_seal_removed_from_the_chain(store: Store, database: Database) -> None:
    for number in range(2):
        put(store, {**TOWN[3], "active": bool(number)})
        seal(database.app_dsn, key=KEY, at=NOW)
    tamper(database, "delete from seal where id = 2")
    assert any("the seal before it is missing" in line for line in found(database))


def test_a_change_under_way_is_sealed_when_it_is_decided(store: Store, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baton.store.seal.PATIENCE", 0.05)
    with store.change(HUB, because="slow") as slow:
        slow.put({**TOWN[3], "id": "slow"})
        slow.find("Patient", _id="slow")  # written, not yet true
        put(store, {**TOWN[3], "id": "quick"})
        assert seal(database.app_dsn, key=KEY, at=NOW) == 0
    assert seal(database.app_dsn, key=KEY, at=NOW) >= 2
    assert found(database) == []


@pytest.mark.parametrize(
    ("task", "lacking"),
    [
        (promise(**{"for": None}), "a patient"),
        (promise(owner=None), "an owner"),
        (promise(restriction=None), "a due time"),
        (promise(extension=promise()["extension"][1:]), "the rule that made it"),
        (promise(extension=[{**TRACE, "extension": TRACE["extension"][1:]}]), "the rule that made it"),
        (promise(extension=[{**TRACE, "extension": TRACE["extension"][:1]}]), "the facts that made it"),
    ],
)
def test_an_open_promise_is_whole(store: Store, database: Database, task: dict[str, Any], lacking: str) -> None:
    put(store, task)
    assert any(line.startswith(f"Task/call: is an open promise without {lacking}") for line in found(database))
    put(store, {**task, "status": "cancelled"}, episode("finished"))
    assert found(database) == []


def test_an_open_episode_is_promised_something_and_a_closed_one_nothing(store: Store, database: Database) -> None:
    put(store, promise("completed"))
    assert found(database) == ["EpisodeOfCare/one: is open and nothing is promised about it"]
    put(store, promise(), episode("finished"))
    assert found(database) == ["EpisodeOfCare/one: is closed and 1 promises about it are open"]
    put(store, {**episode(), "id": "from-elsewhere"}, promise("completed"))
    assert found(database) == []
