"""The command line as other programs rely on it: real processes, a real data folder, honest exit codes."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENT = {"resourceType": "Patient", "id": "ines", "name": [{"family": "Marín", "given": ["Inés"]}], "birthDate": "1955-03-03"}
PRODUCTION = {
    "BATON_ENV": "production",
    "BATON_SECRET_KEY": "9f8e2c41b7d0653a8c1e4f7092ab5d6c3e8f1a2b",
    "BATON_HTTPS": "1",
    "BATON_HOSTS": "hub.example.org",
}
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    return {**clean, **more}


def baton(*arguments: str, data: Path, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "baton.cli", *arguments, "--data", str(data)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, env=environment(**settings), check=False)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="baton-cli-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another account when the tests run as root
        done = baton("migrate", data=Path(folder) / "data")
        assert done.returncode == 0, done.stderr
        loaded = baton("load", "-", data=Path(folder) / "data", stdin=json.dumps(PATIENT))
        assert loaded.returncode == 0, loaded.stderr
        yield Path(folder) / "data"


@pytest.fixture(scope="module")
def administrator(data: Path) -> str:
    added = baton("user", "add", "--email", "Dana.Roth@baton.example", "--role", "administrator", data=data)
    assert added.returncode == 0, added.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/\S+\n", added.stdout), "prints one link and nothing else"
    return "dana.roth@baton.example"


@pytest.mark.parametrize(
    "command",
    [
        ["demo"],
        ["serve"],
        ["work"],
        ["load"],
        ["token"],
        ["check"],
        ["migrate"],
        ["bench"],
        ["user", "add"],
        ["user", "end"],
        ["user"],
        ["client", "add"],
        ["client", "list"],
        ["relabel"],
        [],
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "baton.cli", *command, "--help"], capture_output=True, text=True, check=False, env=environment()
    )
    assert helped.returncode == 0 and "usage: baton" in helped.stdout


@pytest.mark.parametrize("wrong", [["frobnicate"], ["load"], ["token"], ["user", "add", "--email", "a@b.c", "--role", "king"], []])
def test_a_wrong_command_line_exits_with_2(wrong: list[str]) -> None:
    answer = subprocess.run([sys.executable, "-m", "baton.cli", *wrong], capture_output=True, text=True, check=False, env=environment())
    assert answer.returncode == 2 and "usage:" in answer.stderr


def test_migrating_twice_changes_nothing(data: Path) -> None:
    again = baton("migrate", data=data)
    assert (again.returncode, again.stdout) == (0, "Everything is up to date.\n"), again.stderr


def test_two_that_start_on_an_empty_folder_at_once_take_turns() -> None:
    with tempfile.TemporaryDirectory(prefix="baton-cli-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        command = [sys.executable, "-m", "baton.cli", "migrate", "--data", f"{folder}/data"]
        several = [subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) for _ in range(3)]
        assert [(process.communicate(timeout=120)[1], process.returncode) for process in several] == [(b"", 0)] * 3


def test_a_token_is_printed_and_nothing_else(data: Path, administrator: str) -> None:
    answer = baton("token", "--user", administrator, "--minutes", "5", data=data)
    assert answer.returncode == 0, answer.stderr
    assert re.fullmatch(r"\S{20,}\n", answer.stdout)


def test_nobody_gets_no_token(data: Path) -> None:
    answer = baton("token", "--user", "nobody@baton.example", data=data)
    assert answer.returncode == 1 and answer.stdout == "" and "nobody@baton.example" in answer.stderr


def test_loading_twice_changes_nothing_and_checks_clean(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "ines.json"
    file.write_text(json.dumps(PATIENT))
    for _ in range(2):
        loaded = baton("load", str(file), data=data)
        assert loaded.returncode == 0, loaded.stderr
    checked = baton("check", data=data)
    assert checked.returncode == 0, checked.stdout


def test_what_is_refused_is_named_and_the_exit_code_says_so(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({**PATIENT, "gender": "f"}))
    loaded = baton("load", str(file), data=data)
    assert loaded.returncode == 1 and "bad.json" in loaded.stderr and "gender" in loaded.stderr


def test_standard_input_is_loaded(data: Path) -> None:
    loaded = baton("load", "-", data=data, stdin=json.dumps({**PATIENT, "id": "by-stdin"}))
    assert loaded.returncode == 0, loaded.stderr


def test_check_finds_a_row_tampered_with(data: Path) -> None:
    import psycopg

    from baton.store.postgres import embedded

    def tamper(find: str, put: str) -> None:
        with embedded(data) as server, psycopg.connect(server.dsn("owner"), autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute("update version set body = replace(body, %s, %s) where id = 'ines'", [find, put])

    tamper("1955-03-03", "1956-03-03")
    found = baton("check", data=data)
    tamper("1956-03-03", "1955-03-03")
    assert found.returncode == 1 and "ines" in found.stdout
    assert baton("check", data=data).returncode == 0


def test_the_audit_names_the_first_altered_row_and_proves_one_to_a_stranger(data: Path, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    import psycopg

    from baton.settings import Settings
    from baton.store import Store, Who, seal
    from baton.store.postgres import embedded

    key, when = Settings.read({}, data_dir=str(data)).key(), datetime.now(UTC)

    def ask(statement: str, *past_the_triggers: bool) -> list[Any]:
        with embedded(data) as server, psycopg.connect(server.dsn("owner"), autocommit=True) as connection:
            if past_the_triggers:
                connection.execute("set session_replication_role = replica")
            answer = connection.execute(statement.encode())
            return answer.fetchall() if answer.description else []

    with embedded(data) as server:
        store = Store(server.dsn("app"), clock=lambda: when, zone=UTC, key=key)
        for patient in ("ines", "ines"):
            store.note_event(Who("Device/baton", "Baton", "system", (), "cli"), "print itinerary", patients=[f"Patient/{patient}"])
        store.close()
        assert seal.seal(server.dsn("app"), key=key, at=when) > 0
    whole = baton("audit", "verify", data=data)
    assert whole.returncode == 0 and not re.search("altered|missing|added", whole.stdout), whole.stderr
    (first, second) = (row[0] for row in ask("select id from look order by id limit 2"))
    proved = baton("audit", "prove", "--look", str(first), data=data)
    (tmp_path / "proof.json").write_text(proved.stdout)
    script = Path(__file__).parents[1] / "scripts" / "verify_proof.py"
    assert subprocess.run([sys.executable, script, tmp_path / "proof.json"], capture_output=True, check=False).returncode == 0
    both = f"where id in ({first}, {second})"
    ask(f"update look set what = what || '!' {both}", True)
    found = baton("audit", "verify", data=data)
    ask(f"update look set what = rtrim(what, '!') {both}", True)
    assert found.returncode == 1 and len(found.stdout.splitlines()) == 1, "one sentence, the first row"
    assert f"look {first} was altered, and 1 more looks are not as they were sealed" in found.stdout
    assert baton("audit", "verify", data=data).returncode == 0


def test_a_rehearsal_clock_is_refused_in_production(data: Path) -> None:
    refused = baton("check", data=data, BATON_ENV="production", BATON_SECRET_KEY="k" * 40, BATON_CLOCK="2026-07-02T14:10:00-04:00")
    assert refused.returncode == 1 and "BATON_CLOCK" in refused.stderr


def test_the_demo_is_refused_in_production(data: Path) -> None:
    refused = baton("demo", data=data, **PRODUCTION)
    assert refused.returncode == 1 and "the demo town" in refused.stderr and "production" in refused.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(data: Path) -> Iterator[Callable[..., str]]:
    processes: list[subprocess.Popen[str]] = []

    def serve(**settings: str) -> str:
        port = free_port()
        command = [sys.executable, "-m", "baton.cli", "serve", "--port", str(port), "--workers", "1", "--data", str(data)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(**settings))
        processes.append(process)
        assert process.stdout
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        return f"http://127.0.0.1:{port}"

    yield serve
    for process in processes:
        process.terminate()
        process.communicate(timeout=30)


def wait_until_ready(address: str, process: subprocess.Popen[Any]) -> None:
    import time

    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the hub did not become ready: {process.poll()} {process.stdout.read() if process.poll() is not None else ''}")


def get(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def test_serving_answers_pages_and_the_api(data: Path, administrator: str, served: Callable[..., str]) -> None:
    address = served(BATON_CLOCK="2026-07-02T14:10:00-04:00")
    assert get(f"{address}/healthz")[0] == 200
    status, page = get(f"{address}/")
    assert status == 200 and b"2026" in page, "the sign-in page shows the rehearsal clock"
    assert get(f"{address}/fhir/R4/Patient/ines")[0] == 401
    token = baton("token", "--user", administrator, data=data).stdout.strip()
    status, body = get(f"{address}/fhir/R4/Patient/ines", Authorization=f"Bearer {token}")
    assert status == 200 and json.loads(body)["name"] == PATIENT["name"]


def test_a_port_in_use_is_said_so(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = baton("serve", "--port", str(taken.getsockname()[1]), data=data)
    assert answer.returncode == 1 and "--port" in answer.stderr


def test_somebodys_access_ends_at_once_and_comes_back_with_a_new_link(data: Path) -> None:
    who = ("--email", "pat@baton.example", "--role", "pharmacist")
    assert baton("user", "add", *who, data=data).returncode == 0
    ended = baton("user", "end", "--email", "Pat@baton.example", data=data)
    assert (ended.returncode, ended.stdout) == (0, "The access of Pat@baton.example has ended; open sessions ended: 0.\n"), ended.stderr
    assert baton("token", "--user", "pat@baton.example", data=data).returncode == 1
    assert baton("user", "end", "--email", "pat@baton.example", data=data).returncode == 1, "once"
    assert baton("user", "add", *who, data=data).returncode == 0
    assert baton("token", "--user", "pat@baton.example", data=data).returncode == 0


def test_the_roles_offered_are_the_roles_there_are() -> None:
    from baton import cli
    from baton.duties.team import staff

    assert sorted(cli.ROLES) == sorted(staff.ROLES)
