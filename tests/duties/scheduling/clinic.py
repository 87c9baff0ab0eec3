"""A clinic for the tests: a cardiologist, an echo room, a Vietnamese interpreter, their weeks; and Lan, who needs visits."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from tests.duties.ward import HUB, TOM, Ward, of_team, patient

from baton.duties.scheduling import calendars, needs, terms

MONDAY = date(2026, 7, 6)


def schedule(id_: str, specialty: str, *actors: str, modality: str = terms.IN_PERSON, accepts: str | None = None) -> dict[str, Any]:
    extensions: list[dict[str, Any]] = [{"url": terms.MODALITY, "valueCode": modality}]
    extensions += [{"url": terms.ACCEPTS, "valueReference": {"reference": accepts}}] if accepts else []
    return {
        "resourceType": "Schedule",
        "id": id_,
        "active": True,
        "extension": extensions,
        "specialty": [{"text": specialty}],
        "actor": [{"reference": actor} for actor in actors],
    }


def person(id_: str, *languages: str) -> dict[str, Any]:
    spoken = [{"coding": [{"system": "urn:ietf:bcp:47", "code": code}]} for code in languages]
    return {"resourceType": "Practitioner", "id": id_, "active": True, "name": [{"family": id_.title()}], "communication": spoken}


def open_clinic(ward: Ward) -> None:
    """Everybody works Monday to Friday 9 to 12 and 13 to 16; the interpreter Tuesdays and Thursdays."""
    ward.put(
        *({"resourceType": "Location", "id": id_, "name": id_.title()} for id_ in ("heart", "imaging")),
        person("haddad", "en"),
        person("ito", "en", "vi"),
        person("linh", "vi", "en"),
        {"resourceType": "Device", "id": "echo", "deviceName": [{"name": "Echo lab", "type": "user-friendly-name"}]},
        schedule("haddad", "Cardiology", "Practitioner/haddad", "Location/heart"),
        schedule("ito", "Oncology", "Practitioner/ito", "Location/heart", accepts="Organization/plan-a"),
        schedule("echo", "Echocardiography", "Device/echo", "Location/imaging"),
        schedule("linh", "interpreter", "Practitioner/linh"),
        patient("lan", communication=[{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "vi"}]}, "preferred": True}],
                extension=[{"url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": True}]),
        of_team("lan"),
    )  # fmt: skip
    with ward.change(HUB) as change:
        for id_, weekdays in (("haddad", range(5)), ("ito", range(5)), ("echo", range(5)), ("linh", (1, 3))):
            hours = [calendars.Hours(day, *span) for day in weekdays for span in ((time(9), time(12)), (time(13), time(16)))]
            stored = calendars.set_weekly(change, schedule=id_, hours=hours)
            calendars.open_sessions(change, schedule=stored.resource(), first=MONDAY, days=21)


def need(
    ward: Ward, what: str = "Cardiology visit", specialty: str = "Cardiology", minutes: int = 30, who: str = "lan", **more: Any
) -> str:
    with ward.change(TOM) as change:
        return str(needs.make(change, patient=who, what=what, specialty=specialty, minutes=minutes, **more).id)
