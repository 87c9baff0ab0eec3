"""A clinic whose patient Lan is written to by text, and texts that come from a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.duties.scheduling.clinic import open_clinic
from tests.duties.scheduling.test_booking import write_to
from tests.duties.ward import HUB, Ward

from baton.duties.scheduling import text_answers
from baton.store.postgres import Database

LAN, NUMBER = "Patient/lan", "+1 (401) 555-0199"


@contextmanager
def texting(database: Database) -> Iterator[Ward]:
    """The clinic on a day in July; Lan chose texts, in Spanish."""
    ward = Ward(database, start="2026-07-03T09:00:00")
    open_clinic(ward)
    write_to(ward, "sms", "es")
    yield ward
    ward.store.close()


def texted(ward: Ward, text: str, number: str = NUMBER, message: str = "") -> str:
    """What became of a text from a number."""
    with ward.change(HUB) as change:
        return text_answers.came(change, number=number, text=text, message=message)
