"""One call of one interaction: who asks for what, over HTTP or as an entry of a Bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from baton.api.negotiate import Preferences, preferences
from baton.api.refusal import Refusal
from baton.store import Store, Who

NO_BODY: Callable[[], Any] = dict


@dataclass(slots=True)
class Call:
    """What an interaction gets to know. `headers` are named as in WSGI (HTTP_IF_MATCH); an entry of a Bundle has a few of them."""

    store: Store
    who: Who
    base: str  # "https://host/fhir/R4", no slash at the end
    method: str
    shape: str  # the row of the router that matched, e.g. "Type/id"
    type: str = ""
    id: str = ""
    version: str = ""
    operation: str = ""
    query: str = ""  # percent-encoded, as sent
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Callable[[], Any] = NO_BODY  # reads and parses the resource sent; raises Refusal or Bad
    form: Callable[[], str] = str  # reads the form of a POST _search
    in_bundle: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """A request header by its WSGI name, None when absent or empty."""
        return self.headers.get(name) or None

    @property
    def prefer(self) -> Preferences:
        """What the Prefer header asks for."""
        return preferences(self.headers.get("HTTP_PREFER", ""))

    def if_match(self) -> int | None:
        """The version of an If-Match header; None without one. Raises Refusal when it is no version of ours."""
        return version_of(self.header("HTTP_IF_MATCH"))

    def name(self) -> str:
        """ "Type/id", as in a reference."""
        return f"{self.type}/{self.id}"

    def not_found(self) -> Refusal:
        """The refusal for something that is not there (or that the caller may not know is there)."""
        return Refusal(404, "not-found", f"There is no {self.name()}.", self.type)


def version_of(tag: str | None) -> int | None:
    """The version that an ETag names (W/"3"); None for none. Raises Refusal 412 when it is no ETag of ours."""
    if tag is None:
        return None
    bare = tag.strip().removeprefix("W/")
    digits = bare[1:-1] if len(bare) > 2 and bare[0] == bare[-1] == '"' else bare
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Refusal(412, "conflict", f'If-Match takes the ETag of one version, such as W/"3"; {tag[:40]!r} is none.', "http.If-Match")
    return int(digits)
