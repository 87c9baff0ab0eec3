"""Which stays begin with a plan: those of teams that plan discharges; the others are listed, and begun by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.ward import TEAM, TOM, Ward, of_team, patient, stay

from baton.duties.discharge import board as discharge_board
from baton.duties.discharge import plans as discharge_plans
from baton.duties.team import teams
from baton.store import Invalid
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


def admitted() -> dict[str, Any]:
    return stay(None, start="2026-07-02T09:00:00-04:00", status="in-progress", disposition=None)


def without_plans() -> dict[str, Any]:
    says_no = [{"url": teams.PLANS, "valueBoolean": False}]
    return {"resourceType": "Organization", "id": "heart", "active": True, "type": TEAM, "name": "Heart", "extension": says_no}


def test_unless_a_team_says_no_a_stay_begins_with_a_plan(ward: Ward) -> None:
    ward.put(admitted())
    with ward.store.view(TOM) as view:
        assert len(discharge_board.board(view).rows) == 1 and discharge_board.unplanned(view) == ()


def test_a_team_that_plans_no_discharges_sees_the_stay_and_begins_by_hand(ward: Ward) -> None:
    ward.put(without_plans())
    ward.put(admitted())
    with ward.store.view(TOM) as view:
        assert discharge_board.board(view).rows == ()
        (only,) = discharge_board.unplanned(view)
    assert (only.encounter, only.reason, only.place) == ("stay", "heart failure", "Mercy General")
    with ward.change(TOM) as change:
        discharge_plans.start(change, encounter=only.encounter)
    with ward.store.view(TOM) as view:
        assert len(discharge_board.board(view).rows) == 1 and discharge_board.unplanned(view) == ()
    with pytest.raises(Invalid, match="has its plan already"), ward.change(TOM) as change:
        discharge_plans.start(change, encounter=only.encounter)
    assert ward.violations() == []
