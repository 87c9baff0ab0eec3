"""read and vread, and what can be asked of an answer."""

from __future__ import annotations

import gzip

import pytest
from tests.api.hub import Client

PATIENT = {"resourceType": "Patient", "name": [{"family": "Vega", "given": ["Ana"]}], "birthDate": "1950-03-04"}


def test_read_gives_the_resource_its_version_and_when(client: Client) -> None:
    created = client.create(PATIENT)
    answer = client("GET", f"Patient/{created['id']}")
    assert answer.status == 200
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"].endswith("GMT")
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.json == created
    assert answer.json["meta"]["versionId"] == "1"


def test_decimals_keep_their_digits(client: Client) -> None:
    body = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"weight"},'
        b'"valueQuantity":{"value":72.50,"unit":"kg"},"referenceRange":[{"low":{"value":1.0e2},"high":{"value":0.000000100}}]}'
    )
    created = client("POST", "Observation", raw=body)
    assert created.status == 201, created.body
    read = client("GET", f"Observation/{created.json['id']}")
    assert b"72.50" in read.body
    assert b"1.0e2" in read.body
    assert b"0.000000100" in read.body


def test_conditional_read(client: Client) -> None:
    path = f"Patient/{client.create(PATIENT)['id']}"
    first = client("GET", path)
    assert client("GET", path, if_none_match='W/"1"').status == 304
    assert client("GET", path, if_none_match='"1"').status == 304
    assert client("GET", path, if_none_match='W/"2"').status == 200
    assert client("GET", path, if_modified_since=first.headers["last-modified"]).status == 304
    assert client("GET", path, if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT").status == 200
    assert client("GET", path, if_modified_since="nonsense").status == 200
    assert client("GET", path, if_none_match='W/"1"').body == b""


def test_vread_gives_each_version(client: Client) -> None:
    created = client.create(PATIENT)
    path = f"Patient/{created['id']}"
    assert client("PUT", path, {**created, "gender": "female"}).status == 200
    assert client("GET", f"{path}/_history/1").json == created
    assert client("GET", f"{path}/_history/2").json["gender"] == "female"
    assert client("GET", f"{path}/_history/3").status == 404
    assert client("GET", f"{path}/_history/x").status == 404
    assert client("DELETE", path).status == 204
    assert client("GET", f"{path}/_history/3").status == 410
    assert client("GET", f"{path}/_history/2").status == 200


def test_what_is_not_there(client: Client) -> None:
    assert client("GET", "Patient/nobody").status == 404
    assert client("GET", "Patient/nobody").issue()["code"] == "not-found"
    assert client("GET", "Unicorn/1").status == 404
    assert "Unicorn" in client("GET", "Unicorn/1").issue()["diagnostics"]
    assert client("GET", "Patient/no*such").status == 400
    assert client("GET", "Patient/1/2/3/4/5").status == 404


def test_a_deleted_resource_is_gone(client: Client) -> None:
    path = f"Patient/{client.create(PATIENT)['id']}"
    assert client("DELETE", path).status == 204
    assert client("GET", path).status == 410
    assert client("DELETE", path).status == 204
    assert client("DELETE", "Patient/never-there").status == 204


def test_a_patient_of_another_team_is_not_there(client: Client, nia: Client) -> None:
    path = f"Patient/{client.create(PATIENT)['id']}"
    assert nia("GET", path).status == 404
    assert nia("GET", f"{path}/_history/1").status == 404


def test_without_a_token(stranger: Client, client: Client) -> None:
    answer = stranger("GET", "Patient/1")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.issue()["code"] == "login"
    wrong = Client(client.app, "not-a-token")
    assert wrong("GET", "Patient/1").status == 401
    assert "invalid_token" in wrong("GET", "Patient/1").headers["www-authenticate"]
    assert stranger("POST", "", {"resourceType": "Bundle", "type": "batch"}).status == 401


@pytest.mark.parametrize(
    "accept", ["application/fhir+json", "application/json", "*/*", "application/fhir+json;fhirVersion=4.0", "text/html, */*;q=0.1"]
)
def test_json_is_written(client: Client, accept: str) -> None:
    assert client("GET", "metadata", accept=accept).status == 200


@pytest.mark.parametrize("accept", ["application/fhir+xml", "text/html", "application/fhir+turtle"])
def test_nothing_else_is_written(client: Client, accept: str) -> None:
    assert client("GET", "metadata", accept=accept).status == 406
    assert client("GET", f"metadata?_format={accept}").status == 406
    assert client("GET", "metadata?_format=json", accept=accept).status == 200
    assert client("GET", "metadata?_format=application/fhir%2Bjson", accept=accept).status == 200


def test_pretty_changes_only_the_space_between(client: Client) -> None:
    created = client.create(
        {**PATIENT, "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a {b: "c"}</div>'}}
    )
    plain, pretty = client("GET", f"Patient/{created['id']}"), client("GET", f"Patient/{created['id']}?_pretty=true")
    assert pretty.json == plain.json
    assert pretty.body.count(b"\n") > 10


def test_gzip_only_when_asked_and_worth_it(client: Client) -> None:
    packed = client("GET", "metadata", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body).startswith(b"{")
    assert "content-encoding" not in client("GET", "metadata").headers
    assert "content-encoding" not in client("GET", "metadata", accept_encoding="gzip;q=0").headers
    small = client.create({"resourceType": "Patient"})
    assert "content-encoding" not in client("GET", f"Patient/{small['id']}", accept_encoding="gzip").headers


def test_head_and_options(client: Client) -> None:
    path = f"Patient/{client.create(PATIENT)['id']}"
    head, get = client("HEAD", path), client("GET", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))
    options = client("OPTIONS", path)
    assert options.status == 204
    assert options.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    refused = client("PATCH", path, {})
    assert refused.status == 405
    assert refused.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


def test_slashes_do_not_matter(client: Client) -> None:
    path = f"Patient/{client.create(PATIENT)['id']}"
    assert client("GET", f"{path}/").status == 200
    batch = {"resourceType": "Bundle", "type": "batch"}
    assert client("POST", "", batch).status == 200
    assert client("POST", "?_format=json", batch).status == 200
    client_slash = Client(client.app, client.token, base="/fhir/R4/")
    assert client_slash("POST", "", batch).status == 200
    assert client("GET", "?_type=Patient").status == 501
