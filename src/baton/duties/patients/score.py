"""The score of a patient's care: one line per party, and on it what happened, what is planned and what is owed.

Pure: resources in, a frozen `Score` out. Days are days of the facility's zone. States and their sources stand in docs/duties/patients.md.
What each type of resource says is read in `score_notes`; here the notes are put on their lines and into the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties.patients import score_notes
from baton.duties.patients.charts import Lane, Party, Score, ScoreNote

KINDS: tuple[Party, ...] = ("hospital", "primary-care", "specialty", "home-health", "pharmacy", "community", "team", "family")
ALWAYS: tuple[Party, ...] = ("primary-care", "family")  # an empty line for these says something too


def score(resources: Mapping[str, Sequence[dict[str, Any]]], *, now: datetime, zone: ZoneInfo, days: int = 30) -> Score:
    """The score of one patient's `resources` (by type), in a window of `days` with the day of `now` in the middle."""
    today = now.astimezone(zone).date()
    start, end = today - timedelta(days=days // 2), today + timedelta(days=days // 2)
    placed = list(score_notes.read(resources, now=now, zone=zone))
    beyond = sum(1 for _, _, note in placed if note.state == "owed" and note.day > end)
    lanes: dict[tuple[str, Party], list[ScoreNote]] = {("", kind): [] for kind in ALWAYS}
    for kind, party, note in placed:
        shown = _within(note, start, end)
        if shown is not None:
            lanes.setdefault((party, kind), []).append(shown)
    return Score(start, end, today, tuple(_ordered(lanes)), beyond)


def _within(note: ScoreNote, start: date, end: date) -> ScoreNote | None:
    """The note as the window shows it, or None when it lies outside. What is late is never outside."""
    if note.state == "late" and note.day < start:
        return replace(note, day=start, time=None)
    if note.until is not None and note.day < start <= note.until:
        return replace(note, day=start, time=None, until=min(note.until, end))
    if not start <= note.day <= end:
        return None
    return replace(note, until=min(note.until, end)) if note.until is not None else note


def _ordered(lanes: Mapping[tuple[str, Party], Iterable[ScoreNote]]) -> Iterable[Lane]:
    """Lanes in the order of KINDS, parties of one kind in the order in which they enter."""
    made = [Lane(party, kind, tuple(sorted(notes, key=_when))) for (party, kind), notes in lanes.items()]
    return sorted(made, key=lambda lane: (KINDS.index(lane.kind), lane.notes[0].day if lane.notes else date.max, lane.party))


def _when(note: ScoreNote) -> tuple[date, str, str]:
    return (note.day, note.time.isoformat() if note.time else "", note.source)
