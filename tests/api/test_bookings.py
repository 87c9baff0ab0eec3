"""A raw PUT cannot book anybody twice, and a transaction of several appointments is booked whole or not at all."""

from __future__ import annotations

from typing import Any

from tests.api.hub import Client


def appointment(id_: str, start: str, end: str, *actors: str) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "id": id_,
        "status": "booked",
        "start": f"2026-07-06T{start}:00-04:00",
        "end": f"2026-07-06T{end}:00-04:00",
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }


def test_a_raw_put_over_somebodys_hour_is_refused_by_name(client: Client) -> None:
    assert client("PUT", "Appointment/api-one", appointment("api-one", "10:00", "11:00", "Practitioner/api-ito")).status == 201
    answer = client("PUT", "Appointment/api-two", appointment("api-two", "10:30", "11:30", "Practitioner/api-ito"))
    assert answer.status == 409
    assert "Practitioner/api-ito is booked already from 2026-07-06 10:00 to 11:00" in answer.issue()["diagnostics"]
    assert answer.issue()["expression"] == ["Appointment.participant[0].actor"]
    assert client("GET", "Appointment/api-two").status == 404


def test_a_transaction_books_all_or_none(client: Client) -> None:
    entries = [
        {"resource": resource, "request": {"method": "PUT", "url": f"Appointment/{resource['id']}"}}
        for resource in (
            appointment("api-three", "13:00", "14:00", "Practitioner/api-haddad"),
            appointment("api-four", "13:30", "14:30", "Practitioner/api-haddad"),
        )
    ]
    answer = client("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status == 409
    assert client("GET", "Appointment/api-three").status == 404
