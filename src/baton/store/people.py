"""Find: the people meant by what was typed or heard, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import jellyfish

from baton.store import words
from baton.store.codes import TYPE_CODE, param_code, table
from baton.store.conditions import Where, allow
from baton.store.wall import wall
from baton.store.who import Stored

if TYPE_CHECKING:
    from baton.store.view import View

CANDIDATES = 200
"""How many are weighed at most in one way of looking."""
MOST_WORDS = 6
ENOUGH = 10
"""From so many on, no further way is tried."""
_MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_MONTHS |= {"ene": 1, "abr": 4, "ago": 8, "dic": 12}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})")
_WORDED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?\s+(?:de\s+)?([a-z]{3,10})\.?,?|([a-z]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?)\s+(?:de\s+)?(\d{4})"
)


def birth_dates(text: str, today: date) -> tuple[list[date], str]:
    """The days a birth date in the text may mean (3/4/1955: 4 March, then 3 April), and the text without it."""
    low = text.lower()
    if found := _ISO.search(low):
        return _days([(int(found[1]), int(found[2]), int(found[3]))]), _without(low, found)
    if found := _SLASHED.search(low):
        year = int(found[3])
        if year < 100:
            year += 2000 if 2000 + year <= today.year else 1900
        first, second = int(found[1]), int(found[2])
        return _days([(year, first, second), (year, second, first)]), _without(low, found)
    if found := _WORDED.search(low):
        month = _MONTHS.get((found[2] or found[3])[:3])
        if month:
            return _days([(int(found[5]), month, int(found[1] or found[4]))]), _without(low, found)
    return [], text


def _days(tried: Iterable[tuple[int, int, int]]) -> list[date]:
    found: list[date] = []
    for year, month, day in tried:
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}".strip()


def patients(view: View, text: str, limit: int = 20) -> list[tuple[float, Stored]]:
    """Patients meant by names in any order, parts or misspelt, a birth date, an identifier or a telephone number, with a score from 0 to 1.

    Several things said at once all weigh. Only patients theirs to see; the look is recorded.
    """
    days, rest = birth_dates(text, view.now.astimezone(view.zone).date())
    return _find(view, "Patient", rest, days, limit)


def people(view: View, text: str, limit: int = 20) -> list[tuple[float, Stored]]:
    """Practitioners meant by what was typed, with a score from 0 to 1."""
    return _find(view, "Practitioner", text, [], limit)


def _find(view: View, type_: str, text: str, days: list[date], limit: int) -> list[tuple[float, Stored]]:
    sought = words.words(text)
    digits = words.digits(text)
    scores: dict[int, float] = {}
    if digits and not days and len(text.strip()) >= 4:
        _by_number(view, type_, text, digits, scores)
    names = [word for word in sought if not any(c.isdigit() for c in word)][:MOST_WORDS]
    if names:
        for rid, score in _by_name(view, type_, names).items():
            scores[rid] = max(scores.get(rid, 0), score)
    if days:
        born = _born_on(view, type_, days)
        scores = {rid: scores.get(rid, 0.6 if not names else 0) for rid in born} | {
            rid: s * 0.6 for rid, s in scores.items() if rid not in born
        }
        for rid, rank in born.items():
            scores[rid] = min(1.0, scores[rid] + (0.4 if rank == 0 else 0.3))
    best = sorted(((score, rid) for rid, score in scores.items() if score > 0.5), key=lambda each: (-each[0], -each[1]))[: limit * 2]
    return _bodies(view, type_, best, limit)


def _start(type_: str) -> Where:
    where = Where()
    where.parts.append(f"n.type = {TYPE_CODE[type_]}")
    return where


def _candidates(view: View, type_: str, where: Where, condition: str) -> list[tuple[int, str]]:
    """(rid, value) of matching rows of people who are theirs to see."""
    where.parts.append(condition)
    allow(view, where, type_)
    statement = (
        f"select n.rid, n.value from name n join {table(type_)} r on r.type = {TYPE_CODE[type_]} and r.rid = n.rid and not r.gone"  # noqa: S608
        f" where {where.sql()} and {wall(TYPE_CODE[type_])} limit {CANDIDATES}"
    )
    return [(int(rid or 0), (value or b"").decode()) for rid, value in view.rows(statement, where.params)]


def _by_number(view: View, type_: str, text: str, digits: str, scores: dict[int, float]) -> None:
    sought = words.normal(text)
    where = _start(type_)
    value = where.param(sought, "text")
    beyond = where.param(sought + "\U0010ffff", "text")
    for rid, found in _candidates(
        view, type_, where, f"n.param = {param_code(words.NUMBER)} and n.value >= {value} and n.value < {beyond}"
    ):
        scores[rid] = max(scores.get(rid, 0), 1.0 if found == sought else 0.8)
    if len(digits) >= 7:
        where = _start(type_)
        ends = [digits] if len(digits) <= 10 else [digits, digits[:10]]
        asked = " or ".join(f"(n.value >= {where.param(each, 'text')} and n.value < {where.param(each + ':', 'text')})" for each in ends)
        for rid, found in _candidates(view, type_, where, f"n.param = {param_code(words.PHONE)} and ({asked})"):
            scores[rid] = max(scores.get(rid, 0), 0.95 if len(found) == len(digits) else 0.9)


def _by_name(view: View, type_: str, names: list[str]) -> dict[int, float]:
    """Those who answer to every word by its beginning; if they are few, by its sound; if none does, those who answer to any word.

    Then each word typed is weighed against each of theirs.
    """
    found: dict[int, float] = {}
    for together, heard in ((True, False), (True, True), (False, True)):
        if len(found) < ENOUGH and not (found and not together) and not (not together and len(names) == 1):
            found |= _answering(view, type_, names, together=together, heard=heard)
    return found


def _answering(view: View, type_: str, names: list[str], *, together: bool, heard: bool) -> dict[int, float]:
    where = Where()
    asked = []
    for word in names:
        first, beyond = where.param(word, "text"), where.param(word + _Z, "text")
        ways = [f"n.param = {param_code(words.WORD)} and n.value >= {first} and n.value < {beyond}"]
        if heard and (sounds := words.sounds(word)):
            ways.append(f"n.param = {param_code(words.SOUND)} and n.value = any({where.texts(sounds)})")
        of_word = " union all ".join(f"select n.rid from name n where n.type = {TYPE_CODE[type_]} and {way}" for way in ways)  # noqa: S608
        asked.append(f"({of_word})")
    sets = " intersect ".join(asked) if together else " union ".join(asked)
    allow(view, where, type_)
    statement = f"""
        with top as materialized (
            select r.rid from ({sets}) c join {table(type_)} r on r.type = {TYPE_CODE[type_]} and r.rid = c.rid and not r.gone
            where {where.sql()} and {wall(TYPE_CODE[type_])} limit {CANDIDATES}
        )
        select n.rid, string_agg(n.value, ' ') from top join name n on n.rid = top.rid and n.param = {param_code(words.WORD)} group by n.rid
    """  # noqa: S608
    return {int(rid or 0): _likeness(names, (value or b"").decode().split()) for rid, value in view.rows(statement, where.params)}


_Z = "\U0010ffff"


def _likeness(sought: list[str], theirs: list[str]) -> float:
    """The mean over the words typed of how well the best of their words fits, each of theirs used once."""
    left = list(theirs)
    total = 0.0
    for word in sorted(sought, key=len, reverse=True):
        best, chosen = 0.0, None
        for candidate in left:
            likeness = _fits(word, candidate)
            if likeness > best:
                best, chosen = likeness, candidate
        if chosen is not None:
            left.remove(chosen)
        total += best
    return total / len(sought)


def _fits(word: str, candidate: str) -> float:
    if word == candidate:
        return 1.0
    if candidate.startswith(word):
        return 0.9 + 0.08 * len(word) / len(candidate)
    likeness = jellyfish.jaro_winkler_similarity(word, candidate)
    if set(words.sounds(word)) & set(words.sounds(candidate)):
        likeness = max(likeness, 0.75) + 0.05
    return min(likeness, 0.95) if likeness >= 0.7 else 0.0


def _born_on(view: View, type_: str, days: list[date]) -> dict[int, int]:
    """rid → which of the days meant (0 the likeliest)."""
    found: dict[int, int] = {}
    for rank, day in enumerate(days):
        where = Where()
        lo = datetime.combine(day, time(), view.zone)
        start, end = where.param(lo.isoformat(), "timestamptz"), where.param((lo + timedelta(days=1)).isoformat(), "timestamptz")
        where.parts.append(f"r.type = {TYPE_CODE[type_]} and not r.gone and r.date_lo >= {start} and r.date_lo < {end}")
        allow(view, where, type_)
        statement = f"select r.rid from {table(type_)} r where {where.sql()} and {wall(TYPE_CODE[type_])} limit {CANDIDATES}"  # noqa: S608
        for (rid,) in view.rows(statement, where.params):
            found.setdefault(int(rid or 0), rank)
    return found


def _bodies(view: View, type_: str, best: list[tuple[float, int]], limit: int) -> list[tuple[float, Stored]]:
    if not best:
        return []
    where = Where()
    best = best[:limit]
    keys = where.numbers(rid for _, rid in best)
    statement = (
        f"select r.rid, v.id, v.version, v.at, v.body from {table(type_)} r join version v on v.rid = r.rid and v.version = r.version"  # noqa: S608
        f" where r.type = {TYPE_CODE[type_]} and r.rid = any({keys})"
    )
    found = {
        int(rid or 0): Stored(type_, (id_ or b"").decode(), int(version or 0), datetime.fromisoformat((at or b"").decode()), body)
        for rid, id_, version, at, body in view.rows(statement, where.params)
    }
    if type_ == "Patient":
        view.look([stored.reference for stored in found.values()], "find")
    return [(round(score, 3), found[rid]) for score, rid in best if rid in found]
