"""create, update, delete, and their conditions."""

from __future__ import annotations

import gzip
import json

import pytest
from tests.api.hub import Client

from baton.api import application
from baton.settings import Settings
from baton.store import Store

NAME = [{"family": "Okafor", "given": ["Chidi"]}]


def test_create_says_where(client: Client) -> None:
    answer = client("POST", "Patient", {"resourceType": "Patient", "id": "mine", "name": NAME})
    assert answer.status == 201
    made = answer.json
    assert made["id"] != "mine"
    assert answer.headers["location"] == f"http://baton.test/fhir/R4/Patient/{made['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert made["name"] == NAME


@pytest.mark.parametrize(
    ("prefer", "kind"), [("return=minimal", None), ("return=OperationOutcome", "OperationOutcome"), ("return=representation", "Patient")]
)
def test_prefer(client: Client, prefer: str, kind: str | None) -> None:
    answer = client("POST", "Patient", {"resourceType": "Patient"}, prefer=prefer)
    assert answer.status == 201
    assert "location" in answer.headers
    assert (answer.json["resourceType"] if answer.body else None) == kind


def test_create_if_none_exists(client: Client) -> None:
    condition = "identifier=urn:mrn|77001"
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "77001"}]}
    first = client("POST", "Patient", patient, if_none_exist=condition)
    again = client("POST", "Patient", patient, if_none_exist=condition)
    assert (first.status, again.status) == (201, 200)
    assert again.json["id"] == first.json["id"]
    client.create(patient)
    many = client("POST", "Patient", patient, if_none_exist=condition)
    assert many.status == 412
    assert many.issue()["code"] == "multiple-matches"
    assert client("POST", "Patient", patient, if_none_exist="").status == 201
    assert client("POST", "Patient", patient, if_none_exist="_count=1").status == 412
    assert client("POST", "Patient", patient, if_none_exist="unheard=1").status == 412


def test_update_makes_versions(client: Client) -> None:
    first = client("PUT", "Patient/chosen-1", {"resourceType": "Patient", "id": "chosen-1"})
    assert (first.status, first.headers["etag"]) == (201, 'W/"1"')
    second = client("PUT", "Patient/chosen-1", {"resourceType": "Patient", "id": "chosen-1", "name": NAME})
    assert (second.status, second.headers["etag"]) == (200, 'W/"2"')
    assert client("GET", "Patient/chosen-1").json["meta"]["versionId"] == "2"


def test_update_only_what_was_read(client: Client) -> None:
    body = {"resourceType": "Patient", "id": "chosen-2"}
    assert client("PUT", "Patient/chosen-2", body).status == 201
    assert client("PUT", "Patient/chosen-2", body, if_match='W/"1"').status == 200
    assert client("PUT", "Patient/chosen-2", body, if_match='W/"1"').status == 412
    assert client("PUT", "Patient/chosen-2", body, if_match="*!").status == 412
    assert client("PUT", "Patient/absent", {**body, "id": "absent"}, if_match='W/"1"').status == 412
    assert client("DELETE", "Patient/chosen-2", if_match='W/"1"').status == 412
    assert client("DELETE", "Patient/chosen-2", if_match='W/"2"').status == 204


def test_update_must_name_what_it_updates(client: Client) -> None:
    for body in ({"resourceType": "Patient", "id": "other"}, {"resourceType": "Patient"}):
        refused = client("PUT", "Patient/this", body)
        assert refused.status == 400
        assert refused.issue()["expression"] == ["Patient.id"]
    assert client("PUT", "Patient/this", {"resourceType": "Person", "id": "this"}).status == 400
    assert client("PUT", "Patient", {"resourceType": "Patient"}).status == 400
    assert client("PUT", "Patient/" + "x" * 65, {"resourceType": "Patient", "id": "x" * 65}).status == 400


