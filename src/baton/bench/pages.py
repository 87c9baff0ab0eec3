"""Server time of the pages a coordinator lives in, with ten thousand patients and a hundred thousand open promises."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from baton.bench.hub import SUPERVISOR, Hub
from baton.bench.why import costs
from baton.demo.crowd import bench_town
from baton.demo.places import COORDINATORS

GOAL = 50.0
"""Milliseconds of server time within which 95 of 100 pages are to be made."""


@dataclass(frozen=True, slots=True)
class Page:
    """How long one kind of page took, in milliseconds."""

    name: str
    asked: int
    p50: float
    p95: float
    kilobytes: float
    why: str  # where the time went, when it was too long


def measure(hub: Hub, *, patients: int, promises_per_patient: int, rounds: int) -> Iterator[Page]:
    """Bring in the crowd, then ask for each page `rounds` times through the WSGI application, signed in."""
    bench_town(hub.store, patients=patients, promises_per_patient=promises_per_patient)
    coordinator = next(iter(COORDINATORS.values()))
    with hub.store.view(coordinator.who) as view:
        mine = [each["id"] for each in view.find("Patient", _count=300)]
        names = [each["name"][0]["family"] for each in view.find("Patient", _count=300)]
    rnd = random.Random(3)  # noqa: S311
    browser, all_seeing = _browser(hub, f"Practitioner/{coordinator.id}"), _browser(hub, SUPERVISOR)
    yield _asked("Today, a coordinator's team", browser, ["/today"] * rounds)
    yield _asked("Today, everyone's", all_seeing, ["/today?whose=everyone"] * rounds)
    yield _asked("Patient", browser, [f"/patients/{rnd.choice(mine)}" for _ in range(rounds)])
    yield _asked("Find, a name", browser, [f"/find?q={rnd.choice(names)}" for _ in range(rounds)])
    yield _asked("Find, the start of a name", all_seeing, [f"/find?q={rnd.choice(names)[:3]}" for _ in range(rounds)])


def _asked(name: str, browser: Any, paths: list[str]) -> Page:
    for path in paths[:3]:
        browser.get(path)
    times, size = [], 0
    for path in paths:
        started = perf_counter()
        answer = browser.get(path)
        times.append(1000 * (perf_counter() - started))
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        size += len(answer.content)
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    why = costs([partial(browser.get, path) for path in paths[:20]]) if p95 > GOAL else ""
    return Page(name, len(times), times[len(times) // 2], p95, size / 1024 / len(times), why)


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
