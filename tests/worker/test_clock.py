"""Each minute: duties, whatever one of them does, then the seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest

from baton.store import Store, Who
from baton.store.postgres import Database
from baton.worker import clock

NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.app_dsn, clock=lambda: NOW, zone=ZoneInfo("America/New_York"), key=b"k" * 16)
    yield store
    store.close()


def test_does_every_duty_and_seals(store: Store, database: Database, caplog: pytest.LogCaptureFixture) -> None:
    done: list[datetime] = []

    def broken(_store: Store, _now: datetime) -> None:
        raise ZeroDivisionError("a fault")

    def good(store: Store, now: datetime) -> None:
        with store.change(Who("Device/baton", "Baton", "system", (), "worker"), because="time passed") as change:
            change.put({"resourceType": "Basic", "code": {"text": "x"}})
        done.append(now)

    clock.minute(database.app_dsn, store, [broken, good])
    assert done == [NOW]
    assert "broken failed" in caplog.text and "a fault" in caplog.text
    with psycopg.connect(database.app_dsn) as connection:
        assert connection.execute("select at, changes from seal").fetchall() == [(NOW, 1)]
