"""Why there is no plan, why not sooner, and what else there is: the smallest conflicting wishes, what giving one up buys, other plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from baton.duties.scheduling import solver
from baton.duties.scheduling.gaps import Gap, Ground, calendar_key
from baton.duties.scheduling.model import (
    EARLIER,
    FINISH,
    IMPOSSIBLE,
    LATENESS,
    PREFERENCE,
    TRIPS,
    WAITING,
    Attended,
    Busy,
    Calendars,
    DifferentDays,
    Obstacle,
    Order,
    Plan,
    Problem,
    Reach,
    SameDay,
    SamePerson,
    SameSite,
    TimeOfDay,
    Visit,
    Window,
)

COSTS: Mapping[type, int] = {
    SameSite: 2,
    SameDay: 2,
    DifferentDays: 2,
    SamePerson: 3,
    Window: 4,
    TimeOfDay: 5,
    Reach: 5,
    Busy: 6,
    Attended: 7,
    Order: 8,
}
"""What giving up a kind of wish costs, to rank the ways out: convenience before dates, dates before care."""
EARLIEST, FEWEST_TRIPS, LIKED, ANOTHER_DAY = "earliest", "fewest-trips", "liked", "another-day"
MANY = 3
"""How many ways out are told."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Wishes to give up, what that costs by rank, and the plan it makes possible."""

    given_up: tuple[Obstacle, ...]
    cost: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why there is no plan: wishes (or calendars) that cannot all hold, none of them too many, and ways out, cheapest first."""

    core: tuple[Obstacle, ...]
    relaxations: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class Sooner:
    """Why a plan does not end a day earlier: what stands in the way, or the plan that would, and what it gives away for it."""

    day: date
    core: tuple[Obstacle, ...]
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another plan, by what it is best at."""

    kind: str
    plan: Plan


def obstacles(problem: Problem) -> dict[str, Obstacle]:
    """Everything that can stand in the way, by key."""
    calendars: dict[str, Obstacle] = {calendar_key(need): Calendars(calendar_key(need), need.id) for need in problem.needs}
    return calendars | {wish.key: wish for wish in problem.wishes}


def conflict(problem: Problem, *, seconds: float = 10.0) -> Conflict | None:
    """Why a problem has no plan; None when it has one."""
    ground = Ground(problem)
    known = obstacles(problem)
    wishes = [wish.key for wish in problem.wishes]
    core = smallest(problem, ground, wishes, None, seconds)
    if core is None:
        return None
    if not core:  # not even without any wish: then the calendars themselves are in the way
        core = smallest(replace(problem, wishes=()), ground, [calendar_key(need) for need in problem.needs], None, seconds) or []
    if not core:
        core = [calendar_key(need) for need in problem.needs]  # visits that fit no day at all: nothing smaller can be said
    return Conflict(tuple(known[key] for key in core), relaxations(problem, ground, seconds))


def smallest(
    problem: Problem, ground: Ground, keys: Sequence[str], only: Callable[[str, Gap], bool] | None, seconds: float
) -> list[str] | None:
    """Keys that cannot all hold and of which none can be spared; None when all can hold, empty when nothing here is to blame."""
    found = solver.conflict(problem, wishes=problem.wishes, keys=keys, ground=ground, only=only, seconds=seconds)
    if found is None:
        return None
    if holds(problem, ground, found, keys, only, seconds):  # said nothing of use: begin with all of them
        found = list(keys)
    if not holds(problem, ground, [], keys, only, seconds):
        return []
    core = sorted(found, key=lambda key: (key.startswith("calendar:"), keys.index(key)))
    for key in list(core):
        rest = [each for each in core if each != key]
        if not holds(problem, ground, rest, keys, only, seconds):
            core = rest
    return core


