"""Ray Cole of story SC08: five needs, dialysis, an interpreter now and then, a ride, and 42 candidate slots in June 2026."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from baton.duties.scheduling import model as m

ZONE = ZoneInfo("America/New_York")
FIRST = date(2026, 6, 1)  # a Monday
# need: minutes, then day of June and hour of each slot
SLOTS: dict[str, tuple[int, list[tuple[int, str]]]] = {
    "pet": (
        90,
        [(2, "08:00"), (4, "08:30"), (5, "08:00"), (5, "13:00"), (9, "08:00"), (11, "09:00"), (12, "08:00"), (12, "14:00"), (18, "08:15")],
    ),
    "bronchoscopy": (
        120,
        [(2, "13:00"), (4, "13:00"), (5, "14:45"), (9, "14:00"), (11, "10:00"), (12, "13:00"), (16, "13:00"), (19, "13:00")],
    ),
    "oncology": (
        45,
        [
            (4, "10:00"),
            (9, "16:00"),
            (11, "13:00"),
            (12, "16:00"),
            (16, "15:30"),
            (18, "13:00"),
            (19, "13:30"),
            (23, "13:00"),
            (26, "13:00"),
        ],
    ),
    "dental": (30, [(2, "13:00"), (4, "14:00"), (5, "13:00"), (9, "13:00"), (11, "14:00"), (12, "15:30"), (18, "11:00"), (19, "15:00")]),
    "smoking": (30, [(2, "16:00"), (4, "15:30"), (5, "16:30"), (9, "13:00"), (12, "15:00"), (16, "13:00"), (18, "10:00"), (26, "14:30")]),
}
assert sum(len(slots) for _, slots in SLOTS.values()) == 42
NAMES = {
    "pet": "PET-CT",
    "bronchoscopy": "Bronchoscopy",
    "oncology": "Medical oncology",
    "dental": "Dental check",
    "smoking": "Smoking support",
}
WEEKLY = ((1, "13:00", "17:00"), (3, "13:00", "17:00"), (3, "08:00", "12:00"), (4, "13:00", "17:00"))
ONLY_FRIDAY = ((4, "08:00", "17:00"),)


def span(day: date, start: str, minutes: int) -> m.Span:
    begin = datetime.combine(day, time.fromisoformat(start), ZONE)
    return m.Span(begin, begin + timedelta(minutes=minutes))


def hours(weekly: tuple[tuple[int, str, str], ...]) -> tuple[m.Span, ...]:
    """Weekly hours over the month."""
    days = [FIRST + timedelta(days=number) for number in range(26)]
    return tuple(
        m.Span(datetime.combine(day, time.fromisoformat(start), ZONE), datetime.combine(day, time.fromisoformat(end), ZONE))
        for day in days
        for weekday, start, end in weekly
        if day.weekday() == weekday
    )


def problem(interpreter: tuple[tuple[int, str, str], ...] = WEEKLY) -> m.Problem:
    """What Ray needs; `interpreter` says when the Vietnamese interpreter works."""
    actors = [
        m.Actor(need, NAMES[need], tuple(span(date(2026, 6, day), start, minutes) for day, start in slots))
        for need, (minutes, slots) in SLOTS.items()
    ]
    actors += [
        m.Actor("linh", "Linh Tran, Vietnamese", hours(interpreter)),
        m.Actor("ride", "Bay Riders", hours(tuple((day, "07:00", "18:00") for day in range(5)))),
    ]
    roles = (m.Role("interpreter", ("linh",), optional=True), m.Role("ride", ("ride",)))
    needs = tuple(
        m.Need(
            need,
            NAMES[need],
            minutes,
            (m.Option("signal-hill", (m.Role("clinician", (need,)), *roles)),),
            urgency=3 if need != "dental" else 1,
            wanted_by=date(2026, 6, 12),
        )
        for need, (minutes, _) in SLOTS.items()
    )
    wishes = (
        m.TimeOfDay("pet-before-10", "pet", start_until=time(10, 0)),
        m.Window("anticoagulant", "bronchoscopy", not_before=datetime(2026, 6, 3, 9, 0, tzinfo=ZONE)),
        m.Order("biopsy-result", "bronchoscopy", "oncology", min_business_days=3),
        m.Busy("dialysis-mon", "Dialysis", time(6), time(11), weekday=0),
        m.Busy("dialysis-wed", "Dialysis", time(6), time(11), weekday=2),
        m.Busy("dialysis-fri", "Dialysis", time(6), time(11), weekday=4),
        m.Attended("interpreter", "interpreter"),
        m.Reach("ride", "Ride", time(7), time(18)),
    )
    travel = {("home", "signal-hill"): 30, ("signal-hill", "home"): 30}
    return m.Problem(needs, tuple(actors), wishes, FIRST, 26, ZONE, travel)
