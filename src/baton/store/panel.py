"""Whose patient is whose, and who works here: index rows the door makes from CareTeam, Organization and PractitionerRole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from baton.fhir import resource as fhir_resource
from baton.store import glass, index, links
from baton.store import labels as security
from baton.store.codes import TYPE_CODE, key64
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.sight import glass_key
from baton.store.write import Row

TYPES = frozenset({"CareTeam", "Patient", "Organization", "PractitionerRole", "Basic"})
"""The types whose writing always moves these indexes: never written by the single statement."""
INTAKE = "Organization/intake"


def moves(row: Row, zone: tzinfo, now: datetime) -> bool:
    """Whether writing this new row moves these indexes."""
    return row.type in TYPES or (row.type in links.TYPES and bool(links.links(row.after, row.indexed.patient, zone, now)))


def keep(line: Line, rows: Sequence[Row], *, zone: tzinfo, now: datetime) -> None:
    """Bring the indexes to what these rows, just written, say. Raises psycopg.Error."""
    mine = [row for row in rows if row.type in TYPES or row.type in links.TYPES]
    if not mine:
        return
    _staff(line, [row for row in mine if row.type == "PractitionerRole"], zone)
    touched = _teams(line, [row for row in mine if row.type == "Organization"])
    care_teams = [row for row in mine if row.type == "CareTeam"]
    given = [(*link, row.rid) for row in mine for link in _given(row, zone, now)]
    old = [row.rid for row in mine if (row.type in links.TYPES or row.type == "Basic") and row.before is not None]
    labelled = [row for row in mine if row.type == "Patient" and (row.indexed.labels | row.was_labels) & security.wide()]
    patients = {
        row.indexed.patient for row in mine if row.type == "Patient" and (row.before is None or row.after is None or not row.existed)
    }
    touched |= {key for key in patients if key is not None}
    touched |= {key for row in care_teams for key in (row.indexed.patient, row.was_patient) if key is not None}
    locked = touched | {patient for _, patient, _, _, _ in given} | {row.indexed.patient for row in labelled if row.indexed.patient}
    if locked:
        line.execute(sql("lock_patients").encode(), [sorted(locked)], prepare=True)
    if labelled:
        _labels(line, labelled)
    if old:
        line.execute(sql("unpanel").encode(), [old], prepare=True)
    if given:
        line.execute(sql("panel").encode(), [list(column) for column in zip(*given, strict=True)], prepare=True)
    if touched:
        line.execute(sql("adopt").encode(), [list(touched)], prepare=True)
        line.execute(sql("orphan", type=TYPE_CODE["Patient"]).encode(), [key64(INTAKE), list(touched)], prepare=True)


def _given(row: Row, zone: tzinfo, now: datetime) -> list[links.Link]:
    """What a row says about who stands to its patient; a broken glass stands by a key of its own."""
    if (pane := glass.pane(row.after)) is not None:
        return [(glass_key(pane.person), pane.patient, pane.since, pane.until)] if pane.until > now else []
    return links.links(row.after, row.indexed.patient, zone, now)


def _labels(line: Line, rows: Sequence[Row]) -> None:
    """What a Patient's labels say reaches everything about them; what is deleted keeps its labels."""
    for row in rows:
        labels = row.indexed.labels & security.wide()
        line.execute(sql("label_patient").encode(), {"patient": row.indexed.patient, "labels": labels}, prepare=True)


def _teams(line: Line, rows: Sequence[Row]) -> set[int]:
    """The patients of organizations that became teams or stopped being one."""
    if not rows:
        return set()
    changed: set[int] = set()
    old = [row.rid for row in rows if row.before is not None]
    if old:
        changed = {key for (key,) in line.execute(sql("unteam").encode(), [old], prepare=True)}
    teams = [(key64(f"Organization/{row.id}"), row.rid) for row in rows if row.after is not None and index.is_team(row.after)]
    if teams:
        made = line.execute(sql("team").encode(), [list(column) for column in zip(*teams, strict=True)], prepare=True)
        changed ^= {key for (key,) in made}
    if not changed:
        return set()
    return {key for (key,) in line.execute(sql("patients_of").encode(), [list(changed)], prepare=True)}


def _staff(line: Line, rows: Sequence[Row], zone: tzinfo) -> None:
    if any(row.before is not None for row in rows):
        line.execute(sql("unstaff").encode(), [[row.rid for row in rows]], prepare=True)
    given = [(row.rid, *staff) for row in rows if row.after is not None for staff in index.staff_rows(row.after, zone)]
    if given:
        line.execute(sql("staff").encode(), [list(column) for column in zip(*given, strict=True)], prepare=True)


def is_privileged(resource: dict[str, object] | None) -> bool:
    """Whether writing this decides who works here and what they may see: for those who may see everyone only."""
    if resource is None:
        return False
    if resource["resourceType"] == "PractitionerRole":
        return any(fhir_resource.code_of(code, index.STAFF_ROLE) for code in resource.get("code", ()))  # type: ignore[attr-defined]
    return resource["resourceType"] == "Organization" and index.is_team(resource)
