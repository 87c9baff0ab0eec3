"""Finding times together, as a coordinator does: a need, a plan with its proof, held, booked, printed; and the patient's answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, PHONE, Seen, Visit
from tests.pages import ZONE, House, patient
from tests.pages_clinic import open_clinic, work

from baton.duties.scheduling import booking, needs, notices


@pytest.fixture(scope="module", autouse=True)
def clinic(home: House) -> dict[str, str]:
    """Calendars, and patients who need visits."""
    return open_clinic(home)


def planned(home: House, page: Page) -> None:
    """Ask, let the worker work, and see the answer come by itself."""
    page.get_by_role("button", name="Find times").click()
    expect(page.get_by_text("Looking for times")).to_be_visible()
    work(home)
    expect(page.locator("#plan-title")).to_be_visible(timeout=60_000)


def test_three_visits_are_found_held_and_booked_in_four_clicks(visit: Visit, seen: Seen, home: House, clinic: dict[str, str]) -> None:
    page = visit("/scheduling")
    expect(page.locator(".needs .work")).to_have_count(4)
    seen(page, "needs-light")
    page.get_by_role("link", name="find times together for Lan Pham").first.click()
    planned(home, page)
    expect(page.get_by_text("proven best")).to_be_visible()
    expect(page.locator(".visits li")).to_have_count(3)
    seen(page, "together-light")
    page.get_by_role("button", name="Hold all of them").click()
    expect(page.get_by_text("booked together or not at all")).to_be_visible()
    seen(page, "together-held")
    page.get_by_role("button", name="Book what is held").click()
    expect(page.get_by_text("Booked: 3 visits.")).to_be_visible()
    seen(page, "appointment-light")
    answer = page.request.get(f"/scheduling/patient/{clinic['lan']}/paper")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def test_what_cannot_be_says_why_and_a_way_out_is_held(visit: Visit, seen: Seen, home: House, clinic: dict[str, str]) -> None:
    page = visit(f"/scheduling/patient/{clinic['walter']}")
    for day in ("Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Tuesday"):
        page.get_by_label(day).uncheck()
    page.get_by_text("Elsewhere every week").click()
    page.locator("#busy-0-label").fill("Dialysis")
    page.locator("#busy-0-day").select_option("0")
    page.locator("#busy-0-start").fill("06:00")
    page.locator("#busy-0-end").fill("11:00")
    planned(home, page)
    core = page.locator(".core li")
    expect(core.filter(has_text="Stress test to begin by 10:00")).to_have_count(1)
    expect(core.filter(has_text="Dialysis every Monday, 06:00 to 11:00")).to_have_count(1)
    seen(page, "together-impossible")
    page.get_by_role("button", name="Hold this").first.click()
    expect(page.get_by_text("Book what is held")).to_be_visible()
    page.get_by_role("button", name="Let go").click()
    expect(page.get_by_text("the times are free again")).to_be_visible()


def test_one_opening_is_held_by_keyboard_and_a_lost_race_shows_the_next(
    visit: Visit, seen: Seen, home: House, clinic: dict[str, str]
) -> None:
    page = visit(f"/scheduling/need/{clinic['impossible']}")
    first = page.locator(".openings li").first
    expect(first).to_contain_text("Haddad")
    seen(page, "openings-light")
    start = first.locator("input[name=start]").get_attribute("value")
    with home.change() as change:
        eva = patient(change, "Eva Stone")
    with home.change() as change:  # somebody else is quicker
        other = needs.make(change, patient=eva, what="Second opinion", specialty="Cardiology", minutes=60)
        begin = datetime.fromisoformat(str(start))
        wanted = booking.Wanted(other.reference, begin, begin + timedelta(hours=1), ("Practitioner/haddad",), "Location/heart")
        booking.hold(change, wanted=[wanted])
    first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is booked already on")).to_be_visible()
    expect(page.locator(".openings li").first.locator("input[name=start]")).not_to_have_value(str(start))
    page.locator(".openings li").first.get_by_role("button").click()
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("Done, and recorded.")).to_be_visible()


def test_a_need_is_added_and_what_is_wrong_is_said(visit: Visit, seen: Seen, clinic: dict[str, str]) -> None:
    page = visit(f"/scheduling/patient/{clinic['walter']}/need")
    page.get_by_role("button", name="Add the need").click()
    expect(page.locator(".error").first).to_be_visible()
    seen(page, "need-add")
    page.get_by_label("What is needed").fill("Eye check")
    page.get_by_label("Specialty").fill("Ophthalmology")
    page.get_by_role("button", name="Add the need").click()
    expect(page.get_by_text("Eye check")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_in_every_light(visit: Visit, seen: Seen, clinic: dict[str, str], look: str) -> None:
    page = visit("/scheduling", **LOOKS[look])
    seen(page, f"needs-{look}")
    for name, address in (("together", f"/scheduling/patient/{clinic['lan']}"), ("week", "/scheduling/week?day=2026-12-01")):
        page.goto(address)
        seen(page, f"{name}-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_the_patient_answers_on_a_telephone(visit: Visit, seen: Seen, home: House, clinic: dict[str, str], look: str) -> None:
    with home.change() as change:
        need = needs.make(change, patient=clinic["walter"], what=f"Check {look}", specialty="Cardiology", minutes=30)
        begin = datetime(2026, 12, 10, 9, tzinfo=change.zone) + timedelta(hours=list(LOOKS).index(look))
        (held,) = booking.hold(change, wanted=[booking.Wanted(need.reference, begin, begin + timedelta(minutes=30), (), "Location/heart")])
    with home.change() as change:
        stored = booking.book(change, appointment=held.id)
        link = notices.token(change, stored.resource())
    page = visit(f"/r/{link}", email=None, **LOOKS[look])
    expect(page.get_by_text("120 Signal Hill Road")).to_be_visible()
    for word in ("Walter", "Cardiology", "Heart", "Check"):
        expect(page.get_by_text(word)).to_have_count(0)
    seen(page, f"reply-{look}")
    page.locator("button[value=no]" if look == "dark" else "button[value=yes]").click()
    expect(page.locator("button[value=yes]")).to_have_count(0)
    page.goto(f"/r/{link}")
    expect(page.locator("button[value=yes]")).to_have_count(0)
    seen(page, f"reply-gone-{look}")


def test_a_supervisor_changes_a_week_and_what_is_open_follows(visit: Visit, seen: Seen, home: House) -> None:
    page = visit("/scheduling/calendars", "sue@example.org")
    seen(page, "calendars-light")
    page.get_by_role("link", name="Change").first.click()
    seen(page, "calendar-light")
    monday = page.locator("fieldset fieldset").first
    monday.get_by_label("to", exact=True).first.fill("08:00")
    page.get_by_role("button", name="Keep this week").click()
    expect(page.locator("#notices")).to_contain_text("Hours end after they begin.")
    for field in page.locator("fieldset fieldset").first.get_by_role("textbox").all():
        field.fill("")
    for number in range(2):
        for name in ("start", "end"):
            page.locator(f"[name={name}-0-{number}]").fill("")
    page.get_by_role("button", name="Keep this week").click()
    expect(page.locator("#notices")).to_contain_text("What is booked stays.")
    expect(page.locator("#notices")).to_contain_text("taken back")


def test_a_coordinator_reads_calendars_and_does_not_change_them(visit: Visit, seen: Seen) -> None:
    page = visit("/scheduling/calendars", viewport=PHONE)
    seen(page, "calendars-phone")
    page.get_by_role("link", name="Open").first.click()
    expect(page.get_by_text("A supervisor or an administrator changes these hours.")).to_be_visible()
    expect(page.get_by_role("button", name="Keep this week")).to_have_count(0)
    seen(page, "calendar-phone")


def test_a_moved_visit_shows_who_was_told_and_how_far_it_got(visit: Visit, seen: Seen, home: House, clinic: dict[str, str]) -> None:
    with home.change() as change:
        haddad = change.get("Practitioner", "haddad")
        change.put({**haddad, "telecom": [{"system": "email", "value": "haddad@example.org"}]})
        ben = patient(change, "Ben Ruiz", language="es")
    with home.change() as change:
        need = needs.make(change, patient=ben, what="Heart check", specialty="Cardiology", minutes=30)
        begin = datetime(2026, 12, 16, 9, tzinfo=ZONE)
        wanted = booking.Wanted(need.reference, begin, begin + timedelta(minutes=30), ("Practitioner/haddad",), "Location/heart")
        (held,) = booking.hold(change, wanted=[wanted])
    with home.change() as change:
        booking.book(change, appointment=held.id)
    page = visit(f"/scheduling/appointment/{held.id}")
    expect(page.locator("#told-title")).to_have_count(0)
    page.get_by_role("link", name="Move it…").click()
    page.locator(".openings li").nth(2).get_by_role("button").click()
    expect(page.locator("#notices")).to_contain_text("Moved.")
    card = page.locator("section", has=page.locator("#told-title"))
    expect(card).to_contain_text("it was Wed 16 Dec")
    expect(card.locator("li", has_text="Haddad")).to_contain_text("not known to be delivered")
    expect(card.locator("li", has_text="Ben Ruiz")).to_contain_text("no e-mail or text to write to: call them")
    seen(page, "appointment-told")
    page.goto(f"/patients/{ben}")
    expect(page.locator("#loops")).to_contain_text("Tell the patient: Heart check")
    page.goto(f"/scheduling/appointment/{held.id}")
    card.get_by_role("button", name=re.compile("Told by telephone.*Ben Ruiz")).click()
    expect(card.locator("li", has_text="Ben Ruiz")).to_contain_text("(by telephone)")
    page.goto(f"/patients/{ben}")
    expect(page.locator("#loops")).not_to_contain_text("Tell the patient: Heart check")
    for look in ("spanish", "phone"):
        other = visit(f"/scheduling/appointment/{held.id}", **LOOKS[look])
        seen(other, f"appointment-told-{look}")

    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        [(link,)] = connection.execute(
            "select payload ->> 'link' from outbox where payload ->> 'link' like '/d/%' order by id desc limit 1"
        )
    doctor = visit(str(link), email=None, viewport=PHONE)
    expect(doctor.locator("main")).not_to_contain_text("Dec")
    doctor.get_by_role("button", name="Show it").click()
    expect(doctor.locator("main")).to_contain_text("It is now")
    seen(doctor, "party-phone")
    doctor.get_by_role("button", name="I know it").click()
    expect(doctor.locator("main")).to_contain_text("They know that you know.")
    page.goto(f"/scheduling/appointment/{held.id}")
    expect(card.locator("li", has_text="Haddad")).to_contain_text("accepted Mon 23 Nov")