def test_conditional_update(client: Client) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "77002"}]}
    first = client("PUT", "Patient?identifier=urn:mrn|77002", patient)
    second = client("PUT", "Patient?identifier=urn:mrn|77002", {**patient, "gender": "male"})
    assert (first.status, second.status) == (201, 200)
    assert second.json["id"] == first.json["id"]
    assert client("PUT", "Patient?identifier=urn:mrn|77002", {**patient, "id": "else"}).status == 400


def test_a_deleted_resource_can_be_brought_back(client: Client) -> None:
    body = {"resourceType": "Patient", "id": "back"}
    client("PUT", "Patient/back", body)
    client("DELETE", "Patient/back")
    again = client("PUT", "Patient/back", body)
    assert again.status in (200, 201)
    assert again.headers["etag"] == 'W/"3"'
    assert client("GET", "Patient/back").status == 200


def test_conditional_delete_is_not_done(client: Client) -> None:
    refused = client("DELETE", "Patient?identifier=1")
    assert refused.status == 405
    assert "DELETE" not in refused.headers["allow"]


@pytest.mark.parametrize(
    ("resource", "expression"),
    [
        ({"resourceType": "Patient", "gender": "robot"}, "Patient.gender"),
        ({"resourceType": "Patient", "birthDate": "1950-02-31"}, "Patient.birthDate"),
        ({"resourceType": "Patient", "colour": "red"}, "Patient.colour"),
        ({"resourceType": "Patient", "contact": [{"gender": "robot"}]}, "Patient.contact[0].gender"),
        ({"resourceType": "Observation", "code": {"text": "x"}}, "Observation.status"),
    ],
)
def test_what_is_wrong_is_named(client: Client, resource: dict[str, object], expression: str) -> None:
    refused = client("POST", str(resource["resourceType"]), resource)
    assert refused.status in (400, 422)
    named = [issue["expression"][0] for issue in refused.json["issue"] if issue.get("expression")]
    assert expression in named, refused.json


def test_what_is_no_resource(client: Client) -> None:
    for raw in (
        b"",
        b"  ",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"1",
        b"{}",
        b'{"resourceType":7}',
        b'{"resourceType":"Person"}',
        b"\xff\xfe{",
        b"[" * 5000,
    ):
        refused = client("POST", "Patient", raw=raw)
        assert refused.status in (400, 422), (raw[:20], refused.body)
        refused.issue()


def test_deep_and_large_bodies(client: Client, store: Store, tokens: dict[str, str]) -> None:
    deep = b'{"resourceType":"Patient","extension":' + b'[{"url":"x","extension":' * 3000 + b"[]" + b"}]" * 3000 + b"}"
    assert client("POST", "Patient", raw=deep).status == 400
    narrow = Client(application(store, Settings(), body_limit=1000), tokens["sam"])
    large = {"resourceType": "Patient", "name": [{"text": "x" * 2000}]}
    assert narrow("POST", "Patient", large).status == 413
    packed = gzip.compress(json.dumps(large).encode())
    assert len(packed) < 1000
    assert narrow("POST", "Patient", raw=packed, content_encoding="gzip").status == 413
    assert client("POST", "Patient", raw=packed, content_encoding="gzip").status == 201
    assert client("POST", "Patient", raw=packed[:-4], content_encoding="gzip").status == 400
    assert client("POST", "Patient", raw=b"{}", content_encoding="gzip").status == 400
    assert client("POST", "Patient", raw=b"{}", content_encoding="br").status == 415


def test_only_json_is_read(client: Client) -> None:
    body = b'{"resourceType":"Patient"}'
    assert client("POST", "Patient", raw=body, content_type="application/json; charset=UTF-8").status == 201
    assert client("POST", "Patient", raw=body, content_type="").status == 201
    for kind in ("application/fhir+xml", "text/plain", "application/json; charset=latin-1", "application/json-patch+json"):
        assert client("POST", "Patient", raw=body, content_type=kind).status == 415
