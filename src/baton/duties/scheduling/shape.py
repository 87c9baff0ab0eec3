"""The free-gap model, built for CP-SAT: a boolean for each gap of each need, the patient in one place at a time with the ways between."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from baton.duties.scheduling.gaps import Gap
from baton.duties.scheduling.model import MINUTES, SLOTS, DifferentDays, Order, Problem, SameDay, SamePerson, SameSite, Wish
from baton.rules.calendar import NeverOpenError, add_business_days

Gaps = Mapping[str, Sequence[Gap]]


@dataclass(slots=True)
class Model:
    """The model being built, and its variables by need."""

    problem: Problem
    cp: Any
    model: Any
    gaps: Gaps
    chosen: dict[str, list[Any]] = field(default_factory=dict)
    of_day: dict[str, Any] = field(default_factory=dict)
    day: dict[str, Any] = field(default_factory=dict)
    start: dict[str, Any] = field(default_factory=dict)
    classes: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    literals: dict[str, Any] = field(default_factory=dict)

    def sum(self, need: str, worth: Any) -> Any:
        """A need's value by the gap it is given: `worth` of the gap."""
        return self.cp.LinearExpr.weighted_sum(self.chosen[need], [worth(gap) for gap in self.gaps[need]])

    def literal(self, need: str, kind: str, value: str, holds: Any) -> Any:
        """A boolean that says whether a need's gap has a property; 0 or 1 where it is certain."""
        key = (need, kind, value)
        if key not in self.classes:
            which = [holds(gap) for gap in self.gaps[need]]
            if all(which) or not any(which):
                self.classes[key] = self.model.new_constant(int(all(which)))
            else:
                self.classes[key] = self.model.new_bool_var("")
                self.model.add(sum(x for x, has in zip(self.chosen[need], which, strict=True) if has) == self.classes[key])
        return self.classes[key]

    def at_site(self, need: str, site: str) -> Any:
        """Whether a need is met at a site."""
        return self.literal(need, "site", site, lambda gap: gap.site == site)

    def sites(self, need: str) -> list[str]:
        """The sites a need could be met at."""
        return sorted({gap.site for gap in self.gaps[need]})


def build(cp: Any, problem: Problem, found: Gaps, wishes: Sequence[Wish], *, assume: Collection[str] = ()) -> Model:
    """The model of a problem whose gaps are known; wishes in `assume` get a literal that must be true for them to bind.

    `cp` is the solver's own module: only `solver` loads it.
    """
    built = Model(problem, cp, cp.CpModel(), found)
    model = built.model
    for key in assume:
        built.literals[key] = model.new_bool_var(key)
    for need in problem.needs:
        each = found[need.id]
        xs = built.chosen[need.id] = [model.new_bool_var("") for _ in each]
        model.add_exactly_one(xs)
        tod = model.new_int_var(min(gap.lo for gap in each), max(gap.hi for gap in each), "")
        built.of_day[need.id] = tod
        model.add(tod >= built.sum(need.id, lambda gap: gap.lo))
        model.add(tod <= built.sum(need.id, lambda gap: gap.hi))
        built.day[need.id] = built.sum(need.id, lambda gap: gap.day)
        built.start[need.id] = SLOTS * built.day[need.id] + tod
        for key in sorted({key for gap in each for key in gap.broken}):
            breaking = [x for x, gap in zip(xs, each, strict=True) if key in gap.broken]
            model.add(sum(breaking) + built.literals[key] <= 1)
    for one, other in combinations(problem.needs, 2):
        apart(built, one.id, other.id)
    for wish in wishes:
        among(built, wish)
    return built


def apart(built: Model, one: str, other: str) -> None:
    """The patient is in one place at a time, and the way between takes its time."""
    problem, model = built.problem, built.model
    first = model.new_bool_var("")
    lengths = {need: problem.need(need).slots for need in (one, other)}
    for before, after, holds in ((one, other, first), (other, one, ~first)):
        for here in built.sites(before):
            for there in built.sites(after):
                way = -(-problem.way(here, there) // MINUTES)
                end = built.start[before] + lengths[before] + way
                model.add(built.start[after] >= end).only_enforce_if(holds, built.at_site(before, here), built.at_site(after, there))


def among(built: Model, wish: Wish) -> None:
    """A wish about several needs."""
    model = built.model
    literal = [built.literals[wish.key]] if wish.key in built.literals else []

    def add(constraint: Any) -> None:
        bound = model.add(constraint)
        if literal:
            bound.only_enforce_if(literal)

    make = AMONG.get(type(wish))
    if make:
        make(built, wish, add)


def same_day(built: Model, wish: SameDay, add: Any) -> None:
    """All on one day."""
    for one, other in zip(wish.needs, wish.needs[1:], strict=False):
        add(built.day[one] == built.day[other])


def different_days(built: Model, wish: DifferentDays, add: Any) -> None:
    """No two on one day."""
    for one, other in combinations(wish.needs, 2):
        for day in sorted({gap.day for gap in built.gaps[one]} & {gap.day for gap in built.gaps[other]}):
            add(sum(built.sum(need, lambda gap, day=day: gap.day == day) for need in (one, other)) <= 1)


def same_site(built: Model, wish: SameSite, add: Any) -> None:
    """All at one site."""
    for one, other in zip(wish.needs, wish.needs[1:], strict=False):
        for site in sorted({*built.sites(one), *built.sites(other)}):
            add(built.at_site(one, site) == built.at_site(other, site))


def same_person(built: Model, wish: SamePerson, add: Any) -> None:
    """The same one in the role for all of these."""
    persons = {(need, dict(gap.persons).get(wish.role, "")) for need in wish.needs for gap in built.gaps[need]}
    for person in sorted({each for _, each in persons}):
        literals = [
            built.literal(need, f"person {wish.role}", person, lambda gap: dict(gap.persons).get(wish.role, "") == person)  # noqa: B023
            for need in wish.needs
        ]
        for one, other in zip(literals, literals[1:], strict=False):
            add(one == other)


def order(built: Model, wish: Order, add: Any) -> None:
    """One after the other, with room between."""
    problem = built.problem
    end = built.start[wish.first] + problem.need(wish.first).slots
    add(built.start[wish.then] >= end + -(-wish.min_minutes // MINUTES))
    if wish.max_minutes is not None:
        add(built.start[wish.then] <= end + wish.max_minutes // MINUTES)
    if wish.min_days is not None:
        add(built.day[wish.then] >= built.day[wish.first] + wish.min_days)
    if wish.max_days is not None:
        add(built.day[wish.then] <= built.day[wish.first] + wish.max_days)
    if wish.min_business_days is not None:
        least = wish.min_business_days
        add(built.day[wish.then] >= built.sum(wish.first, lambda gap: business(problem, gap.day, least)))
    if wish.max_business_days is not None:
        most = wish.max_business_days
        add(built.day[wish.then] <= built.sum(wish.first, lambda gap: business(problem, gap.day, most)))


def business(problem: Problem, day: int, count: int) -> int:
    """The number of the day that lies so many business days on."""
    try:
        return (add_business_days(problem.day(day), count, problem.calendar).value - problem.first_day).days
    except NeverOpenError:
        return problem.days


AMONG: Mapping[type, Any] = {
    Order: order,
    SameDay: same_day,
    DifferentDays: different_days,
    SameSite: same_site,
    SamePerson: same_person,
}
