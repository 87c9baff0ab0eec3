"""AuditEvent over HTTP with real tokens: searched and read by an auditor, refused to a coordinator, and never written."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.hub import HUB, Client, staff, team

from baton.store import Store


@pytest.fixture
def called(client: Client, store: Store) -> dict[str, Client]:
    """A client for the auditor and one for a coordinator of the patient's own team, each with a token of their own."""
    with store.change(HUB, because="people") as change:
        for resource in (team("ward"), *staff("ari", "auditor", "ward"), *staff("cora", "coordinator", "ward")):
            change.put(resource)
        change.put({"resourceType": "Patient", "id": "rosa", "name": [{"family": "Delgado"}]})
        change.put(
            {"resourceType": "CareTeam", "id": "of-rosa", "status": "active", "subject": {"reference": "Patient/rosa"},
             "participant": [{"member": {"reference": "Organization/ward"}}]}
        )  # fmt: skip
    tokens = {name: store.issue_token(f"Practitioner/{name}", minutes=60) for name in ("ari", "cora")}
    return {name: Client(client.app, token) for name, token in tokens.items()}


def found(answer: Any) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in answer.json.get("entry", ()) if entry["search"]["mode"] == "match"]


def test_an_auditor_searches_and_reads_who_looked(called: dict[str, Client]) -> None:
    assert called["cora"]("GET", "Patient/rosa").status == 200
    answer = called["ari"]("GET", "AuditEvent?patient=Patient/rosa&agent=Practitioner/cora")
    assert answer.status == 200, answer.body
    events = found(answer)
    assert events and all(each["resourceType"] == "AuditEvent" for each in events)
    assert any(agent.get("who", {}).get("reference") == "Practitioner/cora" for each in events for agent in each["agent"])
    read = called["ari"]("GET", f"AuditEvent/{events[0]['id']}")
    assert read.status == 200 and read.json["id"] == events[0]["id"]
    assert called["ari"]("GET", "Patient/rosa").status == 404, "who looked, not the chart"


def test_a_coordinator_and_nobody_are_refused(called: dict[str, Client], client: Client) -> None:
    called["cora"]("GET", "Patient/rosa")
    event = found(called["ari"]("GET", "AuditEvent?patient=Patient/rosa"))[0]["id"]
    assert called["cora"]("GET", "AuditEvent?patient=Patient/rosa").status == 403
    assert called["cora"]("GET", f"AuditEvent/{event}").status in (403, 404)
    assert Client(client.app, None)("GET", f"AuditEvent/{event}").status == 401
    tried = found(called["ari"]("GET", "AuditEvent?agent=Practitioner/cora&outcome=4"))
    assert tried, "that it was refused is recorded too"


def test_nobody_writes_one(called: dict[str, Client]) -> None:
    event = {"resourceType": "AuditEvent", "type": {"code": "rest"}, "recorded": "2026-11-23T15:00:00Z",
             "agent": [{"requestor": True}], "source": {"observer": {"display": "x"}}}  # fmt: skip
    assert called["ari"]("POST", "AuditEvent", event).status in (403, 422)
    assert called["cora"]("POST", "AuditEvent", event).status in (403, 422)
