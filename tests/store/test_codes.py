"""The numbers, digests and statements the tables are written with never change under them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from baton.fhir import definitions
from baton.store import mac
from baton.store.codes import HOT, TYPE_CODE, TYPES, key64, new_id, param_code, table
from baton.store.named import queries, sql
from baton.store.postgres import Database

AT = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)
KEY = b"k" * 32


def test_types_are_those_of_r4_and_of_the_table(database: Database) -> None:
    assert sorted(TYPES) == sorted(definitions.types())
    with psycopg.connect(database.owner_dsn) as connection:
        assert dict(connection.execute("select name, code from type").fetchall()) == TYPE_CODE
        partitions = connection.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'resource'::regclass"
        ).fetchall()
    assert {name for (name,) in partitions} == {table(type_) for type_ in TYPES}
    assert len(HOT) + 1 == len(partitions)


def test_codes_stay_what_they_were() -> None:
    assert (TYPE_CODE["Account"], TYPE_CODE["Patient"], TYPE_CODE["VisionPrescription"]) == (1, 103, 147)
    assert key64("Patient/1") == 1726183619290008363


def test_every_parameter_has_a_code_of_its_own() -> None:
    names = {code for type_ in definitions.types() for code in definitions.search_parameters(type_)}
    codes = {param_code(name) for name in (*names, "~word", "~sound", "~number", "~phone")}
    assert len(codes) == len(names) + 4
    assert all(-(2**31) <= code < 2**31 for code in codes)


def test_new_ids_are_fhir_ids_of_uuid_form() -> None:
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(id_) == 36 and id_[14] == "7" and id_[19] in "89ab" for id_ in made)


def test_every_statement_has_a_name_and_a_sentence() -> None:
    assert len(queries()) > 20
    for name, (sentence, statement) in queries().items():
        assert sentence.endswith("."), name
        assert statement, name
    with pytest.raises(KeyError):
        sql("no such statement")


def test_a_digest_hangs_on_every_part_and_not_on_the_zone() -> None:
    one = mac.version_mac(KEY, "Task", "a", 1, AT, b"{}")
    assert one == mac.version_mac(KEY, "Task", "a", 1, AT.astimezone(timezone(timedelta(hours=-4))), b"{}")
    others = [
        mac.version_mac(b"j" * 32, "Task", "a", 1, AT, b"{}"),
        mac.version_mac(KEY, "Goal", "a", 1, AT, b"{}"),
        mac.version_mac(KEY, "Task", "b", 1, AT, b"{}"),
        mac.version_mac(KEY, "Task", "a", 2, AT, b"{}"),
        mac.version_mac(KEY, "Task", "a", 1, AT + timedelta(milliseconds=1), b"{}"),
        mac.version_mac(KEY, "Task", "a", 1, AT, b"{ }"),
        mac.version_mac(KEY, "Task", "a", 1, AT, None),
    ]
    assert len({one, *others}) == 8


def test_a_change_digest_hangs_on_who_why_and_all_versions_in_any_order() -> None:
    def signed(who: str = "w", behalf: str | None = None, because: str = "b", versions: tuple[bytes, ...] = (b"1", b"2")) -> bytes:
        return mac.change_mac(KEY, AT, who, behalf, because, "desk", "TREAT", versions)

    assert signed() == signed(versions=(b"2", b"1"))
    assert (
        len({signed(), signed(who="x"), signed(behalf="y"), signed(because="c"), signed(versions=(b"1",)), signed(who="wb", because="")})
        == 6
    )
