"""Find: people by what is heard on the telephone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.store.folk import ANA, HUB

from baton.store import Store
from baton.store.people import birth_dates
from baton.store.words import sounds, words

TODAY = date(2026, 7, 2)
NAMES = [
    ("brien", "O'Brien", ["Siobhan"], "1950-01-02"),
    ("garcia", "García Márquez", ["José", "Luis"], "1962-12-31"),
    ("smith", "Smith", ["John"], "1955-03-03"),
    ("smythe", "Smythe", ["Joan"], "1955-03-04"),
    ("lukasz", "Wałęsa", ["Łukasz"], "1943-09-29"),
    ("nguyen", "Nguyen", ["Thi", "Mai"], "2001-04-03"),
]


@pytest.fixture(scope="module")
def town(shared: Store) -> Store:
    return people(shared)


def people(store: Store) -> Store:
    with store.change(HUB, because="people") as change:
        for id_, family, given, born in NAMES:
            change.put({"resourceType": "Patient", "id": id_, "name": [{"family": family, "given": given}], "birthDate": born})
        change.put({"resourceType": "Practitioner", "id": "dr", "name": [{"family": "Kowalczyk", "given": ["Ewa"]}]})
    return store


HEARD = [
    ("Nowak", "zofia"),
    ("zofia nowak", "zofia"),
    ("Nowak, Zofia", "zofia"),
    ("Nwak", "zofia"),
    ("now zof", "zofia"),
    ("Delgato", "luis"),
    ("delgado luis", "luis"),
    ("garcia jose", "garcia"),
    ("marquez", "garcia"),
    ("GARCÍA", "garcia"),
    ("obrien", "brien"),
    ("o'brien", "brien"),
    ("walesa lukasz", "lukasz"),
    ("nguen", "nguyen"),
    ("1955-03-03 nowak", "zofia"),
    ("nowak 3/3/1955", "zofia"),
    ("12/31/1962", "garcia"),
    ("31/12/1962", "garcia"),
    ("31 dec 1962", "garcia"),
    ("December 31, 1962", "garcia"),
    ("03.04.2001", "nguyen"),
    ("MRN0012345", "zofia"),
    ("mrn00123", "zofia"),
    ("(413) 555-0182", "zofia"),
    ("5550182", "zofia"),
    ("+1 413 555 0182", "zofia"),
    ("smith john", "smith"),
    ("smith", "smith"),
]


@pytest.mark.parametrize(("heard", "meant"), HEARD)
def test_the_first_found_is_the_one_meant(town: Store, heard: str, meant: str) -> None:
    with town.view(HUB) as view:
        found = view.patients(heard)
        assert [stored.id for _, stored in found][:1] == [meant]
        assert all(0 < score <= 1 for score, _ in found)
        assert [score for score, _ in found] == sorted((score for score, _ in found), reverse=True)


@pytest.mark.parametrize("heard", ["", "   ", "zzzz", "1/1/1900", "%", "\\", "'", "1234567890123", "\0", "a" * 5000, "ł" * 300])
def test_nobody_is_found_without_a_reason(town: Store, heard: str) -> None:
    with town.view(HUB) as view:
        assert view.patients(heard) == []


def test_only_those_who_are_theirs_to_see(town: Store) -> None:
    with town.view(ANA) as view:
        assert view.patients("smith") == []
        assert [stored.id for _, stored in view.patients("nowak")] == ["zofia"]
        assert [stored.id for _, stored in view.people("kowalczik")] == ["dr"]


def test_a_new_name_is_found_and_the_old_one_is_not(store: Store) -> None:
    town = people(store)
    with town.change(HUB, because="married") as change:
        change.put({**change.get("Patient", "smith"), "name": [{"family": "Adeyemi", "given": ["John"]}]})
    with town.view(HUB) as view:
        assert view.patients("adeyemi")[0][1].id == "smith"
        assert "smith" not in [stored.id for _, stored in view.patients("smith")]


DATES: list[tuple[str, list[tuple[int, int, int]]]] = [
    ("1955-03-03", [(1955, 3, 3)]),
    ("3/4/1955", [(1955, 3, 4), (1955, 4, 3)]),
    ("13/4/55", [(1955, 4, 13)]),
    ("3 mar 1955", [(1955, 3, 3)]),
    ("3rd of", []),
    ("march 3, 1955", [(1955, 3, 3)]),
    ("3 de marzo de 1955", [(1955, 3, 3)]),
    ("31/02/1955", []),
    ("2/30/1955", []),
]


@pytest.mark.parametrize(("text", "days"), DATES)
def test_birth_dates_in_any_usual_form(text: str, days: Any) -> None:
    assert birth_dates(text, TODAY)[0] == [date(*day) for day in days]


ALIKE = [
    ("nwak", "nowak"),
    ("delgato", "delgado"),
    ("catherine", "katherine"),
    ("stephen", "steven"),
    ("jonson", "johnson"),
    ("gonzales", "gonzalez"),
]


@pytest.mark.parametrize(("heard", "written"), ALIKE)
def test_what_sounds_alike_shares_a_key(heard: str, written: str) -> None:
    assert set(sounds(heard)) & set(sounds(written))


def test_words_part_and_join() -> None:
    assert words("Anne-Marie O'Brien") == ["anne", "marie", "o", "brien", "annemarie", "obrien"]
    assert words("Müller  ŁUKASZ") == ["muller", "lukasz"]
