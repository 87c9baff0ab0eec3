"""A hub with people, patients and apps, and an app's side of OAuth 2 against it: requests made by hand, so that each can be made wrong."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc6749 import OAuth2Error
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from tests.store.folk import KEY, ZONE, Clock, care_team, ground

from baton import api
from baton.api import oauth, origins
from baton.fhir.scope import meet, read
from baton.settings import Settings
from baton.smart.grants import Consent
from baton.smart.registration import register
from baton.smart.request import AUTHORIZE, INTROSPECT, REVOKE, TOKEN, Asked
from baton.smart.server import Server
from baton.store import Store, Who
from baton.store.apps import App
from baton.store.postgres import Database

HUB = Who("Device/baton", "Baton", "system", (), "cli")
ORIGIN = "http://127.0.0.1:8000"
BASE = f"{ORIGIN}/fhir/R4"
BACK = "http://127.0.0.1:9000/back"
CHALLENGE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
STAFF_ROLE = "https://baton.example/fhir/CodeSystem/staff-role"
FREELY = "launch launch/patient openid fhirUser profile online_access offline_access patient/*.cruds user/*.cruds"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Flow:
    """The hub, and calls to it."""

    store: Store
    settings: Settings
    clock: Clock
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.server = Server(self.store, self.settings)
        self._fhir = origins.answering(api.application(self.store, self.settings), self.store)
        self._oauth = origins.answering(oauth.application(self.server, self.settings), self.store)

    def call(self, method: str, path: str, body: bytes = b"", **environ: str) -> Answer:
        """One HTTP call."""
        target, _, query = path.partition("?")
        asked: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": target,
            "QUERY_STRING": query,
            "HTTP_HOST": "127.0.0.1:8000",
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            **environ,
        }
        application: Callable[..., Iterable[bytes]] = self._oauth if target in oauth.PATHS else self._fhir
        got: list[Any] = []
        content = b"".join(application(asked, lambda status, headers: got.extend((status, headers))))
        return Answer(int(got[0].split()[0]), {name.lower(): value for name, value in got[1]}, content)

    def post(self, path: str, form: dict[str, str], app: App | None = None, secret: str | None = None, **environ: str) -> Answer:
        """A form posted, with a secret in the header when given one."""
        if secret is not None and app is not None:
            environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"{app.id}:{secret}".encode()).decode()
        return self.call("POST", path, urlencode(form).encode(), CONTENT_TYPE="application/x-www-form-urlencoded", **environ)

    def fhir(self, token: str, path: str, method: str = "GET", body: Any = None) -> Answer:
        """A call of the FHIR API with a token."""
        content = json.dumps(body).encode() if body is not None else b""
        kind = {"CONTENT_TYPE": "application/fhir+json"} if content else {}
        return self.call(method, f"/fhir/R4/{path}", content, HTTP_AUTHORIZATION=f"Bearer {token}", **kind)

    # --- apps ---------------------------------------------------------------------------------------------------------------------

    def app(self, **said: Any) -> tuple[App, str | None]:
        """Register one: a public app unless said otherwise."""
        return register(self.store, HUB, **{"name": "Heart app", "kind": "public", "scope": FREELY, "redirects": (BACK,), **said})

    def authorize(self, app: App, scope: str, **changes: Any) -> tuple[dict[str, str], str]:
        """Ask for a consent and have Ana give it: the parameters that came back to the app, and the PKCE verifier.

        `changes` change the request; `person`, `patient`, `granted` the consent.
        """
        verifier = secrets.token_urlsafe(48)
        person, patient, granted = changes.pop("person", "Practitioner/ana"), changes.pop("patient", "zofia"), changes.pop("granted", None)
        session = changes.pop("session", "")
        asked = {
            "response_type": "code",
            "client_id": app.id,
            "redirect_uri": BACK,
            "scope": scope,
            "state": "the state",
            "aud": BASE,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        try:
            grant = self.server.consent(Asked("GET", ORIGIN, AUTHORIZE, query), person)
        except OAuth2Error as error:
            reply = self.server.refusal(error)
            assert reply.location, reply.body
            return returned(reply.location), verifier
        scopes = meet(read(granted), read(grant.request.scope)) if granted is not None else read(grant.request.scope)
        whom = f"Patient/{patient}" if patient else None
        reply = self.server.decide(grant, Consent(person, whom, scopes, session, self.store.now()))
        assert reply.location
        return returned(reply.location), verifier

    def exchange(self, app: App, code: str, verifier: str | None, secret: str | None = None, **changes: Any) -> Answer:
        """A code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "client_id": app.id,
            "code_verifier": verifier,
            **changes,
        }
        return self.post(TOKEN, {name: value for name, value in form.items() if value is not None}, app, secret)

    def tokens(self, app: App, scope: str, secret: str | None = None, **changes: Any) -> dict[str, Any]:
        """The whole way."""
        back, verifier = self.authorize(app, scope, **changes)
        answer = self.exchange(app, back["code"], verifier, secret)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def refresh(self, app: App, token: str, secret: str | None = None, **more: str) -> Answer:
        """A refresh token for tokens."""
        return self.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": token, "client_id": app.id, **more}, app, secret)

    def revoke(self, app: App, token: str, secret: str | None = None) -> Answer:
        """A token given back."""
        return self.post(REVOKE, {"token": token, "client_id": app.id}, app, secret)

    def introspect(self, app: App, token: str, secret: str | None) -> Any:
        """What a token stands for."""
        answer = self.post(INTROSPECT, {"token": token}, app, secret)
        assert answer.status == 200, answer.body
        return answer.json

    # --- backends -----------------------------------------------------------------------------------------------------------------

    def backend(self, key: Any, **said: Any) -> App:
        """Register a backend that signs with this key."""
        jwks = None if "jwks_uri" in said else KeySet([key]).as_dict(private=False)
        return self.app(
            **{"kind": "backend", "redirects": (), "scope": "system/*.rs", "jwks": jwks, "role": "supervisor", "name": "Feed", **said}
        )[0]

    def as_backend(self, app: App, key: Any, scope: str = "system/Patient.rs", **changes: Any) -> Answer:
        """A token for a backend; `header` and `claims` change the statement."""
        return self.post(
            TOKEN,
            {
                "grant_type": "client_credentials",
                "scope": scope,
                "client_assertion_type": CHALLENGE,
                "client_assertion": statement(app, key, **changes),
            },
        )


