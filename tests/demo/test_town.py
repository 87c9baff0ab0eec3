"""The town after its month: true to the house's invariants, work of every kind for everybody, and left alone the second time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from baton.demo import town
from baton.demo.places import COORDINATORS, WORKERS
from baton.duties.community import benefits, help_page
from baton.duties.patients import patients
from baton.duties.privacy import consent_terms, requests
from baton.duties.records import records
from baton.duties.today import caseload
from baton.duties.transitions import episodes
from baton.fhir.validate import check
from baton.store import check as keeper
from baton.store.who import STAFF

from .conftest import NOW, ZONE, open_store


def of(store, worker):
    who = store.who(f"Practitioner/{worker.id}", entrance="desk")
    assert who is not None and who.role == worker.role
    return who


def today(store, worker):
    with store.view(of(store, worker)) as view:
        return caseload.today(view, filters=caseload.Filters())


@pytest.mark.parametrize("worker", COORDINATORS.values(), ids=lambda worker: worker.id)
def test_every_coordinator_has_work_of_every_kind(larkhaven, worker):
    counts = today(larkhaven, worker).counts
    assert counts.late >= 2 and counts.today >= 2 and counts.coming >= 5 and counts.waiting >= 2
    assert counts.discharged_recently >= 1 and counts.closed_week >= 1 and counts.asleep >= 1


def test_the_senior_sees_every_team_and_everybody_can_look(larkhaven):
    for worker in WORKERS.values():
        page = today(larkhaven, worker)
        assert bool(page.patients_in_care) == (worker.role != "auditor")
    assert today(larkhaven, WORKERS["grace-kim"]).counts.late >= 12


def test_the_house_stands(larkhaven, town_database):
    assert list(keeper.violations(town_database.owner_dsn, b"k" * 32, ZONE)) == []


def test_what_the_month_left_is_valid(larkhaven):
    with larkhaven.view(town.HUB) as view:
        for kind in ("Task", "EpisodeOfCare", "Communication", "Encounter", "DocumentReference", "Appointment", "ServiceRequest"):
            found = view.find(kind, _count=1000)
            assert found and [issue for resource in found for issue in check(resource)] == []


def test_the_month_has_every_outcome(larkhaven):
    with larkhaven.view(town.HUB) as view:
        outcomes = Counter(
            extension["valueCode"]
            for communication in view.find("Communication", _count=1000)
            for extension in communication.get("extension", ())
            if extension["url"].endswith("/contact-outcome")
        )
        appointments = Counter(appointment["status"] for appointment in view.find("Appointment", _count=1000))
        tasks = view.find("Task", _count=1000)
        died = [patient for patient in view.find("Patient", _count=1000) if "deceasedDateTime" in patient]
        episodes = Counter(episode["status"] for episode in view.find("EpisodeOfCare", _count=1000))
    assert {"reached", "left-message", "no-answer", "wrong-number"} <= set(outcomes)
    assert {"booked", "fulfilled", "noshow"} <= set(appointments)
    assert {"completed", "cancelled", "requested", "on-hold"} <= {task["status"] for task in tasks}
    assert len(died) >= 1 and episodes["active"] >= 20 and episodes["finished"] + episodes["cancelled"] >= 1


def test_a_patients_page_is_rich_and_was_less_so_a_week_ago(larkhaven):
    with larkhaven.view(town.HUB) as view:
        stays = [each["subject"]["reference"] for each in view.find("Encounter", _count=1000) if "-stay1" in each["id"]]
        pages = [patients.page(view, patient=reference.removeprefix("Patient/"), days=30) for reference in stays]
    rich = max(pages, key=lambda page: len(page.score.lanes))
    assert len(rich.score.lanes) >= 5 and rich.problems and rich.medicines and rich.team
    with larkhaven.view(town.HUB, at=NOW - timedelta(days=30)) as view:
        then = patients.page(view, patient=rich.identity.id, days=30)
    notes = sum(len(lane.notes) for lane in rich.score.lanes)
    assert sum(len(lane.notes) for lane in then.score.lanes) < notes


def test_a_corrected_discharge_shows_what_it_moved(larkhaven):
    with larkhaven.view(town.HUB) as view:
        moved = [episodes.differences(episode) for episode in view.find("EpisodeOfCare", _count=1000)]
    assert any(len([each for each in some if each.cause == "discharge-corrected"]) >= 5 for some in moved)


def test_nothing_is_recorded_after_its_today(larkhaven):
    with larkhaven.view(town.HUB) as view:
        assert max(stored.last_updated for stored in view.history(count=50).entries) <= NOW


def test_the_second_time_it_is_found(larkhaven):
    with larkhaven.view(town.HUB) as view:
        before = view.history(count=1).entries
    summary = town.populate(larkhaven, patients=400, now=NOW + timedelta(days=3))
    assert not summary.made and summary.patients == 250
    assert {role for role, _, _ in summary.sign_ins} == set(STAFF) - {"system"}, "somebody of every role"
    with larkhaven.view(town.HUB) as view:
        assert view.history(count=1).entries == before


def test_stopped_in_the_middle_it_goes_on(databases):
    class StoppedError(Exception):
        pass

    def everything(store):
        with store.view(town.HUB) as view:
            return Counter((stored.type, stored.last_updated) for stored in _all(view)), len(view.find("Communication", _count=1000))

    left = iter([False] * 45 + [True])

    def count(_, __):
        if next(left):
            raise StoppedError

    with databases.copied() as first, databases.copied() as second:
        whole, torn = (open_store(database, lambda: NOW) for database in (first, second))
        town.populate(whole, patients=24, now=NOW)
        with pytest.raises(StoppedError):
            town.populate(torn, patients=24, now=NOW, progress=count)
        assert town.populate(torn, patients=24, now=NOW).made
        one, other = everything(whole), everything(torn)
        whole.close()
        torn.close()
    differing = {key for key in one[0] | other[0] if one[0][key] != other[0][key]}
    assert sorted(each for each in differing if each[0] != "Basic") == []
    assert one[1] == other[1]


def _all(view):
    page = view.history(since=datetime(2026, 1, 1, tzinfo=ZONE), count=1000)
    yield from page.entries
    while page.next:
        page = view.history(since=datetime(2026, 1, 1, tzinfo=ZONE), count=1000, cursor=page.next)
        yield from page.entries


@pytest.mark.parametrize("moment", ["2026-11-21T09:00:00-05:00", "2026-07-05T16:00:00-04:00", "2026-11-27T08:00:00-05:00"])
@pytest.mark.parametrize("people", [1, 40])
def test_any_day_and_any_size_will_do(store, people, moment):
    now = datetime.fromisoformat(moment)
    assert town.populate(store, patients=people, now=now).made


@pytest.mark.parametrize("size", [0, 100_001])
def test_a_size_that_is_none(store, size):
    with pytest.raises(ValueError, match="100,000"):
        town.populate(store, patients=size)


def test_consents_requests_and_records_are_lived_in(larkhaven):
    tom = WORKERS["tom-brandt"]
    with larkhaven.view(of(larkhaven, tom)) as view:
        states = Counter(each.state for each in records.open_ones(view))
        assert states["needs-consent"] == 1 and states["sent"] == 1 and states["partial"] == 1
        assert {requests.what(each)["code"] for each in requests.open_ones(view)} == {"access-request", "amendment-request"}
    with larkhaven.view(town.HUB) as view:
        kinds = Counter(consent_terms.read(each).kind for each in view.find("Consent"))
        labelled = view.find("DocumentReference", _security="42CFRPart2")
    assert set(kinds) >= {"authorisation", "part2", "self-pay", "confidential-communication"}
    assert [each["description"] for each in labelled] == ["Summary, Hillside Recovery"]


def test_help_from_the_community_is_lived_in(larkhaven):
    with larkhaven.view(of(larkhaven, COORDINATORS["case-management"])) as view:
        places = {row.place for row in help_page.everybody(view)}
        applications = {row.state for row in benefits.everybody(view)}
    assert places == set(help_page.PLACES)
    assert {"gathering", "submitted", "more-asked", "approved", "denied", "appealed", "renewing", "withdrawn"} <= applications
