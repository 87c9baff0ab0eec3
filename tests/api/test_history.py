"""history of one resource, of a type, of everything; Patient/$everything; metadata."""

from __future__ import annotations

from typing import Any

from tests.api.hub import Client

from baton.api.interactions import TABLE
from baton.fhir.definitions import TYPES


def pages(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        answer = client("GET", following)
        assert answer.status == 200, answer.body
        found += answer.json.get("entry", [])
        links = {link["relation"]: link["url"] for link in answer.json["link"]}
        following = links["next"].removeprefix("http://baton.test/fhir/R4/") if "next" in links else None
    return found


def test_history_of_one(client: Client) -> None:
    made = client.create({"resourceType": "Patient"})
    path = f"Patient/{made['id']}"
    client("PUT", path, {"resourceType": "Patient", "id": made["id"], "gender": "male"})
    client("DELETE", path)
    answer = client("GET", f"{path}/_history")
    assert answer.json["type"] == "history"
    entries = answer.json["entry"]
    assert [each["request"]["method"] for each in entries] == ["DELETE", "PUT", "POST"]
    assert [each["response"]["etag"] for each in entries] == ['W/"3"', 'W/"2"', 'W/"1"']
    assert "resource" not in entries[0]
    assert entries[1]["resource"]["gender"] == "male"
    assert pages(client, f"{path}/_history?_count=1") == entries
    assert client("GET", "Patient/never/_history").status == 404


def test_history_of_a_type_and_of_all(client: Client) -> None:
    before = client.create({"resourceType": "Basic", "code": {"text": "a"}})
    made = [client.create({"resourceType": "Basic", "code": {"text": str(each)}}) for each in range(5)]
    newest = [each["resource"]["id"] for each in client("GET", "Basic/_history?_count=5").json["entry"]]
    assert newest == [each["id"] for each in reversed(made)]
    assert len(pages(client, "Basic/_history?_count=2")) == 6
    since = made[0]["meta"]["lastUpdated"]
    later = [each["resource"]["id"] for each in pages(client, f"Basic/_history?_since={since}")]
    assert before["id"] not in later or before["meta"]["lastUpdated"] == since
    assert [each["resource"]["id"] for each in client("GET", "_history?_count=5").json["entry"]] == newest


def test_history_refuses_what_it_does_not_know(client: Client) -> None:
    for query in ("_count=-1", "_count=x", "_since=yesterday", "_at=2020", "_cursor=nonsense", "colour=red"):
        refused = client("GET", f"Basic/_history?{query}")
        assert refused.status == 400, (query, refused.body)
        refused.issue()


def test_everything_of_a_patient(client: Client, nia: Client) -> None:
    made = client.create({"resourceType": "Patient"})
    reference = {"reference": f"Patient/{made['id']}"}
    for each in range(7):
        client.create({"resourceType": "Observation", "status": "final", "code": {"text": str(each)}, "subject": reference})
    client.create({"resourceType": "Observation", "status": "final", "code": {"text": "another's"}})
    path = f"Patient/{made['id']}/$everything"
    whole = [each["resource"] for each in pages(client, path)]
    assert whole[0] == made
    assert len(whole) == 8
    assert sorted(each["resource"]["id"] for each in pages(client, f"{path}?_count=3")) == sorted(each["id"] for each in whole)
    assert client("GET", "Patient/nobody/$everything").status == 404
    assert nia("GET", path).status == 404
    assert client("GET", f"{path}?_count=-1").status == 400
    assert client("GET", f"Observation/{whole[1]['id']}/$everything").status == 404
    assert client("GET", f"Patient/{made['id']}/$something").status == 404


def test_metadata_states_what_works(stranger: Client, client: Client) -> None:
    answer = stranger("GET", "metadata")
    assert answer.status == 200
    statement = answer.json
    assert statement["resourceType"] == "CapabilityStatement"
    assert statement["fhirVersion"] == "4.0.1"
    rest = statement["rest"][0]
    assert TYPES - {each["type"] for each in rest["resource"]} <= {"SubscriptionStatus"}
    assert {each["code"] for each in rest["interaction"]} == {row.code for row in TABLE if row.level == "system"}
    of = {each["type"]: each for each in rest["resource"]}
    assert of["Patient"]["operation"][0]["name"] == "everything"
    assert "operation" not in of["Task"]
    assert client("POST", "CapabilityStatement", {**statement, "id": "x"}).status == 201


def test_every_parameter_metadata_states_can_be_searched(stranger: Client, client: Client) -> None:
    values = {"date": "2020", "reference": "Patient/1", "number": "1", "quantity": "1"}
    for resource in stranger("GET", "metadata").json["rest"][0]["resource"]:
        if resource["type"] not in ("Patient", "Task", "Observation", "Encounter", "Practitioner", "Location"):
            continue
        for parameter in resource["searchParam"]:
            answer = client("GET", f"{resource['type']}?{parameter['name']}={values.get(parameter['type'], 'x')}")
            assert answer.status == 200, (resource["type"], parameter, answer.body)
        for name in ("searchInclude", "searchRevInclude"):
            for include in resource.get(name, ())[:30]:
                parameter = "_include" if name == "searchInclude" else "_revinclude"
                assert client("GET", f"{resource['type']}?{parameter}={include}&_count=1").status == 200, include
