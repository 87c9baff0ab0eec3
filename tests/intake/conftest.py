"""A store that files can be loaded into, and files to load."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from baton.store import Store, Who
from baton.store.postgres import Database

LOADER = Who("Device/baton", "Baton", "system", (), "load")


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    opened = Store(database.app_dsn, clock=lambda: datetime.now(UTC), zone=ZoneInfo("America/New_York"), key=b"k" * 32)
    yield opened
    opened.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: a resource, several (NDJSON), or bytes as they are; packed when its name ends so."""

    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            text = b"".join(json.dumps(each).encode() + b"\n" for each in content)
        else:
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return write