def holds(
    problem: Problem, ground: Ground, kept: Sequence[str], keys: Sequence[str], only: Callable[[str, Gap], bool] | None, seconds: float
) -> bool:
    """Whether there is a plan when, of these keys, only the kept ones bind."""
    wishes = [wish for wish in problem.wishes if wish.key in kept or wish.key not in keys]
    free = [key for key in keys if key.startswith("calendar:") and key not in kept]
    return solver.possible(problem, wishes=wishes, free=free, ground=ground, only=only, seconds=seconds)


def relaxations(problem: Problem, ground: Ground, seconds: float) -> tuple[Relaxation, ...]:
    """The cheapest ways out, each with the plan it makes possible; no way contains another."""
    costs = {wish.key: COSTS[type(wish)] for wish in problem.wishes}
    known = {wish.key: wish for wish in problem.wishes}
    found: list[Relaxation] = []
    sets: list[frozenset[str]] = []
    while len(found) < MANY:
        given_up = solver.cheapest(problem, costs=costs, besides=sets, ground=ground, seconds=seconds)
        if not given_up:
            break
        sets.append(given_up)
        kept = [wish for wish in problem.wishes if wish.key not in given_up]
        plan = solver.plan(replace(problem, wishes=tuple(kept)), seconds=seconds)
        found.append(Relaxation(tuple(known[key] for key in sorted(given_up)), sum(costs[key] for key in given_up), plan))
    return tuple(found)


def why_not_sooner(problem: Problem, plan: Plan, *, seconds: float = 10.0) -> Sooner | None:
    """What stands in the way of ending a day earlier; None when nothing can be said (a plan of one day, time ran out)."""
    if plan.last_day is None or plan.last_day <= problem.first_day:
        return None
    last = (plan.last_day - problem.first_day).days - 1
    ground = Ground(problem)

    def sooner(need: str, gap: Gap) -> bool:
        return gap.day <= last

    possible = solver.plan(problem, ground=ground, only=sooner, seconds=seconds)
    if possible.visits:
        return Sooner(problem.day(last), (), possible)
    if possible.status != IMPOSSIBLE:
        return None
    known = obstacles(problem)
    core = smallest(
        problem, ground, [*(wish.key for wish in problem.wishes), *(calendar_key(need) for need in problem.needs)], sooner, seconds
    )
    return Sooner(problem.day(last), tuple(known[key] for key in core or ()), None)


def alternatives(problem: Problem, plan: Plan, *, seconds: float = 5.0) -> tuple[Alternative, ...]:
    """Other plans worth seeing: the earliest, the one with the fewest trips, the best liked, one that begins on another day."""
    ground = Ground(problem)
    first = min(visit.start.date() for visit in plan.visits)
    number = (first - problem.first_day).days
    orders = {
        EARLIEST: (FINISH, EARLIER, LATENESS, TRIPS, WAITING, PREFERENCE),
        FEWEST_TRIPS: (TRIPS, LATENESS, FINISH, WAITING, PREFERENCE, EARLIER),
        LIKED: (PREFERENCE, LATENESS, FINISH, TRIPS, WAITING, EARLIER),
    }
    seen = {same(plan.visits)}
    found: list[Alternative] = []
    for kind, order in orders.items():
        other = solver.plan(replace(problem, order=order), seconds=seconds)
        keep(found, seen, kind, other)
    other = solver.plan(problem, ground=ground, only=lambda _, gap: gap.day != number, seconds=seconds)
    keep(found, seen, ANOTHER_DAY, other)
    return tuple(found)


def keep(found: list[Alternative], seen: set[tuple[object, ...]], kind: str, plan: Plan) -> None:
    """Keep a plan that says something new."""
    if plan.visits and same(plan.visits) not in seen:
        seen.add(same(plan.visits))
        found.append(Alternative(kind, plan))


def same(visits: Sequence[Visit]) -> tuple[object, ...]:
    """What makes two plans the same to a patient: when and where."""
    return tuple((visit.need, visit.start, visit.site) for visit in visits)
