"""The patients in one's care as a list: each with their team, how much is open, and what is due next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from baton.duties.codes import patient_of
from baton.duties.names import names_of
from baton.duties.patients import identity
from baton.duties.today import loops
from baton.duties.today.rows import Identity, Row
from baton.fhir import query
from baton.fhir.resource import target
from baton.rules.calendar import end_of_day, local_day
from baton.store import View

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One patient: `team` is its name or "", `open` how many promises are open, `next` the one due first."""

    identity: Identity
    team: str
    open: int
    next: Row | None


@dataclass(frozen=True, slots=True)
class Panel:
    """A page of patients; `more` continues it. `text` and `state` are what it was narrowed to."""

    rows: tuple[PanelRow, ...]
    more: str | None
    text: str
    state: str | None


def panel(view: View, *, text: str = "", state: Literal["late", "today"] | None = None, after: str | None = None, limit: int = 50) -> Panel:
    """The patients this person may see: by name; or those meant by `text`, the likeliest first; or those with something late or due today.

    `after` is the `more` of the page before it.
    """
    text = text.strip()
    if text:
        found, more = [stored.resource() for _, stored in view.patients(text, limit)], None
    elif state:
        found, more = _pressing(view, state, limit), None
    else:
        asked = [("_sort", "family"), ("_count", str(limit)), *([("_cursor", after)] if after else [])]
        page = view.search(query.parse("Patient", asked))
        found, more = [stored.resource() for stored in page.entries], page.next
    return Panel(tuple(_rows(view, found)), more, text, state)


def _pressing(view: View, state: str, limit: int) -> list[Resource]:
    """Patients with a promise in this state, the most pressing first."""
    return view.pressing(state, end_of_today=end_of_day(local_day(view.now, view.zone), view.zone), limit=limit)


def _rows(view: View, patients: Sequence[Resource]) -> Iterable[PanelRow]:
    """The patients with what is open and whose they are: three questions for the whole page."""
    if not patients:
        return []
    references = [f"Patient/{patient['id']}" for patient in patients]
    standings = view.standings(references)
    tasks = {reference: standing.first.task for reference, standing in standings.items()}
    teams = _by_patient(view.find("CareTeam", patient=",".join(references), status="active", _count=1000))
    members = {patient: _team(care_teams) for patient, care_teams in teams.items()}
    names = names_of(view, {*members.values(), *loops.owners(tasks.values())})
    made = []
    for reference, patient in zip(references, patients, strict=True):
        task, standing = tasks.get(reference), standings.get(reference)
        first = loops.row(task, patient, now=view.now, zone=view.zone, who=view.who, names=names) if task else None
        who_is = identity.identity(patient, view.now.astimezone(view.zone).date())
        made.append(PanelRow(who_is, names.get(members.get(reference, ""), ""), standing.open if standing else 0, first))
    return made


def _by_patient(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    grouped: dict[str, list[Resource]] = {}
    for each in resources:
        grouped.setdefault(patient_of(each) or "", []).append(each)
    return grouped


def _team(care_teams: Iterable[Resource]) -> str:
    """The first organisation that an active care team names."""
    members = [target(participant.get("member")) or "" for care_team in care_teams for participant in care_team.get("participant", ())]
    return next((member for member in members if member.startswith("Organization/")), "")
