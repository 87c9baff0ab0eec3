"""The worked examples of the tables, run as tests: every date of the table of test vectors, every proposal, every disposition."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import attempts, discharge, hedis, tcm
from baton.rules.attempts import Try, judge
from baton.rules.clocks import CLOCKS, NoClockError, every_day, last_day
from baton.rules.tables import NoRuleError, table

CLOCK_COLUMNS = ("contact", "visit-7", "visit-14", "service-period-end", "readmission-window")
TCM = table("tcm").examples
HEDIS = table("hedis").examples
NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def days(examples, *columns):
    return [(e["discharge"], c, e[c]) for e in examples for c in columns if c in e]


@pytest.mark.parametrize(("day", "clock", "expected"), days(TCM, *CLOCK_COLUMNS))
def test_tcm_clocks(day, clock, expected):
    assert tcm.clock(clock, date.fromisoformat(day)).value == date.fromisoformat(expected)


@pytest.mark.parametrize(("day", "clock", "expected"), days(HEDIS, "discharge-information"))
def test_hedis_windows(day, clock, expected):
    assert hedis.last_day(clock, date.fromisoformat(day)).value == date.fromisoformat(expected)


@pytest.mark.parametrize("example", [e for e in HEDIS if "met" in e], ids=str)
def test_whether_a_day_is_inside_a_window(example):
    assert hedis.met(example["code"], date.fromisoformat(example["discharge"]), on=date.fromisoformat(example["on"])) is example["met"]


@pytest.mark.parametrize("example", [e for e in TCM if "proposal" in e], ids=str)
def test_the_code_proposed(example):
    answer = tcm.proposal(
        date.fromisoformat(example["discharge"]),
        visited=date.fromisoformat(example["visit"]),
        complexity=example["complexity"],
        contact_met=example["contacted"],
    )
    assert answer.value == example["proposal"]
    assert answer.steps


def test_no_visit_no_code():
    assert tcm.proposal(date(2026, 7, 2), visited=None, complexity="high", contact_met=True).steps[-1].reason == "no-visit"


@pytest.mark.parametrize("example", table("discharge").examples, ids=str)
def test_which_discharges_open(example):
    to = [tuple(example["to"])] if example["to"] else []
    assert discharge.opens([tuple(example["from"])], to, date(2026, 7, 2)).value is example["opens"]


def test_the_official_systems_are_known():
    stay = [("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP")]
    for system, code, opens in [
        ("http://terminology.hl7.org/CodeSystem/discharge-disposition", "exp", False),
        ("http://www.nubc.org/patient-discharge", "20", False),
        ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "01", True),
        (None, "snf", False),
        ("http://example.org/other", "exp", True),
    ]:
        assert discharge.opens(stay, [(system, code)], date(2026, 7, 2)).value is opens


@pytest.mark.parametrize(
    ("birth", "day", "adult"),
    [
        (None, date(2026, 7, 2), True),
        (date(2008, 7, 2), date(2026, 7, 2), True),
        (date(2008, 7, 3), date(2026, 7, 2), False),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
    ],
)
def test_adult_at_discharge(birth, day, adult):
    assert discharge.is_adult(birth, day) is adult


@pytest.mark.parametrize(("complexity", "expected"), [("high", 9), ("unknown", 9), ("moderate", 16), ("low", 16)])
def test_the_visits_window_follows_the_complexity(complexity, expected):
    answer = tcm.visit(date(2026, 7, 2), complexity)
    assert answer.value == date(2026, 7, expected)
    assert f"complexity-{complexity}" in {step.reason for step in answer.steps}


def test_every_named_clock_answers_with_its_rule_version_and_source():
    for name, answer in every_day(date(2026, 7, 2)).items():
        assert answer.rule and answer.version and answer.source, name
        assert answer.steps[0].op == "start" and answer.steps[-1].op == "end"
        assert answer.steps[-1].day == answer.value


def test_an_unknown_clock_is_refused_by_name():
    with pytest.raises(NoClockError, match="tcm-contact"):
        last_day("nonsense", date(2026, 7, 2))


def test_before_the_rules_there_is_no_rule():
    with pytest.raises(NoRuleError):
        tcm.clock("contact", date(1999, 1, 1))


@given(st.dates(date(2013, 1, 1), date(2090, 12, 31)))
def test_the_order_of_the_clocks(day):
    answer = {name: last_day(name, day).value for name in CLOCKS}
    assert (
        answer["tcm-visit-7"] == answer["tcm-visit"] < answer["tcm-visit-14"] < answer["tcm-service-period"] < answer["readmission-window"]
    )
    assert day + timedelta(days=2) <= answer["tcm-contact"] <= day + timedelta(days=7)


@pytest.mark.parametrize("name", ["us-federal-holidays", "tcm", "hedis", "discharge"])
def test_every_row_is_dated_and_cited_and_has_no_rival(name):
    rows = table(name).rows
    for row in rows:
        assert row.source and row.mark in {"S", "GK", "DERIVED", "PROPOSED"}
        rivals = [
            other for other in rows
            if other is not row and other.code == row.code and other.values.get("system") == row.values.get("system")
            and other.values.get("kind") == row.values.get("kind") and other.in_force(row.effective_from)
        ]  # fmt: skip
        assert not rivals, row


DISCHARGED = at("2026-07-02T14:10:00-04:00")


def judged(*tries: Try):
    return judge(tries, discharged=DISCHARGED, last_day=date(2026, 7, 7), zone=NEW_YORK)


NO_ANSWER = Try(at("2026-07-06T10:02:00-04:00"), "no-answer")
MESSAGE = Try(at("2026-07-06T15:40:00-04:00"), "left-message")
DAUGHTER = Try(at("2026-07-07T09:15:00-04:00"), "reached")


def test_two_timely_separate_attempts_meet_the_rule_and_it_keeps_asking():
    judgement = judged(NO_ANSWER, MESSAGE)
    assert judgement.met and judgement.met_by_attempts and not judgement.reached
    assert judgement.due == date(2026, 7, 7)
    third = judged(NO_ANSWER, MESSAGE, Try(at("2026-07-07T16:00:00-04:00"), "no-answer"))
    assert third.due == date(2026, 7, 8)
    assert third.steps[-1].reason == "keep-trying"


def test_reached_in_time():
    judgement = judged(NO_ANSWER, MESSAGE, DAUGHTER)
    assert judgement.reached == DAUGHTER and judgement.reached_in_time and judgement.due == date(2026, 7, 7)


@pytest.mark.parametrize(
    "tries",
    [
        [NO_ANSWER],
        [NO_ANSWER, Try(NO_ANSWER.when + timedelta(minutes=3), "no-answer")],  # a redial is not a second attempt
        [NO_ANSWER, Try(at("2026-07-08T09:00:00-04:00"), "no-answer")],  # the second came too late
        [NO_ANSWER, Try(at("2026-07-02T13:00:00-04:00"), "no-answer")],  # before the discharge
        [NO_ANSWER, Try(MESSAGE.when, "wrong-number")],
        [NO_ANSWER, Try(MESSAGE.when, "left-message", medium="SMSWRIT")],
        [NO_ANSWER, Try(MESSAGE.when, "left-message", topic="scheduling-only")],
    ],
)
def test_what_does_not_make_two_timely_separate_attempts(tries):
    judgement = judged(*tries)
    assert not judgement.met
    assert judgement.due == date(2026, 7, 7)


def test_a_text_about_scheduling_is_no_contact():
    assert judged(Try(DAUGHTER.when, "reached", medium="SMSWRIT", topic="scheduling-only")).reached is None


def test_the_last_minute_of_the_last_day_is_timely_and_the_next_is_not():
    assert judged(NO_ANSWER, Try(at("2026-07-07T23:59:00-04:00"), "no-answer")).met
    assert not judged(NO_ANSWER, Try(at("2026-07-08T00:00:00-04:00"), "no-answer")).met


MOMENTS = st.integers(0, 70_000).map(lambda minutes: at("2026-07-02T00:00:00-04:00") + timedelta(minutes=minutes))


@given(
    st.lists(
        st.builds(Try, MOMENTS, st.sampled_from(attempts.OUTCOMES)),
        max_size=8,
    )
)  # noqa: DTZ001, E501
def test_asking_never_becomes_earlier_and_one_more_attempt_never_undoes_what_was_met(tries):
    judgement = judged(*tries)
    assert judgement.due >= date(2026, 7, 7)
    if tries:
        fewer = judged(*sorted(tries, key=lambda t: t.when)[:-1])
        assert judgement.met_by_attempts >= fewer.met_by_attempts
        assert judgement.timely >= fewer.timely


@pytest.mark.parametrize(("code", "counts"), [("AMB", True), ("VR", True), ("HH", False), ("FLD", False), ("EMER", False), (None, False)])
def test_only_the_visit_of_the_practitioner_who_takes_over_counts(code: str | None, counts: bool) -> None:
    assert tcm.is_visit_class(code, date(2026, 7, 2)) is counts
