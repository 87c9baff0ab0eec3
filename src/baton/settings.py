"""Every setting of the hub, one row each: name, type, default, one sentence. Read once, handed down."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from baton.outgoing import Allowed, Outgoing


class BadSettingError(ValueError):
    """A setting has a value the hub cannot work with; the message names the setting and says what it takes."""


def setting(env: str, default: str, sentence: str) -> str:
    """One row of the table: the environment variable, its default as text, and what it is for."""
    row: str = field(default=default, metadata={"env": env, "sentence": sentence})
    return row


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as text, exactly as the environment gives them; the properties below turn them into what they mean."""

    data_dir: str = setting("BATON_DATA", "./data", "Folder that holds the embedded database, secrets and files.")
    database_url: str = setting("BATON_DATABASE_URL", "", "Any PostgreSQL 16 or newer to use instead of the embedded one.")
    clock_start: str = setting(
        "BATON_CLOCK", "", "Instant with offset at which the hub's clock starts, for rehearsals; refused in production."
    )
    clock_started: str = setting("BATON_CLOCK_STARTED", "", "Real instant at which that clock was started; serve hands it down.")
    time_zone: str = setting("BATON_TIME_ZONE", "America/New_York", "Time zone of a facility that states none.")
    environment: str = setting("BATON_ENV", "development", "development or production; production refuses what is only for trying out.")
    secret_key: str = setting(
        "BATON_SECRET_KEY", "", "Signs sessions and seals records; made and kept in the data folder when empty; required in production."
    )
    hosts: str = setting("BATON_HOSTS", "", "Host names the hub answers to, comma separated; this machine alone when empty.")
    https: str = setting("BATON_HTTPS", "", "1 when a proxy in front serves the pages over HTTPS: cookies are then secure only.")
    smtp_url: str = setting("BATON_SMTP_URL", "", "smtp://user:password@host:port for notices; they wait in the outbox when empty.")
    outgoing_allowed: str = setting(
        "BATON_OUTGOING", "", "Hosts, addresses and networks inside your own walls that the hub may make requests to, comma separated."
    )
    language: str = setting("BATON_LANGUAGE", "en", "Language of pages for those who chose none: en or es.")

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, **given: str) -> Settings:
        """Read every row from the environment (or the mapping), rows given by name winning, and check. Raises BadSettingError."""
        environ = os.environ if environ is None else environ
        found = {row.name: environ[row.metadata["env"]] for row in fields(cls) if environ.get(row.metadata["env"])}
        settings = cls(**{**found, **given})
        settings.check()
        return settings

    def environ(self) -> dict[str, str]:
        """The same settings as environment variables, for a process of ours to read again."""
        return {row.metadata["env"]: getattr(self, row.name) for row in fields(self) if getattr(self, row.name)}

    def check(self) -> None:
        """Refuse what cannot work. Raises BadSettingError naming the setting."""
        if self.environment not in ("development", "production"):
            raise BadSettingError(f"BATON_ENV is {self.environment!r}; it takes development or production.")
        if self.production and self.clock_start:
            raise BadSettingError("BATON_CLOCK is for rehearsals and is refused when BATON_ENV=production.")
        if self.production and len(self.secret_key) < 32:
            raise BadSettingError("BATON_SECRET_KEY must be at least 32 characters when BATON_ENV=production.")
        if self.language not in ("en", "es"):
            raise BadSettingError(f"BATON_LANGUAGE is {self.language!r}; it takes en or es.")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise BadSettingError(f"BATON_TIME_ZONE is {self.time_zone!r}; it takes an IANA name such as America/New_York.") from error
        try:
            Allowed.of(self.outgoing_allowed)
        except ValueError as error:
            raise BadSettingError(f"BATON_OUTGOING takes hosts, addresses and networks, comma separated: {error}.") from error
        self.clock_offset(datetime.now(UTC))

    @property
    def production(self) -> bool:
        """Whether real patients depend on this hub."""
        return self.environment == "production"

    @property
    def data(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data_dir).expanduser().resolve()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of a facility that states none."""
        return ZoneInfo(self.time_zone)

    @property
    def outgoing(self) -> Outgoing:
        """The way out for every HTTP request the hub makes."""
        return Outgoing(Allowed.of(self.outgoing_allowed))

    def clock_offset(self, started: datetime) -> timedelta:
        """How far the hub's clock runs from the real one when started at `started` (aware). Raises BadSettingError."""
        if not self.clock_start:
            return timedelta(0)
        began = _instant("BATON_CLOCK_STARTED", self.clock_started) if self.clock_started else started
        return _instant("BATON_CLOCK", self.clock_start) - began

    def key(self) -> bytes:
        """The secret that signs sessions and seals records: the setting, or one made once and kept in the data folder (mode 0600)."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.data / "secrets" / "key"
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, fresh = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_hex(32).encode())
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)  # the first of two processes wins, and neither reads half a key
            Path(fresh).unlink()
        return path.read_bytes()


def _instant(name: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSettingError(f"{name} is {text!r}; it takes an instant such as 2026-07-02T14:10:00-04:00.") from error
    if instant.tzinfo is None:
        raise BadSettingError(f"{name} is {text!r}; it needs an offset such as -04:00.")
    return instant
