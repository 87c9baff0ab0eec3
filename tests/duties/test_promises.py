"""Promises made, kept, put off, handed on; and what the door refuses about them, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.ward import DANA, HUB, LUIS, MERCY, PRIYA, TOM, Ward, of_team, patient, staff, stay

from baton.duties import codes, ground, promises, trace
from baton.duties.transitions import episodes
from baton.store import Forbidden, Invalid, NotFound
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


@pytest.fixture
def home(ward: Ward) -> Ward:
    ward.put(stay())
    return ward


def refused(ward: Ward, resource: dict[str, Any]) -> set[str | None]:
    """The elements a raw write is refused for."""
    with pytest.raises(Invalid) as no:
        ward.put(resource)
    return {issue.expression for issue in no.value.issues}


def without(task: dict[str, Any], element: str) -> dict[str, Any]:
    return {key: value for key, value in task.items() if key != element}


@pytest.mark.parametrize(
    ("element", "named"),
    [
        ("for", "Task.for"),
        ("owner", "Task.owner"),
        ("restriction", "Task.restriction.period.end"),
        ("extension", f"Task.extension('{trace.URL}')"),
    ],
)
def test_an_open_promise_is_whole_or_refused_naming_the_element(home: Ward, element: str, named: str) -> None:
    assert named in refused(home, without(home.promises()[codes.VISIT], element))


def test_a_new_one_too(ward: Ward) -> None:
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "code": codes.concept(codes.PROMISE, codes.BY_HAND)}
    assert refused(ward, task) >= {"Task.for", "Task.owner", "Task.restriction.period.end"}


def test_another_kind_of_task_is_nobodys_business(ward: Ward) -> None:
    ward.put({"resourceType": "Task", "id": "other", "status": "requested", "intent": "order"})
    with ward.change() as change:
        change.delete("Task", "other")


def test_a_promise_is_neither_deleted_nor_turned_into_something_else(home: Ward) -> None:
    with pytest.raises(Invalid, match="not deleted"), home.change() as change:
        change.delete("Task", home.task(codes.VISIT))
    assert refused(home, without(home.promises()[codes.VISIT], "code")) == {"Task.code"}


def test_an_episode_is_neither_deleted_nor_turned_into_something_else(home: Ward) -> None:
    with pytest.raises(Invalid, match="not deleted"), home.change() as change:
        change.delete("EpisodeOfCare", home.episode()["id"])
    assert refused(home, without(home.episode(), "type")) == {"EpisodeOfCare.type"}


def test_a_closed_promise_is_opened_again_only_by_its_verb(home: Ward) -> None:
    task = home.promises()[codes.VISIT]
    with home.change(TOM) as change:
        promises.done(change, task=task["id"])
    assert refused(home, task) == {"Task.status"}
    with home.change(TOM) as change:
        promises.reopen(change, task=task["id"], reason="it was another patient's visit")
    assert home.status()[codes.VISIT] == "requested"
    with home.change(TOM) as change:
        promises.done(change, task=task["id"])
    reopened_once = home.promises()[codes.VISIT]
    assert refused(home, {**reopened_once, "status": "requested"}) == {"Task.status"}


def test_nothing_new_in_an_episode_that_is_over(home: Ward) -> None:
    task = home.promises()[codes.VISIT]
    home.put(stay(status="cancelled"))
    with pytest.raises(Invalid, match="over"), home.change(TOM) as change:
        promises.reopen(change, task=task["id"], reason="please")
    assert refused(home, {**without(task, "id"), "status": "requested"}) == {"Task.extension"}


def test_made_by_hand(ward: Ward) -> None:
    with ward.change(TOM, "Eva asked for it") as change:
        stored = promises.make_by_hand(change, patient="Patient/eva", what=" Bring the scales ", due=date(2026, 7, 10))
    task = ward.get(f"Task/{stored.id}")
    told = trace.of(task)
    assert told is not None and told.made_by is not None
    assert (told.fact("what"), told.made_by.name, told.made_by.because) == ("Bring the scales", "Tom Brandt", "Eva asked for it")
    assert task["restriction"]["period"]["end"] == "2026-07-10T23:59:59-04:00"
    assert ward.violations() == []


@pytest.mark.parametrize(
    ("said", "element"),
    [({"what": " "}, "Task.description"), ({"due": date(2026, 7, 1)}, "Task.restriction.period.end")],
)
def test_a_promise_without_words_or_in_the_past_is_refused(ward: Ward, said: dict[str, Any], element: str) -> None:
    asked: dict[str, Any] = {"patient": "Patient/eva", "what": "Call", "due": date(2026, 7, 10), **said}
    with pytest.raises(Invalid) as no, ward.change(TOM) as change:
        promises.make_by_hand(change, **asked)
    assert no.value.issues[0].expression == element


def test_not_for_somebody_elses_patient(ward: Ward) -> None:
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        promises.make_by_hand(change, patient="Patient/eva", what="Call", due=date(2026, 7, 10))


def test_snoozed_needs_a_reason_and_a_day_before_it_is_due(home: Ward) -> None:
    visit = home.task(codes.VISIT)
    for until, reason in ((date(2026, 7, 6), ""), (date(2026, 7, 2), "x"), (date(2026, 7, 20), "x")):
        with pytest.raises(Invalid), home.change(TOM) as change:
            promises.snooze(change, task=visit, until=until, reason=reason)
    with home.change(TOM) as change:
        promises.snooze(change, task=visit, until=date(2026, 7, 6), reason="clinic closed")
    task = home.promises()[codes.VISIT]
    assert task["restriction"]["period"]["start"] == "2026-07-06T00:00:00-04:00"
    assert task["note"][0]["text"] == "clinic closed"
    with home.change(TOM) as change:
        promises.wake(change, task=visit)
    assert "start" not in home.promises()[codes.VISIT]["restriction"]["period"]


def test_waiting_says_on_whom(home: Ward) -> None:
    with home.change(TOM) as change:
        promises.wait(change, task=home.task(codes.VISIT), on="cardiology")
    task = home.promises()[codes.VISIT]
    assert (task["status"], task["statusReason"]["text"]) == ("on-hold", "cardiology")
    with home.change(TOM) as change:
        promises.wake(change, task=task["id"])
    assert home.status()[codes.VISIT] == "requested"


def test_handed_on_with_a_name(home: Ward) -> None:
    with home.change(TOM) as change:
        promises.reassign(change, task=home.task(codes.VISIT), to=PRIYA.person, reason="speaks Cantonese")
    assert home.promises()[codes.VISIT]["owner"] == {"reference": PRIYA.person, "display": "Priya Nair"}
    with pytest.raises(Invalid), home.change(TOM) as change:
        promises.reassign(change, task=home.task(codes.VISIT), to="Practitioner/nobody")


def test_closed_is_closed(home: Ward) -> None:
    visit = home.task(codes.VISIT)
    with home.change(TOM) as change:
        promises.close(change, task=visit, reason="in hospice")
    task = home.promises()[codes.VISIT]
    assert (task["status"], codes.reason_code(task), task["statusReason"]["text"]) == ("cancelled", "not-needed", "in hospice")
    for verb in (promises.done, promises.wake):
        with pytest.raises(Invalid), home.change(TOM) as change:
            verb(change, task=visit)


def test_who_works_here_is_the_administrators_to_say(ward: Ward) -> None:
    role = staff(TOM)
    role["code"][0]["coding"][0]["code"] = "supervisor"
    for who in (TOM, LUIS):
        with pytest.raises((Forbidden, Invalid)):
            ward.put(role, who=who)
    ward.put(role, who=DANA)


def test_the_ground_is_laid_once(ward: Ward) -> None:
    with ward.change(HUB) as change:
        assert ground.install(change) == []
    plan = ward.get("PlanDefinition/transitional-care-adult")
    ward.put({**plan, "title": "Another"}, who=DANA)
    with ward.change(HUB) as change:
        assert [each.reference for each in ground.install(change)] == ["PlanDefinition/transitional-care-adult"]


def test_a_patient_registered_by_a_coordinator_is_theirs(ward: Ward) -> None:
    ward.put(patient("mine"), who=TOM)
    with ward.store.view(TOM) as view:
        assert view.get("Patient", "mine")["id"] == "mine"
    with ward.store.view(PRIYA) as view, pytest.raises(NotFound):
        view.get("Patient", "mine")


def test_the_store_finds_nothing_wrong_with_a_transition(home: Ward) -> None:
    assert home.violations() == []
    home.put(stay(status="cancelled"), who=MERCY)
    assert home.violations() == []
    assert not episodes.is_active(home.episode())
