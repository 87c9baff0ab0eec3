"""What a receiver must rewrite in a Bundle, and what it must leave alone."""

import copy

import pytest

from baton.fhir import bundle
from baton.fhir.outcome import Bad

PATIENT = {"resourceType": "Patient", "id": "a"}


def transaction(*entries):
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def post(resource, full_url=None, **request):
    return {"fullUrl": full_url, "resource": resource, "request": {"method": "POST", "url": resource["resourceType"], **request}}


def test_a_request_is_taken_apart():
    taken = bundle.entries(
        transaction(
            post(PATIENT, "urn:uuid:1", ifNoneExist="identifier=s|v"),
            {"resource": PATIENT, "request": {"method": "PUT", "url": "/Patient/a", "ifMatch": 'W/"3"'}},
            {"request": {"method": "GET", "url": "Observation?patient=a&code=x"}},
            {"request": {"method": "DELETE", "url": "Patient?identifier=s|v"}},
            {"request": {"method": "GET", "url": "Patient/a/$everything"}},
            {"request": {"method": "GET", "url": "Patient/a/_history/2"}},
        )
    )
    assert [(e.method, e.type, e.id, e.query) for e in taken] == [
        ("POST", "Patient", None, None),
        ("PUT", "Patient", "a", None),
        ("GET", "Observation", None, "patient=a&code=x"),
        ("DELETE", "Patient", None, "identifier=s|v"),
        ("GET", "Patient", "a", None),
        ("GET", "Patient", "a", None),
    ]
    assert taken[0].if_none_exist == "identifier=s|v" and taken[0].full_url == "urn:uuid:1"
    assert taken[1].if_match == 'W/"3"' and taken[1].where == "Bundle.entry[1]"


def test_entries_without_request_are_put_where_their_id_says():
    taken = bundle.entries(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}, {"resource": {"resourceType": "Basic"}}]}
    )
    assert [(e.method, e.type, e.id) for e in taken] == [("PUT", "Patient", "a"), ("POST", "Basic", None)]


@pytest.mark.parametrize(
    ("entry", "expression"),
    [
        ("text", "Bundle.entry[0]"),
        ({"resource": PATIENT}, "Bundle.entry[0].request"),
        ({"resource": PATIENT, "request": {"method": "STEAL", "url": "Patient"}}, "Bundle.entry[0].request.method"),
        ({"resource": PATIENT, "request": {"method": "POST"}}, "Bundle.entry[0].request.url"),
        ({"request": {"method": "POST", "url": "Patient"}}, "Bundle.entry[0].resource"),
        ({"resource": {"id": "x"}, "request": {"method": "POST", "url": "Patient"}}, "Bundle.entry[0].resource"),
        ({"resource": PATIENT, "request": {"method": "POST", "url": "Observation"}}, "Bundle.entry[0].request.url"),
    ],
)
def test_an_entry_that_makes_no_sense_is_named(entry, expression):
    with pytest.raises(Bad) as bad:
        bundle.entries(transaction(entry))
    assert [issue.expression for issue in bad.value.issues] == [expression]


def test_references_between_entries_are_found_and_rewritten():
    observation = {
        "resourceType": "Observation",
        "subject": {"reference": "urn:uuid:1"},
        "performer": [{"reference": "Practitioner?identifier=s|v"}, {"reference": "Patient/7"}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}],
        "text": {"div": '<div><a href="urn:uuid:1">her</a></div>'},
        "extension": [{"url": "http://example.org/x", "valueUri": "urn:uuid:1"}],
    }
    before = copy.deepcopy(observation)
    taken = bundle.entries(transaction(post(PATIENT, "urn:uuid:1"), post(observation, "http://example.org/fhir/Observation/7")))
    targets = bundle.resolve(taken, {0: "Patient/new", 1: "Observation/o"})
    assert targets == {
        "urn:uuid:1": "Patient/new",
        "http://example.org/fhir/Observation/7": "Observation/o",
        "Observation/7": "Observation/o",
    }
    assert bundle.conditionals(taken) == {"Practitioner?identifier=s|v": [1]}
    assert bundle.dangling(observation, targets.keys()) == ["Practitioner?identifier=s|v"]
    targets["Practitioner?identifier=s|v"] = "Practitioner/p"
    new = bundle.rewrite(observation, targets)
    assert observation == before
    assert new["subject"] == {"reference": "Patient/new"}
    assert new["performer"] == [{"reference": "Practitioner/p"}, {"reference": "Patient/7"}]
    assert new["identifier"] is observation["identifier"]
    assert new["text"]["div"] == '<div><a href="Patient/new">her</a></div>'
    assert new["extension"][0]["valueUri"] == "Patient/new"
    assert bundle.dangling(new) == []
    assert bundle.rewrite(PATIENT, targets) is PATIENT


def test_one_full_url_cannot_stand_for_two():
    taken = bundle.entries(transaction(post(PATIENT, "urn:uuid:1"), post(PATIENT, "urn:uuid:1")))
    with pytest.raises(Bad):
        bundle.resolve(taken, {0: "Patient/a", 1: "Patient/b"})
