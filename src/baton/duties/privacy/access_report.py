"""The access report: who saw a patient's record, when, in which role and for which purpose, so told that the patient can read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from baton.duties import reading
from baton.duties.names import names_of
from baton.duties.patients import identity
from baton.duties.privacy.tasks import ROLES
from baton.fhir.resource import human_name
from baton.rules.calendar import start_of_day
from baton.store import Forbidden, Who, trail
from baton.store.trail import EMERGENCY, Asked, Recorded

if TYPE_CHECKING:
    from baton.store import View

Act = Literal["opened", "listed", "changed", "left", "tried", "other"]
USUAL = timedelta(days=90)
MOST, PAGES = 5000, 20
"""How many rows of the record one report tells, and how many thousands it reads; older ones need a shorter span."""
PEOPLE = ("Practitioner/", "Patient/", "RelatedPerson/")
HAND_OUT_NOTHING = frozenset({"student"})
"""Roles that hand out no records, and so no report either."""
_ACTS: dict[str, Act] = {
    "read": "opened",
    "chart": "opened",
    "everything": "opened",
    "history": "opened",
    "change:": "opened",
    "search": "listed",
    "included": "listed",
    "find": "listed",
    "worklist": "listed",
    "break-glass": "opened",
    "change": "changed",
    "export": "left",
    "print": "left",
    "message": "left",
    "disclosure": "left",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one person did with the record on one day: from first to last, how often; `glass` is why they opened it outside their care."""

    day: date
    first: datetime
    last: datetime
    name: str
    role: str
    purpose: str
    act: Act
    count: int
    glass: str | None
    on_behalf_of: str | None


@dataclass(frozen=True, slots=True)
class AccessReport:
    """The report. `people` comes before `hub`: what the programs of the house did by themselves."""

    patient: str
    name: str
    birth_date: date | None
    language: str
    now: datetime
    since: date
    until: date
    people: tuple[Line, ...]
    hub: tuple[Line, ...]
    whole: bool

    @property
    def broken(self) -> tuple[Line, ...]:
        """What was seen through broken glass."""
        return tuple(line for line in self.people if line.glass)


def reader(view: View, patient: str) -> Who:
    """Whoever may hand a patient's record out may hand out who saw it: with the sight that takes. Raises NotFound and Forbidden."""
    if view.who.role not in ROLES:
        view.get("Patient", patient)
        if view.who.role in HAND_OUT_NOTHING:
            raise Forbidden("Students hand out no records.")
    return replace(view.who, role="system", lent=view.who.own_role, purpose="PATRQT")


def report(view: View, *, patient: str, since: date | None = None, until: date | None = None, own: bool = True) -> AccessReport:
    """The report on a patient (an id), as `reader` sees; both days are included; without `own`, not what they did. Raises NotFound."""
    person = view.get("Patient", patient)
    now = view.now.astimezone(view.zone)
    until = until or now.date()
    since = since or until - USUAL
    asked = Asked(
        patient=f"Patient/{patient}",
        since=start_of_day(since, view.zone),
        until=start_of_day(until + timedelta(days=1), view.zone),
    )
    records, whole = _records(view, asked, None if own else f"Patient/{patient}")
    names = names_of(view, {each.who for each in records} | {each.on_behalf_of for each in records if each.on_behalf_of})
    guests = {each.who for each in records if each.who.startswith(PEOPLE[1:])}  # once for each: a look at a name is recorded too
    names |= {who: human_name(person) if who == f"Patient/{patient}" else reading.name_of(view, who) for who in guests}
    roles = _roles(view, {each.who for each in records if each.role in (None, "system")})
    records = [replace(each, role=roles.get(each.who)) if each.who in roles and each.role in (None, "system") else each for each in records]
    lines = [line(group, names, view.zone) for group in grouped(records, view.zone)]
    spoken = identity.preferences(person).language
    return AccessReport(
        patient=patient,
        name=human_name(person),
        birth_date=identity.birth_date(person),
        language=spoken or "en",
        now=now,
        since=since,
        until=until,
        people=tuple(each for each, who in lines if who.startswith(PEOPLE)),
        hub=tuple(each for each, who in lines if not who.startswith(PEOPLE)),
        whole=whole,
    )


def _roles(view: View, people: Iterable[str]) -> dict[str, str]:
    """The roles people have now, for what was recorded without the one they had (a change, an act of the privacy desk)."""
    guests = {person: "patient" if person.startswith("Patient/") else "related" for person in people if person.startswith(PEOPLE[1:])}
    known = {person: view.store.who(person, entrance="desk") for person in people if person.startswith("Practitioner/")}
    return guests | {person: who.role for person, who in known.items() if who}


def _records(view: View, asked: Asked, without: str | None) -> tuple[list[Recorded], bool]:
    found: list[Recorded] = []
    after, pages = None, 0
    while len(found) < MOST and pages < PAGES:
        page = trail.page(view, asked, limit=trail.MOST, after=after)
        pages += 1
        found += (each for each in page.records if each.who != without)
        after = page.next
        if after is None:
            return found, True
    return found, False


def act(record: Recorded) -> Act:
    """What was done, in the patient's terms."""
    if record.outcome != "success":
        return "tried"
    return _ACTS.get(record.what.partition(" ")[0], "other")


def grouped(records: Iterable[Recorded], zone: ZoneInfo) -> list[list[Recorded]]:
    """Records of one person, day, role, purpose, act and reason together; the newest day first, in it the first look first."""

    def key(record: Recorded) -> tuple[object, ...]:
        day = record.at.astimezone(zone).date()
        return (
            -day.toordinal(),
            record.who,
            record.role or "",
            purpose(record),
            act(record),
            record.glass or "",
            record.on_behalf_of or "",
        )

    groups = [list(group) for _, group in groupby(sorted(records, key=lambda each: (key(each), each.at)), key)]
    return sorted(groups, key=lambda group: (key(group[0])[0], group[0].at))


def purpose(record: Recorded) -> str:
    """For which purpose: an emergency where the glass was broken."""
    return EMERGENCY if record.glass else record.purpose


def line(group: list[Recorded], names: dict[str, str], zone: ZoneInfo) -> tuple[Line, str]:
    """A group as one line, and whose it is."""
    first, last = group[0], group[-1]
    behalf = first.on_behalf_of
    made = Line(
        day=first.at.astimezone(zone).date(),
        first=first.at.astimezone(zone),
        last=last.at.astimezone(zone),
        name=names.get(first.who, ""),
        role=first.role or "",
        purpose=purpose(first),
        act=act(first),
        count=len(group),
        glass=first.glass,
        on_behalf_of=names.get(behalf, behalf) if behalf else None,
    )
    return made, first.who
