"""The risk of coming back: LACE, HOSPITAL and BOOST's 8Ps. Every score says its version, how days were counted, and what it did not know.

Pure. Table: data/readmission.json. None of them predicts anybody's fate: they say whom to look at first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from baton.rules.tables import Row, table

TABLE = "readmission"
HOSPITAL_VERSIONS = ("2016", "2013")
Coding = tuple[str, str]
"""("icd10" or "snomed", code)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One line of a score: its name, what was known (None: nothing was), the points it gives, and the row that says so."""

    name: str
    value: str | float | int | bool | None
    points: int
    row: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its version, day count and lines; `most` is what it could be, were all that is unknown as bad as it can be."""

    code: str
    version: str
    variant: str
    points: tuple[Point, ...]
    total: int
    most: int
    band: str
    source: str
    percent: float | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The lines for which nothing was known."""
        return tuple(each.name for each in self.points if each.value is None)


@cache
def rows(kind: str) -> tuple[Row, ...]:
    """The rows of a kind, in the order of the file."""
    return tuple(row for row in table(TABLE).rows if row.values["kind"] == kind)


@cache
def values(code: str) -> Mapping[str, Any]:
    """What a row says."""
    return next(row for row in table(TABLE).rows if row.code == code).values


def variants() -> tuple[str, ...]:
    """The ways days are counted; the default first."""
    first = str(values("default")["variant"])
    return (first, *(row.code for row in rows("day-count") if row.code != first))


def length_of_stay(first: date, last: date, variant: str) -> int:
    """How many days a stay has, by nights or with both ends counted."""
    return max(0, (last - first).days) + int(cast(int, values(variant)["extra"]))


def _step(kind: str, value: int, **also: str) -> Row:
    """The row with the highest `least` that the value reaches."""
    fitting = [row for row in rows(kind) if all(row.values.get(name) == text for name, text in also.items())]
    return max((row for row in fitting if value >= row.values["least"]), key=lambda row: cast(int, row.values["least"]))


def _band(kind: str, total: int) -> Row:
    return _step(kind, total)


# --- Charlson, as LACE weighs it ---------------------------------------------------------------------------------------


def charlson(codings: Iterable[Coding]) -> tuple[Point, ...]:
    """The comorbidities among these codes with their weights; the worse form of one replaces the milder."""
    known = list(codings)
    found = {str(row.values["name"]): row for row in rows("charlson") if _names(row.values, known)}
    beaten = {name for row in found.values() for name in row.values["over"]}
    return tuple(Point(name, True, int(row.values["weight"]), row.code) for name, row in found.items() if name not in beaten)


def _names(said: Mapping[str, Any], codings: Iterable[Coding]) -> bool:
    starts, exact = tuple(said.get("icd10", ())), set(said.get("snomed", ()))
    return any((system == "icd10" and code.startswith(starts)) or (system == "snomed" and code in exact) for system, code in codings)


# --- LACE and HOSPITAL ---------------------------------------------------------------------------------------


def lace(*, days: int, emergent: bool | None, comorbidities: int, emergency_visits: int, variant: str) -> Score:
    """LACE, 0 to 19: length of stay, acuity, Charlson points, emergency visits in six months (without the one that led here)."""
    length, charlson_row, visits = (
        _step("lace-length", days),
        _step("lace-charlson", comorbidities),
        _step("lace-emergency", emergency_visits),
    )
    acute = int(values("lace-a")["points"])
    points = (
        Point("length", days, int(length.values["points"]), length.code),
        Point("acuity", emergent, acute if emergent else 0, "lace-a"),
        Point("comorbidity", comorbidities, int(charlson_row.values["points"]), charlson_row.code),
        Point("emergency", emergency_visits, int(visits.values["points"]), visits.code),
    )
    total = sum(each.points for each in points)
    most = total + (acute if emergent is None else 0)
    source = next(row for row in table(TABLE).rows if row.code == "lace").source
    return Score("lace", "2010", variant, points, total, most, str(_band("lace-band", total).values["band"]), source)


@dataclass(frozen=True, slots=True)
class Hospital:
    """What HOSPITAL asks; None where nobody knows."""

    days: int
    hemoglobin: float | None
    sodium: float | None
    oncology: bool | None
    procedure: bool | None
    urgent: bool | None
    admissions: int


def hospital(known: Hospital, *, version: str, variant: str) -> Score:
    """HOSPITAL, 0 to 13, by the table of 2013 or 2016. Raises ValueError for a version that is none."""
    if version not in HOSPITAL_VERSIONS:
        raise ValueError(f"HOSPITAL has the versions {', '.join(HOSPITAL_VERSIONS)}; not {version!r}")
    points, missing = [], 0
    for row in rows("hospital-item"):
        item, worth = str(row.values["item"]), int(row.values["points"])
        value = known.days if item == "length" else getattr(known, item)
        points.append(Point(item, value, worth if _counts(row.values, value) else 0, row.code))
        missing += worth if value is None else 0
    earlier = _step("hospital-admissions", known.admissions, version=version)
    points.append(Point("admissions", known.admissions, int(earlier.values["points"]), earlier.code))
    total = sum(each.points for each in points)
    band = _band("hospital-band", total)
    source = next(row for row in table(TABLE).rows if row.code == f"hospital-{version}").source
    return Score(
        "hospital", version, variant, tuple(points), total, total + missing, str(band.values["band"]), source, float(band.values["percent"])
    )


def _counts(said: Mapping[str, Any], value: float | bool | None) -> bool:
    if value is None:
        return False
    if "below" in said:
        return bool(float(value) < said["below"])
    return bool(value >= said["least"]) if "least" in said else bool(value)


# --- BOOST's 8Ps ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chart:
    """What the 8Ps are found from: codes of problems and of why they are here, names of medicines, measured values, words of flags."""

    problems: tuple[Coding, ...] = ()
    reasons: tuple[Coding, ...] = ()
    words: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    measures: tuple[tuple[str, float], ...] = ()
    supported: bool | None = None
    unlearnt: int = 0
    taught: int = 0
    prior_months: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One of the 8Ps: whether it is there (None: the chart does not say), by what it was seen, and what to do about it."""

    code: str
    there: bool | None
    because: tuple[str, ...]
    then: tuple[str, ...]


