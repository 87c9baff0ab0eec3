"""A house's own lists of what is sensitive: codes added to rules/data/sensitivity.json, or left out of it, as data, dated, with a reason.

Kept as ValueSet: `useContext` carries the label (focus), `compose.include` the codes, one code system each; beginnings are filters `is-a`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension
from baton.rules import sensitivity
from baton.rules.calendar import local_day
from baton.rules.sensitivity import OwnList
from baton.rules.tables import table
from baton.store import Invalid, View
from baton.store import labels as security

if TYPE_CHECKING:
    from baton.store import Change, Stored

LIST: Final = f"{codes.P}/StructureDefinition/sensitive-codes"
"""The mark of such a list: what it does, "adds" or "leaves-out", and perhaps its last day and who said it."""
CONTEXT: Final = "http://terminology.hl7.org/CodeSystem/usage-context-type"
LABELS: Final = ("HIV", "SEX", "SDV", "PART2", "PSYTHPN", "R")
"""Labels a code can ask for. A minor's confidential care follows from the age; a well-known person is marked by a person."""
BY: Final = ("administrator", "system")
MOST_CODES: Final = 200
SHORTEST_START: Final = 2
LONGEST_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants on a list; see `OwnList`."""

    label: str
    system: str
    codes: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    why: str = ""
    adds: bool = True
    since: date | None = None


def in_use(view: View) -> tuple[OwnList, ...]:
    """Every list of the house, ended ones too, the newest first."""
    labels = ",".join(f"{each.system}|{each.code}" for each in security.known().values() if each.name in LABELS)
    found = [read(each) for each in view.find("ValueSet", context=labels, _count=1000) if is_list(each)]
    return tuple(sorted(found, key=lambda each: (each.since, each.id), reverse=True))


def is_list(resource: Resource | None) -> bool:
    """Whether a ValueSet is such a list."""
    return bool(resource) and extension(resource or {}, LIST) is not None


def read(resource: Resource) -> OwnList:
    """A list as the rules take it."""
    parts = {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in extension(resource, LIST) or ()}
    include = resource["compose"]["include"]
    until = parts.get("until")
    return OwnList(
        id=str(resource.get("id", "")),
        label=_label(resource) or "",
        adds=parts.get("does") == "adds",
        system=str(include[0].get("system", "")),
        codes=tuple(str(each["code"]) for part in include for each in part.get("concept", ())),
        starts=tuple(sensitivity.bare(str(each["value"])) for part in include for each in part.get("filter", ())),
        since=date.fromisoformat(str(resource["date"])),
        until=date.fromisoformat(str(until)) if until else None,
        why=str(resource.get("purpose", "")),
        by=str(parts.get("by", "")),
    )


def _label(resource: Resource) -> str | None:
    """The label a list is about, by name; None for none the policy knows."""
    found = [
        (coding.get("system"), coding.get("code"))
        for each in resource.get("useContext", ())
        for coding in each.get("valueCodeableConcept", {}).get("coding", ())
    ]
    return next((each.name for each in security.known().values() if (each.system, each.code) in found), None)


def keep(change: Change, wanted: Wanted) -> Stored:
    """A list that holds from its day on (today where none is said). Raises Invalid, naming what is amiss."""
    if wanted.label not in LABELS:
        raise Invalid("Choose what these codes tell of.", expression="ValueSet.useContext")
    if not wanted.system.strip():
        raise Invalid("Say which code system these codes are of.", expression="ValueSet.compose.include")
    label, since = security.known()[wanted.label], wanted.since or local_day(change.now, change.zone)
    system = {"system": wanted.system.strip()}
    include: list[Resource] = []  # FHIR's vsd-3: codes and filters stand apart
    if wanted.codes:
        include.append({**system, "concept": [{"code": each} for each in dict.fromkeys(wanted.codes)]})
    if wanted.starts:
        filters = [{"property": "concept", "op": "is-a", "value": each} for each in dict.fromkeys(wanted.starts)]
        include.append({**system, "filter": filters})
    said = [
        {"url": "does", "valueCode": "adds" if wanted.adds else "leaves-out"},
        {"url": "by", "valueString": change.who.name},
    ]
    return change.put(
        {
            "resourceType": "ValueSet",
            "extension": [{"url": LIST, "extension": said}],
            "status": "active",
            "title": f"{label.words}: codes of this house",
            "date": since.isoformat(),
            "purpose": wanted.why.strip() or "-",
            "useContext": [
                {
                    "code": {"system": CONTEXT, "code": "focus"},
                    "valueCodeableConcept": {"coding": [{"system": label.system, "code": label.code}]},
                }
            ],
            "compose": {"include": include or [system]},
        }
    )


def end(change: Change, *, list_: str, last: date | None = None) -> Stored:
    """A list holds no longer than that day (yesterday where none is said: from now on it does not hold). Raises Invalid, NotFound."""
    found = change.get("ValueSet", list_)
    if not is_list(found) or found.get("status") == "retired":
        raise Invalid("There is no such list in use.", expression="ValueSet.status")
    last = last or local_day(change.now, change.zone) - timedelta(days=1)
    mark = extension(found, LIST) or []
    parts = [*(each for each in mark if each.get("url") != "until"), {"url": "until", "valueDate": last.isoformat()}]
    others = [each for each in found["extension"] if each.get("url") != LIST]
    return change.put({**found, "status": "retired", "extension": [*others, {"url": LIST, "extension": parts}]})


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Only an administrator says what is sensitive here; a label, a code system, codes, a day and a reason."""
    if not (is_list(before) or is_list(after)):
        return
    if view.who.role not in BY:
        yield error("forbidden", "What is sensitive here is for administrators to say.", "ValueSet")
        return
    if after is None or not is_list(after):
        yield error("business-rule", "A list that was in use stays on record: end it instead.", "ValueSet.status")
        return
    yield from _amiss(after)


