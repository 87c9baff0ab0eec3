"""A month of random events over all duties: `baton check` finds nothing after any of them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.month import AMARA, MONTH, Scene, Verb
from tests.duties.scheduling.clinic import open_clinic
from tests.duties.ward import HUB, Ward, of_team, patient, staff

from baton.duties.scheduling import booking
from baton.duties.team import absences
from baton.duties.transitions import transitions
from baton.store import Refused
from baton.store.postgres import Database

START = "2026-07-03T09:00:00"
STEPS = 20
HAPPENED: Counter[str] = Counter()


class Month(RuleBasedStateMachine):
    """Three patients, everybody who works here, and the systems outside."""

    ward: Ward  # one hub for all runs; each run has patients of its own
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.ward.at(START)
        self.people = [f"{name}{self.runs}" for name in ("eva", "lan", "sam")]
        self.ward.put(*(each for person in self.people for each in (patient(person), of_team(person))))

    @rule(
        numbers=st.lists(st.integers(0, len(MONTH) - 1), min_size=5, max_size=5),
        person=st.integers(0, 2),
        hours=st.integers(0, 14),
        data=st.data(),
    )
    def something_happens(self, numbers: list[int], person: int, hours: int, data: Any) -> None:
        """The first of these that can."""
        self.ward.time += timedelta(hours=hours)
        for happening in (MONTH[number] for number in numbers):
            with suppress(Refused):
                if happening.play(Scene(self.ward, data.draw, self.people[person], self.runs)):
                    HAPPENED[happening.function.__name__ if isinstance(happening, Verb) else "told"] += 1
                    return

    @rule()
    def the_worker_comes_round(self) -> None:
        transitions.close_watches(self.ward.store)
        for tick in (booking.release_expired, absences.tick):
            tick(HUB, self.ward.store, self.ward.time)

    @invariant()
    def the_house_stands(self) -> None:
        assert self.ward.violations() == []


def test_whatever_the_month_brings(database: Database) -> None:
    ward = Month.ward = Ward(database, start=START)
    try:
        open_clinic(ward)
        ward.put({"resourceType": "Practitioner", "id": "amara", "active": True, "name": [{"text": AMARA.name}]}, staff(AMARA))
        run_state_machine_as_test(
            Month,
            settings=settings(
                max_examples=12, stateful_step_count=STEPS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            ),
        )
        assert sum(HAPPENED.values()) > 3 * STEPS, "most of what was tried was refused: the month is empty"
    finally:
        ward.store.close()
