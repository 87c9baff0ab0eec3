"""What a patient weighs (how pressing × minutes a week), and who among several should take them, and why. Table: data/workload.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from baton.rules.tables import Row, table

TABLE = "workload"
BANDS = ("low", "medium", "high")
"""How pressing a patient is; their places are their numbers."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The table as arithmetic needs it: by band its weight and the number of open promises that reaches it; by kind minutes and band."""

    weight: tuple[float, ...]
    open: tuple[int, ...]
    minutes: Mapping[str, float]
    bands: Mapping[str, int]
    each: float
    other: float
    capacity: float
    full: int
    even: int
    settling: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a patient. `load` and `capacity` are minutes a week."""

    person: str
    languages: frozenset[str]
    skills: frozenset[str]
    load: float
    capacity: float


@dataclass(frozen=True, slots=True)
class Need:
    """What a patient needs of whoever takes them. `known_to`: who cared for them before; `load`: the minutes they weigh."""

    language: str | None
    skills: frozenset[str]
    known_to: frozenset[str]
    load: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code: language, skill, knows, load (the percent after), over (likewise), no-language, no-skill."""

    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody for a patient: how good a match, and why."""

    person: str
    points: float
    reasons: tuple[Reason, ...]


def weights(day: date) -> Weights:
    """The table in force on a day."""
    rows = {row.code: row for row in table(TABLE).in_force(day)}
    bands = [rows[band] for band in BANDS]
    return Weights(
        weight=tuple(float(row.values["weight"]) for row in bands),
        open=tuple(int(row.values["open"]) for row in bands),
        minutes={code: float(row.values["effort"]) for code, row in rows.items() if "effort" in row.values},
        bands={kind: place for place, row in enumerate(bands) for kind in row.values["kinds"]},
        each=float(rows["each-patient"].values["minutes"]),
        other=float(rows["any-other"].values["minutes"]),
        capacity=float(rows["capacity"].values["minutes"]),
        full=int(rows["full"].values["percent"]),
        even=int(rows["even"].values["percent"]),
        settling=int(rows["settling-days"].values["days"]),
    )


def band(kinds: Sequence[str], known: Weights) -> int:
    """How pressing somebody with these open promises is."""
    by_count = max(place for place, least in enumerate(known.open) if len(kinds) >= least)
    return max([by_count, *(known.bands.get(kind, 0) for kind in kinds)])


def minutes(kinds: Iterable[str], known: Weights) -> float:
    """The minutes a week somebody with these open promises takes, unweighed."""
    return known.each + sum(known.minutes.get(kind, known.other) for kind in kinds)


def load(kinds: Sequence[str], day: date) -> float:
    """What somebody with these open promises weighs."""
    known = weights(day)
    return known.weight[band(kinds, known)] * minutes(kinds, known)


def skills_for(conditions: Iterable[tuple[str | None, str]], age: int | None, day: date) -> frozenset[str]:
    """The skills that somebody's problems (system and code) and age ask for."""
    coded = set(conditions)

    def asks(row: Row) -> bool:
        if "under" in row.values:
            return age is not None and age < int(row.values["under"])
        return any((row.values["system"], code) in coded for code in row.values["conditions"])

    return frozenset(str(row.values["skill"]) for row in table(TABLE).in_force(day) if "skill" in row.values and asks(row))


def suggest(need: Need, among: Iterable[Candidate], day: date) -> list[Suggestion]:
    """Who should take a patient, the best first, each with its reasons; ties go to whoever has most time left, then by reference."""
    points = {row.code: float(row.values["points"]) for row in table(TABLE).in_force(day) if "points" in row.values}
    full = weights(day).full
    found = [(_judged(need, each, points, full), each) for each in among]
    found.sort(key=lambda pair: (-pair[0].points, pair[1].load / pair[1].capacity, pair[1].person))
    return [suggestion for suggestion, _ in found]


def _judged(need: Need, who: Candidate, points: Mapping[str, float], full: int) -> Suggestion:
    total, reasons = 0.0, list[Reason]()
    if need.language and need.language != "en":
        speaks = need.language in who.languages
        total += points["points-language"] * speaks
        reasons.append(Reason("language" if speaks else "no-language", need.language))
    if who.person in need.known_to:
        total += points["points-continuity"]
        reasons.append(Reason("knows"))
    for skill in sorted(need.skills):
        total += points["points-skill"] * (skill in who.skills)
        reasons.append(Reason("skill" if skill in who.skills else "no-skill", skill))
    after = percent(who.load + need.load, who.capacity)
    total += points["points-over"] if after > full else points["points-load"] * max(0.0, 1 - after / 100)
    reasons.append(Reason("over" if after > full else "load", str(after)))
    return Suggestion(who.person, round(total, 2), tuple(reasons))


def percent(load: float, capacity: float) -> int:
    """A load as percent of what somebody can carry; nothing to carry with is full."""
    return round(100 * load / capacity) if capacity > 0 else 100 if load else 0
