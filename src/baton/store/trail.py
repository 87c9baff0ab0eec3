"""What was recorded, read back: looks, events and changes by patient, person, time and how they ended, the newest first.

The sealer's index (table `trail`) says in which seals and rows a patient or a person comes; what is not sealed yet ends the tables.
Only those the policy lets see AuditEvents; that they looked is recorded too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from baton.store import access, cursor
from baton.store.codes import TYPE_CODE, TYPES, key64
from baton.store.named import sql
from baton.store.who import OUTCOMES, Forbidden

if TYPE_CHECKING:
    from baton.store.view import View

Kind = Literal["look", "change"]
MOST = 1000
EMERGENCY = "ETREAT"
_ENDED = {code: outcome for outcome, code in OUTCOMES.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; None: whatever it is. `since` and `until` are instants, the second not included."""

    patient: str | None = None  # "Patient/<id>"
    person: str | None = None  # "Practitioner/<id>"; also what the hub did on their behalf
    since: datetime | None = None
    until: datetime | None = None
    purpose: str | None = None  # ETREAT: under broken glass
    outcome: str | None = None  # one of OUTCOMES
    entrance: str | None = None
    entity: str | None = None  # "Type/<id>" that was read or written
    what: str | None = None  # the first word of what was done: read, search, sign-in …
    kinds: frozenset[Kind] = frozenset(("look", "change"))

    @property
    def key(self) -> int | None:
        """The key by which the index is asked: the patient's, else the person's."""
        name = self.patient or self.person
        return key64(name) if name else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One look, event or change. `patients` are those it shows; `glass` is the reason the glass was broken for."""

    kind: Kind
    id: int
    at: datetime
    who: str
    role: str | None
    on_behalf_of: str | None
    entrance: str
    purpose: str
    what: str
    outcome: str
    detail: str | None
    keys: tuple[int, ...]
    seal: int | None
    patients: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()  # of a change: "Type/id/_history/2"
    glass: str | None = None

    @property
    def name(self) -> str:
        """Its id as an AuditEvent."""
        return f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True)
class TrailPage:
    """One page, the newest first; `next` is the cursor of the page after it."""

    records: tuple[Recorded, ...]
    next: str | None


Place = tuple[int, int | None] | None
"""Where the next page of a kind starts: before this id, in this seal (None: not sealed yet); no place is the newest."""


def page(view: View, asked: Asked, *, limit: int = 50, after: str | None = None) -> TrailPage:
    """One page of what was recorded. Raises Forbidden, and Invalid for a cursor that is not ours."""
    permitted(view)
    limit = min(limit, MOST)
    places: dict[Kind, Place] = {"look": None, "change": None}
    if after:
        for kind, place in zip(("look", "change"), cursor.read(view.store.key, "trail", after), strict=True):
            places[kind] = (place[0], place[1]) if place else None  # type: ignore[index]
    found = {kind: _rows(view, asked, kind, places[kind], limit + 1) if kind in asked.kinds else [] for kind in places}
    merged = list(_merged(found))
    shown = merged[:limit]
    for record in shown:
        places[record.kind] = (record.id, record.seal)
    patients = (asked.patient,) if asked.patient else ()
    view.store.note_event(view.who, "search AuditEvent", patients=patients)
    following = cursor.write(view.store.key, "trail", [places["look"], places["change"]]) if len(merged) > limit else None
    return TrailPage(tuple(_complete(view, shown)), following)


def one(view: View, kind: Kind, id_: int) -> Recorded | None:
    """One look or change by its number; None when there is none. Raises Forbidden."""
    permitted(view)
    rows = view.ask(f"select {_COLUMNS[kind]}, null from {kind} x where id = %s", [id_])  # noqa: S608
    found = list(_complete(view, [_record(kind, row) for row in rows]))
    if found:
        view.store.note_event(view.who, f"read AuditEvent/{found[0].name}", patients=found[0].patients)
    return found[0] if found else None


def first_shown(view: View, patient: str, person: str, since: datetime) -> datetime | None:
    """When somebody was first shown something of a patient after an instant (when it was recorded, say); None: never yet. Raises Forbidden.

    What they wrote themselves counts as shown to them when they wrote it.
    """
    permitted(view)
    rows = view.ask(sql("first_shown"), {"key": key64(patient), "person": person, "since": since, "seal": seal_of(view, since)})
    return rows[0][0] if rows else None


def permitted(view: View) -> None:
    """Refuse those the policy does not let see who looked. Raises Forbidden."""
    if not access.decide(view.who, "see", "AuditEvent", relationships=("none",)).allowed:
        raise Forbidden("What was recorded about whom is for auditors to read.")


# --- rows --------------------------------------------------------------------------------------------------------------------------------

_COLUMNS: dict[Kind, str] = {
    "look": "x.id, x.at, x.who, x.role, x.on_behalf_of, x.entrance, x.purpose, x.what, x.outcome, x.detail, x.patients",
    "change": "x.id, x.at, x.who, null, x.on_behalf_of, x.entrance, x.purpose, 'change', null::smallint, x.because, null",
}


def _rows(view: View, asked: Asked, kind: Kind, place: Place, limit: int) -> list[Recorded]:
    """The newest rows of one kind before a place: first those not sealed yet, then by the index or, without a key, down the table."""
    wanted, params = _conditions(asked, kind)
    params |= {"limit": limit, "before": place[0] if place else 2**62, "key": asked.key}
    if asked.key is None:
        params["low"], params["high"] = _span(view, asked, kind)
        statement = (
            f"select {_COLUMNS[kind]}, null from {kind} x where x.id > %(low)s and x.id <= %(high)s and x.id < %(before)s and {wanted}"  # noqa: S608
            " order by x.id desc limit %(limit)s"
        )
        return [_record(kind, row) for row in view.ask(statement, params)]
    found: list[Recorded] = []
    if place is None or place[1] is None:
        fresh = f"x.id > (select coalesce(max(last_{kind}), 0) from (select last_{kind} from seal order by id desc limit 1) s)"  # noqa: S608
        about = _about(asked, kind)
        statement = (
            f"select {_COLUMNS[kind]}, null from {kind} x where {fresh} and x.id < %(before)s and {about} and {wanted}"  # noqa: S608
            " order by x.id desc limit %(limit)s"
        )
        found = [
            _record(kind, row) for row in view.ask(statement, params | {"patient": key64(asked.patient or ""), "person": asked.person})
        ]
    if len(found) < limit:
        params |= {"seal": place[1] if place and place[1] else 2**62, "first": seal_of(view, asked.since), "limit": limit - len(found)}
        statement = (
            f"select {_COLUMNS[kind]}, t.seal from trail t cross join lateral (select * from {kind} x where x.id = any(t.{kind}s)"  # noqa: S608
            f" and x.id < %(before)s and {wanted} order by x.id desc limit %(limit)s) x"
            " where t.key = %(key)s and t.seal <= %(seal)s and t.seal >= %(first)s order by t.seal desc, x.id desc limit %(limit)s"
        )
        found += [_record(kind, row) for row in view.ask(statement, params)]
    return found


def _about(asked: Asked, kind: Kind) -> str:
    """The condition that the index answers for sealed rows, for those that are not sealed yet."""
    if not asked.patient:
        return "(x.who = %(person)s or x.on_behalf_of = %(person)s)"
    if kind == "look":
        return "x.patients @> array[%(patient)s::bigint]"
    whose = (
        "select from version_row v join resource r on r.type = v.type and r.rid = v.rid"
        " where v.change_id = x.id and r.patient = %(patient)s"
    )
    return f"exists ({whose})"


_PLAIN = {
    "since": "x.at >= %(since)s",
    "until": "x.at < %(until)s",
    "entrance": "x.entrance = %(entrance)s",
}


def _conditions(asked: Asked, kind: Kind) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {name: getattr(asked, name) for name in ("person", "since", "until", "entrance", "purpose")}
    parts = ["true", *(condition for name, condition in _PLAIN.items() if params[name] is not None)]
    if asked.person and asked.patient:
        parts.append("(x.who = %(person)s or x.on_behalf_of = %(person)s)")
    if asked.purpose == EMERGENCY:
        parts.append(_GLASS[kind] if asked.key is not None else f"{_GLASS[kind]} and {_NEAR_GLASS[kind]}")
    elif asked.purpose:
        parts.append("x.purpose = %(purpose)s")
    if asked.outcome:
        parts.append(_ended(asked.outcome, kind))
        params["outcome"] = OUTCOMES[asked.outcome]
    if asked.entity:
        parts.append(_ENTITY[kind])
        type_, _, id_ = asked.entity.partition("/")
        params |= {"read": f"read {asked.entity}", "named": f"% {asked.entity}", "type": TYPE_CODE.get(type_, 0), "id": id_}
    if asked.what:
        parts.append(_done(asked.what, kind))
        params |= {"verb": asked.what, "verbs": f"{asked.what} %"}
    return " and ".join(parts), params


def _ended(outcome: str, kind: Kind) -> str:
    if kind == "change":
        return "true" if outcome == "success" else "false"
    return "x.outcome is null" if OUTCOMES[outcome] is None else "x.outcome = %(outcome)s"


def _done(what: str, kind: Kind) -> str:
    if kind == "change":
        return "true" if what == "change" else "false"
    return "(x.what = %(verb)s or x.what like %(verbs)s)" + (" and x.patients = '{}'" if what in _NAMELESS else "")


_ENTITY = {
    "look": "(x.what = %(read)s or x.what like %(named)s)",
    "change": "x.id = any(array(select v.change_id from version_row v join resource r on r.type = v.type and r.rid = v.rid"
    " where r.type = %(type)s and r.id = %(id)s))",
}
_GLASS = {
    "look": "(x.purpose = 'ETREAT' or exists (select from glass g where g.person = x.who and g.patient = any(x.patients)"
    " and x.at >= g.since and x.at < g.until))",
    "change": "(x.purpose = 'ETREAT' or exists (select from glass g join version_row v on v.change_id = x.id join resource r"
    " on r.type = v.type and r.rid = v.rid and r.patient = g.patient where g.person = x.who and x.at >= g.since and x.at < g.until))",
}
_NEAR_GLASS = {
    kind: f"x.id = any(array(select unnest({kind}s) from trail where key in (select patient from glass)"  # noqa: S608
    f" union select id from {kind} where purpose = 'ETREAT'"
    f" union select id from {kind} where id > (select coalesce(max(last_{kind}), 0) from seal)))"
    for kind in ("look", "change")
}
_NAMELESS = frozenset({"sign-in", "sign-out"})
"""What is done to no patient: the few such rows have an index of their own."""


def _span(view: View, asked: Asked, kind: Kind) -> tuple[int, int]:
    """The ids among which rows of a span of time lie, by the seals: after the first, up to the second. A change may be dated back."""
    low, high = 0, 2**62
    if asked.since:
        rows = view.ask(f"select last_{kind} from seal where id = %s", [seal_of(view, asked.since) - 1])  # noqa: S608
        low = int(rows[0][0]) if rows else 0
    if asked.until and kind == "look":
        rows = view.ask("select last_look from seal where id = %s and at >= %s", [seal_of(view, asked.until) + 2, asked.until])
        high = int(rows[0][0]) if rows else high
    return low, high


def seal_of(view: View, instant: datetime | None) -> int:
    """The first seal at or after an instant: what happened later than it is in that one or later ones. Seals lie in order of time."""
    if instant is None:
        return 0
    low, high = 0, int(view.ask("select coalesce(max(id), 0) from seal")[0][0])
    while low < high:
        middle = (low + high) // 2
        rows = view.ask("select at from seal where id = %s", [middle])
        low, high = (middle + 1, high) if not rows or rows[0][0] < instant - timedelta(minutes=1) else (low, middle)
    return low


def _record(kind: Kind, row: tuple[Any, ...]) -> Recorded:
    id_, at, who, role, behalf, entrance, purpose, what, outcome, detail, keys, seal = row
    return Recorded(
        kind, id_, at, who, role, behalf, entrance, purpose, what, _ENDED.get(outcome, "failed"), detail, tuple(keys or ()), seal
    )


def _merged(found: dict[Kind, list[Recorded]]) -> Iterator[Recorded]:
    """Both kinds in one line, each in its own order."""
    looks, changes = iter(found["look"]), iter(found["change"])
    look, change = next(looks, None), next(changes, None)
    while look or change:
        if change is None or (look is not None and look.at >= change.at):
            assert look is not None
            yield look
            look = next(looks, None)
        else:
            yield change
            change = next(changes, None)


# --- what a row does not say itself ------------------------------------------------------------------------------------------------------


def _complete(view: View, records: list[Recorded]) -> Iterator[Recorded]:
    """The records with their patients by reference, their versions, and the glass that was broken: three questions for all of them."""
    changed = _changed(view, [record.id for record in records if record.kind == "change"])
    records = [
        replace(each, keys=changed[each.id][0], versions=changed[each.id][1]) if each.kind == "change" and each.id in changed else each
        for each in records
    ]
    named = references(view, {key for record in records for key in record.keys})
    broken = _broken(view, records)
    for record in records:
        patients = tuple(named[key] for key in record.keys if key in named)
        yield replace(record, patients=patients, glass=broken.get((record.kind, record.id)))


def _changed(view: View, ids: list[int]) -> dict[int, tuple[tuple[int, ...], tuple[str, ...]]]:
    if not ids:
        return {}
    found: dict[int, tuple[dict[int, None], list[str]]] = {}
    for change, type_, id_, version, patient in view.ask(sql("versions_of_changes"), {"ids": ids, "most": 100}):
        keys, names = found.setdefault(change, ({}, []))
        names.append(f"{TYPES[type_ - 1]}/{id_}/_history/{version}")
        if patient is not None:
            keys[patient] = None
    return {change: (tuple(keys), tuple(names)) for change, (keys, names) in found.items()}


def references(view: View, keys: Iterable[int]) -> dict[int, str]:
    """The patients behind keys, as references."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = view.ask(sql("patients_of_keys", type=TYPE_CODE["Patient"]), {"keys": wanted})
    return {key: f"Patient/{id_}" for key, id_ in rows}


def _broken(view: View, records: list[Recorded]) -> dict[tuple[Kind, int], str]:
    people = sorted({record.who for record in records})
    grants = view.ask("select person, patient, since, until, reason from glass where person = any(%s)", [people]) if people else []
    return {
        (record.kind, record.id): reason
        for record in records
        for person, patient, since, until, reason in grants
        if person == record.who and patient in record.keys and since <= record.at < until
    }
