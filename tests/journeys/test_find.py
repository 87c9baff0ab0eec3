"""Find: one key, a few letters, Enter."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import House, patient


@pytest.fixture(scope="module", autouse=True)
def town(home: House) -> None:
    with home.change() as change:
        patient(change, "Tomás Andrés Núñez", gender="male", born="1964-03-14")
        patient(change, "Rosa Delgado", language="es")
        patient(change, "Walter Nowak", gender="male", born="1943-02-11")
    with home.change("sam@example.org") as change:
        patient(change, "Walter Novak", gender="male")


@pytest.mark.parametrize("look", LOOKS)
def test_the_list_under_the_box_in_every_light(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/patients", **LOOKS[look])
    page.locator("#find").fill("nunez")
    expect(page.locator("#find-list")).to_contain_text("Tomás Andrés Núñez")
    seen(page, f"find-{look}")


def test_slash_a_few_letters_and_enter_open_the_patient(visit: Visit) -> None:
    page = visit("/patients")
    page.keyboard.press("/")
    page.keyboard.type("now wal")
    expect(page.locator("#find-list a.hit").first).to_contain_text("Walter Nowak")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Walter Nowak")


def test_arrow_keys_walk_and_escape_closes(visit: Visit) -> None:
    page = visit("/patients")
    page.keyboard.press("/")
    hits = page.locator("#find-list .hit")
    expect(hits.first).to_contain_text("Go to Today")
    page.keyboard.press("ArrowDown")
    expect(hits.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#find-list")).to_be_hidden()


@pytest.mark.parametrize(
    ("typed", "why"), [("nunyes", "sounds like it"), ("3/14/1964", "by date of birth"), ("(555) 014-2291", "by telephone")]
)
def test_it_says_why_somebody_was_found(visit: Visit, typed: str, why: str) -> None:
    page = visit("/patients")
    page.locator("#find").fill(typed)
    expect(page.locator("#find-list a.hit").first).to_contain_text(why)


def test_nobody_of_another_team_is_found(visit: Visit, seen: Seen) -> None:
    page = visit("/patients", email="sam@example.org")
    page.locator("#find").fill("nunez")
    expect(page.locator("#find-list")).to_contain_text("Nobody in your care")
    seen(page, "find-nobody")


def test_an_action_is_done_from_it(visit: Visit, seen: Seen) -> None:
    page = visit("/patients")
    page.locator("#find").fill("espanol")
    expect(page.locator("#find-list .hit")).to_have_count(1)
    page.locator("#find-list button.hit").click()
    page.wait_for_url("**/today*")
    expect(page.locator("html")).to_have_attribute("lang", "es")


def test_without_a_script_it_is_a_page(visit: Visit, seen: Seen) -> None:
    page = visit("/patients", java_script_enabled=False)
    page.locator("#find").fill("delgado rosa")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Find")
    page.get_by_role("link", name="Rosa Delgado").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rosa Delgado")


def test_the_page_of_find(visit: Visit, seen: Seen) -> None:
    page = visit("/find")
    seen(page, "find-page")
    page.locator("#find").fill("walter")
    page.locator("#find").press("Escape")
    page.locator("form.find").evaluate("form => form.submit()")
    expect(page.get_by_role("heading", level=1)).to_have_text("Find")
    assert "walter" not in page.url
