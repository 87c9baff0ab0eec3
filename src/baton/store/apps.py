"""Programs from outside: who is registered, what somebody let them do, and the tokens that stand for it. Hashes only of secrets."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from psycopg.types.json import Jsonb

from baton.fhir import scope
from baton.store.limits import Limits
from baton.store.named import sql

if TYPE_CHECKING:
    from baton.store.door import Store

KINDS = ("public", "confidential", "backend")
CODE_LIVES = timedelta(minutes=2)
LAUNCH_LIVES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class App:
    """A registered program. `secret` is a hash; `person` is whom a backend acts as."""

    id: str
    name: str
    kind: str  # one of KINDS
    secret: bytes | None = None
    redirects: tuple[str, ...] = ()
    launch_url: str | None = None
    scope: str = ""
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    person: str | None = None
    introspects: bool = False
    added_at: datetime | None = None
    added_by: str = ""

    @property
    def has_keys(self) -> bool:
        """Whether it proves who it is by signing."""
        return bool(self.jwks or self.jwks_uri)

    def has_secret(self, secret: str) -> bool:
        """Whether this is its secret; takes as long when it is not."""
        return self.secret is not None and secrets.compare_digest(self.secret, digest(secret))


@dataclass(frozen=True, slots=True)
class Permission:
    """What a person (or a backend, for itself) let a program do. `used`: the code or refresh token it was found by was used before."""

    id: int
    client: str
    person: str
    patient: str | None  # "Patient/<id>"
    scope: str
    made_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    redirect: str | None = None
    challenge: str | None = None
    nonce: str | None = None
    auth_time: datetime | None = None
    used: bool = False
    found_ends_at: datetime | None = None  # of the code or token it was found by


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a token is, and what limits the program that holds it (None: a token of the person's own)."""

    person: str
    limits: Limits | None


def digest(secret: str) -> bytes:
    """What is kept of a secret: they are long and random, so one round will do."""
    return sha256(secret.encode()).digest()


