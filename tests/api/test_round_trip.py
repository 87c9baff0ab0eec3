"""What goes in comes out: every official example and every Synthea bundle, each digit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api import synthea
from tests.api.hub import Client


@pytest.mark.skipif(not synthea.EXAMPLES.exists(), reason="the official R4 examples are not beside this checkout")
def test_official_examples(client: Client) -> None:
    examples = synthea.official_examples()
    assert len(examples) > 600
    wrong: list[tuple[str, object]] = []
    refused: list[tuple[str, object]] = []
    for name, text in examples:
        resource_type = json.loads(text).get("resourceType")
        created = client("POST", resource_type, raw=text)
        if created.status != 201:
            refused.append((name, created.json["issue"][:2]))
            continue
        read = client("GET", f"{resource_type}/{created.json['id']}")
        if synthea.comparable(read.body) != synthea.comparable(text):
            wrong.append((name, "differs"))
    assert wrong == []
    for name, issues in refused:
        print(name, issues)
    assert len(refused) <= 12, [name for name, _ in refused]


@pytest.mark.skipif(not synthea.SYNTHEA.exists(), reason="the Synthea bundles are not beside this checkout")
def test_synthea_bundles(client: Client) -> None:
    for path in synthea.bundle_files():
        text = synthea.content(path)
        answer = client("POST", "", raw=text)
        assert answer.status == 200, (path.name, answer.body[:600])
        sent, got = synthea.marked(text)["entry"], answer.json["entry"]
        assert [each["response"]["status"] for each in got if each["response"]["status"][:1] != "2"] == []
        if json.loads(text)["type"] == "transaction":
            _same_but_for_references(client, sent, got)


def _same_but_for_references(client: Client, sent: list[dict[str, Any]], got: list[dict[str, Any]]) -> None:
    places = {one["fullUrl"]: two["response"]["location"].split("/_history")[0] for one, two in zip(sent, got, strict=True)}
    for one, two in zip(sent, got, strict=True):
        read = client("GET", two["response"]["location"].split("/_history")[0])
        expected = synthea.without_ours(_mapped(one["resource"], places))
        found = synthea.comparable(read.body)
        assert _resolved(expected, found) == found, one["fullUrl"]


def _mapped(node: Any, places: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: places.get(value, value) if key == "reference" else _mapped(value, places) for key, value in node.items()}
    return [_mapped(each, places) for each in node] if isinstance(node, list) else node


def _resolved(expected: Any, found: Any) -> Any:
    """Conditional references stand for whatever the server resolved them to, if it is of the type asked for."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _resolved(value, found.get(key)) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [_resolved(one, two) for one, two in zip(expected, found, strict=True)]
    if isinstance(expected, str) and "?" in expected and isinstance(found, str) and found.split("/")[0] == expected.split("?")[0]:
        return found
    return expected
