"""As known on: a view of a past instant answers as it was known then."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.store.folk import ANA, BO, HUB, Clock, observation, task

from baton.fhir import query
from baton.store import Gone, Invalid, NotFound, Store


def test_a_search_of_the_past(store: Store, clock: Clock) -> None:
    with store.change(ANA, because="make") as change:
        change.put({**task(description="one"), "id": "t"})
        change.put({**observation(date="2026-06-01"), "id": "o1"})
        change.put({**observation(date="2026-06-03"), "id": "o2"})
    then = clock.time
    clock.move(days=1)
    with store.change(ANA, because="later") as change:
        change.put({**task(status="completed"), "id": "t"})
        change.delete("Observation", "o1")
        change.put({**observation(date="2026-06-02"), "id": "o3"})
    with store.view(ANA, at=then) as view:
        assert [found["id"] for found in view.find("Task", patient="Patient/zofia", status="requested")] == ["t"]
        assert view.find("Task", patient="Patient/zofia", status="completed") == []
        assert [found["id"] for found in view.find("Observation", patient="zofia", code="8302-2", date="ge2026-06-02")] == ["o2"]
        assert [found["id"] for found in view.find("Observation", patient="zofia")] == ["o2", "o1"]
        assert [found["id"] for found in view.compartment("zofia", ["Observation"])["Observation"]] == ["o2", "o1"]
        assert [entry.version for entry in view.history("Task", "t").entries] == [1]
        assert view.find("Patient", _id="zofia")[0]["id"] == "zofia"
        with pytest.raises(NotFound):
            view.get("Observation", "o3")
        with pytest.raises(Invalid):
            view.search(query.parse("Task", "status=requested"))
    with store.view(BO, at=then) as view:
        assert view.find("Task", patient="zofia") == []


def test_histories(store: Store, clock: Clock) -> None:
    for number in range(5):
        with store.change(ANA, because="edit") as change:
            change.put({**task(description=str(number)), "id": "t"})
        clock.move(minutes=1)
    with store.view(ANA) as view:
        first = view.history("Task", "t", count=2)
        second = view.history("Task", "t", count=2, cursor=first.next)
        third = view.history("Task", "t", count=2, cursor=second.next)
        assert [entry.version for page in (first, second, third) for entry in page.entries] == [5, 4, 3, 2, 1]
        assert third.next is None
        since = first.entries[1].last_updated
        assert [entry.version for entry in view.history("Task", since=since).entries] == [5, 4]
        assert {entry.type for entry in view.history().entries} == {"Task", "Patient", "CareTeam", "Organization"}
        with pytest.raises(NotFound):
            view.history("Task", "never")
        with pytest.raises(Invalid):
            view.history("Task", "t", cursor="made up")


def test_everything(store: Store) -> None:
    with store.change(ANA, because="make") as change:
        for number in range(5):
            change.put(observation(date=f"2026-06-0{number + 1}"))
        change.put(task())
    with store.view(ANA) as view:
        page = view.everything("zofia", count=3)
        entries = list(page.entries)
        assert entries[0].reference == "Patient/zofia"
        while page.next:
            page = view.everything("zofia", count=3, cursor=page.next)
            entries += page.entries
        assert len(entries) == len({entry.reference for entry in entries}) == 8  # with the care team


class Door(RuleBasedStateMachine):
    """Random puts, deletions and readings against a plain list of what was known when."""

    store: Store
    clock: Clock
    names: int = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).names += 1
        self.ids = [f"m{self.names}-{number}" for number in range(3)]
        self.known: dict[str, list[tuple[Any, str | None]]] = {id_: [] for id_ in self.ids}

    def note(self, id_: str, status: str | None) -> None:
        self.known[id_].append((self.clock.time, status))

    @rule(number=st.integers(0, 2), status=st.sampled_from(["requested", "accepted", "completed"]), moves=st.integers(0, 5))
    def put(self, number: int, status: str, moves: int) -> None:
        self.clock.move(seconds=moves)
        with self.store.change(ANA, because="put") as change:
            stored = change.put({**task(status=status), "id": self.ids[number]})
        self.note(self.ids[number], status)
        assert stored.version == len(self.known[self.ids[number]])

    @rule(statuses=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["requested", "accepted"])), min_size=1, max_size=4))
    def put_several_at_once(self, statuses: list[tuple[int, str]]) -> None:
        final = dict(statuses)
        with self.store.change(ANA, because="several") as change:
            for number, status in statuses:
                change.put({**task(status=status), "id": self.ids[number]})
        for number, status in final.items():
            self.note(self.ids[number], status)

    @rule(number=st.integers(0, 2))
    def delete(self, number: int) -> None:
        id_ = self.ids[number]
        if not self.known[id_]:
            with pytest.raises(NotFound), self.store.change(ANA, because="delete") as change:
                change.delete("Task", id_)
            return
        with self.store.change(ANA, because="delete") as change:
            change.delete("Task", id_)
        if self.known[id_][-1][1] is not None:
            self.note(id_, None)

    @rule(number=st.integers(0, 2))
    def break_off(self, number: int) -> None:
        with pytest.raises(ZeroDivisionError), self.store.change(ANA, because="break") as change:
            change.put({**task(status="cancelled"), "id": self.ids[number]})
            change.find("Task", status="cancelled")
            raise ZeroDivisionError

    @precondition(lambda self: any(self.known.values()))
    @rule(back=st.integers(0, 30))
    def read_the_past(self, back: int) -> None:
        from datetime import timedelta

        then = self.clock.time - timedelta(seconds=back)
        with self.store.view(ANA, at=then) as view:
            for id_ in self.ids:
                self.agree(view, id_, [status for at, status in self.known[id_] if at <= then][-1:])

    @invariant()
    def read_the_present(self) -> None:
        with self.store.view(ANA) as view:
            for id_ in self.ids:
                self.agree(view, id_, [status for _, status in self.known[id_]][-1:])
            open_ = {id_ for id_ in self.ids if self.known[id_] and self.known[id_][-1][1] == "requested"}
            assert {found["id"] for found in view.find("Task", status="requested", _id=",".join(self.ids))} == open_

    def agree(self, view: Any, id_: str, expected: list[str | None]) -> None:
        if not expected:
            with pytest.raises(NotFound):
                view.get("Task", id_)
        elif expected[0] is None:
            with pytest.raises(Gone):
                view.get("Task", id_)
        else:
            assert view.get("Task", id_)["status"] == expected[0]


def test_the_door_agrees_with_a_plain_list(store: Store, clock: Clock) -> None:
    Door.store, Door.clock = store, clock
    run_state_machine_as_test(Door, settings=settings(max_examples=25, stateful_step_count=15, deadline=None, derandomize=True))  # type: ignore[no-untyped-call]


def test_dates_of_a_change_never_go_back(store: Store, clock: Clock) -> None:
    with store.change(HUB, because="now") as change:
        change.put({**task(), "id": "t"})
    earlier = clock.time.replace(year=2020)
    with store.change(HUB, because="backdated", at=earlier) as change:
        assert change.now == earlier
        assert change.put({**task(), "id": "t"}).last_updated == clock.time
        assert change.put({**task(), "id": "old"}).last_updated == earlier
