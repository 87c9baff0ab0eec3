"""Nobody is booked twice, whoever asks and however many ask at once; an itinerary is booked whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import psycopg
import pytest
from tests.store.folk import ANA, HUB

from baton.store import Conflict, Refused, Store, check_bookings
from baton.store.bookings import Occupied, busy
from baton.store.codes import key64
from baton.store.postgres import Database


def appointment(id_: str, start: str, end: str, *actors: str, status: str = "booked", day: str = "2026-07-06") -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "id": id_,
        "status": status,
        "start": f"{day}T{start}:00-04:00",
        "end": f"{day}T{end}:00-04:00",
        "participant": [{"actor": {"reference": actor, "display": actor.split("/")[1].title()}, "status": "accepted"} for actor in actors],
    }


def put(store: Store, *resources: dict[str, Any]) -> None:
    with store.change(HUB, because="booking") as change:
        for resource in resources:
            change.put(resource)


def count(store: Store) -> int:
    with store.view(HUB) as view:
        return len(view.find("Appointment", status="booked"))


def test_an_actor_is_not_booked_twice_and_the_refusal_says_who_and_when(store: Store) -> None:
    put(store, appointment("one", "10:00", "10:45", "Patient/zofia", "Practitioner/haddad"))
    with pytest.raises(Occupied) as refused:
        put(store, appointment("two", "10:30", "11:00", "Patient/luis", "Practitioner/haddad"))
    assert refused.value.status == 409
    issue = refused.value.issues[0]
    assert issue.text == "Haddad is booked already from 2026-07-06 10:00 to 10:45 (EDT)."
    assert issue.expression == "Appointment.participant[1].actor"
    put(store, appointment("two", "10:45", "11:00", "Patient/luis", "Practitioner/haddad"))  # back to back is no overlap


def test_a_patient_is_named_by_reference_alone(store: Store) -> None:
    put(store, appointment("one", "10:00", "10:45", "Patient/zofia"))
    with pytest.raises(Occupied, match="Patient/zofia is booked already"):
        put(store, appointment("two", "10:00", "10:45", "Patient/zofia"))


@pytest.mark.parametrize("status", ["cancelled", "noshow", "fulfilled", "proposed", "entered-in-error", "waitlist"])
def test_what_does_not_occupy_leaves_the_time_free(store: Store, status: str) -> None:
    put(store, appointment("one", "10:00", "10:45", "Practitioner/haddad", "Patient/zofia"))
    put(store, appointment("one", "10:00", "10:45", "Practitioner/haddad", "Patient/zofia", status=status))
    put(store, appointment("two", "10:00", "10:45", "Practitioner/haddad", "Patient/luis", status="pending"))
    with pytest.raises(Occupied):  # nor does it come back over the head of another
        put(store, appointment("one", "10:00", "10:45", "Practitioner/haddad", "Patient/zofia"))


def test_deleted_declined_and_moved_ones_let_go(store: Store) -> None:
    put(store, appointment("one", "10:00", "10:45", "Practitioner/haddad", "Patient/zofia"))
    put(store, appointment("one", "12:00", "12:45", "Practitioner/haddad", "Patient/zofia"))
    put(store, appointment("two", "10:00", "10:45", "Practitioner/haddad", "Patient/luis"))
    with store.change(HUB, because="gone") as change:
        change.delete("Appointment", "one")
    put(store, appointment("three", "12:00", "12:45", "Practitioner/haddad", "Patient/zofia"))
    declined = appointment("four", "12:00", "12:45", "Practitioner/haddad", "Patient/luis")
    declined["participant"][0]["status"] = "declined"
    put(store, declined)


def test_two_can_swap_their_times_in_one_change(store: Store) -> None:
    put(store, appointment("one", "10:00", "11:00", "Practitioner/haddad", "Patient/zofia"))
    put(store, appointment("two", "11:00", "12:00", "Practitioner/haddad", "Patient/luis"))
    put(
        store,
        appointment("one", "11:00", "12:00", "Practitioner/haddad", "Patient/zofia"),
        appointment("two", "10:00", "11:00", "Practitioner/haddad", "Patient/luis"),
    )
    with pytest.raises(Occupied, match="Haddad is booked already from 2026-07-06 13:00"):  # twice in one change
        put(
            store,
            appointment("five", "13:00", "14:00", "Practitioner/haddad", "Patient/zofia"),
            appointment("six", "13:30", "14:00", "Practitioner/haddad", "Patient/luis"),
        )


def test_a_room_is_one_thing_and_a_clinic_is_not(store: Store) -> None:
    room = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": "ro"}]}
    put(
        store,
        {"resourceType": "Location", "id": "chair-7", "name": "Chair 7", "physicalType": room},
        {"resourceType": "Location", "id": "clinic"},
    )
    put(store, appointment("one", "10:00", "11:00", "Location/clinic", "Location/chair-7", "Patient/zofia"))
    put(store, appointment("two", "10:00", "11:00", "Location/clinic", "Patient/luis"))
    with pytest.raises(Occupied, match="Chair-7 is booked already"):
        put(store, appointment("three", "10:30", "11:00", "Location/chair-7"))


def test_a_role_books_its_practitioner(store: Store) -> None:
    put(store, {"resourceType": "PractitionerRole", "id": "haddad-onc", "practitioner": {"reference": "Practitioner/haddad"}})
    put(store, appointment("one", "10:00", "11:00", "PractitionerRole/haddad-onc", "Patient/zofia"))
    with pytest.raises(Occupied):
        put(store, appointment("two", "10:00", "11:00", "Practitioner/haddad", "Patient/luis"))
    with store.view(ANA) as view:
        day = (datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 7, 7, tzinfo=UTC))
        assert busy(view, ["Practitioner/haddad", "Practitioner/ito"], *day) == {
            "Practitioner/haddad": [(datetime(2026, 7, 6, 14, tzinfo=UTC), datetime(2026, 7, 6, 15, tzinfo=UTC))],
            "Practitioner/ito": [],
        }


def test_an_itinerary_is_booked_whole_or_not_at_all(store: Store) -> None:
    put(store, appointment("taken", "14:00", "15:00", "Practitioner/ito", "Patient/luis"))
    with pytest.raises(Occupied, match="Ito"):
        put(
            store,
            appointment("first", "09:00", "10:00", "Practitioner/haddad", "Patient/zofia"),
            appointment("second", "14:30", "15:00", "Practitioner/ito", "Patient/zofia"),
        )
    assert count(store) == 1


def test_of_64_who_race_for_one_hour_one_gets_it(store: Store) -> None:
    start = Barrier(64)

    def book(number: int) -> str:
        wanted = [f"Patient/p{number}", "Practitioner/haddad", "Device/scanner"]
        start.wait()
        try:
            put(store, appointment(f"race-{number}", "10:00", "10:30", *(wanted if number % 2 else reversed(wanted))))
        except Conflict:
            return "try again"
        except Refused as refused:
            return type(refused).__name__
        return "booked"

    with ThreadPoolExecutor(64) as pool:
        results = list(pool.map(book, range(64)))
    assert results.count("booked") == 1
    assert results.count("Occupied") == 63
    assert count(store) == 1


def test_check_sees_a_booking_that_was_taken_away(store: Store, database: Database) -> None:
    put(store, appointment("one", "10:00", "10:45", "Patient/zofia", "Practitioner/haddad"))
    with psycopg.connect(database.owner_dsn) as connection:
        assert list(check_bookings.violations(connection)) == []
        connection.execute("delete from booking where actor = %s", [key64("Practitioner/haddad")])
        assert list(check_bookings.violations(connection)) == ["Appointment/one: somebody who takes part is not kept free for it"]
        connection.execute("update booking set rid = 0")
        assert any("which is no appointment" in line for line in check_bookings.violations(connection))
        connection.rollback()
