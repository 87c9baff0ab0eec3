"""Charts that people opened, for those who look after looking: from the sealed looks. Nobody is shown anything, so no look is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from baton.fhir import resource as fhir_resource
from baton.store import trail
from baton.store.codes import TYPE_CODE, key64, param_code
from baton.store.named import sql
from baton.store.who import Resource
from baton.store.words import normal

if TYPE_CHECKING:
    from baton.store.door import Store
    from baton.store.view import View

OPENED = (
    "l.outcome is null and l.role is distinct from 'system' and l.who like 'Practitioner/%%'"
    " and (l.what like 'read Patient/%%' or l.what like 'chart %%' or l.what like 'everything of %%')"
)
MOST_SEALS = 50
"""How many seals are worked through at once."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One chart opened by one person: the first of their looks in the batch."""

    person: str
    role: str
    patient: str
    key: int
    look: int
    at: datetime


def batch(view: View) -> tuple[list[Opening], int]:
    """What was opened in the seals not worked through yet, and the last of those seals (0: there are none)."""
    rows = view.ask(
        "select max(s.id), max(s.last_look), (select coalesce(max(b.last_look), 0) from seal b where b.id = d.seal) from ("
        " select coalesce(max(seal), 0) as seal from published where way = 'flags') d"
        " join seal s on s.id > d.seal and s.id <= d.seal + %s group by d.seal",
        [MOST_SEALS],
    )
    if not rows:
        return [], 0
    last, to, after = rows[0]
    found = view.ask(sql("openings", type=TYPE_CODE["Patient"], opened=OPENED), {"after": after, "to": to})
    return [Opening(who, role or "", f"Patient/{id_}", key, look, at) for who, role, key, id_, look, at in found], last


def done(store: Store, last: int, now: datetime) -> None:
    """The seals up to this one are worked through."""
    with store.lines.transaction() as line:
        line.execute("insert into published (seal, way, at) values (%s, 'flags', %s) on conflict do nothing", [last, now])
        line.execute("delete from published where way = 'flags' and seal < %s", [last])
        line.execute("commit")


def opened_since(view: View, person: str, since: datetime, until: datetime) -> dict[int, datetime]:
    """Whose charts (keys) a person opened in a span of time, each with its first look."""
    params = {"key": key64(person), "seal": trail.seal_of(view, since), "since": since, "until": until}
    return dict(view.ask(sql("opened_since", opened=OPENED), params))


def teams(view: View, patients: Iterable[int]) -> dict[int, set[int]]:
    """Which teams (keys) patients (keys) are with."""
    found: dict[int, set[int]] = {}
    for patient, team in view.ask(sql("teams_of_patients"), [list(patients)]):
        found.setdefault(patient, set()).add(team)
    return found


def bodies(view: View, references: Iterable[str]) -> dict[str, Resource]:
    """The resources of these references that there are."""
    by_type: dict[str, list[str]] = {}
    for reference in references:
        if parts := fhir_resource.split(reference):
            by_type.setdefault(parts[0], []).append(parts[1])
    return {
        f"{type_}/{id_}": fhir_resource.parse(body)
        for type_, ids in by_type.items()
        for id_, body in view.ask(sql("bodies_unseen", type=TYPE_CODE[type_]), [ids])
    }


def namesakes(view: View, families: Iterable[str]) -> list[Resource]:
    """The people at work of these family names."""
    values = [normal(family) for family in families]
    rows = view.ask(sql("namesakes", type=TYPE_CODE["Practitioner"], family=param_code("family")), [values]) if values else []
    return [fhir_resource.parse(body) for (body,) in rows]
