"""Every setting of the hub, one row each: name, type, default, one sentence. Read once, handed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


class BadSetting(ValueError):
    """A setting has a value the hub cannot work with; the message names the setting and says what it takes."""


def setting(env: str, default: str, sentence: str) -> str:
    """One row of the table: the environment variable, its default as text, and what it is for."""
    return field(default=default, metadata={"env": env, "sentence": sentence})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as text, exactly as the environment gives them; the properties below turn them into what they mean."""

    data_dir: str = setting("BATON_DATA", "./data", "Folder that holds the embedded database, secrets and files.")
    database_url: str = setting("BATON_DATABASE_URL", "", "Any PostgreSQL 16 or newer to use instead of the embedded one.")
    clock_start: str = setting("BATON_CLOCK", "", "Starts the hub's clock at this instant (ISO 8601 with offset) for rehearsals; refused in production.")
    time_zone: str = setting("BATON_TIME_ZONE", "America/New_York", "Time zone of a facility that states none.")
    environment: str = setting("BATON_ENV", "development", "development or production; production refuses what is only good for trying out.")
    secret_key: str = setting("BATON_SECRET_KEY", "", "Signs sessions and seals records; made and kept in the data folder when empty; required in production.")
    hosts: str = setting("BATON_HOSTS", "", "Host names the hub answers to, comma separated; this machine alone when empty.")
    https: str = setting("BATON_HTTPS", "", "1 when pages are served over HTTPS (by a proxy in front): secure cookies only.")
    smtp_url: str = setting("BATON_SMTP_URL", "", "smtp://user:password@host:port for notices; kept in the outbox and shown to the administrator when empty.")
    language: str = setting("BATON_LANGUAGE", "en", "Language of pages for those who chose none: en or es.")

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read every row from the environment (or the given mapping) and check it. Raises BadSetting."""
        environ = os.environ if environ is None else environ
        settings = cls(**{f.name: environ[f.metadata["env"]] for f in fields(cls) if environ.get(f.metadata["env"])})
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what cannot work. Raises BadSetting naming the setting."""
        if self.environment not in ("development", "production"):
            raise BadSetting(f"BATON_ENV is {self.environment!r}; it takes development or production.")
        if self.production and self.clock_start:
            raise BadSetting("BATON_CLOCK is for rehearsals and is refused when BATON_ENV=production.")
        if self.production and len(self.secret_key) < 32:
            raise BadSetting("BATON_SECRET_KEY must be at least 32 characters in production.")
        if self.language not in ("en", "es"):
            raise BadSetting(f"BATON_LANGUAGE is {self.language!r}; it takes en or es.")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError) as error:
            raise BadSetting(f"BATON_TIME_ZONE is {self.time_zone!r}; it takes an IANA name such as America/New_York.") from error
        if self.clock_start:
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

    def clock_offset(self, started: datetime) -> timedelta:
        """How far the hub's clock runs from the real one, when it was started at `started` (aware UTC). Raises BadSetting."""
        if not self.clock_start:
            return timedelta(0)
        try:
            wanted = datetime.fromisoformat(self.clock_start)
        except ValueError as error:
            raise BadSetting(f"BATON_CLOCK is {self.clock_start!r}; it takes an instant such as 2026-07-02T14:10:00-04:00.") from error
        if wanted.tzinfo is None:
            raise BadSetting(f"BATON_CLOCK is {self.clock_start!r}; it needs an offset such as -04:00.")
        return wanted - started
