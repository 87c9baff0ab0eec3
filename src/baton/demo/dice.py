"""Chance that always falls the same way: every part of the town has its own dice, so that one part can change without moving the others."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice(random.Random):
    """Random numbers decided by a seed and the name of what they are for; the same on every machine."""

    def __init__(self, seed: int, *what: object) -> None:
        super().__init__("/".join(map(str, (seed, *what))))  # noqa: S311 - a town, not a secret

    def weighted(self, shares: Mapping[T, float]) -> T:
        """One of the keys, as often as its share says."""
        return self.choices(tuple(shares), weights=tuple(shares.values()))[0]

    def chance(self, share: float) -> bool:
        """True this often."""
        return self.random() < share

    def some(self, population: Sequence[T], least: int, most: int) -> list[T]:
        """Between `least` and `most` different ones, in a random order."""
        return self.sample(population, min(len(population), self.randint(least, most)))
