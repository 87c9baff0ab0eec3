"""Who a patient is and how to talk to them."""

from datetime import date

import pytest
from tests.duties.rosa import ELENA, ROSA

from baton.duties.patients import identity
from baton.duties.patients.charts import Preferences

TODAY = date(2026, 7, 2)


def test_the_head_of_the_page() -> None:
    who = identity.identity(ROSA, TODAY)
    assert (who.name, who.gender, who.age, who.mrn, who.language) == ("Rosa Delgado", "female", 71, "0048213", "es")
    assert (who.interpreter, who.phone, who.address, who.deceased) == (True, "(555) 014-2291", "12 Elm St, Riverside, MA 01001", False)


def test_a_patient_of_whom_nothing_is_known_has_a_page_too() -> None:
    who = identity.identity({"resourceType": "Patient", "id": "x"}, TODAY)
    assert (who.name, who.gender, who.age, who.mrn, who.language, who.phone, who.address) == ("", "unknown", None, None, None, None, None)


@pytest.mark.parametrize(
    ("born", "died", "age"),
    [
        ("1955-07-02", None, 71),
        ("1955-07-03", None, 70),
        ("1955-07-03", "2020-01-01", 64),
        ("1955-07", None, 71),
        ("1955", None, 71),
        ("2026-07-01", None, 0),
        (None, None, None),
    ],
)
def test_age_in_completed_years(born: str | None, died: str | None, age: int | None) -> None:
    patient = {"birthDate": born, "deceasedDateTime": died}
    assert identity.age({key: value for key, value in patient.items() if value}, TODAY) == age


def test_contacts_are_the_patients_numbers_and_then_the_people_around_them() -> None:
    sent = {"name": {"text": "Elena Delgado"}, "relationship": [{"text": "emergency contact"}]}
    neighbour = {"name": {"given": ["Pat"], "family": "Lee"}, "telecom": [{"system": "phone", "value": "1"}]}
    found = identity.contacts({**ROSA, "contact": [sent, neighbour]}, [identity.with_told(ELENA, "everything")])
    assert [(each.name, each.relation) for each in found] == [
        ("Rosa Delgado", None),
        ("Rosa Delgado", None),
        ("Elena Delgado", "daughter"),
        ("Pat Lee", ""),
    ]
    assert (found[0].preferred, found[2].may_be_told, found[2].told, found[2].ref) == (True, True, "everything", "RelatedPerson/elena")
    assert found[3].may_be_told is None


@pytest.mark.parametrize(("told", "may"), [("everything", True), ("appointments", False), ("nothing", False), (None, None)])
def test_what_somebody_may_be_told(told: str | None, may: bool | None) -> None:
    contact = identity.contacts({"id": "x"}, [identity.with_told(ELENA, told)])[0]
    assert (contact.told, contact.may_be_told) == (told, may)


def test_preferences_come_back_as_they_were_stated_and_nothing_else_is_lost() -> None:
    wanted = Preferences("vi", False, "phone", "mornings", False, "hard of hearing: speak slowly")
    patient = identity.with_preferences(ROSA, wanted)
    assert identity.preferences(patient) == wanted
    assert {"url": "urn:other", "valueString": "kept"} in patient["extension"]
    assert [entry["language"]["coding"][0]["code"] for entry in patient["communication"]] == ["vi", "en", "es"]
    assert sum(bool(entry.get("preferred")) for entry in patient["communication"]) == 1


def test_what_nobody_asked_is_not_stated() -> None:
    patient = identity.with_preferences({"resourceType": "Patient", "id": "x"}, Preferences(None, False, None, None, None, None))
    assert identity.preferences(patient).voicemail_ok is None
    assert "communication" not in patient
    assert all(extension["url"] != identity.PREFERENCES for extension in patient["extension"])
