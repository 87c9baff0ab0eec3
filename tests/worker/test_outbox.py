"""The outbox: what was announced is delivered at least once, again after failures, parked with its reason when in vain."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from baton import app
from baton.store import Store, Who
from baton.store.codes import key64
from baton.store.postgres import Database
from baton.worker import Work, jobs, outbox

NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)
HUB = Who("Device/baton", "Baton", "system", (), "worker")


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.app_dsn, clock=lambda: NOW, zone=ZoneInfo("America/New_York"), key=b"k" * 16)
    yield store
    store.close()


class Post:
    """A handler that fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.sent = list(failures), list[Mapping[str, Any]]()

    def __call__(self, payload: Mapping[str, Any]) -> None:
        self.sent.append(payload)
        if self.failures:
            raise self.failures.pop(0)


def announce(store: Store, topic: str = "letter") -> None:
    with store.change(HUB, because="a test") as change:
        change.announce(topic, {"to": "eve@example.org", "link": "https://secret"})


def work(store: Store, database: Database, **handlers: Post) -> None:
    """Do whatever there is to do now, once; in a thread, because a browser test may have left an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(jobs.run, Work(database, store, handlers), wait=False, listen_notify=False, install_signal_handlers=False).result()


def hurry(database: Database) -> None:
    with psycopg.connect(database.owner_dsn) as connection:
        connection.execute("update procrastinate.procrastinate_jobs set scheduled_at = null")


def rows(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.app_dsn) as connection:
        return connection.execute("select topic, delivered_at, attempts, error, payload from outbox order by id").fetchall()


def test_is_delivered_once_and_its_secrets_forgotten(store: Store, database: Database) -> None:
    post = Post()
    announce(store)
    for _ in range(2):
        work(store, database, letter=post)
    assert post.sent == [{"to": "eve@example.org", "link": "https://secret"}]
    assert rows(database) == [("letter", NOW, 1, None, {"to": "eve@example.org"})]


def test_is_not_announced_when_the_change_is_not(store: Store, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), store.change(HUB, because="a test") as change:
        change.announce("letter", {})
        change.put({"resourceType": "Basic", "code": {"text": "x"}})
        change.find("Basic")
        raise ZeroDivisionError
    post = Post()
    work(store, database, letter=post)
    assert not post.sent and not rows(database)


def test_is_tried_again_after_a_while(store: Store, database: Database) -> None:
    post = Post(OSError("no route"))
    announce(store)
    for _ in range(2):
        work(store, database, letter=post)
    assert len(post.sent) == 1
    assert rows(database)[0][2:4] == (1, "no route")
    hurry(database)
    work(store, database, letter=post)
    assert len(post.sent) == 2
    assert rows(database)[0][1:4] == (NOW, 2, None)


def test_is_parked_after_many_attempts(store: Store, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST", 3)
    post = Post(*[OSError("no route")] * 9)
    announce(store)
    for _ in range(5):
        work(store, database, letter=post)
        hurry(database)
    assert len(post.sent) == 3
    assert rows(database)[0][1:4] == (None, 3, "parked: no route")
    assert outbox.without_job(database.app_dsn, ["letter"]) == []


def test_is_parked_at_once_when_in_vain(store: Store, database: Database) -> None:
    post = Post(outbox.UndeliverableError("no such address"))
    announce(store)
    work(store, database, letter=post)
    hurry(database)
    work(store, database, letter=post)
    assert len(post.sent) == 1
    assert rows(database)[0][3] == "parked: no such address"


def test_waits_until_somebody_delivers_its_topic(store: Store, database: Database) -> None:
    announce(store)
    work(store, database)
    assert rows(database)[0][1:4] == (None, 0, "nobody delivers letter here")
    assert outbox.without_job(database.app_dsn, ["fax"]) == []
    assert len(outbox.without_job(database.app_dsn, ["letter"])) == 1


def test_one_delivery_at_a_time(store: Store, database: Database) -> None:
    announce(store)
    with psycopg.connect(database.app_dsn) as busy:
        busy.execute("select 1 from outbox for update")
        post = Post()
        work(store, database, letter=post)
        assert not post.sent
    assert rows(database)[0][1:3] == (None, 0)


def test_works_on_another_server(other_database: Database) -> None:
    store = Store(other_database.app_dsn, clock=lambda: NOW, zone=ZoneInfo("America/New_York"), key=b"k" * 16)
    announce(store)
    post = Post()
    work(store, other_database, letter=post)
    store.close()
    assert len(post.sent) == 1


def test_what_is_delivered_is_recorded_with_whom_it_was_about(store: Store, database: Database) -> None:
    given: list[str] = []

    def refuse(payload: Mapping[str, Any]) -> None:
        raise ConnectionError("nobody answers")

    handlers = {
        "mail": lambda payload: given.append(payload["to"]),
        "packet-fax": lambda payload: given.append(payload["to"]),
        "text": refuse,
    }
    noted = outbox.noted(handlers, functools.partial(app._note, store, HUB))
    noted["mail"]({"to": "a@example.org", "about": "Patient/eva"})
    noted["packet-fax"]({"to": "+1", "about": "Patient/eva", "document": "DocumentReference/1"})
    with pytest.raises(ConnectionError):
        noted["text"]({"to": "+1", "patient": "Patient/eva"})
    with psycopg.connect(database.app_dsn) as connection:
        rows = connection.execute("select what, patients, detail from look order by id").fetchall()
    assert rows == [
        ("message mail", [key64("Patient/eva")], None),
        ("export packet-fax", [key64("Patient/eva")], "DocumentReference/1"),
    ]
