"""`baton bench`: load, serve, ask, compare with PostgreSQL alone, and print a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baton.bench import costs, limits, pages, planning, records, why
from baton.bench.hub import HUB, SUPERVISOR, Hub, opened
from baton.bench.scenarios import SCENARIOS, task
from baton.bench.served import served
from baton.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """One row of the table: a scenario, what it is to reach a second, and how many connections ask."""

    name: str
    what: str
    goal: int
    unit: str = "requests/s"
    connections: int = 16


TARGETS = (
    Target("read", "read a Patient", 8000),
    Target("family", "Patients by family name", 4000),
    Target("observations", "50 newest Observations", 1800),
    Target("tasks", "50 Tasks by status", 1800),
    Target("create", "create a Task", 1400),
    Target("transaction", "transaction Bundles", 3000, "resources/s", 2),
)
LOAD_GOAL = 5000


@dataclass(frozen=True, slots=True)
class Size:
    """How much a run does; seconds are of each scenario."""

    loaded: int  # charts
    sent: int  # further charts, as transactions
    tasks: int
    seconds: int
    crowd: int
    rounds: int


WHOLE = Size(loaded=250, sent=400, tasks=20_000, seconds=15, crowd=10_000, rounds=200)
QUICK = Size(loaded=40, sent=60, tasks=2_000, seconds=4, crowd=120, rounds=40)


def run(settings: Settings, *, quick: bool = False, data: Path | None = None) -> int:
    """Measure everything and print it. Uses the database of BATON_DATABASE_URL when set (an empty one), else a new one in `data` or a
    temporary folder that is removed. Returns 0 when every target was reached, else 1."""
    size = QUICK if quick else WHOLE
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-bench-")))
        folder.chmod(0o711)
        settings = replace(settings, data_dir=str(folder / "hub"))
        say(f"Baton's bench: {size.loaded:,} charts loaded, {size.seconds} s a scenario, {os.cpu_count()} cores shared by all.\n")
        hub = stack.enter_context(opened(settings))
        missed = not _load(hub, folder, size)
        token = hub.store.issue_token(SUPERVISOR, minutes=600)
        things = _things(hub, folder, size)
        with served(settings) as port:
            for target in TARGETS:
                missed |= not _measure(hub, target, token, things, port, size)
        _costs(hub, things, size)
        missed |= not _pages(hub, size)
        return int(missed | (not planning.measure(4 if quick else 32)))


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _load(hub: Hub, folder: Path, size: Size) -> bool:
    count = records.write(folder / "loaded", size.loaded, seed=1)
    records.write(folder / "sent", size.sent, seed=2)
    started = time.perf_counter()
    command = [sys.executable, "-m", "baton.cli", "load", str(folder / "loaded")]
    environment = os.environ | hub.settings.environ()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"baton load: {done.stderr[-800:]}")
    rate = count / (time.perf_counter() - started)
    say(_HEAD)
    say(_row("load", "`baton load`, start to end", rate, LOAD_GOAL, "resources/s", None, ""))
    return rate >= LOAD_GOAL


def _things(hub: Hub, folder: Path, size: Size) -> dict[str, Any]:
    with hub.store.view(HUB) as view:
        patients = [[each["id"], each["name"][0]["family"]] for each in view.find("Patient", _count=1000)]
    statuses = ["requested"] * 5 + ["accepted", "in-progress", "completed", "cancelled", "on-hold"]
    for start in range(0, size.tasks, 500):
        with hub.store.change(HUB, because="Tasks to look through") as change:
            for number in range(start, start + 500):
                change.put(task(patients[number % len(patients)][0], number, statuses[number % len(statuses)]))
    return {"patients": patients, "bundles": str(folder / "sent"), "seed": 7}


def _measure(hub: Hub, target: Target, token: str, things: dict[str, Any], port: int, size: Size) -> bool:
    order = {
        "host": "127.0.0.1",
        "port": port,
        "token": token,
        "scenario": target.name,
        "things": things,
        "connections": target.connections,
        "seconds": size.seconds,
        "warmup": 0 if target.name == "transaction" else 1,
    }
    report = _client(order)
    limit = limits.of(hub, target.name, things, seconds=max(2, size.seconds // 2))
    more = f"p50 {report['p50_ms']} ms, p95 {report['p95_ms']} ms, p99 {report['p99_ms']} ms"
    say(_row(target.name, target.what, report["per_second"], target.goal, target.unit, limit, more))
    if report["refused"]:
        say(f"  refused: {report['refused']} {report['first_refusal'][-400:]}")
    reached = report["per_second"] >= target.goal
    if not reached:
        count = 5 if target.name == "transaction" else 500
        say(f"\n  {target.name}: {why.profile(hub, token, _requests(target.name, things), count=count)}\n")
    return reached and not report["refused"]


def _requests(name: str, things: dict[str, Any]) -> Any:
    return SCENARIOS[name](things)


def _client(order: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "baton.bench.client"]
    done = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the load generator: {done.stderr[-800:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _costs(hub: Hub, things: dict[str, Any], size: Size) -> None:
    say("\nWhat confidentiality costs, of the whole statement: recording the look, deciding in the query, row security behind it\n")
    for line in costs.lines(*costs.measure(hub, things, rounds=size.rounds * 10)):
        say(line)


def _pages(hub: Hub, size: Size) -> bool:
    goals = f"goal p95 ≤ {pages.GOAL:.0f} ms, of a board ≤ {pages.BOARD:.0f} ms"
    say(f"\nA town of {size.crowd:,} patients with {size.crowd * 10:,} promises more; server time of a page, {goals}\n")
    say(f"  {'page':28} {'p50 ms':>8} {'p95 ms':>8} {'own cpu':>8} {'KB':>6}")
    reached = True
    for page in pages.measure(hub, patients=size.crowd, promises_per_patient=10, rounds=size.rounds):
        met = page.p95 <= page.goal
        say(f"  {page.name:28} {page.p50:8.1f} {page.p95:8.1f} {page.own:8.1f} {page.kilobytes:6.0f} {'' if met else '  above the goal'}")
        if not met:
            say(f"\n  {page.name}: {page.why}\n")
        reached &= met
    return reached


_HEAD = f"  {'scenario':13} {'measured':>9} {'target':>8}   {'unit':12} {'pgbench':>9} {'ratio':>6}\n" + "  " + "-" * 64


def _row(name: str, what: str, rate: float, goal: int, unit: str, limit: float | None, more: str) -> str:
    against = f"{limit:9,.0f} {rate / limit:6.0%}" if limit else f"{'':9} {'':6}"
    mark = "reached" if rate >= goal else "missed "
    return f"  {name:13} {rate:9,.0f} {goal:8,d}   {unit:12} {against}  {mark}  {what}{'; ' + more if more else ''}"
