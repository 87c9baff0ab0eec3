"""Where things live: which resource a conditional reference or an `ifNoneExist` means, answered from what was loaded and what is stored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from baton.fhir import bundle, query
from baton.fhir.bundle import Entry
from baton.fhir.outcome import Bad, Issue
from baton.intake.order import GROUND
from baton.store import View
from baton.store.who import Invalid

_UUID = re.compile(r"^urn:uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")
_PLAIN_IDENTIFIER = re.compile(r"^identifier=[^,&|$\\]+(?:\||%7[Cc])[^,&|$\\]+$")
_AT_ONCE = 100
_GROUND = frozenset(GROUND)


def made_id(entry: Entry) -> str:
    """The id of a resource that carries none: always the same for the same sender's entry, so that loading it again finds it.

    A urn:uuid fullUrl gives its uuid; any other fullUrl is hashed with the content when it is not an address, alone when it is one;
    without a fullUrl the content speaks.
    """
    full_url = entry.full_url or ""
    if uuid := _UUID.match(full_url):
        return uuid[1].lower()
    content = b"" if full_url.startswith(("http://", "https://")) else _content(entry.resource)
    return hashlib.blake2b(full_url.encode() + b"\0" + content, digest_size=16).hexdigest()


def _content(resource: Any) -> bytes:
    plain = {key: value for key, value in resource.items() if key != "meta"}
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS, default=str)
    except orjson.JSONEncodeError:  # a number beyond 64 bits
        return repr(plain).encode()


def plain(text: str) -> str:
    """One spelling for a conditional reference: percent-encoding undone."""
    return unquote(text) if "%" in text else text


def names(resource: dict[str, Any]) -> Iterable[str]:
    """The conditional references by identifier that mean this resource."""
    identifiers = resource.get("identifier")
    for identifier in identifiers if isinstance(identifiers, list) else ():
        if isinstance(identifier, dict) and identifier.get("value"):
            yield f"{resource['resourceType']}?identifier={identifier.get('system', '')}|{identifier['value']}"


class Known:
    """Remembers, for one load, what conditional references mean; asks the store for what it does not remember, many at a time.

    Only resources care stands on (organizations, practitioners …) are remembered as they load: there are few of them beside any number of
    patients. Shared between threads: entries are only ever added.
    """

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def learn(self, resources: Iterable[dict[str, Any]]) -> None:
        """Remember resources that have gone in."""
        for resource in resources:
            if resource["resourceType"] in _GROUND:
                for name in names(resource):
                    self._places[name] = f"{resource['resourceType']}/{resource['id']}"

    @property
    def places(self) -> Mapping[str, str]:
        """What is remembered so far: name -> "Type/id"."""
        return self._places

    def recall(self, wanted: Iterable[str]) -> tuple[dict[str, str], list[str]]:
        """What is remembered of these conditional references (as written), and those that are not."""
        spelt = {text: plain(text) for text in wanted}
        found = {text: self._places[spelling] for text, spelling in spelt.items() if spelling in self._places}
        return found, [text for text in spelt if text not in found]

    def ask(self, view: View, wanted: Iterable[str]) -> dict[str, str]:
        """What each conditional reference (as written) means in the store: "Type/id". Those that mean nothing are absent.

        Raises Invalid for one that makes no sense or means several.
        """
        asked = {text: plain(text) for text in wanted}
        found: dict[str, str] = {}
        by_type: dict[str, list[str]] = {}
        for text in asked:
            parts = bundle.conditional(text)
            if parts and _PLAIN_IDENTIFIER.match(parts[1]):
                by_type.setdefault(parts[0], []).append(text)
            elif parts and (place := self._search(view, text, *parts)):
                found[text] = place
        for type_, texts in by_type.items():
            for start in range(0, len(texts), _AT_ONCE):
                found |= self._identified(view, type_, texts[start : start + _AT_ONCE], asked)
        return found

    def _identified(self, view: View, type_: str, texts: list[str], asked: dict[str, str]) -> dict[str, str]:
        values = ",".join(text.partition("=")[2] for text in texts)
        places: dict[str, set[str]] = {}
        for resource in _matches(view, type_, f"identifier={values}", 10 * len(texts)):
            for name in names(resource):
                places.setdefault(name, set()).add(f"{type_}/{resource['id']}")
        found = {}
        for text in texts:
            matches = places.get(asked[text], set())
            if len(matches) > 1:
                raise _ambiguous(text)
            if matches:
                found[text] = matches.pop()
                if type_ in _GROUND:
                    self._places[asked[text]] = found[text]
        return found

    def _search(self, view: View, text: str, type_: str, search: str) -> str | None:
        matches = _matches(view, type_, search, 2)
        if len(matches) > 1:
            raise _ambiguous(text)
        return f"{type_}/{matches[0]['id']}" if matches else None


def _ambiguous(text: str) -> Invalid:
    return Invalid([Issue("error", "multiple-matches", f"{text} means more than one resource here.", None)])


def _matches(view: View, type_: str, search: str, limit: int) -> list[dict[str, Any]]:
    try:
        page = view.search(query.parse(type_, f"{search}&_count={limit}"))
    except Bad as bad:
        raise Invalid(bad.issues) from bad
    return [stored.resource() for stored in page.entries]
