"""Server time of the pages a day is spent on, and of every board, for ten thousand patients, and with a hundred thousand promises more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import Any

from baton import app
from baton.bench.hub import SUPERVISOR, Hub
from baton.bench.why import costs
from baton.demo.crowd import bench_town
from baton.demo.places import COORDINATORS, WORKERS
from baton.demo.town import SEED, populate
from baton.store import statistics

GOAL, BOARD = 50.0, 100.0
"""Milliseconds of server time within which 95 of 100 are to be made: the pages a day is spent on, and every board."""
BOARDS_OF = ("tom-brandt", "grace-kim", "luis-ortega", "dana-roth")
"""Whose boards are asked for: a coordinator, a senior, a supervisor, an administrator."""


@dataclass(frozen=True, slots=True)
class Page:
    """How long one kind of page took, in milliseconds."""

    name: str
    asked: int
    p50: float
    p95: float
    own: float  # of it, the processor's time in this process; the rest is PostgreSQL's and waiting
    kilobytes: float
    goal: float
    why: str  # where the time went, when it was too long


def measure(hub: Hub, *, patients: int, promises_per_patient: int, rounds: int) -> Iterator[Page]:
    """Make the town and ask for its boards; make its further promises, then ask for each page `rounds` times and for the boards again.

    All through the WSGI application, signed in.
    """
    populate(hub.store, patients=patients)
    statistics.gather(hub.database.owner_dsn)
    yield from _boards(hub, max(10, rounds // 5), " (as the town is)")
    bench_town(hub.store, patients=patients, promises_per_patient=promises_per_patient, seed=SEED, settled=True)
    statistics.gather(hub.database.owner_dsn)
    app.settle()  # as each process of the server does
    coordinator = next(iter(COORDINATORS.values()))
    with hub.store.view(coordinator.who) as view:
        mine = [each["id"] for each in view.find("Patient", _count=300)]
        names = [each["name"][0]["family"] for each in view.find("Patient", _count=300)]
    rnd = random.Random(3)  # noqa: S311
    browser, all_seeing = _browser(hub, f"Practitioner/{coordinator.id}"), _browser(hub, SUPERVISOR)
    yield _asked("Today, a coordinator's team", browser, ["/today"] * rounds)
    yield _asked("Today, everyone's", all_seeing, ["/today?whose=everyone"] * rounds)
    yield _asked("Patient", browser, [f"/patients/{rnd.choice(mine)}" for _ in range(rounds)])
    yield _asked("Patients", browser, ["/patients"] * rounds)
    yield _asked("Patients with something late", all_seeing, ["/patients?state=late"] * rounds)
    yield _asked("Find, a name", browser, ["/find"] * rounds, [rnd.choice(names) for _ in range(rounds)])
    yield _asked("Find, the start of a name", all_seeing, ["/find"] * rounds, [rnd.choice(names)[:3] for _ in range(rounds)])
    yield from _boards(hub, max(10, rounds // 5))


def _boards(hub: Hub, rounds: int, when: str = "") -> Iterator[Page]:
    """The first page of every room, as each of several people sees it; `when` is said beside its name."""
    from baton.desk import rooms

    for id_ in BOARDS_OF:
        worker = WORKERS[id_]
        browser = _browser(hub, f"Practitioner/{worker.id}")
        for room in (each for group in rooms.rail(worker.who).groups for each in group):
            yield _asked(f"{worker.given}: {room.words}{when}", browser, [_address(room.route)] * rounds, goal=BOARD)


def _address(route: str) -> str:
    from django.urls import reverse

    return reverse(route)


def _asked(name: str, browser: Any, paths: list[str], typed: list[str] | None = None, *, goal: float = GOAL) -> Page:
    """Each page in turn; what is typed into Find goes in the body of a POST, as the page itself sends it."""
    ask = [partial(browser.post, path, {"q": text}) for path, text in zip(paths, typed, strict=True)] if typed else []
    ask = ask or [partial(browser.get, path) for path in paths]
    for each in ask[:3]:
        each()
    times, busy, size = [], process_time(), 0
    for each in ask:
        started = perf_counter()
        answer = each()
        times.append(1000 * (perf_counter() - started))
        if answer.status_code != 200:
            raise RuntimeError(f"{name} answered {answer.status_code}")
        size += len(answer.content)
    own = 1000 * (process_time() - busy) / len(times)
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    why = costs(ask[:20]) if p95 > goal else ""
    return Page(name, len(times), times[len(times) // 2], p95, own, size / 1024 / len(times), goal, why)


def _browser(hub: Hub, person: str) -> Any:
    """A signed-in browser that calls the application in this process."""
    from baton.web import django

    django.configure(hub.settings, hub.database.app_dsn)
    from django.test import Client

    from baton.web import accounts

    browser = Client(headers={"host": "127.0.0.1"})
    browser.defaults["baton.hub"] = hub  # type: ignore[assignment]
    account = accounts.account_for(f"{person.rpartition('/')[2]}@bench.example", person)
    browser.force_login(account)
    return browser
