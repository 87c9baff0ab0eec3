"""Loading an Open Referral directory: every shape of package, again and again; what is amiss is named by file and row, the rest goes in."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import baton.demo
from baton.duties import codes
from baton.duties.community import capacity, directory
from baton.intake import hsds, hsds_export
from baton.intake.bulk import Report
from baton.store import Store

from .conftest import LOADER

TOWN = Path(baton.demo.__file__).parent / "data" / "larkhaven-directory"
SPEC = Path(__file__).parents[3] / "shared" / "data" / "hsds" / "spec-v3.0.tar.gz"
PANTRY = "Food pantry"
HALL = {"id": "l1", "location_type": "physical", "name": "Hall", "latitude": 41.5, "longitude": -71.3}


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TOWN, tmp_path / "directory"))


def load(store: Store, path: Path) -> Report:
    return hsds.load(store, LOADER, path)


def services(store: Store) -> dict[str, directory.Service]:
    with store.view(LOADER) as view:
        return {each["name"]: directory.read(each) for each in view.find("HealthcareService") if directory.is_listed(each)}


def edit(path: Path, change: Callable[[list[dict[str, str]]], None]) -> None:
    with path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    columns = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns)
        writer.writeheader()
        writer.writerows(rows)


def test_a_folder_of_tables_goes_in_whole_and_again_changes_nothing(store: Store, town: Path) -> None:
    first, again = load(store, town), load(store, town)
    assert (first.refused, first.added) == ([], 14 + 13 + 29)
    assert (again.refused, again.added, again.changed, again.unchanged) == ([], 0, 0, first.added)
    pantry = services(store)[PANTRY]
    assert pantry.organization_name == "Larkhaven Neighbors Pantry"
    assert pantry.needs == ("food-insecurity",)
    assert pantry.documents == ("A paper that shows where you live",)
    assert pantry.languages == ("en", "es")
    assert str(pantry.assured) == "2026-10-12"
    assert pantry.phones == ("(401) 555-0201",)
    assert pantry.area == "Larkhaven"
    assert pantry.zone == "America/New_York"
    assert len(pantry.hours) == 2
    assert pantry.places[0].latitude == 41.4912
    assert not services(store)["Summer lunches for children"].active
    assert services(store)["Help after violence at home"].places == ()


def test_what_goes_out_comes_back_in_unchanged(store: Store, town: Path, tmp_path: Path) -> None:
    """The round trip: exported, loaded again where it came from and elsewhere, exported again: nothing changes and nothing is refused."""
    added = load(store, town).added
    with store.change(LOADER, because="Room") as change:
        pantry = services(store)[PANTRY].id
        capacity.answer(change, service=pantry, capacity="waitlist", note="until Friday")
    written = hsds_export.export(store, LOADER, tmp_path / "out")
    assert (written["services"], written["organizations"]) == (29, 14)
    again = load(store, tmp_path / "out")
    assert (again.refused, again.added, again.changed, again.unchanged) == ([], 0, 0, added)
    assert services(store)[PANTRY].capacity.code == "waitlist"
    assert "waitlist" not in "".join(each.read_text() for each in (tmp_path / "out").iterdir())
    assert hsds_export.export(store, LOADER, tmp_path / "twice") == written
    for each in (tmp_path / "out").iterdir():
        assert each.read_bytes() == (tmp_path / "twice" / each.name).read_bytes()
    with pytest.raises(FileExistsError, match="not empty"):
        hsds_export.export(store, LOADER, tmp_path / "out")


def test_a_zip_is_the_same_as_its_folder(store: Store, town: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "town.zip", "w") as packed:
        for each in town.iterdir():
            packed.write(each, f"larkhaven/{each.name}")
    assert load(store, town).added == 56
    assert load(store, tmp_path / "town.zip").unchanged == 56


def test_what_the_house_learnt_stays_and_what_the_directory_changed_changes(store: Store, town: Path) -> None:
    load(store, town)
    pantry = services(store)[PANTRY]
    with store.change(LOADER, because="They have room") as change:
        service = change.get("HealthcareService", pantry.id)
        said = {"url": "capacityStatus", "valueCodeableConcept": codes.concept(directory.GRAVITY, "waitlist")}
        change.put({**service, "extension": [*service["extension"], {"url": directory.CAPACITY, "extension": [said]}]})
    edit(town / "services.csv", lambda rows: rows[0].update(assured_date="2026-11-20"))
    report = load(store, town)
    assert (report.changed, report.added, report.refused) == (1, 0, [])
    pantry = services(store)[PANTRY]
    assert str(pantry.assured) == "2026-11-20"
    assert pantry.capacity.code == "waitlist"


def test_each_row_that_is_amiss_is_named_and_the_rest_goes_in(store: Store, town: Path) -> None:
    edit(town / "services.csv", lambda rows: rows[1].update(name=""))
    edit(town / "services.csv", lambda rows: rows[2].update(organization_id="nobody"))
    edit(town / "services.csv", lambda rows: rows[3].update(status="on holiday"))
    edit(town / "services.csv", lambda rows: rows[4].update(assured_date="yesterday", minimum_age="old"))
    edit(town / "locations.csv", lambda rows: rows[0].update(latitude="141.5"))
    edit(town / "schedules.csv", lambda rows: rows[0].update(freq="SOMETIMES"))
    edit(town / "schedules.csv", lambda rows: rows[1].update(opens_at="nine"))
    edit(town / "schedules.csv", lambda rows: rows[6].update(timezone="Mars/Olympus"))
    edit(town / "service_at_locations.csv", lambda rows: rows[5].update(location_id="gone"))
    report = load(store, town)
    named = {(each.file, each.position): each.reason for each in report.refused}
    assert "no name" in named["services.csv", "line 3"]
    assert "no organization nobody" in named["services.csv", "line 4"]
    assert "no status" in named["services.csv", "line 5"]
    assert "nowhere on earth" in named["locations.csv", "line 2"]
    assert "the schedule is left out" in named["schedules.csv", "line 2"]
    assert "the schedule is left out" in named["schedules.csv", "line 3"]
    assert "no time zone" in named["schedules.csv", "line 8"]
    assert "no location gone" in named["service_at_locations.csv", "line 7"]
    reasons = [each.reason for each in report.refused if each.position == "line 6" and each.file == "services.csv"]
    assert any("yesterday" in each for each in reasons) and any("no age" in each for each in reasons)
    assert report.added == 56 - 3
    assert PANTRY in services(store)


def test_what_is_no_package_is_said(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no Open Referral package" in load(store, tmp_path / "empty").refused[0].reason
    assert "nothing here" in load(store, tmp_path / "missing").refused[0].reason
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "services.csv").write_bytes(b"id,name\n1,\xff\xfe\n")
    (tmp_path / "bad" / "locations.csv").write_text("name\nHall\n")
    (tmp_path / "bad" / "phones.csv").write_text("id,number\n1,2,3\n")
    (tmp_path / "bad" / "more.json").write_text("{")
    (tmp_path / "bad" / "other.json").write_text('{"resourceType": "Patient"}')
    reasons = {each.file: each.reason for each in load(store, tmp_path / "bad").refused}
    assert "not UTF-8" in reasons["services.csv"]
    assert "no column 'id'" in reasons["locations.csv"]
    assert "more cells" in reasons["phones.csv"]
    assert "no JSON" in reasons["more.json"]
    assert "no service" in reasons["other.json"]


def test_a_nested_service_in_json_is_taken_apart(store: Store, tmp_path: Path) -> None:
    nested = {
        "contents": [
            {
                "id": "s1", "name": "Ride share", "status": "active", "assured_date": "2026-01-02", "minimum_age": 18,
                "organization": {"id": "o1", "name": "Drivers", "description": "Drivers"},
                "attributes": [{"id": "a1", "taxonomy_term": {"id": "t1", "name": "Rides to care", "description": ""}}],
                "languages": [{"id": "g1", "code": "es", "name": "Spanish"}],
                "required_documents": [{"id": "d1", "document": "Photo ID"}],
                "schedules": [{"id": "h1", "freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "10:00", "timezone": 3}],
                "service_at_locations": [{"id": "sl1", "location": HALL}],
            }
        ]
    }  # fmt: skip
    (tmp_path / "page.json").write_text(json.dumps(nested))
    report = load(store, tmp_path / "page.json")
    assert (report.refused, report.added) == ([], 3)
    ride = services(store)["Ride share"]
    assert (ride.needs, ride.languages, ride.documents, ride.zone) == (("transportation-insecurity",), ("es",), ("Photo ID",), "Etc/GMT-3")
    assert (ride.places[0].latitude, ride.ages) == (41.5, (18, None))


@pytest.mark.skipif(not SPEC.exists(), reason="the examples of the specification are not on this machine")
@pytest.mark.parametrize("shape", ["csv", "service_full.json", "organization_full.json", "service_at_location_full.json"])
def test_the_examples_of_the_specification(store: Store, tmp_path: Path, shape: str) -> None:
    import tarfile

    with tarfile.open(SPEC) as packed:
        packed.extractall(tmp_path, filter="data")
    report = load(store, tmp_path / "spec-v3.0" / "examples" / shape)
    assert report.added == 3
    assert ["nowhere on earth" in each.reason for each in report.refused] == [True]  # its example lies at latitude 100
    (found,) = services(store).values()
    assert found.documents and found.languages and found.assured
