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

MANY = 12
"""Different characters in a secret of production, at least."""
EXAMPLES = ("change", "secret", "password", "baton", "example", "default", "insecure", "test", "0123456789", "abcdefgh", "qwerty")
"""What no secret of production has in it."""


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
    backup_secret: str = setting(
        "BATON_BACKUP_SECRET", "", "What backups are encrypted with, when no key file is given on the command line."
    )
    hosts: str = setting("BATON_HOSTS", "", "Host names the hub answers to, comma separated; this machine alone when empty.")
    https: str = setting("BATON_HTTPS", "", "1 when a proxy in front serves the pages over HTTPS: cookies are then secure only.")
    public_url: str = setting(
        "BATON_PUBLIC_URL", "http://127.0.0.1:8000", "Address at which patients reach the hub; links in notices begin with it."
    )
    text_url: str = setting(
        "BATON_TEXT_URL", "", "Apprise address that carries text messages, {to} where the number goes; they wait in the outbox when empty."
    )
    text_secret: str = setting(
        "BATON_TEXT_SECRET", "", "What the text provider proves itself with when it posts answers to /texts; none are taken when empty."
    )
    smtp_url: str = setting("BATON_SMTP_URL", "", "smtp://user:password@host:port for notices; they wait in the outbox when empty.")
    carry_folder: str = setting(
        "BATON_CARRY", "", "Folder a fax or Direct gateway watches and empties; what goes that way waits in the outbox when empty."
    )
    arrivals_folder: str = setting(
        "BATON_ARRIVALS", "", "Folder a fax server, scanner or mail server puts what came into; it is emptied onto the inbound desk."
    )
    outgoing_allowed: str = setting(
        "BATON_OUTGOING", "", "Hosts, addresses and networks inside your own walls that the hub may make requests to, comma separated."
    )
    seal_file: str = setting(
        "BATON_SEAL_FILE", "", "File, best on another machine, to which each seal is published: a removed one then shows."
    )
    seal_mail: str = setting("BATON_SEAL_MAIL", "", "E-mail address the newest seal is sent to each hour, for the same purpose.")
    glass_minutes: str = setting("BATON_GLASS_MINUTES", "60", "Minutes a chart stays open to somebody who broke the glass, 5 to 1440.")
    day_cost: str = setting(
        "BATON_DAY_COST", "", "What a day in hospital costs you, in whole dollars; Operations says what days lost cost."
    )
    glass_second: str = setting("BATON_GLASS_SECOND", "", "1 when breaking the glass of a VIP's chart needs a second person's approval.")
    app_rate: str = setting(
        "BATON_APP_RATE", "100", "API calls a second one app may make for one person; ten seconds' worth at once; 0: any."
    )
    page_rate: str = setting("BATON_PAGE_RATE", "30", "Pages a second one person may ask for; ten seconds' worth at once; 0: any.")
    address_rate: str = setting(
        "BATON_ADDRESS_RATE", "300", "API calls a second from one address, those with a token of `baton token` aside; 0: any."
    )
    subscription_hosts: str = setting(
        "BATON_SUBSCRIPTION_HOSTS", "", "Hosts a Subscription may notify over HTTPS, comma separated; none when empty."
    )
    language: str = setting("BATON_LANGUAGE", "en", "Language of pages for those who chose none: en or es.")
    second_factor: str = setting(
        "BATON_SECOND_FACTOR", "", "required or optional for staff; when empty, required in production and optional elsewhere."
    )
    session_idle: str = setting("BATON_SESSION_IDLE", "30", "Minutes after which a session nobody uses ends.")
    session_longest: str = setting("BATON_SESSION_LONGEST", "12", "Hours after which a session ends, used or not.")
    step_up: str = setting("BATON_STEP_UP", "10", "Minutes a proof of who you are is good for sensitive acts.")
    oidc_issuer: str = setting("BATON_OIDC_ISSUER", "", "Address of the OpenID provider for single sign-on; none when empty.")
    oidc_client: str = setting("BATON_OIDC_CLIENT", "", "This hub's client id at the OpenID provider.")
    oidc_secret: str = setting("BATON_OIDC_SECRET", "", "This hub's client secret at the OpenID provider.")
    oidc_name: str = setting("BATON_OIDC_NAME", "", "What the button of single sign-on calls the provider.")

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, **given: str) -> Settings:
        """Read every row from the environment (or the mapping), rows given by name winning, and check. Raises BadSettingError."""
        environ = os.environ if environ is None else environ
        found = {row.name: text for row in fields(cls) if (text := _given(environ, row.metadata["env"]))}
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
        if self.production:
            self._check_production()
        if self.backup_secret and len(self.backup_secret) < 16:
            raise BadSettingError("BATON_BACKUP_SECRET must be at least 16 characters.")
        if self.text_secret and len(self.text_secret) < 24:
            raise BadSettingError("BATON_TEXT_SECRET must be at least 24 characters.")
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
        if not (self.glass_minutes.isascii() and self.glass_minutes.isdigit() and 5 <= int(self.glass_minutes) <= 1440):
            raise BadSettingError(f"BATON_GLASS_MINUTES is {self.glass_minutes!r}; it takes 5 to 1440.")
        self._check_numbers()
        self._check_sign_in()

    def _check_numbers(self) -> None:
        if self.day_cost and not (self.day_cost.isascii() and self.day_cost.isdigit()):
            raise BadSettingError(f"BATON_DAY_COST is {self.day_cost!r}; it takes whole dollars.")
        for name, text in (
            ("BATON_APP_RATE", self.app_rate),
            ("BATON_PAGE_RATE", self.page_rate),
            ("BATON_ADDRESS_RATE", self.address_rate),
        ):
            if not (text.isascii() and text.isdigit() and len(text) < 7):
                raise BadSettingError(f"{name} is {text!r}; it takes a whole number of calls a second, or 0.")

    def _check_sign_in(self) -> None:
        if self.second_factor not in ("", "required", "optional"):
            raise BadSettingError(f"BATON_SECOND_FACTOR is {self.second_factor!r}; it takes required or optional.")
        for name, text, most in (
            ("BATON_SESSION_IDLE", self.session_idle, 24 * 60),
            ("BATON_SESSION_LONGEST", self.session_longest, 7 * 24),
            ("BATON_STEP_UP", self.step_up, 60),
        ):
            if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
                raise BadSettingError(f"{name} is {text!r}; it takes a whole number from 1 to {most}.")
        if any((self.oidc_issuer, self.oidc_client, self.oidc_secret)) and not (self.oidc_issuer and self.oidc_client and self.oidc_secret):
            raise BadSettingError("BATON_OIDC_ISSUER, BATON_OIDC_CLIENT and BATON_OIDC_SECRET are given together or not at all.")
        if self.oidc_issuer and not self.oidc_issuer.startswith(("https://",) if self.production else ("https://", "http://")):
            raise BadSettingError(f"BATON_OIDC_ISSUER is {self.oidc_issuer!r}; it takes an https:// address.")

    @property
    def second_factor_required(self) -> bool:
        """Whether staff must have a passkey or an authenticator app."""
        return self.second_factor == "required" or (self.production and not self.second_factor)

    def _check_production(self) -> None:
        """Refuse what must not be where real patients depend on it. Raises BadSettingError naming the setting."""
        if len(self.secret_key) < 32:
            raise BadSettingError("BATON_SECRET_KEY must be at least 32 characters when BATON_ENV=production.")
        if _guessable(self.secret_key):
            raise BadSettingError(
                "BATON_SECRET_KEY can be guessed, which BATON_ENV=production refuses: make one with `openssl rand -hex 32`."
            )
        if self.backup_secret and (_guessable(self.backup_secret) or self.backup_secret == self.secret_key):
            raise BadSettingError("BATON_BACKUP_SECRET can be guessed, or is BATON_SECRET_KEY again: make one with `openssl rand -hex 32`.")
        if self.text_secret and (_guessable(self.text_secret) or self.text_secret == self.secret_key):
            raise BadSettingError("BATON_TEXT_SECRET can be guessed, or is BATON_SECRET_KEY again: make one with `openssl rand -hex 32`.")
        if self.https in ("", "0"):
            raise BadSettingError("BATON_HTTPS must be 1 when BATON_ENV=production: pages and API are served behind a proxy with HTTPS.")
        if not self.hosts.strip() or "*" in self.hosts:
            raise BadSettingError("BATON_HOSTS must name the host names the hub answers to when BATON_ENV=production.")

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

    def pace_file(self, name: str) -> Path:
        """The file in which all processes of this machine count how fast somebody calls."""
        return Path(self.data_dir) / "pace" / name

    @property
    def calls_per_app(self) -> float:
        """How many calls a second one app may make for one person; 0 for any number."""
        return float(self.app_rate)

    @property
    def calls_per_address(self) -> float:
        """How many calls a second may come from one address; 0 for any number."""
        return float(self.address_rate)

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
            self.keep_key(secrets.token_hex(32).encode())
        return path.read_bytes()

    def keep_key(self, key: bytes) -> None:
        """Keep a key in the data folder, unless there is one."""
        path = self.data / "secrets" / "key"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(key)
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # the first of two processes wins, and neither reads half a key
        Path(fresh).unlink()


def _given(environ: Mapping[str, str], name: str) -> str:
    """A setting as the environment gives it: as it stands, or in a file (NAME_FILE), as secrets are handed to containers."""
    path = environ.get(f"{name}_FILE", "")
    if not path:
        return environ.get(name, "")
    if environ.get(name):
        raise BadSettingError(f"{name} and {name}_FILE are both set; one is enough.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettingError(f"{name}_FILE names a file that cannot be read ({type(error).__name__}).") from error


def _guessable(secret: str) -> bool:
    """Whether a secret is one that somebody made up in a hurry: few different characters, or words of examples."""
    plain = secret.lower()
    return len(set(secret)) < MANY or any(word in plain for word in EXAMPLES)


def _instant(name: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadSettingError(f"{name} is {text!r}; it takes an instant such as 2026-07-02T14:10:00-04:00.") from error
    if instant.tzinfo is None:
        raise BadSettingError(f"{name} is {text!r}; it needs an offset such as -04:00.")
    return instant
