"""The patient's page, as known now and on a past instant; notes and preferences."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.duties.rosa import ROSA, chart

from baton.duties.patients import identity, patients
from baton.duties.patients.charts import Preferences
from baton.store import Invalid, NotFound, Store, Who
from baton.store.postgres import Database

NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)
HEART = Who("Practitioner/tom", "Tom Reyes", "coordinator", ("Organization/heart",), "desk")
OTHER = Who("Practitioner/ann", "Ann Berg", "coordinator", ("Organization/other",), "desk")
LOADER = Who("Device/baton", "Baton", "system", (), "load")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Database, clock: Clock) -> Iterator[Store]:
    made = Store(database.app_dsn, clock=clock, zone=ZoneInfo("America/New_York"), key=b"k" * 32)
    with made.change(LOADER, because="the chart of Rosa") as change:
        for resource in chart():
            change.put(resource)
    clock.now += timedelta(hours=1)
    yield made
    made.close()


def test_the_page_says_who_what_is_open_and_what_is_known(store: Store) -> None:
    with store.view(HEART) as view:
        page = patients.page(view, patient="rosa")
    assert (page.identity.name, page.identity.language, page.as_known_on) == ("Rosa Delgado", "es", None)
    (loop,) = page.loops
    assert (loop.what, loop.owner_name, loop.state, loop.mine) == ("Send the ride voucher", "Heart & Vascular", "coming", True)
    assert [(member.kind, member.name) for member in page.team] == [
        ("coordinator", "Heart & Vascular"),
        ("primary-care", "Dr. Osei"),
        ("family", "Elena Delgado"),
    ]
    assert [problem.text for problem in page.problems] == ["Heart failure"]
    assert [(allergy.text, allergy.detail) for allergy in page.allergies] == [("Penicillin", "hives")]
    assert [(medicine.text, medicine.change) for medicine in page.medicines] == [("spironolactone 25 mg", "new")]
    assert [document.title for document in page.documents] == ["Discharge summary"]
    (goal,) = page.goals
    assert (goal.latest, goal.target, goal.progress) == ("290 m", "350 m", pytest.approx(80 / 140))
    assert {lane.kind for lane in page.score.lanes} == {"hospital", "primary-care", "team", "family"}


def test_patients_of_other_teams_are_not_there(store: Store) -> None:
    with store.view(OTHER) as view, pytest.raises(NotFound):
        patients.page(view, patient="rosa")


def test_the_page_is_a_look_and_is_recorded(store: Store, database: Database) -> None:
    import psycopg

    with store.view(HEART) as view:
        patients.page(view, patient="rosa")
    with psycopg.connect(database.owner_dsn) as connection:
        (count,) = connection.execute("select count(*) from look where who = %s", [HEART.person]).fetchone() or (0,)
    assert count >= 1


def test_a_note_is_signed_and_is_not_a_document(store: Store) -> None:
    with store.change(HEART, because="a note") as change:
        patients.note(change, patient="rosa", text="  Prefers to be called Doña Rosa. \n")
    with store.view(HEART) as view:
        page = patients.page(view, patient="rosa")
    (note,) = page.notes
    assert (note.by, note.text) == ("Tom Reyes", "Prefers to be called Doña Rosa.")
    assert len(page.documents) == 1


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (patients.LONGEST_NOTE + 1)])
def test_an_empty_or_endless_note_is_refused(store: Store, text: str) -> None:
    with pytest.raises(Invalid) as refused, store.change(HEART, because="a note") as change:
        patients.note(change, patient="rosa", text=text)
    assert refused.value.issues[0].expression == "DocumentReference.content"


def test_as_known_on_shows_the_chart_of_that_instant(store: Store, clock: Clock) -> None:
    before = clock.now
    clock.now += timedelta(hours=2)
    with store.change(HEART, because="a note") as change:
        patients.note(change, patient="rosa", text="She has moved.")
        task = change.get("Task", "t1")
        change.put({**task, "status": "completed"})
        change.put({**change.get("Patient", "rosa"), "birthDate": "1956-03-03"})
    with store.view(HEART) as view:
        now = patients.page(view, patient="rosa")
    with store.view(HEART, at=before) as view:
        then = patients.page(view, patient="rosa")
    assert (len(now.notes), len(now.loops), now.identity.age) == (1, 0, 70)
    assert (len(then.notes), len(then.loops), then.identity.age) == (0, 1, 71)
    assert then.as_known_on == then.now == before
    assert then.goals == now.goals


def test_before_anything_was_recorded_there_is_no_patient(store: Store) -> None:
    with store.view(HEART, at=NOW - timedelta(days=1)) as view, pytest.raises(NotFound):
        patients.page(view, patient="rosa")


def test_preferences_are_stated_on_the_patient_and_on_the_people_around_them(store: Store) -> None:
    wanted = Preferences("es", True, "phone", "mornings", True, None)
    with store.change(HEART, because="preferences") as change:
        patients.contact_preferences(change, patient="rosa", wanted=wanted, told={"elena": "everything"})
    with store.view(HEART) as view:
        page = patients.page(view, patient="rosa")
    assert page.preferences == wanted
    assert [contact.told for contact in page.contacts if contact.ref] == ["everything"]


def test_saying_the_same_again_makes_no_new_version(store: Store) -> None:
    wanted = Preferences("es", True, "phone", "mornings", True, None)
    versions = []
    for _ in range(2):
        with store.change(HEART, because="preferences") as change:
            versions.append(patients.contact_preferences(change, patient="rosa", wanted=wanted, told={"elena": None}).version)
    assert versions[0] == versions[1]


@pytest.mark.parametrize(
    ("change_of", "told"),
    [({"channel": "pigeon"}, {}), ({"note": "x" * 301}, {}), ({}, {"elena": "a little"})],
)
def test_what_makes_no_sense_is_refused_by_name(store: Store, change_of: dict[str, Any], told: dict[str, str | None]) -> None:
    wanted = replace(Preferences("es", True, "phone", None, None, None), **change_of)
    with pytest.raises(Invalid) as refused, store.change(HEART, because="preferences") as change:
        patients.contact_preferences(change, patient="rosa", wanted=wanted, told=told)
    assert refused.value.issues[0].expression


def test_somebody_elses_daughter_is_not_touched(store: Store) -> None:
    with store.change(LOADER, because="another patient") as change:
        change.put({**ROSA, "id": "eve"})
    with pytest.raises(Invalid), store.change(LOADER, because="preferences") as change:
        patients.contact_preferences(
            change, patient="eve", wanted=Preferences(None, False, None, None, None, None), told={"elena": "nothing"}
        )
    with store.view(LOADER) as view:
        assert identity.told(view.get("RelatedPerson", "elena")) is None


def test_the_panel_lists_patients_with_team_and_what_is_due_next(store: Store) -> None:
    with store.change(LOADER, because="a patient of nobody") as change:
        change.put({**ROSA, "id": "zoe", "name": [{"given": ["Zoe"], "family": "Abel"}]})
    with store.view(LOADER) as view:
        everyone = patients.panel(view)
        found = patients.panel(view, text="delgado rosa")
    with store.view(HEART) as view:
        mine = patients.panel(view)
    assert [row.identity.name for row in everyone.rows] == ["Zoe Abel", "Rosa Delgado"]
    assert [(row.identity.id, row.team, row.open) for row in mine.rows] == [("rosa", "Heart & Vascular", 1)]
    assert mine.rows[0].next and mine.rows[0].next.what == "Send the ride voucher"
    assert [row.identity.id for row in found.rows] == ["rosa"]


def test_the_panel_narrows_to_what_presses_and_turns_its_pages(store: Store, clock: Clock) -> None:
    clock.now += timedelta(days=3)
    with store.change(LOADER, because="more patients") as change:
        for number in range(5):
            change.put({**ROSA, "id": f"p{number}", "name": [{"family": f"Z{number}"}]})
    with store.view(LOADER) as view:
        late = patients.panel(view, state="late")
        first = patients.panel(view, limit=4)
        second = patients.panel(view, limit=4, after=first.more)
    assert [(row.identity.id, row.next and row.next.state) for row in late.rows] == [("rosa", "late")]
    assert len(first.rows) == 4 and len(second.rows) == 2 and second.more is None
