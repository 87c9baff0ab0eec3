"""Nothing acknowledged is lost, nothing half done: `baton serve` and its PostgreSQL, killed fifty times while clients write over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from baton.store import postmaster
from baton.store.postgres import embedded

pytestmark = pytest.mark.crash
ROUNDS = 10
"""Most end with the parent, which starts anew: one whose processes die too often takes its time to start them again."""
LAST = ("parent", "everything", "all of PostgreSQL", "parent", "worker")
ROUND = ("server process", "postmaster", "backend", "server process")
KILLS = [kill for place in range(ROUNDS) for kill in (*random.Random(place).sample(ROUND, len(ROUND)), LAST[place % len(LAST)])]
CLIENTS = 4
SYSTEM = "urn:test:number"
EMAIL = "carla@baton.example"
PATIENCE = 60.0  # seconds without an acknowledgement after which the hub has not come back


# --- the clients --------------------------------------------------------------------------------------------------------------------


def person(number: str, quantity: int) -> dict[str, Any]:
    """A patient with a number of ours and a quantity to tell versions apart."""
    return {
        "resourceType": "Patient",
        "active": True,
        "identifier": [{"system": SYSTEM, "value": number}],
        "name": [{"family": "Kill", "given": ["Minus", "Nine"]}],
        "birthDate": "1955-03-03",
        "multipleBirthInteger": quantity,
    }


def discharged(number: str) -> dict[str, Any]:
    """A patient and the end of her stay in hospital, as one transaction: from it follow an episode and its promises."""
    home = datetime.now(UTC) - timedelta(hours=1)
    stay = {
        "resourceType": "Encounter",
        "identifier": [{"system": SYSTEM, "value": number}],
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "urn:uuid:1b4e28ba-2fa1-41d2-883f-0016d3cca427"},
        "period": {"start": (home - timedelta(days=3)).isoformat(), "end": home.isoformat()},
        "hospitalization": {
            "dischargeDisposition": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "home"}]}
        },
    }
    patient = {
        "fullUrl": "urn:uuid:1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "resource": person(number, 0),
        "request": {"method": "POST", "url": "Patient"},
    }
    entries = [patient, {"resource": stay, "request": {"method": "POST", "url": "Encounter"}}]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


@dataclass(slots=True)
class Client:
    """A caller of the API that never stops: a new patient, a new version of its own, a discharge, in turn; no number is used twice."""

    name: str
    port: int
    token: str
    heard: threading.Semaphore
    stopped: threading.Event
    acknowledged: dict[str, list[tuple[str, int]]] = field(default_factory=dict)  # number: what was made of it, (type/id, version)
    parts: dict[str, int] = field(default_factory=dict)  # number: how many resources it is, whole
    unknown: set[str] = field(default_factory=set)  # sent, never answered with 2xx
    refused: list[str] = field(default_factory=list)
    own: str = ""

    def run(self) -> None:
        """Until told to stop, through whatever happens to the hub."""
        line = self._line()
        for place in count():
            if self.stopped.is_set():
                break
            number = f"{self.name}-{place}"
            try:
                self._write(line, number, place)
            except (OSError, http.client.HTTPException, ValueError):
                self.unknown.add(number)
                line.close()
                line = self._line()
                self.stopped.wait(0.02)
        line.close()

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def _write(self, line: http.client.HTTPConnection, number: str, place: int) -> None:
        kind = place % 3
        if kind == 0 or not self.own:
            method, path, body = "POST", "Patient", person(number, 0)
        elif kind == 1:
            method, path, body = "PUT", f"Patient/{self.own}", {**person(number, place), "id": self.own}
        else:
            method, path, body = "POST", "", discharged(number)
        self.parts[number] = 1 if path else 2
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"}
        line.request(method, f"/fhir/R4/{path}".rstrip("/"), json.dumps(body), headers)
        answer = line.getresponse()
        said = answer.read()
        if not 200 <= answer.status < 300:
            self.unknown.add(number)
            if answer.status < 500:
                self.refused.append(f"{number}: {answer.status} {said[:500]!r}")
            self.stopped.wait(0.02)
            return
        self.acknowledged[number] = list(made(json.loads(said)))
        if kind == 0 and not self.own:
            self.own = self.acknowledged[number][0][0].removeprefix("Patient/")
        self.heard.release()


def made(answer: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """(type/id, version) of everything an answer acknowledges."""
    if answer["resourceType"] != "Bundle":
        yield f"{answer['resourceType']}/{answer['id']}", int(answer["meta"]["versionId"])
        return
    for entry in answer["entry"]:
        assert entry["response"]["status"].startswith("2"), entry
        type_, id_, _, version = entry["response"]["location"].split("/")[-4:]
        yield f"{type_}/{id_}", int(version)


# --- the hub ------------------------------------------------------------------------------------------------------------------------


class Hub:
    """`baton serve` on a data folder, and the ways to kill it."""

    def __init__(self, data: Path) -> None:
        self.data, self.random = data, random.Random(2)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.start()

    def baton(self, *arguments: str) -> list[str]:
        """A command line."""
        return [sys.executable, "-m", "baton.cli", *arguments, "--data", str(self.data)]

    def start(self) -> None:
        """As an operating system's supervisor would: what does not come up at once (the port is still a dying process's) is tried again."""
        with (self.data / "serve.log").open("ab") as log:
            command = self.baton("serve", "--port", str(self.port), "--workers", "2")
            self.parent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def hear(self, heard: threading.Semaphore) -> None:
        """Wait for one acknowledgement, starting the hub again if it has ended."""
        give_up = time.monotonic() + PATIENCE
        while not heard.acquire(timeout=0.1):
            if self.parent.poll() is not None:
                self.start()
            assert time.monotonic() < give_up, f"nothing is acknowledged any more\n{(self.data / 'serve.log').read_text()[-3000:]}"

    def children(self, pid: int) -> list[int]:
        """The processes a process has started, whichever of its threads it was."""
        found: list[int] = []
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, task.read_text().split())
        return found

    def of_kind(self, word: str) -> list[int]:
        """Those of `baton serve` whose command line has this word."""
        return [pid for pid in self.children(self.parent.pid) if word.encode() in _command(pid)]

    def kill(self, whom: str) -> bool:
        """Kill without warning. False: there was nobody of that kind at this moment."""
        server = postmaster.running(self.data / "postgres")
        backends = self.children(server) if server else []
        processes = self.of_kind("serve")
        victims = {
            "server process": [self.random.choice(processes)] if processes else [],
            "worker": self.of_kind("baton.worker"),
            "parent": [self.parent.pid],
            "postmaster": [server] if server else [],
            "backend": [self.random.choice(backends)] if backends else [],
            "all of PostgreSQL": [server, *backends] if server else [],
            "everything": [self.parent.pid, *self.children(self.parent.pid), *([server] if server else []), *backends],
        }[whom]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.parent.pid in victims:
            self.parent.wait()
        return bool(victims)

    def end(self) -> None:
        """Stop it as one should."""
        self.parent.terminate()
        self.parent.wait(60)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def hub(folder: Path, unused_data: Path) -> Iterator[Hub]:
    subprocess.run(["cp", "-a", unused_data, folder / "data"], check=True)
    hub = Hub(folder / "data")
    try:
        yield hub
    finally:
        hub.kill("everything")
        with embedded(folder / "data"):
            pass  # the last to leave stops it


def token(hub: Hub) -> str:
    """A coordinator's."""
    for arguments in (("user", "add", "--email", EMAIL, "--role", "coordinator", "--team", "North"), ("token", "--user", EMAIL)):
        said = subprocess.run(hub.baton(*arguments), capture_output=True, text=True, check=False, timeout=60)
        assert said.returncode == 0, said.stderr
    return said.stdout.strip()


