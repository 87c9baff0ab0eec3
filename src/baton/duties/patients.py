"""One patient: who they are, how to talk to them, what is owed, and the chart as it is or as it was known."""

from __future__ import annotations

from baton.duties.charts import (
    Document,
    Entry,
    Goal,
    Lane,
    Member,
    Note,
    PatientPage,
    Preferences,
    Score,
    ScoreNote,
)

__all__ = ["Document", "Entry", "Goal", "Lane", "Member", "Note", "PatientPage", "Preferences", "Score", "ScoreNote"]
