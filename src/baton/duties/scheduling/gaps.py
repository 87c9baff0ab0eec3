"""Where each need could go, before anything is solved: starts as bitmaps over (day, slot), cut into gaps. Pure, no solver.

Interchangeable actors of a role are OR-ed, roles AND-ed, and the wishes about one need alone laid over them. So the search never looks
at clinician × room × interpreter, and a patient's own no-overlap makes that of the actors redundant: the database has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property

from baton.duties.scheduling.model import (
    MINUTES,
    SLOTS,
    Attended,
    Busy,
    Need,
    Option,
    Problem,
    Reach,
    Role,
    SamePerson,
    Span,
    TimeOfDay,
    Visit,
    Window,
    Wish,
)

MARGIN = SLOTS
"""Bitmaps of the patient's own time begin a day early and end a day late, so that a way there or back can leave the days looked at."""
ONES = re.compile("1+")


@dataclass(frozen=True, slots=True)
class Gap:
    """Possible starts `lo`..`hi` (slots of the day, both included) on one day, in one class, and the wishes they break."""

    day: int
    lo: int
    hi: int
    site: str
    persons: tuple[tuple[str, str], ...] = ()
    cost: int = 0
    reserve: int = 0
    broken: frozenset[str] = frozenset()


def calendar_key(need: Need) -> str:
    """The key under which the calendars of a need stand in the way."""
    return f"calendar:{need.id}"


