"""Sue closes a day for her team, having seen what moves; the lists behind Today's counts; in every light, on a phone and in Spanish."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import MONDAY, House, patient, stay

from baton.duties.contact import communication

SUE = "sue@example.org"


@pytest.fixture(scope="module")
def town(home: House) -> House:
    """Five who came home, one of whom could not be reached and one of whom was."""
    carla = home.hub.store.who(home.person["carla@example.org"], entrance="desk")
    people = (("Rosa Delgado", 5), ("Walter Nowak", 4), ("Pham Thi Lan", 1), ("George Abara", 1), ("Ida Wells", 2))
    for name, days in people:
        with home.hub.store.change(carla, because="Test", at=MONDAY - timedelta(hours=5)) as change:
            stay(change, patient(change, name), MONDAY - timedelta(days=days))
    with home.change() as change:
        calls = {str(row.patient_body): row.task_id for row in change.promises(None, codes=["contact-after-discharge"])}
        for name, outcome in (("Walter", "reached"), ("Ida", "reached")):
            task = next(task for body, task in calls.items() if name in body)
            communication.attempt(change, task=task, outcome=outcome)
    for hours in (3, 1):
        with home.hub.store.change(carla, because="Test", at=MONDAY - timedelta(hours=hours)) as change:
            communication.attempt(change, task=next(task for body, task in calls.items() if "George" in body), outcome="no-answer")
    return home


@pytest.mark.parametrize("look", LOOKS)
def test_the_lists_behind_the_counts_in_every_light(visit: Visit, seen: Seen, town: House, look: str) -> None:
    page = visit("/today/discharged", **LOOKS[look])
    expect(page.get_by_role("listitem").filter(has_text="Pham Thi Lan")).to_be_visible()
    seen(page, f"discharged-{look}")
    page.goto("/today/closed")
    expect(page.get_by_role("listitem").filter(has_text="Walter Nowak")).to_be_visible()
    seen(page, f"closed-{look}")


def test_from_a_count_to_its_list_and_on_to_the_work(visit: Visit, town: House) -> None:
    page = visit("/today")
    page.locator("#tiles").get_by_role("link", name="discharged since").click()
    expect(page.locator("#tiles a[aria-current]")).to_contain_text("discharged since")
    page.get_by_role("listitem").filter(has_text="Pham Thi Lan").locator(".do").click()
    expect(page.locator("#sheet")).to_contain_text("Pham Thi Lan")


def test_rows_of_lists_are_walked_by_j_and_k(visit: Visit, town: House) -> None:
    page = visit("/today/discharged")
    page.wait_for_load_state("networkidle")
    rows = page.locator("[data-steps] > li")
    page.keyboard.press("j")
    expect(rows.nth(0).locator(".do")).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1).locator(".do")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today?task=*")
    page.goto("/patients", wait_until="networkidle")
    page.keyboard.press("j")
    expect(page.locator("[data-steps] > li").first.get_by_role("link")).to_be_focused()


def test_sue_closes_a_day_by_keyboard_after_she_saw_what_moves(visit: Visit, seen: Seen, town: House) -> None:
    page = visit("/closures", SUE)
    page.get_by_label("Who is closed").select_option(label="Heart & Vascular")
    page.get_by_label("First day").fill("2026-11-24")
    page.get_by_label("Why").fill("Staff retreat")
    page.get_by_label("Why").press("Enter")
    expect(page.get_by_role("heading", name="If these days are closed")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="George Abara")).to_contain_text("Wed 25 Nov")
    seen(page, "closures-preview")
    page.get_by_role("button", name="Close these days").press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="Staff retreat")).to_be_visible()
    seen(page, "closures-closed")
    page.get_by_role("button", name="Open again").press("Enter")
    page.get_by_role("button", name="Open these days again").press("Enter")
    expect(page.get_by_text("Staff retreat")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS)
def test_working_days_in_every_light(visit: Visit, seen: Seen, town: House, look: str) -> None:
    page = visit("/closures", SUE, **LOOKS[look])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    seen(page, f"closures-{look}")
