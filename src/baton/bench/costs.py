"""What confidentiality costs: the same statements with and without the record of the look, the decision, and the second wall; and sealing.

Each is prepared once and run again and again on one connection, nothing else asked meanwhile; the best of several turns counts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from baton.bench.hub import HUB, SUPERVISOR, Hub
from baton.bench.limit import one_line, recorded
from baton.fhir import query
from baton.store import Store, Who, seal

TURNS = 5
LOOKS = 20_000


@dataclass(frozen=True, slots=True)
class Cost:
    """One statement: microseconds as it is, and what of them the look, the decision and row security take."""

    name: str
    whole: float
    look: float
    decision: float
    wall: float


def measure(hub: Hub, things: dict[str, Any], *, rounds: int) -> tuple[list[Cost], float]:
    """The costs of five questions, and microseconds of sealing for each look."""
    patient, family = things["patients"][0][0], things["patients"][0][1]
    asked = {
        "read": ("Patient", patient),
        "family": ("Patient", f"family={family}&_count=20"),
        "observations": ("Observation", f"patient=Patient/{patient}&_sort=-date&_count=50"),
        "tasks": ("Task", "status=requested&_sort=-_lastUpdated&_count=50"),
        "worklist": ("worklist", "counts"),
    }
    person = hub.store.who(SUPERVISOR, entrance="api") or HUB
    return [_cost(hub, person, name, *each, rounds=rounds) for name, each in asked.items()], _sealing(hub)


def _cost(hub: Hub, person: Who, name: str, type_: str, text: str, *, rounds: int) -> Cost:
    theirs, everything = (_statement(hub.store, who, type_, text) for who in (person, HUB))
    with psycopg.connect(hub.database.app_dsn, autocommit=True) as line, psycopg.connect(hub.database.owner_dsn, autocommit=True) as owner:
        for each in (line, owner):
            each.execute("set synchronous_commit = off; set jit = off; set max_parallel_workers_per_gather = 0")
            each.execute("set plan_cache_mode = force_generic_plan")
        with hub.store.view(person) as view:
            line.execute(view.sight.wall.settings + b"; set baton.now = '2100-01-01 00:00+00'")
        whole, unlooked = (_timed(line, statement, rounds) for statement in (theirs, without_look(theirs)))
        bypassed, decided = (_timed(owner, without_wall(without_look(statement)), rounds) for statement in (theirs, everything))
    return Cost(name, whole, max(0.0, whole - unlooked), max(0.0, bypassed - decided), max(0.0, unlooked - bypassed))


def _statement(store: Store, who: Who, type_: str, text: str) -> str:
    """The statement that answers, as one that stands alone."""

    def ask() -> None:
        with store.view(who) as view:
            if type_ == "worklist":
                view.promise_counts()
            elif "=" in text:
                view.search(query.parse(type_, text))
            else:
                view.stored(type_, text)

    ask()
    return max((one_line(statement) for statement in recorded(store, ask)), key=len)


def without_look(statement: str) -> str:
    """The statement without the part that inserts the look."""
    start = statement.find("insert into look")
    if start < 0:
        return statement
    opened = statement.rfind("(", 0, start)
    head = statement.rfind(",", 0, opened)
    depth, end = 1, opened
    while depth:
        end += 1
        depth += {"(": 1, ")": -1}.get(statement[end], 0)
    return statement[:head] + statement[end + 1 :]


def without_wall(statement: str) -> str:
    """The statement on the tables themselves instead of the views that have the second wall; row security is bypassed by who asks."""
    return re.sub(r"\b(promise|enrolment|reached|returned|worked)_(seen|counted)\b", r"\1", statement)


def _timed(line: psycopg.Connection[Any], statement: str, rounds: int) -> float:
    """Microseconds of one run."""
    line.execute(b"deallocate all")
    line.execute(f"prepare asked as {statement}".encode())

    def turn() -> float:
        started = time.perf_counter()
        for _ in range(rounds):
            line.pgconn.exec_(b"execute asked")
        return (time.perf_counter() - started) / rounds * 1e6

    return _best(turn)


def _best(turn: Callable[[], float]) -> float:
    return min(turn() for _ in range(TURNS))


def _sealing(hub: Hub) -> float:
    """Microseconds that sealing takes for each look."""
    seal.seal(hub.database.app_dsn, key=hub.settings.key(), at=hub.store.now())
    for _ in range(LOOKS):
        hub.store.note_look(HUB, hub.store.now(), [1], "bench")
    started = time.perf_counter()
    sealed = seal.seal(hub.database.app_dsn, key=hub.settings.key(), at=hub.store.now())
    return (time.perf_counter() - started) / max(1, sealed) * 1e6


def lines(costs: list[Cost], sealing: float) -> Iterator[str]:
    """As a table."""
    yield f"  {'statement':13} {'whole':>8} {'look':>8} {'decision':>9} {'2nd wall':>9}   microseconds in PostgreSQL and back"
    for each in costs:
        yield f"  {each.name:13} {each.whole:8.0f} {each.look:8.0f} {each.decision:9.0f} {each.wall:9.0f}"
    yield f"  sealing, in the worker, once a minute: {sealing:.1f} for each look"
