"""The door: what is put comes back, all or nothing, nobody's work is lost, nothing is altered afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from tests.store.folk import ANA, BO, HUB, SUE, Clock, care_team, observation, promise, task

from baton.fhir.outcome import Issue
from baton.store import Conflict, Forbidden, Gone, Invalid, NotFound, PreconditionFailed, Store, View
from baton.store.postgres import Database

Resource = dict[str, Any]


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_dsn) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_what_is_put_comes_back_with_its_version_and_instant(store: Store) -> None:
    with store.change(ANA, because="call") as change:
        stored = change.put(task(description="Zadzwoń → 72.50"))
    assert (stored.version, stored.last_updated) == (1, store.now())
    with store.view(ANA) as view:
        found = view.stored("Task", stored.id)
        assert found == stored
        task_ = found.resource()
    assert task_["meta"] == {"versionId": "1", "lastUpdated": "2026-07-02T14:10:00.000Z"}
    assert task_["description"] == "Zadzwoń → 72.50"


def test_digits_and_odd_characters_survive(store: Store) -> None:
    from baton.fhir.resource import parse

    body = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"tab\\t back\\\\slash \\\\N quote\\" nl\\n"},'
        b'"valueQuantity":{"value":72.50}}'
    )
    with store.change(HUB, because="one") as change:
        one = change.put(parse(body))
    with store.change(HUB, because="many") as change:
        two, _ = change.put(parse(body)), change.put(task())
    with store.view(HUB) as view:
        for stored in (one, two):
            text = view.stored("Observation", stored.id).body or b""
            assert b'"value":72.50}' in text
            assert b'"tab\\t back\\\\slash \\\\N quote\\" nl\\n"' in text


def test_update_delete_and_return(store: Store, clock: Clock) -> None:
    with store.change(ANA, because="make") as change:
        id_ = change.put(task()).id
    first = clock.time
    clock.move(hours=1)
    with store.change(ANA, because="hold") as change:
        found = change.get("Task", id_)
        assert change.put({**found, "status": "on-hold"}, if_match=1).version == 2
    clock.move(hours=1)
    with store.change(ANA, because="drop") as change:
        assert change.delete("Task", id_).version == 3
    with store.view(ANA) as view:
        with pytest.raises(Gone):
            view.get("Task", id_)
        assert view.find("Task") == []
        assert view.stored("Task", id_, version=1).resource()["status"] == "requested"
        assert [entry.version for entry in view.history("Task", id_).entries] == [3, 2, 1]
    with store.view(ANA, at=first) as then:
        assert then.get("Task", id_)["status"] == "requested"
    with store.change(ANA, because="back") as change:
        assert change.put({**found, "status": "accepted"}).version == 4
    with store.view(ANA) as view:
        assert view.get("Task", id_)["status"] == "accepted"
        assert len(view.find("Task", status="accepted")) == 1
        assert view.find("Task", status="requested") == []


def test_if_match_and_unless_same(store: Store) -> None:
    with store.change(ANA, because="make") as change:
        id_ = change.put(task()).id
    with pytest.raises(PreconditionFailed), store.change(ANA, because="late") as change:
        change.put({**task(), "id": id_}, if_match=2)
    with pytest.raises(PreconditionFailed), store.change(ANA, because="nothing there") as change:
        change.put({**task(), "id": "never"}, if_match=1)
    with store.change(ANA, because="same") as change:
        assert change.put({**task(), "id": id_}, unless_same=True).version == 1
        assert change.put({**task(), "id": id_}).version == 2


def test_a_broken_change_record_rolls_everything_back(store: Store, database: Database) -> None:
    before = rows(database, "select count(*) from version")
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        connection.execute("alter table change add constraint broken check (because <> 'break')")
    for puts in (1, 3):
        with pytest.raises(psycopg.errors.CheckViolation), store.change(HUB, because="break") as change:
            for _ in range(puts):
                change.put(task())
    assert rows(database, "select count(*) from version") == before
    assert rows(database, "select count(*) from resource r join type t on t.code = r.type where t.name = 'Task'") == [(0,)]


def test_an_exception_in_the_block_leaves_everything_as_it_was(store: Store) -> None:
    with pytest.raises(RuntimeError), store.change(ANA, because="half") as change:
        change.put(task())
        assert len(change.find("Task", patient="Patient/zofia")) == 1
        raise RuntimeError
    with store.view(ANA) as view:
        assert view.find("Task") == []


@pytest.mark.parametrize("table", ["change", "version", "look", "seal"])
@pytest.mark.parametrize("verb", ["update {} set at = at", "delete from {}", "truncate {}"])
def test_the_entrances_role_cannot_alter_history(database: Database, table: str, verb: str) -> None:
    with psycopg.connect(database.app_dsn) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(verb.format(table).encode())
    with psycopg.connect(database.owner_dsn) as connection:  # the belt: a trigger for those a grant does not bind
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(verb.format(table).encode())


def test_64_writers_on_one_resource_lose_nothing(store: Store) -> None:
    with store.change(ANA, because="make") as change:
        id_ = change.put(task()).id

    def add(number: int) -> int:
        with store.change(ANA, because=f"note {number}") as change:
            found = change.get("Task", id_)
            found.setdefault("note", []).append({"text": str(number)})
            return change.put(found).version

    with ThreadPoolExecutor(16) as pool:
        versions = list(pool.map(add, range(64)))
    assert sorted(versions) == list(range(2, 66))
    with store.view(ANA) as view:
        assert {note["text"] for note in view.get("Task", id_)["note"]} == {str(number) for number in range(64)}


def test_64_who_make_the_same_id_take_turns(store: Store) -> None:
    def make(number: int) -> int:
        with store.change(ANA, because=f"make {number}") as change:
            return change.put({**task(description=str(number)), "id": "same"}).version

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(make, range(64))) == list(range(1, 65))


def test_bulk_that_meets_the_same_new_ids_conflicts_and_keeps_one(store: Store) -> None:
    def make(number: int) -> bool:
        try:
            with store.change(HUB, because=f"load {number}") as change:
                change.put_all([{**task(), "id": f"bulk-{each}"} for each in range(20)])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(make, range(16)))
    assert any(done)
    with store.view(HUB) as view:
        assert len(view.find("Task")) == 20
        assert view.stored("Task", "bulk-0").version == sum(done)


def test_validation_names_the_element(store: Store) -> None:
    with pytest.raises(Invalid) as refused, store.change(ANA, because="bad") as change:
        change.put({"resourceType": "Patient", "contact": [{"gender": "none"}]})
    assert any(issue.expression and "gender" in issue.expression for issue in refused.value.issues)


# --- guards and reactions ---------------------------------------------------------------------------------------------------------------


def refuse_failed(before: Resource | None, after: Resource | None, view: View) -> Iterable[Issue]:
    if after and after["status"] == "failed" and (before or {}).get("status") != "in-progress":
        yield Issue("error", "business-rule", "Only what was begun can fail.", "Task.status")


def test_a_guard_refuses_whoever_writes(make_store: Callable[..., Store]) -> None:
    store = make_store(guards={"Task": [refuse_failed]})
    with pytest.raises(Invalid) as refused, store.change(HUB, because="x") as change:
        change.put(task(status="failed"))
    assert refused.value.issues[0].expression == "Task.status"
    with store.view(HUB) as view:
        assert view.find("Task") == []


def test_guards_see_the_state_as_it_would_be(make_store: Callable[..., Store]) -> None:
    seen: list[int] = []

    def guard(before: Resource | None, after: Resource | None, view: View) -> Iterable[Issue]:
        seen.append(len(view.find("Task", status="requested")))
        return ()

    store = make_store(guards={"Task": [guard]})
    with store.change(HUB, because="one") as change:
        change.put(task())
    with store.change(HUB, because="two") as change:
        change.put(task())
        change.put(task())
    assert seen == [1, 3, 3]


def test_a_reaction_is_part_of_the_change(make_store: Callable[..., Store], database: Database) -> None:
    def promise_a_call(before: Resource | None, after: Resource | None, view: View) -> Iterable[Resource]:
        if before is None and after:
            assert view.find("Encounter", status="finished")
            yield promise(focus={"reference": f"Encounter/{after['id']}"})

    store = make_store(reactions={"Encounter": [promise_a_call]})
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/zofia"},
    }
    with store.change(HUB, because="discharge") as change:
        change.put(encounter)
    with store.view(HUB) as view:
        assert len(view.promises()) == 1
    assert rows(database, "select count(*), count(distinct change_id) from version") == [(2, 1)]


def test_reactions_that_never_rest_are_refused(make_store: Callable[..., Store]) -> None:
    store = make_store(reactions={"Task": [lambda before, after, view: [task()]]})
    with pytest.raises(Invalid), store.change(HUB, because="x") as change:
        change.put(task())
    with store.view(HUB) as view:
        assert view.find("Task") == []


def test_a_reaction_is_not_asked_when_it_says_so(make_store: Callable[..., Store]) -> None:
    def reaction(before: Resource | None, after: Resource | None, view: View) -> Iterable[Resource]:
        raise AssertionError

    reaction.wants = lambda after: after is not None and after["status"] == "completed"  # type: ignore[attr-defined]
    store = make_store(reactions={"Task": [reaction]})
    with store.change(HUB, because="x") as change:
        change.put(task())


# --- who may ----------------------------------------------------------------------------------------------------------------------------


def test_team_b_sees_nothing_of_team_a(store: Store) -> None:
    with store.change(ANA, because="make") as change:
        id_ = change.put(promise()).id
        seen = change.put(observation()).id
    with store.view(BO) as view:
        for type_, each in (("Task", id_), ("Observation", seen), ("Patient", "zofia"), ("CareTeam", "ct-zofia")):
            with pytest.raises(NotFound) as missing:
                view.get(type_, each)
            assert str(missing.value) == f"There is no {type_}/{each}."
            assert view.find(type_) == []
            assert view.find(type_, _id=each) == []
            with pytest.raises(NotFound):
                view.history(type_, each)
        assert view.history("Task").entries == []
        assert view.patients("Nowak") == [] and view.patients("3/3/1955") == [] and view.patients("MRN0012345") == []
        assert view.promises() == [] and view.promise_counts()["coming"] == 0
        for reader in (lambda: view.compartment("zofia", ["Task"]), lambda: view.everything("zofia")):
            with pytest.raises(NotFound):
                reader()
    with pytest.raises(NotFound), store.change(BO, because="take") as change:
        change.put({**promise(), "id": id_})
    with pytest.raises(NotFound), store.change(BO, because="drop") as change:
        change.delete("Task", id_)


def test_team_b_writes_nothing_of_team_a(store: Store) -> None:
    with pytest.raises(Forbidden), store.change(BO, because="one") as change:
        change.put(task())
    with pytest.raises(Forbidden), store.change(BO, because="many") as change:
        change.put(task())
        change.put(task())
    with store.change(BO, because="mine") as change:
        mine = change.put({"resourceType": "Patient", "name": [{"family": "Neu"}]})
        change.put(task(patient=mine.id))
    with pytest.raises(Forbidden), store.change(BO, because="give to a") as change:
        change.put({**task(patient="zofia"), "id": "x"})


def test_who_works_here_is_not_for_coordinators_to_say(store: Store) -> None:
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": "Practitioner/bo"},
        "code": [{"coding": [{"system": "https://baton.example/fhir/CodeSystem/staff-role", "code": "administrator"}]}],
    }
    with pytest.raises(Forbidden), store.change(BO, because="rise") as change:
        change.put(role)
    with store.change(SUE, because="hire") as change:
        change.put({"resourceType": "Practitioner", "id": "bo", "name": [{"family": "Lund", "given": ["Bo"]}]})
        change.put(role)
    who = store.who("Practitioner/bo", entrance="desk")
    assert who and (who.role, who.name) == ("administrator", "Bo Lund")
    token = store.issue_token("Practitioner/bo", 5)
    assert store.who_of_token(token).person == "Practitioner/bo"  # type: ignore[union-attr]
    assert store.who_of_token(token + "x") is None


def test_an_unknown_role_sees_nothing(store: Store) -> None:
    from dataclasses import replace

    with pytest.raises(Forbidden):
        store.view(replace(ANA, role="janitor"))


def test_a_patient_follows_the_care_team(store: Store) -> None:
    from dataclasses import replace

    intake = replace(BO, teams=("Organization/intake",))

    def seen_by(*people: Any) -> list[bool]:
        found = []
        for who in people:
            with store.view(who) as view:
                found.append(bool(view.find("Patient", _id="zofia")))
        return found

    assert seen_by(ANA, BO, intake) == [True, False, False]
    with store.change(SUE, because="hand over") as change:
        change.put(care_team("ct-zofia", "zofia", "b"))
    assert seen_by(ANA, BO, intake) == [False, True, False]
    with store.change(SUE, because="end") as change:
        change.put(care_team("ct-zofia", "zofia", "b", status="inactive"))
    assert seen_by(ANA, BO, intake) == [False, False, True]
    with store.view(intake) as view:
        assert {stored["id"] for stored in view.find("Patient")} == {"zofia", "luis"}


def test_every_sight_of_a_patient_is_recorded(store: Store, database: Database) -> None:
    from baton.store.codes import key64

    with store.change(ANA, because="make") as change:
        id_ = change.put(promise()).id

    def looks() -> list[tuple[Any, ...]]:
        return rows(database, "select who, entrance, purpose, patients from look order by id")

    readers: list[Callable[[View], Any]] = [
        lambda view: view.get("Task", id_),
        lambda view: view.find("Task"),
        lambda view: view.compartment("zofia", ["Task"]),
        lambda view: view.everything("zofia"),
        lambda view: view.history("Task"),
        lambda view: view.promises(),
        lambda view: view.patients("nowak"),
        lambda view: view.look(["Patient/zofia"], "list"),
    ]
    for reader in readers:
        before = len(looks())
        with store.view(ANA) as view:
            reader(view)
        after = looks()
        assert len(after) > before
        assert after[-1] == ("Practitioner/ana", "desk", "TREAT", [key64("Patient/zofia")])
    before = len(looks())
    with store.view(ANA) as view:
        view.get("Organization", "a")
        view.find("Task", status="completed")
    assert len(looks()) == before


def test_what_is_announced_waits_in_the_outbox(store: Store, database: Database) -> None:
    with store.change(ANA, because="tell") as change:
        change.put(task())
        change.announce("notice", {"to": "Practitioner/ana"})
    assert rows(database, "select topic, payload, delivered_at from outbox") == [("notice", {"to": "Practitioner/ana"}, None)]


def test_the_next_call_works_after_the_server_hung_up(store: Store, database: Database) -> None:
    def hang_up() -> None:
        with psycopg.connect(database.owner_dsn) as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'baton_app' and pid <> pg_backend_pid()"
            )

    with store.change(ANA, because="make") as change:
        id_ = change.put(task()).id
    with store.view(ANA) as view:
        view.get("Task", id_)
        hang_up()
        assert view.get("Task", id_)["status"] == "requested"
    hang_up()
    with store.change(ANA, because="again") as change:
        change.put(task())
    hang_up()
    with store.change(ANA, because="more") as change:
        change.put({**change.get("Task", id_), "status": "accepted"})
    with store.view(ANA) as view:
        assert len(view.find("Task")) == 2
