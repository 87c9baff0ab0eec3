"""A clinic with calendars, and patients who need visits, for the pages and journeys of scheduling."""

from __future__ import annotations

from datetime import date, time
from functools import partial
from typing import Any

from tests.duties.scheduling.clinic import person, schedule
from tests.pages import House, patient

from baton import app
from baton.duties.scheduling import calendars, needs, planning, terms


def open_clinic(home: House) -> dict[str, str]:
    """A cardiologist, an oncologist and an echo lab with their weeks; Lan needs three visits, Walter one that cannot be."""
    ids: dict[str, str] = {}
    with home.hub.store.change(app.HUB, because="A clinic") as change:
        for id_, name in (("heart", "Heart Clinic"), ("imaging", "Imaging")):
            address = {"line": ["120 Signal Hill Road"], "city": "Larkhaven"}
            phone = [{"system": "phone", "value": "(401) 555-0106"}]
            change.put({"resourceType": "Location", "id": id_, "name": name, "address": address, "telecom": phone})
        for id_, languages in (("haddad", ("en",)), ("ito", ("en", "es")), ("linh", ("es", "en"))):
            change.put({**person(id_, *languages), "name": [{"family": id_.title(), "prefix": ["Dr."]}]})
        change.put({"resourceType": "Device", "id": "echo", "deviceName": [{"name": "Echo lab", "type": "user-friendly-name"}]})
        rows: list[tuple[str, str, tuple[str, ...], tuple[int, ...]]] = [
            ("haddad", "Cardiology", ("Practitioner/haddad", "Location/heart"), (0, 1, 2, 3, 4)),
            ("ito", "Oncology", ("Practitioner/ito", "Location/heart"), (1, 2, 3)),
            ("echo", "Echocardiography", ("Device/echo", "Location/imaging"), (0, 1, 2, 3, 4)),
            ("linh", "interpreter", ("Practitioner/linh",), (1, 3)),
        ]
        for id_, specialty, actors, weekdays in rows:
            change.put(schedule(id_, specialty, *actors))
            hours = [calendars.Hours(day, *span) for day in weekdays for span in ((time(9), time(12)), (time(13), time(16)))]
            stored = calendars.set_weekly(change, schedule=id_, hours=hours)
            calendars.open_sessions(change, schedule=stored.resource(), first=date(2026, 11, 23), days=40)
    with home.change() as change:
        ids["lan"] = patient(change, "Lan Pham", language="es")
        ids["walter"] = patient(change, "Walter Nowak", gender="male")
        ask: Any = partial(needs.make, change, patient=ids["lan"])
        echo = ask(what="Echocardiogram", specialty="Echocardiography", minutes=45, latest=date(2026, 12, 4)).id
        first = needs.After(f"ServiceRequest/{echo}", min_minutes=30)
        heart = ask(
            what="Cardiology visit", specialty="Cardiology", minutes=30, priority="urgent", after=[first], preparation="Bring your pills"
        ).id
        ask(what="Oncology visit", specialty="Oncology", minutes=60, after=[needs.After(f"ServiceRequest/{heart}", min_business_days=1)])
        ids["impossible"] = needs.make(
            change, patient=ids["walter"], what="Stress test", specialty="Cardiology", minutes=60, start_until=time(10)
        ).id
    return ids


def work(home: House) -> None:
    """What the worker does with what was announced last."""
    with home.hub.store.view(app.HUB) as view:
        found = view.find("Basic", code=f"{terms.PLANNING}|together", _sort="-_lastUpdated", _count=1)
    planning.run(app.HUB, home.hub.store, found[0]["id"])
