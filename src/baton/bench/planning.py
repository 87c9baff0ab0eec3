"""How fast visits are planned together: generated problems of two sizes to a proved answer, and small ones beside exhaustive search."""

from __future__ import annotations

import itertools
import random
import statistics
import sys
import time as clock
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from baton.duties.scheduling import checker, onebyone, solver
from baton.duties.scheduling import model as m
from baton.duties.scheduling.planning import SECONDS

ZONE = ZoneInfo("America/New_York")
FIRST = date(2026, 6, 1)
SITES = ("signal-hill", "wharf", "bayline")


@dataclass(frozen=True, slots=True)
class Size:
    """A size of problem, the seconds that nineteen of twenty answers must not exceed, and whether each must be proved."""

    name: str
    needs: int
    actors: int
    days: int
    goal: float
    proved: bool = True


SIZES = (Size("typical", 8, 40, 30, 0.5), Size("hard", 20, 80, 60, 8.0, proved=False))


def problem(size: Size, seed: int) -> m.Problem:
    """A generated problem: calendars 60 to 90 % booked, a specialty for each need, rooms of three sites, interpreters, a ride."""
    dice = random.Random(seed)  # noqa: S311
    days = [number for number in range(size.days) if (FIRST + timedelta(days=number)).weekday() < 5]
    rooms, tongues = size.actors // 5, size.actors // 10
    clinicians = size.actors - rooms - tongues
    names = [f"clinician-{number}" for number in range(clinicians)]
    groups = {f"specialty {number}": names[number :: size.needs] for number in range(size.needs)}
    groups |= {site: [f"room-{number}" for number in range(rooms)][at :: len(SITES)] for at, site in enumerate(SITES)}
    groups["interpreter"] = [f"interpreter-{number}" for number in range(tongues)]
    everybody = dict.fromkeys(name for group in groups.values() for name in group)
    actors = tuple(m.Actor(name, name, tuple(free(dice, days, dice.uniform(0.1, 0.4)))) for name in everybody)
    needs = tuple(need(dice, number, size, groups) for number in range(size.needs))
    return m.Problem(
        needs,
        actors,
        tuple(wishes(dice, needs, size)),
        FIRST,
        size.days,
        ZONE,
        travel={(here, there): 15 if "home" not in (here, there) else 30 for here, there in itertools.permutations((*SITES, "home"), 2)},
    )


def free(dice: random.Random, days: list[int], share: float) -> Iterator[m.Span]:
    """Pieces of an eight-hour day that are still free, about this share of it."""
    for day in days:
        midnight = datetime.combine(FIRST + timedelta(days=day), time(0), ZONE)
        at = 8 * 60
        while at < 17 * 60:
            length = dice.choice((30, 45, 60, 90, 120))
            if dice.random() < share:
                yield m.Span(midnight + timedelta(minutes=at), midnight + timedelta(minutes=min(at + length, 17 * 60)))
            at += length


def need(dice: random.Random, number: int, size: Size, groups: dict[str, list[str]]) -> m.Need:
    """A visit with somebody of its specialty in a room of one or two sites and, one in three, an interpreter."""
    interpreted = dice.random() < 0.3
    options = []
    for cost, site in enumerate(dice.sample(SITES, dice.randint(1, 2))):
        roles = [m.Role("clinician", tuple(groups[f"specialty {number}"])), m.Role("room", tuple(groups[site]))]
        roles += [m.Role("interpreter", tuple(groups["interpreter"]), optional=True)] if interpreted else []
        options.append(m.Option(site, tuple(roles), cost))
    wanted = FIRST + timedelta(days=dice.randint(3, size.days - 5))
    return m.Need(f"n{number}", f"Need {number}", dice.choice((15, 30, 30, 45, 60, 90)), tuple(options), dice.randint(1, 3), wanted)


def wishes(dice: random.Random, needs: tuple[m.Need, ...], size: Size) -> Iterator[m.Wish]:
    """Chains of order with gaps, a bundle of a day, fasting, and the patient's own weeks."""
    ids = [each.id for each in needs]
    weekdays = dice.sample(range(5), 3)
    yield m.Reach("ride", "Ride", time(8), time(17), (0, 1, 2, 3, 4))
    yield from (m.Busy(f"dialysis {day}", "Dialysis", time(6), time(12), weekday=day) for day in weekdays)
    yield m.Attended("interpreter", "interpreter")
    for number in range(0, size.needs - 2, 4):
        least = dice.choice((1, 2, 5))
        yield m.Order(f"order {number}", ids[number], ids[number + 1], min_days=least, max_days=least + dice.choice((5, 10)))
        yield m.Order(f"next {number}", ids[number + 1], ids[number + 2], min_business_days=dice.choice((1, 3)))
    yield m.SameDay("bundle", (ids[3], ids[-1]))
    yield m.TimeOfDay("fasting", ids[0], start_until=time(10))
    yield m.Window("not yet", ids[2], not_before=datetime.combine(FIRST + timedelta(days=7), time(9), ZONE))


