"""The authorisation server: Authlib's, standing on the store. Pages ask it about consents, the API's side about tokens."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt

from baton.fhir.scope import Scopes, read
from baton.settings import Settings
from baton.smart import grants
from baton.smart.assertion import Assertion
from baton.smart.client import BASIC, NONE, POSTED, SIGNED, Client, ClientKeys
from baton.smart.keys import Keys
from baton.smart.request import Asked, Reply, Request
from baton.store import Store
from baton.store.apps import App, Permission

ACCESS_LIVES = timedelta(hours=1)
BACKEND_LIVES = timedelta(minutes=5)
OFFLINE_LIVES = timedelta(days=90)
NO_STORE = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Pragma", "no-cache")]


class Server(AuthorizationServer):  # type: ignore[misc]
    """One for a process."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__()
        self.store, self.settings = store, settings
        self.keys = Keys(settings.data / "secrets" / "oauth")
        self.client_keys = ClientKeys(settings.outgoing)
        self.register_client_auth_method(SIGNED, lambda query, request: Assertion(self, request)(query, request))
        self.register_token_generator("default", self._token)
        self.register_grant(grants.CodeGrant, [grants.Challenge(required=True), grants.Launch(), _IdToken(self)])
        self.register_grant(grants.RefreshGrant, [_IdToken(self)])
        self.register_grant(grants.BackendGrant)
        self.register_endpoint(_Revocation(self))
        self.register_endpoint(_Introspection(self))

    # --- what the entrances ask ---------------------------------------------------------------------------------------------------

    def token(self, asked: Asked) -> Reply:
        """The token endpoint's answer."""
        return self._guarded(lambda: self.create_token_response(asked))

    def revocation(self, asked: Asked) -> Reply:
        """The revocation endpoint's answer."""
        return self._guarded(lambda: self.create_endpoint_response("revocation", asked))

    def introspection(self, asked: Asked) -> Reply:
        """The introspection endpoint's answer."""
        return self._guarded(lambda: self.create_endpoint_response("introspection", asked))

    def consent(self, asked: Asked, person: str) -> Any:
        """The request for a consent, proved sound; ask its `request` for client and scope. Raises OAuth2Error."""
        try:
            return self.get_consent_grant(asked, person)
        except ValueError as error:
            raise InvalidRequestError("The request holds characters that have no place there.") from error

    def refusal(self, error: OAuth2Error) -> Reply:
        """How a request that is not sound is answered: back to the app where that is safe, else here."""
        return Reply(*error(None))

    def decide(self, grant: Any, consent: grants.Consent | None) -> Reply:
        """Back to the app, with a code or (consent None) without."""
        return self._guarded(lambda: self.create_authorization_response(grant.request, consent, grant))

    def _guarded(self, answer: Any) -> Reply:
        try:
            reply: Reply = answer()
        except OAuth2Error as error:
            reply = Reply(*error(None))
        except ValueError:  # Authlib puts what came in into its words, and some of it cannot stand there
            reply = Reply(*InvalidRequestError("The request holds characters that have no place there.")(None))
        return reply

    # --- what Authlib asks --------------------------------------------------------------------------------------------------------

    def query_client(self, client_id: str) -> Client | None:
        """A registered program."""
        app = self.store.apps.get(client_id) if isinstance(client_id, str) and client_id.isascii() and client_id.isprintable() else None
        return Client(app) if app else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """They are kept as they are made."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Asked | Request) -> Request:
        """The request in Authlib's terms."""
        return request if isinstance(request, Request) else Request(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        """The answer, for an entrance to send."""
        return Reply(status, body, headers)

    # --- what the grants ask ------------------------------------------------------------------------------------------------------

    def keep_consent(self, consent: grants.Consent, *, app: str, code: str, **about: Any) -> None:
        """Keep what a person let a program do, for as long as its scopes say."""
        lives = ACCESS_LIVES
        if "offline_access" in consent.scopes.context:
            lives = OFFLINE_LIVES
        elif "online_access" in consent.scopes.context:
            lives = timedelta(hours=int(self.settings.session_longest))
        online = "online_access" in consent.scopes.context and "offline_access" not in consent.scopes.context
        self.store.apps.permit(
            app=app,
            person=consent.person,
            patient=consent.patient,
            scope=str(consent.scopes),
            lives=lives,
            code=code,
            session=consent.session if online else "",
            auth_time=consent.signed_in,
            **about,
        )
        patients = [consent.patient] if consent.patient else []
        self.store.note_event(consent.person, "app authorised", detail=f"{app}: {consent.scopes}", patients=patients, entrance="desk")

    def use_code(self, permission: Permission) -> bool:
        """Use a code up."""
        return self.store.apps.use_code(permission.id) and self.still_works_here(permission)

    def still_works_here(self, permission: Permission) -> bool:
        """Whether the person behind a permission still has a role."""
        return self.store.who(permission.person, entrance="api") is not None

    def backend_token(self, app: App, scopes: Scopes) -> dict[str, Any]:
        """A token for a backend itself."""
        permission = self.store.apps.permit(app=app.id, person=app.person or "", patient=None, scope=str(scopes), lives=BACKEND_LIVES)
        return self._answer(permission, str(scopes), BACKEND_LIVES)

    def _token(
        self, grant_type: str, client: Client, user: Permission, scope: str, include_refresh_token: bool, **_: Any
    ) -> dict[str, Any]:
        granted = read(user.scope)
        token = self._answer(user, str(read(scope)), ACCESS_LIVES)
        if include_refresh_token and {"offline_access", "online_access"} & set(granted.context):
            token["refresh_token"] = self.store.apps.issue_refresh(user)
        if user.patient:
            token |= {"patient": user.patient.removeprefix("Patient/"), "need_patient_banner": True}
        return token

    def _answer(self, permission: Permission, scope: str, lives: timedelta) -> dict[str, Any]:
        lives = min(lives, permission.ends_at - self.store.now())
        access = self.store.apps.issue(permission, scope, lives)
        return {"access_token": access, "token_type": "Bearer", "expires_in": int(lives.total_seconds()), "scope": scope}


class _IdToken(OpenIDCode):  # type: ignore[misc]
    """Who the person is, signed; for apps that ask with openid."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """A code serves once, and the nonce with it."""
        return False

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """The signed statement, by the real clock, which is the app's too; the nonce comes with the code's alone."""
        key, algorithm = self.server.keys.signing()
        permission: Permission = request.user
        now, asked = int(time.time()), read(token["scope"]).context
        claims = {
            "iss": request.base,
            "aud": request.client.app.id,
            "sub": permission.person.partition("/")[2],
            "iat": now,
            "exp": now + int(ACCESS_LIVES.total_seconds()),
            "at_hash": create_half_hash(token["access_token"], algorithm).decode(),
            "auth_time": int(permission.auth_time.timestamp()) if permission.auth_time else None,
            "nonce": permission.nonce if request.authorization_code else None,
            "fhirUser": f"{request.base}/{permission.person}" if {"fhirUser", "profile"} & set(asked) else None,
            "name": self._name(permission) if "profile" in asked else None,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": key.kid, "typ": "JWT"}, said, key, [algorithm])

    def _name(self, permission: Permission) -> str | None:
        who = self.server.store.who(permission.person, entrance="api")
        return who.name if who else None


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    """An app gives back what is its own."""

    CLIENT_AUTH_METHODS = grants.WAYS
    server: Server

    def query_token(self, token_string: str, token_type_hint: str | None) -> grants.Granted | None:
        """What it stands for, whichever kind it is."""
        return _found(self.server.store, token_string)

    def revoke_token(self, token: grants.Granted, request: Any) -> None:
        """An access token ends alone, a refresh token with everything."""
        apps, secret = self.server.store.apps, request.form["token"]
        if apps.of_refresh(secret):
            apps.end(token.permission.id, "revoked by the app")
        else:
            apps.end_token(secret)


class _Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """Whoever may ask learns what a token stands for; to everybody else it is not active."""

    CLIENT_AUTH_METHODS = [SIGNED, BASIC, POSTED]  # noqa: RUF012
    server: Server

    def query_token(self, token_string: str, token_type_hint: str | None) -> grants.Granted | None:
        """What it stands for, whichever kind it is, while it lasts."""
        found = _found(self.server.store, token_string)
        over = found is not None and (
            found.permission.used or (found.permission.found_ends_at or found.permission.ends_at) <= self.server.store.now()
        )
        return None if over else found

    def check_permission(self, token: grants.Granted, client: Client, request: Any) -> bool:
        """Its own tokens, or anybody's for a resource server that was registered to ask."""
        return token.check_client(client) or client.app.introspects

    def introspect_token(self, token: grants.Granted) -> dict[str, Any]:
        """What a token stands for."""
        permission = token.permission
        ends = permission.found_ends_at or permission.ends_at
        found = {
            "active": self.server.still_works_here(permission),
            "scope": permission.scope,
            "client_id": permission.client,
            "sub": permission.person.partition("/")[2],
            "token_type": "Bearer",
            "exp": int(ends.timestamp()),
            "iat": int(permission.made_at.timestamp()),
        }
        if permission.patient:
            found["patient"] = permission.patient.removeprefix("Patient/")
        return found if found["active"] else {"active": False}


def _found(store: Store, secret: str) -> grants.Granted | None:
    permission = store.apps.of_token(secret) or store.apps.of_refresh(secret)
    return grants.Granted(permission) if permission else None


METHODS = (BASIC, POSTED, SIGNED, NONE)
