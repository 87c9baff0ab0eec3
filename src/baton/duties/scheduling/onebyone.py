"""What booking one by one would give: each need in turn takes the first time that fits what is booked so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from baton.duties.scheduling import checker
from baton.duties.scheduling.gaps import Ground, gaps, visit
from baton.duties.scheduling.model import SLOTS, Need, Order, Plan, Problem, Visit


@dataclass(frozen=True, slots=True)
class OneByOne:
    """The visits in the order they were booked; `stuck` is the need that found no time any more, None when all did."""

    plan: Plan
    stuck: str | None


def book(problem: Problem, *, ground: Ground | None = None) -> OneByOne:
    """Book as a person at the telephone would: what must come first is booked first, the urgent before the rest, never undoing."""
    ground = ground or Ground(problem)
    placed: dict[str, Visit] = {}
    for need in in_turn(problem):
        found = first(ground, need, placed)
        if found is None:
            return OneByOne(finished(problem, placed), need.id)
        placed[need.id] = found
    return OneByOne(finished(problem, placed), None)


def finished(problem: Problem, placed: dict[str, Visit]) -> Plan:
    """What was booked, as a plan."""
    visits = tuple(sorted(placed.values(), key=lambda each: (each.start, each.need)))
    return Plan("booked", visits, checker.values(problem, visits))


def in_turn(problem: Problem) -> list[Need]:
    """The needs as they are booked: after what they wait for, by urgency, as asked."""
    before: dict[str, set[str]] = {need.id: set() for need in problem.needs}
    for wish in problem.wishes:
        if isinstance(wish, Order):
            before[wish.then].add(wish.first)
    left, turn = list(problem.needs), []
    while left:
        ready = [need for need in left if not before[need.id] & {each.id for each in left}] or left
        chosen = max(ready, key=lambda need: need.urgency)
        turn.append(chosen)
        left.remove(chosen)
    return turn


def first(ground: Ground, need: Need, placed: dict[str, Visit]) -> Visit | None:
    """The first time for a need that fits the visits booked so far."""
    problem = ground.problem
    for gap in sorted(gaps(ground, need, problem.wishes), key=lambda gap: (gap.day * SLOTS + gap.lo, gap.cost, gap.reserve)):
        for slot in range(gap.lo, gap.hi + 1):
            tried = visit(ground, need, problem.wishes, gap, slot)
            both = {**placed, need.id: tried}
            if all(checker.apart(problem, tried, other) for other in placed.values()) and all(
                checker.kept(problem, wish, both) for wish in problem.wishes
            ):
                return tried
    return None
