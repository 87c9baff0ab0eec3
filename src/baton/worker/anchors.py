"""Publishes seals outside the hub, where whoever can write its database cannot write: to a file each minute, by e-mail each hour."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from baton.store import Store, proof

LAST_BYTES = 4096
SUBJECT = "Baton seal"


def to_file(path: str) -> Callable[[Store, datetime], object]:
    """A duty of each minute: append every seal that the file has not got yet. Raises OSError, and is asked again next minute."""

    def publish(store: Store, now: datetime) -> None:
        lines = [proof.line(each) for each in proof.after(store, _newest(Path(path)))]
        if lines:
            with Path(path).open("a", encoding="ascii") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())

    return publish


def _newest(path: Path) -> int:
    """The newest seal in the file; 0 when there is none."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LAST_BYTES))
        found = proof.anchors(file.read().decode("ascii", "replace"))
    return max((anchor.id for anchor in found), default=0)


def by_mail(address: str) -> Callable[[Store, datetime], object]:
    """A duty of each minute: announce the newest seal once in an hour in which there is a new one."""

    def publish(store: Store, now: datetime) -> None:
        proof.announce_hourly(store, now, _mail(address))

    return publish


def _mail(address: str) -> Callable[[str], dict[str, Any]]:
    return lambda line: {"to": address, "subject": SUBJECT, "text": f"Keep this message: it proves what was recorded up to now.\n\n{line}"}