def small(seed: int) -> m.Problem:
    """A problem small enough to try everything: three needs, two days."""
    size = Size("small", 3, 8, 2, 0.0)
    dice = random.Random(seed)  # noqa: S311
    actors = tuple(m.Actor(f"a{number}", f"a{number}", tuple(hours(dice))) for number in range(size.actors))
    needs = tuple(
        m.Need(
            f"n{number}",
            "",
            30,
            tuple(m.Option(site, (m.Role("clinician", tuple(dice.sample([a.id for a in actors], 2))),)) for site in SITES[:2]),
        )
        for number in range(size.needs)
    )
    order = m.Order("order", "n0", "n1", min_minutes=dice.choice((0, 20)))
    return m.Problem(needs, actors, (order,), FIRST, size.days, ZONE, travel={(SITES[0], SITES[1]): 15, (SITES[1], SITES[0]): 15})


def hours(dice: random.Random) -> Iterator[m.Span]:
    """Three quarters of an hour on each of two mornings."""
    for day in range(2):
        start = datetime.combine(FIRST + timedelta(days=day), time(dice.randint(8, 10), dice.choice((0, 20, 40))), ZONE)
        yield m.Span(start, start + timedelta(minutes=45))


def exhaustive(asked: m.Problem) -> tuple[int, ...] | None:
    """The best value of all plans there are, by trying them."""
    several = []
    for each in asked.needs:
        starts = [asked.instant(day * m.SLOTS + slot) for day in range(asked.days) for slot in range(8 * 12, 12 * 12)]
        visits = [
            m.Visit(each.id, start, start + timedelta(minutes=each.minutes), option.site, (("clinician", who),), option.cost)
            for start in starts
            for option in each.options
            for who in option.roles[0].anyone
        ]
        sound = [visit for visit in visits if not list(checker.alone(asked, visit))]
        several.append(list({(visit.start, visit.site): visit for visit in sound}.values()))
    found = None
    for chosen in itertools.product(*several):
        if not checker.faults(asked, chosen):
            worth = checker.values(asked, chosen)
            value = tuple(worth[name] for name in asked.order)
            found = value if found is None or value < found else found
    return found


def measure(count: int, *, sizes: tuple[Size, ...] = SIZES, beside: int = 10) -> bool:
    """Solve `count` problems of each size as the worker does and print how long the answers took, and how many of them are proved.

    Whether every goal was reached, everything was answered and nothing was wrong.
    """
    say(f"\nVisits planned together, as the worker plans them: at most {SECONDS} s to the best plan, proved or with its bound\n")
    say(f"  {'size':8} {'p50 s':>7} {'p95 s':>7} {'max s':>7} {'goal s':>7}   needs × actors × days")
    reached = True
    for size in sizes:
        seconds, cpu, statuses, faults, stuck = [], [], [], 0, 0
        for seed in range(count):
            asked = problem(size, seed)
            began = clock.process_time()
            plan = solver.plan(asked, seconds=SECONDS)
            cpu.append(clock.process_time() - began)
            seconds.append(plan.seconds)
            statuses.append(plan.status)
            faults += bool(plan.visits and checker.faults(asked, plan.visits))
            stuck += bool(plan.visits and onebyone.book(asked).stuck)
        p50, p95 = statistics.median(seconds), sorted(seconds)[max(0, -(-len(seconds) * 95 // 100) - 1)]
        say(f"  {size.name:8} {p50:7.2f} {p95:7.2f} {max(seconds):7.2f} {size.goal:7.1f}   {size.needs} × {size.actors} × {size.days}")
        best, impossible, known, open_ = (statuses.count(each) for each in (m.OPTIMAL, m.IMPOSSIBLE, m.BEST_KNOWN, m.UNKNOWN))
        say(f"           {best} proved best, {impossible} proved impossible, {known} best known with a bound, {open_} without an answer")
        say(f"           {statistics.median(cpu):.2f} s of processor")
        say(f"           {faults} faults found by the checker; booking one by one gets stuck on {stuck}")
        reached &= p95 <= size.goal and not faults and not open_ and not (size.proved and known)
    wrong = sum(differs(small(seed)) for seed in range(beside))
    say(f"  small    {beside} problems searched exhaustively, {wrong} differ")
    return reached and not wrong


def differs(asked: m.Problem) -> bool:
    """Whether the planner and exhaustive search disagree."""
    plan, best = solver.plan(asked), exhaustive(asked)
    return (tuple(plan.values[name] for name in asked.order) if plan.visits else None) != best


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
