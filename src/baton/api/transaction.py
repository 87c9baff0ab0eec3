"""transaction: every entry or none, as one change. References between entries, by fullUrl or by search, are worked out first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from baton.api import conditional, respond
from baton.api.call import Call, version_of
from baton.api.entry import address, call_of
from baton.api.identify import places_of_matches
from baton.api.refusal import REFUSALS, Refusal, inside
from baton.api.respond import Response
from baton.fhir import bundle as bundles
from baton.fhir.bundle import Entry
from baton.store import Change, Refused, Stored
from baton.store.codes import new_id

Perform = Callable[..., Response]
_WRITES = frozenset({"POST", "PUT", "DELETE"})


@dataclass(slots=True)
class Plan:
    """What a transaction is going to do: by entry index, where its resource lives ("Type/id"), and what needs no writing any more."""

    entries: list[Entry]
    places: dict[int, str] = field(default_factory=dict)
    there: dict[int, Stored] = field(default_factory=dict)  # If-None-Exist found it
    twins: set[int] = field(default_factory=set)  # the same If-None-Exist as an earlier entry, whose place it shares
    links: dict[int, list[str]] = field(default_factory=dict)  # the references inside its resource


def run(call: Call, bundle: dict[str, Any], perform: Perform) -> Response:
    """Answer a transaction Bundle: 200 with one entry for each, in their order; any refusal refuses it whole and names the entry."""
    taken = bundles.entries(bundle)
    plan = Plan(taken, links={entry.index: bundles.links(entry.resource) for entry in taken})
    with _naming_any(plan), call.store.change(call.who, because=f"FHIR transaction{call.who.through}") as change:
        _lay(call, change, plan)
        change.hold(_names(plan))
        targets = bundles.resolve(taken, plan.places)
        targets |= _searched(change, plan)
        answers: dict[int, Response] = {}
        for entry in sorted(taken, key=lambda each: bundles.ORDER[each.method]):
            with _naming(entry):
                answers[entry.index] = _done(call, change, plan, entry, targets, perform)
    return Response(200, respond.bundle("transaction-response", [respond.answered(answers[entry.index]) for entry in taken]))


def _names(plan: Plan) -> list[tuple[str, str]]:
    """What a transaction writes, to be locked in one go."""
    split = (place.partition("/") for index, place in plan.places.items() if index not in plan.there)
    return sorted({(type_, id_) for type_, _, id_ in split})


@contextmanager
def _naming(entry: Entry) -> Iterator[None]:
    """Whatever is refused inside is refused in the name of the entry."""
    try:
        yield
    except (Refusal, *REFUSALS) as error:
        if getattr(error, "about", None):
            raise  # it may speak of another entry
        raise inside(error, entry.where, entry.type) from error


@contextmanager
def _naming_any(plan: Plan) -> Iterator[None]:
    """What is refused once all is put together (by a guard, at the end) is refused in the name of the entry it is about."""
    try:
        yield
    except Refused as refused:
        for entry in plan.entries:
            if refused.about is not None and plan.places.get(entry.index) == refused.about:
                raise inside(refused, entry.where, entry.type) from refused
        raise


def _lay(call: Call, change: Change, plan: Plan) -> None:
    """Work out where every entry's resource goes. Raises Refusal when two go to one place."""
    conditions: dict[tuple[str, str], str] = {}
    claimed: dict[str, Entry] = {}
    for entry in plan.entries:
        with _naming(entry):
            _place(call, change, plan, entry, conditions)
            place = plan.places.get(entry.index)
            if place is None or entry.method not in _WRITES or entry.index in plan.there or entry.index in plan.twins:
                continue
            if place in claimed:
                text = f"{place} is written by this entry and by Bundle.entry[{claimed[place].index}]; a transaction may write it once."
                raise Refusal(400, "duplicate", text, entry.where)
            claimed[place] = entry


