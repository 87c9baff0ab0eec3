"""Who stands behind a number of the operations page: exactly what it counted, by the same questions. A hidden cell opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from baton.duties import codes
from baton.duties.discharge import board as discharge_board
from baton.duties.names import patient_names
from baton.duties.referrals import board as referral_board
from baton.duties.team import interpreted, operations
from baton.fhir.resource import human_name
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.store import figures as store
from baton.store.figures import Counted

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


def clocks(view: View, *, kind: str | None = None, missed: bool = False) -> tuple[Behind, ...]:
    """What was done or is late, of one kind or of all the clocks; all, or only what was not in time."""
    day = local_day(view.now, view.zone)
    known = rules.names("kept-kinds", "kinds", day)
    kinds = [each for each in known if kind in (None, each)]
    return _told(view, store.behind(view, operations.window(view, day), kinds, groups=operations.groups(day), missed=missed))


def group(view: View, *, by: str, name: str) -> tuple[Behind, ...]:
    """The clocks of one group of people; nothing where it is too small to be shown."""
    shown = next((shares for kind, shares in operations.equity(view) if kind == by), ())
    if not any(each.name == name and not each.hidden for each in shown):
        return ()
    day = local_day(view.now, view.zone)
    kinds = rules.names("kept-kinds", "kinds", day)
    return _told(view, store.behind(view, operations.window(view, day), kinds, groups=operations.groups(day), group=(by, name)))


def waits(view: View, *, kind: str) -> tuple[Behind, ...]:
    """What a wait was worked out from."""
    day = local_day(view.now, view.zone)
    kinds = [each for each in rules.names("waits-kinds", "kinds", day) if each == kind]
    return _told(view, store.waited(view, operations.window(view, day), kinds))


def _told(view: View, counted: Iterable[Counted]) -> tuple[Behind, ...]:
    return tuple(
        Behind(
            f"Patient/{each.patient['id']}" if each.patient else "",
            human_name(each.patient) if each.patient else "",
            each.code,
            each.due.astimezone(view.zone),
            each.done.astimezone(view.zone) if each.done else None,
            each.kept,
        )
        for each in counted
    )


def closure(view: View, *, days: int, missed: bool = False) -> tuple[Behind, ...]:
    """The referrals old enough to tell whether they closed within so many days; all, or only those that did not."""
    found = [each for each in referral_board.loops_within(view, days) if not (missed and each.in_time)]
    names = patient_names(view, (str(codes.patient_of(each.task)) for each in found))
    return tuple(
        Behind(patient, names.get(patient, ""), REFERRAL, each.start + timedelta(days=days), each.end, each.in_time)
        for each in found
        for patient in (str(codes.patient_of(each.task)),)
    )


def lost(view: View, *, cause: str | None = None) -> tuple[Behind, ...]:
    """What was in the way of going home, for one cause or all, and the hours each cost; the dearest first."""
    found = [each for each in discharge_board.board(view).lost if cause in (None, each[1])]
    names = patient_names(view, (patient for patient, _, _ in found))
    rows = [Behind(patient, names.get(patient, ""), name, None, None, False, hours) for patient, name, hours in found]
    return tuple(sorted(rows, key=lambda each: (-each.hours, each.name)))


def interpreters(view: View, *, missed: bool = False) -> tuple[Behind, ...]:
    """The contacts with those who need an interpreter; nothing where they are too few people to be shown."""
    day = local_day(view.now, view.zone)
    found = interpreted.contacts(view, operations.window(view, day), rules.names("languages", "other", day))
    if len({each.patient for each in found}) < rules.number("small-cell", "least", day):
        return ()
    return tuple(Behind(each.patient, each.name, INTERPRETER, None, each.at, each.kept) for each in found if not (missed and each.kept))
