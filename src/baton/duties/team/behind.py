"""Who stands behind a number of the operations page: exactly what it counted, by the same questions. A hidden cell opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes
from baton.duties.discharge import days_lost
from baton.duties.names import patient_names
from baton.duties.referrals import board as referral_board
from baton.duties.team import equity, interpreted
from baton.fhir.resource import human_name
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.store import figures as store
from baton.store.figures import WHOLE, Counting

if TYPE_CHECKING:
    from baton.store import View

REFERRAL, BLOCKER, INTERPRETER = "referral", "discharge-blocker", "interpreter"


@dataclass(frozen=True, slots=True)
class Behind:
    """One thing a number counted: whose, what, when due and done (None: not yet), whether in time; of a blocker the hours it cost."""

    patient: str
    name: str
    kind: str
    due: datetime | None
    done: datetime | None
    kept: bool
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """What a number counted: the part of it that was asked for; how many in all, of how many people, and the hours it cost."""

    rows: tuple[Behind, ...]
    counted: int
    people: int
    hours: float = 0.0


NOTHING: Final = Listed((), 0, 0)


def clocks(view: View, *, kind: str | None = None, missed: bool = False, part: slice = WHOLE) -> Listed:
    """What was done or is late, of one kind or of all the clocks; all, or only what was not in time."""
    day = local_day(view.now, view.zone)
    known = rules.names("kept-kinds", "kinds", day)
    kinds = [each for each in known if kind in (None, each)]
    since, groups = equity.window(view, day), equity.groups(day)
    return _told(view, store.behind(view, since, kinds, groups=groups, missed=missed, part=part))


def group(view: View, *, by: str, name: str, measure: str = equity.CLOCKS, part: slice = WHOLE) -> Listed:
    """What one group of people counts, by a measure; nothing where it is too small to be shown."""
    if measure not in equity.MEASURES or not equity.shown(view, measure, by=by, name=name):
        return NOTHING
    day = local_day(view.now, view.zone)
    if measure in (equity.CLOCKS, equity.WAITS):
        since, groups, waiting = equity.window(view, day), equity.groups(day), measure == equity.WAITS
        kinds = equity.kinds_of(measure, day)
        return _told(view, store.behind(view, since, kinds, groups=groups, group=(by, name), waits=waiting, part=part))
    of = equity.places(view, measure, by=by, name=name)
    rows = _loops(view, equity.CLOSED_WITHIN) if measure == equity.CLOSURE else _contacts(view)
    return _listed(view, (each for place, each in enumerate(rows) if place in of), part)


def waits(view: View, *, kind: str, part: slice = WHOLE) -> Listed:
    """What a wait was worked out from."""
    day = local_day(view.now, view.zone)
    kinds = [each for each in rules.names("waits-kinds", "kinds", day) if each == kind]
    return _told(view, store.waited(view, equity.window(view, day), kinds, part=part))


def _told(view: View, found: Counting) -> Listed:
    rows = (
        Behind(
            f"Patient/{each.patient['id']}" if each.patient else "",
            human_name(each.patient) if each.patient else "",
            each.code,
            each.due.astimezone(view.zone),
            each.done.astimezone(view.zone) if each.done else None,
            each.kept,
        )
        for each in found.rows
    )
    return Listed(tuple(rows), found.counted, found.people)


def closure(view: View, *, days: int, missed: bool = False, part: slice = WHOLE) -> Listed:
    """The referrals old enough to tell whether they closed within so many days; all, or only those that did not."""
    return _listed(view, (each for each in _loops(view, days) if not (missed and each.kept)), part)


def _loops(view: View, days: int) -> list[Behind]:
    found = referral_board.loops_within(view, days)
    return [
        Behind(str(codes.patient_of(each.task)), "", REFERRAL, each.start + timedelta(days=days), each.end, each.in_time) for each in found
    ]


def lost(view: View, *, cause: str | None = None, part: slice = WHOLE) -> Listed:
    """What was in the way of going home, for one cause or all, and the hours each cost; the dearest first."""
    known = days_lost.since(view, equity.window(view, local_day(view.now, view.zone)))
    found = [each for each in known if cause in (None, each[1])]
    rows = [Behind(patient, "", name, None, None, False, hours) for patient, name, hours in found]
    return _listed(view, sorted(rows, key=lambda each: (-each.hours, each.patient)), part)


def interpreters(view: View, *, missed: bool = False, part: slice = WHOLE) -> Listed:
    """The contacts with those who need an interpreter; nothing where they are too few people to be shown."""
    found = _contacts(view)
    if len({each.patient for each in found}) < rules.number("small-cell", "least", local_day(view.now, view.zone)):
        return NOTHING
    return _listed(view, (each for each in found if not (missed and each.kept)), part)


def _contacts(view: View) -> list[Behind]:
    day = local_day(view.now, view.zone)
    found = interpreted.contacts(view, equity.window(view, day), rules.names("languages", "other", day))
    return [Behind(each.patient, each.name, INTERPRETER, None, each.at, each.kept) for each in found]


def _listed(view: View, rows: Iterable[Behind], part: slice) -> Listed:
    """A part of these, with the names of those one may see."""
    whole = list(rows)
    shown = whole[part]
    names = patient_names(view, (each.patient for each in shown if not each.name))
    named = tuple(each if each.name else replace(each, name=names.get(each.patient, "")) for each in shown)
    hours = round(sum(each.hours for each in whole), 1)
    return Listed(named, len(whole), len({each.patient for each in whole}), hours)
