"""`make demo` is an ordinary account's command too: its own checkout, its own home, no root anywhere. As root the test becomes `nobody`."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SITE = sysconfig.get_path("purelib")
PATIENCE = 240.0  # seconds on a busy machine
WRAPPER = "#!{python}\nfrom baton.cli import main\nraise SystemExit(main())\n"


def account() -> dict[str, Any]:
    """Who runs it: ourselves when we are an ordinary account, else `nobody`; as subprocess takes it."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def enterable_python() -> str | None:
    """A Python of this version that the account can enter, and from which it can read what is installed."""
    same = f"import sys, site; assert sys.version_info[:2] == {sys.version_info[:2]}"
    probe = f"{same}; site.addsitedir({SITE!r}); import psycopg, granian, django"
    for python in (getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            ended = subprocess.run(
                [python, "-c", probe], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False, **account()
            )
        except OSError:
            continue
        if ended.returncode == 0:
            return str(python)
    return None


@pytest.fixture
def checkout(folder: Path) -> Path:
    """A copy of the checkout that belongs to the account, its environment standing on what is installed here (nothing is fetched)."""
    python = enterable_python()
    if python is None:
        pytest.skip("no Python of this version that an ordinary account can enter together with the installed packages")
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    copy, home = folder / "baton", folder / "home"
    home.mkdir()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in listed:
        if name.startswith(("src/", "requirements", "pyproject", "Makefile", "scripts/")) and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    subprocess.run([python, "-m", "venv", "--without-pip", copy / ".venv"], cwd="/", check=True, env={"PATH": "/usr/bin:/bin"})
    (site,) = (copy / ".venv" / "lib").glob("python*/site-packages")
    (site / "here.pth").write_text(f"{copy / 'src'}\n{SITE}\n")
    (copy / ".venv" / "bin" / "baton").write_text(WRAPPER.format(python=copy / ".venv" / "bin" / "python"))
    (copy / ".venv" / "bin" / "baton").chmod(0o755)
    (copy / ".venv" / ".ready").touch()
    if who := account():
        for path in (folder / "home", copy, *copy.rglob("*")):
            os.chown(path, who["user"], who["group"], follow_symlinks=False)
    return copy


@contextmanager
def demo(checkout: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`make demo` of the account, up and answering; ended as Ctrl-C would."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"HOME": str(checkout.parent / "home"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    with (checkout.parent / "said").open("wb") as said:
        process = subprocess.Popen(
            ["make", "demo", f"ARGS=--port {port} --patients 5 --workers 1"],
            cwd=checkout, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, **account(),
        )  # fmt: skip
    try:
        address, give_up = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
        while not answers(f"{address}/readyz"):
            assert process.poll() is None and time.monotonic() < give_up, (checkout.parent / "said").read_text()[-2000:]
        yield address, process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        time.sleep(0.1)
        return False


def test_make_demo_serves_an_ordinary_account_again_and_again(checkout: Path) -> None:
    uid = account().get("user", os.geteuid())
    for time_ in ("first", "second"):
        with demo(checkout) as (address, _):
            assert answers(f"{address}/sign-in"), time_
            owners = {
                path.stat().st_uid for path in (checkout / "data", checkout / "data" / "postgres", checkout / "data" / "secrets" / "key")
            }
            assert owners == {uid}
        said = (checkout.parent / "said").read_text()
        assert f"Baton is at {address}" in said and "coordinator" in said
    assert "Making the demo town" not in said, "the second start finds the town"
    assert not (checkout / "data" / "postgres" / "postmaster.pid").exists(), "PostgreSQL was stopped with it"
