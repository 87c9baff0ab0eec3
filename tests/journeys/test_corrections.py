"""SC03 as a coordinator lives it: the hospital corrects a discharge over midnight; every date that moved, why, in one click."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import Counted, Seen, Visit
from tests.pages import ZONE, House, house, patient

from baton import app
from baton.duties import codes
from baton.store.postgres import Database

CLOCK = {"now": datetime(2026, 3, 6, 23, 45, tzinfo=ZONE)}
BUDGET = 1


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose clock the story moves."""
    with house(module_database, tmp_path_factory.mktemp("data"), now=lambda: CLOCK["now"]) as opened:
        yield opened


def at(text: str) -> None:
    """The clock moves to this moment in New York."""
    CLOCK["now"] = datetime.fromisoformat(text).replace(tzinfo=ZONE)


def stay(of: str, end: str) -> dict[str, Any]:
    """The stay as the hospital's interface says it."""
    home_ = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "home"}]}
    return {
        "resourceType": "Encounter", "id": "stay", "status": "finished", "subject": {"reference": f"Patient/{of}"},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "period": {"start": "2026-03-02T10:00:00-05:00", "end": end}, "hospitalization": {"dischargeDisposition": home_},
        "reasonCode": [{"text": "heart failure"}], "serviceProvider": {"display": "Mercy General"},
    }  # fmt: skip


def said(home: House, of: str, end: str) -> None:
    """The hospital's message: first the discharge, later its correction."""
    with home.change("carla@example.org") as change:
        change.put(stay(of, end), unless_same=True)


def dues(home: House, of: str) -> dict[str, str]:
    with home.hub.store.view(app.HUB) as view:
        tasks = view.find("Task", patient=f"Patient/{of}")
    return {str(codes.promise_code(each)): each["restriction"]["period"]["end"][:10] for each in tasks}


@pytest.fixture(scope="module")
def eva(home: House) -> str:
    with home.change() as change:
        id_ = patient(change, "Eva Stone")
    said(home, id_, "2026-03-06T23:40:00-05:00")
    with home.change() as change:
        change.put(
            {
                "resourceType": "Appointment", "id": "booked", "status": "booked", "description": "Visit after the hospital",
                "start": "2026-03-13T10:00:00-04:00", "end": "2026-03-13T10:30:00-04:00",
                "participant": [{"actor": {"reference": f"Patient/{id_}", "display": "Eva Stone"}, "status": "accepted"}],
            }
        )  # fmt: skip
    return id_


def test_sc03_each_date_that_moved_with_its_cause_is_seen_in_one_click(visit: Visit, seen: Seen, home: House, eva: str) -> None:
    assert dues(home, eva)[codes.CONTACT] == "2026-03-10", "two business days after a Friday, whatever the clocks do on Sunday"
    at("2026-03-09T08:00")
    said(home, eva, "2026-03-07T00:15:00-05:00")
    now = dues(home, eva)
    assert (now[codes.CONTACT], now[codes.VISIT], now[codes.INFORMATION], now[codes.WATCH]) == (
        "2026-03-10", "2026-03-14", "2026-03-09", "2026-04-06"
    )  # fmt: skip

    page = visit("/today?kind=contact-after-discharge")
    row = page.locator(".work", has_text="Eva Stone")
    expect(row).to_contain_text("Tue 10 Mar")
    card = page.locator(".notice-card")
    expect(card).to_have_count(1)
    expect(card.get_by_role("heading")).to_have_text("6 dates have moved")
    lines = card.locator("li")
    expect(lines).to_have_count(6)
    for line in lines.all():
        expect(line).to_contain_text("The hospital corrected the discharge.")
    for was, is_now in (("Fri 6 Mar", "Sat 7 Mar"), ("Fri 13 Mar", "Sat 14 Mar"), ("Fri 20 Mar", "Sat 21 Mar"), ("Sat 4 Apr", "Sun 5 Apr"),
                        ("Sun 5 Apr", "Mon 6 Apr"), ("Sun 8 Mar", "Mon 9 Mar")):  # fmt: skip
        expect(lines.filter(has=page.locator(".was", has_text=was)).filter(has=page.locator("b", has_text=is_now))).to_have_count(1)
    seen(page, "today-corrected")

    counted = Counted(page)
    counted.click("button", "Seen")
    expect(page.locator("#notices")).to_contain_text("Noted")
    expect(page.locator(".notice-card")).to_have_count(0)
    print(f"\nSC03: {counted.clicks} click, budget {BUDGET}")
    assert counted.clicks <= BUDGET

    page.goto("/scheduling/appointment/booked")
    expect(page.locator("main")).to_contain_text("Fri 13 Mar")
    expect(page.get_by_role("button", name="Cancel the appointment")).to_be_visible(), "the visit that was booked is valid still"
    page.goto(f"/patients/{eva}")
    expect(page.locator(".moved")).to_have_count(0)


def test_sc03_the_same_message_again_moves_nothing_and_shows_nothing(visit: Visit, home: House, eva: str) -> None:
    before = dues(home, eva)
    at("2026-03-09T09:00")
    said(home, eva, "2026-03-07T00:15:00-05:00")
    assert dues(home, eva) == before
    page = visit("/today?kind=contact-after-discharge")
    expect(page.locator(".work", has_text="Eva Stone")).to_contain_text("Tue 10 Mar")
    expect(page.locator(".notice-card")).to_have_count(0)


def test_sc03_who_corrected_it_and_who_saw_it_is_on_record(home: House, eva: str) -> None:
    with home.hub.store.view(app.HUB) as view:
        history = view.history("Encounter", "stay").entries
        events = view.find("AuditEvent", patient=f"Patient/{eva}", _count=100)
    assert [each.version for each in history] == [2, 1], "both times are kept, the first as it came"
    told = str(events)
    assert "Difference seen and acknowledged" in told and home.person["carla@example.org"] in told
