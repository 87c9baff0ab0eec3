"""Finding help: by need, distance, age, language, opening hours and freshness; what is not known is said and keeps nothing out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.duties.ward import HUB, TOM, Ward

import baton.demo
from baton.duties.community import capacity, directory, finder
from baton.duties.community.finder import Origin, Results, Wanted
from baton.intake import hsds
from baton.store.postgres import Database

TOWN = Path(baton.demo.__file__).parent / "data" / "larkhaven-directory"
HOME = Origin((41.49, -71.31), "address")
FOOD = "food-insecurity"


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    opened = Ward(module_database, "2026-11-24T10:30:00")  # a Tuesday
    hsds.load(opened.store, HUB, TOWN)
    yield opened
    opened.store.close()


def find(ward: Ward, origin: Origin = HOME, **wanted: object) -> Results:
    with ward.store.view(TOM) as view:
        return finder.find(view, Wanted(**wanted), origin)  # type: ignore[arg-type]


def names(found: Results) -> list[str]:
    return [each.service.name for each in found.rows]


def test_the_nearest_first_and_an_old_record_last(ward: Ward) -> None:
    found = find(ward, need=FOOD, age=70)
    assert names(found)[:2] == ["Food pantry", "Groceries brought home"]
    assert names(found)[-1] == "County food boxes"
    assert found.rows[0].miles == pytest.approx(0.17, abs=0.1)
    assert found.rows[-1].miles == pytest.approx(11.1, abs=0.5)
    assert "Summer lunches for children" not in names(found)


def test_who_is_too_young_is_not_sent(ward: Ward) -> None:
    young = find(ward, need=FOOD, age=40)
    assert not {"Meals on wheels", "Lunch club", "Groceries brought home"} & set(names(young))
    unknown = find(ward, need=FOOD)
    assert "Meals on wheels" in names(unknown)


def test_the_language_is_theirs_and_unknown_keeps_nothing_out(ward: Ward) -> None:
    assert set(names(find(ward, need="social-connection", language="es"))) == set()
    found = find(ward, need=FOOD, language="es-MX")
    assert "Community supper" not in names(found) and "Casa pantry" in names(found)
    assert all(each.speaks for each in found.rows)


def test_open_now_by_the_clock_of_the_place(ward: Ward) -> None:
    assert "Food pantry" in names(find(ward, need=FOOD, open_now=True))
    assert "Casa pantry" not in names(find(ward, need=FOOD, open_now=True))
    ward.at("2026-11-24T23:30:00")
    assert set(names(find(ward, need="homelessness", open_now=True))) == {"Emergency beds", "Family rooms"}
    ward.at("2026-11-24T10:30:00")


def test_on_a_holiday_what_is_open_by_its_weekly_hours_is_kept_and_said_to_be_doubtful(ward: Ward) -> None:
    ward.at("2026-11-26T10:30:00")  # Thanksgiving
    found = find(ward, need="homelessness", open_now=True)
    assert found.rows and all(each.open and each.holiday for each in found.rows)
    ward.at("2026-11-24T10:30:00")
    assert not any(each.holiday for each in find(ward, need=FOOD).rows)


def test_what_to_bring_in_which_languages_and_how_fresh_the_record_is_come_with_it(ward: Ward) -> None:
    rows = find(ward, need=FOOD).rows
    assert any(each.service.documents for each in rows) and any(each.service.languages for each in rows)
    assert all((each.service.assured is None) == (each.freshness == "unknown") for each in rows)


def test_without_an_address_everything_is_shown_without_a_distance(ward: Ward) -> None:
    found = find(ward, Origin(None, "unknown"), need=FOOD)
    assert all(each.miles is None for each in found.rows)
    assert len(found.rows) == 7


def test_where_somebody_lives_is_their_position_or_the_middle_of_their_zip(ward: Ward) -> None:
    at = [{"url": "latitude", "valueDecimal": 41.4}, {"url": "longitude", "valueDecimal": -71.2}]
    with ward.store.view(TOM) as view:
        assert finder.of_zip(view, "02998").point == (41.648, -71.266)
        assert finder.of_zip(view, "99999").how == finder.of_zip(view, "").how == "unknown"
        home = {"use": "home", "postalCode": "02998"}
        assert finder.origin_of(view, {"address": [home]}).how == "zip"
        exact = {**home, "extension": [{"url": directory.GEOLOCATION, "extension": at}]}
        assert finder.origin_of(view, {"address": [exact]}) == Origin((41.4, -71.2), "address")
        assert finder.origin_of(view, {}).how == "unknown"


def test_what_has_no_place_is_found_wherever_one_lives(ward: Ward) -> None:
    far = Origin((34.05, -118.24), "address")
    assert names(find(ward, far, need="intimate-partner-violence")) == ["Help after violence at home"]
    assert names(find(ward, far, need=FOOD)) == []


def test_words_narrow(ward: Ward) -> None:
    assert names(find(ward, words="laptops")) == ["Internet and loaner laptops"]
    assert names(find(ward, words="eviction court")) == ["Eviction help"]


@pytest.mark.parametrize(("latitude", "longitude"), [(41.49, -71.31), (0.0, 0.0), (64.8, -147.7), (21.3, -157.8)])
def test_cells_cover_the_circle(latitude: float, longitude: float) -> None:
    for miles in (1.0, 15.0, 60.0):
        covered = set(directory.cells(latitude, longitude, miles))
        for north, east in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            step = miles / 69.1
            point = (latitude + north * step * 0.99, longitude + east * step * 0.99)
            assert directory.cell(*point) in covered
            assert directory.miles_between((latitude, longitude), point) <= miles


def test_whether_there_is_a_directory(ward: Ward, database: Database) -> None:
    with ward.store.view(TOM) as view:
        assert finder.is_there(view)
    empty = Ward(database)
    with empty.store.view(TOM) as view:
        assert not finder.is_there(view)
    empty.store.close()


def test_what_was_read_once_is_not_read_again_until_it_changes(ward: Ward) -> None:
    """A search of thousands costs what it judges, not what it parses; a service that changed is seen as it is now."""
    directory.stored.cache_clear()
    first = find(ward, need=FOOD)
    read = directory.stored.cache_info().misses
    again = find(ward, need=FOOD, open_now=True)
    assert read == first.asked and directory.stored.cache_info().misses == read and again.asked == first.asked
    with ward.change(TOM) as change:
        capacity.answer(change, service=first.rows[0].service.id, capacity="no-capacity")
    now = find(ward, need=FOOD)
    assert directory.stored.cache_info().misses == read + 1
    assert next(each for each in now.rows if each.service.id == first.rows[0].service.id).room is False
    with ward.change(TOM) as change:
        capacity.answer(change, service=first.rows[0].service.id, capacity="capacity")
