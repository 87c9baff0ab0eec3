"""What a resource can be found by: one pure walk from the body to every index row. The indexes can always be made anew from the bodies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from baton.fhir import dates, definitions
from baton.fhir import resource as fhir_resource
from baton.fhir.extract import Extracted, extract
from baton.store import labels as security
from baton.store import words
from baton.store.codes import key64, param_code, token
from baton.store.links import span

P = "https://baton.example/fhir"
PROMISE, STAFF_ROLE = f"{P}/CodeSystem/promise", f"{P}/CodeSystem/staff-role"
RELATIONSHIP = f"{P}/StructureDefinition/relationship"
"""On a PractitionerRole: how its person stands to the patients of the team."""
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
CLOSED = frozenset({"completed", "cancelled", "failed", "rejected", "entered-in-error"})
"""The states of a Task in which nothing more is owed."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The due time in the index of a promise whose Task states none: last in every list."""

# Types whose parameters patient or subject may name several: the column holds one, so their search goes by tokens.
MANY = frozenset(["Account", "Appointment", "AuditEvent", "Contract", "Group", "Linkage", "Person", "Provenance", "Schedule"])
WHOSE = ("patient", "subject")
"""The parameters that the column `patient` answers (for a reference to a Patient, but for types in MANY)."""
# The first of these that a type has is its principal date: the one its pages are sorted by.
_PRINCIPAL = tuple(
    """
    date clinical-date authored-on authoredon authored effective-time period sent onset-date recorded-date issued when-given
    whenhandedover when-prepared created started start-date birthdate report-date event-date item-date identified modified
    recorded
    """.split()  # noqa: SIM905
)
# Derived on asking from other parameters, so never stored: combo-code=x is code=x or component-code=x.
DERIVED: dict[str, dict[str, tuple[str, ...]]] = {
    "Observation": {"combo-code": ("code", "component-code"), "combo-value-concept": ("value-concept", "component-value-concept")}
}

