"""The processes of the embedded PostgreSQL: which is its server, is it alive, what did a killed one leave behind, how to end it."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from baton.store.cluster import DatabaseUnusable


def alive(pid: int) -> bool:
    """Whether the process lives (one that died and waits to be reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


def works_in(pid: int, folder: Path) -> bool:
    """Whether the process is one of PostgreSQL's for that cluster: they all work in its folder. Unknown (no /proc) counts as yes."""
    if not Path("/proc/self").exists():
        return alive(pid)
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder) and Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("postgres")
    except OSError:
        return False


def running(folder: Path) -> int | None:
    """The server that runs on the cluster; not fooled by a pid file left behind whose number another process has now."""
    try:
        pid = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if works_in(pid, folder) and alive(pid) else None


def socket_folder(folder: Path) -> Path:
    """Where the running server's socket is, by its own word (fifth line of its pid file, written a moment after the first)."""
    for _ in range(200):
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        if len(lines) > 5 and lines[4]:
            return Path(lines[4])
        time.sleep(0.01)
    raise DatabaseUnusable(f"{folder / 'postmaster.pid'} is incomplete: end that server, then start again.")


def clear_remains(folder: Path, run: Path) -> None:
    """After a killed server: wait for its orphans to go (a busy one is ended after 5 s; the log makes good), drop its stale locks."""
    patience = time.monotonic() + 5
    while orphans := [pid for pid in _processes() if works_in(pid, folder)]:
        for pid in orphans:
            if time.monotonic() > patience:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    for left in (folder / "postmaster.pid", run / ".s.PGSQL.5432.lock", run / ".s.PGSQL.5432"):
        left.unlink(missing_ok=True)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if Path("/proc/self").exists() else []  # noqa: PTH208


def shut_down(folder: Path) -> None:
    """Fast shutdown: sessions are ended, everything is written. If it hangs, an immediate one, which the next start recovers from."""
    for how, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        give_up = time.monotonic() + patience
        pid = running(folder)
        if pid is None:
            return
        os.kill(pid, how)
        while alive(pid) and time.monotonic() < give_up:
            time.sleep(0.01)


def last_words(log: Path, since: int) -> str:
    """What the log says since that many bytes, at most its last 1,500: for the message of a start that failed."""
    with log.open("rb") as file:
        file.seek(max(since if since <= (size := log.stat().st_size) else 0, size - 1500))
        return file.read().decode(errors="replace").strip()
