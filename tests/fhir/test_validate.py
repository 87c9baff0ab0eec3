import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fhir import samples

from baton.fhir import definitions, resource, validate
from baton.fhir.explain import explain

Resource = dict[str, Any]


def changed(sample: Resource, **changes: Any) -> Resource:
    """The sample with these properties set, or left out where the value is ...; "a__0__b" reaches inside."""
    made = copy.deepcopy(sample)
    for path, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        inside: Any = made
        for step in way:
            inside = inside[step]
        if value is ...:
            del inside[last]
        else:
            inside[last] = value
    return made


@pytest.mark.parametrize("sample", samples.ALL, ids=lambda sample: sample["resourceType"])
def test_the_samples_are_valid(sample: Resource) -> None:
    assert validate.check(sample) == []


PATIENT, OBSERVATION, TASK, CONDITION = samples.PATIENT, samples.OBSERVATION, samples.TASK, samples.CONDITION
PILL, BUNDLE = samples.MEDICATION_REQUEST, samples.BUNDLE
EXTENSION = {"url": "https://baton.example/x"}
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
IN_ERROR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]}

WRONG: list[tuple[str, Resource, str, str, str]] = [
    # what it is, the resource, code, expression, part of the text
    ("unknown element", changed(PATIENT, gendre="female"), "structure", "Patient.gendre", "no element 'gendre'. Did you mean 'gender'?"),
    ("unknown inside", changed(PATIENT, contact__0__sex="m"), "structure", "Patient.contact[0].sex", "no element 'sex'"),
    (
        "code not in the set",
        changed(PATIENT, contact__0__gender="man"),
        "code-invalid",
        "Patient.contact[0].gender",
        "female, male, other, unknown",
    ),
    ("text for a boolean", changed(PATIENT, active="true"), "value", "Patient.active", "takes true or false; not 'true'"),
    ("number for a text", changed(PATIENT, name__0__family=7), "value", "Patient.name[0].family", "not the number 7"),
    ("empty text", changed(PATIENT, name__0__family=""), "value", "Patient.name[0].family", "not empty"),
    ("control character", changed(PATIENT, name__0__family="a\x00b"), "value", "Patient.name[0].family", "control"),
    ("object for a list", changed(PATIENT, name={"family": "Okafor"}), "structure", "Patient.name", "takes a list, not an object"),
    ("list for one", changed(PATIENT, gender=["female"]), "value", "Patient.gender", "not a list"),
    ("empty list", changed(PATIENT, name=[]), "structure", "Patient.name", "empty list"),
    ("empty object", changed(PATIENT, name=[{}]), "structure", "Patient.name[0]", "ele-1"),
    ("null", changed(PATIENT, gender=None), "structure", "Patient.gender", "null"),
    ("null in a list", changed(PATIENT, name__0__given=["Amara", None]), "structure", "Patient.name[0].given[1]", "null"),
    ("bad id", changed(PATIENT, id="a b"), "value", "Patient.id", "64 letters"),
    ("long id", changed(PATIENT, id="x" * 65), "value", "Patient.id", "64 letters"),
    ("no day of the calendar", changed(PATIENT, birthDate="2026-02-30"), "value", "Patient.birthDate", "date of the calendar"),
    ("no leap year", changed(PATIENT, birthDate="1900-02-29"), "value", "Patient.birthDate", "date of the calendar"),
    (
        "time without offset",
        changed(OBSERVATION, effectiveDateTime="2026-07-02T09:15:00"),
        "value",
        "Observation.effective.ofType(dateTime)",
        "offset",
    ),
    ("missing", changed(OBSERVATION, status=...), "required", "Observation.status", "needs 'status'"),
    ("missing code", changed(OBSERVATION, code=...), "required", "Observation.code", "needs 'code'"),
    ("missing inside", changed(PATIENT, communication=[{"preferred": True}]), "required", "Patient.communication[0].language", "language"),
    ("missing choice", changed(PILL, medicationReference=...), "required", "MedicationRequest.medication", "medicationCodeableConcept"),
    ("wrong choice", changed(OBSERVATION, valueQuantity__value="72"), "value", "Observation.value.ofType(Quantity).value", "number"),
    ("two choices", changed(OBSERVATION, valueString="72 kg"), "structure", "Observation.value", "valueQuantity and valueString"),
    ("unknown choice", changed(OBSERVATION, valueAddress={"city": "x"}), "structure", "Observation.valueAddress", "no element"),
    (
        "wrong target",
        changed(OBSERVATION, subject={"reference": "Practitioner/1"}),
        "value",
        "Observation.subject.reference",
        "Patient or Group",
    ),
    ("no reference", changed(OBSERVATION, subject={"reference": "amara"}), "value", "Observation.subject.reference", "Type/id"),
    ("nothing contained", changed(OBSERVATION, subject={"reference": "#p"}), "not-found", "Observation.subject.reference", "ref-1"),
    ("contained elsewhere", changed(PILL, medicationReference={"reference": "#x"}), "not-found", "MedicationRequest", "#x"),
    ("contained for nothing", changed(PILL, medicationReference={"display": "x"}), "invariant", "MedicationRequest.contained[0]", "dom-3"),
    (
        "contained deeper",
        changed(PILL, contained__0__contained=[PATIENT]),
        "invariant",
        "MedicationRequest.contained[0].contained",
        "dom-2",
    ),
    (
        "contained version",
        changed(PILL, contained__0__meta={"versionId": "1"}),
        "invariant",
        "MedicationRequest.contained[0].meta.versionId",
        "dom-4",
    ),
    ("contained fault", changed(PILL, contained__0__status="gone"), "code-invalid", "MedicationRequest.contained[0].status", "active"),
    ("period", changed(TASK, restriction__period__end="2026-07-01"), "invariant", "Task.restriction.period", "per-1"),
    (
        "period in other zones",
        changed(TASK, restriction__period={"start": "2026-07-02T10:00:00Z", "end": "2026-07-02T10:30:00+05:00"}),
        "invariant",
        "Task.restriction.period",
        "per-1",
    ),
    (
        "concept not in the set",
        changed(CONDITION, clinicalStatus={"text": "active"}),
        "code-invalid",
        "Condition.clinicalStatus",
        "remission",
    ),
    ("extension with nothing", changed(PATIENT, extension=[EXTENSION]), "invariant", "Patient.extension[0]", "ext-1"),
    (
        "extension with both",
        changed(PATIENT, extension=[{**EXTENSION, "valueCode": "a", "extension": [{**EXTENSION, "valueCode": "a"}]}]),
        "invariant",
        "Patient.extension[0]",
        "ext-1",
    ),
    (
        "extension with two",
        changed(PATIENT, extension=[{**EXTENSION, "valueCode": "a", "valueString": "b"}]),
        "structure",
        "Patient.extension[0].value",
        "one value",
    ),
    ("extension without url", changed(PATIENT, extension=[{"valueCode": "a"}]), "required", "Patient.extension[0].url", "url"),
    ("pat-1", changed(PATIENT, contact=[{"gender": "male"}]), "invariant", "Patient.contact[0]", "pat-1"),
    ("cpt-2", changed(PATIENT, telecom=[{"value": "5550101"}]), "invariant", "Patient.telecom[0]", "cpt-2"),
    ("obs-6", changed(OBSERVATION, dataAbsentReason={"text": "?"}), "invariant", "Observation", "obs-6"),
    ("obs-7", changed(OBSERVATION, component=[{"code": OBSERVATION["code"]}]), "invariant", "Observation", "obs-7"),
    ("con-4", changed(CONDITION, abatementDateTime="2026"), "invariant", "Condition.clinicalStatus", "con-4"),
    ("con-5", changed(CONDITION, verificationStatus=IN_ERROR), "invariant", "Condition.clinicalStatus", "con-5"),
    ("inv-1", changed(TASK, lastModified="2026-07-01T00:00:00Z"), "invariant", "Task.lastModified", "inv-1"),
    ("qty-3", changed(OBSERVATION, valueQuantity__system=...), "invariant", "Observation.value.ofType(Quantity)", "qty-3"),
    ("whole number", changed(PATIENT, telecom__0__rank=0), "value", "Patient.telecom[0].rank", "from 1"),
    ("half a number", changed(PATIENT, telecom__0__rank=1.5), "value", "Patient.telecom[0].rank", "whole number"),
    ("other type", changed(PATIENT, resourceType="Pacient"), "not-supported", "resourceType", "'Pacient'"),
    ("no type", changed(PATIENT, resourceType=...), "required", "resourceType", "names its type"),
    ("abstract type", changed(PATIENT, resourceType="DomainResource"), "not-supported", "resourceType", "DomainResource"),
    ("data type", {"resourceType": "HumanName", "family": "x"}, "not-supported", "resourceType", "HumanName"),
    ("in a bundle", changed(BUNDLE, entry__0__resource__gender="f"), "code-invalid", "Bundle.entry[0].resource.gender", "female"),
    (
        "no resource in a bundle",
        changed(BUNDLE, entry__1__resource={"a": 1}),
        "required",
        "Bundle.entry[1].resource.resourceType",
        "names its type",
    ),
    ("bdl-3", changed(BUNDLE, entry__0__request=...), "invariant", "Bundle.entry[0].request", "bdl-3"),
    ("bdl-1", changed(BUNDLE, total=2), "invariant", "Bundle", "bdl-1"),
    (
        "bdl-7",
        changed(BUNDLE, entry__1__fullUrl=BUNDLE["entry"][0]["fullUrl"], entry__0__resource__meta=...),
        "invariant",
        "Bundle.entry[1].fullUrl",
        "bdl-7",
    ),
    (
        "in parameters",
        changed(samples.PARAMETERS, parameter__1__part__0__resource__intent="?"),
        "code-invalid",
        "Parameters.parameter[1].part[0].resource.intent",
        "order",
    ),
    ("no narrative", changed(PATIENT, text__div="Amara"), "value", "Patient.text.div", "<div>"),
    (
        "app-2",
        {
            "resourceType": "Appointment",
            "status": "proposed",
            "start": "2026-07-02T09:00:00Z",
            "participant": [{"actor": {"reference": "Patient/1"}, "status": "accepted"}],
        },
        "invariant",
        "Appointment",
        "app-2",
    ),
    (
        "app-3",
        {"resourceType": "Appointment", "status": "booked", "participant": [{"actor": {"reference": "Patient/1"}, "status": "accepted"}]},
        "invariant",
        "Appointment",
        "app-3",
    ),
]


