"""Masses in one unit. The pound is exact since the yard and pound agreement of 1959 (NIST Handbook 44, appendix C)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KILOGRAMS: Final = 0.45359237
MASSES: Final[Mapping[str, float]] = {"kg": 1.0, "lb": KILOGRAMS, "[lb_av]": KILOGRAMS, "lbs": KILOGRAMS, "g": 0.001}
"""What each unit is in kilograms."""


def kilograms(value: float, unit: str) -> float | None:
    """A mass in kilograms; None for a unit that is none."""
    return value * MASSES[unit] if unit in MASSES else None
