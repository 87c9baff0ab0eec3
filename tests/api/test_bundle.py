"""batch and transaction."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.api.hub import Answer, Client


def entry(method: str, url: str, resource: dict[str, Any] | None = None, full_url: str | None = None, **request: str) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    if full_url is not None:
        made["fullUrl"] = full_url
    return made


def post(client: Client, kind: str, *entries: dict[str, Any], **headers: str) -> Answer:
    return client("POST", "", {"resourceType": "Bundle", "type": kind, "entry": list(entries)}, **headers)


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **more}


def practitioner(number: str) -> dict[str, Any]:
    return {"resourceType": "Practitioner", "identifier": [{"system": "urn:npi", "value": number}]}


def urn() -> str:
    return f"urn:uuid:{uuid4()}"


def place(answer: Answer, index: int) -> str:
    location: str = answer.json["entry"][index]["response"]["location"]
    return location.split("/_history/")[0]


def test_references_between_entries_become_real(client: Client) -> None:
    who, what = urn(), urn()
    answer = post(
        client,
        "transaction",
        entry(
            "POST",
            "Task",
            {
                "resourceType": "Task",
                "status": "requested",
                "intent": "order",
                "for": {"reference": who},
                "focus": {"reference": what},
                "identifier": [{"system": "urn:x", "value": who}],
                "instantiatesUri": "http://example.org/task",
                "basedOn": [{"reference": "#b"}],
                "extension": [{"url": "http://e.org/1", "valueUri": who}, {"url": "http://e.org/2", "valueString": who}],
                "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{who}">her</a></div>'},
                "contained": [{"resourceType": "Basic", "id": "b", "code": {"text": "b"}, "subject": {"reference": who}}],
            },
        ),
        entry("POST", "Patient", patient(), who),
        entry(
            "PUT",
            "Encounter/tx-e1",
            {"resourceType": "Encounter", "id": "tx-e1", "status": "planned", "class": {"code": "AMB"}, "subject": {"reference": who}},
            what,
        ),
    )
    assert answer.status == 200, answer.body
    bundle = answer.json
    assert bundle["type"] == "transaction-response"
    assert [each["response"]["status"][:3] for each in bundle["entry"]] == ["201", "201", "201"]
    assert all(each["response"]["etag"] == 'W/"1"' and each["response"]["lastModified"] for each in bundle["entry"])
    task, her = client("GET", place(answer, 0)).json, place(answer, 1)
    assert task["for"]["reference"] == her
    assert task["focus"]["reference"] == "Encounter/tx-e1"
    assert task["identifier"][0]["value"] == who
    assert [each.get("valueUri", each.get("valueString")) for each in task["extension"]] == [her, who]
    assert f'href="{her}"' in task["text"]["div"]
    assert task["contained"][0]["subject"]["reference"] == her
    assert client("GET", "Encounter/tx-e1").json["subject"]["reference"] == her


def test_relative_references_between_entries(client: Client) -> None:
    answer = post(
        client,
        "transaction",
        entry("POST", "Patient", patient(id="temp-1"), "http://elsewhere.org/fhir/Patient/temp-1"),
        entry(
            "POST",
            "Basic",
            {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": "Patient/temp-1"}},
            "http://elsewhere.org/fhir/Basic/1",
        ),
    )
    assert answer.status == 200, answer.body
    assert client("GET", place(answer, 1)).json["subject"]["reference"] == place(answer, 0)


def test_conditional_references(client: Client) -> None:
    there = client.create(practitioner("npi-1"))
    basic = {"resourceType": "Basic", "code": {"text": "x"}, "author": {"reference": "Practitioner?identifier=urn:npi|npi-1"}}
    fresh = {**basic, "author": {"reference": "Practitioner?identifier=urn:npi|npi-2"}}
    answer = post(
        client,
        "transaction",
        entry("POST", "Basic", basic),
        entry("POST", "Basic", fresh),
        entry("POST", "Practitioner", practitioner("npi-2")),
    )
    assert answer.status == 200, answer.body
    assert client("GET", place(answer, 0)).json["author"]["reference"] == f"Practitioner/{there['id']}"
    assert client("GET", place(answer, 1)).json["author"]["reference"] == place(answer, 2)


@pytest.mark.parametrize(("number", "code"), [("npi-none", "not-found"), ("npi-twice", "multiple-matches")])
def test_conditional_references_must_mean_one(client: Client, number: str, code: str) -> None:
    for _ in range(2):
        client.create(practitioner("npi-twice"))
    basic = {"resourceType": "Basic", "code": {"text": "x"}, "author": {"reference": f"Practitioner?identifier=urn:npi|{number}"}}
    answer = post(client, "transaction", entry("POST", "Patient", patient()), entry("POST", "Basic", basic))
    assert answer.status == 412
    assert answer.issue()["code"] == code
    assert answer.issue()["expression"][0].startswith("Bundle.entry[1]")


def test_all_or_nothing(client: Client) -> None:
    value = f"all-{uuid4()}"
    good = patient(identifier=[{"system": "urn:tx", "value": value}])
    answer = post(client, "transaction", entry("POST", "Patient", good), entry("POST", "Patient", patient(gender="robot")))
    assert answer.status in (400, 422)
    assert answer.issue()["expression"] == ["Bundle.entry[1].resource.gender"]
    assert client.search(f"Patient?identifier=urn:tx|{value}") == []


def test_what_is_written_twice_is_refused(client: Client) -> None:
    twice = [entry("PUT", "Patient/tx-twice", patient(id="tx-twice")) for _ in range(2)]
    answer = post(client, "transaction", *twice)
    assert answer.status == 400
    assert answer.issue()["expression"] == ["Bundle.entry[1]"]
    both = post(client, "transaction", twice[0], entry("DELETE", "Patient/tx-twice"))
    assert both.status == 400
    name = urn()
    assert post(client, "transaction", entry("POST", "Patient", patient(), name), entry("POST", "Patient", patient(), name)).status == 400


def test_what_points_at_no_entry_is_refused(client: Client) -> None:
    basic = {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": urn()}}
    answer = post(client, "transaction", entry("POST", "Basic", basic))
    assert answer.status == 400
    assert answer.issue()["expression"][0].startswith("Bundle.entry[0]")


def test_if_none_exist_in_a_transaction(client: Client) -> None:
    value = f"once-{uuid4()}"
    whole = patient(identifier=[{"system": "urn:once", "value": value}])
    name = urn()
    basic = {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": name}}
    entries = [entry("POST", "Patient", whole, name, ifNoneExist=f"identifier=urn:once|{value}"), entry("POST", "Basic", basic)]
    first, second = post(client, "transaction", *entries), post(client, "transaction", *entries)
    assert [each["response"]["status"][:3] for each in first.json["entry"]] == ["201", "201"]
    assert [each["response"]["status"][:3] for each in second.json["entry"]] == ["200", "201"]
    assert place(first, 0) == place(second, 0)
    assert client("GET", place(second, 1)).json["subject"]["reference"] == place(first, 0)


def test_order_and_conditions(client: Client) -> None:
    client("PUT", "Patient/tx-old", patient(id="tx-old"))
    client("PUT", "Patient/tx-v", patient(id="tx-v"))
    answer = post(
        client,
        "transaction",
        entry("GET", "Patient/tx-v"),
        entry("PUT", "Patient/tx-v", patient(id="tx-v", gender="female"), ifMatch='W/"1"'),
        entry("DELETE", "Patient/tx-old"),
        entry("GET", "Patient?_id=tx-v"),
    )
    assert answer.status == 200, answer.body
    got = answer.json["entry"]
    assert [each["response"]["status"][:3] for each in got] == ["200", "200", "204", "200"]
    assert got[0]["resource"]["gender"] == "female"
    assert got[3]["resource"]["type"] == "searchset"
    assert client("GET", "Patient/tx-old").status == 410
    stale = post(client, "transaction", entry("PUT", "Patient/tx-v", patient(id="tx-v"), ifMatch='W/"1"'))
    assert stale.status == 412
    assert stale.issue()["expression"][0].startswith("Bundle.entry[0]")


def test_conditional_update_in_a_transaction(client: Client) -> None:
    value = f"cu-{uuid4()}"
    whole = patient(identifier=[{"system": "urn:cu", "value": value}])
    made = post(client, "transaction", entry("PUT", f"Patient?identifier=urn:cu|{value}", whole))
    again = post(client, "transaction", entry("PUT", f"Patient?identifier=urn:cu|{value}", {**whole, "gender": "male"}))
    assert (made.status, again.status) == (200, 200), (made.body, again.body)
    assert again.json["entry"][0]["response"]["etag"] == 'W/"2"'
    assert place(made, 0) == place(again, 0)


def test_prefer_representation_in_a_transaction(client: Client) -> None:
    answer = post(client, "transaction", entry("POST", "Patient", patient(gender="other")), prefer="return=representation")
    assert answer.json["entry"][0]["resource"]["gender"] == "other"


def test_a_batch_does_each_on_its_own(client: Client) -> None:
    answer = post(
        client,
        "batch",
        entry("POST", "Patient", patient()),
        entry("POST", "Patient", patient(gender="robot")),
        entry("GET", "Patient/nobody-here"),
        entry("GET", "metadata"),
        entry("DELETE", "Patient/nobody-here"),
        entry("PATCH", "Patient/1", patient()),
        entry("GET", "Patient?unheard=1"),
    )
    assert answer.status == 200
    got = answer.json
    assert got["type"] == "batch-response"
    assert [each["response"]["status"][:3] for each in got["entry"]] in (
        ["201", s, "404", "200", "204", "405", "400"] for s in ("422", "400")
    )
    outcome = got["entry"][1]["response"]["outcome"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]


@pytest.mark.parametrize(
    "bundle",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "collection", "entry": []},
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "type": "transaction", "entry": {}},
        {"resourceType": "Bundle", "type": "transaction", "entry": [1]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": {"resourceType": "Patient"}}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "POST", "url": "Patient"}}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "STEAL", "url": "Patient"}}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "GET", "url": "Unicorn/1"}}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE", "url": "Patient?name=x"}}]},
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "POST", "url": ""}, "resource": {"resourceType": "Bundle", "type": "batch"}}],
        },
    ],
)
def test_what_is_no_bundle_to_work_on(client: Client, bundle: dict[str, Any]) -> None:
    answer = client("POST", "", bundle)
    assert 400 <= answer.status < 500, answer.body
    answer.issue()


def test_an_empty_transaction(client: Client) -> None:
    answer = post(client, "transaction")
    assert (answer.status, answer.json["type"]) == (200, "transaction-response")


def test_entries_may_not_hold_bundles_to_work_on(client: Client) -> None:
    inner = {"resourceType": "Bundle", "type": "batch"}
    answer = post(client, "batch", entry("POST", "/", inner))
    assert answer.status in (200, 400)
    assert b"201" not in answer.body
