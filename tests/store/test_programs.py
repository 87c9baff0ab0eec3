"""In a program once, and at work once: whoever asks and however many ask at once. And what a population is read from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.store.folk import ANA, BO, HUB, KEY, ZONE

from baton.store import Conflict, Refused, Store, programs
from baton.store.check import violations
from baton.store.postgres import Database
from baton.store.programs import Twice


def episode(id_: str, *, patient: str = "zofia", program: str = "heart", status: str = "active", risk: str = "high") -> dict[str, Any]:
    return {
        "resourceType": "EpisodeOfCare",
        "id": id_,
        "status": status,
        "type": [{"coding": [{"system": programs.PROGRAM, "code": program}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "period": {"start": "2026-07-01"},
        "extension": [
            {"url": programs.PHASE, "extension": [{"url": "code", "valueCode": "first"}, {"url": "since", "valueDate": "2026-07-01"}]},
            {"url": programs.RISK, "extension": [{"url": "level", "valueCode": risk}]},
        ],
    }


def minutes(id_: str, start: str, end: str, *, person: str = "ana", patient: str = "zofia", **more: Any) -> dict[str, Any]:
    day = "2026-07-02T"
    parts = [
        {"url": "start", "valueDateTime": f"{day}{start}:00-04:00"},
        {"url": "end", "valueDateTime": f"{day}{end}:00-04:00"},
        {"url": "program", "valueCode": "heart"},
        *({"url": name, "valueString": value} for name, value in more.items()),
    ]
    return {
        "resourceType": "Basic",
        "id": id_,
        "code": {"coding": [{"system": programs.KIND, "code": "minutes"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "author": {"reference": f"Practitioner/{person}"},
        "created": "2026-07-02",
        "extension": [{"url": programs.WORKED, "extension": parts}],
    }


def put(store: Store, *resources: dict[str, Any]) -> None:
    with store.change(HUB, because="programs") as change:
        for resource in resources:
            change.put(resource)


def test_a_patient_is_in_a_program_once(store: Store) -> None:
    put(store, episode("one"))
    with pytest.raises(Twice) as refused:
        put(store, episode("two"))
    assert refused.value.status == 409
    put(store, episode("other", program="kidney"), episode("of-luis", patient="luis"))
    put(store, episode("one", status="finished"))
    put(store, episode("two"))
    with pytest.raises(Twice):
        put(store, episode("one"))  # a finished one does not come back beside the new one
    with pytest.raises(Twice):
        put(store, episode("a", program="lung"), episode("b", program="lung"))


def test_of_many_who_enrol_at_once_one_wins(store: Store, database: Database) -> None:
    barrier = Barrier(8)

    def enrol(number: int) -> bool:
        barrier.wait()
        try:
            put(store, episode(f"race-{number}"))
        except (Refused, Conflict):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(enrol, range(8)))
    assert won.count(True) == 1
    with store.view(HUB) as view:
        assert len(view.find("EpisodeOfCare", patient="Patient/zofia", status="active")) == 1
    assert not [each for each in violations(database.owner_dsn, KEY, ZONE) if "enrolment" in each]


def test_nobody_works_twice_at_the_same_moment(store: Store) -> None:
    put(store, minutes("one", "10:00", "10:20"))
    with pytest.raises(Twice):
        put(store, minutes("two", "10:19", "10:30", patient="luis"))
    put(store, minutes("two", "10:20", "10:30", patient="luis"), minutes("three", "10:00", "10:20", person="bo"))
    put(store, minutes("one", "10:00", "10:20", **{"taken-back": "not me"}))
    put(store, minutes("four", "10:05", "10:15"))


def test_a_population_and_who_may_see_it(store: Store, database: Database) -> None:
    reached = {
        "resourceType": "Communication",
        "id": "call",
        "status": "completed",
        "subject": {"reference": "Patient/zofia"},
        "sent": "2026-07-01T10:00:00-04:00",
        "extension": [{"url": programs.OUTCOME, "valueCode": "reached"}],
    }
    put(store, episode("one"), reached, episode("of-luis", patient="luis", risk="low"), minutes("m", "10:00", "10:20"))
    with store.view(ANA) as view:
        rows, total = programs.population(view)
        assert total == 1 and rows[0].patient == "zofia" and rows[0].risk == "high" and rows[0].reached is not None
        assert programs.phases(view) == {"heart": {("first", "active"): 1}}
        assert programs.population(view, silent_since=rows[0].reached)[1] == 0
        assert programs.population(view, program="*")[1] == 1
        assert programs.population(view, program="-")[1] == 0
        assert programs.population(view, late=True)[1] == programs.population(view, needs=True)[1] == 0
        assert [each.program for each in programs.worked(view, view.now.replace(day=1), view.now.replace(day=28))] == ["heart"]
    with store.view(BO) as view:
        assert programs.population(view)[1] == 0
        assert programs.worked(view, view.now.replace(day=1), view.now.replace(day=28)) == []
    with store.view(HUB) as view:
        assert programs.population(view, risk="low")[0][0].patient == "luis"
    put(store, {**reached, "status": "entered-in-error"})
    with store.view(ANA) as view:
        assert programs.population(view)[0][0].reached is None
    assert not list(violations(database.owner_dsn, KEY, ZONE))


def test_check_sees_an_index_that_says_otherwise(store: Store, database: Database) -> None:
    put(store, episode("one"))
    import psycopg  # noqa: PLC0415

    with psycopg.connect(database.owner_dsn) as connection:
        connection.execute("update enrolment set phase = 'forged'")
    assert any("enrolment" in each for each in violations(database.owner_dsn, KEY, ZONE))
