"""From stored needs and calendars to a plan that is held whole: asked at the desk, worked out as the worker does, kept with the patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

import pytest
from tests.duties.scheduling.clinic import MONDAY, need, open_clinic
from tests.duties.scheduling.test_booking import at, hold, outbox, wanted
from tests.duties.ward import HUB, PRIYA, TOM, Ward

from baton.duties.scheduling import asking, booking, checker, needs, planning, solver
from baton.store import Invalid, NotFound
from baton.store.bookings import Occupied
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, start="2026-07-03T09:00:00")
    open_clinic(ward)
    yield ward
    ward.store.close()


def three(ward: Ward) -> tuple[str, ...]:
    """An echo, then the cardiologist at least an hour later, then oncology two days after that."""
    echo = need(ward, "Echo", "Echocardiography", 45)
    heart = need(ward, "Cardiology visit", after=[needs.After(f"ServiceRequest/{echo}", min_minutes=60)])
    return echo, heart, need(ward, "Oncology visit", "Oncology", after=[needs.After(f"ServiceRequest/{heart}", min_business_days=2)])


def planned(ward: Ward, asked: asking.Ask) -> planning.Planning:
    with ward.change(TOM) as change:
        stored = planning.ask(change, asked=asked)
    assert outbox(ward)[-1] == ("plan", {"planning": stored.id})
    planning.planner(HUB, ward.store)({"planning": stored.id})
    with ward.store.view(TOM) as view:
        return planning.read(view, stored.id)


def ask(ids: tuple[str, ...], **more: object) -> asking.Ask:
    return asking.Ask(**{"patient": "Patient/lan", "needs": ids, "first_day": MONDAY, "days": 20, **more})  # type: ignore[arg-type]


def test_a_plan_is_asked_for_worked_out_and_held_whole(ward: Ward) -> None:
    ids = three(ward)
    found = planned(ward, ask(ids))
    assert (found.state, found.progress) == ("done", 100)
    assert found.answer is not None
    assert found.answer["status"] == "optimal"
    visits = found.answer["plan"]["visits"]
    assert [visit["name"] for visit in visits] == ["Echo", "Cardiology visit", "Oncology visit"]
    # Haddad speaks no Vietnamese: Linh comes, on a Tuesday or Thursday. Ito speaks it: nobody has to come.
    assert [[actor["name"] for actor in visit["actors"]] for visit in visits] == [["Echo lab", "Linh"], ["Haddad", "Linh"], ["Ito"]]
    assert visits[0]["start"] == at(1, 9).isoformat()
    with ward.store.view(HUB) as view:
        problem = asking.problem(view, found.ask)
    assert checker.faults(problem, solver.plan(problem).visits) == []
    with ward.change(TOM) as change:
        held = planning.choose(change, planning=found.id)
    assert len({booking.itinerary_of(each.resource()) for each in held}) == 1
    with ward.store.view(TOM) as view:
        assert {each.state for each in needs.listed(view)} == {"held"}


def test_when_somebody_was_quicker_nothing_is_held(ward: Ward) -> None:
    found = planned(ward, ask(three(ward)))
    last = found.answer["plan"]["visits"][-1]  # type: ignore[index]
    hold(ward, wanted(need(ward, "Other", who="lan"), at(14, 9)))
    ward.put({"resourceType": "Appointment", "status": "booked", "start": last["start"], "end": last["end"],
              "participant": [{"actor": {"reference": last["actors"][0]["id"]}, "status": "accepted"}]})  # fmt: skip
    with pytest.raises(Occupied), ward.change(TOM) as change:
        planning.choose(change, planning=found.id)
    assert len(ward.find("Appointment", status="pending")) == 1


def test_what_cannot_be_is_told_with_ways_out_that_can_be_held(ward: Ward) -> None:
    ids = (need(ward, start_until=time(10)),)
    asked = ask(
        ids,
        weekdays=(1, 3),
        elsewhere=(asking.Elsewhere("Dialysis", 1, "06:00", "11:00"), asking.Elsewhere("Dialysis", 3, "06:00", "11:00")),
    )
    found = planned(ward, asked)
    assert found.answer is not None
    assert found.answer["status"] == "impossible"
    core = found.answer["conflict"]["core"]
    assert {each["kind"] for each in core} <= {"TimeOfDay", "Busy", "Attended", "Reach"}
    assert len(core) >= 2
    assert found.answer["conflict"]["relaxations"][0]["given_up"][0]["kind"] == "TimeOfDay"
    assert found.answer["one_by_one"]["stuck"] == "Cardiology visit"
    with ward.change(TOM) as change:
        assert len(planning.choose(change, planning=found.id, which="relaxed-0")) == 1
    with ward.change(TOM) as change, pytest.raises(Invalid, match="no such plan"):
        planning.choose(change, planning=found.id, which="other-9")


def test_what_is_asked_must_make_sense_and_concern_ones_own_patients(ward: Ward) -> None:
    ids = three(ward)
    for wrong in ({"days": 0}, {"weekdays": ()}, {"from_": "12:00", "until": "08:00"}, {"matters": "luck"}, {"way": 999}):
        with ward.change(TOM) as change, pytest.raises(Invalid):
            planning.ask(change, asked=ask(ids, **wrong))
    with ward.change(PRIYA) as change, pytest.raises(NotFound):
        planning.ask(change, asked=ask(ids))
    found = planned(ward, ask(ids))
    with ward.store.view(PRIYA) as view, pytest.raises(NotFound):
        planning.read(view, found.id)
    planning.run(HUB, ward.store, found.id)  # asked again, it is done already


def test_the_next_asking_begins_where_the_last_one_was(ward: Ward) -> None:
    ids = three(ward)
    with ward.store.view(TOM) as view:
        assert planning.latest(view, "Patient/lan") is None
    found = planned(ward, ask(ids, way=45))
    with ward.store.view(TOM) as view:
        last = planning.latest(view, "Patient/lan")
    assert last is not None
    assert (last.id, last.ask.way) == (found.id, 45)