_PLAIN = frozenset({"code", "boolean", "string", "id", "uri", "url", "canonical", "uuid", "oid", "dateTime", "date"})
Moment = tuple[int, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Promise:
    """The worklist row of a Task that is a promise."""

    owner: int | None
    due: datetime
    asleep_until: datetime | None
    closed_at: datetime | None
    open: bool
    waiting: bool
    code: str
    status: str


@dataclass(slots=True)
class Indexed:
    """Everything the tables hold of one resource besides its body."""

    patient: int | None = None
    labels: int = 1  # those of meta.security, as bits (store/labels.py)
    date_lo: datetime | None = None
    date_hi: datetime | None = None
    tokens: list[int] = field(default_factory=list)
    names: list[tuple[int, str, str]] = field(default_factory=list)  # (param, normalised, as written)
    moments: list[Moment] = field(default_factory=list)
    promise: Promise | None = None
    coded: Sequence[tuple[str, str | None, str]] = ()  # (parameter, system, code) of everything coded, as it was found
    named: Sequence[tuple[str, str]] = ()  # (parameter, reference) likewise


@lru_cache(maxsize=256)
def principal_date(type_: str) -> str | None:
    """The date parameter kept on the pointer row itself."""
    known = definitions.search_parameters(type_)
    return next((code for code in _PRINCIPAL if code in known and known[code].type == "date"), None)


@lru_cache(maxsize=4096)
def implied(type_: str, param: str) -> tuple[bool, str | None]:
    """Whether a token parameter's values are bare codes (their system goes without saying), and which system that is."""
    places = definitions.search_parameters(type_)[param].places
    systems = {place.system for place in places}
    return bool(places) and all(place.type in _PLAIN for place in places), systems.pop() if len(systems) == 1 else None


def whose_marker(type_: str) -> int:
    """The token that says: this resource's patient was not named by `patient` or `subject`."""
    return token(f"{type_}!patient")


def index(resource: dict[str, Any], zone: tzinfo) -> Indexed:
    """Work out all index rows of a valid resource; `zone` is for dates without an offset."""
    type_ = resource["resourceType"]
    found = extract(resource, zone)
    indexed = Indexed(labels=security.bits(resource), coded=found.tokens, named=found.references)
    tokens: set[int] = set()
    patient = _patient(resource, type_, found)
    if patient:
        indexed.patient = token(patient)
    _index_tokens(type_, found, tokens)
    named = _index_references(type_, found, patient, tokens)
    if patient and not named and type_ != "Patient" and type_ not in MANY:
        tokens.add(whose_marker(type_))
    _index_dates(type_, found, indexed)
    if found.strings or type_ in words.PEOPLE:
        indexed.names = _names(resource, type_, found)
    indexed.tokens = list(tokens)
    if type_ == "Task":
        indexed.promise = _promise(resource, zone)
    return indexed


def _patient(resource: dict[str, Any], type_: str, found: Extracted) -> str | None:
    """The patient whose compartment it is in: by patient or subject if they say so, else by whatever R4 counts."""
    if type_ == "Patient":
        return f"Patient/{resource['id']}"
    for param, target in found.references:
        if param in WHOSE and target.startswith("Patient/"):
            return target
    if type_ == "Binary":  # whose content it is stands in no search parameter
        return _subject_of_binary(resource)
    return found.patient


def _subject_of_binary(binary: dict[str, Any]) -> str | None:
    """The patient whose rules of access a Binary follows, where it names one."""
    target = fhir_resource.target(binary.get("securityContext")) or ""
    return target if target.startswith("Patient/") else None


@lru_cache(maxsize=65536)
def _tokens_of(type_: str, param: str, system: str | None, code: str) -> tuple[int, ...]:
    """The tokens one coded value is found by; remembered, because codes come again and again."""
    if param in DERIVED.get(type_, ()):
        return ()
    base = f"{type_}.{param}="
    if implied(type_, param)[0]:
        return (key64(base + code),)
    if not system:
        return key64(base + code), key64(f"{base}|{code}")
    if not code:
        return (key64(f"{base}{system}|"),)
    return key64(base + code), key64(f"{base}{system}|{code}"), token(f"{base}{system}|")


def _index_tokens(type_: str, found: Extracted, tokens: set[int]) -> None:
    for param, system, code in found.tokens:
        tokens.update(_tokens_of(type_, param, system, code))
    for param, value in found.uris:
        tokens.add(token(f"{type_}.{param}={value}"))


def _index_references(type_: str, found: Extracted, patient: str | None, tokens: set[int]) -> bool:
    """Whether patient or subject named the patient; such a reference needs no token, the column answers it."""
    named = False
    for param, target in found.references:
        if target == patient and param in WHOSE and type_ not in MANY:
            named = True
        else:
            tokens.add(token(f"{type_}.{param}={target}"))
    return named


def _index_dates(type_: str, found: Extracted, indexed: Indexed) -> None:
    principal = principal_date(type_)
    for param, lo, hi in found.moments:
        if param == principal:
            indexed.date_lo = lo if indexed.date_lo is None else min(lo, indexed.date_lo)
            indexed.date_hi = hi if indexed.date_hi is None else max(hi, indexed.date_hi)
        else:
            indexed.moments.append((param_code(param), lo, hi))


def _names(resource: dict[str, Any], type_: str, found: Extracted) -> list[tuple[int, str, str]]:
    names = [(param_code(param), words.normal(text), text.replace("\0", "")) for param, text in found.strings]
    if type_ in words.PEOPLE:
        names += [(param_code(param), value[: words.LONGEST], "") for param, value in words.of_person(resource)]
    return list(dict.fromkeys(names))


def _promise(task: dict[str, Any], zone: tzinfo) -> Promise | None:
    code = fhir_resource.code_of(task.get("code"), PROMISE)
    if code is None:
        return None
    period = task.get("restriction", {}).get("period", {})
    due = dates.interval(period["end"], zone) if "end" in period else None
    asleep = dates.interval(period["start"], zone)[0] if "start" in period else None
    owner, status = fhir_resource.target(task.get("owner")), task["status"]
    closed = _closed_at(task, zone) if status in CLOSED else None
    return Promise(key64(owner) if owner else None, _last(due), asleep, closed, status not in CLOSED, status == "on-hold", code, status)


def _last(due: tuple[datetime, datetime] | None) -> datetime:
    """The due instant: as written when it is an instant, the end of the span when it is a day."""
    if due is None:
        return NEVER
    lo, hi = due
    return lo if (hi - lo).total_seconds() <= 60 else hi


def _closed_at(task: dict[str, Any], zone: tzinfo) -> datetime:
    text = task.get("executionPeriod", {}).get("end") or task.get("lastModified") or task["meta"]["lastUpdated"]
    return dates.interval(text, zone)[0]


def is_team(organization: dict[str, Any]) -> bool:
    """Whether an Organization is a team of coordinators."""
    return organization.get("active", True) and any(
        fhir_resource.has_code(type_, ORGANIZATION_TYPE, "team") for type_ in organization.get("type", ())
    )


def staff_rows(role: dict[str, Any], zone: tzinfo) -> Iterable[tuple[str, str, str, str, datetime | None, datetime | None]]:
    """(person, role, team or "", relationship, since, until) that a PractitionerRole gives; none when it is not active.

    A student learns in the team; anybody else is assigned to it unless the extension `relationship` says covering or mentoring.
    """
    person = fhir_resource.target(role.get("practitioner"))
    if not person or not role.get("active", True):
        return
    team = fhir_resource.target(role.get("organization")) or ""
    for code in {found for codeable in role.get("code", ()) if (found := fhir_resource.code_of(codeable, STAFF_ROLE))}:
        relationship = "mentoring" if code == "student" else fhir_resource.extension(role, RELATIONSHIP) or "assigned"
        if relationship in ("assigned", "covering", "mentoring"):
            yield person, code, team, relationship, *span(role.get("period"), zone)
