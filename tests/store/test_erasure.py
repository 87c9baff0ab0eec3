"""Lawful erasure: nothing of the patient is left, everything else is, and what is left still proves; nobody else can use this door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from baton.store import NotFound, Store, Who, erasure
from baton.store.check import violations
from baton.store.postgres import Database
from baton.store.seal import seal

KEY, ZONE = b"k" * 32, ZoneInfo("America/New_York")
HUB = Who("Device/baton", "Baton", "system", (), "cli")
NEEDLES = ("Zebedee", "Quillfeather", "QX-774411", "5550149876", "014-9876", "1955-03-04", "spleen")
ACT = erasure.Act("zeb", "cli:root", "Practitioner/ann", "Court order 12-345", "court-order", datetime(2026, 11, 26, tzinfo=UTC))


def patient(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "active": True, **more}


ZEB = patient(
    "zeb",
    name=[{"family": "Quillfeather", "given": ["Zebedee"]}],
    birthDate="1955-03-04",
    identifier=[{"system": "urn:mrn", "value": "QX-774411"}],
    telecom=[{"system": "phone", "value": "(555) 014-9876"}],
)
OTHER = patient("olga", name=[{"family": "Other", "given": ["Olga"]}], birthDate="1960-01-01")


def condition(id_: str, of: str, text: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": id_, "subject": {"reference": f"Patient/{of}"}, "code": {"text": text}}


def group(*members: str) -> dict[str, Any]:
    return {
        "resourceType": "Group",
        "id": "choir",
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{id_}"}} for id_ in members],
    }


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    opened = Store(database.app_dsn, clock=lambda: datetime.now(UTC), zone=ZONE, key=KEY)
    with opened.change(HUB, because="First") as change:
        for resource in (ZEB, OTHER, condition("c1", "zeb", "ruptured spleen"), condition("c2", "olga", "cough"), group("zeb", "olga")):
            change.put(resource)
        change.put({"resourceType": "Binary", "id": "scan", "contentType": "text/plain", "data": "c3BsZWVu"})
        attachment = {"url": "Binary/scan"}
        document = {"resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": {"reference": "Patient/zeb"}}
        change.put({**document, "content": [{"attachment": attachment}]})
    with opened.change(HUB, because="Second") as change:
        change.put({**ZEB, "maritalStatus": {"text": "Quillfeather's own"}})
        change.put(group("olga"))
        change.put({"resourceType": "Basic", "id": "about", "code": {"text": "x"}, "subject": {"reference": "Patient/zeb"}})
    with opened.view(HUB) as view:
        view.get("Patient", "zeb")
    seal(database.app_dsn, key=KEY, at=datetime.now(UTC))
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        connection.execute("analyze")
    yield opened
    opened.close()


def everywhere(dsn: str, needle: str) -> list[str]:
    """Every table (and what PostgreSQL sampled of it) that has the text in any column."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        tables.append(("pg_stats",))
        return [
            table
            for (table,) in tables
            if connection.execute(f"select 1 from {table} t where t::text ilike %s limit 1".encode(), [f"%{needle}%"]).fetchone()
        ]


def erase(database: Database, *, commit: bool = True, **changes: Any) -> erasure.Erased:
    return erasure.erase(database.owner_dsn, ACT, key=KEY, lawful=lambda found: None, commit=commit, **changes)


def found(database: Database) -> list[str]:
    return list(violations(database.owner_dsn, KEY, ZONE))


def test_nothing_of_the_patient_is_left_and_everything_still_proves(store: Store, database: Database) -> None:
    assert all(everywhere(database.owner_dsn, needle) for needle in NEEDLES if needle not in ("5550149876",))
    assert found(database) == []
    done = erase(database)
    assert (done.number, done.versions, done.resources, done.left) == (1, 7, 5, [])
    assert {needle: everywhere(database.owner_dsn, needle) for needle in NEEDLES} == {needle: [] for needle in NEEDLES}
    assert found(database) == []
    with store.view(HUB) as view:
        assert view.find("Patient", _id="zeb") == [] and view.find("Condition", patient="Patient/zeb") == []
        assert view.get("Patient", "olga")["birthDate"] == "1960-01-01" and view.get("Group", "choir")["member"]
        with pytest.raises(NotFound):
            view.get("Binary", "scan-of-nobody")
    with psycopg.connect(database.owner_dsn) as connection:
        (tombstone,) = connection.execute("select patient, who, approved_by, because, law from erasure").fetchall()
    assert tombstone == ("Patient/zeb", ACT.who, ACT.approved_by, ACT.because, ACT.law)