def test_nothing_acknowledged_over_http_is_lost_and_nothing_is_half_done(hub: Hub) -> None:
    heard, stopped, bearer = threading.Semaphore(0), threading.Event(), token(hub)
    clients = [Client(f"c{place}", hub.port, bearer, heard, stopped) for place in range(CLIENTS)]
    threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for whom in [*KILLS, ""]:
            while heard.acquire(blocking=False):
                pass  # said before the last kill, or while it was done
            for _ in range(hub.random.randint(4, 12)):
                hub.hear(heard)
            while whom and not hub.kill(whom):  # still starting again
                hub.hear(heard)
    finally:
        stopped.set()
        for thread in threads:
            thread.join(30)
    hub.end()
    judge(hub, clients, kills=len(KILLS))
    checked = subprocess.run(hub.baton("check"), capture_output=True, text=True, check=False, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def judge(hub: Hub, clients: list[Client], *, kills: int) -> None:
    """Every acknowledged change is there as acknowledged; of the others only such as were under way when somebody was killed, whole."""
    with embedded(hub.data) as server, psycopg.connect(server.dsn("owner")) as connection:
        versions = connection.execute(
            "select t.name || '/' || v.id, v.version, v.body::json->'identifier'->0->>'value', v.change_id"
            " from version v join type t on t.code = v.type where v.body like %s",
            [f"%{SYSTEM}%"],
        ).fetchall()
        episodes = connection.execute("select count(*) from version v join type t on t.code = v.type where t.name = 'EpisodeOfCare'")
        opened = (episodes.fetchone() or (0,))[0]
    found: dict[str, list[tuple[str, int]]] = {}
    changes: dict[str, set[int]] = {}
    for reference, version, number, change in versions:
        found.setdefault(number, []).append((reference, version))
        changes.setdefault(number, set()).add(change)
    acknowledged = {number: what for client in clients for number, what in client.acknowledged.items()}
    unknown = {number for client in clients for number in client.unknown}
    assert not [each for client in clients for each in client.refused]
    assert len(acknowledged) > 300
    lost = {number: what for number, what in acknowledged.items() if sorted(found.get(number, [])) != sorted(what)}
    assert not lost, f"acknowledged and not (or not exactly) there: {lost}"
    assert set(found) - set(acknowledged) <= unknown, "there is something nobody sent"
    assert len(set(found) - set(acknowledged)) <= kills * CLIENTS * 2
    parts = {number: parts for client in clients for number, parts in client.parts.items()}
    assert {number: len(what) for number, what in found.items()} == {number: parts[number] for number in found}, "half done, or done twice"
    assert all(len(several) == 1 for several in changes.values())
    assert opened == sum(parts[number] == 2 for number in found), "a discharge without its episode"
    for client in clients:
        numbers = Counter(version for reference, version, *_ in versions if reference == f"Patient/{client.own}")
        assert numbers == Counter(range(1, len(numbers) + 1)), "versions of one patient are missing or doubled"
