"""Minutes: the worked examples of the table, each minute once, midnight, and what keeps a code from being proposed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import minutes
from baton.rules.minutes import Entry
from baton.rules.tables import table

ZONE = ZoneInfo("America/New_York")
JUNE = date(2026, 6, 30)
ALL = {"consent": True, "two-conditions": True, "initiating-visit": True}


@pytest.mark.parametrize("example", table("minutes").examples, ids=lambda each: f"{each['family']}-{each['minutes']}")
def test_the_worked_examples(example):
    found = minutes.codes_for(example["family"], example["minutes"], JUNE)
    assert {each.code: each.units for each in found} == example["codes"]


def entry(id_: str, start: str, length: int, *, person: str = "mei", program: str = "oncology", **more: bool) -> Entry:
    begun = datetime.fromisoformat(start).replace(tzinfo=ZONE)
    return Entry(id_, person, program, begun, begun + timedelta(minutes=length), **more)


def test_the_navigators_month():
    """22 + 14 + 9 + 18 and a call of 15 in which two of the house speak: 78 minutes, one G0023, no G0024."""
    worked = [
        entry("a", "2026-07-06T10:00", 22),
        entry("b", "2026-07-14T11:00", 14),
        entry("c", "2026-07-20T09:00", 9),
        entry("d", "2026-07-27T16:00", 18),
        entry("e", "2026-07-31T13:00", 15),
        entry("f", "2026-07-31T13:00", 15, person="lay"),
    ]
    first, last = minutes.month_of(date(2026, 7, 1), ZONE)
    assert minutes.by_program(worked, first, last) == {"oncology": 78}
    proposal = minutes.propose("PIN", 78, date(2026, 7, 31), ALL)
    assert [(each.code, each.units) for each in proposal.codes] == [("G0023", 1)]
    assert proposal.needed == 12
    assert minutes.propose("PIN", 78, date(2026, 7, 31), {**ALL, "consent": False}).blocked == ("consent",)


def test_a_minute_in_two_programs_is_counted_in_one():
    first, last = minutes.month_of(JUNE, ZONE)
    worked = [entry("a", "2026-06-10T10:00", 20, program="tcm"), entry("b", "2026-06-10T10:10", 20, program="ccm", person="tom")]
    assert minutes.by_program(worked, first, last) == {"tcm": 20, "ccm": 10}


def test_midnight_and_the_end_of_the_month():
    start = datetime(2026, 6, 30, 23, 45, tzinfo=ZONE)
    pieces = list(minutes.split(start, start + timedelta(minutes=40), ZONE))
    assert [(each.strftime("%d %H:%M"), last.strftime("%d %H:%M")) for each, last in pieces] == [
        ("30 23:45", "01 00:00"),
        ("01 00:00", "01 00:25"),
    ]
    first, last = minutes.month_of(JUNE, ZONE)
    assert minutes.by_program([entry("a", "2026-06-30T23:45", 40)], first, last) == {"oncology": 15}


def test_the_night_the_clocks_change():
    start = datetime(2026, 10, 31, 23, 30, tzinfo=ZONE)
    pieces = list(minutes.split(start, datetime(2026, 11, 2, 0, 30, tzinfo=ZONE), ZONE))
    assert [int((last.astimezone(UTC) - each.astimezone(UTC)).total_seconds() // 60) for each, last in pieces] == [30, 25 * 60, 30]


def test_what_another_program_bundles_and_what_does_not_count():
    assert minutes.propose("CCM", 200, JUNE, ALL, excluded=True).blocked == ("bundled",)
    assert [each.code for each in minutes.propose("APCM-2", 200, JUNE, ALL, excluded=True).codes] == ["G0557"]
    assert minutes.propose("CCM", 10, JUNE, {}).blocked == ()  # nothing was reached: nothing is blocked
    first, last = minutes.month_of(JUNE, ZONE)
    withdrawn = [entry("a", "2026-06-10T10:00", 20), entry("b", "2026-06-12T10:00", 20, counts=False)]
    assert minutes.by_program(withdrawn, first, last) == {"oncology": 20}


SPANS = st.tuples(st.integers(0, 600), st.integers(1, 90), st.sampled_from(["mei", "tom", "lay"]), st.sampled_from(["a", "b"]))


@given(st.lists(SPANS, max_size=12))
def test_no_minute_is_ever_counted_twice(spans):
    begun = datetime(2026, 6, 1, 8, tzinfo=UTC)
    worked = [
        Entry(str(number), person, program, begun + timedelta(minutes=start), begun + timedelta(minutes=start + length))
        for number, (start, length, person, program) in enumerate(spans)
    ]
    first, last = minutes.month_of(date(2026, 6, 1), ZONE)
    union = {each for one in worked for each in range(minutes.minute(one.start), minutes.minute(one.end))}
    assert sum(minutes.counted(worked, first, last).values()) == sum(minutes.by_program(worked, first, last).values()) == len(union)
    assert minutes.counted(list(reversed(worked)), first, last) == minutes.counted(worked, first, last)


@given(st.integers(0, 400), st.sampled_from(minutes.FAMILIES))
def test_more_minutes_never_reach_less(count, family):
    def units(total: int) -> dict[str, int]:
        return {each.code: each.units for each in minutes.codes_for(family, total, JUNE)}

    fewer, more = units(count), units(count + 1)
    assert all(more.get(code, 0) >= number for code, number in fewer.items())
