from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.fhir import samples

from baton.fhir import dates, resource
from baton.fhir.extract import extract

NEW_YORK = ZoneInfo("America/New_York")


def found(kind: str, values: str, **elements: Any) -> set[Any]:
    """The (parameter, …) values of one kind that a resource with these elements gives."""
    return set(getattr(extract({"resourceType": kind, **elements}, NEW_YORK), values))


def concept(code: str, system: str | None = "s") -> dict[str, Any]:
    return {"coding": [{"code": code, **({"system": system} if system else {})}]}


TOKENS = [
    ("Patient", {"gender": "female"}, {("gender", "http://hl7.org/fhir/administrative-gender", "female"), ("deceased", None, "false")}),
    ("Patient", {"active": True, "deceasedDateTime": "2026"}, {("active", None, "true"), ("deceased", None, "true")}),
    ("Patient", {"deceasedBoolean": False}, {("deceased", None, "false")}),
    (
        "Patient",
        {"telecom": [{"system": "email", "value": "a@b.example"}, {"system": "phone", "value": "555"}, {"system": "fax"}]},
        {
            ("telecom", None, "a@b.example"),
            ("telecom", None, "555"),
            ("email", None, "a@b.example"),
            ("phone", None, "555"),
            ("deceased", None, "false"),
        },
    ),
    (
        "Encounter",
        {"identifier": [{"system": "s", "value": "1"}, {"value": "2"}, {"system": "x"}]},
        {("identifier", "s", "1"), ("identifier", None, "2")},
    ),
    ("Observation", {"code": concept("a")}, {("code", "s", "a"), ("combo-code", "s", "a")}),
    ("Observation", {"component": [{"code": concept("b", None)}]}, {("combo-code", None, "b"), ("component-code", None, "b")}),
    ("Observation", {"valueCodeableConcept": concept("c")}, {("value-concept", "s", "c"), ("combo-value-concept", "s", "c")}),
    ("Observation", {"code": {"text": "only words"}}, set()),
    ("Encounter", {"class": {"system": "s", "code": "IMP"}}, {("class", "s", "IMP")}),
    ("MedicationRequest", {"medicationCodeableConcept": concept("d")}, {("code", "s", "d")}),
    (
        "Task",
        {"status": "requested", "code": concept("e")},
        {("status", "http://hl7.org/fhir/task-status", "requested"), ("code", "s", "e")},
    ),
    (
        "Basic",
        {"meta": {"tag": [{"system": "s", "code": "t"}], "security": [{"code": "R"}]}},
        {("_tag", "s", "t"), ("_security", None, "R")},
    ),
]


@pytest.mark.parametrize("kind, elements, expected", TOKENS)
def test_tokens(kind: str, elements: dict[str, Any], expected: set[Any]) -> None:
    assert found(kind, "tokens", **elements) == expected


def to(text: str) -> dict[str, str]:
    return {"reference": text}


REFERENCES = [
    ("Observation", {"subject": to("Patient/1")}, {("subject", "Patient/1"), ("patient", "Patient/1")}),
    ("Observation", {"subject": to("Group/1")}, {("subject", "Group/1")}),
    ("Observation", {"subject": to("Patient/1/_history/4")}, {("subject", "Patient/1"), ("patient", "Patient/1")}),
    (
        "Observation",
        {"subject": to("https://ehr.example/Patient/1")},
        {("subject", "https://ehr.example/Patient/1"), ("patient", "https://ehr.example/Patient/1")},
    ),
    ("Observation", {"subject": to("https://ehr.example/Group/1")}, {("subject", "https://ehr.example/Group/1")}),
    ("Observation", {"subject": to("urn:uuid:c757873d-ec9a-4326-a141-556f43239520")}, set()),
    ("Observation", {"subject": to("#p")}, set()),
    ("Observation", {"subject": to("Patient?identifier=1")}, set()),
    ("Observation", {"subject": {"identifier": {"value": "1"}}}, set()),
    ("MedicationRequest", {"medicationReference": to("Medication/1")}, {("medication", "Medication/1")}),
    (
        "Appointment",
        {"participant": [{"actor": to("Patient/1")}, {"actor": to("Location/2")}]},
        {("actor", "Patient/1"), ("patient", "Patient/1"), ("actor", "Location/2"), ("location", "Location/2")},
    ),
    (
        "CarePlan",
        {"instantiatesCanonical": ["https://x.example/P|2"]},
        {("instantiates-canonical", "https://x.example/P|2"), ("instantiates-canonical", "https://x.example/P")},
    ),
    (
        "PlanDefinition",
        {"relatedArtifact": [{"type": "successor", "resource": "https://x.example/P"}]},
        {("successor", "https://x.example/P")},
    ),
]


@pytest.mark.parametrize("kind, elements, expected", REFERENCES)
def test_references(kind: str, elements: dict[str, Any], expected: set[Any]) -> None:
    assert found(kind, "references", **elements) == expected


