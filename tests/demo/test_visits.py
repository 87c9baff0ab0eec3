"""The town's visits: every team has needs in every state, nobody is booked twice, and times can be found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.demo import town
from baton.demo.places import COORDINATORS
from baton.duties.scheduling import asking, needs, openings, solver, suited
from baton.duties.scheduling.suited import Suits

from .conftest import NOW, ZONE

ASKED_OF_A_DOCTOR = ("Cardiology", "Pulmonology", "Oncology", "Geriatric medicine", "Behavioral health", "Primary care")


@pytest.mark.parametrize("worker", COORDINATORS.values(), ids=lambda worker: worker.id)
def test_every_team_has_needs_in_every_state(larkhaven, worker):
    who = larkhaven.who(f"Practitioner/{worker.id}", entrance="desk")
    with larkhaven.view(who) as view:
        listed = needs.listed(view)
    assert {need.state for need in listed} == set(needs.STATES)
    assert any(need.left is not None and need.left < 0 for need in listed)


def test_every_wish_narrows_who_could_see_somebody(larkhaven):
    with larkhaven.view(town.HUB) as view:
        seen = dict[str, list[int]]()
        for need in (each for each in needs.listed(view) if each.state == "unscheduled" and each.specialty in ASKED_OF_A_DOCTOR):
            home = suited.home_of(view, view.get("Patient", need.patient))
            suits = {
                "woman": Suits("female"),
                "man": Suits("male"),
                "no steps": Suits(step_free=True),
                "near": Suits(None, False, 10, home),
            }
            said = {"video": {"modality": "video"}, "Spanish": {"language": "es"}, "Medicaid": {"insurance": "Organization/medicaid"}}
            wishes = {"all": {}, **{name: {"suits": each} for name, each in suits.items()}, **said}
            for name, wish in wishes.items():
                seen.setdefault(name, []).append(len(openings.schedules(view, specialty=need.specialty, **wish)))
            assert openings.choices(view, specialty=need.specialty, patient=f"Patient/{need.patient}").sites
    assert all(max(counts) > 0 for counts in seen.values()), "somebody fits each wish"
    assert all(sum(counts) < sum(seen["all"]) for name, counts in seen.items() if name != "all"), "and not everybody does"


def test_three_visits_that_belong_together_can_be_planned(larkhaven):
    with larkhaven.view(town.HUB) as view:
        first = next(need for need in needs.listed(view) if need.what == "Blood draw")
        own = [need.id for need in needs.listed(view, patient=f"Patient/{first.patient}") if need.state == "unscheduled"]
        problem = asking.problem(view, asking.Ask(f"Patient/{first.patient}", tuple(own), NOW.date()))
        found = openings.search(view, minutes=30, first=(NOW + timedelta(days=1)).astimezone(ZONE).date(), specialty="Cardiology")
    assert len(own) == 3
    assert solver.plan(problem).visits
    assert found
