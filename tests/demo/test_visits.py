"""The town's visits: every team has needs in every state, nobody is booked twice, and times can be found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.demo import town
from baton.demo.places import COORDINATORS
from baton.duties.scheduling import asking, needs, openings, solver

from .conftest import NOW, ZONE


@pytest.mark.parametrize("worker", COORDINATORS.values(), ids=lambda worker: worker.id)
def test_every_team_has_needs_in_every_state(larkhaven, worker):
    who = larkhaven.who(f"Practitioner/{worker.id}", entrance="desk")
    with larkhaven.view(who) as view:
        listed = needs.listed(view)
    assert {need.state for need in listed} == set(needs.STATES)
    assert any(need.left is not None and need.left < 0 for need in listed)


def test_three_visits_that_belong_together_can_be_planned(larkhaven):
    with larkhaven.view(town.HUB) as view:
        first = next(need for need in needs.listed(view) if need.what == "Blood draw")
        own = [need.id for need in needs.listed(view, patient=f"Patient/{first.patient}") if need.state == "unscheduled"]
        problem = asking.problem(view, asking.Ask(f"Patient/{first.patient}", tuple(own), NOW.date()))
        found = openings.search(view, minutes=30, first=(NOW + timedelta(days=1)).astimezone(ZONE).date(), specialty="Cardiology")
    assert len(own) == 3
    assert solver.plan(problem).visits
    assert found
