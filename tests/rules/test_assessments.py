"""Sums, what they are called and what follows: every worked example of the table, by the library's own questions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from baton.packs.assessments import library
from baton.rules import assessments
from baton.rules.tables import table

TABLE = table("assessments")
DAY = date(2026, 6, 15)


@pytest.mark.parametrize("example", TABLE.examples, ids=lambda each: f"{each['assessment']} {each['scores']}")
def test_worked_examples(example: dict) -> None:
    found, values = library()[example["assessment"]], example["values"]
    day = date.fromisoformat(example["on"])
    answers = {
        link: next((each.code for each in item.options if each.value == value), value)
        for link, value in values.items()
        if (item := found.item(link)) is not None
    }
    scores = {each.code: total for each in found.scores if (total := assessments.total(values, each.items)) is not None}
    assert scores == example["scores"]
    bands = {code: row.values["band"] for code, total in scores.items() if (row := assessments.band(found.code, code, total, day))}
    assert bands == example["bands"]
    actions = assessments.actions(found.code, scores, values, answers, day)
    assert sorted(each.key for each in actions) == sorted(example["actions"])
    at_once = [link for link in values if (row := assessments.critical(link, day)) and not assessments.is_zero(row, answers[link])]
    assert bool(at_once) is example["critical"]


def test_every_sum_has_exactly_one_name() -> None:
    for each in library().values():
        for score in each.scores:
            highest = sum(max((o.value for o in item.options), default=10) for link in score.items if (item := each.item(link)))
            for total in range(highest + 1):
                rows = [
                    row
                    for row in TABLE.in_force(DAY)
                    if row.values["kind"] == "band"
                    and (row.values["assessment"], row.values["score"]) == (each.code, score.code)
                    and row.values["from"] <= total <= row.values["to"]
                ]
                assert len(rows) == 1, (each.code, score.code, total)


def test_every_row_speaks_of_a_question_or_sum_that_there_is() -> None:
    for row in TABLE.rows:
        if row.values["kind"] not in ("band", "action"):
            continue
        found = library()[row.values["assessment"]]
        if "score" in row.values:
            assert row.values["score"] in {each.code for each in found.scores}, row.code
        else:
            assert found.item(row.values["item"]), row.code
        if "ask" in row.values:
            assert row.values["ask"] in library()


def test_an_unanswered_question_makes_no_sum() -> None:
    assert assessments.total({"a": 1, "b": None}, ["a", "b"]) is None
    assert assessments.total({"a": 1}, ["a", "b"]) is None
    assert assessments.total({"a": 1, "b": 0}, ["a", "b"]) == 1


@pytest.mark.parametrize("link", ["44260-2", "/44260-2", "/44249-1/44260-2"])
@pytest.mark.parametrize("answer", ["LA6569-3", "LA6570-1", "LA6571-9", 1, 3, "1", True, "sometimes", None])
def test_what_is_not_known_to_be_not_at_all_is_acted_on(link: str, answer: object) -> None:
    row = assessments.critical(link, DAY)
    assert row is not None and not assessments.is_zero(row, answer)


@pytest.mark.parametrize("answer", ["LA6568-5", 0, 0.0, "0", False])
def test_not_at_all_is_not_acted_on(answer: object) -> None:
    row = assessments.critical("44260-2", DAY)
    assert row is not None and assessments.is_zero(row, answer)


def test_no_other_question_is_acted_on_at_once() -> None:
    links = {item.link for each in library().values() for item in each.items}
    assert {link for link in links if assessments.critical(link, DAY)} == {"44260-2"}


def test_call_backs_are_three_within_a_quarter_of_an_hour() -> None:
    lost = datetime(2026, 6, 15, 13, 7, tzinfo=UTC)
    assert assessments.call_backs(lost) == (3, lost + timedelta(minutes=15))


def test_follow_up_is_the_next_business_day() -> None:
    assert assessments.follow_up(date(2026, 7, 2)).value == date(2026, 7, 6)  # the third is a holiday, then a weekend


def test_a_question_waits_for_another() -> None:
    phq = library()["phq-9"]
    item = phq.item("69722-7")
    assert item is not None
    conditions = [(each.item, each.op, each.value) for each in item.when]
    assert not assessments.asked(conditions, {"44250-9": "LA6568-5"}, {"44250-9": 0})
    assert assessments.asked(conditions, {"44250-9": "LA6569-3"}, {"44250-9": 1})
    assert not assessments.asked(conditions, {}, {})