def eight_ps(chart: Chart) -> tuple[Found, ...]:
    """The checklist as far as the chart tells; what it does not tell is for a person to say."""
    return tuple(_found(row.values, chart) for row in rows("eight-p"))


def _found(said: Mapping[str, Any], chart: Chart) -> Found:
    code = str(said["name"])
    there, because = _ASKS[code](said, chart)
    return Found(code, there, tuple(because), tuple(said["then"]))


def _coded(said: Mapping[str, Any], codings: Iterable[Coding]) -> list[str]:
    return [f"{system} {code}" for system, code in codings if _names(said, [(system, code)])]


def _worded(said: Mapping[str, Any], name: str, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if any(word in text.casefold() for word in said.get(name, ()))]


def _medicines(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    risky = _worded(said, "words", chart.medicines)
    for pair in said["pairs"]:
        both = [each for word in pair for each in chart.medicines if word in each.casefold()]
        risky += both if all(any(word in each.casefold() for each in chart.medicines) for word in pair) else []
    many = [f"{len(chart.medicines)} medicines"] if len(chart.medicines) >= said["many"] else []
    return (bool(risky or many) if chart.medicines else None), [*dict.fromkeys(risky), *many]


def _psychological(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    limits = {each["code"]: each["least"] for each in said["loinc"]}
    asked = [(code, value) for code, value in chart.measures if code in limits]
    high = [f"{code}: {value:g}" for code, value in asked if value >= limits[code]]
    coded = _coded(said, chart.problems)
    return (True if high or coded else False if asked else None), [*high, *coded]


def _diagnosis(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    coded = _coded(said, chart.reasons)
    return (bool(coded) if chart.reasons else None), coded


def _limits(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    seen = [*_coded(said, (*chart.problems, *chart.reasons)), *_worded(said, "flags", chart.words)]
    return (True if seen else None), seen


def _literacy(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    seen = [*_coded(said, chart.problems), *([f"{chart.unlearnt} not taught back"] if chart.unlearnt else [])]
    return (True if seen else False if chart.taught else None), seen


def _support(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    seen = [*_coded(said, chart.problems), *_worded(said, "words", chart.words)]
    if chart.supported is False:
        seen.append("nobody named")
    return (True if seen else False if chart.supported else None), seen


def _prior(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    recent = [months for months in chart.prior_months if months <= said["months"]]
    return bool(recent), [f"{months:.1f} months ago" for months in recent]


def _palliative(said: Mapping[str, Any], chart: Chart) -> tuple[bool | None, list[str]]:
    seen = _coded(said, (*chart.problems, *chart.reasons))
    return (True if seen else None), seen


_ASKS = {
    "problem-medications": _medicines,
    "psychological": _psychological,
    "principal-diagnosis": _diagnosis,
    "physical-limitation": _limits,
    "poor-health-literacy": _literacy,
    "patient-support": _support,
    "prior-hospitalisation": _prior,
    "palliative-care": _palliative,
}
PS = tuple(_ASKS)
