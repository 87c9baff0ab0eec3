"""A registered program in Authlib's terms, and where its keys are."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import orjson
from authlib.oauth2.rfc6749 import ClientMixin
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from baton.fhir.scope import Scopes, meet, read
from baton.outgoing import Outgoing, OutgoingFailedError, OutgoingRefusedError
from baton.store.apps import App

ALGORITHMS = ("RS384", "ES384")
"""What a program may sign with: those SMART requires."""
KEYS_STAND = 600.0  # seconds for which fetched keys are believed
ASK_AGAIN = 10.0  # seconds between two fetches for a key that is not known
SIGNED, BASIC, POSTED, NONE = "private_key_jwt", "client_secret_basic", "client_secret_post", "none"


class Client(ClientMixin):  # type: ignore[misc]
    """Authlib's questions about a program, answered."""

    def __init__(self, app: App) -> None:
        self.app = app

    def get_client_id(self) -> str:
        """Its id."""
        return self.app.id

    def get_default_redirect_uri(self) -> str:
        """None: an app says where it wants to go back to."""
        return ""

    def allowed(self, scope: str | None) -> Scopes:
        """What of these scopes it may ask for at all."""
        found = meet(read(scope or ""), read(self.app.scope))
        return found.level("system") if self.app.kind == "backend" else found.level("patient", "user")

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The same as text; None when nothing is left."""
        return str(self.allowed(scope)) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Only what was registered, letter for letter."""
        return redirect_uri in self.app.redirects

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret."""
        return self.app.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A program proves itself in the one way it was registered for; one without a secret may only fetch and revoke what is its own."""
        if self.app.has_keys:
            return method == SIGNED
        if self.app.secret is not None:
            return method in (BASIC, POSTED)
        return method == NONE and endpoint in ("token", "revocation")

    def check_response_type(self, response_type: str) -> bool:
        """Codes only, and not for backends."""
        return response_type == "code" and self.app.kind != "backend"

    def check_grant_type(self, grant_type: str) -> bool:
        """A backend comes for itself; the others for a person."""
        return grant_type == "client_credentials" if self.app.kind == "backend" else grant_type in ("authorization_code", "refresh_token")


@dataclass(slots=True)
class _Fetched:
    at: float
    keys: Any


@dataclass(slots=True)
class ClientKeys:
    """The public keys of programs: those they were registered with, or fetched from their address and remembered for a while."""

    outgoing: Outgoing
    fetched: dict[str, _Fetched] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, app: App, kid: str) -> Any:
        """The key a program signs with under this id; an unknown one has its address asked again. None when there is none."""
        if app.jwks:
            return _named(key_set(app.jwks), kid)
        if not app.jwks_uri:
            return None
        known = self.fetched.get(app.jwks_uri)
        if known is not None and time.monotonic() - known.at < KEYS_STAND and (key := _named(known.keys, kid)) is not None:
            return key
        return _named(self._fetch(app.jwks_uri), kid)

    def _fetch(self, address: str) -> Any:
        with self.lock:
            known = self.fetched.get(address)
            if known is not None and time.monotonic() - known.at < ASK_AGAIN:
                return known.keys
            keys = None
            try:
                answer = self.outgoing.get(address, {"Accept": "application/json"})
                if answer.status == 200:
                    keys = key_set(orjson.loads(answer.body))
            except (OutgoingFailedError, OutgoingRefusedError, JoseError, ValueError, KeyError, TypeError, AttributeError):
                keys = None
            self.fetched[address] = _Fetched(time.monotonic(), keys)
            return keys


def key_set(jwks: Any) -> KeySet:
    """The RSA and EC keys of a set. Raises JoseError and others for what is none."""
    return KeySet.import_key_set({"keys": [key for key in jwks["keys"] if key.get("kty") in ("RSA", "EC")]})


def _named(keys: Any, kid: str) -> Any:
    """The one signing key under this id."""
    found = [key for key in keys.keys if key.kid == kid] if keys is not None else []
    return found[0] if len(found) == 1 else None