class Apps:
    """The programs of one store."""

    def __init__(self, store: Store) -> None:
        """Made by the store."""
        self._store = store

    # --- registration -------------------------------------------------------------------------------------------------------------

    def add(self, app: App) -> None:
        """Register a program; whether its parts make sense was asked before."""
        columns = ("id", "name", "kind", "secret", "launch_url", "scope", "jwks_uri", "person", "introspects", "added_by")
        values: dict[str, Any] = {name: getattr(app, name) for name in columns}
        self._write("add_client", values | {"redirects": list(app.redirects), "jwks": Jsonb(app.jwks) if app.jwks else None})

    def all(self) -> list[App]:
        """The registered programs by name."""
        return self._apps(None)

    def get(self, id_: str) -> App | None:
        """One of them."""
        found = self._apps(id_)
        return found[0] if found else None

    def remove(self, id_: str) -> None:
        """Remove one; its tokens end with it."""
        self._write("remove_client", {"id": id_})

    def new_secret(self, id_: str) -> str:
        """Another secret for a confidential program, shown once."""
        secret = secrets.token_urlsafe(32)
        self._write("client_secret", [digest(secret), id_])
        return secret

    def origins(self) -> frozenset[str]:
        """The origins of the pages that programs run in: those a browser may call from."""
        parts = [urlsplit(address) for app in self.all() for address in (*app.redirects, app.launch_url or "")]
        return frozenset(f"{each.scheme}://{each.netloc}" for each in parts if each.scheme in ("http", "https"))

    # --- launches and permissions -------------------------------------------------------------------------------------------------

    def launch(self, app: str, person: str, patient: str) -> str:
        """A launch token for one program, one person and one patient."""
        token = secrets.token_urlsafe(24)
        now = self._store.now()
        self._write("new_launch", [digest(token), app, person, patient, now, now + LAUNCH_LIVES])
        return token

    def waiting(self, token: str, app: str, person: str) -> str | None:
        """The patient of a launch that waits for this program and this person."""
        rows = self._ask("launch", [digest(token), self._store.now()])
        return str(rows[0][2]) if rows and (rows[0][0], rows[0][1]) == (app, person) else None

    def use_launch(self, token: str) -> bool:
        """Use a launch up; False when it was used meanwhile."""
        return bool(self._write("use_launch", {"hash": digest(token)}))

    def permit(
        self,
        *,
        app: str,
        person: str,
        patient: str | None,
        scope: str,
        lives: timedelta,
        code: str = "",
        session: str = "",
        redirect: str | None = None,
        challenge: str | None = None,
        nonce: str | None = None,
        auth_time: datetime | None = None,
    ) -> Permission:
        """What somebody lets a program do. With a `code`, that is what its tokens are fetched by; with a `session`, it ends with that."""
        now = self._store.now()
        rows = self._write(
            "permit",
            {
                "client": app,
                "person": person,
                "patient": patient,
                "scope": scope,
                "session": digest(session) if session else None,
                "ends_at": now + lives,
                "code": digest(code) if code else None,
                "code_ends_at": now + CODE_LIVES if code else None,
                "redirect": redirect,
                "challenge": challenge,
                "nonce": nonce,
                "auth_time": auth_time,
            },
        )
        return Permission(int(rows[0][0]), app, person, patient, scope, now, now + lives, None)

    def of_code(self, code: str) -> Permission | None:
        """The permission behind a code."""
        return self._permission("permission_of_code", code)

    def of_refresh(self, token: str) -> Permission | None:
        """The permission behind a refresh token."""
        return self._permission("permission_of_refresh", token)

    def of_token(self, token: str) -> Permission | None:
        """The permission behind an access token of a program; `scope` is the token's own."""
        return self._permission("permission_of_token", token)

    def use_code(self, permission: int) -> bool:
        """Use a code up; False when it was used before or is over."""
        return bool(self._write("use_code", {"id": permission}))

    def use_refresh(self, token: str) -> bool:
        """Use a refresh token up; False when it was used before or is over."""
        return bool(self._write("use_refresh", {"hash": digest(token)}))

    def issue(self, permission: Permission, scope: str, lives: timedelta) -> str:
        """An access token."""
        token, now = secrets.token_urlsafe(32), self._store.now()
        self._write("new_token", [digest(token), permission.person, now, min(now + lives, permission.ends_at), permission.id, scope])
        return token

    def issue_refresh(self, permission: Permission) -> str:
        """A refresh token."""
        token = secrets.token_urlsafe(32)
        self._write("new_refresh", [digest(token), permission.id, self._store.now(), permission.ends_at])
        return token

    def end(self, permission: int, why: str) -> None:
        """End a permission and every token of it."""
        self._write("end_permission", [self._store.now(), why, permission])

    def end_token(self, token: str) -> None:
        """End one access token."""
        self._write("end_token", [digest(token)])

    def end_session(self, session: str) -> None:
        """End what was let for as long as somebody is signed in."""
        self._write("end_session_permissions", [self._store.now(), digest(session)])

    def permissions(self, person: str) -> list[tuple[Any, ...]]:
        """What a person lets programs do now: (number, program, its name, patient, scope, since, until) each."""
        return self._ask("permissions_of", {"person": person, "now": self._store.now()})

    def take_assertion(self, app: str, jti: str, ends_at: datetime, now: datetime) -> bool:
        """Remember a signed statement of a program (by the real clock); False when it was taken before."""
        return bool(self._write("take_assertion", {"client": app, "jti": digest(jti), "ends_at": ends_at, "now": now}))

    def holder(self, token: str) -> Holder | None:
        """Whose a bearer token is, while it lasts."""
        rows = self._ask("token", [digest(token), self._store.now()])
        if not rows:
            return None
        person, client, granted, patient = rows[0]
        limits = None if client is None else Limits(client, scope.read(granted or "").resources, patient)
        return Holder(str(person), limits)

    # --- underneath ---------------------------------------------------------------------------------------------------------------

    def _apps(self, id_: str | None) -> list[App]:
        rows = self._ask("clients", {"id": id_})
        return [App(*row[:4], tuple(row[4]), *row[5:]) for row in rows]  # type: ignore[call-arg]

    def _permission(self, query: str, secret: str) -> Permission | None:
        rows = self._ask(query, [digest(secret)])
        return Permission(*rows[0]) if rows else None

    def _ask(self, query: str, values: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._store.lines.read(lambda line: line.execute(sql(query).encode(), values, prepare=True).fetchall())

    def _write(self, query: str, values: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
        if isinstance(values, dict):
            values = {"now": self._store.now(), "added_at": self._store.now(), **values}
        with self._store.lines.transaction() as line:
            found = line.execute(sql(query).encode(), values)
            rows = found.fetchall() if found.description else []
            line.execute("commit")
        return rows
