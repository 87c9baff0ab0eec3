"""CP-SAT: the only module that knows the solver, which is loaded on first use and only where planning runs.

Two stages of three parts each with exact weights, so that the order of importance is kept to the digit. A stage that runs out of time
still gives a plan, with its bound.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baton.duties.scheduling import checker
from baton.duties.scheduling.gaps import Gap, Ground, gaps, visit
from baton.duties.scheduling.model import (
    BEST_KNOWN,
    IMPOSSIBLE,
    MINUTES,
    OPTIMAL,
    UNKNOWN,
    WAITING,
    Plan,
    Problem,
    Visit,
    Wish,
)
from baton.duties.scheduling.shape import Model, build
from baton.duties.scheduling.worth import Part, parts


def _cp() -> Any:
    from ortools.sat.python import cp_model

    return cp_model


def solver(built: Model, seconds: float) -> Any:
    """A solver of one worker, set as was found fastest for these models."""
    made = built.cp.CpSolver()
    made.parameters.num_workers = 1
    made.parameters.cp_model_probing_level = 0
    made.parameters.symmetry_level = 0
    made.parameters.random_seed = 1
    made.parameters.max_time_in_seconds = max(seconds, 0.01)
    return made


@dataclass(slots=True)
class Stage:
    """What one stage found: whether it is proved, each part's value and bound; None values when nothing was found."""

    status: str
    values: dict[str, int] = field(default_factory=dict)
    bounds: dict[str, int] = field(default_factory=dict)
    slots: dict[str, tuple[int, int]] = field(default_factory=dict)  # need -> (which gap, slot of the day)


