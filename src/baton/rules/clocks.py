"""Clocks by name: from a discharge date to the last day something is owed. Pathways name a clock; the tables say how long it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from baton.rules import hedis, tcm
from baton.rules.answer import Answer
from baton.rules.calendar import US_FEDERAL, Calendar

Clock = Callable[[date, Calendar, str], Answer[date]]


def tcm_clock(code: str) -> Clock:
    """A clock of the transitional care table."""
    return lambda discharge, calendar, _: tcm.clock(code, discharge, calendar)


def hedis_clock(code: str) -> Clock:
    """A window of the HEDIS table; its last day."""
    return lambda discharge, _calendar, _complexity: hedis.last_day(code, discharge)


CLOCKS: dict[str, Clock] = {
    "tcm-contact": tcm_clock("contact"),
    "tcm-visit": lambda discharge, _, complexity: tcm.visit(discharge, complexity),
    "tcm-visit-7": tcm_clock("visit-7"),
    "tcm-visit-14": tcm_clock("visit-14"),
    "tcm-service-period": tcm_clock("service-period-end"),
    "readmission-window": tcm_clock("readmission-window"),
    "trc-discharge-information": hedis_clock("discharge-information"),
    "trc-engagement": hedis_clock("engagement"),
    "trc-medication-reconciliation": hedis_clock("medication-reconciliation"),
}


class NoClockError(LookupError):
    """A pathway names a clock that nobody has."""


def last_day(name: str, discharge: date, *, complexity: str = "unknown", calendar: Calendar = US_FEDERAL) -> Answer[date]:
    """The last day of the named clock for a discharge on that calendar date. Raises NoClockError."""
    clock = CLOCKS.get(name)
    if clock is None:
        raise NoClockError(f"no clock is called {name!r}; there are {', '.join(CLOCKS)}")
    return clock(discharge, calendar, complexity)


def every_day(discharge: date, *, complexity: str = "unknown", calendar: Calendar = US_FEDERAL) -> dict[str, Answer[date]]:
    """Every clock of a discharge, by name."""
    return {name: last_day(name, discharge, complexity=complexity, calendar=calendar) for name in CLOCKS}
