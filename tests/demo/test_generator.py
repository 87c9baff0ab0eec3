"""The generator: the same town from the same seed and day, in valid FHIR, with names and codes that hold together."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from itertools import islice

import pytest

from baton.demo import chart, clinical, crowd, days, earlier, everyday, grounds, names, people, places, referrals, staffing, town, visits
from baton.demo.bundles import bundles
from baton.fhir import bundle as fhir_bundle
from baton.fhir.validate import check

from .conftest import NOW, ZONE

TODAY = date(2026, 11, 23)


def generated(seed: int, count: int):
    around = days.Days(TODAY, ZONE)
    yield from grounds.ground(TODAY)
    for person in people.people(seed, count, TODAY):
        yield from chart.chart(seed, person, around.begun, ZONE)
        yield from (resource for _, resource in everyday.everyday(seed, person, around))


def test_everything_is_valid_and_has_an_id_of_its_own():
    resources = list(generated(town.SEED, 120))
    faults = [(resource["resourceType"], resource["id"], issue) for resource in resources for issue in check(resource)]
    assert faults == []
    assert not [key for key, n in Counter((each["resourceType"], each["id"]) for each in resources).items() if n > 1]


def test_the_same_seed_and_day_give_the_same_town():
    assert json.dumps(list(generated(3, 40))) == json.dumps(list(generated(3, 40)))
    assert json.dumps(list(generated(3, 40))) != json.dumps(list(generated(4, 40)))


def test_a_bigger_town_begins_with_the_same_people():
    assert list(people.people(1, 30, TODAY)) == list(islice(people.people(1, 90, TODAY), 30))


def test_the_people_are_as_various_as_a_town():
    folk = list(people.people(town.SEED, 250, TODAY))
    assert {"en", "es", "vi", "ht", "ru", "pt", "ar"} <= {person.language for person in folk}
    assert {"yue", "zh"} & {person.language for person in folk}
    assert min(person.age for person in folk) < 6 and max(person.age for person in folk) > 88
    assert {person.team for person in folk} == set(places.TEAMS)
    assert len({person.mrn for person in folk}) == 250
    assert any(not person.name.isascii() for person in folk)
    assert all("555-01" in person.phone for person in folk)
    assert all(person.kin for person in folk if person.age < 18)


def test_nobody_has_what_they_cannot_have():
    for person in people.people(town.SEED, 250, TODAY):
        for name in person.problems:
            problem = clinical.PROBLEMS[name]
            assert not problem.sex or problem.sex == person.gender
            assert person.age >= problem.ages[0]


def test_every_medicine_and_place_named_is_there():
    for problem in clinical.PROBLEMS.values():
        assert set(problem.medicines) <= set(clinical.DRUGS)
    for stay in clinical.STAYS.values():
        assert set(stay.started) | set(stay.stopped) <= set(clinical.DRUGS)
        assert not stay.service or stay.service in places.AFTERCARE


@pytest.mark.parametrize(
    ("today", "n", "expected"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 22), 0, date(2026, 11, 20)),
        (date(2026, 11, 27), -1, date(2026, 11, 25)),  # over Thanksgiving
        (date(2026, 7, 6), -1, date(2026, 7, 2)),  # over the observed fourth of July
        (date(2026, 7, 2), 1, date(2026, 7, 6)),
    ],
)
def test_business_days_around_today(today, n, expected):
    assert days.Days(today, ZONE).business(n) == expected


def test_the_month_reaches_back_to_every_act_on_any_day():
    first = max(each.ago for _, happened in referrals.LIVES for each in happened)
    before = 1 + max(each.ago for several in earlier.LIVES.values() for happened in several for each in happened)
    for number in range(366 * 2):
        around = days.Days(TODAY + timedelta(days=number), ZONE)
        assert around.begun < around.business(-first) and around.opened < around.business(-before)
        assert around.business(-before) <= around.back(90), "old enough to tell of ninety days"


def test_the_day_whose_second_business_day_is_today():
    assert days.Days(TODAY, ZONE).due(2, TODAY) == date(2026, 11, 19)
    assert days.Days(TODAY, ZONE).due(2, date(2026, 11, 22)) is None


def test_nobody_who_works_here_can_be_called_like_a_patient():
    staff = [each["name"][0] for each in grounds.ground(TODAY) if each["resourceType"] == "Practitioner"]
    work = {(each["given"][0], each["family"]) for each in staff} | {(given, family) for given, family, _, _ in visits.INTERPRETERS}
    work.add(tuple(staffing.PAULA[0].split()))
    patients = [(each.family, {*each.female, *each.male}) for each in names.ORIGINS.values()]
    assert [who for who in work for families, given in patients if who[1] in families and who[0] in given] == []


def test_bundles_are_valid_transactions_of_some_hundred_resources():
    made = list(bundles(6))
    assert json.dumps(made) == json.dumps(list(bundles(6)))
    for each in made:
        entries = fhir_bundle.entries(each)
        assert 200 <= len(entries) <= 520
        assert [issue for entry in entries for issue in check(entry.resource)] == []
        places_ = {entry.index: f"{entry.type}/{entry.index}" for entry in entries}
        targets = fhir_bundle.resolve(entries, places_)
        assert [text for entry in entries for text in fhir_bundle.dangling(fhir_bundle.rewrite(entry.resource, targets))] == []
    types = Counter(entry["resource"]["resourceType"] for each in made for entry in each["entry"])
    assert {"Encounter", "Observation", "Condition", "Procedure", "MedicationRequest", "Claim", "DiagnosticReport"} <= set(types)


def test_a_crowd_is_valid(store):
    assert crowd.bench_town(store, patients=30, promises_per_patient=10) > 360
    with store.view(town.HUB) as view:
        tasks = view.find("Task", _count=1000)
        assert len(tasks) == 300 and [issue for task in tasks for issue in check(task)] == []
        counts = view.promise_counts(None, end_of_today=NOW.replace(hour=23, minute=59, second=59))
    assert counts


def test_nobody_is_asked_to_be_in_two_places_at_once():
    around = days.Days(TODAY, ZONE)
    for person in people.people(town.SEED, 400, TODAY):
        place = places.PLACES[person.primary]
        _, first = everyday._booked(everyday.Dice(1, "a", person.index), person, place, around, "one")
        _, second = everyday._booked(everyday.Dice(1, "a", person.index), person, place, around, "two", [first["start"]])
        assert second["start"] >= first["end"] or second["end"] <= first["start"], "the same dice, another time"
