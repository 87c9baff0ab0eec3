"""What the tests of support share: a clinician on call, a caregiver, and answers put into words."""

from __future__ import annotations

from typing import Any

from tests.duties.ward import TOM, Ward, of_team, patient, staff

from baton.duties.support import assessments
from baton.packs.assessments import library
from baton.store import Who

AMARA = Who("Practitioner/amara", "Amara Okonkwo", "clinician", ("Organization/heart",), "desk")
PHQ = [each.link for each in library()["phq-9"].items if each.link != "69722-7"]
FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
ITEM_9 = "44260-2"
ANA = {
    "resourceType": "RelatedPerson",
    "id": "ana",
    "active": True,
    "patient": {"reference": "Patient/eva"},
    "name": [{"text": "Ana Stone"}],
}


def doctor(who: Who, phone: str = "(401) 555-0190") -> list[dict[str, Any]]:
    """A clinician who works here."""
    given, family = who.name.split()
    name = [{"family": family, "given": [given]}]
    telecom = [{"system": "phone", "value": phone}]
    return [
        {"resourceType": "Practitioner", "id": who.person.partition("/")[2], "active": True, "name": name, "telecom": telecom},
        staff(who),
    ]


def fill(ward: Ward) -> Ward:
    """The ward with Eva in the care of Heart & Vascular, her daughter Ana, and Amara on call."""
    ward.put(*doctor(AMARA), patient(), of_team(), ANA)
    return ward


def phq9(*values: int) -> dict[str, str]:
    """Answers of the PHQ-9 by what they count."""
    return {link: FREQUENCY[value] for link, value in zip(PHQ, values, strict=False)}


def answer(ward: Ward, assessment: str, answers: dict[str, Any], *, who: Who = TOM, **more: Any) -> str:
    """Answers kept by somebody at the desk; the id of the response."""
    with ward.change(who, "answers") as change:
        return assessments.answer(change, patient="eva", assessment=assessment, answers=answers, **more).id


def tasks(ward: Ward, code: str) -> list[dict[str, Any]]:
    """The promises of this kind, open or not."""
    return ward.find("Task", code=f"https://baton.example/fhir/CodeSystem/promise|{code}")
