"""What matters about a plan, as expressions of the model: lateness, last day, trips, waiting, preferences, early days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from baton.duties.scheduling.model import (
    EARLIER,
    FINISH,
    HOME,
    LATENESS,
    MINUTES,
    PREFERENCE,
    RESERVE_COST,
    SLOTS,
    TRIPS,
    WAITING,
    Problem,
)
from baton.duties.scheduling.shape import Model


@dataclass(slots=True)
class Part:
    """One part of what matters: its expression and the most it can be."""

    name: str
    expression: Any
    most: int


def parts(built: Model, names: Sequence[str]) -> list[Part]:
    """The parts of these names, made when they are wanted: the ways of each day are dear."""
    makers = {LATENESS: lateness, FINISH: finish, TRIPS: trips, WAITING: waiting, PREFERENCE: preference, EARLIER: earlier}
    return [makers[name](built) for name in names]


def late(problem: Problem, need: str, day: int) -> int:
    """How late a need is on a day, urgency times over."""
    found = problem.need(need)
    return found.urgency * max(0, (problem.day(day) - found.wanted_by).days) if found.wanted_by else 0


def summed(built: Model, name: str, worth: Any) -> Part:
    """A part that is a sum over needs of what their gaps are worth."""
    total = sum(built.sum(need, lambda gap, need=need: worth(need, gap)) for need in built.chosen)
    return Part(name, total, sum(max(worth(need, gap) for gap in each) for need, each in built.gaps.items()))


def lateness(built: Model) -> Part:
    """Days late, by urgency."""
    return summed(built, LATENESS, lambda need, gap: late(built.problem, need, gap.day))


def preference(built: Model) -> Part:
    """How much less the chosen options are liked."""
    return summed(built, PREFERENCE, lambda _, gap: gap.cost)


def earlier(built: Model) -> Part:
    """Early days, and time kept for the urgent spared."""
    return summed(built, EARLIER, lambda _, gap: gap.day + RESERVE_COST * gap.reserve)


def finish(built: Model) -> Part:
    """The last day."""
    last = built.model.new_int_var(0, built.problem.days - 1, "")
    for day in built.day.values():
        built.model.add(last >= day)
    return Part(FINISH, last, built.problem.days - 1)


def away_days(built: Model) -> list[int]:
    """Days on which something could be away from home."""
    return sorted({gap.day for each in built.gaps.values() for gap in each if gap.site != HOME})


def used(built: Model, day: int) -> Any:
    """Whether the patient leaves home on a day."""
    key = ("", "used", str(day))
    if key not in built.classes:
        built.classes[key] = built.model.new_bool_var("")
        for need, each in built.gaps.items():
            if any(gap.day == day and gap.site != HOME for gap in each):
                built.model.add(built.classes[key] >= built.sum(need, lambda gap: gap.day == day and gap.site != HOME))
    return built.classes[key]


def trips(built: Model) -> Part:
    """Days on which the patient leaves home."""
    days = away_days(built)
    return Part(TRIPS, sum(used(built, day) for day in days), len(days))


def waiting(built: Model) -> Part:
    """Slots away from home that are not care: for each day from leaving until back, less the visits."""
    problem, model = built.problem, built.model
    total: list[Any] = []
    for day in away_days(built):
        leave, back = model.new_int_var(-SLOTS, 2 * SLOTS, ""), model.new_int_var(-SLOTS, 2 * SLOTS, "")
        span = model.new_int_var(0, 3 * SLOTS, "")
        model.add(span >= back - leave)
        least: list[Any] = []
        shortest = 10**6
        for need in problem.needs:
            for site in built.sites(need.id):
                if site == HOME or not any(gap.day == day and gap.site == site for gap in built.gaps[need.id]):
                    continue
                out, home = -(-problem.way(HOME, site) // MINUTES), -(-problem.way(site, HOME) // MINUTES)
                here = built.literal(
                    need.id,
                    f"day {day}",
                    site,
                    lambda gap, day=day, site=site: gap.day == day and gap.site == site,
                )
                model.add(leave <= built.of_day[need.id] - out).only_enforce_if(here)
                model.add(back >= built.of_day[need.id] + need.slots + home).only_enforce_if(here)
                least.append(need.slots * here)
                shortest = min(shortest, out + home)
        model.add(span >= sum(least) + shortest * used(built, day))
        total.append(span - sum(least))
    return Part(WAITING, sum(total), 3 * SLOTS * len(total))
