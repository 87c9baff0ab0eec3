"""One request to the authorisation server, whichever entrance it came through, and the answer before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

AUTHORIZE, TOKEN, INTROSPECT, REVOKE, JWKS = "/oauth/authorize", "/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/jwks"
MOUNT = "/fhir/R4"
MOST_FIELDS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What came in. `origin` is "https://host" as the caller reached us; `form` and `query` are percent-encoded."""

    method: str
    origin: str
    path: str
    query: str = ""
    form: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: `body` is JSON to be, or nothing."""

    status: int
    body: Any
    headers: Sequence[tuple[str, str]]

    @property
    def location(self) -> str | None:
        """Where it sends the browser."""
        return next((value for name, value in self.headers if name == "Location"), None)


class Request(OAuth2Request):  # type: ignore[misc]
    """The request in Authlib's terms. Raises OAuth2Error for plain http (but to this machine) and for what cannot be read."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.origin + asked.path, headers=asked.headers)
        self.origin = asked.origin
        self._args = pairs(asked.query)
        self._form = pairs(asked.form)
        self.payload = _Payload([*self._args, *self._form])

    @property
    def base(self) -> str:
        """The FHIR base, which is the issuer too."""
        return self.origin + MOUNT

    @property
    def token_url(self) -> str:
        """The address of the token endpoint: whom a signed statement must be meant for."""
        return self.origin + TOKEN

    @property
    def args(self) -> dict[str, str]:
        """The parameters of the address."""
        return dict(self._args)

    @property
    def form(self) -> dict[str, str]:
        """The parameters of the body."""
        return dict(self._form)


class _Payload(BasicOAuth2Payload):  # type: ignore[misc]
    def __init__(self, several: list[tuple[str, str]]) -> None:
        super().__init__(dict(several))
        self._datalist: dict[str, list[str]] = {}
        for name, value in several:
            self._datalist.setdefault(name, []).append(value)


def pairs(text: str) -> list[tuple[str, str]]:
    """Percent-encoded parameters, each once. Raises InvalidRequestError."""
    try:
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidRequestError("The parameters cannot be read.") from error
    if len({name for name, _ in found}) != len(found):
        raise InvalidRequestError("A parameter is there twice.")
    if not all(value.isprintable() for _, value in found):
        raise InvalidRequestError("A parameter holds characters that have no place there.")
    return found
