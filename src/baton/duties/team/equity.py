"""Whether everybody is served alike: clocks, loops closed, waits and interpreters, group beside group, with honest small numbers.

Groups are told apart by language, sex, age, race, ethnicity and insurance, as far as these are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes
from baton.duties.referrals import board as referral_board
from baton.duties.team import interpreted
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.rules.figures import Share
from baton.store import figures as store

if TYPE_CHECKING:
    from datetime import date

    from baton.store import View

KINDS: Final = store.KINDS
CLOCKS, CLOSURE, WAITS, INTERPRETER = MEASURES = ("clocks", "closure", "waits", "interpreter")
"""Kept in time; referrals closed in time; waited no longer than the middle; had an interpreter, of those who need one."""
CLOSED_WITHIN: Final = 30
Table = tuple[tuple[str, tuple[Share, ...]], ...]
Pair = tuple[str, bool, int]


def groups(day: date) -> store.Groups:
    """How patients are told apart, by the rule of a day."""
    return store.Groups(rules.names("languages", "other", day), rules.age_bands(day), rules.payers(day))


def kinds_of(measure: str, day: date) -> tuple[str, ...]:
    """The kinds of promise that a measure counts."""
    return rules.names("waits-kinds", "kinds", day) if measure == WAITS else rules.names("kept-kinds", "kinds", day)


def window(view: View, day: date) -> datetime:
    """Since when it is counted."""
    return view.now - timedelta(days=rules.number("window", "days", day))


def table(view: View, measure: str = CLOCKS) -> Table:
    """The groups beside each other, by one measure."""
    day = local_day(view.now, view.zone)
    if measure in (CLOCKS, WAITS):
        found = store.equity(view, window(view, day), kinds_of(measure, day), groups(day), waits=measure == WAITS)
    else:
        found = _counted(view, pairs(view, measure), day)
    compared = sum(len(several) for several in found.values())
    shown = []
    for kind in KINDS:
        several = dict(sorted(found.get(kind, {}).items()))
        counts, people = {name: (kept, of) for name, (kept, of, _) in several.items()}, {name: each[2] for name, each in several.items()}
        shown.append((kind, rules.groups(counts, day, comparisons=compared, people=people)))
    return tuple(shown)


def pairs(view: View, measure: str) -> list[Pair]:
    """What a measure counts that is not counted by the store: ("Patient/id", kept, its place among all that are)."""
    day = local_day(view.now, view.zone)
    if measure == CLOSURE:
        loops = referral_board.loops_within(view, CLOSED_WITHIN)
        return [(str(codes.patient_of(each.task)), each.in_time, place) for place, each in enumerate(loops)]
    spoken = interpreted.contacts(view, window(view, day), rules.names("languages", "other", day))
    return [(each.patient, each.kept, place) for place, each in enumerate(spoken)]


def _counted(view: View, counted: Iterable[Pair], day: date) -> dict[str, dict[str, tuple[int, int, int]]]:
    several = list(counted)
    known = store.groups_of(view, sorted({patient for patient, _, _ in several}), groups(day))
    totals: dict[str, dict[str, tuple[int, int, set[str]]]] = {}
    for patient, kept, _ in several:
        for kind, name in known.get(patient, {}).items():
            before = totals.setdefault(kind, {}).setdefault(name, (0, 0, set()))
            totals[kind][name] = (before[0] + kept, before[1] + 1, before[2] | {patient})
    return {kind: {name: (kept, of, len(people)) for name, (kept, of, people) in by_name.items()} for kind, by_name in totals.items()}


def shown(view: View, measure: str, *, by: str, name: str) -> bool:
    """Whether a group is large enough to be shown; no other opens anything."""
    shares = next((several for kind, several in table(view, measure) if kind == by), ())
    return any(each.name == name and not each.hidden for each in shares)


def places(view: View, measure: str, *, by: str, name: str) -> set[int]:
    """Which of `pairs` are of a group."""
    several = pairs(view, measure)
    known = store.groups_of(view, sorted({patient for patient, _, _ in several}), groups(local_day(view.now, view.zone)))
    return {place for patient, _, place in several if known.get(patient, {}).get(by) == name}
