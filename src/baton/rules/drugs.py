"""Which medicine is which (by ingredient when coded, else by name), and whether two doses are the same. Table: data/drugs.json. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from baton.rules.tables import Row, table

TABLE = "drugs"
TIMES = (
    (r"four times|4 times|\bqid\b", 4.0),
    (r"three times|3 times|\btid\b", 3.0),
    (r"twice|two times|2 times|\bbid\b|breakfast and supper", 2.0),
    (r"once|daily|a day|each day|every (?:day|morning|evening|night)|in the (?:morning|evening)", 1.0),
    (r"at bedtime|before breakfast|at night|at \d\d:\d\d", 1.0),
)
"""How often a day, as directions word it; the first that is met counts."""
NUMBERS = {"one": 1.0, "two": 2.0, "three": 3.0, "half": 0.5}
FORMS = r"tablets?|capsules?|pills?|puffs?|units?|drops?|tabs?|caps?"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What a medicine is: a code that is the same for the same ingredient, its class, and whether that is certain."""

    code: str
    name: str
    class_: str
    sure: bool


@lru_cache(maxsize=8)
def _known(day: date) -> tuple[dict[str, Row], dict[str, Row]]:
    by_code: dict[str, Row] = {}
    by_name: dict[str, Row] = {}
    for row in table(TABLE).in_force(day):
        if row.values["kind"] == "ingredient":
            by_name[row.values["name"]] = row
            for code in (row.values["rxcui"], *row.values["products"]):
                by_code[code] = row
    return by_code, by_name


def ingredient(rxcuis: Iterable[str], text: str, day: date) -> Ingredient:
    """The ingredient of a medicine by its RxNorm codes, else by its words, else its first word, not for certain."""
    by_code, by_name = _known(day)
    row = next((by_code[each] for each in rxcuis if each in by_code), None)
    words = " ".join(re.findall(r"[a-z]+", text.casefold()))
    row = row or next((found for name, found in by_name.items() if re.search(rf"\b{name}\b", words)), None)
    if row is not None:
        return Ingredient(row.code, row.values["name"], row.values["class"], True)
    first = next(iter(re.findall(r"[^\W\d_]{3,}", text.casefold())), text.casefold().strip())
    return Ingredient(first, first, "", False)


def duplicates(day: date) -> frozenset[str]:
    """The classes of which two at once are asked about."""
    return frozenset(table(TABLE).row("duplicate-therapy", day).values["classes"])


def source(day: date) -> str:
    """Who says so."""
    return table(TABLE).row("duplicate-therapy", day).source


def compare(one: tuple[str, str], other: tuple[str, str]) -> str:
    """Whether two doses (name and directions each) are the same, changed, or not to be compared for certain (unsure)."""
    if _plain(*one) == _plain(*other):
        return "same"
    mine, theirs = strength(one[0]), strength(other[0])
    daily, others = per_day(*one), per_day(*other)
    if daily is not None and others is not None:
        return "same" if daily == others else "changed"
    if mine is None or theirs is None or mine[1] != theirs[1]:
        return "unsure"
    return "changed" if mine != theirs else "same" if not one[1].strip() or not other[1].strip() else "unsure"


def _plain(text: str, directions: str) -> str:
    return " ".join(re.findall(r"[a-z0-9.]+", f"{text} {directions}".casefold()))


def strength(text: str) -> tuple[float, str] | None:
    """How much is in one: amount and unit, mcg and g as mg."""
    found = re.search(r"(\d+(?:[.,]\d+)?)\s*(mg|mcg|µg|g|units?(?:/ml)?|unt/ml|meq)\b", text.casefold())
    if found is None:
        return None
    amount, unit = float(found[1].replace(",", ".")), found[2]
    if unit in ("mcg", "µg"):
        return amount / 1000, "mg"
    return (amount * 1000, "mg") if unit == "g" else (amount, "unit" if unit.startswith(("unit", "unt")) else unit)


def per_day(text: str, directions: str) -> tuple[float, str] | None:
    """How much a day: strength times how many times how often; None where the words do not say all three, or it is taken as needed."""
    each, low = strength(text), directions.casefold()
    if each is None or "needed" in low:
        return None
    many = re.search(rf"(\d+(?:\.\d+)?|{'|'.join(NUMBERS)})\s+(?:{FORMS})\b", low)
    hours = re.search(r"every (\d+) hours", low)
    often = 24 / float(hours[1]) if hours else next((times for words, times in TIMES if re.search(words, low)), None)
    if many is None or often is None:
        return None
    count = NUMBERS.get(many[1]) or float(many[1])
    return round(each[0] * count * often, 6), each[1]
