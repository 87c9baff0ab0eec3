"""What was neither a look nor a change is recorded too, with who, for whom, why and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.store.folk import ADA, ANA, BO, HUB, task

from baton.store import Forbidden, NotFound, Store, View, Who
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


REFUSED: dict[str, tuple[Callable[[View], Any], str]] = {
    "a patient": (lambda view: view.get("Patient", "zofia"), "read Patient/zofia"),
    "a resource of theirs": (lambda view: view.get("Task", "hers"), "read Task/hers"),
    "an old version": (lambda view: view.stored("Task", "hers", 1), "read Task/hers"),
    "a chart": (lambda view: view.compartment("zofia", ["Task"]), "chart Patient/zofia"),
    "everything": (lambda view: view.everything("zofia"), "chart Patient/zofia"),
    "a history": (lambda view: view.history("Task", "hers"), "history of Task/hers"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_look_is_recorded_as_such(store: Store, database: Database, what: str) -> None:
    with store.change(ANA, because="make") as change:
        change.put(task(id="hers"))
    read, recorded_as = REFUSED[what]
    with store.view(BO) as view, pytest.raises(NotFound):
        read(view)
    assert recorded(database, "who, role, what, outcome, patients")[-1] == (
        BO.person, "coordinator", recorded_as, 4, [key64("Patient/zofia")],
    )  # fmt: skip


def test_what_is_not_there_is_no_refusal(store: Store, database: Database) -> None:
    before = recorded(database)
    with store.view(BO) as view:
        for type_, id_ in (("Patient", "nobody"), ("Task", "none")):
            with pytest.raises(NotFound):
                view.get(type_, id_)
    assert recorded(database) == before


def test_a_refused_read_for_a_change_is_recorded_though_the_change_never_was(store: Store, database: Database) -> None:
    with pytest.raises(NotFound), store.change(BO, because="curious") as change:
        change.get("Patient", "zofia")
    assert recorded(database, "who, what, outcome")[-1] == (BO.person, "read Patient/zofia", 4)


def test_a_refused_change_is_recorded_once_with_whom_it_was_about(store: Store, database: Database) -> None:
    with psycopg.connect(database.owner_dsn) as connection:

        def refused() -> list[tuple[Any, ...]]:
            return connection.execute("select who, what, patients from look where outcome = 4").fetchall()

        with pytest.raises(Forbidden), store.change(BO, because="not hers") as change:
            change.put(task())
        connection.rollback()
        assert refused() == [(BO.person, "change: not hers", [key64("Patient/zofia")])]
        with pytest.raises(Forbidden), store.change(BO, because="many") as change:
            change.put(task())
            change.put(task())
        connection.rollback()
        assert refused()[1:] == [(BO.person, "change: many", [key64("Patient/zofia")])]


def test_somebody_without_a_role_is_refused_and_recorded(store: Store, database: Database) -> None:
    with pytest.raises(Forbidden):
        store.view(Who("Practitioner/x", "X", "gardener", (), "desk"))
    assert recorded(database, "who, outcome")[-1] == ("Practitioner/x", 4)


def test_a_granted_read_stays_one_statement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from baton.store.lines import Line

    sent: list[str] = []
    quick, execute = Line.quick, Line.execute
    monkeypatch.setattr(Line, "quick", lambda self, statement, params: (sent.append(statement), quick(self, statement, params))[1])
    monkeypatch.setattr(Line, "execute", lambda self, *a, **k: (sent.append(str(a[0])), execute(self, *a, **k))[1])
    with store.view(ANA) as view:
        view.get("Patient", "zofia")
        sent.clear()
        view.get("Patient", "zofia")
    assert len(sent) == 1, sent


def test_whose_sight_is_lent_keeps_their_own_role_in_the_record(store: Store, database: Database) -> None:
    with store.view(replace(ADA, role="system", lent="administrator")) as view:
        view.get("Patient", "zofia")
        view.find("Patient")
        view.history("Patient", "zofia")
    assert {role for (role,) in recorded(database, "role")[-3:]} == {"administrator"}
    with store.view(HUB) as view:
        view.get("Patient", "zofia")
    assert recorded(database, "role")[-1] == ("system",)
