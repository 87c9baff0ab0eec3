"""The rail: its rooms in order, each shown to those who may use it and to nobody else, and none that refuses whom it is shown to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.pages import House, client, house

from baton import app
from baton.duties.team import staff
from baton.store.postgres import Database
from baton.web import django as shell

CARE = [
    *("/today", "/patients", "/scheduling", "/threads", "/referrals", "/home-visits/", "/community"),
    "/discharge",
    "/records",
    "/requests",
    "/support",
]
SHOWN = {
    "coordinator": [*CARE, "/programs", "/library", "/team", "/people"],
    "senior": [*CARE, "/programs", "/library", "/team", "/mentoring", "/people"],
    "clinician": [*CARE, "/programs", "/library", "/people"],
    "social-worker": [*CARE, "/programs", "/library", "/team", "/people"],
    "records-clerk": [
        "/today",
        "/patients",
        "/scheduling",
        "/threads",
        "/referrals",
        "/community",
        "/records",
        "/requests",
        "/library",
        "/people",
    ],
    "supervisor": [*CARE, "/programs", "/library", "/team", "/mentoring", "/operations", "/people", "/closures"],
    "administrator": [*CARE, "/programs", "/library", "/team", "/mentoring", "/operations", "/people", "/closures", "/privacy", "/apps"],
    "pharmacist": ["/today", "/patients", "/scheduling/week", "/threads", "/records/medicines", "/support", "/library", "/people"],
    "student": [
        "/today",
        "/patients",
        "/scheduling/week",
        "/threads",
        "/discharge",
        "/records/medicines",
        "/support",
        "/programs",
        "/library",
        "/people",
    ],
    "auditor": ["/library", "/people", "/privacy"],
}

NOT_LED_TO = {
    "coordinator": {"/records/arrived", "/team/intake"},
    "clinician": {"/records/arrived", "/minutes"},
    "social-worker": {"/records/arrived", "/records/visits", "/records/medicines", "/team/intake"},
    "records-clerk": {"/community/needs", "/records/visits", "/records/medicines", "/discharge", "/programs"},
    "pharmacist": {"/scheduling", "/discharge", "/referrals", "/records", "/records/visits", "/records/arrived", "/minutes", "/programs"},
    "student": {"/scheduling", "/scheduling/calendars", "/records", "/records/visits", "/minutes", "/community", "/referrals"},
    "auditor": {"/today", "/patients", "/threads", "/support"},
}
"""Lists whose address can be typed in, and which hold what the role does not see."""


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with somebody of every role."""
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        for role in staff.ROLES:
            email = f"{role}@example.org"
            with opened.hub.store.change(app.HUB, because="Somebody of every role") as change:
                opened.person[email] = staff.add(change, email=email, role=role, team="Senior care")
        shell.share_password(opened.hub, {email: opened.person[email] for email in opened.person}, "correct horse battery")
        yield opened


def rail(answer: Any) -> list[str]:
    """Where the rail leads, in order."""
    return re.findall(r'<li><a href="([^"]+)"', answer.content.decode().partition('class="rooms"')[2].partition("</nav>")[0])


@pytest.mark.parametrize("role", SHOWN)
def test_everybody_finds_their_rooms_and_none_that_refuses_them(home: House, role: str) -> None:
    browser = client(home, f"{role}@example.org")
    found = rail(browser.get("/account"))
    assert found == SHOWN[role]
    for address in found:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        here = re.findall(r'href="([^"]+)" aria-current="page"', answer.content.decode().partition("</nav>")[0])
        assert here == [address]


def test_every_role_is_looked_at() -> None:
    assert set(SHOWN) == set(staff.ROLES)


@pytest.mark.parametrize(("role", "address"), [(role, each) for role, several in NOT_LED_TO.items() for each in sorted(several)])
def test_an_address_typed_in_says_what_is_not_seen_and_whose_it_is(home: House, role: str, address: str) -> None:
    answer = client(home, f"{role}@example.org").get(address)
    said = answer.content.decode()
    assert answer.status_code == 403
    assert re.search(r"holds what your role, [\w ]+, does not see: [^.]+\. It is for: [^.]*(Supervisor|Administrator)[^.]*\.", said)


def test_rooms_say_what_a_role_does_not_see(home: House) -> None:
    said = client(home, "pharmacist@example.org").get("/discharge").content.decode()
    assert "“Going home” holds what your role, Pharmacist, does not see: plans and goals." in said
    assert "Care coordinator, Senior coordinator, Supervisor, Administrator, Clinician, Social worker" in said


@pytest.mark.parametrize("role", ["pharmacist", "student", "records-clerk", "coordinator", "supervisor"])
def test_no_list_of_a_room_leads_to_a_no(home: House, role: str) -> None:
    """Whoever is shown a list among others may open it; what they may not see is not among them."""
    browser = client(home, f"{role}@example.org")
    for room in rail(browser.get("/account")):
        page = browser.get(room).content.decode()
        several = re.search(r'<nav class="filters room-nav no-print"[^>]*>(.*?)</nav>', page, re.DOTALL)
        led = re.findall(r'href="([^"?]+)"', several[1]) if several else []
        assert not set(led) & NOT_LED_TO.get(role, set())
        assert {each: browser.get(each).status_code for each in led} == dict.fromkeys(led, 200)


@pytest.mark.parametrize(("role", "first"), [("coordinator", "/today"), ("auditor", "/privacy")])
def test_the_day_begins_at_todays_list_or_at_the_privacy_desk(home: House, role: str, first: str) -> None:
    assert client(home, f"{role}@example.org").get("/")["Location"] == first
    assert client(home, None).get("/")["Location"] == "/today"


def test_rooms_stand_in_groups(home: House) -> None:
    page = client(home, "administrator@example.org").get("/account").content.decode()
    rooms = page.partition('class="rooms"')[2].partition("</nav>")[0]
    assert [len(re.findall("<li>", group)) for group in rooms.split("<ul>")[1:]] == [11, 2, 7]


@pytest.mark.parametrize("role", ["auditor", "coordinator"])
def test_find_offers_what_is_done_in_ones_own_rooms(home: House, role: str) -> None:
    page = client(home, f"{role}@example.org").get("/find").content.decode()
    assert ("Overdue work" in page, "Go to Patients" in page, "Go to the week" in page) == (role == "coordinator",) * 3
    assert "People and teams" in page


def test_find_leads_a_pharmacist_to_the_week_and_not_to_the_needs(home: House) -> None:
    page = client(home, "pharmacist@example.org").get("/find").content.decode()
    assert ("Go to the week" in page, "Go to Needs" in page) == (True, False)