def _place(call: Call, change: Change, plan: Plan, entry: Entry, conditions: dict[tuple[str, str], str]) -> None:
    """Work out where the resource of one entry lives or will live."""
    where, query = address(entry, call.base)
    if entry.method == "POST" and where.shape == "Type":
        if entry.if_none_exist is not None:
            _place_unless_there(change, plan, entry, where.type, conditions)
            return
        plan.places[entry.index] = f"{where.type}/{new_id()}"
    elif entry.method in ("PUT", "DELETE") and where.shape == "Type/id":
        plan.places[entry.index] = f"{where.type}/{where.id}"
    elif entry.method == "PUT" and where.shape == "Type" and query:
        match = conditional.one(change, where.type, query, f"{entry.where}.request.url")
        own = (entry.resource or {}).get("id")
        plan.places[entry.index] = f"{where.type}/{match.id if match else own or new_id()}"


def _place_unless_there(change: Change, plan: Plan, entry: Entry, type_: str, conditions: dict[tuple[str, str], str]) -> None:
    condition = (type_, (entry.if_none_exist or "").lstrip("?"))
    if condition in conditions:
        plan.places[entry.index] = conditions[condition]
        plan.twins.add(entry.index)
        return
    match = conditional.one(change, *condition, f"{entry.where}.request.ifNoneExist")
    if match is not None:
        plan.there[entry.index] = match
    place = f"{type_}/{match.id if match else new_id()}"
    plan.places[entry.index] = conditions[condition] = place


def _searched(change: Change, plan: Plan) -> dict[str, str]:
    """Conditional references ("Practitioner?identifier=sys|val") and the one place each means. Raises Refusal 412 naming the entry."""
    found: dict[str, str] = {}
    several = [(text, entry) for entry in plan.entries for text in plan.links[entry.index] if "?" in text]
    for text, entry in several:
        asked = bundles.conditional(text)
        if asked is None or text in found:
            continue
        query = conditional.asked(*asked, entry.where)
        met = {stored.reference for stored in change.search(query).entries}
        met |= places_of_matches(change, plan.entries, plan.places, query)
        if len(met) != 1:
            code, how_many = ("multiple-matches", "more than one resource") if met else ("not-found", "nothing")
            raise Refusal(412, code, f"The reference {text[:200]!r} means {how_many} here; it must mean exactly one.", entry.where)
        found[text] = met.pop()
    return found


def _done(call: Call, change: Change, plan: Plan, entry: Entry, targets: dict[str, str], perform: Perform) -> Response:
    if entry.index in plan.there:
        return respond.written(plan.there[entry.index], 200, call.prefer, in_bundle=True)
    if entry.index in plan.twins:
        return Response(200, location=plan.places[entry.index])
    if entry.method not in ("POST", "PUT") or entry.index not in plan.places:
        return perform(call_of(entry, call), change)
    return _put(call, change, plan, entry, targets)


def _put(call: Call, change: Change, plan: Plan, entry: Entry, targets: dict[str, str]) -> Response:
    type_, id_ = plan.places[entry.index].split("/")
    resource = bundles.rewrite(entry.resource or {}, targets)
    for text in plan.links[entry.index]:
        if text.startswith("urn:") and text not in targets:
            raise Refusal(400, "not-found", f"{text[:100]} is the fullUrl of no entry.", type_)
    if entry.method == "PUT" and entry.query is None and resource.get("id") != id_:
        raise Refusal(400, "invariant", f"The id in the resource must be the one in request.url, {id_}.", f"{type_}.id")
    if entry.method == "PUT" and entry.query is not None and resource.get("id", id_) != id_:
        raise Refusal(400, "invariant", f"The resource says another id than what the search finds, {id_}.", f"{type_}.id")
    stored = change.put({**resource, "id": id_}, if_match=version_of(entry.if_match))
    return respond.written(stored, 201 if stored.version == 1 else 200, call.prefer, in_bundle=True)
