"""search: against brute force over the Synthea records, and pages that hold still while others write."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from tests.api import synthea
from tests.api.hub import Client

from baton.fhir.dates import interval, period_interval

ZONE = ZoneInfo("America/New_York")
Resource = dict[str, Any]
Values = Callable[[Resource], Iterator[Any]]


def codings(*path: str) -> Values:
    def values(resource: Resource) -> Iterator[tuple[str | None, str]]:
        for node in at(resource, *path):
            for coding in node.get("coding", [node]) if isinstance(node, dict) else [{"code": node}]:
                if isinstance(coding.get("code", coding.get("value")), str):
                    yield coding.get("system"), coding.get("code", coding.get("value"))

    return values


def at(node: Any, *path: str) -> Iterator[Any]:
    if isinstance(node, list):
        for each in node:
            yield from at(each, *path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from at(node[path[0]], *path[1:])


def dates(*names: str) -> Values:
    def values(resource: Resource) -> Iterator[tuple[datetime, datetime]]:
        for name in names:
            for node in at(resource, name):
                yield period_interval(node, ZONE) if isinstance(node, dict) else interval(node, ZONE)

    return values


def strings(*paths: tuple[str, ...]) -> Values:
    return lambda resource: (text for path in paths for text in at(resource, *path) if isinstance(text, str))


def references(*path: str) -> Values:
    return lambda resource: (node["reference"] for node in at(resource, *path) if "reference" in node)


TOKENS: dict[tuple[str, str], Values] = {
    ("Observation", "code"): codings("code"),
    ("Observation", "category"): codings("category"),
    ("Observation", "status"): codings("status"),
    ("Encounter", "class"): codings("class"),
    ("Encounter", "type"): codings("type"),
    ("Condition", "clinical-status"): codings("clinicalStatus"),
    ("Condition", "code"): codings("code"),
    ("Patient", "gender"): codings("gender"),
    ("Patient", "identifier"): codings("identifier"),
    ("MedicationRequest", "intent"): codings("intent"),
}
DATES: dict[tuple[str, str], Values] = {
    ("Observation", "date"): dates("effectiveDateTime", "effectivePeriod"),
    ("Encounter", "date"): dates("period"),
    ("Condition", "onset-date"): dates("onsetDateTime", "onsetPeriod"),
    ("Condition", "recorded-date"): dates("recordedDate"),
    ("Procedure", "date"): dates("performedDateTime", "performedPeriod"),
    ("Patient", "birthdate"): dates("birthDate"),
    ("Claim", "created"): dates("created"),
}
STRINGS: dict[tuple[str, str], Values] = {
    ("Patient", "family"): strings(("name", "family")),
    ("Patient", "given"): strings(("name", "given")),
    ("Patient", "address-city"): strings(("address", "city")),
    ("Practitioner", "family"): strings(("name", "family")),
    ("Organization", "name"): strings(("name",), ("alias",)),
}
REFERENCES: dict[tuple[str, str], Values] = {
    ("Observation", "subject"): references("subject"),
    ("Observation", "patient"): references("subject"),
    ("Observation", "encounter"): references("encounter"),
    ("Encounter", "participant"): references("participant", "individual"),
    ("Encounter", "service-provider"): references("serviceProvider"),
    ("Condition", "encounter"): references("encounter"),
    ("Claim", "provider"): references("provider"),
}
PREFIXES: dict[str, Callable[[datetime, datetime, datetime, datetime], bool]] = {
    "": lambda lo, hi, a, b: a <= lo and hi <= b,
    "eq": lambda lo, hi, a, b: a <= lo and hi <= b,
    "ne": lambda lo, hi, a, b: not (a <= lo and hi <= b),
    "gt": lambda lo, hi, a, b: hi > b,
    "lt": lambda lo, hi, a, b: lo < a,
    "ge": lambda lo, hi, a, b: hi > b or (a <= lo and hi <= b),
    "le": lambda lo, hi, a, b: lo < a or (a <= lo and hi <= b),
    "sa": lambda lo, hi, a, b: lo >= b,
    "eb": lambda lo, hi, a, b: hi <= a,
}


@pytest.fixture(scope="module")
def stored(client: Client) -> dict[str, list[Resource]]:
    """Some Synthea bundles, as the server stored them."""
    if not synthea.SYNTHEA.exists():
        pytest.skip("the Synthea bundles are not beside this checkout")
    found: dict[str, list[Resource]] = {}
    for path in synthea.bundle_files()[:7]:
        answer = client("POST", "", raw=synthea.content(path), prefer="return=representation")
        assert answer.status == 200, answer.body[:500]
        for entry in answer.json["entry"]:
            found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    for types in ("Practitioner", "Organization"):
        found[types] = client.search(f"{types}?_count=500")
    return found


def ids(resources: list[Resource]) -> list[str]:
    return sorted(each["id"] for each in resources)


def check(client: Client, type_: str, query: str, expected: list[Resource]) -> None:
    found = client.search(f"{type_}?{query}&_count=200")
    assert ids(found) == ids(expected), f"{type_}?{query}: {len(found)} found, {len(expected)} expected"


@pytest.mark.parametrize(("type_", "param"), TOKENS)
def test_tokens(client: Client, stored: dict[str, list[Resource]], type_: str, param: str) -> None:
    values, rnd = TOKENS[type_, param], random.Random(f"{type_}{param}")
    every = sorted({value for each in stored[type_] for value in values(each)}, key=str)
    for system, code in rnd.sample(every, min(6, len(every))):
        escaped = quote(code.replace(",", "\\,").replace("|", "\\|"), safe="")
        having = [each for each in stored[type_] if code in (c for _, c in values(each))]
        check(client, type_, f"{param}={escaped}", having)
        if system:
            exact = [each for each in stored[type_] if (system, code) in values(each)]
            check(client, type_, f"{param}={quote(system, safe='')}%7C{escaped}", exact)
            check(client, type_, f"{param}:not={quote(system, safe='')}%7C{escaped}", [each for each in stored[type_] if each not in exact])
            anything = [each for each in stored[type_] if system in (s for s, _ in values(each))]
            if param != "identifier":
                check(client, type_, f"{param}={quote(system, safe='')}%7C", anything)
    two = rnd.sample(every, min(2, len(every)))
    either = ",".join(quote(code.replace(",", "\\,"), safe="\\,") for _, code in two)
    check(client, type_, f"{param}={either}", [each for each in stored[type_] if {c for _, c in values(each)} & {c for _, c in two}])


@pytest.mark.parametrize(("type_", "param"), DATES)
def test_dates(client: Client, stored: dict[str, list[Resource]], type_: str, param: str) -> None:
    values, rnd = DATES[type_, param], random.Random(f"{type_}{param}")
    every = [lo for each in stored[type_] for lo, _ in values(each)]
    for prefix, meets in PREFIXES.items():
        moment = rnd.choice(every).astimezone(ZONE)
        texts = [f"{moment:%Y}", f"{moment:%Y-%m}", f"{moment:%Y-%m-%d}", moment.isoformat(timespec="seconds"), f"{moment:%Y-%m-%dT%H:%M}Z"]
        for text in rnd.sample(texts, 3):
            a, b = interval(text, ZONE)
            expected = [each for each in stored[type_] if any(meets(lo, hi, a, b) for lo, hi in values(each))]
            check(client, type_, f"{param}={prefix}{quote(text)}", expected)
    early, late = sorted((rnd.choice(every), rnd.choice(every)))
    a, b = interval(f"{early:%Y-%m-%d}", ZONE), interval(f"{late:%Y-%m-%d}", ZONE)
    both = [
        each
        for each in stored[type_]
        if any(PREFIXES["ge"](lo, hi, *a) for lo, hi in values(each)) and any(PREFIXES["lt"](lo, hi, *b) for lo, hi in values(each))
    ]
    check(client, type_, f"{param}=ge{early:%Y-%m-%d}&{param}=lt{late:%Y-%m-%d}", both)


@pytest.mark.parametrize(("type_", "param"), STRINGS)
def test_strings(client: Client, stored: dict[str, list[Resource]], type_: str, param: str) -> None:
    values, rnd = STRINGS[type_, param], random.Random(f"{type_}{param}")
    every = sorted({text for each in stored[type_] for text in values(each)})
    for text in rnd.sample(every, min(5, len(every))):
        start = text[: rnd.randint(1, len(text))]
        for asked in (start, start.upper(), start.lower()):
            expected = [each for each in stored[type_] if any(one.lower().startswith(start.lower()) for one in values(each))]
            check(client, type_, f"{param}={quote(asked.replace(',', chr(92) + ','), safe='')}", expected)
        check(
            client,
            type_,
            f"{param}:exact={quote(text.replace(',', chr(92) + ','))}",
            [each for each in stored[type_] if text in values(each)],
        )
        middle = text[1:4]
        containing = [each for each in stored[type_] if any(middle.lower() in one.lower() for one in values(each))]
        check(client, type_, f"{param}:contains={quote(middle)}", containing)


@pytest.mark.parametrize(("type_", "param"), REFERENCES)
def test_references(client: Client, stored: dict[str, list[Resource]], type_: str, param: str) -> None:
    values, rnd = REFERENCES[type_, param], random.Random(f"{type_}{param}")
    every = sorted({text for each in stored[type_] for text in values(each)})
    for text in rnd.sample(every, min(4, len(every))):
        expected = [each for each in stored[type_] if text in values(each)]
        kind, id_ = text.split("/")
        check(client, type_, f"{param}={text}", expected)
        check(client, type_, f"{param}={id_}", expected)
        if param != "patient":
            check(client, type_, f"{param}:{kind}={id_}", expected)


def test_clauses_together(client: Client, stored: dict[str, list[Resource]]) -> None:
    observations = stored["Observation"]
    patient = observations[0]["subject"]["reference"]
    mine = [each for each in observations if each["subject"]["reference"] == patient]
    check(client, "Observation", f"patient={patient}", mine)
    vital = [
        each for each in mine if ("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs") in codings("category")(each)
    ]
    check(client, "Observation", f"patient={patient}&category=vital-signs&status=final", vital)


def test_sorted_pages(client: Client, stored: dict[str, list[Resource]]) -> None:
    patient = stored["Observation"][0]["subject"]["reference"]
    for order, sign in (("-date", -1), ("date", 1)):
        found = client.search(f"Observation?patient={patient}&_sort={order}&_count=7")
        when = [next(dates("effectiveDateTime", "effectivePeriod")(each))[0] for each in found]
        assert when == sorted(when, reverse=sign < 0)
        assert len({each["id"] for each in found}) == len(found)
    newest = client.search("Observation?_sort=-_lastUpdated&_count=100")
    assert len(newest) == len(stored["Observation"])
    stamps = [each["meta"]["lastUpdated"] for each in newest]
    assert stamps == sorted(stamps, reverse=True)


def test_included(client: Client, stored: dict[str, list[Resource]]) -> None:
    patient = stored["Patient"][0]["id"]
    bundle = client("GET", f"Patient?_id={patient}&_revinclude=Condition:subject").json
    included = [entry["resource"]["id"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"]
    assert sorted(included) == ids([each for each in stored["Condition"] if each["subject"]["reference"] == f"Patient/{patient}"])
    bundle = client("GET", f"Encounter?subject=Patient/{patient}&_include=Encounter:subject&_count=3").json
    assert [entry["resource"]["id"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"] == [patient]


def test_a_form_is_a_search_too(client: Client, stored: dict[str, list[Resource]]) -> None:
    patient = stored["Patient"][0]
    form = f"family={quote(patient['name'][0]['family'])}&_id={patient['id']}".encode()
    answer = client("POST", "Patient/_search", raw=form, content_type="application/x-www-form-urlencoded")
    assert [entry["resource"]["id"] for entry in answer.json["entry"]] == [patient["id"]]
    assert client("POST", "Patient/_search", raw=form, content_type="application/json").status == 415


def test_totals_and_parts(client: Client, stored: dict[str, list[Resource]]) -> None:
    count = client("GET", "Observation?_summary=count").json
    assert count["total"] == len(stored["Observation"])
    assert "entry" not in count
    accurate = client("GET", "Observation?_total=accurate&_count=1").json
    assert accurate["total"] == len(stored["Observation"])
    part = client("GET", "Patient?_elements=birthDate&_count=1").json["entry"][0]["resource"]
    assert set(part) == {"resourceType", "id", "meta", "birthDate"}


def test_what_cannot_be_searched_is_refused(client: Client) -> None:
    for query in (
        "unheard=1",
        "birthdate=soon",
        "birthdate=xx2020",
        "_count=-1",
        "_count=x",
        "name:unheard=x",
        "_sort=unheard",
        "_include=x",
        "_cursor=x",
    ):
        refused = client("GET", f"Patient?{query}")
        assert refused.status == 400, (query, refused.body)
        assert refused.issue()["expression"], refused.body


def test_pages_hold_still_while_others_write(client: Client) -> None:
    def observation(number: int) -> Resource:
        day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number * 7 % 1000)
        return {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "urn:still", "code": "held"}]},
            "effectiveDateTime": day.isoformat(),
        }

    there = [client.create(observation(number))["id"] for number in range(60)]
    with ThreadPoolExecutor(2) as pool:
        for order in ("_sort=-date&", "_sort=date&", "", "_sort=-_lastUpdated&"):
            writing = pool.submit(lambda: [client.create(observation(number)) for number in range(60, 90)])
            found = [each["id"] for each in client.search(f"Observation?code=urn:still%7Cheld&{order}_count=5")]
            writing.result()
            assert len(found) == len(set(found))
            assert set(there) <= set(found)


def test_self_and_next_are_whole_addresses(client: Client) -> None:
    for number in range(3):
        client.create({"resourceType": "Basic", "code": {"text": str(number)}})
    links = {link["relation"]: link["url"] for link in client("GET", "Basic?_count=2").json["link"]}
    assert links["self"] == "http://baton.test/fhir/R4/Basic?_count=2"
    assert links["next"].startswith("http://baton.test/fhir/R4/Basic?_count=2&")
    assert json.loads(json.dumps(links)) == links
