"""What patients ask about their record is a promise with the law's clock: extended once and in time, denied on a known ground."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from tests.duties.ward import PRIYA, TOM, Ward, of_team, patient

from baton.duties.privacy import requests
from baton.paper import Paper, Text
from baton.store import Invalid, NotFound
from baton.store.postgres import Database

LETTER = Paper("Answer", [Text("We need more time.")])


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-11-23T09:00:00")
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


def received(ward: Ward, code: str, **said: date) -> str:
    with ward.change(TOM, "a request came") as change:
        return requests.receive(change, patient="Patient/eva", code=code, what="Please.", **said).id


def due(ward: Ward, task: str) -> date:
    return datetime.fromisoformat(ward.get(f"Task/{task}")["restriction"]["period"]["end"]).date()


@pytest.mark.parametrize(
    ("code", "first", "then"),
    [
        ("access-request", date(2026, 12, 23), date(2027, 1, 22)),  # 45 CFR 164.524(b)(2): 30 days, once 30 more
        ("amendment-request", date(2027, 1, 22), date(2027, 2, 21)),  # 164.526(b)(2): 60 days, once 30 more
        ("accounting-request", date(2027, 1, 22), date(2027, 2, 21)),  # 164.528(c)(1): 60 days, once 30 more
    ],
)
def test_it_is_promised_by_its_clock_and_extended_once_with_a_letter(ward: Ward, code: str, first: date, then: date) -> None:
    task = received(ward, code)
    assert due(ward, task) == first
    with ward.store.view(TOM) as view:
        (row,) = view.promises(None, codes=[code])
        assert row.task_id == task and row.due.astimezone(view.zone).date() == first, "it stands among the work of the team"
    with pytest.raises(Invalid, match="Say why"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason=" ")
    with ward.change(TOM) as change:
        requests.extend(change, task=task, reason="The archive is in another town.", letter=LETTER)
    assert due(ward, task) == then and len(ward.find("DocumentReference", patient="Patient/eva")) == 1
    with pytest.raises(Invalid, match="extended once"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason="Again.")
    assert ward.violations() == []


def test_the_clock_runs_from_the_day_it_came_and_is_not_extended_when_it_is_over(ward: Ward) -> None:
    task = received(ward, "access-request", received=date(2026, 11, 3))
    assert due(ward, task) == date(2026, 12, 3)
    ward.at("2026-12-04T09:00:00")
    with pytest.raises(Invalid, match="Its time is over"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason="Late.")
    with pytest.raises(Invalid, match="has not come yet"):
        received(ward, "access-request", received=date(2027, 1, 1))


def test_a_restriction_is_answered_within_ten_business_days_and_not_extended(ward: Ward) -> None:
    task = received(ward, "restriction-request")
    assert due(ward, task) == date(2026, 12, 8), "Thanksgiving does not count"
    with pytest.raises(Invalid, match="not extended"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason="Why not?")


@pytest.mark.parametrize(("ground", "reason", "says"), [("whim", "No.", "is none of"), ("not-held", " ", "Say why")])
def test_it_is_denied_on_a_ground_the_rule_knows_in_plain_words(ward: Ward, ground: str, reason: str, says: str) -> None:
    task = received(ward, "access-request")
    with pytest.raises(Invalid, match=says), ward.change(TOM) as change:
        requests.deny(change, task=task, ground=ground, reason=reason, letter=LETTER)
    with ward.change(TOM) as change:
        requests.deny(change, task=task, ground="not-held", reason="It is at Mercy.", letter=LETTER)
    assert ward.get(f"Task/{task}")["status"] == "rejected" and "It is at Mercy." in str(ward.get(f"Task/{task}")["statusReason"])


def test_another_team_neither_sees_nor_answers_it(ward: Ward) -> None:
    task = received(ward, "amendment-request")
    with ward.store.view(PRIYA) as view:
        assert requests.open_ones(view) == []
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        requests.grant(change, task=task)
