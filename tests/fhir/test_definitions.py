import subprocess
import sys
from pathlib import Path

import pytest
from tests.fhir.conftest import SHARED

from baton.fhir import definitions
from baton.fhir.extract import _EMITTERS

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src" / "baton" / "fhir" / "data"


def test_every_type_of_r4_is_known() -> None:
    assert len(definitions.TYPES) >= 146
    assert {"Patient", "Task", "Bundle", "Parameters", "Binary", "EpisodeOfCare"} <= definitions.TYPES
    assert not {"Resource", "DomainResource", "Extension", "HumanName"} & definitions.TYPES
    for kind in definitions.types():
        assert definitions.shape(kind).elements and definitions.search_parameters(kind)


def test_every_element_has_a_type_that_is_known() -> None:
    seen: set[str] = set()
    pending = list(definitions.types())
    while pending:
        name = pending.pop()
        seen.add(name)
        made_of = definitions.shape(name)
        for element in made_of.elements.values():
            if element.type in definitions.primitives() or element.type in {*seen, "Resource"}:
                continue
            pending.append(element.type)
        for variants in made_of.choices.values():
            assert set(variants) <= made_of.elements.keys()
        assert set(made_of.need) <= made_of.elements.keys() | made_of.choices.keys()


@pytest.mark.parametrize(
    "kind, element, expected",
    [
        ("Patient", "gender", definitions.Element("code", value_set="administrative-gender")),
        ("Patient", "contact", definitions.Element("Patient.contact", many=True)),
        ("Patient", "id", definitions.Element("id")),
        ("Observation", "valueQuantity", definitions.Element("Quantity")),
        ("Observation.component", "referenceRange", definitions.Element("Observation.referenceRange", many=True)),
        ("Observation.referenceRange", "low", definitions.Element("SimpleQuantity")),
        ("Encounter", "subject", definitions.Element("Reference", targets=("Patient", "Group"))),
        ("Bundle.entry", "resource", definitions.Element("Resource")),
        ("Attachment", "contentType", definitions.Element("code")),
    ],
)
def test_elements(kind: str, element: str, expected: definitions.Element) -> None:
    assert definitions.shape(kind).elements[element] == expected


def test_required_bindings_list_their_codes() -> None:
    assert definitions.value_set("administrative-gender") == {
        "http://hl7.org/fhir/administrative-gender": frozenset({"male", "female", "other", "unknown"})
    }


@pytest.mark.parametrize(
    "kind, code, places",
    [
        ("Patient", "family", [("name.family", "string")]),
        ("Patient", "phone", [("telecom[system=phone]", "ContactPoint")]),
        ("Patient", "death-date", [("deceasedDateTime", "dateTime")]),
        ("Observation", "patient", [("subject", "Reference", None, "Patient")]),
        ("Observation", "value-string", [("valueString", "string"), ("valueCodeableConcept.text", "string")]),
        ("Task", "status", [("status", "code", "http://hl7.org/fhir/task-status")]),
        ("PlanDefinition", "composed-of", [("relatedArtifact[type=composed-of].resource", "canonical")]),
        ("Patient", "_tag", [("meta.tag", "Coding")]),
        ("Bundle", "message", [("entry[0].resource", "Resource")]),
        ("InsurancePlan", "name", [("name", "string"), ("alias", "string")]),
    ],
)
def test_search_expressions_become_places(kind: str, code: str, places: list[tuple[str, ...]]) -> None:
    assert list(definitions.search_parameters(kind)[code].places) == [definitions.Place(*place) for place in places]


# Kinds of place that no search by token, reference, string, date or uri can use.
UNUSED = {
    ("reference", "Attachment"),
    ("reference", "Resource"),
    ("date", "string"),
    ("date", "Age"),
    ("date", "Range"),
    ("token", "truth"),
}


def test_every_place_can_be_extracted() -> None:
    kinds = {
        (parameter.type, place.type)
        for kind in definitions.types()
        for parameter in definitions.search_parameters(kind).values()
        if parameter.type in {"token", "reference", "string", "date", "uri"}
        for place in parameter.places
    }
    assert kinds - set(_EMITTERS) <= UNUSED


def test_the_patient_compartment() -> None:
    compartment = definitions.compartment("Patient")
    assert compartment["AllergyIntolerance"] == ("patient", "recorder", "asserter")
    assert compartment["Coverage"][0] == "policy-holder" and "Organization" not in compartment


def test_unknown_names_are_key_errors() -> None:
    for ask in (definitions.shape, definitions.search_parameters, definitions.value_set, definitions.compartment):
        with pytest.raises(KeyError):
            ask("Nothing")  # type: ignore[operator]


def test_the_packaged_data_is_what_the_script_builds(tmp_path: Path) -> None:
    if not (SHARED / "fhir-r4").is_dir():
        pytest.skip("no ../shared/data/fhir-r4 beside this checkout")
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_definitions.py", SHARED / "fhir-r4", tmp_path], check=True, capture_output=True
    )
    for built in tmp_path.iterdir():
        assert built.read_bytes() == (DATA / built.name).read_bytes(), f"{built.name}: run scripts/build_definitions.py again"
