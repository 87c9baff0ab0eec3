"""Whether a plan is what was asked for, worked out anew from instants: it shares no code with the search. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import combinations

from baton.duties.scheduling.model import (
    EARLIER,
    FINISH,
    HOME,
    LATENESS,
    MINUTES,
    PREFERENCE,
    RESERVE_COST,
    TRIPS,
    WAITING,
    Actor,
    Attended,
    Busy,
    DifferentDays,
    Option,
    Order,
    Problem,
    Reach,
    SameDay,
    SamePerson,
    SameSite,
    Span,
    TimeOfDay,
    Visit,
    Window,
    Wish,
)
from baton.rules.calendar import add_business_days

Placed = Mapping[str, Visit]


def faults(problem: Problem, visits: Sequence[Visit]) -> list[str]:
    """What is wrong with a plan, one line each; none when it is sound: every need once, everybody free, every wish kept."""
    placed = {visit.need: visit for visit in visits}
    wrong = []
    if sorted(placed) != sorted(need.id for need in problem.needs) or len(placed) != len(visits):
        wrong.append("every need has one visit")
        return wrong
    wrong += [fault for visit in visits for fault in alone(problem, visit)]
    wrong += [
        f"{one.need} and {other.need} cannot both be reached" for one, other in combinations(visits, 2) if not apart(problem, one, other)
    ]
    wrong += [f"broken: {wish.key}" for wish in problem.wishes if not kept(problem, wish, placed)]
    return wrong


def alone(problem: Problem, visit: Visit) -> Iterator[str]:
    """What is wrong with one visit by itself."""
    need = problem.need(visit.need)
    start, end = visit.start.astimezone(problem.zone), visit.end.astimezone(problem.zone)
    if (start.hour * 60 + start.minute) % MINUTES or start.second or start.microsecond:
        yield f"{visit.need} starts off the grain"
    if not problem.first_day <= start.date() < problem.first_day + timedelta(days=problem.days):
        yield f"{visit.need} is outside the days looked at"
    if end - start != timedelta(minutes=need.minutes) or (end - timedelta(seconds=1)).date() != start.date():
        yield f"{visit.need} has the wrong length"
    if not any(fits(option, visit) for option in need.options):
        yield f"{visit.need} is met in none of its ways"
    actors = {actor.id: actor for actor in problem.actors}
    padded = start, start + timedelta(minutes=need.slots * MINUTES)
    for _, actor in visit.actors:
        if not covered(actors[actor].free, *padded):
            yield f"{actor} is not free for {visit.need}"
    if any(span.start < back and leave < span.end for span in problem.taken for leave, back in [away(problem, visit)]):
        yield f"the patient is booked already at the time of {visit.need}"


def fits(option: Option, visit: Visit) -> bool:
    """Whether a visit is this way of meeting its need; an optional role may be missing."""
    named = dict(visit.actors)
    return (
        option.site == visit.site
        and option.cost == visit.cost
        and all(named[role.code] in role.anyone if role.code in named else role.optional for role in option.roles)
    )


def covered(spans: Sequence[Span], start: datetime, end: datetime) -> bool:
    """Whether spans that may touch or overlap cover the time from start to end."""
    at = start
    for span in sorted(spans, key=lambda each: each.start):
        if span.start <= at < span.end:
            at = span.end
    return at >= end


def way(problem: Problem, here: str, there: str) -> timedelta:
    """The way between two sites, in whole slots."""
    return timedelta(minutes=-(-problem.way(here, there) // MINUTES) * MINUTES)


def length(problem: Problem, visit: Visit) -> timedelta:
    """The time a visit takes, in whole slots."""
    return timedelta(minutes=problem.need(visit.need).slots * MINUTES)


def away(problem: Problem, visit: Visit) -> tuple[datetime, datetime]:
    """From leaving home for this visit alone until back from it."""
    return visit.start - way(problem, HOME, visit.site), visit.start + length(problem, visit) + way(problem, visit.site, HOME)


def apart(problem: Problem, one: Visit, other: Visit) -> bool:
    """Whether the patient can be at both."""
    first, then = sorted((one, other), key=lambda visit: visit.start)
    return then.start >= first.start + length(problem, first) + way(problem, first.site, then.site)


# --- wishes ----------------------------------------------------------------------------------------------------------------------


def kept(problem: Problem, wish: Wish, placed: Placed) -> bool:
    """Whether a plan keeps a wish; what it speaks of and is not there breaks nothing."""
    check = CHECKS[type(wish)]
    return bool(check(problem, wish, placed))


def local(problem: Problem, moment: datetime) -> datetime:
    """The moment on the facility's wall."""
    return moment.astimezone(problem.zone)


def _window(problem: Problem, wish: Window, placed: Placed) -> bool:
    visit = placed.get(wish.need)
    if visit is None:
        return True
    early = wish.not_before is not None and visit.start < wish.not_before
    late = wish.not_after is not None and visit.start + length(problem, visit) > wish.not_after
    return not early and not late


def _time_of_day(problem: Problem, wish: TimeOfDay, placed: Placed) -> bool:
    visit = placed.get(wish.need)
    at = local(problem, visit.start).time() if visit else None
    return at is None or ((wish.start_from is None or at >= wish.start_from) and (wish.start_until is None or at <= wish.start_until))


