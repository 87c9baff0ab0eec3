"""Seals as trees: proofs of single rows, anchors outside, and what each of them shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.folk import ANA, HUB, KEY, Clock, task

from baton.store import Store, merkle, proof
from baton.store.codes import key64
from baton.store.postgres import Database
from baton.store.seal import seal
from baton.worker import anchors

SCRIPT = Path(__file__).parents[2] / "scripts" / "verify_proof.py"
Sealing = Callable[[], int]


@pytest.fixture
def sealed(store: Store, database: Database, clock: Clock) -> Sealing:
    """Looks and changes, then a seal, a minute later each time."""

    def more() -> int:
        with store.change(ANA, because="a task") as change:
            change.put(task())
        with store.view(ANA) as view:
            view.get("Patient", "zofia")
        clock.move(minutes=1)
        return seal(database.app_dsn, key=KEY, at=store.now())

    return more


def tamper(database: Database, *statements: str) -> None:
    with psycopg.connect(database.owner_dsn) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount > 0


def newest(database: Database, table: str) -> int:
    with psycopg.connect(database.owner_dsn) as connection:
        return int((connection.execute(f"select max(id) from {table}".encode()).fetchone() or (0,))[0])


def verify(database: Database, **options: Any) -> proof.Report:
    return proof.verify(database.owner_dsn, KEY, **options)


@given(st.lists(st.binary(min_size=1, max_size=3), min_size=1, max_size=40), st.data())
def test_every_leaf_leads_to_the_root_and_no_other_does(texts: list[bytes], data: st.DataObject) -> None:
    leaves = [sha256(text).digest()[:16] for text in texts]
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.path(leaves, place)
    assert merkle.climbed(leaves[place], path) == merkle.root(leaves)
    assert merkle.climbed(b"another leaf....", path) != merkle.root(leaves)


def test_the_tree_is_that_of_rfc_6962() -> None:
    node = lambda left, right: sha256(b"\1" + left + right).digest()  # noqa: E731
    a, b, c, d, e = (bytes([number]) * 16 for number in range(5))
    assert merkle.root([a]) == a
    assert merkle.root([a, b, c]) == node(node(a, b), c)
    assert merkle.root([a, b, c, d, e]) == node(node(node(a, b), node(c, d)), e)


@pytest.mark.parametrize("table", ["look", "change"])
def test_a_stranger_can_verify_a_row(sealed: Sealing, store: Store, database: Database, folder: Path, table: str) -> None:
    for _ in range(3):
        sealed()
    anchors.to_file(str(folder / "anchor"))(store, store.now())
    found = proof.of(database.owner_dsn, KEY, table, newest(database, table))
    assert found is not None and table in found["row"] and "Practitioner/ana" in found["row"]
    (folder / "proof").write_text(json.dumps(found))
    run = lambda *paths: subprocess.run([sys.executable, "-I", SCRIPT, *paths], capture_output=True, text=True, check=False)  # noqa: E731
    assert run(folder / "proof", folder / "anchor").returncode == 0
    (folder / "forged").write_text(json.dumps({**found, "row": found["row"].replace("ana", "bo")}))
    assert "not the one that was sealed" in run(folder / "forged").stdout
    (folder / "other").write_text("baton-seal 1 2026-01-01T00:00:00+00:00 1 1 aa bb\n")
    assert run(folder / "proof", folder / "other").returncode == 1


def test_there_is_no_proof_of_what_is_not_sealed(sealed: Sealing, store: Store, database: Database) -> None:
    sealed()
    with store.view(ANA) as view:
        view.get("Patient", "zofia")
    assert proof.of(database.owner_dsn, KEY, "look", newest(database, "look")) is None
    assert proof.of(database.owner_dsn, KEY, "look", 999) is None


def test_removing_the_newest_seals_with_all_they_sealed_needs_an_anchor_to_be_seen(
    sealed: Sealing, store: Store, database: Database, folder: Path
) -> None:
    publish = anchors.to_file(str(folder / "anchor"))
    for _ in range(3):
        sealed()
        publish(store, store.now())
    publish(store, store.now())
    lines = (folder / "anchor").read_text().splitlines()
    assert len(lines) == 3 and not any("zofia" in line for line in lines)
    published = proof.anchors((folder / "anchor").read_text())
    assert verify(database, anchors=published).violations == []
    with psycopg.connect(database.owner_dsn) as connection:
        last_look, last_change = connection.execute("select last_look, last_change from seal where id = 2").fetchone() or (0, 0)
    gone = f"select change_id from version where change_id > {last_change}"
    tamper(
        database,
        "delete from seal where id = 3",
        "delete from trail where seal = 3",
        f"delete from look where id > {last_look}",
        f"delete from resource where rid in (select rid from version where change_id in ({gone}))",
        f"delete from version where change_id > {last_change}",
        f"delete from change where id > {last_change}",
    )
    assert verify(database).violations == [], "without an anchor nobody can tell"
    (violation,) = verify(database, anchors=published).violations
    assert violation.startswith("seal 3 of ") and violation.endswith("was published and is missing, with all it sealed")


def test_a_seal_made_anew_over_forged_rows_is_not_the_published_one(
    sealed: Sealing, store: Store, database: Database, folder: Path
) -> None:
    for _ in range(2):
        sealed()
    anchors.to_file(str(folder / "anchor"))(store, store.now())
    tamper(
        database,
        "delete from seal where id = 2",
        "delete from trail where seal = 2",
        "delete from look where id = (select max(id) from look)",
    )
    seal(database.app_dsn, key=KEY, at=store.now())
    assert verify(database).violations == [], "whoever has the key can forge"
    assert any(
        "is not the seal that was published" in line
        for line in verify(database, anchors=proof.anchors((folder / "anchor").read_text())).violations
    )


def test_the_newest_seal_goes_out_by_mail_once_an_hour(sealed: Sealing, store: Store, database: Database, clock: Clock) -> None:
    mail = anchors.by_mail("safe@example.org")
    mail(store, store.now())
    sealed()
    for _ in range(3):
        mail(store, store.now())
        sealed()
    clock.move(minutes=60)
    mail(store, store.now())
    mail(store, store.now())
    with psycopg.connect(database.owner_dsn) as connection:
        sent = [payload for (payload,) in connection.execute("select payload from outbox where topic = 'mail' order by id")]
    assert [each["to"] for each in sent] == ["safe@example.org"] * 2
    published = [anchor for each in sent for anchor in proof.anchors(each["text"])]
    assert [anchor.id for anchor in published] == [1, 4]
    assert verify(database, anchors=published).violations == []


def test_a_span_of_time_narrows_what_is_read_again(sealed: Sealing, database: Database, clock: Clock) -> None:
    for _ in range(3):
        sealed()
    tamper(database, "update look set what = 'nothing' where id = 1")
    assert len(verify(database).violations) == 1
    assert verify(database, since=clock() - timedelta(seconds=30)).violations == []
    assert len(verify(database, until=clock() - timedelta(minutes=1)).violations) == 1


def test_what_cannot_be_proved_is_said(sealed: Sealing, store: Store, database: Database) -> None:
    sealed()
    with store.view(ANA) as view:
        view.get("Patient", "zofia")
        view.get("Patient", "zofia")
    tamper(database, "delete from look where id = (select max(id) from look) - 1")
    report = verify(database)
    assert report.violations == [] and report.unproved.looks_waiting == 1
    sealed()
    assert verify(database).unproved.look_numbers == 1, "a look removed within its first minute leaves its number"
    assert "1 of looks are no row's" in verify(database).sentence()


def test_seals_from_before_there_were_trees_are_still_proved(store: Store, database: Database) -> None:
    from baton.store import seal as module

    with store.view(ANA) as view:
        view.get("Patient", "zofia")
    with psycopg.connect(database.owner_dsn) as connection:
        changes = connection.execute(proof._FORM_1["change"].encode(), [0, 10**6]).fetchone() or (0, b"")
        looks = connection.execute(proof._FORM_1["look"].encode(), [0, 10**6]).fetchone() or (0, b"")
        counts = (newest(database, "change"), changes[0], newest(database, "look"), looks[0])
        root = sha256(bytes(changes[1]) + bytes(looks[1])).digest()
        mac = module.seal_mac(KEY, b"", 1, store.now(), counts, root)
        connection.execute(
            "insert into seal (id, at, last_change, changes, last_look, looks, root, mac) values (1, %s, %s, %s, %s, %s, %s, %s)",
            [store.now(), *counts, root, mac],
        )
    assert verify(database).violations == []
    tamper(database, "update look set who = 'x' where id = 1")
    assert "or looks 1 to" in verify(database).violations[0]


def test_the_auditors_index_says_where_somebody_comes(sealed: Sealing, database: Database) -> None:
    sealed()
    with psycopg.connect(database.owner_dsn) as connection:
        rows = dict(connection.execute("select key, (changes, looks)::text from trail").fetchall())
        last_look, last_change = newest(database, "look"), newest(database, "change")
    assert str(last_look) in rows[key64("Patient/zofia")] and str(last_change) in rows[key64("Patient/zofia")]
    assert rows[key64(ANA.person)] and rows[key64(HUB.person)]
