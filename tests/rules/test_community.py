"""Help with food, rent and rides, as rules: the poverty level, the order of programs, the machine of an application, opening hours."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import benefits, needs, opening, poverty
from baton.rules.benefits import Household
from baton.rules.opening import Hours
from baton.rules.tables import NoRuleError, table

EASTERN = ZoneInfo("America/New_York")
DAY = date(2026, 7, 2)


@pytest.mark.parametrize("example", table("poverty").examples, ids=str)
def test_the_poverty_level(example) -> None:
    found = poverty.level(Decimal(example["income"]), example["size"], example["state"], date.fromisoformat(example["on"]))
    assert (found.guideline, str(found.percent)) == (example["guideline"], example["percent"])
    assert found.source and found.rule.startswith("poverty/")


def test_the_lee_family() -> None:
    """3,050 dollars a month, three people, 2026: exactly 133.97 percent."""
    assert poverty.level(Decimal(3050) * 12, 3, "RI", DAY).percent == Decimal("133.97")


def test_what_is_no_household_is_refused() -> None:
    for size in (0, -1, 31):
        with pytest.raises(ValueError):
            poverty.guideline(size, "RI", DAY)
    with pytest.raises(ValueError):
        poverty.level(Decimal(-1), 1, "RI", DAY)
    with pytest.raises(ValueError):
        poverty.level(Decimal(1), 1, "PR", DAY)
    with pytest.raises(NoRuleError):
        poverty.guideline(1, "RI", date(2020, 1, 1))


money = st.decimals(0, 500_000, places=2)
sizes = st.integers(1, 29)
states = st.sampled_from(["RI", "TX", "AK", "HI", "DC"])
days = st.dates(date(2024, 1, 11), date(2027, 12, 31))


@given(money, money, sizes, states, days)
def test_more_income_is_never_a_lower_level(one: Decimal, two: Decimal, size: int, state: str, on: date) -> None:
    low, high = sorted((one, two))
    assert poverty.level(low, size, state, on).percent <= poverty.level(high, size, state, on).percent


@given(money, sizes, states, days)
def test_more_people_are_never_a_higher_level(income: Decimal, size: int, state: str, on: date) -> None:
    assert poverty.level(income, size + 1, state, on).percent <= poverty.level(income, size, state, on).percent


@given(money, sizes, days)
def test_alaska_and_hawaii_have_the_higher_guideline(income: Decimal, size: int, on: date) -> None:
    assert poverty.guideline(size, "AK", on) > poverty.guideline(size, "HI", on) > poverty.guideline(size, "RI", on)


@given(money, money, sizes, states, st.dates(date(2026, 1, 13), date(2027, 12, 31)))
def test_who_earns_less_is_let_in_wherever_who_earns_more_is(one: Decimal, two: Decimal, size: int, state: str, on: date) -> None:
    low, high = sorted((one, two))
    bill = on
    rich = {each.program for each in benefits.path(Household(size, high, state, 40), on, first_bill=bill)}
    assert rich <= {each.program for each in benefits.path(Household(size, low, state, 40), on, first_bill=bill)}


@pytest.mark.parametrize("example", table("benefits").examples, ids=str)
def test_the_order_of_programs(example) -> None:
    household = Household(example["size"], Decimal(example["income"]), example["state"], example["age"])
    bill = date.fromisoformat(example["first_bill"]) if "first_bill" in example else None
    found = benefits.path(household, date.fromisoformat(example["on"]), first_bill=bill)
    names = [each.program for each in found]
    if "path" in example:
        assert [each for each in names if each in example["path"]] == example["path"]
    if "first" in example:
        assert names[0] == example["first"]
    if "not" in example:
        assert example["not"] not in names
    if "fap_deadline" in example:
        fap = next(each for each in found if each.program == "hospital-fap")
        assert fap.deadline == date.fromisoformat(example["fap_deadline"])
        assert fap.discount == example.get("fap_discount", fap.discount)


def test_snap_is_measured_by_the_guideline_of_its_own_year() -> None:
    """October's tables are not the poverty guideline of January: 36,600 is 137.34 percent of 2025's."""
    snap = benefits.program("snap", DAY)
    assert snap is not None
    assert benefits.option(snap, Household(3, Decimal(36600), "RI"), DAY).level.percent == Decimal("137.34")  # type: ignore[union-attr]
    assert benefits.measured_on(snap, date(2026, 9, 30)) == date(2025, 10, 1)
    assert benefits.measured_on(snap, date(2026, 10, 1)) == date(2026, 10, 1)


def test_after_240_days_the_hospital_need_not_take_an_application() -> None:
    household = Household(1, Decimal(1000), "RI", 40)
    bill = date(2026, 1, 5)
    last = date(2026, 9, 2)
    assert "hospital-fap" in [each.program for each in benefits.path(household, last, first_bill=bill)]
    assert "hospital-fap" not in [each.program for each in benefits.path(household, date(2026, 9, 3), first_bill=bill)]


def test_a_paper_grows_old() -> None:
    assert benefits.recent("pay-stubs", date(2026, 6, 1), DAY)
    assert not benefits.recent("pay-stubs", date(2026, 4, 1), DAY)
    assert not benefits.recent("pay-stubs", date(2026, 7, 3), DAY)


@pytest.mark.parametrize("example", table("application").examples, ids=str)
def test_a_move_of_an_application(example) -> None:
    found = benefits.find(example["from"], example["to"])
    assert (found.code if found else None) == example["move"]


def test_every_state_is_reached_and_every_other_pair_fails() -> None:
    listed = {(move.start, move.end) for move in benefits.moves()}
    for pair in product(benefits.states(), repeat=2):
        assert (benefits.find(*pair) is not None) == (pair in listed)
    assert {move.end for move in benefits.moves()} | {benefits.START} == set(benefits.states())
    for state in benefits.states().values():
        assert (state.step is None) == (not benefits.from_state(state.name))


def test_a_renewal_on_the_last_of_a_month() -> None:
    medicaid = benefits.program("medicaid", DAY)
    fap = benefits.program("hospital-fap", DAY)
    assert medicaid and fap
    assert benefits.renewal(date(2028, 2, 29), medicaid) == date(2029, 2, 28)
    assert benefits.renewal(date(2026, 8, 31), fap) == date(2027, 2, 28)


@pytest.mark.parametrize(("begun", "until"), [(date(2026, 12, 31), date(2027, 12, 31)), (date(2027, 1, 1), date(2027, 7, 1))])
def test_medicaid_for_adults_is_renewed_twice_a_year_from_2027(begun: date, until: date) -> None:
    medicaid = benefits.program("medicaid", begun)
    assert medicaid and benefits.renewal(begun, medicaid) == until


@pytest.mark.parametrize(
    ("need", "day", "code"),
    [
        ("financial-insecurity", date(2026, 11, 27), "Z59.86"),
        ("financial-insecurity", date(2026, 11, 28), "Z59.869"),
        ("food-insecurity", date(2026, 11, 28), "Z59.41"),
    ],
)
def test_the_code_a_need_is_given_on_a_day(need: str, day: date, code: str) -> None:
    assert needs.icd10(need, day) == code
    assert needs.NEEDS.count(need) == 1


@pytest.mark.parametrize("example", [each for each in table("needs").examples if "words" in each], ids=str)
def test_what_the_words_of_a_directory_mean(example) -> None:
    assert next(iter(needs.meant(example["words"])), None) == example["need"]


@pytest.mark.parametrize("example", [each for each in table("needs").examples if "asked" in each], ids=str)
def test_nobody_is_asked_more_often_than_every_quarter_of_an_hour(example) -> None:
    asked, again = (datetime.fromisoformat(example[name]) for name in ("asked", "again"))
    assert needs.may_ask_again(asked, again) is example["may"]


def test_freshness() -> None:
    assert [needs.freshness(day, DAY) for day in (None, date(2026, 6, 1), date(2025, 10, 1), date(2024, 1, 1))] == [
        "unknown", "fresh", "aging", "old",
    ]  # fmt: skip


# --- opening hours ------------------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


WEEKDAYS = Hours("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(9), time(17))
SECOND_WEDNESDAY = Hours("FREQ=MONTHLY;BYDAY=2WE", time(10), time(12))
NIGHT = Hours("FREQ=WEEKLY;BYDAY=FR", time(20), time(6))


@pytest.mark.parametrize(
    ("hours", "when", "expected"),
    [
        (WEEKDAYS, "2026-07-02T08:59", False),
        (WEEKDAYS, "2026-07-02T09:00", True),
        (WEEKDAYS, "2026-07-02T17:00", False),
        (WEEKDAYS, "2026-07-04T10:00", False),
        (SECOND_WEDNESDAY, "2026-07-08T11:00", True),
        (SECOND_WEDNESDAY, "2026-07-01T11:00", False),
        (NIGHT, "2026-07-03T23:00", True),
        (NIGHT, "2026-07-04T05:59", True),
        (NIGHT, "2026-07-04T06:00", False),
        (Hours("FREQ=WEEKLY;BYDAY=TH", time(9), time(17), first=date(2026, 7, 3)), "2026-07-02T10:00", False),
        (Hours("FREQ=WEEKLY;BYDAY=TH"), "2026-07-02T03:00", True),
    ],
)
def test_open_now(hours: Hours, when: str, expected: bool) -> None:
    assert opening.is_open([hours], EASTERN, at(when)) is expected


def test_the_clock_is_that_of_the_place_in_winter_and_in_summer() -> None:
    for instant in ("2026-07-02T13:30+00:00", "2026-12-03T14:30+00:00"):
        assert opening.is_open([WEEKDAYS], EASTERN, datetime.fromisoformat(instant)) is True
    assert opening.is_open([WEEKDAYS], EASTERN, datetime.fromisoformat("2026-12-03T13:30+00:00")) is False


ALL_DAY = Hours("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU")
THANKSGIVING = Hours("FREQ=DAILY", time(8), time(12), first=date(2026, 11, 26), last=date(2026, 11, 26))
NIGHTS = Hours("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", time(20), time(6))


@pytest.mark.parametrize(
    ("schedules", "when", "expected"),
    [
        ([WEEKDAYS], "2026-11-26T10:00", "thanksgiving-day"),
        ([WEEKDAYS], "2026-11-26T18:00", None),  # closed by its own hours
        ([WEEKDAYS], "2026-11-27T10:00", None),
        ([WEEKDAYS], "2026-07-03T10:00", "independence-day-observed"),  # the Fourth is a Saturday
        ([ALL_DAY], "2026-11-28T10:00", None),  # a weekend is no holiday
        ([WEEKDAYS, THANKSGIVING], "2026-11-26T10:00", None),  # hours for this very day
        ([NIGHTS], "2026-11-26T02:00", None),  # the night of Wednesday
        ([NIGHTS], "2026-11-26T21:00", "thanksgiving-day"),
        ([NIGHTS], "2026-11-27T05:00", "thanksgiving-day"),  # the holiday's own night
        ([], "2026-11-26T10:00", None),
    ],
)
def test_the_hours_of_every_week_may_not_hold_on_a_holiday(schedules: list[Hours], when: str, expected: str | None) -> None:
    assert opening.on_holiday(schedules, EASTERN, at(when)) == expected


def test_a_night_that_the_clocks_change_is_still_one_night() -> None:
    assert opening.is_open([NIGHTS], EASTERN, datetime.fromisoformat("2026-03-08T07:30+00:00")) is True  # 03:30, an hour after 01:30
    assert opening.is_open([NIGHTS], EASTERN, datetime.fromisoformat("2026-11-01T06:30+00:00")) is True  # the second 01:30
    assert opening.is_open([NIGHTS], EASTERN, datetime.fromisoformat("2026-03-08T10:00+00:00")) is False  # 06:00


def test_no_schedule_is_not_closed() -> None:
    assert opening.is_open([], EASTERN, at("2026-07-02T10:00")) is None


@pytest.mark.parametrize("rule", ["", "sometimes", "FREQ=FORTNIGHTLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;DTSTART=20260101"])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(opening.NoScheduleError):
        opening.checked(rule)