def slot_of(problem: Problem, instant: datetime, *, up: bool) -> int:
    """The slot of an instant on the facility's wall, rounded up or down."""
    local = instant.astimezone(problem.zone)
    seconds = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
    days = (local.date() - problem.first_day).days
    whole = int(seconds // (60 * MINUTES))
    return days * SLOTS + whole + (1 if up and seconds > whole * 60 * MINUTES else 0)


def block(lo: int, hi: int) -> int:
    """Ones from lo up to hi."""
    lo = max(lo, 0)
    return ((1 << (hi - lo)) - 1) << lo if hi > lo else 0


def runs(bits: int, length: int) -> int:
    """The starts from which `length` ones follow."""
    have = 1
    while have < length and bits:
        step = min(have, length - have)
        bits &= bits >> step
        have += step
    return bits


class Ground:
    """A problem's calendars and wishes as bitmaps, each worked out once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.size = problem.days * SLOTS
        self.all = block(0, self.size)
        self._free: dict[tuple[str, bool], int] = {}
        self._own: dict[str, int] = {}
        self._actors = {actor.id: actor for actor in problem.actors}

    def spans(self, spans: Collection[Span]) -> int:
        """Whole slots inside these spans."""
        bits = 0
        for span in spans:
            lo, hi = slot_of(self.problem, span.start, up=True), slot_of(self.problem, span.end, up=False)
            bits |= block(max(lo, 0), min(hi, self.size))
        return bits

    def free(self, actor: str, reserve: bool) -> int:
        """When an actor is free, with or without what is kept for the urgent."""
        if (actor, reserve) not in self._free:
            found = self._actors[actor]
            bits = self.spans(found.free)
            self._free[actor, reserve] = bits if reserve else bits & ~self.spans(found.reserve)
        return self._free[actor, reserve]

    def role(self, role: Role, length: int, reserve: bool) -> int:
        """Starts at which somebody can take the role for that long."""
        bits = 0
        for actor in role.anyone:
            bits |= runs(self.free(actor, reserve), length)
        return bits

    def within_a_day(self, length: int) -> int:
        """Starts that end on the day they begin."""
        one = block(0, SLOTS - length + 1)
        bits = 0
        for day in range(self.problem.days):
            bits |= one << (day * SLOTS)
        return bits

    @cached_property
    def taken(self) -> int:
        """When the patient is booked already, on the wider bitmap; a slot begun is taken."""
        bits = 0
        for span in self.problem.taken:
            lo, hi = slot_of(self.problem, span.start, up=False), slot_of(self.problem, span.end, up=True)
            bits |= block(lo + MARGIN, min(hi, self.size + MARGIN) + MARGIN)
        return bits

    def own(self, wish: Busy | Reach) -> int:
        """When the wish leaves the patient free, on the wider bitmap."""
        if wish.key not in self._own:
            days = [day for day in range(-1, self.problem.days + 1) if concerns(wish, self.problem, day)]
            hours = 0
            for day in days:
                at = (day + 1) * SLOTS
                hours |= block(at + of_day(wish.start, up=isinstance(wish, Reach)), at + until(wish.end, up=isinstance(wish, Busy)))
            self._own[wish.key] = block(0, self.size + 2 * MARGIN) & (~hours if isinstance(wish, Busy) else hours)
        return self._own[wish.key]

    def away(self, free: int, need: Need, site: str) -> int:
        """Starts at which the patient is free from leaving home until back."""
        out, home = ways(self.problem, site)
        return (runs(free, out + need.slots + home) << out) >> MARGIN & self.all

    def allowed(self, wish: Wish, need: Need, option: Option) -> int | None:
        """Starts that a wish about one need allows; None when it is not about this one."""
        if isinstance(wish, Busy | Reach):
            return self.away(self.own(wish), need, option.site)
        if isinstance(wish, Attended):
            roles = [role for role in option.roles if role.code == wish.role]
            return self.calendars(roles, need, True) if roles else None
        if isinstance(wish, Window) and wish.need == need.id:
            lo = slot_of(self.problem, wish.not_before, up=True) if wish.not_before else 0
            hi = slot_of(self.problem, wish.not_after, up=False) if wish.not_after else self.size
            return block(lo, min(hi, self.size) - need.slots + 1)
        if isinstance(wish, TimeOfDay) and wish.need == need.id:
            lo = of_day(wish.start_from, up=True) if wish.start_from else 0
            hi = of_day(wish.start_until, up=False) if wish.start_until else SLOTS - 1
            bits = 0
            for day in range(self.problem.days):
                bits |= block(day * SLOTS + lo, day * SLOTS + hi + 1)
            return bits
        return None

    def calendars(self, roles: Sequence[Role], need: Need, reserve: bool) -> int:
        """Starts at which every one of these roles can be taken."""
        bits = self.all
        for role in roles:
            bits &= self.role(role, need.slots, reserve)
        return bits


def concerns(wish: Busy | Reach, problem: Problem, number: int) -> bool:
    """Whether the wish speaks of that day."""
    day = problem.first_day + timedelta(days=number)
    if isinstance(wish, Reach):
        return day.weekday() in wish.weekdays
    return day == wish.day if wish.day else wish.weekday is None or day.weekday() == wish.weekday


def of_day(moment: time, *, up: bool) -> int:
    """A time of day as a slot."""
    minutes = moment.hour * 60 + moment.minute
    return -(-minutes // MINUTES) if up else minutes // MINUTES


def until(moment: time, *, up: bool) -> int:
    """A time of day as the end of something; midnight ends the day."""
    return SLOTS if moment == time(0) else of_day(moment, up=up)


def ways(problem: Problem, site: str) -> tuple[int, int]:
    """Slots from home to a site and back."""
    return -(-problem.way("home", site) // MINUTES), -(-problem.way(site, "home") // MINUTES)


def gaps(ground: Ground, need: Need, wishes: Sequence[Wish], *, soft: Collection[str] = ()) -> list[Gap]:
    """The gaps of a need under these wishes. A gap may break wishes (or the calendars) named in `soft`, and then says so."""
    best: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[int, int, frozenset[str], int]]] = {}
    for option, persons in ways_to_meet(need, wishes):
        for reserve, broken, bits in option_starts(ground, need, option, wishes, soft):
            best.setdefault((option.site, persons), []).append((0 if soft else option.cost, reserve, broken, bits))
    found: list[Gap] = []
    for (site, persons), classes in best.items():
        classes.sort(key=lambda each: (len(each[2]), each[0], each[1]))
        for number, (cost, reserve, broken, bits) in enumerate(classes):
            for other in classes[:number]:  # what can be had for less is not offered for more
                if other[0] <= cost and other[1] <= reserve and other[2] <= broken:
                    bits &= ~other[3]
            found += (Gap(day, lo, hi, site, persons, cost, reserve, broken) for day, lo, hi in stretches(bits))
            classes[number] = (cost, reserve, broken, bits)
    return found


def ways_to_meet(need: Need, wishes: Sequence[Wish]) -> Iterator[tuple[Option, tuple[tuple[str, str], ...]]]:
    """The options of a need; where it matters who it is, one for each."""
    roles = {wish.role for wish in wishes if isinstance(wish, SamePerson) and need.id in wish.needs}
    for option in need.options:
        several: list[tuple[tuple[Role, ...], tuple[tuple[str, str], ...]]] = [((), ())]
        for role in option.roles:
            each: list[tuple[tuple[Role, ...], tuple[tuple[str, str], ...]]]
            if role.code in roles:
                each = [((Role(role.code, (actor,), role.optional),), ((role.code, actor),)) for actor in role.anyone]
            else:
                each = [((role,), ())]
            several = [(before + chosen, persons + person) for before, persons in several for chosen, person in each]
        for chosen, persons in several:
            yield Option(option.site, chosen, option.cost), persons


def option_starts(
    ground: Ground, need: Need, option: Option, wishes: Sequence[Wish], soft: Collection[str]
) -> Iterator[tuple[int, frozenset[str], int]]:
    """(uses time kept for the urgent, wishes broken, starts) of one option; each start once."""
    attended = {wish.role for wish in wishes if isinstance(wish, Attended)}
    hard = [role for role in option.roles if not role.optional]
    laid = [(wish.key, bits) for wish in wishes if (bits := ground.allowed(wish, need, option)) is not None]
    start = ground.within_a_day(need.slots) & ground.away(block(0, ground.size + 2 * MARGIN) & ~ground.taken, need, option.site)
    calendar = ground.calendars(hard, need, True)
    if calendar_key(need) in soft:
        laid.append((calendar_key(need), calendar))
    else:
        start &= calendar
    masks: dict[frozenset[str], int] = {frozenset(): start}
    for key, bits in laid:
        split: dict[frozenset[str], int] = {}
        for broken, starts in masks.items():
            for mask, part in ((broken, starts & bits), (broken | {key}, starts & ~bits if key in soft else 0)):
                if part:
                    split[mask] = split.get(mask, 0) | part
        masks = split
    if soft:
        yield from ((0, broken, bits) for broken, bits in masks.items())
        return
    attending = [role for role in option.roles if role.optional and role.code in attended]
    spare = ground.calendars([*hard, *attending], need, False)
    for broken, bits in masks.items():
        yield from ((cost, broken, part) for cost, part in ((0, bits & spare), (1, bits & ~spare)) if part)


def stretches(bits: int) -> Iterator[tuple[int, int, int]]:
    """Maximal runs of ones as (day, first slot, last slot), cut at midnight."""
    text = bin(bits)[:1:-1]
    for found in ONES.finditer(text):
        lo, hi = found.start(), found.end() - 1
        while lo <= hi:
            day = lo // SLOTS
            last = min(hi, (day + 1) * SLOTS - 1)
            yield day, lo - day * SLOTS, last - day * SLOTS
            lo = last + 1


def visit(ground: Ground, need: Need, wishes: Sequence[Wish], gap: Gap, slot: int) -> Visit:
    """A need placed at a slot of one of its gaps: somebody is named for each role, sparing what is kept for the urgent."""
    problem = ground.problem
    attended = {wish.role for wish in wishes if isinstance(wish, Attended)}
    at = gap.day * SLOTS + slot
    for option, persons in ways_to_meet(need, wishes):
        if (option.site, persons, option.cost) != (gap.site, gap.persons, gap.cost):
            continue
        roles = [role for role in option.roles if role.code in attended or not role.optional]
        named = [(role.code, who) for role in roles if (who := taker(ground, role, at, need.slots, bool(gap.reserve)))]
        if len(named) == len(roles):
            start = problem.instant(at)
            return Visit(need.id, start, start + timedelta(minutes=need.minutes), option.site, tuple(named), option.cost)
    raise LookupError(f"nobody is free for {need.id} in its own gap")


def taker(ground: Ground, role: Role, slot: int, length: int, reserve: bool) -> str | None:
    """The first of a role's actors who is free from a slot on for that long; out of time kept for the urgent only when nobody else is."""
    whole = block(slot, slot + length)
    for with_reserve in (False, True) if reserve else (False,):
        for actor in role.anyone:
            if ground.free(actor, with_reserve) & whole == whole:
                return actor
    return None
