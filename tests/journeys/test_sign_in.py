"""Coming in: with a password, with a one-time link, in two languages, by day and by night, at a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import PASSWORD, House

from baton.web import django as shell


@pytest.mark.parametrize("look", LOOKS)
def test_the_door(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/sign-in", email=None, **LOOKS[look])
    seen(page, f"sign-in-{look}")


def test_carla_mistypes_her_password_then_comes_in_where_she_wanted_to_go(visit: Visit, seen: Seen) -> None:
    page = visit("/today?state=late", email=None)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("E-mail").fill("carla@example.org")
    page.get_by_label("Password").fill("not my password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    seen(page, "sign-in-mistyped")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/today?state=late")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def test_a_new_colleague_follows_her_link_and_chooses_a_password(visit: Visit, seen: Seen, home: House) -> None:
    link = shell.invite(home.hub, email="nora@example.org", practitioner=home.person["sam@example.org"])
    page = visit(link, email=None)
    seen(page, "welcome")
    page.get_by_label("New password").fill("three words together")
    page.get_by_label("The same again").fill("three words together")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today")
    again = visit(link, email=None)
    expect(again.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    seen(again, "welcome-used")


def test_somebody_without_a_role_is_told_what_to_do(visit: Visit, seen: Seen) -> None:
    page = visit("/today", email="nobody@example.org")
    expect(page.get_by_text("Ask your administrator to give you one")).to_be_visible()
    seen(page, "no-role")


def test_a_wrong_address_says_where_to_go(visit: Visit, seen: Seen) -> None:
    page = visit("/nowhere")
    expect(page.get_by_role("link", name="Go to Today")).to_be_visible()
    seen(page, "not-found")


def test_language_and_theme_are_chosen_and_stay_and_signing_out_ends_it(visit: Visit, seen: Seen) -> None:
    page = visit("/today")
    page.get_by_text("Care coordinator").first.click()
    seen(page, "me")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hoy")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Salir").click()
    page.wait_for_url("**/sign-in*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar")
    page.goto("/today")
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar")
