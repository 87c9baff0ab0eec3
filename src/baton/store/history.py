"""Versions in time: histories, and one patient's compartment now or as it was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.fhir import resource as fhir_resource
from baton.fhir.definitions import compartment as compartment_types
from baton.store import cursor, refusals
from baton.store.codes import TYPE_CODE, TYPES, key64
from baton.store.conditions import Where, allow
from baton.store.named import sql
from baton.store.who import NotFound, Page, Resource, Stored

if TYPE_CHECKING:
    from baton.store.view import View

MOST = 1000
"""How many entries a page has at most."""


def _permitted(view: View, patient_id: str) -> int:
    key = key64(f"Patient/{patient_id}")
    if not view.may_see(key):
        refusals.not_theirs(view, "Patient", patient_id, f"chart Patient/{patient_id}")
        raise NotFound(f"There is no Patient/{patient_id}.")
    return key


Chart = dict[str, list[Resource]]


def compartment(view: View, patient_id: str, types: Sequence[str], per_type: int, what: str) -> Chart:
    """One query for a whole chart; in an as-known-on view what was known then. Every type asked for has a list; `what`: what the look says.

    Raises NotFound.
    """
    key = _permitted(view, patient_id)
    params = {
        **view.look_params(what),
        "patient": key,
        "types": [TYPE_CODE[type_] for type_ in types],
        "limit": per_type,
        "then": view.at,
    }
    codes = [TYPE_CODE[type_] for type_ in types]
    if view.at is None:
        statement = sql("compartment", seen=view.seen("r", params, codes))
    else:
        statement = sql("compartment_at", seen=view.seen("r", params, codes), seen_then=view.seen("k", params, codes))
    rows = view.ask(statement, params, prepare=True)
    found: dict[str, list[Resource]] = {type_: [] for type_ in types}
    for code, _id, _version, _at, body in rows:
        several = found[TYPES[code - 1]]
        if len(several) < per_type:
            several.append(fhir_resource.parse(body))
    return found


def everything(view: View, patient_id: str, count: int, place: str | None) -> Page:
    """The patient, then all of the compartment by type and newest first. Raises NotFound."""
    key, count = _permitted(view, patient_id), min(count, MOST)
    if view.limits is not None:
        view.stored("Patient", patient_id)
    codes = [TYPE_CODE[type_] for type_ in compartment_types("Patient") if type_ != "Patient"]
    kind = f"everything {patient_id}"
    after = cursor.read(view.store.key, kind, place) if place else None
    params = {**view.look_params(f"everything of Patient/{patient_id}"), "patient": key, "types": codes, "limit": count + 1}
    params |= {"type": after[0] if after else None, "rid": after[1] if after else None}
    limits = view.limits
    reached = "true" if limits is None else limits.any_of(compartment_types("Patient"), "s")
    statement = sql("everything", limits=reached, seen=view.seen("r", params, codes))
    rows = view.ask(statement, params, prepare=limits is None)
    entries = [Stored(TYPES[code - 1], id_, version, at, body.encode()) for code, id_, version, at, body, _ in rows[:count]]
    following = cursor.write(view.store.key, kind, [rows[count - 1][0], rows[count - 1][5]]) if len(rows) > count else None
    if after is None:
        entries.insert(0, view.stored("Patient", patient_id))
    return Page(entries, total=None, next=following)


def withheld(view: View, patient: int) -> bool:
    """Whether something about a patient (key) is withheld from who looks and they may know it; False when they see nothing."""
    if view.sight.everything or view.limits is not None:
        return False
    if not view.store.labelled.get(patient, lambda: bool(view.ask(sql("labelled"), [patient], prepare=True)[0][0])):
        return False
    params: dict[str, Any] = {"patient": patient}
    code = TYPE_CODE["Patient"]
    seen = view.seen("r", params, [code])
    return bool(view.ask(sql("withheld", type=code, seen=seen, withheld=view.masked("r", params)), params, prepare=True)[0][0])


def history(view: View, type_: str | None, id_: str | None, since: datetime | None, count: int, place: str | None) -> Page:
    """One page of versions, newest first. Raises NotFound for a resource that never was or is not theirs to see."""
    where, count = Where(), min(count, MOST)
    if type_ is not None:
        if type_ not in TYPE_CODE:
            raise NotFound(f"There is no resource type {type_}.", code="not-supported")
        where.parts.append(f"v.type = {TYPE_CODE[type_]} and r.type = {TYPE_CODE[type_]}")
    if id_ is not None:
        where.parts.append(f"r.id = {where.param(id_, 'text')}")
    if since is not None:
        where.parts.append(f"v.at >= {where.param(since.isoformat(), 'timestamptz')}")
    if view.at is not None:
        where.parts.append(f"v.at <= {where.param(view.at.isoformat(), 'timestamptz')}")
    allow(view, where, type_)
    allow(view, where, type_, "v")  # what was said before may have been of somebody else, or labelled
    if view.limits is not None and type_ is None:
        where.limit(view.limits.any_of(TYPES, "s", versions=True))
        where.limit(view.limits.any_of(TYPES, "s", versions=True, row="v"))
    elif type_ is not None:
        view.narrow(where, type_, "s" if id_ is None else "r", versions=True)
    kind = f"history {type_}/{id_}"
    if place:
        at, rid, version = cursor.read(view.store.key, kind, place)
        before = f"{where.param(at, 'timestamptz')}, {where.param(rid, 'bigint')}, {where.param(version, 'integer')}"
        where.parts.append(f"(v.at, v.rid, v.version) < ({before})")
    rows = view.rows(_statement(view, where, count, f"history of {type_ or 'all'}{'/' + id_ if id_ else ''}"), where.params)
    if not rows and id_ is not None and type_ is not None and place is None and since is None:
        refusals.not_theirs(view, type_, id_, f"history of {type_}/{id_}")
        raise NotFound(f"There is no {type_}/{id_}.")
    texts = [[(each or b"").decode() for each in (*row[:4], row[5])] for row in rows]
    entries = [
        Stored(TYPES[int(text[0]) - 1], text[1], int(text[2]), datetime.fromisoformat(text[3]), row[4])
        for text, row in zip(texts[:count], rows, strict=False)
    ]
    following = None
    if len(rows) > count:
        last = texts[count - 1]
        following = cursor.write(view.store.key, kind, [last[3], int(last[4]), int(last[2])])
    return Page(entries, next=following)


def _statement(view: View, where: Where, count: int, what: str) -> str:
    who = view.who
    conditions = where.sql()
    said = [who.person, who.entrance, who.purpose, what + who.through, who.own_role, who.on_behalf_of]
    texts = [where.param(text, "text") if text else "null" for text in said]
    columns = ", ".join([where.param(view.now.isoformat(), "timestamptz"), "p.keys", *texts])
    return sql("history", where=conditions, limit=count + 1, shown=count, look=columns)
