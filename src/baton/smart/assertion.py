"""private_key_jwt: a program proves who it is with a short-lived statement it signed, which is taken once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError

from baton.smart.client import ALGORITHMS, SIGNED, Client
from baton.smart.request import Request

if TYPE_CHECKING:
    from baton.smart.server import Server

LIVES = 300  # seconds a statement may live at most, by SMART Backend Services
LEEWAY = 10  # seconds two clocks may differ


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """One statement of one request."""

    CLIENT_AUTH_METHOD = SIGNED

    def __init__(self, server: Server, request: Request) -> None:
        super().__init__(leeway=LEEWAY)
        self.server, self.request = server, request
        self.header: dict[str, Any] = {}

    def __call__(self, query_client: Any, request: Any) -> Client | None:
        """The program that signed it; None when nothing was signed. Raises InvalidClientError."""
        try:
            found: Client | None = super().__call__(query_client, request)
            return found
        except ValueError as error:  # Authlib puts what came in into its words, and some of it cannot stand there
            raise InvalidClientError(description="The signed statement does not hold.") from error

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims, not yet proved."""
        self.header, claims = super().extract_assertion(assertion)
        return self.header, claims

    def resolve_client_public_key(self, client: Client) -> Any:
        """The key it says it signed with."""
        kid = self.header.get("kid")
        if self.header.get("alg") not in ALGORITHMS:
            raise InvalidClientError(description=f"Sign with one of {', '.join(ALGORITHMS)}.")
        if not isinstance(kid, str):
            raise InvalidClientError(description="The signed statement does not say with which key (kid).")
        key = self.server.client_keys.find(client.app, kid)
        if key is None:
            raise InvalidClientError(description="The key it was signed with (kid) is not known.")
        return key

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        """The claims, proved. Raises InvalidClientError."""
        try:
            claims = jwt.decode(assertion, resolve_key, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError) as error:
            raise InvalidClientError(description="The signature does not hold.") from error
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: Any) -> None:
        """As Authlib does; and it must be over soon."""
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or isinstance(expires, bool) or expires > time.time() + LIVES + LEEWAY:
            raise InvalidClientError(description=f"A signed statement ends (exp) within {LIVES} seconds.")
        super().verify_claims(claims)

    def get_audiences(self) -> list[str]:
        """Whom it must be meant for."""
        return [self.request.token_url]

    def validate_jti(self, claims: Any, jti: Any) -> bool:
        """Whether it comes for the first time."""
        if not isinstance(jti, str) or not 1 <= len(jti) <= 400:
            return False
        ends = datetime.fromtimestamp(claims["exp"] + LEEWAY, UTC)
        return self.server.store.apps.take_assertion(claims["sub"], jti, ends, datetime.now(UTC))
