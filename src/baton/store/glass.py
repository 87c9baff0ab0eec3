"""Broken glass in the indexes: who may look at whose chart beyond their relationships, from when until when, as the grants say.

A grant is a Basic resource, written by duties/privacy/glass.py; its rows are made with it, in the same
transaction, and can be made anew from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.fhir import resource as fhir_resource
from baton.store.codes import key64
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.write import Row

if TYPE_CHECKING:
    from baton.store.view import View

P = "https://baton.example/fhir"
KIND, CODE = f"{P}/CodeSystem/basic-kind", "broken-glass"
GRANT = f"{P}/StructureDefinition/broken-glass"
OPENED = ("open", "mended")
"""The states in which the glass is or was broken; a grant that waits for a second person, or was refused one, opens nothing."""


@dataclass(frozen=True, slots=True)
class Pane:
    """One span of time in which a person may look at a patient's chart."""

    person: str
    patient: int
    since: datetime
    until: datetime
    reason: str


def is_grant(resource: dict[str, Any] | None) -> bool:
    """Whether a resource is a grant."""
    return bool(resource and resource.get("resourceType") == "Basic" and fhir_resource.has_code(resource.get("code"), KIND, CODE))


def parts(resource: dict[str, Any]) -> dict[str, Any]:
    """What a grant says, by the name of each part."""
    found: dict[str, Any] = {}
    for extension in resource.get("extension", ()):
        if extension.get("url") == GRANT:
            for part in extension.get("extension", ()):
                found[part["url"]] = next((value for key, value in part.items() if key.startswith("value")), None)
    return found


def pane(resource: dict[str, Any] | None) -> Pane | None:
    """What a grant opens; None when it opens nothing."""
    if resource is None or not is_grant(resource):
        return None
    said, patient, person = parts(resource), fhir_resource.target(resource.get("subject")), fhir_resource.target(resource.get("author"))
    period = said.get("period") or {}
    if said.get("state") not in OPENED or not patient or not person or "start" not in period or "end" not in period:
        return None
    since, until = (datetime.fromisoformat(period[name]) for name in ("start", "end"))
    reason = ": ".join(str(text) for text in (said.get("reason"), said.get("words")) if text)
    return Pane(person, key64(patient), since, until, reason) if since < until else None


def keep(line: Line, rows: Sequence[Row]) -> None:
    """Bring the index to what these rows, just written, say. Raises psycopg.Error."""
    mine = [row for row in rows if row.type == "Basic" and (is_grant(row.after) or (row.before is not None))]
    if not mine:
        return
    line.execute(sql("unglass").encode(), [[row.rid for row in mine]], prepare=True)
    given = [(row.rid, found) for row in mine if (found := pane(row.after))]
    if given:
        columns = zip(*[(rid, each.patient, each.since, each.until, each.person, each.reason) for rid, each in given], strict=True)
        line.execute(sql("glass").encode(), [list(column) for column in columns], prepare=True)


def open_until(view: View, patient: str) -> tuple[datetime, str] | None:
    """Until when the glass of a patient's chart ("Patient/<id>") is broken for whoever looks, and why; None when it is whole."""
    rows = view.ask(sql("open_glass"), [view.who.person, key64(patient), view.now, view.now], prepare=True)
    return (rows[0][0], rows[0][1]) if rows else None