def challenge(verifier: str) -> str:
    """PKCE's S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def returned(location: str) -> dict[str, str]:
    """The parameters an app is sent back with."""
    assert location.startswith(BACK), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def statement(app: App, key: Any, *, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    """What a backend signs."""
    algorithm = "RS384" if key.key_type == "RSA" else "ES384"
    head = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **(header or {})}
    now = int(time.time())
    said = {"iss": app.id, "sub": app.id, "aud": f"{ORIGIN}{TOKEN}", "exp": now + 240, "jti": secrets.token_hex(16), **(claims or {})}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode({name: value for name, value in head.items() if value is not None}, said, key, [head["alg"]])


def rsa(kid: str = "one") -> Any:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def ec(kid: str = "one") -> Any:
    return ECKey.generate_key("P-384", {"kid": kid, "use": "sig"})


def make(database: Database, folder: Path, **settings: str) -> Flow:
    """The hub: Ana of Team A, Bo of Team B; Zofia in Ana's care, with a laboratory value and a vital sign; Luis nobody's yet."""
    clock = Clock()
    store = Store(database.app_dsn, clock=clock, zone=ZONE, key=KEY)
    ground(store)
    with store.change(HUB, because="people") as change:
        for person, team, role in (("ana", "a", "coordinator"), ("bo", "b", "coordinator"), ("ada", "intake", "administrator")):
            change.put(
                {"resourceType": "Practitioner", "id": person, "active": True, "name": [{"family": person.title(), "given": ["Test"]}]}
            )
            change.put(
                {
                    "resourceType": "PractitionerRole",
                    "id": f"{person}-role",
                    "active": True,
                    "practitioner": {"reference": f"Practitioner/{person}"},
                    "organization": {"reference": f"Organization/{team}"},
                    "code": [{"coding": [{"system": STAFF_ROLE, "code": role}]}],
                }
            )
        change.put({"resourceType": "Patient", "id": "maia", "name": [{"family": "Ito"}]})
        change.put(care_team("ct-maia", "maia", "a"))
        for patient in ("zofia", "maia", "luis"):
            for category in ("laboratory", "vital-signs"):
                change.put(
                    {
                        "resourceType": "Observation",
                        "id": f"{category}-{patient}",
                        "status": "final",
                        "category": [
                            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}]}
                        ],
                        "code": {"text": "x"},
                        "subject": {"reference": f"Patient/{patient}"},
                    }
                )
    return Flow(store, Settings.read({}, data_dir=str(folder), **settings), clock)


HOUR = timedelta(hours=1)
