"""The worklist: whose promises, in which state, in which order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.store.folk import ANA, BO, HUB, care_team, promise, task

from baton.store import Invalid, Store

END_OF_TODAY = datetime(2026, 7, 3, 3, 59, 59, tzinfo=UTC)  # the clock of the tests stands at 2026-07-02 10:10 in New York


@pytest.fixture
def work(store: Store) -> Store:
    def due(id_: str, when: str, **more: Any) -> dict[str, Any]:
        return {**promise(due=when, **more), "id": id_}

    with store.change(HUB, because="seed") as change:
        change.put(due("late", "2026-07-01T23:59:59-04:00"))
        change.put(due("today", "2026-07-02T23:59:59-04:00", code="contact-after-discharge"))
        change.put(due("coming", "2026-07-09T23:59:59-04:00"))
        change.put(due("waiting", "2026-07-10T23:59:59-04:00", status="on-hold"))
        change.put(due("waiting-late", "2026-06-30T23:59:59-04:00", status="on-hold"))
        change.put(due("asleep", "2026-07-11T23:59:59-04:00", asleep="2026-07-05T08:00:00-04:00"))
        change.put(due("slept", "2026-07-12T23:59:59-04:00", asleep="2026-07-01T08:00:00-04:00"))
        change.put(due("mine", "2026-07-08T23:59:59-04:00", owner="Practitioner/ana"))
        change.put(due("done", "2026-07-01T23:59:59-04:00", status="completed", executionPeriod={"end": "2026-07-01T10:00:00-04:00"}))
        change.put(
            due("done-long-ago", "2026-05-01T23:59:59-04:00", status="completed", executionPeriod={"end": "2026-05-01T10:00:00-04:00"})
        )
        change.put({**task(), "id": "no-promise"})
        change.put(care_team("ct-luis", "luis", "b"))
        change.put({**promise("luis", owner="Organization/b"), "id": "of-b"})
    return store


def found(store: Store, *args: Any, who: Any = ANA, **filters: Any) -> list[str]:
    with store.view(who) as view:
        return [row.task_id for row in view.promises(*args, end_of_today=END_OF_TODAY, **filters)]


def test_states(work: Store) -> None:
    assert found(work, state="late") == ["waiting-late", "late"]
    assert found(work, state="today") == ["today"]
    assert found(work, state="coming") == ["mine", "coming", "slept"]
    assert found(work, state="waiting") == ["waiting"]
    assert found(work, state="asleep") == ["asleep"]
    assert found(work) == ["waiting-late", "late", "today", "mine", "coming", "waiting", "slept"]
    with pytest.raises(Invalid):
        found(work, state="lost")


def test_counts_agree_with_lists(work: Store) -> None:
    with work.view(ANA) as view:
        counts = view.promise_counts(end_of_today=END_OF_TODAY, closed_since=datetime(2026, 6, 29, tzinfo=UTC))
    assert counts == {"late": 2, "today": 1, "coming": 3, "waiting": 1, "asleep": 1, "closed_since": 1}


def test_filters(work: Store) -> None:
    assert found(work, ["Practitioner/ana"]) == ["mine"]
    assert found(work, ["Practitioner/ana", "Organization/a"], state="coming") == ["mine", "coming", "slept"]
    assert found(work, codes=["contact-after-discharge"]) == ["today"]
    assert found(work, patient="Patient/zofia", state="today") == ["today"]
    assert found(work, patient="Patient/luis", who=HUB) == ["of-b"]
    assert found(work, who=BO) == ["of-b"]
    assert found(work, []) == []


def test_pages(work: Store) -> None:
    everyone = found(work)
    seen: list[str] = []
    place = None
    while True:
        with work.view(ANA) as view:
            rows = view.promises(limit=3, after=place)
        if not rows:
            break
        seen += [row.task_id for row in rows]
        place = rows[-1].place
    assert seen == everyone
    with pytest.raises(Invalid):
        found(work, after="made up")


def test_a_row_has_what_a_page_needs(work: Store) -> None:
    with work.view(ANA) as view:
        row = view.promises(state="today", end_of_today=END_OF_TODAY)[0]
    assert (row.patient, row.owner, row.code, row.status, row.version) == (
        "Patient/zofia",
        "Organization/a",
        "contact-after-discharge",
        "requested",
        1,
    )
    assert row.due == datetime(2026, 7, 3, 3, 59, 59, tzinfo=UTC)
    assert row.task["id"] == "today" and b"Nowak" in (row.patient_body or b"")


def test_a_closed_or_deleted_promise_leaves_the_list(work: Store) -> None:
    with work.change(ANA, because="done") as change:
        change.put({**change.get("Task", "today"), "status": "completed"})
        change.delete("Task", "coming")
        change.put({**change.get("Task", "mine"), "owner": {"reference": "Organization/a"}})
    assert found(work, state="today") == []
    assert found(work, state="coming") == ["mine", "slept"]
    assert found(work, ["Practitioner/ana"]) == []
    with work.view(ANA) as view:
        assert view.promise_counts(closed_since=datetime(2026, 6, 29, tzinfo=UTC))["closed_since"] == 2
