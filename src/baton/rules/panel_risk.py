"""How closely somebody in a program is watched: points from the chart, each with its reason. Table: data/panel-risk.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from baton.rules.tables import table

TABLE = "panel-risk"


@dataclass(frozen=True, slots=True)
class Risk:
    """The level and its points, and what gave them: (reason, what was found, points)."""

    level: str
    points: int
    reasons: tuple[tuple[str, int, int], ...]
    version: str


def judge(facts: Mapping[str, int], day: date) -> Risk:
    """The risk these facts amount to under the rules of that day."""
    reasons: list[tuple[str, int, int]] = []
    for row in table(TABLE).in_force(day):
        found = facts.get(row.code, 0)
        if row.values["kind"] == "points" and found:
            reasons.append((row.code, found, min(found * int(row.values["per"]), int(row.values["most"]))))
        elif row.values["kind"] == "threshold" and found >= int(row.values["at"]):
            reasons.append((row.code, found, int(row.values["points"])))
    points = sum(each[2] for each in reasons)
    levels = [row for row in table(TABLE).in_force(day) if row.values["kind"] == "level" and points >= int(row.values["from"])]
    return Risk(levels[0].code, points, tuple(reasons), table(TABLE).version)
