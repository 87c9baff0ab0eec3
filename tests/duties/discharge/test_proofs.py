"""A hand-off proves itself to whoever receives it, and the hub records itself how a summary arrived; a person's word is marked as such."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.duties.discharge.test_discharge import gone, id_of, send_it, standing, ward
from tests.duties.ward import HUB, KEY, MERCY, TOM, Ward, summary

from baton.duties import codes
from baton.duties.discharge import document, handoff, proofs, signing, states
from baton.fhir.resource import parse
from baton.store import Invalid

__all__ = ["ward"]
SCRIPT = Path(__file__).parents[3] / "scripts" / "verify_handoff.py"
KEYS = [signing.public(KEY)]
PATIENT = b'"family":"Stone"'


def made(ward: Ward) -> tuple[bytes, bytes]:
    """The document and the manifest as they are kept."""
    with ward.change(TOM) as change:
        stored = document.make(change, plan=id_of()).resource()
    files = [ward.get(each["attachment"]["url"])["data"] for each in stored["content"]]
    return base64.b64decode(files[0]), base64.b64decode(files[1])


def edited(manifest: bytes, **more: Any) -> bytes:
    return json.dumps({**json.loads(manifest), **more}).encode()


def test_a_hand_off_is_verified_by_the_published_key_and_nothing_else(ward: Ward, tmp_path: Path) -> None:
    whole, listed = made(ward)
    assert list(signing.faults(whole, listed, KEYS)) == []
    assert list(signing.faults(whole, json.dumps(json.loads(listed), indent=None).encode(), KEYS)) == [], "written otherwise, the same"
    altered = whole.replace(PATIENT, b'"family":"Stane"')
    assert altered != whole
    for document_, manifest_, keys, wrong in (
        (altered, listed, KEYS, "Patient/eva was altered"),
        (whole, edited(listed, made="2020-01-01"), KEYS, "The signature is not that of this manifest: it was altered."),
        (whole, edited(listed, signed=None), KEYS, "The manifest is not signed."),
        (
            whole,
            listed,
            [signing.public(b"another hub's key, of some length")],
            "The manifest was signed with a key that is not published here.",
        ),
        (whole, whole, KEYS, "One of the files is not what a hand-off has: the first is the document, the second its manifest."),
        (b"%PDF-", listed, KEYS, "One of the files is no JSON."),
        (b'{"entry": 5}', listed, KEYS, "The document is no FHIR document."),
    ):
        assert wrong in list(signing.faults(document_, manifest_, keys))
    for document_, code in ((whole, 0), (altered, 1)):
        for name, body in (("d", document_), ("m", listed), ("k", json.dumps({"keys": KEYS}).encode())):
            (tmp_path / name).write_bytes(body)
        run = subprocess.run([sys.executable, SCRIPT, "d", "m", "k"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == code, run.stdout + run.stderr


def known(ward: Ward, task: dict[str, Any]) -> list[tuple[str, str]]:
    with ward.store.view(HUB) as view:
        return [(each.kind, each.text) for each in handoff.read(ward.get(f"Task/{task['id']}"), view).proofs]


def packet_of(ward: Ward, task: dict[str, Any]) -> str:
    with ward.store.view(HUB) as view:
        return str(handoff.read(ward.get(f"Task/{task['id']}"), view).packet)


@pytest.fixture
def sent(ward: Ward) -> dict[str, Any]:
    """The summary is on its way to cardiology."""
    task = gone(ward)["Organization/cardio"]
    ward.put(summary("2026-07-02T14:30:00-04:00"))
    send_it(ward, task)
    return task


def test_on_its_way_is_recorded_by_who_carries_it_and_arrived_by_who_opens_it(ward: Ward, sent: dict[str, Any]) -> None:
    packet = packet_of(ward, sent)
    payload = {"document": packet, "to": "(401) 555-0199"}
    for _ in range(2):  # the outbox delivers at least once
        proofs.carried(ward.store, replace(HUB, entrance="worker"), "packet-fax", payload)
    assert known(ward, sent) == [("gateway", "(401) 555-0199")]
    assert standing(ward, sent) == ("sent", "on-hold"), "taken by a gateway is not arrived"
    proofs.carried(ward.store, HUB, "text", payload)  # not a way of packets
    with ward.change(HUB) as change:
        assert proofs.seen(change, packet=packet, kind=proofs.LINK, text="paper") == 1
    assert standing(ward, sent) == ("delivered", "completed")
    assert [kind for kind, _ in known(ward, sent)] == ["gateway", "link"]


def test_a_receipt_through_the_api_is_proof_and_a_persons_word_is_marked(ward: Ward, sent: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="sent becomes"):
        ward.put({**ward.get(f"Task/{sent['id']}"), "businessStatus": codes.concept(states.SYSTEM, "to-send")}, who=MERCY)
    ward.put({**ward.get(f"Task/{sent['id']}"), "businessStatus": codes.concept(states.SYSTEM, "delivered")}, who=MERCY)
    assert known(ward, sent) == [("system", "Mercy General interface")]
    assert standing(ward, sent) == ("delivered", "completed")
    with ward.change(TOM) as change:
        handoff.accepted(change, task=sent["id"], by="Dr. Lindqvist")
    assert known(ward, sent)[-1] == ("person", "Dr. Lindqvist")


def test_the_document_says_what_its_manifest_says(ward: Ward) -> None:
    whole, listed = made(ward)
    assert len(parse(whole)["entry"]) == len(parse(listed)["items"])