def _hours(problem: Problem, wish: Busy | Reach, day: date) -> tuple[datetime, datetime]:
    end = (
        datetime.combine(day, wish.end, problem.zone)
        if wish.end != time(0)
        else datetime.combine(day + timedelta(days=1), time(0), problem.zone)
    )
    return datetime.combine(day, wish.start, problem.zone), end


def _busy(problem: Problem, wish: Busy, placed: Placed) -> bool:
    for visit in placed.values():
        leave, back = away(problem, visit)
        for shift in (-1, 0, 1):
            day = local(problem, visit.start).date() + timedelta(days=shift)
            if (wish.day or day) != day or (wish.day is None and wish.weekday not in (None, day.weekday())):
                continue
            start, end = _hours(problem, wish, day)
            if leave < end and start < back:
                return False
    return True


def _reach(problem: Problem, wish: Reach, placed: Placed) -> bool:
    for visit in placed.values():
        leave, back = away(problem, visit)
        day = local(problem, visit.start).date()
        start, end = _hours(problem, wish, day)
        if day.weekday() not in wish.weekdays or leave < start or back > end:
            return False
    return True


def _attended(problem: Problem, wish: Attended, placed: Placed) -> bool:
    for visit in placed.values():
        options = [option for option in problem.need(visit.need).options if fits(option, visit)]
        asked = options and all(wish.role in {role.code for role in option.roles} for option in options)
        if asked and wish.role not in dict(visit.actors):
            return False
    return True


def _order(problem: Problem, wish: Order, placed: Placed) -> bool:
    first, then = placed.get(wish.first), placed.get(wish.then)
    if first is None or then is None:
        return True
    between = then.start - (first.start + length(problem, first))
    day, other = local(problem, first.start).date(), local(problem, then.start).date()
    return all(
        (
            between >= timedelta(minutes=-(-wish.min_minutes // MINUTES) * MINUTES),
            wish.max_minutes is None or between <= timedelta(minutes=wish.max_minutes),
            wish.min_days is None or (other - day).days >= wish.min_days,
            wish.max_days is None or (other - day).days <= wish.max_days,
            wish.min_business_days is None or other >= add_business_days(day, wish.min_business_days, problem.calendar).value,
            wish.max_business_days is None or other <= add_business_days(day, wish.max_business_days, problem.calendar).value,
        )
    )


def _several(
    value: Callable[[Problem, Visit], object], alike: bool
) -> Callable[[Problem, SameDay | DifferentDays | SameSite, Placed], bool]:
    def check(problem: Problem, wish: SameDay | DifferentDays | SameSite, placed: Placed) -> bool:
        found = [value(problem, placed[need]) for need in wish.needs if need in placed]
        return len(set(found)) <= 1 if alike else len(set(found)) == len(found)

    return check


def _same_person(problem: Problem, wish: SamePerson, placed: Placed) -> bool:
    return len({dict(placed[need].actors).get(wish.role) for need in wish.needs if need in placed}) <= 1


CHECKS: Mapping[type, Callable[..., object]] = {
    Window: _window,
    TimeOfDay: _time_of_day,
    Busy: _busy,
    Reach: _reach,
    Attended: _attended,
    Order: _order,
    SameDay: _several(lambda problem, visit: local(problem, visit.start).date(), True),
    DifferentDays: _several(lambda problem, visit: local(problem, visit.start).date(), False),
    SameSite: _several(lambda _, visit: visit.site, True),
    SamePerson: _same_person,
}


# --- what it is worth ------------------------------------------------------------------------------------------------------------


def values(problem: Problem, visits: Sequence[Visit]) -> dict[str, int]:
    """The six parts of what matters, by name; waiting and travelling in minutes."""
    days = {visit.need: (local(problem, visit.start).date() - problem.first_day).days for visit in visits}
    late = 0
    for need in problem.needs:
        if need.wanted_by and need.id in days:
            late += need.urgency * max(0, (problem.day(days[need.id]) - need.wanted_by).days)
    return {
        LATENESS: late,
        FINISH: max(days.values(), default=0),
        TRIPS: len({days[visit.need] for visit in visits if visit.site != HOME}),
        WAITING: waited(problem, visits),
        PREFERENCE: sum(visit.cost for visit in visits),
        EARLIER: sum(days.values()) + RESERVE_COST * sum(uses_reserve(problem, visit) for visit in visits),
    }


def waited(problem: Problem, visits: Sequence[Visit]) -> int:
    """Minutes between leaving home and being back that are not care, over all days."""
    total = timedelta(0)
    outside = [visit for visit in visits if visit.site != HOME]
    for day in {local(problem, visit.start).date() for visit in outside}:
        today = [visit for visit in outside if local(problem, visit.start).date() == day]
        trips = [away(problem, visit) for visit in today]
        total += (
            max(back for _, back in trips)
            - min(leave for leave, _ in trips)
            - sum((length(problem, visit) for visit in today), timedelta(0))
        )
    return int(total.total_seconds()) // 60


def uses_reserve(problem: Problem, visit: Visit) -> bool:
    """Whether somebody's time is used that is kept for the urgent."""
    actors = {actor.id: actor for actor in problem.actors}
    end = visit.start + length(problem, visit)
    return any(_touches(actors[actor], visit.start, end) for _, actor in visit.actors)


def _touches(actor: Actor, start: datetime, end: datetime) -> bool:
    return any(span.start < end and start < span.end for span in actor.reserve)