def stage(built: Model, named: Sequence[Part], seconds: float) -> Stage:
    """Solve for these parts in their order of importance, by weights that keep it exactly."""
    weights = [1]
    for part in reversed(named[1:]):
        weights.insert(0, weights[0] * (part.most + 1))
    built.model.minimize(sum(weight * part.expression for weight, part in zip(weights, named, strict=True)))
    made = solver(built, seconds)
    status = made.solve(built.model)
    if status == built.cp.INFEASIBLE:
        return Stage(IMPOSSIBLE)
    if status not in (built.cp.OPTIMAL, built.cp.FEASIBLE):
        return Stage(UNKNOWN)
    values = {part.name: int(made.value(part.expression)) for part in named}
    bounds, left = {}, max(0, int(-(-made.best_objective_bound // 1)))
    for weight, part in zip(weights, named, strict=True):
        bounds[part.name], left = divmod(left, weight)
    slots = {
        need: (next(number for number, x in enumerate(xs) if made.boolean_value(x)), int(made.value(built.of_day[need])))
        for need, xs in built.chosen.items()
    }
    return Stage(OPTIMAL if status == built.cp.OPTIMAL else BEST_KNOWN, values, values if status == built.cp.OPTIMAL else bounds, slots)


def hinted(built: Model, found: Stage) -> None:
    """Begin the next stage where the last one ended."""
    built.model.clear_hints()
    for need, (number, slot) in found.slots.items():
        built.model.add_hint(built.of_day[need], slot)
        for each, x in enumerate(built.chosen[need]):
            built.model.add_hint(x, each == number)


def plan(
    problem: Problem, *, wishes: Sequence[Wish] | None = None, seconds: float = 20.0, ground: Ground | None = None, only: Any = None
) -> Plan:
    """The best plan under these wishes (the problem's own, unless given), with its proof, within so many seconds.

    `only` keeps the gaps it says yes to: (need's id, gap).
    """
    _cp()  # loading it is no part of the time a plan takes
    began = time.perf_counter()
    ground = ground or Ground(problem)
    wishes = problem.wishes if wishes is None else wishes
    found = {need.id: [gap for gap in gaps(ground, need, wishes) if only is None or only(need.id, gap)] for need in problem.needs}
    if not all(found.values()):
        return Plan(IMPOSSIBLE, seconds=time.perf_counter() - began)
    built = build(_cp(), problem, found, wishes)
    half = len(problem.order) // 2
    result = Stage(UNKNOWN)
    values: dict[str, int] = {}
    bounds: dict[str, int] = {}
    proved = True
    for names in (problem.order[:half], problem.order[half:]):
        named = parts(built, names)
        left = seconds - (time.perf_counter() - began)
        new = stage(built, named, left if values else left * 0.7)
        if new.status in (IMPOSSIBLE, UNKNOWN):
            if not values:
                return Plan(new.status, seconds=time.perf_counter() - began)
            proved = False  # out of time before the second stage said anything: the first one's plan stands
            values |= worth_of(problem, names, visits_of(ground, wishes, built, result))
            bounds |= dict.fromkeys(names, 0)
            break
        proved = proved and new.status == OPTIMAL
        result, values, bounds = new, values | new.values, bounds | new.bounds
        for part in named:
            built.model.add(part.expression <= new.values[part.name])
        hinted(built, new)
    result = tidy(built, result)
    return Plan(
        OPTIMAL if proved else BEST_KNOWN,
        visits_of(ground, wishes, built, result),
        minutes(values),
        minutes(bounds),
        time.perf_counter() - began,
    )


def worth_of(problem: Problem, names: Sequence[str], visits: Sequence[Visit]) -> dict[str, int]:
    """What a plan is worth in these parts, worked out without the solver; waiting in slots, as inside."""
    found = checker.values(problem, visits)
    return {name: -(-found[name] // MINUTES) if name == WAITING else found[name] for name in names}


def minutes(values: Mapping[str, int]) -> dict[str, int]:
    """The parts as they are told: waiting in minutes."""
    return {name: value * MINUTES if name == WAITING else value for name, value in values.items()}


def tidy(built: Model, found: Stage) -> Stage:
    """The same gaps, each visit as early as the rest allows: nobody is asked for 14:35 when the whole afternoon is free."""
    for need, (number, _) in found.slots.items():
        built.model.add(built.chosen[need][number] == 1)
    built.model.minimize(sum(built.of_day.values()))
    made = solver(built, 1.0)
    if made.solve(built.model) not in (built.cp.OPTIMAL, built.cp.FEASIBLE):
        return found
    slots = {need: (number, int(made.value(built.of_day[need]))) for need, (number, _) in found.slots.items()}
    return Stage(found.status, found.values, found.bounds, slots)


def visits_of(ground: Ground, wishes: Sequence[Wish], built: Model, found: Stage) -> tuple[Visit, ...]:
    """The visits a stage found, by time."""
    placed = (
        visit(ground, need, wishes, built.gaps[need.id][found.slots[need.id][0]], found.slots[need.id][1]) for need in ground.problem.needs
    )
    return tuple(sorted(placed, key=lambda each: (each.start, each.need)))


# --- yes, no, and why not --------------------------------------------------------------------------------------------------------


def possible(
    problem: Problem, *, wishes: Sequence[Wish], free: Collection[str] = (), ground: Ground, only: Any = None, seconds: float = 10.0
) -> bool:
    """Whether there is any plan under these wishes; the calendars named in `free` ("calendar:need") are left out of account.

    A fresh model each time: an assumption that survived a copy would make every core come out empty. Time running out counts as yes.
    """
    found = _open(problem, wishes, (), free, ground, only)
    if not all(found.values()):
        return False
    built = build(_cp(), problem, found, wishes)
    return bool(solver(built, seconds).solve(built.model) != built.cp.INFEASIBLE)


def conflict(
    problem: Problem, *, wishes: Sequence[Wish], keys: Sequence[str], ground: Ground, only: Any = None, seconds: float = 10.0
) -> list[str] | None:
    """Some of these keys (of wishes or calendars) that cannot all hold, from the solver's assumptions; None when they can."""
    found = _open(problem, wishes, keys, (), ground, only)
    if not all(found.values()):
        return []
    built = build(_cp(), problem, found, wishes, assume=keys)
    literals = [built.literals[key] for key in keys]
    built.model.add_assumptions(literals)
    made = solver(built, seconds)
    if made.solve(built.model) != built.cp.INFEASIBLE:
        return None
    by_index = {literal.index: key for key, literal in built.literals.items()}
    return [by_index[index] for index in made.sufficient_assumptions_for_infeasibility()]


def cheapest(
    problem: Problem, *, costs: Mapping[str, int], besides: Sequence[Collection[str]], ground: Ground, seconds: float = 10.0
) -> frozenset[str] | None:
    """The cheapest wishes to give up so that the rest can hold, but none of the sets in `besides`; None when there are none."""
    wishes = problem.wishes
    found = _open(problem, wishes, list(costs), (), ground, None)
    if not all(found.values()):
        return None
    built = build(_cp(), problem, found, wishes, assume=list(costs))
    for known in besides:
        built.model.add_bool_or([built.literals[key] for key in known])
    built.model.minimize(sum(cost * (1 - built.literals[key]) for key, cost in costs.items()))
    made = solver(built, seconds)
    if made.solve(built.model) not in (built.cp.OPTIMAL, built.cp.FEASIBLE):
        return None
    return frozenset(key for key in costs if not made.boolean_value(built.literals[key]))


def _open(
    problem: Problem, wishes: Sequence[Wish], soft: Collection[str], free: Collection[str], ground: Ground, only: Any
) -> dict[str, list[Gap]]:
    """Every need's gaps for a question of yes or no: what they cost does not matter."""
    found = {}
    for need in problem.needs:
        each = gaps(ground, need, wishes, soft={*soft, *free, ""})
        each = [gap for gap in each if only is None or only(need.id, gap)]
        if free:
            each = [Gap(gap.day, gap.lo, gap.hi, gap.site, gap.persons, broken=gap.broken - set(free)) for gap in each]
        found[need.id] = each
    return found
