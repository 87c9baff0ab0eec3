"""How tokens are come by: with a code, with a refresh token, or with a program's own signature. Each secret serves once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, OAuth2Error
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from baton.fhir.scope import Scopes, meet, read
from baton.smart.client import BASIC, NONE, POSTED, SIGNED, Client
from baton.store.apps import Permission

if TYPE_CHECKING:
    from baton.smart.server import Server

WAYS = [SIGNED, BASIC, POSTED, NONE]


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person decided: for whom, what of it (scopes never beyond those asked), and until when the session lasts."""

    person: str
    patient: str | None
    scopes: Scopes
    session: str = ""
    signed_in: datetime | None = None


class Granted:
    """A permission found by a secret, in Authlib's terms."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        self.code_challenge, self.code_challenge_method = permission.challenge, "S256"

    def check_client(self, client: Client) -> bool:
        """Whether it is this program's."""
        return client.app.id == self.permission.client

    def get_redirect_uri(self) -> str | None:
        """Where the code was sent."""
        return self.permission.redirect

    def get_scope(self) -> str:
        """What was granted."""
        return self.permission.scope

    def is_expired(self) -> bool:
        """Whether its time is over; asked where it is looked up."""
        return False

    def is_revoked(self) -> bool:
        """Whether it was ended."""
        return self.permission.ended_at is not None


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """A person's consent gives a code; the code gives tokens, once."""

    TOKEN_ENDPOINT_AUTH_METHODS = WAYS
    server: Server

    def generate_authorization_code(self) -> str:
        """A code nobody guesses."""
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep what was consented to. Raises InvalidRequestError when the launch was used meanwhile."""
        consent: Consent = request.user
        launch = request.payload.data.get("launch")
        if launch and "launch" in consent.scopes.context and not self.server.store.apps.use_launch(launch):
            raise InvalidRequestError("This launch is over.", redirect_uri=request.payload.redirect_uri)
        payload = request.payload
        self.server.keep_consent(
            consent,
            app=request.client.app.id,
            code=code,
            redirect=payload.redirect_uri,
            challenge=payload.data.get("code_challenge"),
            nonce=payload.data.get("nonce"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Granted | None:
        """What a code stands for. One that comes a second time was stolen from somebody: everything it gave ends."""
        apps = self.server.store.apps
        found = apps.of_code(code)
        if found is None or found.client != client.app.id:
            return None
        if found.used:
            apps.end(found.id, "code used twice")
            return None
        over = found.ended_at is not None or (found.found_ends_at or found.ends_at) <= self.server.store.now()
        return None if over else Granted(found)

    def authenticate_user(self, authorization_code: Granted) -> Permission | None:
        """Use the code up: of two who come at once one gets nothing."""
        return authorization_code.permission if self.server.use_code(authorization_code.permission) else None

    def delete_authorization_code(self, authorization_code: Granted) -> None:
        """It stays, marked as used: so that a second use is noticed."""


class Challenge(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256, from everybody."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        """As Authlib does; and none may be missing."""
        asked = grant.request.payload.data
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: send code_challenge and code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


class Launch:
    """What SMART asks of an authorisation request besides: whom the token is for, and a launch that belongs to this program and person."""

    def __call__(self, grant: Any) -> None:
        """Join a grant."""
        grant.register_hook("after_validate_authorization_request_payload", self.check)

    def check(self, grant: Any, _result: Any) -> None:
        """Raises OAuth2Error."""
        request = grant.request
        asked = request.payload.data
        if (asked.get("aud") or "").rstrip("/") != request.base:
            raise InvalidRequestError("The parameter aud must be the FHIR base of this server.")
        if not asked.get("state"):
            raise InvalidRequestError("The parameter state is required.")
        if "none" in (asked.get("prompt") or "").split():
            raise OAuth2Error("A person is always asked.", error="interaction_required")
        granted = read(request.scope)
        launch = asked.get("launch")
        if "launch" in granted.context and not launch:
            raise InvalidRequestError("The scope launch takes the parameter launch that this server gave.")
        person = request.user
        if launch and person and grant.server.store.apps.waiting(launch, request.client.app.id, person) is None:
            raise InvalidRequestError("This launch is over, or was meant for another app or person.")


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """A refresh token gives new tokens, another refresh token among them."""

    TOKEN_ENDPOINT_AUTH_METHODS = WAYS
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Server

    def authenticate_token_endpoint_client(self) -> Client:
        """As Authlib does. An app without a secret need not name itself, by SMART's table of what is sent: its token says whose it is."""
        form = self.request.form
        if not ({"client_id", "client_assertion"} & set(form) or self.request.headers.get("Authorization")):
            found = self.server.store.apps.of_refresh(form.get("refresh_token", ""))
            client = self.server.query_client(found.client) if found else None
            if client is not None and client.check_endpoint_auth_method(NONE, "token"):
                self.request.auth_method = NONE
                return client
        named: Client = super().authenticate_token_endpoint_client()
        return named

    def authenticate_refresh_token(self, refresh_token: str) -> Granted | None:
        """What it stands for. One that comes a second time was stolen from somebody: everything ends."""
        apps = self.server.store.apps
        found = apps.of_refresh(refresh_token)
        if found is None:
            return None
        if found.used:
            apps.end(found.id, "refresh token used twice")
            return None
        over = found.ended_at is not None or (found.found_ends_at or found.ends_at) <= self.server.store.now()
        return None if over else Granted(found)

    def _validate_token_scope(self, token: Granted) -> None:
        wanted = self.request.payload.scope
        if not wanted:
            return
        asked, granted = read(wanted), read(token.get_scope())
        within = all(meet(Scopes((each,)), granted).resources == (each,) for each in asked.resources)
        if not asked or not within or not set(asked.context) <= set(granted.context):
            raise InvalidScopeError

    def authenticate_user(self, refresh_token: Granted) -> Permission | None:
        """Use it up: of two who come at once one gets nothing, and everything ends."""
        apps, permission = self.server.store.apps, refresh_token.permission
        if not apps.use_refresh(self.request.form["refresh_token"]):
            apps.end(permission.id, "refresh token used twice")
            return None
        return permission if self.server.still_works_here(permission) else None

    def revoke_old_credential(self, refresh_token: Granted) -> None:
        """It was used up before the new one was made."""


class BackendGrant(ClientCredentialsGrant):  # type: ignore[misc]
    """A backend comes for itself, with its signature."""

    TOKEN_ENDPOINT_AUTH_METHODS = [SIGNED]  # noqa: RUF012
    server: Server

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """A token for what of the scopes it may have. Raises InvalidScopeError when that is nothing."""
        granted = self.request.client.allowed(self.request.payload.scope)
        if not granted.resources:
            raise InvalidScopeError("Ask for some of the system scopes this app was registered with.")
        token = self.server.backend_token(self.request.client.app, Scopes(granted.resources))
        return 200, token, self.TOKEN_RESPONSE_HEADER
