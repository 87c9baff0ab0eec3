"""What everybody carries; who should take whom, and why; and a fairer split that keeps languages and leaves the newly home alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from tests.duties.crew import HANNAH, crew, owe, theirs, to
from tests.duties.ward import DANA, HUB, LUIS, PRIYA, TOM, Ward, patient, stay

from baton.duties import promises
from baton.duties.patients import identity
from baton.duties.team import absences, handovers, looking_after, staff, workload
from baton.store import Who
from baton.store.postgres import Database

H, T, P = HANNAH.person, TOM.person, PRIYA.person
MEI = Who("Practitioner/mei", "Mei Lin", "coordinator", ("Organization/heart",), "desk")
HEART = "Organization/heart"


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = crew(Ward(database))
    yield ward
    ward.store.close()


def carried(ward: Ward, who: Who) -> workload.Carrier:
    with ward.store.view(LUIS) as view:
        return next(each for each in workload.board(view) if each.person.reference == who.person)


def speaks(ward: Ward, who: Who, *languages: str) -> None:
    with ward.change(DANA) as change:
        staff.set_languages(change, person=who.person, languages=languages)


def test_a_load_is_how_pressing_times_minutes_and_a_cover_moves_it(ward: Ward) -> None:
    ann = theirs(ward, "ann", owes=0)
    assert (carried(ward, HANNAH).load, carried(ward, HANNAH).patients) == (6, 1)
    owe(ward, ann, "one")
    assert carried(ward, HANNAH).load == 18, "six for the patient, twelve for the promise, not pressing"
    ward.put(stay(patient="ann"))
    board = carried(ward, HANNAH)
    with ward.store.view(LUIS) as view:
        [row] = workload.caseload(view, H).rows
        weight = workload.weights(view).weight[row.band]
    assert (row.band, row.settling, board.load) == (2, True, weight * row.minutes), "just home: high, and the team's promises count too"
    assert board.bands[0] == board.percent and board.bands[1:] == (0, 0)
    with ward.change(LUIS) as change:
        absences.record(change, person=H, first=date(2026, 7, 2), last=date(2026, 7, 3), moves=to(TOM, ann))
    assert (carried(ward, HANNAH).load, carried(ward, TOM).load, carried(ward, TOM).covering) == (0, board.load, 1)
    assert carried(ward, HANNAH).away


def test_half_time_carries_half(ward: Ward) -> None:
    theirs(ward, "bob")
    whole = carried(ward, HANNAH).percent
    with ward.change(DANA) as change:
        staff.set_share(change, person=H, share=50)
    assert carried(ward, HANNAH).capacity == 900 and abs(carried(ward, HANNAH).percent - 2 * whole) <= 1


def test_language_decides_and_loads_are_seen_as_they_grow(ward: Ward) -> None:
    speaks(ward, PRIYA, "en", "yue")
    ids = [theirs(ward, f"p{number}") for number in range(6)]
    with ward.change(HUB) as change:
        for id_ in ("p1", "p3", "p5"):
            change.put(identity.with_preferences(change.get("Patient", id_), identity.Preferences("yue", True, None, None, None, None)))
    with ward.store.view(LUIS) as view:
        found = workload.preview(view, givers=dict.fromkeys(ids, H), takers=[T, P])
    picked = {row.patient.id: row.to for row in found.rows}
    assert [picked[each] for each in ("p1", "p3", "p5")] == [P, P, P]
    assert {picked[each] for each in ("p0", "p2", "p4")} == {T}, "the others go to whoever has most time left by then"
    reasons = next(row for row in found.rows if row.patient.id == "p3").reasons
    assert [(each.code, each.value) for each in reasons][0] == ("language", "yue")
    loads = {person.reference: (before, after) for person, before, after in found.loads}
    assert loads[H][1] == 0 and loads[T][1] > loads[T][0] and not found.over
    with ward.store.view(LUIS) as view:
        found = workload.preview(view, givers=dict.fromkeys(ids, H), takers=[T, P], picks={"Patient/p1": T})
    row = next(row for row in found.rows if row.patient.id == "p1")
    assert row.to == T and ("no-language", "yue") in [(each.code, each.value) for each in row.reasons]


def test_overload_is_said_before_it_happens(ward: Ward) -> None:
    ids = [theirs(ward, f"q{number}", owes=6) for number in range(3)]
    with ward.change(DANA) as change:
        staff.set_share(change, person=T, share=10)
    with ward.store.view(LUIS) as view:
        found = workload.preview(view, givers=dict.fromkeys(ids, H), takers=[T])
    assert [each.name for each in found.over] == ["Tom Brandt"]
    assert any(each.code == "over" for row in found.rows for each in row.reasons)


def test_who_knows_a_patient_is_suggested(ward: Ward) -> None:
    ann = theirs(ward, "ann")
    owe(ward, ann, "asked once", TOM)
    with ward.store.view(LUIS) as view:
        [row] = workload.preview(view, givers={ann: H}, takers=[T, P]).rows
    assert row.to == T and "knows" in [each.code for each in row.reasons]


def test_a_fairer_split_keeps_languages_and_leaves_the_newly_home_alone(ward: Ward) -> None:
    crew(ward, MEI)
    speaks(ward, HANNAH, "es")
    for number in range(8):
        theirs(ward, f"s{number}", owes=3)
    with ward.change(HUB) as change:
        change.put(identity.with_preferences(change.get("Patient", "s0"), identity.Preferences("es", True, None, None, None, None)))
    ward.put(stay(patient="s1"))
    with ward.store.view(LUIS) as view:
        found = workload.even(view, HEART)
    assert found.moves and not {"Patient/s0", "Patient/s1"} & set(found.moves)
    assert {giver for giver, _ in found.moves.values()} == {H}
    after = [percent for _, _, percent in found.loads]
    before = [percent for _, percent, _ in found.loads]
    assert max(after) - min(after) < max(before) - min(before)
    with ward.change(LUIS) as change:
        handovers.hand(change, giver=H, moves=[handovers.Move(each, taker) for each, (_, taker) in found.moves.items()])
    with ward.store.view(LUIS) as view:
        assert {each.person.reference: each.percent for each in workload.board(view, HEART)} == {each: now for each, _, now in found.loads}


def test_patients_nobody_looks_after_are_found_and_given(ward: Ward) -> None:
    theirs(ward, "mine")
    for id_ in ("x", "y"):
        ward.put(
            patient(id_),
            {
                "resourceType": "CareTeam",
                "id": f"ct-{id_}",
                "status": "active",
                "subject": {"reference": f"Patient/{id_}"},
                "participant": [{"member": {"reference": HEART}}],
            },
        )
    with ward.store.view(LUIS) as view:
        count, found = workload.uncarried(view, [HEART])
        assert (count, {each["id"] for each in found}) == (2, {"x", "y"})
        rows = workload.preview(view, givers={"Patient/x": None, "Patient/y": None}, takers=[T]).rows
    with ward.change(LUIS) as change:
        batch = handovers.hand(change, giver=None, moves=[handovers.Move(f"Patient/{row.patient.id}", row.to) for row in rows])
    assert looking_after.after(ward.get("CareTeam/ct-x")) == T
    with ward.change(LUIS) as change:
        handovers.undo(change, batch=batch)
    assert looking_after.after(ward.get("CareTeam/ct-x")) is None


def by_hand(ward: Ward, of: str, owner: str) -> None:
    with ward.change(HUB) as change:
        promises.make_by_hand(change, patient=of, what="something", due=date(2026, 7, 2), owner=owner)


def test_a_small_house_counted_by_hand(ward: Ward) -> None:
    """Everything weighs as the table of 2015 says: six minutes a patient, twelve a promise by hand, a quarter more with three open.

    Hannah: Ann 6 + 12; Bob, whose team owes three, 1.25 x (6 + 36); Cid, covered for Tom, 6 + 12; Dot, whom nobody carries, 12.
    Tom: Eve 6 + 12 that somebody outside the team owes + 12 that Eve owes herself. Priya: 12 for Ann, whom Hannah carries.
    """
    ann, bob, cid, eve = (theirs(ward, name, who, owes=0) for name, who in (("ann", HANNAH), ("bob", HANNAH), ("cid", TOM), ("eve", TOM)))
    ward.put({"resourceType": "Practitioner", "id": "ito", "active": True, "name": [{"family": "Ito"}]}, patient("dot"))
    dot_team = {"resourceType": "CareTeam", "id": "ct-dot", "status": "active", "subject": {"reference": "Patient/dot"}}
    ward.put({**dot_team, "participant": [{"member": {"reference": HEART}}]})
    dots = [("Patient/dot", H), ("Patient/dot", HEART)]
    for of, owner in ((ann, H), *[(bob, HEART)] * 3, (cid, T), *dots, (eve, "Practitioner/ito"), (eve, eve), (ann, P)):
        by_hand(ward, of, owner)
    with ward.change(LUIS) as change:
        absences.record(change, person=T, first=date(2026, 7, 2), last=date(2026, 7, 3), moves=to(HANNAH, cid))
    ward.at("2026-07-03T09:00")
    counted = {who.name: carried(ward, who) for who in (HANNAH, TOM, PRIYA)}
    assert {name: (each.load, each.patients, each.covering, each.open, each.late) for name, each in counted.items()} == {
        "Hannah Fisher": (18 + 52.5 + 18 + 12, 3, 1, 6, 6),
        "Tom Brandt": (30, 1, 0, 2, 2),
        "Priya Nair": (12, 0, 0, 1, 1),
    }
    hannah = counted["Hannah Fisher"]
    assert (hannah.percent, hannah.bands) == (6, (0, 3, 3)), "100.5 of 1800; 52.5 pressing, 48 not"
    with ward.store.view(LUIS) as view:
        for carrier in workload.board(view):
            parts = {which: workload.behind(view, [carrier.person.reference], which) for which in ("all", "theirs", "covering", "late")}
            assert parts["all"].weighed == carrier.load == sum(workload.weight(view, each) for each in parts["all"].rows)
            assert (parts["theirs"].patients, parts["covering"].patients, parts["late"].late) == (
                carrier.patients, carrier.covering, carrier.late,
            )  # fmt: skip
            for part in parts.values():
                assert len(part.rows) == part.patients
        count, found = workload.uncarried(view, [HEART])
        assert (count, [each["id"] for each in found]) == (1, ["dot"])
        page = workload.behind(view, [H, T, P], "all", limit=2, start=4)
        whole = workload.behind(view, [H, T, P], "all")
        assert (page.patients, page.rows) == (6, whole.rows[4:]), "a page of it, and how many there are in all"
