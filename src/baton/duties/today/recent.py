"""The lists behind two of Today's counts: who was discharged since the last working day, and what was closed this week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from baton.duties import codes, reading
from baton.duties.names import names_of
from baton.duties.patients import identity
from baton.duties.today import loops
from baton.duties.today.rows import Identity, Row
from baton.duties.transitions import episodes
from baton.fhir import query
from baton.fhir.resource import Resource, parse, target
from baton.store import PromiseRow, View


@dataclass(frozen=True, slots=True)
class Discharged:
    """Somebody who was discharged: when, what is open for them, and why nothing is (a code) when their transition is over."""

    identity: Identity
    when: datetime | date
    open: int
    next: Row | None
    ended: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """A promise that was closed: kept, or not and why (a code, and words where somebody wrote some)."""

    task: str
    identity: Identity
    kind: str
    what: str | None
    when: datetime
    kept: bool
    reason: str | None
    words: str | None
    owner_name: str


@dataclass(frozen=True, slots=True)
class Recent:
    """A page of either list; `more` continues it."""

    discharged: tuple[Discharged, ...] = ()
    done: tuple[Done, ...] = ()
    more: str | None = None


def since(day: date) -> dict[str, str]:
    """The search for transitions of those discharged on this day or later."""
    return {"date": f"sa{(day - timedelta(days=1)).isoformat()}", "type": episodes.TRANSITIONAL_CARE}


def discharged(view: View, *, day: date, limit: int = 50, after: str | None = None) -> Recent:
    """Those discharged on this day or later, the latest first: three questions."""
    asked = [*since(day).items(), ("_sort", "-date"), ("_count", str(limit)), *([("_cursor", after)] if after else [])]
    page = view.search(query.parse("EpisodeOfCare", asked))
    found = [stored.resource() for stored in page.entries]
    patients = reading.several(view, "Patient", (target(each.get("patient")) for each in found))
    standings = view.standings(list(patients))
    tasks = {reference: standing.first.task for reference, standing in standings.items()}
    names = names_of(view, missing) if (missing := loops.owners(tasks.values())) else {}
    today = view.now.astimezone(view.zone).date()
    rows = []
    for episode in found:
        reference = str(target(episode.get("patient")))
        who, standing = patients.get(reference), standings.get(reference)
        if who is None:
            continue
        first = tasks.get(reference)
        text = str(episode.get("period", {}).get("start", ""))
        moment = reading.moment(text, view.zone) or view.now
        rows.append(
            Discharged(
                identity=identity.identity(who, today),
                when=moment if "T" in text else moment.date(),
                open=standing.open if standing else 0,
                next=loops.row(first, who, now=view.now, zone=view.zone, who=view.who, names=names) if first else None,
                ended=None if episodes.is_active(episode) else codes.reason_code(episode) or str(episode.get("status")),
            )
        )
    return Recent(discharged=tuple(rows), more=page.next)


def done(
    view: View,
    *,
    owners: Sequence[str] | None,
    monday: datetime,
    kind: str | None = None,
    patients: Sequence[str] | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Recent:
    """What these owners (None: anyone) closed since Monday, the latest first; of these patients only, when some are named."""
    kinds = [kind] if kind else None
    if patients is None:
        rows, more = view.promises_closed(owners, since=monday, codes=kinds, limit=limit, after=after), None
        more = rows[-1].place if len(rows) == limit else None
    else:
        several = (row for each in patients for row in view.promises_closed(owners, since=monday, codes=kinds, patient=each, limit=limit))
        rows, more = sorted(several, key=lambda row: row.due, reverse=True), None
    return Recent(done=tuple(_done(view, row) for row in rows), more=more)


def _done(view: View, row: PromiseRow) -> Done:
    task: dict[str, Any] = row.task
    who: Resource = parse(row.patient_body) if row.patient_body else {"resourceType": "Patient", "id": str(row.patient).partition("/")[2]}
    kind = codes.promise_code(task) or codes.BY_HAND
    return Done(
        task=row.task_id,
        identity=identity.identity(who, view.now.astimezone(view.zone).date()),
        kind=kind,
        what=codes.own_words(kind, task),
        when=row.due.astimezone(view.zone),
        kept=task.get("status") == "completed",
        reason=codes.reason_code(task),
        words=(task.get("statusReason") or {}).get("text"),
        owner_name=str(task.get("owner", {}).get("display") or ""),
    )
