"""The worklist: promises by who owes them and when, from their own index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from baton.fhir import resource as fhir_resource
from baton.store import cursor
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.index import NEVER
from baton.store.named import sql
from baton.store.sight import EVERYTHING
from baton.store.wall import wall
from baton.store.who import Invalid, PromiseRow, Resource, Standing

if TYPE_CHECKING:
    from baton.store.view import View

STATES = ("late", "today", "coming", "waiting", "asleep")
ASLEEP = "(p.asleep_until > %(now)s and p.due > %(now)s)"
"""Snoozed, and not overdue: what is late wakes by itself."""
_STATE = {
    "late": f"not {ASLEEP} and p.due < %(now)s",
    "today": f"not {ASLEEP} and not p.waiting and p.due >= %(now)s and p.due <= %(end_of_today)s",
    "coming": f"not {ASLEEP} and not p.waiting and p.due >= %(now)s and p.due > %(end_of_today)s",
    "waiting": f"not {ASLEEP} and p.waiting and p.due >= %(now)s",
    "asleep": ASLEEP,
}


def _filters(
    view: View,
    owners: Sequence[str] | None,
    codes: Sequence[str] | None,
    patient: str | None,
    end_of_today: datetime | None,
    *,
    counting: bool = False,
) -> tuple[list[str], dict[str, Any]]:
    params: dict[str, Any] = {"now": view.now, "end_of_today": end_of_today or view.now + timedelta(days=1)}
    parts = []
    if owners is not None:
        keys = [key64(owner) for owner in owners]
        parts.append("p.owner = %(owner)s" if len(keys) == 1 else _OWNERS)
        params["owner"] = keys[0] if len(keys) == 1 else keys
    if codes is not None:
        parts.append("p.code = any(%(codes)s)")
        params["codes"] = list(codes)
    if patient is not None:
        parts.append("p.patient = %(patient)s")
        params["patient"] = key64(patient if "/" in patient else f"Patient/{patient}")
    # a list stops early, so it probes the panel row by row; a count sees every row, so it hashes the panel once
    seen = view.seen("p", params, [TYPE_CODE["Task"]], hashed=counting)
    if seen != EVERYTHING:
        parts.append(seen)
    return parts, params


def promises(
    view: View,
    owners: Sequence[str] | None = None,
    *,
    codes: Sequence[str] | None = None,
    state: str | None = None,
    patient: str | None = None,
    start_of_today: datetime | None = None,
    end_of_today: datetime | None = None,
    within: tuple[datetime, datetime] | None = None,
    limit: int = 100,
    after: str | None = None,
) -> list[PromiseRow]:
    """Open promises, the earliest due first, of these owners (None: anyone's) and in this state (None: all but the asleep).

    `within`: those due from one instant to another, both included, the asleep too, as `due_between` counts them.

    late: due has passed. today: due until `end_of_today`. coming: later. waiting: on hold and not late. asleep: snoozed and not late.
    `after` is the `place` of the last row of the page before. As of now also in an as-known-on view. Raises Invalid.
    """
    if state is not None and state not in STATES:
        raise Invalid(f"A promise is {', '.join(STATES)}; not '{state}'.", status=400)
    parts, params = _filters(view, owners, codes, patient, end_of_today)
    if within:
        params["first"], params["last"] = within
        parts.append("p.due between %(first)s and %(last)s")
    else:
        parts.append(_STATE[state] if state else f"not {ASLEEP}")
    if after:
        params["due"], params["rid"] = cursor.read(view.store.key, "promises", after)
        parts.append("(p.due, p.rid) > (%(due)s::timestamptz, %(rid)s::bigint)")
    params |= view.look_params("worklist")
    several = isinstance(params.get("owner"), list)
    where = " and ".join(part for part in parts if not (several and part == _OWNERS)) or "true"
    source = sql("promises_of_owners", where=where, limit=int(limit)) if several else f"promise_seen p where p.open and {where}"
    statement = sql("promises", source=source, limit=int(limit), **_bodies(view, params))
    return [_row(view, *row) for row in view.ask(statement, params)]


_OWNERS = "p.owner = any(%(owner)s::bigint[])"
_BODIES = {"task": TYPE_CODE["Task"], "task_table": table("Task"), "patient": TYPE_CODE["Patient"], "patient_table": table("Patient")}


def _bodies(view: View, params: dict[str, Any]) -> dict[str, Any]:
    """What the statements that fetch the bodies of Tasks and Patients need."""
    return {**_BODIES, "seen_patient": view.seen("r", params, [TYPE_CODE["Patient"]])}


def standings(view: View, patients: Sequence[str]) -> dict[str, Standing]:
    """For those of these patients ("Patient/<id>") with anything open: how much it is, and the promise due first."""
    if not patients:
        return {}
    parts, params = _filters(view, None, None, None, None)
    params |= {"patients": [key64(each) for each in patients]} | view.look_params("what is open")
    found = [
        Standing(count, _row(view, *row))
        for *row, count in view.ask(sql("promise_standing", where=" and ".join(parts) or "true", **_BODIES), params)
    ]
    return {each.first.patient: each for each in found if each.first.patient}


def closed(
    view: View,
    owners: Sequence[str] | None,
    *,
    since: datetime,
    codes: Sequence[str] | None = None,
    patient: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> list[PromiseRow]:
    """Promises closed since an instant, the latest first; `due` of a row is when it was closed. `after` as of `promises`."""
    parts, params = _filters(view, owners, codes, patient, None)
    parts.append("not p.open and p.closed_at >= %(since)s")
    params |= {"since": since} | view.look_params("what was closed")
    if after:
        params["due"], params["rid"] = cursor.read(view.store.key, "promises", after)
        parts.append("(p.closed_at, p.rid) < (%(due)s::timestamptz, %(rid)s::bigint)")
    return [_row(view, *row) for row in view.ask(sql("promises_closed", where=" and ".join(parts), limit=int(limit), **_BODIES), params)]


def pressing(
    view: View, state: str, *, end_of_today: datetime, limit: int, owners: Sequence[str] | None = None, most: bool = False
) -> list[Resource]:
    """The patients with a promise in this state, of these owners (None: anyone's): due first is first, or (`most`) who has most of it."""
    parts, params = _filters(view, owners, None, None, end_of_today, counting=True)
    params |= view.look_params("patients with work")
    orders = {"order": "3 desc, 2, 1", "of_k": "k.n desc, k.due, k.patient"} if most else {"order": "2, 1", "of_k": "k.due, k.patient"}
    where = " and ".join([*parts, _STATE[state]])
    statement = sql("pressing_patients", where=where, limit=int(limit), **orders, **_bodies(view, params))
    return [fhir_resource.parse(body) for (body,) in view.ask(statement, params)]


def _row(
    view: View,
    id_: str,
    version: int,
    code: str,
    due: datetime,
    asleep: datetime | None,
    status: str,
    body: str,
    patient_body: str | None,
    rid: int,
) -> PromiseRow:
    task = fhir_resource.parse(body)
    return PromiseRow(
        task_id=id_,
        version=version,
        patient=fhir_resource.target(task.get("for")),
        code=code,
        owner=fhir_resource.target(task.get("owner")),
        due=due,
        asleep_until=asleep,
        status=status,
        task=task,
        patient_body=patient_body.encode() if patient_body is not None else None,
        place=cursor.write(view.store.key, "promises", [due.isoformat(), rid]),
    )


def tally(
    view: View,
    owners: Sequence[str] | None = None,
    *,
    patient: str | None = None,
    end_of_today: datetime | None = None,
    closed_since: datetime | None = None,
) -> dict[str, dict[str, int]]:
    """By kind of promise, how many are late, today, coming, waiting, asleep, and closed_since (0 when no instant is given)."""
    parts, params = _filters(view, owners, None, patient, end_of_today, counting=True)
    params["closed_since"] = closed_since or NEVER
    found: dict[str, dict[str, int]] = {}
    for code, state, number in view.ask(sql("promise_tally", asleep=ASLEEP, where=" and ".join(parts) or "true"), params, hashing=True):
        found.setdefault(code, dict.fromkeys((*STATES, "closed_since"), 0))[state] = number
    return found


def counts(view: View, owners: Sequence[str] | None = None, *, codes: Sequence[str] | None = None, **asked: Any) -> dict[str, int]:
    """How many are in each state, of these kinds (None: of all) taken together: see `tally`."""
    return summed(tally(view, owners, **asked), codes)


def summed(tallied: Mapping[str, Mapping[str, int]], codes: Sequence[str] | None = None) -> dict[str, int]:
    """A tally's kinds added up."""
    chosen = [counted for code, counted in tallied.items() if codes is None or code in codes]
    return {state: sum(counted[state] for counted in chosen) for state in (*STATES, "closed_since")}


def due_between(view: View, owners: Sequence[str], first: datetime, last: datetime) -> int:
    """How many open promises of these owners are due from one instant to another, both included."""
    parts, params = _filters(view, owners, None, None, None, counting=True)
    params |= {"first": first, "last": last}
    return int(view.ask(sql("promises_due", where=" and ".join(parts)), params)[0][0])


def open_of(view: View, patient: str, code: str) -> list[str]:
    """The ids of the open promises of one kind to a patient ("Patient/<id>"), for what follows from a write: nobody is shown them."""
    parts, params = _filters(view, None, [code], patient, None)
    return [id_ for (id_,) in view.ask(sql("promises_of", task_table=table("Task"), where=" and ".join(parts)), params, prepare=True)]


CROWD = 2000
"""From so many on, the number of patients somebody sees may be a minute old: to count them takes longer than the page around it."""


def in_care(view: View) -> int:
    """How many patients this person may see."""

    def count() -> int:
        params: dict[str, Any] = {}
        seen = view.seen("r", params, [TYPE_CODE["Patient"]], hashed=True)
        return int(view.ask(sql("patients_seen", type=TYPE_CODE["Patient"], seen=seen, wall=wall(TYPE_CODE["Patient"])), params)[0][0])

    return view.store.crowds.get(view.who, count, worth=lambda found: found >= CROWD)
