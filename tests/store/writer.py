"""A process that writes without pause and says on standard output what was acknowledged; test_crash kills it and PostgreSQL under it.

Each line is "<thread> <number>": that change, of three new resources and one count, was acknowledged. A number is never used twice.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from baton.store import Store, Who
from baton.store.postgres import open_database

KEY, ZONE, THREADS = b"the key of the crash tests", ZoneInfo("America/New_York"), 4
HUB = Who("Device/baton", "Baton", "system", (), "load")
PARTS = ("a", "b", "c")


class Settings:
    """Where the test keeps its data."""

    data = Path(sys.argv[1]) if len(sys.argv) > 2 else Path()
    database_url = ""


def write(store: Store, thread: str, number: int) -> None:
    """One change: three resources, and the thread's count raised by one."""
    with store.change(HUB, because=f"{thread} {number}") as change:
        for part in PARTS:
            change.put({"resourceType": "Basic", "id": f"{thread}-{number}-{part}", "code": {"text": "x" * 500}})
        found = change.find("Group", _id=f"count-{thread}")
        quantity = (found[0]["quantity"] if found else 0) + 1
        change.put({"resourceType": "Group", "id": f"count-{thread}", "type": "device", "actual": False, "quantity": quantity})


def write_for_ever(store: Store, thread: str, first: int, stopped: threading.Event) -> None:
    """Until told to stop, through whatever happens to the database."""
    for number in count(first):
        if stopped.is_set():
            return
        try:
            write(store, thread, number)
        except Exception as error:  # noqa: BLE001  any failure means: not acknowledged
            os.write(2, f"{thread} {number}: {type(error).__name__}: {error}\n".encode())
            stopped.wait(0.05)
        else:
            os.write(1, f"{thread} {number}\n".encode())


def main() -> None:
    """Write until standard input ends."""
    stopped = threading.Event()
    with open_database(Settings()) as database:
        store = Store(database.app_dsn, clock=lambda: datetime.now(UTC), zone=ZONE, key=KEY)
        threads = [
            threading.Thread(target=write_for_ever, args=(store, f"t{index}", int(sys.argv[2]), stopped), daemon=True)
            for index in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        stopped.set()
        for thread in threads:
            thread.join()
        store.close()


if __name__ == "__main__":
    main()
