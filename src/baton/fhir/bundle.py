"""Bundles as a sender writes them: their entries, and the references between entries that a receiver must rewrite.

Pure: no store, no network. The rules are those of R4 `http.html#transaction` and `bundle.html#references`. The API's batch and transaction
handling and the bulk loader both stand on it: they decide which id each entry gets, this module works out what text must then change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baton.fhir.outcome import Bad, Issue

Resource = dict[str, Any]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
# R4 http.html#trules: a transaction is worked off in this order whatever the order of its entries
ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
# names of elements of type uri, url, oid or uuid that may hold a link to another entry (a canonical is never rewritten)
_LINKS = frozenset({"reference", "url", "uri", "source", "valueUri", "valueUrl", "valueUuid", "valueOid", "contentUri", "contentUrl"})
_HREF = re.compile(r"""\b(?:href|src)\s*=\s*["']([^"'#][^"']*)["']""")
_RESTFUL = re.compile(
    r"^(?P<base>https?://[^?#]+/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?$"
)
_CONDITIONAL = re.compile(r"^(?P<type>[A-Z][A-Za-z]+)\?(?P<query>.+)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a Bundle, its request taken apart. Without one (a collection) it counts as a PUT, as a POST when it has no id."""

    index: int  # position in Bundle.entry, from 0
    full_url: str | None
    resource: Resource | None
    method: str
    url: str  # request.url as sent, without a leading slash
    type: str  # the type of request.url, "" when it names none
    id: str | None  # the id of request.url (for an entry without request: the resource's own)
    query: str | None  # what follows "?" in request.url
    if_match: str | None = None
    if_none_match: str | None = None
    if_none_exist: str | None = None
    if_modified_since: str | None = None

    @property
    def where(self) -> str:
        """The expression that names this entry in an OperationOutcome."""
        return f"Bundle.entry[{self.index}]"


def entries(bundle: Resource) -> list[Entry]:
    """Take the entries of a batch, transaction, collection or searchset apart. Raises Bad, naming the entry, when one makes no sense."""
    issues: list[Issue] = []
    taken: list[Entry] = []
    needs_request = bundle.get("type") in ("batch", "transaction")
    listed = bundle.get("entry", [])
    if not isinstance(listed, list):
        raise Bad([Issue("error", "structure", "Bundle.entry must be a list.", "Bundle.entry")])
    for index, entry in enumerate(listed):
        found = _entry(index, entry, needs_request)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            taken.append(found)
    if issues:
        raise Bad(issues)
    return taken


def _entry(index: int, entry: Any, needs_request: bool) -> Entry | Issue:
    where = f"Bundle.entry[{index}]"
    if not isinstance(entry, dict):
        return Issue("error", "structure", "An entry must be an object.", where)
    resource, request = entry.get("resource"), entry.get("request")
    if resource is not None and not (isinstance(resource, dict) and isinstance(resource.get("resourceType"), str)):
        return Issue("error", "structure", "The resource of an entry must be an object with a resourceType.", f"{where}.resource")
    if request is None and not needs_request:
        if resource is None:
            return Issue("error", "required", "An entry without a request needs a resource.", f"{where}.resource")
        type_, own = resource["resourceType"], _text(resource.get("id"))
        url = f"{type_}/{own}" if own else type_
        return Entry(index, _text(entry.get("fullUrl")), resource, "PUT" if own else "POST", url, type_, own, None)
    if not isinstance(request, dict):
        return Issue("error", "required", "Every entry of a batch or transaction needs a request.", f"{where}.request")
    return _requested(index, entry, resource, request)


def _requested(index: int, entry: Resource, resource: Resource | None, request: Resource) -> Entry | Issue:
    where = f"Bundle.entry[{index}]"
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or method not in METHODS:
        return Issue("error", "value", f"{method!r:.60} is not a method an entry can have.", f"{where}.request.method")
    if not isinstance(url, str) or not url:
        return Issue("error", "required", "The request of an entry needs a url.", f"{where}.request.url")
    if resource is None and method in ("POST", "PUT", "PATCH") and "$" not in url:
        return Issue("error", "required", f"A {method} entry needs a resource.", f"{where}.resource")
    path, _, query = url.lstrip("/").partition("?")
    parts = path.split("/")
    type_ = parts[0] if parts[0][:1].isupper() else ""
    id_ = parts[1] if type_ and len(parts) > 1 and parts[1][:1] not in ("$", "_") else None
    sent = resource["resourceType"] if resource is not None and method in ("POST", "PUT") else type_
    if type_ and "$" not in path and sent not in (type_, "Parameters", "Binary"):
        return Issue("error", "invariant", f"The url says {type_}, the resource is a {sent}.", f"{where}.request.url")
    conditions = (_text(request.get(name)) for name in ("ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince"))
    return Entry(index, _text(entry.get("fullUrl")), resource, method, url.lstrip("/"), type_, id_, query or None, *conditions)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def resolve(taken: Iterable[Entry], assigned: Mapping[int, str]) -> dict[str, str]:
    """What to rewrite: from the text of a reference to "Type/id", for every entry whose place is known.

    `assigned` says by entry index where the resource of the entry lives or will live ("Patient/123"). A fullUrl that is a RESTful address
    also stands for its relative form, because the entries beside it may use that. Raises Bad when two entries claim one fullUrl (bdl-7).
    """
    targets: dict[str, str] = {}
    issues = []
    for entry in taken:
        place = assigned.get(entry.index)
        if place is None or entry.full_url is None:
            continue
        if targets.get(entry.full_url, place) != place:
            issues.append(Issue("error", "duplicate", f"{entry.full_url} is the fullUrl of two entries.", f"{entry.where}.fullUrl"))
        targets[entry.full_url] = place
        restful = _RESTFUL.match(entry.full_url)
        if restful and restful["base"]:
            targets.setdefault(f"{restful['type']}/{restful['id']}", place)
    if issues:
        raise Bad(issues)
    return {text: place for text, place in targets.items() if text != place}


def conditional(reference: str) -> tuple[str, str] | None:
    """("Practitioner", "identifier=sys|val") of a conditional reference; None for any other."""
    found = _CONDITIONAL.match(reference)
    return (found["type"], found["query"]) if found else None


def links(node: Any) -> list[str]:
    """The text of every `reference` inside a resource, contained ones too, in order of appearance."""
    found: list[str] = []
    if type(node) is dict:
        _gather(node, found)
    return found


def _gather(node: Resource, found: list[str]) -> None:
    for key, value in node.items():
        kind = type(value)
        if kind is str:
            if key == "reference":
                found.append(value)
        elif kind is dict:
            _gather(value, found)
        elif kind is list and value and type(value[0]) is not str:
            for each in value:
                if type(each) is dict:
                    _gather(each, found)


def conditionals(taken: Iterable[Entry]) -> dict[str, list[int]]:
    """Every conditional reference in these entries and the indexes of the entries that use it: what must be searched before `rewrite`."""
    wanted: dict[str, list[int]] = {}
    for entry in taken:
        for text in links(entry.resource):
            if "?" in text and conditional(text):
                wanted.setdefault(text, []).append(entry.index)
    return wanted


def dangling(resource: Resource, within: Sequence[str] | frozenset[str] | set[str] = ()) -> list[str]:
    """References that cannot stand as they are: urn:uuid and urn:oid ones that no entry answers, conditional ones still unresolved."""
    return [text for text in links(resource) if (text.startswith("urn:") or conditional(text)) and text not in within]


def rewrite(resource: Resource, targets: Mapping[str, str]) -> Resource:
    """The resource with every link that `targets` knows replaced. Unchanged parts are shared with the original, which is left alone.

    `targets` is asked with `.get` for each link, so a lazy mapping that looks conditional references up works too.
    """
    rewritten: Resource = _rewrite_object(resource, targets)
    return rewritten


def _rewrite_object(node: Resource, targets: Mapping[str, str]) -> Resource:
    copy: Resource | None = None
    for key, value in node.items():
        kind = type(value)
        new: Any
        if kind is str:
            if key in _LINKS:
                new = targets.get(value)
            elif key == "div":
                new = _rewrite_narrative(value, targets)
            else:
                continue
            if new is None:
                continue
        elif kind is dict:
            new = _rewrite_object(value, targets)
        elif kind is list:
            new = _rewrite_list(value, targets)
        else:
            continue
        if new is not value:
            if copy is None:
                copy = dict(node)
            copy[key] = new
    return node if copy is None else copy


def _rewrite_list(nodes: list[Any], targets: Mapping[str, str]) -> list[Any]:
    copy: list[Any] | None = None
    for index, node in enumerate(nodes):
        if type(node) is dict:
            new = _rewrite_object(node, targets)
            if new is not node:
                if copy is None:
                    copy = list(nodes)
                copy[index] = new
    return nodes if copy is None else copy


def _rewrite_narrative(div: str, targets: Mapping[str, str]) -> str:
    if "href" not in div and "src" not in div:
        return div
    for link in set(_HREF.findall(div)):
        place = targets.get(link)
        if place is not None:
            div = div.replace(f'"{link}"', f'"{place}"').replace(f"'{link}'", f"'{place}'")
    return div
