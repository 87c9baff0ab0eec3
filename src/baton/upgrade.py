"""What was stored before is judged as if it came in today: after an upgrade that brought labels, and when the rules of labels changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from baton.fhir.query import Query
from baton.fhir.resource import Resource
from baton.store import Refused, Store, Stored, View, Who, links, panel
from baton.store import labels as security
from baton.store.codes import TYPES
from baton.store.index import index

JUDGED_BY = "access"
"""The migration from which on everything is judged when it comes in."""
AT_ONCE = 200


def judged_anew(store: Store, hub: Who) -> list[str]:
    """Write once more, through the door, whatever says who stands to a patient or must carry a label; the rest stays as it is.

    Says how much that was, and what the door refuses today (it stays as it was).
    """
    written, refused = 0, list[str]()
    for type_ in TYPES:
        with store.view(hub) as view:
            found = (stored.resource() for stored in _all(view, type_) if _concerned(view, store, stored))
            while several := list(islice(found, AT_ONCE)):
                for resources in [several] if _put(store, hub, several) else [[each] for each in several]:
                    done = resources is several or _put(store, hub, resources)
                    written += len(resources) if done else 0
                    refused += (
                        [] if done else [f"{each['resourceType']}/{each['id']} stays as it was: the door refuses it" for each in resources]
                    )
    return [f"judged {written} resources anew", *refused] if written or refused else []


def labelled_anew(store: Store, hub: Who, *, write: bool) -> tuple[int, list[str]]:
    """How many resources carry other labels than today's rules ask for, and which the door refuses; with `write` they are put right.

    Each is written once more through the door, so that its history says when and why; what a person set stays.
    """
    counted, refused = 0, list[str]()
    for type_ in TYPES:
        with store.view(hub) as view:
            found = (stored.resource() for stored in _all(view, type_) if _labelled_otherwise(view, store, stored))
            while several := list(islice(found, AT_ONCE)):
                counted += len(several)
                for each in several if write else ():
                    if not _put(store, hub, [each], because="Labelled anew: the rules of what is sensitive changed"):
                        refused.append(f"{each['resourceType']}/{each['id']}")
    return counted, refused


def _labelled_otherwise(view: View, store: Store, stored: Stored) -> bool:
    resource = stored.resource()
    coded = resource.get("meta", {}).get("security", ())
    by_person = {security.names(security.bits({"meta": {"security": [each]}})) for each in coded if not security.by_rule(each)}
    asked = {(name,) for labeller in store.labellers for name, _why in labeller(resource, index(resource, view.zone), view)} - by_person
    return asked != {security.names(security.bits({"meta": {"security": [each]}})) for each in coded if security.by_rule(each)}


def _all(view: View, type_: str) -> Iterator[Stored]:
    cursor: str | None = None
    while True:
        page = view.search(Query(type_, count=1000, cursor=cursor))
        yield from page.entries
        cursor = page.next
        if cursor is None:
            return


def _concerned(view: View, store: Store, stored: Stored) -> bool:
    if stored.type in panel.TYPES or stored.type in links.TYPES:
        return True
    resource = stored.resource()
    if resource.get("meta", {}).get("security"):
        return True
    indexed = index(resource, view.zone)
    return any(True for labeller in store.labellers for _ in labeller(resource, indexed, view))


def _put(
    store: Store, hub: Who, resources: list[Resource], because: str = "Judged anew: labels and relationships came with this version"
) -> bool:
    try:
        with store.change(hub, because=because) as change:
            change.put_all(resources)
    except Refused:
        return False
    return True
