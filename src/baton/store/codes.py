"""The numbers the tables hold instead of words: type codes, parameter codes, keys of references, search tokens."""

from __future__ import annotations

import os
import time
from functools import cache, lru_cache
from hashlib import blake2b
from zlib import crc32


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Fixed for ever by migration 1: the code is the position. A new type is added at the end.
TYPES: tuple[str, ...] = _words("""
    Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary
    BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem ChargeItemDefinition
    Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest CompartmentDefinition Composition ConceptMap
    Condition Consent Contract Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceDefinition
    DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis
    Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario
    ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy
    Immunization ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List
    Location Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest
    MedicationStatement MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication
    MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
    MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence NamingSystem
    NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation
    Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole Procedure Provenance
    Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy
    ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen SpecimenDefinition
    StructureDefinition StructureMap Subscription SubscriptionStatus Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein
    SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest Task
    TerminologyCapabilities TestReport TestScript ValueSet VerificationResult VisionPrescription
""")
TYPE_CODE: dict[str, int] = {name: code for code, name in enumerate(TYPES, 1)}

HOT = frozenset(
    _words("""
        AllergyIntolerance Appointment CarePlan CareTeam Claim Communication CommunicationRequest Composition Condition Consent Coverage
        Device DiagnosticReport DocumentReference Encounter EpisodeOfCare ExplanationOfBenefit Flag Goal ImagingStudy Immunization
        Location Medication MedicationAdministration MedicationDispense MedicationRequest MedicationStatement Observation Organization
        Patient Practitioner PractitionerRole Procedure Provenance QuestionnaireResponse RelatedPerson Schedule ServiceRequest Slot
        SupplyDelivery Task
""")
)
"""The types whose pointers have a partition of their own; the others share one."""


@cache
def table(type_: str) -> str:
    """The partition that holds the pointers of a type: named outright, the planner need not look for it."""
    return f"resource_{type_.lower()}" if type_ in HOT else "resource_other"


def key64(text: str) -> int:
    """The 64-bit key of a reference or a token, as PostgreSQL's signed bigint."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


token = lru_cache(maxsize=65536)(key64)
"""The same, remembered: for texts that come again and again."""


@lru_cache(maxsize=4096)
def param_code(name: str) -> int:
    """The number of a search parameter in the tables `name` and `moment`."""
    code = crc32(name.encode())
    return code - (1 << 32) if code >= 1 << 31 else code


def new_id() -> str:
    """An id for a new resource: a UUID of version 7, so that ids made together lie together in the index."""
    random = int.from_bytes(os.urandom(10), "big")
    number = (time.time_ns() // 1_000_000) << 80 | random
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
