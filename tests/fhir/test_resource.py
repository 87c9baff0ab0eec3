import copy
import json
import pickle

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fhir.samples import PATIENT

from baton.fhir import resource
from baton.fhir.outcome import Bad

NUMBERS = ["72.50", "1.0E2", "0.00", "-0", "-0.0", "0", "5", "-3.10", "1e-7", "0.00001", "65.33715212281344", "0.1234567890123456789012345"]
NUMBERS += ["123456789012345678901234567890", "9007199254740993", "1E5", "100", "100.0", "2.0"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "form",
    [
        '{"value":%s}',
        '{"value": %s}',
        '{\n  "value" : %s\n}',
        '{"a":[%s]}',
        '{"a":["x", %s, 1]}',
        '{"a": [[1,%s]], "b": {"c": 1.50}}',
        '{"ü":%s}',
    ],
)
def test_every_digit_survives(form: str, number: str) -> None:
    text = form % number
    written = resource.dump(resource.parse(text)).decode()
    assert written == "".join(text.split())


def test_a_number_that_keeps_its_digits_is_a_float() -> None:
    value = resource.parse('{"value":72.50}')["value"]
    assert value == 72.5 and isinstance(value, float) and value + 1 == 73.5
    assert copy.deepcopy(value).text == "72.50" and pickle.loads(pickle.dumps(value)).text == "72.50"


@pytest.mark.parametrize(
    "text, says",
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a":NaN}', "not JSON"),
        (b'{"a":Infinity}', "not JSON"),
        (b'{"a":1e999}', "not JSON"),
        (b'{"a":"\xff"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a":"\\ud800"}', "not JSON"),
        ('{"a":"\ud800"}', "half a character"),
        (b"[]", "an array"),
        (b"null", "null"),
        (b'"x"', "a string"),
        (b"1", "a number"),
        (b'{"id":"a","id":"b"}', "'id' is written twice"),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "'b' is written twice"),
        (b'{"a":"\\u0022\\u0022", "b":1, "b":2}', "'b' is written twice"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "deeper than 100"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_resource_is_refused_in_words(text: bytes | str, says: str) -> None:
    with pytest.raises(Bad) as refusal:
        resource.parse(text)
    assert says in refusal.value.issues[0].text
    assert refusal.value.status == 400


def test_a_hundred_levels_and_long_strings_are_taken() -> None:
    deep = b'{"a":' * 99 + b"{}" + b"}" * 99
    assert resource.dump(resource.parse(deep)) == deep
    long = orjson.dumps({"data": "x" * 3_000_000})
    assert resource.dump(resource.parse(long)) == long


def test_what_has_no_place_in_a_resource_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        resource.dump({"a": {1, 2}})


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _json, max_size=5), st.sampled_from([None, 2]), st.booleans())
def test_whatever_is_parsed_is_written_back(value: dict, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    again = resource.parse(text)
    assert json.loads(resource.dump(again)) == value
    assert resource.dump(resource.parse(resource.dump(again))) == resource.dump(again)


@given(st.binary() | st.text())
def test_parse_raises_nothing_but_bad(text: bytes | str) -> None:
    try:
        resource.parse(text)
    except Bad as refusal:
        assert refusal.issues


@pytest.mark.parametrize(
    "text, parts",
    [
        ("Patient/1", ("Patient", "1")),
        ("Patient/a.b-c/_history/3", ("Patient", "a.b-c")),
        ("https://ehr.example/fhir/R4/Patient/1", ("Patient", "1")),
        ("http://ehr.example/Patient/1/_history/2", ("Patient", "1")),
        ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", None),
        ("#contained", None),
        ("Patient?identifier=1", None),
        ("Patient/", None),
        ("Patient/1/2", None),
        ("patient/1", None),
        (f"Patient/{'x' * 65}", None),
        ("", None),
    ],
)
def test_split(text: str, parts: tuple[str, str] | None) -> None:
    assert resource.split(text) == parts


def test_the_questions_everyone_asks() -> None:
    assert resource.reference("Patient", "1") == "Patient/1"
    assert resource.reference_to(PATIENT) == "Patient/amara"
    assert resource.is_local("Patient/1") and not resource.is_local("https://ehr.example/Patient/1")
    assert resource.target(PATIENT["managingOrganization"]) == "Organization/mercy"
    assert resource.target({"identifier": {"value": "1"}}) is None and resource.target(None) is None
    assert resource.identifier(PATIENT, "https://hospital.example/mrn") == "4711"
    assert resource.identifier(PATIENT, "https://elsewhere.example") is None
    assert resource.human_name(PATIENT) == "Mrs. Amara Ngozi Okafor"
    assert resource.human_name({"name": "Mercy General"}) == "Mercy General"
    assert resource.human_name({"name": [{"text": "Bo"}]}) == "Bo" and resource.human_name({}) == ""
    url = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
    assert resource.extension(PATIENT["_birthDate"], url) == "1948-02-29T04:30:00-05:00"
    assert resource.extension(PATIENT, url) is None


def test_codeable_concepts() -> None:
    concept = {"coding": [{"system": "s", "code": "a"}, {"code": "b", "display": "Bee", "userSelected": True}, {"display": "only words"}]}
    assert list(resource.codings(concept)) == [("s", "a"), (None, "b")]
    assert resource.has_code(concept, "s", "x", "a") and not resource.has_code(concept, "s", "b") and resource.has_code(concept, None, "b")
    assert resource.code_of(concept, "s") == "a" and resource.code_of(concept, "t") is None
    assert resource.text_of(concept) == "Bee" and resource.text_of({"text": "T", **concept}) == "T"
    assert resource.text_of({"coding": [{"code": "x"}]}) == "x" and resource.text_of(None) == ""
    assert not resource.has_code(None, None, "a")
