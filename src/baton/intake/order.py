"""In which order files go in, so that what is referred to is there before those who refer to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from baton.intake.sources import Source

# what care stands on, in the order in which one names the other
GROUND = (
    *("CodeSystem", "ValueSet", "NamingSystem", "ConceptMap", "StructureDefinition", "SearchParameter", "Questionnaire", "Library"),
    *("Measure", "ActivityDefinition", "PlanDefinition", "Substance", "Medication", "MedicationKnowledge", "Organization", "Endpoint"),
    *("Location", "HealthcareService", "Practitioner", "PractitionerRole", "OrganizationAffiliation", "InsurancePlan"),
)
PEOPLE = ("Person", "Patient", "RelatedPerson", "Group", "Device", "CareTeam")
# clinical resources others of the same patient name; whatever stands in none of these lists comes after them
CLINICAL = (
    *("Coverage", "Account", "AllergyIntolerance", "Condition", "EpisodeOfCare", "Encounter", "Procedure", "Specimen", "ServiceRequest"),
    *("MedicationRequest", "Schedule", "Slot", "Appointment", "Goal", "CarePlan", "Observation", "DiagnosticReport"),
)
LAST = ("Task", "Communication", "Provenance", "AuditEvent", "List")
_RANK = {name: rank for rank, name in enumerate((*GROUND, *PEOPLE, *CLINICAL))}
_PATIENT_RANK = _RANK["Patient"]
_LATE = len(_RANK)
_RANK |= {name: _LATE + 1 + rank for rank, name in enumerate(LAST)}


def rank(types: Iterable[str]) -> int:
    """Where a file with these resource types stands. A file that holds a patient stands with the patients, whatever else it holds."""
    ranks = {_RANK.get(name, _LATE) for name in types if name not in ("Bundle", "Parameters", "OperationOutcome")}
    if not ranks:
        return _LATE
    return _PATIENT_RANK if _PATIENT_RANK in ranks else max(ranks) if max(ranks) < len(GROUND) else min(ranks - _ground(ranks))


def _ground(ranks: Iterable[int]) -> set[int]:
    return {rank for rank in ranks if rank < len(GROUND)}


def phases(sources: Iterable[Source]) -> list[tuple[bool, Sequence[Source]]]:
    """The sources in order, in groups that do not refer to each other; True with a group that only lays the ground."""
    ordered = sorted(sources, key=lambda source: rank(source.types))
    grouped = [(key, tuple(group)) for key, group in groupby(ordered, key=lambda source: rank(source.types))]
    return [(key < len(GROUND), group) for key, group in grouped]
