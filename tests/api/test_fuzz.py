"""Whatever is sent, the answer is FHIR and never blames the caller's mistake on us: no status of 500 or more."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.hub import Client

SETTINGS = settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "X"])
WORDS = st.sampled_from(
    [
        "Patient",
        "Task",
        "Observation",
        "Bundle",
        "Unicorn",
        "_history",
        "_search",
        "metadata",
        "$everything",
        "$x",
        "1",
        "x" * 80,
        "..",
        "%00",
        "%ff",
        "%",
        "é",
        "a b",
        "*",
    ]
)
PATHS = st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=6).map("/".join)
NAMES = st.sampled_from(
    [
        "_id",
        "name",
        "name:exact",
        "name:contains",
        "birthdate",
        "identifier",
        "patient",
        "subject",
        "subject:Patient.name",
        "_has:Task:patient:status",
        "code:in",
        "_sort",
        "_count",
        "_include",
        "_revinclude",
        "_include:iterate",
        "_cursor",
        "_since",
        "_total",
        "_summary",
        "_elements",
        "_lastUpdated",
        "_format",
        "_pretty",
        "_text",
        "_filter",
        "_list",
        "near",
        "value-quantity",
        "probability",
        "date",
        "_tag",
        "_profile",
        "url",
        "period:missing",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "-1",
            "0",
            "1",
            "99999999999999999999",
            "true",
            "json",
            "xml",
            "a|b",
            "|",
            "|x",
            "x|",
            ",",
            ",,",
            "\\",
            "\\,",
            "gt2020",
            "eq",
            "9999-12-31",
            "0000",
            "0001-01-01",
            "2020-13",
            "2020-02-30",
            "2020-01-01T00:00:00+14:00",
            "lt9999",
            "Patient/1",
            "Patient/",
            "http://x/Patient/1",
            "urn:uuid:x",
            "-_lastUpdated",
            "-date",
            "Patient:x",
            "*",
            "%00",
            "%",
            "%zz",
            "%ff%fe",
            "1e999999",
            "1e-9999",
            "NaN",
            "5.4|http://unitsofmeasure.org|mg",
            "'",
            '"',
            ";drop table version",
            "a" * 5000,
        ]
    ),
    st.text(max_size=30),
)
QUERIES = st.lists(st.tuples(NAMES, VALUES).map("=".join), max_size=5).map("&".join)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "accept",
            "content-type",
            "prefer",
            "if-match",
            "if-none-match",
            "if-none-exist",
            "if-modified-since",
            "authorization",
            "content-encoding",
            "accept-encoding",
            "host",
        ]
    ),
    st.one_of(
        st.sampled_from(
            [
                "",
                "*",
                "*/*",
                "application/fhir+json",
                "text/xml",
                'W/"1"',
                '"1"',
                "1,2",
                "gzip",
                "br",
                "Bearer",
                "Bearer x",
                "Basic eDp4",
                "return=minimal",
                "handling=lenient",
                "identifier=x",
                "identifier=",
                "_count=1",
                "Mon, 99 Foo 20222",
                "application/json; charset=utf-16",
            ]
        ),
        st.text(alphabet=string.printable, max_size=20),
    ),
    max_size=4,
)
KEYS = [
    "resourceType",
    "id",
    "meta",
    "versionId",
    "lastUpdated",
    "name",
    "family",
    "reference",
    "subject",
    "for",
    "status",
    "code",
    "coding",
    "system",
    "value",
    "extension",
    "url",
    "contained",
    "text",
    "div",
    "birthDate",
    "_birthDate",
    "identifier",
    "period",
    "start",
    "end",
    "entry",
    "request",
    "method",
    "type",
    "fullUrl",
    "resource",
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=10)
    | st.sampled_from(["Patient/1", "2020-01-01", "final", "\x00", "urn:uuid:1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
RESOURCES = st.tuples(
    st.sampled_from(["Patient", "Task", "Observation", "Bundle", "Parameters", "Binary", "Basic"]),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5),
).map(lambda made: {"resourceType": made[0], **made[1]})
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "fullUrl": st.sampled_from(["urn:uuid:1", "urn:uuid:2", "", "http://x/Patient/1", 7]),
        "resource": RESOURCES | JSON,
        "request": st.fixed_dictionaries(
            {},
            optional={
                "method": METHODS | JSON,
                "url": st.one_of(
                    WORDS,
                    PATHS,
                    st.sampled_from(
                        ["Patient", "Patient?name=x", "Patient/1", "/", "http://baton.test/fhir/R4/Patient/1", "http://elsewhere/x"]
                    ),
                    JSON,
                ),
                "ifNoneExist": VALUES,
                "ifMatch": VALUES,
            },
        )
        | JSON,
    },
)


def fine(answer: Any) -> None:
    assert answer.status < 500 or answer.status == 501, answer.body
    if answer.body:
        content = json.loads(answer.body)
        assert content["resourceType"]
        if answer.status >= 400:
            assert content["resourceType"] == "OperationOutcome"
            assert all(issue["severity"] and issue["code"] and issue["diagnostics"] for issue in content["issue"])


@SETTINGS
@given(
    method=METHODS,
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
    body=st.binary(max_size=40) | st.sampled_from([b"", b"{}", b'{"resourceType":"Patient"}']),
)
def test_any_request(client: Client, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
    path = path.replace("?", "")
    answer = client.send(method, f"{path}?{query}".encode().decode("latin-1"), body, {"content_type": "application/fhir+json", **headers})
    if method != "HEAD":
        fine(answer)
    else:
        assert answer.status < 500 or answer.status == 501


@SETTINGS
@given(type_=st.sampled_from(["Patient", "Task", "Observation", "Encounter", "RiskAssessment", "Location", "ValueSet"]), query=QUERIES)
def test_any_search(client: Client, type_: str, query: str) -> None:
    fine(client("GET", f"{type_}?{query}".encode().decode("latin-1")))


@SETTINGS
@given(type_=st.sampled_from(["Patient/1", "Patient", ""]), query=QUERIES)
def test_any_history(client: Client, type_: str, query: str) -> None:
    fine(client("GET", f"{type_}/_history?{query}".encode().decode("latin-1").lstrip("/")))


@SETTINGS
@given(resource=RESOURCES, put=st.booleans())
def test_any_resource(client: Client, resource: dict[str, Any], put: bool) -> None:
    path = f"{resource['resourceType']}" + ("/fuzz-1" if put else "")
    fine(client("PUT" if put else "POST", path if isinstance(path, str) else "Patient", resource))


@SETTINGS
@given(kind=st.sampled_from(["batch", "transaction"]), entries=st.lists(ENTRIES, max_size=4))
def test_any_bundle(client: Client, kind: str, entries: list[dict[str, Any]]) -> None:
    answer = client("POST", "", {"resourceType": "Bundle", "type": kind, "entry": entries})
    fine(answer)
    if answer.status == 200:
        assert all(
            each["response"]["status"][:1] in "234" or each["response"]["status"][:3] == "501" for each in answer.json.get("entry", [])
        )


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\\u0000", "\ud800"])
def test_what_no_database_can_hold(client: Client, text: str) -> None:
    body = json.dumps({"resourceType": "Patient", "name": [{"family": text}], "identifier": [{"system": "urn:x", "value": text}]}).encode()
    fine(client("POST", "Patient", raw=body))
    fine(client("PUT", "Patient/nul", raw=body.replace(b"{", b'{"id":"nul",', 1)))
    fine(client("GET", "Patient?name=%00a"))
    fine(client("GET", "Patient?identifier=%00"))
