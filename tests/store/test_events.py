"""What was neither a look nor a change is recorded too, with who, for whom, why and how it ended."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.store.folk import ANA

from baton.store import Store
from baton.store.codes import key64
from baton.store.postgres import Database


def recorded(database: Database, columns: str = "who, role, entrance, purpose, what, outcome, detail, patients") -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_dsn) as connection:
        return connection.execute(f"select {columns} from look where what not like 'change:%' order by id".encode()).fetchall()


def test_an_event_of_somebody_known(store: Store, database: Database) -> None:
    store.note_event(ANA, "export", detail="care summary", patients=("Patient/zofia",))
    assert recorded(database)[-1] == (
        ANA.person, "coordinator", ANA.entrance, "TREAT", "export", None, "care summary", [key64("Patient/zofia")],
    )  # fmt: skip


def test_an_event_of_somebody_who_is_only_a_reference(store: Store, database: Database) -> None:
    store.note_event("Practitioner/ana", "sign-in", "refused", entrance="desk")
    assert recorded(database)[-1] == ("Practitioner/ana", None, "desk", "TREAT", "sign-in", 4, None, [])


def test_an_outcome_must_be_one(store: Store) -> None:
    with pytest.raises(ValueError, match="no outcome"):
        store.note_event(ANA, "sign-in", "fine")


def test_a_look_says_in_which_role(store: Store, database: Database) -> None:
    with store.view(ANA) as view:
        view.get("Patient", "zofia")
        view.find("Patient", _id="zofia")
        view.history("Patient", "zofia")
        view.compartment("zofia", ["Task"])
    with store.view(ANA, at=store.now()) as view:
        view.get("Patient", "zofia")
    assert {(who, role) for who, role in recorded(database, "who, role")} == {(ANA.person, "coordinator")}
    assert len(recorded(database)) >= 5