@pytest.mark.parametrize("wrong, code, expression, says", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_each_fault_is_named(wrong: Resource, code: str, expression: str, says: str) -> None:
    issues = validate.check(wrong)
    fitting = [issue for issue in issues if (issue.expression, issue.code, issue.severity) == (expression, code, "error")]
    assert any(says in issue.text for issue in fitting), issues


REFERRING: Resource = {"resourceType": "Provenance", "id": "p", "target": [{"reference": "#"}], "recorded": "2026-07-02T10:00:00Z"}
REFERRING["agent"] = [{"who": {"display": "x"}}]
SOMEHOW = {"extension": [{**EXTENSION, "valueCode": "unknown"}]}
LEAST = changed(PILL, contained=...)

RIGHT: list[tuple[str, Resource]] = [
    ("an extension instead of a required value", changed(OBSERVATION, status=..., _status=SOMEHOW)),
    ("an extension instead of a required choice", changed(LEAST, medicationReference=SOMEHOW)),
    ("nulls beside extensions", changed(PATIENT, name=[{"given": ["Amara", None], "_given": [None, SOMEHOW]}])),
    ("an extension with an id", changed(PATIENT, extension=[{**EXTENSION, "id": "a", "valueString": "x"}])),
    ("an extension of a rare type", changed(PATIENT, extension=[{**EXTENSION, "valueTiming": {"event": ["2026-07-02"]}}])),
    ("an extension on a value", changed(PATIENT, extension=[{**EXTENSION, "valueString": "x", "_valueString": {"id": "a"}}])),
    ("an absolute reference", changed(OBSERVATION, subject={"reference": "https://ehr.example/fhir/Patient/1"})),
    ("a urn", changed(OBSERVATION, subject={"reference": "urn:uuid:0f2074a0-4173-1a32-988f-5316d7f1cbbe"})),
    ("a conditional reference", changed(OBSERVATION, subject={"reference": "Patient?identifier=https://hospital.example/mrn|4711"})),
    ("only an identifier", changed(OBSERVATION, subject={"identifier": {"value": "4711"}})),
    ("a part of a date", changed(PATIENT, birthDate="1948-02")),
    ("period of parts", changed(TASK, restriction__period={"start": "2026-07-02T10:00:00Z", "end": "2026"})),
    ("period across zones", changed(TASK, restriction__period={"start": "2026-07-02T12:00:00+05:00", "end": "2026-07-02T10:30:00Z"})),
    ("a contained resource that points to its container", changed(PILL, contained__0=REFERRING, medicationReference={"display": "x"})),
    ("a non-breaking space", changed(PATIENT, name__0__family="van\u00a0der Berg")),
    ("no id", changed(PATIENT, id=...)),
]


@pytest.mark.parametrize("right", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_rare_but_right(right: Resource) -> None:
    assert validate.check(right) == []


@pytest.mark.parametrize("text", ['{"value": 72.50}', '{"value": 1.0E2}', '{"value": 0.1234567890123456789012345}'])
def test_numbers_that_keep_their_digits_are_numbers(text: str) -> None:
    sample = changed(OBSERVATION, valueQuantity=resource.parse(text))
    assert validate.check(sample) == []
    assert validate.check(changed(sample, valueQuantity__unit=5)) != []
    held = changed(BUNDLE, entry__1__resource=sample)
    assert validate.check(held) == []


ODD = [
    None,
    True,
    0,
    7,
    -1.5,
    "",
    " ",
    "x",
    "2026-02-30",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"a": 1},
    ["x", 1],
    "#x",
    float("inf"),
    10**30,
    "\x00",
    "\ud800",
    {"resourceType": "Patient"},
]


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in pairs] + [spot for _, each in pairs for spot in _spots(each)]


