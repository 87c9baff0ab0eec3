"""A month of random events over all duties: `baton check` finds nothing after any of them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.month import MONTH, PEOPLE, Scene, Verb
from tests.duties.scheduling.clinic import open_clinic
from tests.duties.ward import HUB, Ward, of_team, patient

from baton.duties import absences, transitions
from baton.duties.scheduling import booking
from baton.store import Refused
from baton.store.postgres import Database

STEPS = 60
HAPPENED: Counter[str] = Counter()


class Month(RuleBasedStateMachine):
    """Three patients, everybody who works here, and the systems outside."""

    ward: Ward

    @rule(number=st.integers(0, len(MONTH) - 1), person=st.sampled_from(PEOPLE), hours=st.integers(0, 14), data=st.data())
    def something_happens(self, number: int, person: str, hours: int, data: Any) -> None:
        self.ward.time += timedelta(hours=hours)
        happening = MONTH[number]
        with suppress(Refused):
            happening.play(Scene(self.ward, data.draw, person))
            HAPPENED[happening.function.__name__ if isinstance(happening, Verb) else "told"] += 1

    @rule()
    def the_worker_comes_round(self) -> None:
        transitions.close_watches(self.ward.store)
        for tick in (booking.release_expired, absences.tick):
            tick(HUB, self.ward.store, self.ward.time)

    @invariant()
    def the_house_stands(self) -> None:
        assert self.ward.violations() == []


def test_whatever_the_month_brings(database: Database) -> None:
    ward = Month.ward = Ward(database, start="2026-07-03T09:00:00")
    try:
        open_clinic(ward)
        ward.put(*(each for person in ("eva", "sam") for each in (patient(person), of_team(person))))
        run_state_machine_as_test(
            Month,
            settings=settings(
                max_examples=3, stateful_step_count=STEPS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
            ),
        )
        assert sum(HAPPENED.values()) > STEPS, "most of what was tried was refused: the month is empty"
    finally:
        ward.store.close()
