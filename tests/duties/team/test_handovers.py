"""Handing patients over: whole, undone whole, back by itself; what is refused; and whom the patient is told about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from tests.duties.crew import HANNAH, by_name, crew, owe, owners, theirs, tick, to
from tests.duties.ward import DANA, HUB, LUIS, NURSE, PRIYA, TOM, Ward

from baton.duties import codes, promises
from baton.duties.patients import identity
from baton.duties.team import absences, handover_notices, handovers
from baton.duties.team import handover_states as states
from baton.store import Invalid, NotFound
from baton.store.postgres import Database

JULY = {"first": date(2026, 7, 13), "last": date(2026, 7, 24)}
H, T, P = HANNAH.person, TOM.person, PRIYA.person


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = crew(Ward(module_database))
    yield ward
    ward.store.close()


def test_for_good_and_undone(ward: Ward) -> None:
    ward.at("2026-07-02T14:11")
    ann, bob = theirs(ward, "ann"), theirs(ward, "bob")
    with ward.change(LUIS) as change:
        batch = handovers.hand(change, giver=H, moves=[*to(TOM, ann), *to(PRIYA, bob)], why="a fairer split")
    assert (by_name(ward, ann), owners(ward, ann)) == ((T, None), {T})
    assert (by_name(ward, bob), owners(ward, bob)) == ((P, None), {P})
    assert ward.store.who(P, entrance="desk")
    with ward.store.view(PRIYA) as view:
        assert view.get("Patient", "bob"), "of another team, and now hers to see"
    with ward.change(LUIS) as change:
        assert handovers.undo(change, batch=batch) == 2
    assert (by_name(ward, ann), owners(ward, ann)) == ((H, None), {H})
    with pytest.raises(NotFound), ward.store.view(PRIYA) as view:
        view.get("Patient", "bob")
    with ward.store.view(LUIS) as view:
        [told] = handovers.of_patient(view, ann)
    assert (told.state, told.giver, told.taker, told.by, told.why, len(told.moved)) == ("undone", H, T, "Luis Ortega", "a fairer split", 2)
    with pytest.raises(Invalid, match="nothing left to undo"), ward.change(LUIS) as change:
        handovers.undo(change, batch=batch)


def test_an_absence_begins_and_ends_by_itself_and_two_are_kept(ward: Ward) -> None:
    ward.at("2026-07-02T14:11")
    lent = [theirs(ward, f"lent{number}") for number in range(4)]
    with ward.change(LUIS) as change:
        absence = absences.record(change, person=H, moves=to(TOM, *lent), why="leave", **JULY)
    assert owners(ward, lent[0]) == {H}, "planned is not begun"
    ward.at("2026-07-13T00:01")
    tick(ward)
    tick(ward)
    assert {owners(ward, each).pop() for each in lent} == {T} and by_name(ward, lent[0]) == (H, T)
    with ward.store.view(LUIS) as view:
        assert set(absences.away(view)) == {H}
    late = owe(ward, lent[0], "came while she was away")
    tick(ward)
    assert owners(ward, lent[0]) == {T}, "what still comes to her goes on to whoever covers"
    found = {each.patient: each for each in _batch(ward, absence)}
    with ward.change(TOM) as change:
        handovers.keep(change, handover=found[lent[1]].id)
        handovers.keep(change, handover=found[lent[2]].id, promise=found[lent[2]].moved[0].partition("/")[2])
    ward.at("2026-07-26T12:00")
    tick(ward)
    assert owners(ward, lent[0]) == {T}, "it goes back on the next working day, not on a Sunday"
    ward.at("2026-07-27T00:01")
    tick(ward)
    assert owners(ward, lent[0]) == {H} and by_name(ward, lent[0]) == (H, None)
    assert ward.get(f"Task/{late}")["owner"]["reference"] == H
    assert owners(ward, lent[1]) == {T} and by_name(ward, lent[1]) == (T, None), "kept whole"
    assert owners(ward, lent[2]) == {H, T} and by_name(ward, lent[2]) == (H, None), "one promise kept"
    assert {each.patient: each.state for each in _batch(ward, absence)} == {
        lent[0]: "returned", lent[1]: "kept", lent[2]: "returned", lent[3]: "returned",
    }  # fmt: skip
    assert ward.violations() == []


def _batch(ward: Ward, absence: str) -> list[states.Handover]:
    with ward.store.view(HUB) as view:
        [found] = [each for each in absences.every(view) if each.id == absence]
        return [one for batch in found.batches for one in handovers.of_batch(view, batch)]


def test_what_makes_no_sense_is_refused_whole(ward: Ward) -> None:
    ward.at("2026-07-02T14:11")
    cora, dora = theirs(ward, "cora"), theirs(ward, "dora")
    for said, why in (
        ({"moves": to(HANNAH, cora)}, "somebody else than whose"),
        ({"moves": [*to(TOM, cora), *to(TOM, cora)]}, "one person"),
        ({"moves": []}, "at least one"),
        ({"moves": to(TOM, cora), "last": date(2026, 7, 1)}, "last day"),
        ({"moves": to(TOM, cora), "first": date(2026, 7, 5)}, "last day"),
        ({"moves": [handovers.Move(cora, "Practitioner/nobody")]}, "Does not look after patients here: Practitioner/nobody"),
    ):
        with pytest.raises(Invalid, match=why), ward.change(LUIS) as change:
            handovers.hand(change, giver=H, **said)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="supervisor"), ward.change(TOM) as change:
        handovers.hand(change, giver=H, moves=to(TOM, cora))
    ward.put({"resourceType": "Patient", "id": "nobodys"})
    with pytest.raises(Invalid, match="Intake"), ward.change(LUIS) as change:
        handovers.hand(change, giver=H, moves=to(TOM, dora, "Patient/nobodys"))
    assert owners(ward, dora) == {H}, "all or none"
    with ward.change(HANNAH) as change:
        handovers.hand(change, giver=H, moves=to(TOM, cora), **JULY)
    with pytest.raises(Invalid, match="lent already"), ward.change(LUIS) as change:
        handovers.hand(change, giver=H, moves=to(PRIYA, cora))


def test_undo_is_refused_once_they_were_handed_on(ward: Ward) -> None:
    ward.at("2026-07-02T14:11")
    emma = theirs(ward, "emma")
    with ward.change(LUIS) as change:
        batch = handovers.hand(change, giver=H, moves=to(TOM, emma))
    with ward.change(LUIS) as change:
        later = handovers.hand(change, giver=T, moves=to(PRIYA, emma))
    with pytest.raises(Invalid, match="undo that first"), ward.change(LUIS) as change:
        handovers.undo(change, batch=batch)
    with ward.change(LUIS) as change:
        handovers.undo(change, batch=later)
    with ward.change(LUIS) as change:
        handovers.undo(change, batch=batch)
    assert owners(ward, emma) == {H}


def test_somebody_else_covers_and_she_is_back_early(ward: Ward) -> None:
    ward.at("2026-08-03T09:00")
    fay, gus = theirs(ward, "fay"), theirs(ward, "gus")
    days = {"first": date(2026, 8, 3), "last": date(2026, 8, 14)}
    with ward.change(LUIS) as change:
        absence = absences.record(change, person=H, moves=to(TOM, fay, gus), **days)
    with pytest.raises(Invalid, match="away on some"), ward.change(LUIS) as change:
        absences.record(change, person=H, **days)
    with pytest.raises(Invalid, match="some of these days: Hannah Fisher"), ward.change(LUIS) as change:
        absences.record(change, person=T, moves=to(HANNAH, theirs(ward, "hal", TOM)), **days)
    found = {each.patient: each.id for each in _batch(ward, absence)}
    with ward.change(LUIS) as change:
        absences.cover_instead(change, handover=found[fay], to=P)
    assert (owners(ward, fay), by_name(ward, fay), owners(ward, gus)) == ({P}, (H, P), {T})
    ward.at("2026-08-06T09:00")
    with ward.change(HANNAH) as change:
        assert absences.back_early(change, absence=absence) == 2
    assert owners(ward, fay) | owners(ward, gus) == {H}
    with pytest.raises(Invalid, match="over already"), ward.change(LUIS) as change:
        absences.take_back(change, absence=absence)


def test_more_are_lent_while_somebody_is_away_and_go_back_with_the_rest(ward: Ward) -> None:
    ward.at("2026-10-05T09:00")
    one, two, three = (theirs(ward, name) for name in ("mia", "ned", "oda"))
    days = {"first": date(2026, 10, 5), "last": date(2026, 10, 9)}
    with ward.change(LUIS) as change:
        absence = absences.record(change, person=H, moves=to(TOM, one), **days)
    ward.at("2026-10-07T09:00")
    with pytest.raises(Invalid, match="away on some"), ward.change(LUIS) as change:
        absences.record(change, person=H, first=date(2026, 10, 7), last=date(2026, 10, 12), moves=to(PRIYA, two))
    with ward.change(LUIS) as change:
        assert absences.record(change, person=H, first=date(2026, 10, 7), last=date(2026, 10, 9), moves=to(PRIYA, two)) == absence
    with ward.change(LUIS) as change:
        absences.record(change, person=H, first=date(2026, 10, 5), last=date(2026, 10, 9), moves=to(TOM, three))
    with ward.store.view(LUIS) as view:
        [first, second, third] = absences.one(view, absence).batches
    assert (owners(ward, one), owners(ward, two), owners(ward, three)) == ({T}, {P}, {T})
    with ward.change(LUIS) as change:
        assert handovers.undo(change, batch=third) == 1
    assert owners(ward, one) == {T} and owners(ward, three) == {H}, "each is undone alone"
    ward.at("2026-10-13T00:01")
    tick(ward)
    assert (owners(ward, one), owners(ward, two)) == ({H}, {H}), "Columbus Day is no working day: on Tuesday"
    assert first != second and ward.violations() == []


def test_what_asks_for_a_licence_goes_to_the_team_rather_than_to_somebody_without(ward: Ward) -> None:
    ward.at("2026-08-20T09:00")
    ida = theirs(ward, "ida", TOM, owes=1)
    task = ward.get(f"Task/{owe(ward, ida, 'x', TOM)}")
    with ward.change(HUB) as change:
        change.put({**task, "code": codes.concept(codes.PROMISE, codes.RECONCILIATION)})
    with ward.change(LUIS) as change:
        batch = handovers.hand(change, giver=T, moves=to(HANNAH, ida))
    assert owners(ward, ida) == {H, "Organization/heart"}, "she is no nurse"
    with ward.change(LUIS) as change:
        handovers.undo(change, batch=batch)
    assert owners(ward, ida) == {T} and NURSE


def test_a_raw_write_obeys_the_table(ward: Ward) -> None:
    ward.at("2026-08-20T09:00")
    jan = theirs(ward, "jan")
    with ward.change(LUIS) as change:
        batch = handovers.hand(change, giver=H, moves=to(TOM, jan))
    [task] = ward.find("Task", group_identifier=f"{states.BATCH}|{batch}")
    for broken, why in (
        ({**task, "businessStatus": codes.concept(states.SYSTEM, "returned")}, "legal acts: undo"),
        ({**task, "status": "in-progress"}, "status is that"),
        ({**task, "code": {"text": "something else"}}, "stays what it is"),
        ({key: value for key, value in task.items() if key != "owner"}, "who takes over"),
    ):
        with pytest.raises(Invalid, match=why), ward.change(DANA) as change:
            change.put(broken)
    with pytest.raises(Invalid, match="stays what it is"), ward.change(DANA) as change:
        change.delete("Task", task["id"])


def test_the_patient_is_told_with_nothing_but_a_link_and_sees_what_holds(ward: Ward) -> None:
    ward.at("2026-09-01T09:00")
    kim = theirs(ward, "kim", telecom=[{"system": "email", "value": "kim@mail.example"}, {"system": "phone", "value": "555"}])
    with ward.change(HUB) as change:
        change.put(identity.with_preferences(change.get("Patient", "kim"), identity.Preferences("es", False, "email", None, None, None)))
    days = {"first": date(2026, 9, 1), "last": date(2026, 9, 4)}
    with ward.change(LUIS) as change:
        absence = absences.record(change, person=H, moves=to(TOM, kim), **days)
    with psycopg.connect(ward.database.owner_dsn) as connection:
        [(payload,)] = connection.execute(
            "select payload from outbox where topic = 'mail' and payload->>'to' = 'kim@mail.example'"
        ).fetchall()
    assert payload["subject"] == "Otra persona atiende sus llamadas"
    assert not {"Kim", "Stone", "Hannah", "Tom", "Heart"} & set(payload["text"].replace(".", "").split())
    link = payload["link"].removeprefix("/w/")
    with ward.store.view(HUB) as view:
        shown = handover_notices.by_token(view, link)
        assert (shown.name, shown.until, shown.then) == ("Tom Brandt", date(2026, 9, 7), "Hannah Fisher"), (
            "Labor Day comes before it goes back"
        )
        with pytest.raises(NotFound):
            handover_notices.by_token(view, link[:-1] + ("A" if link[-1] != "A" else "B"))
    with ward.change(LUIS) as change:
        absences.take_back(change, absence=absence)
    with ward.store.view(HUB) as view:
        assert handover_notices.by_token(view, link).name == "Hannah Fisher"


def test_what_is_opened_again_is_not_left_with_somebody_who_no_longer_sees_the_patient(ward: Ward) -> None:
    ward.at("2026-09-14T09:00")
    lea = theirs(ward, "lea", owes=1)
    days = {"first": date(2026, 9, 14), "last": date(2026, 9, 15)}
    with ward.change(LUIS) as change:
        absence = absences.record(change, person=H, moves=to(PRIYA, lea), **days)
    [task] = [each for each in ward.find("Task", patient=lea) if codes.is_open(each)]
    with ward.change(PRIYA) as change:
        promises.done(change, task=task["id"])
    ward.at("2026-09-16T00:02")
    tick(ward)
    assert _batch(ward, absence)[0].state == "returned"
    with ward.change(TOM) as change:
        promises.reopen(change, task=task["id"], reason="it was not done")
    assert owners(ward, lea) == {"Organization/heart"}
