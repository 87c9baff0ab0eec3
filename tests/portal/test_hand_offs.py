"""What a receiving side reaches without an account: the published key, and whether a hand-off is whole and signed by us."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.pages import client
from tests.portal.conftest import Portal

from baton.duties.discharge import signing
from baton.fhir.resource import dump

DOCUMENT = {"resourceType": "Bundle", "type": "document", "entry": [{"resource": {"resourceType": "Patient", "id": "x"}}]}


def listed(portal: Portal) -> dict[str, Any]:
    import hashlib

    parts = {"Patient/x": hashlib.sha256(dump(DOCUMENT["entry"][0]["resource"])).hexdigest()}  # type: ignore[index]
    manifest = {"document": hashlib.sha256(dump(DOCUMENT)).hexdigest(), "made": "2026-07-02", "items": parts}
    return dict(signing.signed(manifest, portal.house.hub.store.key))


def asked(portal: Portal, *, json_: bool = True, **files: bytes) -> Any:
    sent = {name: SimpleUploadedFile(f"{name}.json", body, "application/json") for name, body in files.items()}
    return client(portal.house, None).post("/hand-off/check", sent, headers={"Accept": "application/json"} if json_ else {})


def test_the_key_is_published_and_a_hand_off_is_checked_by_it(portal: Portal) -> None:
    published = client(portal.house, None).get(signing.WELL_KNOWN).json()
    assert [each["crv"] for each in published["keys"]] == ["Ed25519"] and "d" not in published["keys"][0]
    manifest = listed(portal)
    assert list(signing.faults(dump(DOCUMENT), json.dumps(manifest).encode(), published["keys"])) == []
    whole = asked(portal, document=dump(DOCUMENT), manifest=json.dumps(manifest).encode())
    assert (whole.status_code, whole.json()) == (200, {"whole": True, "faults": []})
    altered = asked(portal, document=dump(DOCUMENT), manifest=json.dumps({**manifest, "made": "2026-07-03"}).encode())
    assert altered.json() == {"whole": False, "faults": ["The signature is not that of this manifest: it was altered."]}


def test_what_cannot_be_checked_says_what_to_do(portal: Portal) -> None:
    lacking = asked(portal, document=b"{}")
    assert (lacking.status_code, lacking.json()["whole"]) == (422, False)
    page = asked(portal, json_=False, document=b"%PDF-", manifest=b"{}")
    assert page.status_code == 200 and "One of the files is no JSON." in page.content.decode()
    assert "Do not rely on it" in page.content.decode()
