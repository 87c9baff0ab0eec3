"""Needs, calendars, openings, and the life of an appointment on the real hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from tests.duties.scheduling.clinic import MONDAY, need, open_clinic
from tests.duties.ward import HUB, PRIYA, TOM, ZONE, Ward, of_team, patient, stay

from baton.duties import codes
from baton.duties.scheduling import booking, calendars, needs, notices, openings, suited, terms, weekly
from baton.rules.calendar import Calendar
from baton.store import Invalid, NotFound
from baton.store.bookings import Occupied
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, start="2026-07-03T09:00:00")
    open_clinic(ward)
    yield ward
    ward.store.close()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(MONDAY + timedelta(days=day), time(hour, minute), ZONE)


def wanted(need_id: str, start: datetime, *actors: str, minutes: int = 30, site: str = "Location/heart") -> booking.Wanted:
    return booking.Wanted(f"ServiceRequest/{need_id}", start, start + timedelta(minutes=minutes), actors or ("Practitioner/haddad",), site)


def hold(ward: Ward, *several: booking.Wanted) -> list[str]:
    with ward.change(TOM) as change:
        return [stored.id for stored in booking.hold(change, wanted=several)]


def do(ward: Ward, act: Callable[..., object], **arguments: object) -> None:
    with ward.change(TOM) as change:
        act(change, **arguments)


def only(ward: Ward, **asked: str) -> needs.Need:
    with ward.store.view(TOM) as view:
        return next(iter(needs.listed(view, **asked)))


def booked(ward: Ward, start: datetime | None = None) -> tuple[str, str]:
    id_ = need(ward)
    (appointment,) = hold(ward, wanted(id_, start or at(1, 10)))
    do(ward, booking.book, appointment=appointment)
    return id_, appointment


def test_needs_are_listed_by_the_time_left_with_their_age(ward: Ward) -> None:
    late = need(ward, "Echo", "Echocardiography", latest=date(2026, 7, 6))
    need(ward, "Whenever", "Cardiology")
    ward.at("2026-07-08T09:00:00")
    with ward.store.view(TOM) as view:
        listed = needs.listed(view)
    assert [each.what for each in listed] == ["Echo", "Whenever"]
    assert (listed[0].id, listed[0].age, listed[0].left, listed[0].state) == (late, 5, -2, "unscheduled")
    with ward.store.view(PRIYA) as view:
        assert needs.listed(view) == []


def test_a_need_that_makes_no_sense_is_refused_naming_the_element(ward: Ward) -> None:
    with pytest.raises(Invalid) as refused:
        need(ward, " ", "Cardiology", 0, priority="soonish", latest=date(2026, 7, 1))
    assert {issue.expression for issue in refused.value.issues} == {
        "ServiceRequest.code",
        "ServiceRequest.extension",
        "ServiceRequest.priority",
        "ServiceRequest.occurrencePeriod.end",
    }


def test_weeks_become_sessions_and_closed_days_say_why(ward: Ward) -> None:
    closed = Calendar(closures={date(2026, 7, 29): "staff-day"})
    with ward.change(HUB) as change:
        schedule = change.get("Schedule", "haddad")
        made = list(calendars.sessions(schedule, date(2026, 7, 27), 7, ZONE, closed))
        assert [(slot["start"][:10], slot["status"], slot.get("comment")) for slot in made if slot["start"][8:10] == "29"] == [
            ("2026-07-29", "busy-unavailable", "staff-day")
        ] * 2
        assert calendars.open_sessions(change, schedule=schedule, first=MONDAY, days=21) == 0  # they are open already
        assert calendars.close_day(change, schedule="Schedule/haddad", day=MONDAY, reason="ill") == 2
    with ward.store.view(TOM) as view:
        found = openings.search(view, minutes=60, first=MONDAY, days=2, specialty="Cardiology")
    assert found[0].start == at(1, 9)


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"specialty": "cardiology"}, {"Practitioner/haddad"}),
        ({"language": "vi"}, {"Practitioner/ito", "Practitioner/linh"}),
        ({"insurance": "Organization/plan-b"}, {"Practitioner/haddad", "Device/echo", "Practitioner/linh"}),
        ({"site": "Location/imaging"}, {"Device/echo"}),
        ({"modality": "video"}, set()),
        ({}, {"Practitioner/haddad", "Practitioner/ito", "Device/echo", "Practitioner/linh"}),
    ],
)
def test_search_across_people_and_places(ward: Ward, asked: dict[str, str], who: set[str]) -> None:
    with ward.store.view(TOM) as view:
        assert {opening.actor for opening in openings.search(view, minutes=30, first=MONDAY, **asked)} == who


def test_what_is_booked_is_not_offered_and_a_lost_race_says_who_and_offers_the_next(ward: Ward) -> None:
    one, other = need(ward), need(ward, "Second visit")
    hold(ward, wanted(one, at(0, 9)))
    with pytest.raises(Occupied, match="Haddad is booked already from 2026-07-06 09:00 to 09:30"):
        hold(ward, wanted(other, at(0, 9, 15)))
    with ward.store.view(TOM) as view:
        found = openings.search(view, minutes=30, first=MONDAY, specialty="Cardiology")
    assert found[0].start == at(0, 9, 30)


def test_a_changed_week_takes_back_what_no_longer_fits_and_leaves_what_is_booked(ward: Ward) -> None:
    _, appointment = booked(ward, at(1, 10))
    tuesdays = [calendars.Hours(1, time(13), time(15)), calendars.Hours(5, time(9), time(10))]
    with ward.change(TOM) as change:
        assert calendars.change_weekly(change, schedule="haddad", hours=tuesdays, first=MONDAY) > 4
        assert calendars.change_weekly(change, schedule="haddad", hours=tuesdays, first=MONDAY) == 0
    with ward.store.view(TOM) as view:
        found = openings.search(view, minutes=60, first=MONDAY, days=7, specialty="Cardiology")
    assert [opening.start for opening in found] == [at(1, 13), at(1, 14), at(5, 9)]
    assert ward.get(f"Appointment/{appointment}")["status"] == "booked"
    with ward.change(TOM) as change:  # and back again
        every = [calendars.Hours(day, time(9), time(12)) for day in range(5)]
        calendars.change_weekly(change, schedule="haddad", hours=every, first=MONDAY)
    with ward.store.view(TOM) as view:
        assert openings.search(view, minutes=60, first=MONDAY, days=1, specialty="Cardiology")[0].start == at(0, 9)
    for wrong in ([calendars.Hours(0, time(9), time(9))], [calendars.Hours(0, time(9), time(12)), calendars.Hours(0, time(11), time(13))]):
        with pytest.raises(Invalid), ward.change(TOM) as change:
            calendars.change_weekly(change, schedule="haddad", hours=wrong, first=MONDAY)


def test_a_search_is_narrowed_by_place_and_by_who_insures_the_patient(ward: Ward) -> None:
    ward.put(
        {"resourceType": "Organization", "id": "plan-b", "active": True, "name": "Plan B"},
        {"resourceType": "Coverage", "id": "cover", "status": "active", "beneficiary": {"reference": "Patient/lan"},
         "payor": [{"reference": "Organization/plan-b"}]},
    )  # fmt: skip
    with ward.store.view(TOM) as view:
        found = openings.choices(view, specialty="Oncology", patient="Patient/lan")
        assert found.insurers == (("Organization/plan-b", "Plan B"),) and found.sites == (("Location/heart", "Heart"),)
        assert openings.search(view, minutes=30, first=MONDAY, specialty="Oncology", insurance="Organization/plan-b") == []
        assert openings.search(view, minutes=30, first=MONDAY, specialty="Oncology", site="Location/heart")
        assert openings.search(view, minutes=30, first=MONDAY, specialty="Oncology", site="Location/imaging") == []


def test_a_search_asks_who_suits_and_how_far_it_is(ward: Ward) -> None:
    at_home = {"url": "http://hl7.org/fhir/StructureDefinition/geolocation",
               "extension": [{"url": "latitude", "valueDecimal": 41.80}, {"url": "longitude", "valueDecimal": -71.40}]}  # fmt: skip
    lan = {**ward.get("Patient/lan"), "address": [{"use": "home", "extension": [at_home]}]}
    heart = {**ward.get("Location/heart"), "position": {"latitude": 41.82, "longitude": -71.41}}
    ward.put(lan, {**heart, "extension": [{"url": suited.STEP_FREE, "valueBoolean": True}]})
    ward.put({**ward.get("Practitioner/haddad"), "gender": "female"}, {**ward.get("Practitioner/ito"), "gender": "male"})
    with ward.store.view(TOM) as view:
        home = suited.home_of(view, view.get("Patient", "lan"))

        def who(**asked: Any) -> set[str]:
            return {each.actor for each in openings.search(view, minutes=30, first=MONDAY, suits=suited.Suits(home=home, **asked))}

        assert who(sex="female") == {"Practitioner/haddad"} and who(sex="male") == {"Practitioner/ito"}
        assert who(step_free=True) == who(miles=suited.FAR) == {"Practitioner/haddad", "Practitioner/ito"}
        assert who(miles=1) == set(), "nearly two miles"
        assert suited.Suits() == suited.Suits(None, False, None, None)
        first = next(each for each in openings.search(view, minutes=30, first=MONDAY, suits=suited.Suits("female", home=home)))
        assert first.miles and 1 < first.miles < 2


def test_hold_then_book_all_or_none(ward: Ward) -> None:
    first, second = need(ward), need(ward, "Echo", "Echocardiography")
    taken = need(ward, "Third")
    hold(ward, wanted(taken, at(0, 14)))
    with pytest.raises(Occupied):
        hold(ward, wanted(first, at(0, 9)), wanted(second, at(0, 14), "Device/echo", "Practitioner/haddad"))
    held = hold(ward, wanted(first, at(0, 9)), wanted(second, at(0, 10), "Device/echo"))
    assert {only(ward, state="held").state} == {"held"}
    itinerary = booking.itinerary_of(ward.get(f"Appointment/{held[0]}"))
    do(ward, booking.book_itinerary, itinerary=itinerary)
    assert {ward.get(f"Appointment/{id_}")["status"] for id_ in held} == {"booked"}
    with pytest.raises(Invalid, match="cannot be changed this way"):
        do(ward, booking.book, appointment=held[0])


def test_a_hold_runs_out_and_the_time_is_free_again(ward: Ward) -> None:
    one, other = need(ward), need(ward, "Second visit")
    (held,) = hold(ward, wanted(one, at(0, 9)))
    ward.at("2026-07-03T09:31:00")
    partial(booking.release_expired, HUB)(ward.store, ward.time)
    assert ward.get(f"Appointment/{held}")["status"] == "cancelled"
    assert only(ward, state="unscheduled").id in (one, other)
    (again,) = hold(ward, wanted(one, at(0, 9)))
    ward.at("2026-07-03T10:31:00")
    hold(ward, wanted(other, at(0, 9)))  # whoever comes next need not wait for the worker
    assert ward.get(f"Appointment/{again}")["cancelationReason"]["coding"][0]["code"] == "hold-expired"


def test_moved_it_stays_the_same_one_and_the_clock_that_looks_at_it_follows(ward: Ward) -> None:
    ward.put(patient(), stay(end="2026-07-02T14:10:00-04:00"), of_team())
    id_ = need(ward, who="eva")
    (appointment,) = hold(ward, wanted(id_, at(1, 10)))
    do(ward, booking.book, appointment=appointment)
    visit = ward.promises()[codes.VISIT]
    assert f"Appointment/{appointment}" in str(visit)
    do(ward, booking.reschedule, appointment=appointment, start=at(2, 11))
    moved = ward.get(f"Appointment/{appointment}")
    assert (moved["start"], moved["end"]) == (at(2, 11).isoformat(), at(2, 11, 30).isoformat())
    assert moved["basedOn"] == [{"reference": f"ServiceRequest/{id_}"}]
    ward.at("2026-07-08T12:00:00")
    do(ward, booking.fulfil, appointment=appointment)
    assert ward.status()[codes.VISIT] == "completed"
    assert ward.get(f"ServiceRequest/{id_}")["status"] == "completed"
    assert ward.violations() == []


def test_missed_with_a_reason_it_is_owed_again_counted_and_a_barrier_shows(ward: Ward) -> None:
    id_, appointment = booked(ward)
    with pytest.raises(Invalid, match="not begun"):
        do(ward, booking.no_show, appointment=appointment, reason="transport")
    ward.at("2026-07-07T12:00:00")
    do(ward, booking.no_show, appointment=appointment, reason="transport", note="bus did not come")
    missed = only(ward)
    assert (missed.id, missed.state, missed.attempts) == (id_, "missed", 1)
    owed = [task for task in ward.find("Task", patient="Patient/lan") if task["status"] == "requested"]
    assert len(owed) == 1
    assert "missed (transport), attempt 2 is next" in owed[0]["description"]
    assert owed[0]["restriction"]["period"]["end"].startswith("2026-07-09")
    assert [flag["status"] for flag in ward.find("Flag", patient="Patient/lan")] == ["active"]
    hold(ward, wanted(id_, at(4, 10)))
    assert only(ward).state == "held"
    assert ward.violations() == []


def test_cancelled_it_goes_back_to_the_list_or_is_not_needed_any_more(ward: Ward) -> None:
    id_, appointment = booked(ward)
    do(ward, booking.cancel, appointment=appointment, reason="provider")
    assert only(ward).state == "unscheduled"
    (again,) = hold(ward, wanted(id_, at(2, 10)))
    do(ward, booking.cancel, appointment=again, reason="not-needed")
    assert ward.get(f"ServiceRequest/{id_}")["status"] == "revoked"
    with pytest.raises(Invalid, match="possible: nothing"):
        do(ward, booking.arrive, appointment=again)


@pytest.mark.parametrize(("channel", "topic", "language", "hello"), [("email", "mail", "es", "Hola."), ("sms", "text", "vi", "Hello.")])
def test_notices_go_the_chosen_way_in_the_patients_language_and_say_nothing(
    ward: Ward, channel: str, topic: str, language: str, hello: str
) -> None:
    write_to(ward, channel, language)
    _, appointment = booked(ward)
    [(sent, payload)] = outbox(ward)
    assert sent == topic
    assert payload["text"].startswith(hello)
    more = {"reply"} if channel == "sms" else set()
    assert set(payload) == {"subject", "text", "link", "patient", "channel", "to"} | more
    assert not any(word in f"{payload['subject']} {payload['text']} {payload['link']}" for word in ("Cardiology", "Haddad", "Lan", "10:00"))
    with ward.store.view(HUB) as view:
        assert notices.by_token(view, payload["link"].removeprefix("/r/"))["id"] == appointment


def test_a_link_works_once_and_no_is_a_promise_to_find_another_time(ward: Ward) -> None:
    write_to(ward, "email", "es")
    id_, appointment = booked(ward)
    link = outbox(ward)[0][1]["link"].removeprefix("/r/")
    with ward.change(HUB) as change:
        notices.answer(change, link=link, said="yes")
    assert notices.replied(ward.get(f"Appointment/{appointment}")) == "yes"
    with ward.store.view(HUB) as view, pytest.raises(NotFound):
        notices.by_token(view, link)
    for forged in (link, f"{appointment}.AAAA", "x", "", f"nobody.{link.partition('.')[2]}"):
        with ward.change(HUB) as change, pytest.raises(NotFound):
            notices.answer(change, link=forged, said="no")
    with ward.store.view(HUB) as view:
        fresh = notices.token(view, ward.get(f"Appointment/{appointment}"))
    with ward.change(HUB) as change:
        notices.answer(change, link=fresh, said="no")
    assert ward.get(f"Appointment/{appointment}")["status"] == "cancelled"
    assert only(ward).id == id_
    assert any("cannot come" in task.get("description", "") for task in ward.find("Task", patient="Patient/lan"))


def test_reminders_go_out_once_for_each_step_and_not_to_who_said_yes(ward: Ward) -> None:
    write_to(ward, "email", "es")
    _, appointment = booked(ward, at(4, 10))  # Friday 10 July
    remind = partial(notices.remind, HUB)
    ward.at("2026-07-07T10:30:00")
    remind(ward.store, ward.time)
    remind(ward.store, ward.time)
    assert len(outbox(ward)) == 2
    with ward.change(HUB) as change:
        notices.answer(change, link=notices.token(change, ward.get(f"Appointment/{appointment}")), said="yes")
    ward.at("2026-07-09T10:30:00")
    remind(ward.store, ward.time)
    assert len(outbox(ward)) == 2
    assert terms.values(ward.get(f"Appointment/{appointment}"), terms.REMINDED) == ["three-days", "day-before"]


def test_who_asked_not_to_be_written_to_is_not(ward: Ward) -> None:
    booked(ward)
    assert outbox(ward) == []


def test_the_week_the_page_and_the_calendar(ward: Ward) -> None:
    _, appointment = booked(ward)
    with ward.store.view(TOM) as view:
        week = weekly.week(view, day=date(2026, 7, 9))
        assert [len(entries) for _, _, entries in week.days] == [0, 1, 0, 0, 0, 0, 0]
        page = weekly.page(view, appointment=appointment)
        assert page.entry.people == ("Haddad",)
        assert set(page.moves) == {"reschedule", "cancel", "arrive", "check-in", "fulfil"}  # missed it can be only once it has begun
        secret = weekly.secret(view, "Practitioner/haddad")
        assert weekly.owner_of(view, secret) == "Practitioner/haddad"
        with pytest.raises(NotFound):
            weekly.owner_of(view, secret[:-2] + "xx")
    with ward.store.view(HUB) as view:
        feed = weekly.feed(view, owner="Practitioner/haddad", words={"name": "Dates", "date": "Date", "held": "Held"}).decode()
    assert "DTSTART;TZID=America/New_York:20260707T100000" in feed
    assert not any(word in feed for word in ("Lan", "Cardiology", "Patient", appointment))


def write_to(ward: Ward, channel: str, language: str) -> None:
    """Lan is to be written to this way."""
    from dataclasses import replace

    from baton.duties.patients import identity

    lan = ward.get("Patient/lan")
    lan["telecom"] = [{"system": "email", "value": "lan@example.org"}, {"system": "phone", "value": "+14015550199"}]
    ward.put(identity.with_preferences(lan, replace(identity.preferences(lan), channel=channel, language=language)))


def outbox(ward: Ward) -> list[tuple[str, dict[str, str]]]:
    """What waits to be sent."""
    import psycopg

    with psycopg.connect(ward.database.owner_dsn) as connection:
        return connection.execute("select topic, payload from outbox order by id").fetchall()
