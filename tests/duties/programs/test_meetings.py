"""Meetings out of programs and plans: a board's agenda made of what is open, and a family meeting that no child interprets at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from tests.duties.ward import TOM, ZONE, Ward, of_team, patient

from baton.duties import codes
from baton.duties.contact import interpreting
from baton.duties.contact.interpreting import Interpreter
from baton.duties.patients import identity
from baton.duties.programs import boards, family_meetings, programs
from baton.duties.team import huddle_reading, huddles
from baton.store import Invalid, NotFound
from baton.store.postgres import Database

WHEN = datetime(2026, 7, 8, 10, 0, tzinfo=ZONE)
NEEDED = {"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database)
    made.put({**patient(), "extension": [NEEDED]}, of_team())
    yield made
    made.store.close()


def relative(ward: Ward, id_: str, born: str, told: str | None = None) -> str:
    person: dict[str, Any] = {
        "resourceType": "RelatedPerson",
        "id": id_,
        "active": True,
        "patient": {"reference": "Patient/eva"},
        "name": [{"text": id_.title()}],
        "birthDate": born,
    }
    ward.put(identity.with_told(person, told) if told else person)
    return f"RelatedPerson/{id_}"


def test_a_family_meeting_has_an_interpreter_and_only_those_who_may_be_told(ward: Ward) -> None:
    mai, huy = relative(ward, "mai", "1970-01-01", "everything"), relative(ward, "huy", "1972-01-01")
    bao = relative(ward, "bao", "2014-01-01")
    qualified = Interpreter("qualified", "#4471")

    def book(**said: Any) -> str:
        with ward.change(TOM) as change:
            given = {"patient": "eva", "start": WHEN, "minutes": 45, "people": [mai], "interpreter": qualified, **said}
            return family_meetings.book(change, **given).id

    for said, why in (
        ({"interpreter": None}, "An interpreter has to be there"),
        ({"interpreter": Interpreter("companion", "Bao", person=bao)}, interpreting.CHILD),
        ({"people": [mai, huy]}, "may be told everything"),
        ({"start": datetime(2026, 7, 1, 10, 0, tzinfo=ZONE)}, "has passed"),
        ({"minutes": 7}, "how long"),
    ):
        with pytest.raises(Invalid, match=why):
            book(**said)
    booked = ward.get(f"Appointment/{book()}")
    assert booked["status"] == "booked" and len(booked["participant"]) == 3
    with ward.store.view(TOM) as view:
        (meeting,) = family_meetings.coming(view, "Patient/eva")
    assert (meeting.start, meeting.interpreter) == (WHEN, "#4471")
    with pytest.raises(Invalid, match="booked"):
        book()
    child = {"url": "person", "valueReference": {"reference": bao}}
    kind = {"url": "kind", "valueCode": "companion"}
    raw = codes.with_extension(booked, interpreting.INTERPRETING, {"url": interpreting.INTERPRETING, "extension": [kind, child]})
    with pytest.raises(Invalid, match="child does not interpret"):
        ward.put(raw)
    assert not ward.violations()


def test_a_boards_agenda_is_those_in_its_phases_with_what_is_open(ward: Ward) -> None:
    with ward.change(TOM) as change:
        enrolment = programs.enrol(change, patient="eva", program="oncology-navigation", consent="verbal").id
    with ward.store.view(TOM) as view:
        assert boards.agenda(view, program="oncology-navigation") == ()
        with pytest.raises(NotFound, match="has no board"):
            boards.agenda(view, program="heart-failure")
    for to in ("diagnosis", "staging"):
        with ward.change(TOM) as change:
            programs.advance(change, enrolment=enrolment, to=to)
    with ward.store.view(TOM) as view:
        (item,) = boards.agenda(view, program="oncology-navigation")
    assert (item.patient, item.phase.code, item.days) == ("eva", "staging", 0)
    assert "On the tumor board's agenda, with films and slides" in {each.what for each in item.open}
    with pytest.raises(Invalid, match="Choose whom"), ward.change(TOM) as change:
        boards.begin(change, program="oncology-navigation", team="Organization/heart", patients=[])
    with ward.change(TOM) as change:
        huddle = boards.begin(change, program="oncology-navigation", team="Organization/heart", patients=["eva"])
    with ward.change(TOM) as change:
        decided = huddles.decide(
            change, huddle=huddle, patient="Patient/eva", what="Radiation first", owner="Practitioner/tom", due=date(2026, 7, 6)
        )
    task = ward.get(decided.reference)
    assert task["owner"]["reference"] == "Practitioner/tom" and task["restriction"]["period"]["end"].startswith("2026-07-06")
    with ward.store.view(TOM) as view:
        (held,) = huddle_reading.every(view)
    assert held.about.said("es") == "Comité de tumores"
    assert not ward.violations()