def _amiss(after: Resource) -> Iterator[Issue]:
    include = after.get("compose", {}).get("include", [])
    named = [str(each.get("code", "")).strip() for part in include for each in part.get("concept", ())]
    filters = [each for part in include for each in part.get("filter", ())]
    if any((each.get("property"), each.get("op")) != ("concept", "is-a") for each in filters):
        yield error("not-supported", "A filter names the beginning of codes: concept is-a.", "ValueSet.compose.include.filter")
    starts = [str(each.get("value", "")).strip() for each in filters]
    if _label(after) not in LABELS:
        yield error("code-invalid", "Choose what these codes tell of.", "ValueSet.useContext")
    if len({part.get("system") for part in include} - {None, ""}) != 1:
        yield error("required", "Say which code system these codes are of.", "ValueSet.compose.include")
    if not named and not starts:
        yield error("required", "Name the codes.", "ValueSet.compose.include.concept")
    if len(named) + len(starts) > MOST_CODES:
        yield error("too-long", f"A list has at most {MOST_CODES} codes.", "ValueSet.compose.include.concept")
    if any(len(sensitivity.bare(each)) < SHORTEST_START for each in starts):
        yield error(
            "value", "A beginning has two characters at least: a shorter one means half of all codes.", "ValueSet.compose.include.filter"
        )
    why = str(after.get("purpose", "")).strip().strip("-")
    if not why or len(why) > LONGEST_WHY:
        yield error("required", "Say why, in at most 300 characters: it stands on the label.", "ValueSet.purpose")
    if len(str(after.get("date", ""))) != 10:
        yield error("required", "Say from which day on.", "ValueSet.date")


GUARDS = {"ValueSet": [guard]}


@dataclass(frozen=True, slots=True)
class Shipped:
    """A row that comes with the hub: what it asks for, by which codes, where it is from, and whether that was read at the source (S)."""

    code: str
    label: str
    system: str
    codes: Sequence[str]
    starts: Sequence[str]
    source: str
    mark: str
    since: date


def shipped(day: date) -> list[Shipped]:
    """The rows of codes that come with the hub, in force on that day, in the order of the file."""
    return [
        Shipped(
            row.code,
            str(row.values["label"]),
            str(row.values["system"]),
            tuple(row.values.get("codes", ())),
            tuple(row.values.get("starts", ())),
            row.source,
            row.mark,
            row.effective_from,
        )
        for row in table(sensitivity.TABLE).in_force(day)
        if "system" in row.values
    ]
