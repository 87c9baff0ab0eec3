"""Exhaustive search over every five-minute start, option and actor, and small random problems: the planner is held against it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from zoneinfo import ZoneInfo

from baton.duties.scheduling import checker
from baton.duties.scheduling import model as m

ZONE = ZoneInfo("America/New_York")
MONDAY = date(2026, 6, 1)


def at(day: int, hour: int, minute: int = 0, first: date = MONDAY) -> datetime:
    return datetime.combine(first + timedelta(days=day), time(hour, minute), ZONE)


def candidates(problem: m.Problem, need: m.Need) -> Iterator[m.Visit]:
    """Every sound visit for a need by itself, actor by actor (nobody here works before six or after six)."""
    wished = {wish.role for wish in problem.wishes if isinstance(wish, m.Attended)}
    actors = {actor.id: actor for actor in problem.actors}
    midnights = [at(day, 0, 0, problem.first_day) for day in range(problem.days)]
    starts = [midnight + timedelta(minutes=minute) for midnight in midnights for minute in range(6 * 60, 18 * 60, 5)]
    unary = [wish for wish in problem.wishes if isinstance(wish, m.Window | m.TimeOfDay | m.Busy | m.Reach | m.Attended)]
    for option in need.options:
        several = list(
            product(*[[(role.code, actor) for actor in role.anyone] for role in option.roles if not role.optional or role.code in wished])
        )
        for start in starts:
            end = start + timedelta(minutes=need.slots * 5)
            there = {actor for _, actor in chain(*several) if checker.covered(actors[actor].free, start, end)}
            free = [named for named in several if all(actor in there for _, actor in named)]
            for named in free:
                visit = m.Visit(need.id, start, start + timedelta(minutes=need.minutes), option.site, named, option.cost)
                if not list(checker.alone(problem, visit)) and all(checker.kept(problem, wish, {need.id: visit}) for wish in unary):
                    yield visit


def best(problem: m.Problem) -> tuple[int, ...] | None:
    """The best value any plan has, in the problem's order of importance; None when there is no plan."""
    found: list[tuple[int, ...]] = []
    several = {need.id: list(candidates(problem, need)) for need in problem.needs}
    order = sorted(several, key=lambda need: len(several[need]))

    def go(placed: dict[str, m.Visit]) -> None:
        if len(placed) == len(order):
            worth = checker.values(problem, list(placed.values()))
            found[:] = [min([*found, tuple(worth[name] for name in problem.order)])]
            return
        need = order[len(placed)]
        for visit in several[need]:
            both = {**placed, need: visit}
            if all(checker.apart(problem, visit, other) for other in placed.values()) and all(
                checker.kept(problem, wish, both) for wish in problem.wishes if need in m.needs_of(wish)
            ):
                go(both)

    go({})
    return found[0] if found else None


def small(seed: int) -> m.Problem:
    """A small random problem with every kind of wish: two to four needs, a handful of starts each."""
    dice = random.Random(seed)
    days = dice.randint(2, 4)
    actors = []
    for name in ("a", "b", "c", "room", "tongue"):
        spans, reserve = [], []
        for day in range(days):
            if dice.random() < (0.95 if name in ("room", "tongue") else 0.75):
                start = at(day, dice.randint(8, 10), dice.choice((0, 15, 25, 30)))
                length = dice.choice((30, 40, 45, 50)) if name not in ("room", "tongue") else 150
                spans.append(m.Span(start, start + timedelta(minutes=length)))
                if dice.random() < 0.3:
                    reserve.append(m.Span(start, start + timedelta(minutes=20)))
        actors.append(m.Actor(name, name.upper(), tuple(spans), tuple(reserve)))
    needs = []
    for number in range(dice.randint(2, 3 if days > 3 else 4)):
        options = []
        for site in dice.sample(("north", "south", m.HOME), dice.randint(1, 2)):
            roles = [m.Role("clinician", tuple(dice.sample(("a", "b", "c"), dice.randint(1, 2))))]
            roles += [m.Role("room", ("room",))] if dice.random() < 0.3 else []
            roles += [m.Role("interpreter", ("tongue",), optional=True)] if dice.random() < 0.3 else []
            options.append(m.Option(site, tuple(roles), dice.choice((0, 0, 1, 3))))
        wanted = MONDAY + timedelta(days=dice.randint(0, days - 1)) if dice.random() < 0.6 else None
        needs.append(m.Need(f"n{number}", f"Need {number}", dice.choice((25, 28, 30, 40)), tuple(options), dice.randint(1, 3), wanted))
    return m.Problem(
        tuple(needs),
        tuple(actors),
        tuple(wishes(dice, needs, days)),
        MONDAY,
        days,
        ZONE,
        travel={
            ("home", "north"): 10,
            ("north", "home"): 15,
            ("home", "south"): 20,
            ("south", "home"): 20,
            ("north", "south"): 12,
            ("south", "north"): 10,
        },
        taken=(m.Span(at(0, 9, 7), at(0, 9, 21)),) if dice.random() < 0.2 else (),
        order=tuple(dice.sample(m.ORDER, 6)) if dice.random() < 0.3 else m.ORDER,
    )


def wishes(dice: random.Random, needs: list[m.Need], days: int) -> Iterator[m.Wish]:
    """Some wishes about these needs."""
    ids = [need.id for need in needs]
    pair = tuple(dice.sample(ids, 2))
    roles = {role.code for need in needs for option in need.options for role in option.roles}
    if "interpreter" in roles and dice.random() < 0.6:
        yield m.Attended("interpreter", "interpreter")
    kinds = {
        0: m.Window("window", dice.choice(ids), at(0, 9), at(days - 1, 10, 30)),
        1: m.TimeOfDay("hours", dice.choice(ids), time(8, 30), time(10, 0)),
        2: m.Busy("busy", "Dialysis", time(8), time(9), weekday=dice.randint(0, days - 1)),
        3: m.Reach("reach", "Ride", time(8, 20), time(12), tuple(range(dice.randint(1, 7)))),
        4: m.Order("order", *pair, min_minutes=dice.choice((0, 13, 30)), max_minutes=dice.choice((None, 60, 3000))),
        5: m.Order(
            "days", *pair, min_days=dice.choice((None, 1)), max_days=dice.choice((None, 2)), min_business_days=dice.choice((None, 1, 2))
        ),
        6: m.SameDay("same day", pair),
        7: m.DifferentDays("different days", pair),
        8: m.SameSite("same site", pair),
        9: m.SamePerson("same person", pair, "clinician"),
    }
    for kind in dice.sample(sorted(kinds), dice.randint(0, 3)):
        yield kinds[kind]
