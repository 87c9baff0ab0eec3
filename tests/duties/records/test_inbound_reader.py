"""What a machine reads off a paper: C-CDA headers and plain text that names what it says; nothing of pictures."""

from __future__ import annotations

import pytest

from baton.duties.records import inbound_reader
from baton.rules.matching import Said
from baton.uploads import Upload

CCDA = b"""<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole>
<id root="2.16.840" extension="0048213"/><addr><postalCode>01001</postalCode></addr><telecom value="tel:+1(555)014-2291"/>
<patient><name><given>Rosa</given><given>M</given><family>Delgado</family></name><administrativeGenderCode code="F"/>
<birthTime value="19550303"/></patient></patientRole></recordTarget></ClinicalDocument>"""


@pytest.mark.parametrize(("kind", "body", "said"), [
    ("text/xml", CCDA, Said("Rosa Delgado", "1955-03-03", "", "+1(555)014-2291", "01001", "female", ("0048213",))),
    ("text/plain", b"Patient: Nowak, Walter   DOB: x\nDOB: 04/1?/1943\nMRN: 00-482\n", Said("Nowak, Walter", "1943-04-1?", "00-482")),
    ("text/plain", b"Patient Name: Ana Reyes\nDate of birth: sometime\nTel: (555) 014-0001", Said("Ana Reyes", phone="(555) 014-0001")),
    ("text/plain", b"The patient: was well.", Said()),
    ("image/png", b"Patient: Ana Reyes", Said()),
])  # fmt: skip
def test_what_a_paper_says(kind: str, body: bytes, said: Said) -> None:
    assert inbound_reader.read(Upload("a", kind, body)) == said


def test_what_was_typed_stays() -> None:
    assert inbound_reader.filled(Said(name="Rosa D."), Upload("a", "text/xml", CCDA)).name == "Rosa D."