def test_the_work_goes_on_and_is_sealed_after_it(store: Store, database: Database) -> None:
    erase(database)
    with store.change(HUB, because="Third") as change:
        change.put({**OTHER, "active": False})
    seal(database.app_dsn, key=KEY, at=datetime.now(UTC))
    assert found(database) == []


def test_a_rehearsal_changes_nothing(store: Store, database: Database) -> None:
    assert erase(database, commit=False).versions == 7
    with store.view(HUB) as view:
        assert view.get("Patient", "zeb")["birthDate"] == "1955-03-04"
    assert found(database) == []


def test_the_files_can_be_rewritten_too(store: Store, database: Database) -> None:
    with psycopg.connect(database.owner_dsn) as connection:
        before = connection.execute("select pg_relation_filenode('version_row')").fetchone()
    erase(database, scrub=True)
    with psycopg.connect(database.owner_dsn) as connection:
        assert connection.execute("select pg_relation_filenode('version_row')").fetchone() != before
    assert found(database) == []


def test_what_speaks_of_others_too_is_named_and_nothing_is_done(store: Store, database: Database) -> None:
    with store.change(HUB, because="Back in") as change:
        change.put(group("olga", "zeb"))
    with pytest.raises(erasure.CannotEraseError, match="Group/choir"):
        erase(database)
    with store.view(HUB) as view:
        assert view.get("Patient", "zeb")


def test_who_is_not_here_cannot_be_erased_nor_anybody_twice(store: Store, database: Database) -> None:
    erase(database)
    with pytest.raises(erasure.CannotEraseError, match="there is no"):
        erase(database)


def test_what_others_wrote_of_the_patient_is_named(store: Store, database: Database) -> None:
    with store.change(HUB, because="A brother") as change:
        change.put(condition("c3", "olga", "her brother Zebedee Quillfeather has it too"))
    assert erase(database, commit=False).left == ["Condition/c3 has the same name in it"]


FORGERIES = [
    ("update version set body = null, erased = 1 where id = 'c2'", "the versions it speaks of"),
    ("update version set body = '{}' where id = 'c1'", "the versions it speaks of"),
    ("update erasure set law = 'none'", "its digest is not ours"),
    ("update erasure set approved_by = 'Practitioner/other'", "its digest is not ours"),
    ("update version set erased = null where id = 'c1'", "was altered or forged"),
    ("delete from erasure", "versions say they were erased"),
]


@pytest.mark.parametrize(("forgery", "says"), FORGERIES)
def test_nobody_can_pass_something_else_off_as_erased(store: Store, database: Database, forgery: str, says: str) -> None:
    erase(database)
    with psycopg.connect(database.owner_dsn) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(forgery.encode())
    assert any(says in line for line in found(database)), found(database)


@pytest.mark.parametrize(
    "statement",
    [
        "update version set body = null, erased = 1",
        "select set_config('baton.erasing', 'yes', false); update version set body = null, erased = 1",
        "insert into erasure overriding system value select 9, at, '', '', '', '', '', 0, mac, mac from seal",
        "delete from erasure",
    ],
)
def test_the_entrances_cannot_erase(store: Store, database: Database, statement: str) -> None:
    with psycopg.connect(database.app_dsn, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "update version set body = null",
        "set baton.erasing = 'yes'; update version set body = '{}'",
        "set baton.erasing = 'yes'; update version set at = now(), body = null, erased = 1",
        "set baton.erasing = 'yes'; delete from version",
        "set baton.erasing = 'yes'; update change set because = 'x'",
        "set baton.erasing = 'yes'; update look set what = 'x'",
    ],
)
def test_even_the_owner_can_only_erase_in_this_way(store: Store, database: Database, statement: str) -> None:
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
