"""Find: the page, the list under the box, and what can be done from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.pages import House, client, house, patient

from baton.store.postgres import Database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        with opened.change() as change:
            patient(change, "Tomás Andrés Núñez", gender="male", born="1964-03-14")
        yield opened


@pytest.fixture
def carla(home: House) -> Any:
    return client(home)


def said(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("text", "why"),
    [("nunez tom", "by name"), ("3/14/1964", "by date of birth"), ("555 014 2291", "by telephone"), ("nunyes", "sounds like it")],
)
def test_a_patient_is_found_and_the_page_says_why(carla: Any, text: str, why: str) -> None:
    page = said(carla.post("/find", {"q": text}))
    assert "Tomás Andrés Núñez" in page and why in page and "<html" in page


def test_the_list_under_the_box_is_only_the_list(carla: Any) -> None:
    part = said(carla.post("/find", {"q": "nunez"}, headers={"HX-Request": "true"}))
    assert "Núñez" in part and "<html" not in part


def test_what_was_typed_is_not_taken_from_an_address(carla: Any) -> None:
    assert "Núñez" not in said(carla.get("/find?q=nunez"))


def test_people_are_found_with_role_and_team(carla: Any) -> None:
    page = said(carla.post("/find", {"q": "sam ash"}))
    assert "Sam Ash" in page and "Care coordinator" in page and "Senior care" in page


def test_patients_of_other_teams_are_not_found(home: House) -> None:
    page = said(client(home, "sam@example.org").post("/find", {"q": "nunez"}))
    assert "Tomás" not in page and "Nobody in your care" in page


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("today", "Go to Today"),
        ("espa", "Español"),
        ("spanish", "Español"),
        ("overdue", "Overdue work"),
        ("log out", "Sign out"),
        ("dark", "Dark colours"),
    ],
)
def test_actions_are_found_by_the_words_people_use(carla: Any, text: str, action: str) -> None:
    assert action in said(carla.post("/find", {"q": text}))


def test_with_nothing_typed_everything_to_do_is_offered(carla: Any) -> None:
    page = said(carla.get("/find"))
    assert all(name in page for name in ("Go to Today", "Go to Patients", "Español", "Sign out"))


def test_every_action_leads_somewhere(carla: Any) -> None:
    part = said(carla.get("/find", headers={"HX-Request": "true"}))
    addresses = re.findall(r'<a class="hit" href="([^"]*)"', part)
    assert len(addresses) >= 6
    for address in addresses:
        assert carla.get(address).status_code == 200, address
    forms = re.findall(r'<form method="post" action="([^"]*)">(.*?)</form>', part)
    assert len(forms) >= 5
    for address, fields in forms:
        assert carla.post(address, dict(re.findall(r'name="(\w+)" value="([^"]*)"', fields))).status_code == 302, address


@pytest.mark.parametrize("text", ["", " ", "x", "\0", "a" * 5000, "<script>alert(1)</script>", "' or 1=1 --", "%%%", "٣٤"])
def test_nonsense_breaks_nothing(carla: Any, text: str) -> None:
    answer = carla.post("/find", {"q": text})
    assert answer.status_code == 200 and "<script>alert" not in said(answer)
