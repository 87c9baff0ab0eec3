"""The rail on every screen and in both languages: every room at once, or on a phone a menu that keys and fingers open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, PHONE, Seen, Visit
from tests.pages import PASSWORD, House

from baton import app
from baton.duties.team import staff
from baton.web import django as shell

DANA = "dana@example.org"


@pytest.fixture(scope="module", autouse=True)
def administrator(home: House) -> Iterator[None]:
    """Dana, who has every room."""
    with home.hub.store.change(app.HUB, because="An administrator") as change:
        home.person[DANA] = staff.add(change, email=DANA, role="administrator", name="Dana Roth")
    shell.set_password(home.hub, email=DANA, practitioner=home.person[DANA], password=PASSWORD)
    yield


@pytest.mark.parametrize("look", LOOKS)
def test_the_rooms_at_a_glance(visit: Visit, seen: Seen, look: str) -> None:
    from baton.desk import rooms  # noqa: PLC0415  its words need the pages to be set up

    page = visit("/people", DANA, **LOOKS[look])
    if LOOKS[look]["viewport"] == PHONE:
        page.locator(".menu summary").tap()
    expect(page.locator(".rooms a").last).to_be_visible()
    expect(page.locator(".rooms a")).to_have_count(sum(map(len, rooms.GROUPS)))
    seen(page, f"rooms-{look}")


def test_the_menu_of_a_phone_opens_by_keys_says_where_one_is_and_never_scrolls_sideways(visit: Visit, seen: Seen) -> None:
    page = visit("/people", DANA, viewport=PHONE)
    menu = page.locator(".menu summary")
    expect(menu).to_have_text("☰Rooms: People")
    expect(page.locator(".rooms")).to_be_hidden()
    seen(page, "rooms-phone-closed")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Today")).to_be_focused()
    assert page.evaluate("(rooms => rooms.scrollWidth <= rooms.clientWidth)(document.querySelector('.rooms'))")
    for each in page.locator(".rooms a").all():
        box = each.bounding_box()
        assert box and box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    page.get_by_role("link", name="Working days").click()
    expect(page.locator(".menu summary")).to_have_text("☰Rooms: Working days")
    expect(page.locator(".rooms")).to_be_hidden()


def test_a_low_window_reaches_every_room_and_the_account(visit: Visit) -> None:
    page = visit("/people", DANA, viewport={"width": 1280, "height": 420})
    last = page.get_by_role("link", name="Apps", exact=True)
    last.focus()
    expect(last).to_be_in_viewport()
    expect(page.locator(".me summary")).to_be_in_viewport()


def test_the_longest_name_of_a_room_fits_a_phone_in_spanish(visit: Visit, seen: Seen) -> None:
    page = visit("/privacy", DANA, viewport=PHONE, locale="es-US")
    expect(page.locator(".menu summary")).to_contain_text("Oficina de privacidad")
    seen(page, "rooms-phone-spanish")
