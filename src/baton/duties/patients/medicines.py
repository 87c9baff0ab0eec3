"""What a patient takes, and what the last stay did to it. Pure.

A medicine is the same one when its first word is ("furosemide 80 mg" changes "furosemide 40 mg"): names of orders carry strength and form,
and the same drug is ordered under many codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

from baton.duties.today.rows import Medicine
from baton.fhir.resource import text_of

Resource = dict[str, Any]
TAKEN = frozenset({"active", "on-hold", "intended"})
ENDED = frozenset({"stopped", "cancelled", "not-taken"})


def medicines(
    requests: Iterable[Resource], statements: Iterable[Resource] = (), *, stay: tuple[date, date] | None = None
) -> tuple[Medicine, ...]:
    """What is taken now, by name, and after it what was stopped.

    `stay` is the first and last day of the latest stay: an order of those days or later is new, or a change when the medicine was
    ordered before; an order ended by an order of those days, or during them, is stopped. Without a stay nothing is marked.
    """
    by_name: dict[str, list[Resource]] = {}
    for resource in [*requests, *statements]:
        if resource.get("status") != "entered-in-error" and (named := name(resource)):
            by_name.setdefault(_key(named), []).append(resource)
    known = [medicine for orders in by_name.values() if (medicine := _medicine(orders, stay))]
    return tuple(sorted(known, key=lambda medicine: (medicine.change == "stopped", medicine.text.casefold())))


def name(resource: Resource) -> str:
    """The medicine as its order words it."""
    concept = resource.get("medicationCodeableConcept")
    return text_of(concept) if concept else str(resource.get("medicationReference", {}).get("display", ""))


def _key(named: str) -> str:
    words = re.findall(r"[^\W\d_]{3,}", named.casefold())
    return words[0] if words else named.casefold()


def _day(resource: Resource) -> str:
    period = resource.get("effectivePeriod", {})
    return str(
        resource.get("authoredOn") or resource.get("effectiveDateTime") or period.get("start") or resource.get("dateAsserted") or ""
    )[:10]


def _ended_on(resource: Resource) -> str:
    validity = resource.get("dispenseRequest", {}).get("validityPeriod", {})
    return str(resource.get("effectivePeriod", {}).get("end") or validity.get("end") or "")[:10]


def _medicine(orders: Sequence[Resource], stay: tuple[date, date] | None) -> Medicine | None:
    orders = sorted(orders, key=_day)
    taken = [order for order in orders if order.get("status") in TAKEN]
    since = stay[0].isoformat() if stay else "9999"
    if taken:
        latest = taken[-1]
        before = [order for order in orders if _day(order) < since]
        if _day(latest) < since:
            return _as_said(latest, None)
        if not before:
            return _as_said(latest, "new")
        return _as_said(latest, "changed" if _words(before[-1]) != _words(latest) else None)
    stopped = [order for order in orders if order.get("status") in ENDED and max(_ended_on(order), _day(order)) >= since]
    return _as_said(stopped[-1], "stopped") if stopped else None


def _as_said(order: Resource, change: Literal["new", "changed", "stopped"] | None) -> Medicine:
    return Medicine(_words(order), change, f"{order.get('resourceType', '')}/{order.get('id', '')}")


def _words(order: Resource) -> str:
    """Name and how it is taken, as written."""
    instructions = order.get("dosageInstruction") or order.get("dosage") or ()
    dosage = next((str(entry["text"]) for entry in instructions if entry.get("text")), "")
    return f"{name(order)} · {dosage}" if dosage else name(order)
