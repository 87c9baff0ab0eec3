"""The three lists of a reconciliation: taken before the stay, ordered at discharge, taken now; and every difference between them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from baton.duties import codes, reading
from baton.duties.patients.medicines import ENDED, TAKEN, name
from baton.fhir.resource import Resource
from baton.rules import drugs
from baton.rules.calendar import local_day
from baton.rules.drugs import Ingredient

RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
KINDS: Final = (
    "new", "stopped", "dose-changed", "dose-differs", "not-taking", "taking-stopped", "taking-unlisted", "duplicate-ingredient",
    "duplicate-therapy",
)  # fmt: skip
"""What a difference can be: against before (new, stopped, dose-changed), against what is taken now, and twice the same."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A medicine of one list: where it stands, its words and directions, what it is."""

    reference: str
    text: str
    directions: str
    ingredient: Ingredient
    when: date | None

    @property
    def dose(self) -> tuple[str, str]:
        """As doses are compared."""
        return self.text, self.directions

    @property
    def words(self) -> str:
        """Name and directions on one line."""
        return f"{self.text} · {self.directions}" if self.directions else self.text


@dataclass(frozen=True, slots=True)
class Lists:
    """Side by side; `asked`: whether anybody has asked what is taken now."""

    before: tuple[Entry, ...]
    discharge: tuple[Entry, ...]
    now: tuple[Entry, ...]
    asked: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its kind, the ingredient (or the class, for duplicates of one), the entries it is about; `sure`: both are known."""

    kind: str
    key: str
    name: str
    before: tuple[Entry, ...] = ()
    discharge: tuple[Entry, ...] = ()
    now: tuple[Entry, ...] = ()
    sure: bool = True
    unlike: bool = False  # the doses could not be compared for certain


def entry(resource: Resource, zone: ZoneInfo, day: date) -> Entry:
    """A MedicationRequest or MedicationStatement as an entry."""
    concept = resource.get("medicationCodeableConcept")
    coded = [code for system, code in reading.codings(concept) if system == RXNORM]
    directions = resource.get("dosageInstruction") or resource.get("dosage") or ()
    said = next((str(each["text"]) for each in directions if each.get("text")), "")
    when = reading.moment(started(resource), zone)
    known = drugs.ingredient(coded, name(resource), day)
    return Entry(f"{resource['resourceType']}/{resource['id']}", name(resource), said, known, local_day(when, zone) if when else None)


def started(resource: Mapping[str, Any]) -> str:
    """When it was ordered or said."""
    period = resource.get("effectivePeriod", {})
    dates = (resource.get("authoredOn"), resource.get("dateAsserted"), resource.get("effectiveDateTime"), period.get("start"))
    return str(next((each for each in dates if each), ""))


def ended(resource: Mapping[str, Any]) -> str:
    """When it was ended, as far as it says."""
    validity = resource.get("dispenseRequest", {}).get("validityPeriod", {})
    return str(resource.get("effectivePeriod", {}).get("end") or validity.get("end") or "")


def lists(
    requests: Iterable[Resource], statements: Iterable[Resource], *, stay: tuple[datetime, datetime] | None, zone: ZoneInfo, today: date
) -> Lists:
    """The three lists around a stay; without one, what is ordered and what is taken now."""
    orders = [each for each in requests if each.get("status") in TAKEN | ENDED and name(each)]
    said = [each for each in statements if each.get("status") in TAKEN | ENDED | {"completed"} and name(each)]
    if stay is None:
        before: list[Resource] = []
        ordered = [each for each in orders if each["status"] in TAKEN]
        lately = [each for each in said if each.get("status") in TAKEN]
        asked = bool(said)
    else:
        first, last = (local_day(each, zone).isoformat() for each in stay)
        begun = [each for each in [*orders, *said] if started(each)[:10] < first]
        before = [each for each in begun if each["status"] in TAKEN or ended(each)[:10] >= first or not ended(each)]
        ordered = [each for each in orders if started(each)[:10] <= last and (each["status"] in TAKEN or ended(each)[:10] > last)]
        after = [each for each in said if started(each)[:10] >= last]
        lately, asked = [each for each in after if each["status"] in TAKEN], bool(after)
    made = [tuple(_newest(entry(each, zone, today) for each in several)) for several in (before, ordered, lately)]
    return Lists(made[0], made[1], made[2], asked)


def _newest(entries: Iterable[Entry]) -> list[Entry]:
    """In order of name; what is worded the same stands once."""
    found: dict[str, Entry] = {}
    for each in sorted(entries, key=lambda one: (str(one.when or ""), one.reference)):
        found[each.words.casefold()] = each
    return sorted(found.values(), key=lambda one: one.words.casefold())


# --- differences --------------------------------------------------------------------------------------------------------------------------


def differences(found: Lists, day: date) -> tuple[Difference, ...]:
    """Every difference between the lists, by ingredient."""
    several = [_by_ingredient(each) for each in (found.before, found.discharge, found.now)]
    keys = sorted({key for each in several for key in each})
    out: list[Difference] = []
    for key in keys:
        before, discharge, now = (tuple(each.get(key, ())) for each in several)
        out += _of(key, before, discharge, now, asked=found.asked, stay=bool(found.before))
    out += _of_class((*found.discharge, *found.now), day)
    return tuple(sorted(out, key=lambda each: (KINDS.index(each.kind), each.name)))


def _by_ingredient(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for each in entries:
        found.setdefault(each.ingredient.code, []).append(each)
    return found


def _of(
    key: str, before: tuple[Entry, ...], discharge: tuple[Entry, ...], now: tuple[Entry, ...], *, asked: bool, stay: bool
) -> list[Difference]:
    all_ = (*before, *discharge, *now)
    sure, label = all(each.ingredient.sure for each in all_), all_[0].ingredient.name

    def is_(kind: str, unlike: bool = False) -> Difference:
        return Difference(kind, key, label, before, discharge, now, sure, unlike)

    out = [is_("duplicate-ingredient")] if len(discharge) > 1 or len(now) > 1 else []
    if stay and discharge and not before:
        out.append(is_("new"))
    if before and not discharge and not now:
        out.append(is_("stopped"))
    if before and discharge and (verdict := _doses(before, discharge)) != "same":
        out.append(is_("dose-changed", verdict == "unsure"))
    if asked and discharge and not now:
        out.append(is_("not-taking"))
    if now and not discharge:
        out.append(is_("taking-stopped" if before else "taking-unlisted"))
    if now and discharge and (verdict := _doses(discharge, now)) != "same":
        out.append(is_("dose-differs", verdict == "unsure"))
    return out


def _doses(one: tuple[Entry, ...], other: tuple[Entry, ...]) -> str:
    """Whether every dose of the one stands in the other: same, changed, or unsure."""
    verdicts = [drugs.compare(mine.dose, theirs.dose) for mine in one[-1:] for theirs in other]
    return "same" if "same" in verdicts else "changed" if "changed" in verdicts else "unsure"


def _of_class(entries: Sequence[Entry], day: date) -> list[Difference]:
    """Two ingredients of a class at once."""
    classes = drugs.duplicates(day)
    found: dict[str, dict[str, Entry]] = {}
    for each in entries:
        if each.ingredient.class_ in classes:
            found.setdefault(each.ingredient.class_, {})[each.ingredient.code] = each
    names = {key: " + ".join(sorted(each.ingredient.name for each in several.values())) for key, several in found.items()}
    return [
        Difference("duplicate-therapy", key, names[key], now=tuple(several.values())) for key, several in found.items() if len(several) > 1
    ]


def issue_id(patient: str, stay: str, difference: Difference) -> str:
    """The DetectedIssue of a difference: it follows from whose it is, of which stay, and what it is."""
    return codes.derived_id("reconciliation", patient, stay, difference.kind, difference.key)
