"""Who could see somebody, and when: schedules by specialty, language, insurance, modality and site, and the first times they have open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from baton.duties import reading
from baton.duties.scheduling import calendars, suited, terms
from baton.duties.scheduling.suited import Suits
from baton.duties.team import oncall
from baton.fhir.resource import Resource, codings, target, text_of

if TYPE_CHECKING:
    from baton.store import View

GRAIN = 5  # minutes
EACH = 6
"""How many times of one person are offered at once."""
INTERPRETER = "interpreter"
"""The specialty of those who interpret."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A time somebody has: who, where, how, from when to when, and whether it is kept for the urgent."""

    actor: str
    name: str
    site: str | None
    site_name: str
    modality: str
    start: datetime
    end: datetime
    reserve: bool
    miles: float | None = None


def schedules(
    view: View,
    *,
    specialty: str | None = None,
    language: str | None = None,
    insurance: str | None = None,
    modality: str | None = None,
    site: str | None = None,
    suits: Suits | None = None,
) -> list[Resource]:
    """The active Schedules that fit all of what is asked; what a Schedule does not say it is taken to allow, except a language."""
    found = []
    for schedule in view.find("Schedule", active="true"):
        if oncall.line_of(schedule):  # being on call is no time for visits
            continue
        accepted = [target(each) for each in terms.values(schedule, terms.ACCEPTS)]
        fits = (
            (not specialty or specialty.casefold() in specialties(schedule))
            and (not insurance or not accepted or insurance in accepted)
            and (not modality or modality in modalities(schedule))
            and (not site or calendars.site_of(schedule) == site)
        )
        fits = fits and (suits is None or suited.fits(view, schedule, suits))
        if fits and (not language or language in languages(view, calendars.actor_of(schedule))):
            found.append(schedule)
    return found


def specialties(schedule: Mapping[str, Any]) -> set[str]:
    """What a Schedule is for, in words, folded."""
    return {text_of(each).casefold() for each in (*schedule.get("specialty", ()), *schedule.get("serviceType", ()))}


def modalities(schedule: Mapping[str, Any]) -> list[str]:
    """How visits of a Schedule are held: in person, unless it says."""
    return terms.values(schedule, terms.MODALITY) or [terms.IN_PERSON]


def languages(view: View, actor: str | None) -> set[str]:
    """The languages a person speaks, by their first subtag."""
    spoken = (reading.peek(view, actor) or {}).get("communication", ()) if actor else ()
    return {code.split("-")[0] for each in spoken for _, code in codings(each)}


def search(
    view: View,
    *,
    minutes: int,
    first: date,
    days: int = 14,
    urgent: bool = False,
    each: int = EACH,
    suits: Suits | None = None,
    **asked: str | None,
) -> list[Opening]:
    """The first times open across all who fit (`asked` as for `schedules`), earliest first; time kept for the urgent only for them."""
    found: list[Opening] = []
    modality = asked.get("modality")
    for schedule in schedules(view, suits=suits, **asked):
        actor = calendars.actor_of(schedule)
        if actor is None:
            continue
        site = calendars.site_of(schedule)
        name, site_name = reading.name_of(view, actor), reading.name_of(view, site) if site else ""
        open_ = calendars.free(view, [schedule], actor, first, days)
        times = starts(open_, minutes, max(view.now, datetime.combine(first, datetime.min.time(), view.zone)), urgent)
        how = modality or modalities(schedule)[0]
        away = suited.miles(reading.peek(view, site), suits.home) if suits and site else None
        for number, (start, reserve) in enumerate(times):
            if number == each:
                break
            found.append(Opening(actor, name, site, site_name, how, start, start + timedelta(minutes=minutes), reserve, away))
    return sorted(found, key=lambda opening: (opening.start, opening.name))


def starts(open_: calendars.Free, minutes: int, earliest: datetime, urgent: bool) -> Iterator[tuple[datetime, bool]]:
    """When a visit of that length can begin, one after the other, and whether that is time kept for the urgent."""
    length = timedelta(minutes=minutes)
    for span in open_.free:
        at = rounded(max(span.start, earliest.astimezone(span.start.tzinfo)))
        while at + length <= span.end:
            kept = any(each.start < at + length and at < each.end for each in open_.reserve)
            if urgent or not kept:
                yield at, kept
            at += max(length, timedelta(minutes=15))


def rounded(moment: datetime) -> datetime:
    """The next five minutes on the clock."""
    over = timedelta(minutes=moment.minute % GRAIN, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not over else moment - over + timedelta(minutes=GRAIN)


def known_specialties(view: View) -> Sequence[str]:
    """Everything Schedules are for, by name; interpreters left out."""
    named = {text_of(each) for schedule in view.find("Schedule", active="true") for each in schedule.get("specialty", ())}
    return sorted(name for name in named if name and name.casefold() != INTERPRETER)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a search for one need can be narrowed by: where the specialty is offered, and who insures the patient."""

    sites: tuple[tuple[str, str], ...]
    insurers: tuple[tuple[str, str], ...]


def choices(view: View, *, specialty: str | None, patient: str) -> Choices:
    """The sites of a specialty's calendars, and who insures the patient ("Patient/id"): references with names."""
    found = schedules(view, specialty=specialty)
    sites = {site for each in found if (site := calendars.site_of(each))}
    payors = {payor for each in view.find("Coverage", patient=patient, status="active") for payor in map(target, each["payor"]) if payor}
    return Choices(_named(view, sites), _named(view, payors))


def _named(view: View, references: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((each, reading.name_of(view, each)) for each in references), key=lambda pair: pair[1]))