@st.composite
def broken(draw: Callable[..., Any]) -> Any:
    """A sample after a few accidents: something replaced, removed, added, or moved."""
    sample = copy.deepcopy(draw(st.sampled_from(samples.ALL)))
    names = st.sampled_from(
        ["value", "id", "status", "extension", "contained", "entry", "_id", "_given", "valueString", "reference", "period", "x"]
    )
    for _ in range(draw(st.integers(1, 4))):
        spots = _spots(sample)
        if not spots:
            break
        container, key = draw(st.sampled_from(spots))
        accident = draw(st.sampled_from(["replace", "remove", "add", "move"]))
        if accident == "replace":
            container[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif accident == "remove":
            del container[key]
        elif accident == "add" and isinstance(container, dict):
            container[draw(names)] = copy.deepcopy(draw(st.sampled_from(ODD)))
        else:
            container[key] = copy.deepcopy(draw(st.sampled_from([each[name] for each, name in spots])))
    return sample


@settings(max_examples=400, deadline=None)
@given(broken())
def test_check_never_raises_and_always_names_the_fault(sample: Any) -> None:
    for issue in validate.check(sample):
        assert issue.text and issue.severity == "error" and issue.code


@settings(max_examples=400, deadline=None)
@given(broken())
def test_the_quick_answer_and_the_explanation_agree(sample: Any) -> None:
    kind = sample.get("resourceType") if isinstance(sample, dict) else None
    if not isinstance(kind, str) or kind not in definitions.TYPES:
        return
    contained = "contained" in sample
    reasons = explain(sample, kind, contained=contained)
    if validate._passes(sample, kind, contained):
        assert reasons == []
    elif not reasons:
        text = json.dumps(sample)
        assert '"_' in text or '"extension"' in text, "refused by the schema without a reason"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_without_an_end_is_none(value: float) -> None:
    found = {"resourceType": "Observation", "status": "final", "code": {"text": "weight"}, "valueQuantity": {"value": value}}
    (issue,) = validate.check(found)
    assert (issue.expression or "").endswith(".value") and "takes a number" in issue.text


@pytest.mark.parametrize(
    "value",
    ODD + [object(), {1: 2}, {"resourceType": "Patient", 1: 2}, {"resourceType": "Patient", "name": {1, 2}}, {"resourceType": ["Patient"]}],
)
def test_whatever_comes_is_answered(value: Any) -> None:
    assert validate.check(value) if value != {"resourceType": "Patient"} else validate.check(value) == []


def test_depth_is_no_danger() -> None:
    """Depth from outside is stopped by parse; here it must only not bring the process down."""
    deep: Any = {"url": "https://baton.example/x", "valueCode": "x"}
    nested: Any = {"resourceType": "Bundle", "type": "collection"}
    for _ in range(3000):
        deep = {"url": "https://baton.example/x", "extension": [deep]}
        nested = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": nested}]}
    assert validate.check({"resourceType": "Patient", "gender": 1, "extension": [deep]})
    assert validate.check(nested)


def test_every_type_has_a_validator() -> None:
    for kind in definitions.types():
        assert all(issue.expression and issue.expression.startswith(kind) for issue in validate.check({"resourceType": kind, "id": "a"}))


# The official examples that are truly invalid, and why.
INVALID_EXAMPLES = {
    "DeviceMetric/DeviceMetric-example.json": "parent must be a Device; it is a DeviceDefinition",
    "DeviceUseStatement/DeviceUseStatement-example.json": "reasonReference may not be a Procedure",
    "MedicationRequest/MedicationRequest-medrx0301.json": "dispenseRequest.performer must be an Organization; it is a Practitioner",
    "Observation/Observation-clinical-gender.json": "performer may not be an Encounter",
    "Questionnaire/Questionnaire-qs1.json": "items without a linkId",
}


def test_the_official_examples(official_examples: dict[str, bytes]) -> None:
    refused = {name for name, text in official_examples.items() if validate.check(resource.parse(text))}
    assert refused == set(INVALID_EXAMPLES)
    assert len(official_examples) == 713


def test_the_official_examples_keep_their_digits(official_examples: dict[str, bytes]) -> None:
    for text in official_examples.values():
        parsed = resource.parse(text)
        exactly = {"parse_float": str, "parse_int": str}
        assert json.loads(resource.dump(parsed), **exactly) == json.loads(text, **exactly)


def test_every_synthetic_record_is_valid(synthea: list[Resource]) -> None:
    assert len(synthea) == 14653
    assert [each["id"] for each in synthea if validate.check(each)] == []