def test_strings_are_every_part_of_names_and_addresses() -> None:
    name = {"family": "Okafor", "given": ["Amara", None, "Ngozi"], "prefix": ["Mrs."], "text": "Amara Okafor"}
    strings = found("Patient", "strings", name=[name], address=[{"line": ["12 Elm Street"], "city": "Queens"}])
    assert {text for param, text in strings if param == "name"} == {"Okafor", "Amara", "Ngozi", "Mrs.", "Amara Okafor"}
    assert {text for param, text in strings if param == "given"} == {"Amara", "Ngozi"}
    assert {text for param, text in strings if param == "address"} == {"12 Elm Street", "Queens"}
    assert ("address-city", "Queens") in strings and ("family", "Okafor") in strings
    assert ("name", "Mercy General") in found("Organization", "strings", name="Mercy General")
    assert ("description", "**x**") in found("PlanDefinition", "strings", description="**x**")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MOMENTS = [
    ("Patient", {"birthDate": "1948-02-29"}, {("birthdate", utc("1948-02-29T05:00"), utc("1948-03-01T05:00"))}),
    ("Observation", {"effectiveDateTime": "2026-07-02T14:10:00-04:00"}, {("date", utc("2026-07-02T18:10"), utc("2026-07-02T18:10:01"))}),
    ("Observation", {"effectivePeriod": {"start": "2026-07-02"}}, {("date", utc("2026-07-02T04:00"), dates.END)}),
    ("Observation", {"effectiveInstant": "2026-07-02T14:10:00Z"}, {("date", utc("2026-07-02T14:10"), utc("2026-07-02T14:10:01"))}),
    (
        "Observation",
        {"effectiveTiming": {"event": ["2026-07-02", "2026-07-04"]}},
        {("date", utc("2026-07-02T04:00"), utc("2026-07-05T04:00"))},
    ),
    (
        "Observation",
        {"effectiveTiming": {"repeat": {"boundsPeriod": {"end": "2026-07-02"}}}},
        {("date", dates.BEGINNING, utc("2026-07-03T04:00"))},
    ),
    ("Observation", {"effectiveTiming": {"repeat": {"frequency": 1}}}, set()),
    ("Encounter", {"period": {"extension": []}}, set()),
    ("Goal", {"startCodeableConcept": concept("x")}, set()),
]


@pytest.mark.parametrize("kind, elements, expected", MOMENTS)
def test_moments(kind: str, elements: dict[str, Any], expected: set[Any]) -> None:
    assert found(kind, "moments", **elements) == expected


def test_uris() -> None:
    uris = found("PlanDefinition", "uris", url="https://x.example/P", meta={"profile": ["https://x.example/S"], "source": "urn:x"})
    assert uris == {("url", "https://x.example/P"), ("_profile", "https://x.example/S"), ("_source", "urn:x")}


PATIENTS = [
    ({"resourceType": "Patient", "id": "1"}, "Patient/1"),
    ({"resourceType": "Patient", "id": "1", "link": [{"other": to("Patient/2")}]}, "Patient/1"),
    ({"resourceType": "Observation", "subject": to("Patient/1"), "performer": [to("Patient/2")]}, "Patient/1"),
    ({"resourceType": "Observation", "subject": to("Group/1"), "performer": [to("Patient/2")]}, "Patient/2"),
    ({"resourceType": "Observation", "subject": to("https://ehr.example/Patient/1")}, None),
    ({"resourceType": "Task", "for": to("Patient/1"), "owner": to("Organization/1")}, "Patient/1"),
    ({"resourceType": "Coverage", "policyHolder": to("Patient/2"), "beneficiary": to("Patient/1")}, "Patient/1"),
    ({"resourceType": "RelatedPerson", "patient": to("Patient/1")}, "Patient/1"),
    ({"resourceType": "Appointment", "participant": [{"actor": to("Practitioner/1")}, {"actor": to("Patient/1")}]}, "Patient/1"),
    ({"resourceType": "AllergyIntolerance", "recorder": to("Patient/2"), "patient": to("Patient/1")}, "Patient/1"),
    ({"resourceType": "Provenance", "target": [to("Observation/1"), to("Patient/1")]}, "Patient/1"),
    ({"resourceType": "AuditEvent", "entity": [{"what": to("Patient/1")}]}, "Patient/1"),
    ({"resourceType": "Communication", "sender": to("Patient/2"), "subject": to("Patient/1")}, "Patient/1"),
    ({"resourceType": "EpisodeOfCare", "patient": to("Patient/1")}, "Patient/1"),
    ({"resourceType": "CareTeam", "subject": to("Patient/1"), "participant": [{"member": to("Patient/2")}]}, "Patient/1"),
    ({"resourceType": "Device", "patient": to("Patient/1")}, "Patient/1"),
    ({"resourceType": "Group", "member": [{"entity": to("Patient/1")}]}, None),
    ({"resourceType": "Organization", "id": "1"}, None),
    ({"resourceType": "Nothing"}, None),
    ({}, None),
]


@pytest.mark.parametrize("sample, patient", PATIENTS)
def test_whose_it_is(sample: dict[str, Any], patient: str | None) -> None:
    assert extract(sample, NEW_YORK).patient == patient


@pytest.mark.parametrize("sample", samples.ALL, ids=lambda sample: sample["resourceType"])
def test_the_samples(sample: dict[str, Any]) -> None:
    extracted = extract(sample, NEW_YORK)
    assert extracted.patient == (None if sample["resourceType"] in {"Bundle", "Parameters"} else "Patient/amara")


def test_the_official_examples(official_examples: dict[str, bytes]) -> None:
    for text in official_examples.values():
        extracted = extract(resource.parse(text), NEW_YORK)
        assert all(type(code) is str for _, _, code in extracted.tokens)
        assert all(type(text) is str for values in (extracted.references, extracted.strings, extracted.uris) for _, text in values)
        assert all(lo <= hi for _, lo, hi in extracted.moments)


def test_synthetic_records(synthea: list[dict[str, Any]]) -> None:
    assert sum(len(extract(each, NEW_YORK).tokens) for each in synthea) > 4 * len(synthea)
