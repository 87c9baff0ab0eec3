"""Medicines, and what the last stay did to them: a table a nurse can check."""

from datetime import date
from typing import Any

import pytest

from baton.duties.patients.medicines import medicines

STAY = (date(2026, 6, 24), date(2026, 6, 29))


def order(text: str, on: str, status: str = "active", dose: str = "", ended: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"status": status, "authoredOn": on, "medicationCodeableConcept": {"text": text}}
    if dose:
        found["dosageInstruction"] = [{"text": dose}]
    if ended:
        found["dispenseRequest"] = {"validityPeriod": {"end": ended}}
    return found


@pytest.mark.parametrize(
    ("orders", "change"),
    [
        ([order("furosemide 40 mg", "2025-01-01")], None),
        ([order("spironolactone 25 mg", "2026-06-29")], "new"),
        ([order("furosemide 40 mg", "2025-01-01", "stopped"), order("furosemide 80 mg", "2026-06-29")], "changed"),
        ([order("furosemide 40 mg", "2025-01-01", "completed"), order("furosemide 40 mg", "2026-06-29")], None),
        ([order("furosemide 40 mg", "2025-01-01", dose="once"), order("furosemide 40 mg", "2026-06-29", dose="twice")], "changed"),
        ([order("ibuprofen 400 mg", "2025-01-01", "stopped", ended="2026-06-29")], "stopped"),
    ],
)
def test_what_the_stay_changed(orders: list[dict[str, Any]], change: str | None) -> None:
    (medicine,) = medicines(orders, stay=STAY)
    assert medicine.change == change


def test_without_a_stay_nothing_is_marked() -> None:
    (medicine,) = medicines([order("spironolactone 25 mg", "2026-06-29")])
    assert medicine.change is None


def test_what_ended_long_ago_or_was_a_mistake_is_not_shown() -> None:
    assert medicines([order("amoxicillin", "2019-01-01", "stopped"), order("warfarin", "2026-06-29", "entered-in-error")], stay=STAY) == ()


def test_stopped_medicines_come_last() -> None:
    shown = medicines([order("aspirin", "2020-01-01", "stopped", ended="2026-06-28"), order("zinc", "2020-01-01")], stay=STAY)
    assert [medicine.text for medicine in shown] == ["zinc", "aspirin"]
