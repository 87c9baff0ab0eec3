"""The 4Ms side by side: only where they are asked, each with its own questions, and what is owed about each under it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.duties.answered import answer, fill
from tests.duties.ward import PRIYA, TOM, Ward

from baton.duties.programs import four_ms, programs
from baton.packs.assessments import library
from baton.store.postgres import Database

EVA = "Patient/eva"
SAID = {
    "matters": "To see the sea", "proxy": "no", "medicines": "yes", "44250-9": "LA6570-1", "44255-8": "LA6570-1", "memory": "no",
    "falls": "none", "steady": "yes",
}  # fmt: skip


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = fill(Ward(database, "2026-06-15T09:00:00"))
    yield ward
    ward.store.close()


def looked_at(ward: Ward, who: object = TOM) -> four_ms.FourMs | None:
    with ward.store.view(who) as view:  # type: ignore[arg-type]
        return four_ms.of_patient(view, EVA)


def test_every_question_belongs_to_one_of_the_four() -> None:
    assert {item.domain for item in library()[four_ms.ASSESSMENT].items} == set(four_ms.MS)


def test_nothing_is_shown_of_whom_nobody_asks(ward: Ward) -> None:
    assert looked_at(ward) is None
    with ward.change(TOM) as change:
        programs.enrol(change, patient="eva", program="geriatrics-4ms", consent="verbal")
    found = looked_at(ward)
    assert found is not None and found.asked is None
    steps = {each.code: [one.step.text for one in each.owed if one.step] for each in found.ms}
    assert len(steps["matters"]) == 2 and all(len(steps[code]) == 1 for code in four_ms.MS[1:]), "what the program owes, under its M"


def test_what_was_said_what_the_chart_adds_and_what_is_owed(ward: Ward) -> None:
    for number, status in enumerate(("active", "active", "stopped")):
        ward.put(
            {
                "resourceType": "MedicationRequest", "id": f"m{number}", "status": status, "intent": "order", "subject": {"reference": EVA},
                "medicationCodeableConcept": {"text": f"medicine {number}"},
            }
        )  # fmt: skip
    ward.put(
        {
            "resourceType": "Goal", "id": "sea", "lifecycleStatus": "active", "subject": {"reference": EVA},
            "description": {"text": "Walk to the pier"},
        }
    )  # fmt: skip
    answer(ward, "four-ms", SAID, done=True)
    found = looked_at(ward)
    assert found is not None and found.asked is not None
    matters, medication, mentation, mobility = found.ms
    assert dict(matters.said) == {"matters": "To see the sea", "proxy": "no"} and matters.goals == ("Walk to the pier",)
    assert medication.medicines == 2 and mentation.medicines is None
    assert [(each.code, each.value) for each in mentation.sums] == [("mentation", 4)]
    assert {each.code: [one.finding for one in each.owed] for each in found.ms} == {
        "matters": ["four-ms/proxy"],
        "medication": ["four-ms/medicines"],
        "mentation": ["four-ms/further"],
        "mobility": ["four-ms/steady"],
    }
    assert looked_at(ward, PRIYA) is None, "another team sees nothing"
    assert [link for link, _ in mobility.said] == ["falls", "steady"]
