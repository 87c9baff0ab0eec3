"""From what is stored to a problem for the planner: needs and who can meet them, calendars less bookings, the patient's own wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from baton.duties import reading, working_days
from baton.duties.patients import identity
from baton.duties.scheduling import calendars, needs, openings, terms
from baton.duties.scheduling import model as m
from baton.fhir.resource import Resource, target
from baton.rules.calendar import local_day
from baton.store.bookings import busy

if TYPE_CHECKING:
    from baton.store import View

MOST = 20
"""Needs planned together at most."""
ORDERS: Mapping[str, tuple[str, ...]] = {
    "dates": m.ORDER,
    "trips": (m.TRIPS, m.LATENESS, m.FINISH, m.WAITING, m.PREFERENCE, m.EARLIER),
    "soon": (m.LATENESS, m.FINISH, m.EARLIER, m.TRIPS, m.WAITING, m.PREFERENCE),
}
"""What matters most, by what a coordinator chooses."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The patient is elsewhere each week at this time: dialysis, work, school."""

    label: str
    weekday: int
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a coordinator asks: these needs of one patient, from a day on, and when the patient can."""

    patient: str  # "Patient/id"
    needs: tuple[str, ...]  # ids of ServiceRequests
    first_day: date
    days: int = 30
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    from_: str = "07:00"
    until: str = "19:00"
    way: int = 30  # minutes from home to any place, and back
    between: int = 15  # minutes between two places
    elsewhere: tuple[Elsewhere, ...] = ()
    same_day: tuple[str, ...] = ()
    same_person: bool = False
    matters: str = "dates"

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {**asdict(self), "first_day": self.first_day.isoformat()}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Ask:
        """As it was stored."""
        several = {name: tuple(stored[name]) for name in ("needs", "weekdays", "same_day")}
        elsewhere = tuple(Elsewhere(**each) for each in stored["elsewhere"])
        return cls(**{**stored, **several, "elsewhere": elsewhere, "first_day": date.fromisoformat(stored["first_day"])})


def problem(view: View, ask: Ask) -> m.Problem:
    """The problem as the planner takes it. Raises NotFound for a need that is not there, ValueError for one that makes no sense."""
    patient = view.get(*ask.patient.split("/", 1))
    wanted = [needs.one(view, id_) for id_ in ask.needs]
    first = max(ask.first_day, local_day(view.now, view.zone))
    speaks = (identity.language(patient) or "en").split("-")[0]
    interpreter = bool(terms.value(patient, identity.INTERPRETER)) and speaks != "en"
    team, _, _ = reading.team_of(view, ask.patient)
    build = _Building(view, ask, patient, first, speaks, interpreter)
    built = tuple(build.need(each) for each in wanted)
    start = datetime.combine(first, time(0), view.zone)
    end = start + timedelta(days=ask.days)
    taken = [m.Span(lo.astimezone(view.zone), hi.astimezone(view.zone)) for lo, hi in busy(view, [ask.patient], start, end)[ask.patient]]
    if first == local_day(view.now, view.zone):
        taken.append(m.Span(start, view.now.astimezone(view.zone) + timedelta(hours=1)))  # nobody is asked to come within the hour
    return m.Problem(
        built,
        tuple(build.actors.values()),
        tuple(build.wishes(wanted)),
        first,
        ask.days,
        view.zone,
        travel=build.travel(built),
        taken=tuple(taken),
        order=ORDERS[ask.matters],
        calendar=working_days.calendar(view, team),
    )


class _Building:
    """A problem being built: every actor's calendar is read once."""

    def __init__(self, view: View, ask: Ask, patient: Resource, first: date, speaks: str, interpreter: bool) -> None:
        self.view, self.ask, self.first, self.speaks, self.interpreter = view, ask, first, speaks, interpreter
        covers = view.find("Coverage", beneficiary=ask.patient, status="active")
        self.insurance = next((found for each in covers for payor in each.get("payor", ()) if (found := target(payor))), None)
        self.actors: dict[str, m.Actor] = {}
        self.interpreters: tuple[str, ...] = ()
        if interpreter:
            there = openings.schedules(view, specialty=openings.INTERPRETER, language=speaks)
            self.interpreters = tuple(dict.fromkeys(actor for each in there if (actor := self.actor(each))))

    def actor(self, schedule: Resource) -> str | None:
        """The actor of a Schedule, with everything they have free; None for a Schedule of nobody."""
        id_ = calendars.actor_of(schedule)
        if id_ is None:
            return None
        open_ = calendars.free(self.view, [schedule], id_, self.first, self.ask.days)
        known = self.actors.get(id_)
        if known is None:
            self.actors[id_] = m.Actor(id_, reading.name_of(self.view, id_), open_.free, open_.reserve)
        elif not set(open_.free) <= set(known.free):
            self.actors[id_] = replace(known, free=(*known.free, *open_.free), reserve=(*known.reserve, *open_.reserve))
        return id_

    def need(self, need: needs.Need) -> m.Need:
        """A need with the ways it can be met: by site, and by whether an interpreter has to come."""
        by_way: dict[tuple[str, bool], list[str]] = {}
        found = openings.schedules(self.view, specialty=need.specialty, modality=need.modality, insurance=self.insurance)
        for schedule in found:
            actor = self.actor(schedule)
            if actor is None:
                continue
            site = m.HOME if need.modality != terms.IN_PERSON else calendars.site_of(schedule) or actor
            speaks = not self.interpreter or self.speaks in openings.languages(self.view, actor)
            by_way.setdefault((site, speaks), []).append(actor)
        options = []
        for (site, speaks), anyone in sorted(by_way.items()):
            roles = [m.Role("clinician", tuple(dict.fromkeys(anyone)))]
            roles += [] if speaks else [m.Role("interpreter", self.interpreters, optional=True)]
            options.append(m.Option(site, tuple(roles), 0 if speaks else 1))
        wanted_by = need.latest.astimezone(self.view.zone).date() if need.latest else None
        return m.Need(need.id, need.what, need.minutes, tuple(options), terms.URGENCY.get(need.priority, 1), wanted_by)

    def wishes(self, wanted: Sequence[needs.Need]) -> Iterable[m.Wish]:
        """Everything wished for: by the needs, then by the patient."""
        ids = {need.id for need in wanted}
        for need in wanted:
            if need.earliest:
                yield m.Window(f"not-before:{need.id}", need.id, not_before=need.earliest)
            if need.start_from or need.start_until:
                yield m.TimeOfDay(f"hours:{need.id}", need.id, need.start_from, need.start_until)
            for after in need.after:
                wish = self.after(need, after, ids)
                if wish:
                    yield wish
        yield from self.own(wanted)

    def after(self, need: needs.Need, after: needs.After, ids: set[str]) -> m.Wish | None:
        """A need waits for another: one that is planned with it, or one that has its time already."""
        other = after.need.removeprefix("ServiceRequest/")
        key = f"after:{need.id}:{other}"
        if other in ids:
            return m.Order(
                key,
                other,
                need.id,
                min_minutes=after.min_minutes,
                min_days=after.min_days,
                max_days=after.max_days,
                min_business_days=after.min_business_days,
            )
        met = needs.one(self.view, other)
        if met.starts is None:
            return None
        return m.Window(key, need.id, not_before=met.starts + timedelta(minutes=met.minutes + after.min_minutes, days=after.min_days or 0))

    def own(self, wanted: Sequence[needs.Need]) -> Iterable[m.Wish]:
        """What the patient wishes."""
        ask = self.ask
        if self.interpreter:
            yield m.Attended("interpreter", "interpreter")
        yield m.Reach("reach", "", time.fromisoformat(ask.from_), time.fromisoformat(ask.until), ask.weekdays)
        for number, each in enumerate(ask.elsewhere):
            yield m.Busy(f"elsewhere:{number}", each.label, time.fromisoformat(each.start), time.fromisoformat(each.end), each.weekday)
        together = tuple(need.id for need in wanted if need.id in ask.same_day)
        if len(together) > 1:
            yield m.SameDay("same-day", together)
        for specialty in sorted({need.specialty for need in wanted}) if ask.same_person else ():
            same = tuple(need.id for need in wanted if need.specialty == specialty)
            if len(same) > 1:
                yield m.SamePerson(f"same-person:{specialty}", same, "clinician")

    def travel(self, built: Iterable[m.Need]) -> dict[tuple[str, str], int]:
        """Minutes between places: home to each, and between any two."""
        sites = sorted({option.site for need in built for option in need.options} - {m.HOME})
        found = {(here, there): self.ask.between for here in sites for there in sites if here != there}
        for site in sites:
            found |= {(m.HOME, site): self.ask.way, (site, m.HOME): self.ask.way}
        return found
