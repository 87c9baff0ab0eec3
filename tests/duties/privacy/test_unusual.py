"""Unusual looking reaches the privacy desk, once for the same; ordinary looking does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.duties.ward import DANA, HUB, KEY, LUIS, PRIYA, TOM, Ward, of_team, patient, staff

from baton.duties.privacy import glass, unusual
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.privacy.tasks import PrivacyTask, office
from baton.rules.tables import table
from baton.store import Who
from baton.store.postgres import Database
from baton.store.seal import seal

CEL = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}]}}
NORA = Who("Practitioner/nora", "Nora Stone", "coordinator", ("Organization/heart",), "desk")
HOME = {"address": [{"line": ["12 Elm Street"], "postalCode": "01001"}]}


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    opened = Ward(module_database, "2026-07-02T10:00:00")
    practitioner = {"resourceType": "Practitioner", "id": "nora", "active": True, "name": [{"family": "Stone", "given": ["Nora"]}]}
    opened.put({**practitioner, "birthDate": "1980-01-01", **HOME}, staff(NORA), who=HUB)
    named = {
        "ordinary": {"name": [{"family": "Park", "given": ["Ida"]}]},
        "cousin": {"name": [{"family": "Stone", "given": ["Ezra"]}]},
        "nora": {"name": [{"family": "Stone", "given": ["Nora"]}], "birthDate": "1980-01-01"},
        "next-door": {"name": [{"family": "Vega", "given": ["Leo"]}], "address": [{"line": ["14 Elm Street"], "postalCode": "01001"}]},
        "star": {"name": [{"family": "Bright", "given": ["Ada"]}], **CEL},
    }
    for id_, more in named.items():
        opened.put({**patient(id_), **more}, of_team(id_))
    yield opened
    opened.store.close()


@pytest.fixture(autouse=True)
def another_month(ward: Ward) -> None:
    ward.time += timedelta(days=62)


def looks(ward: Ward, who: Who, *patients: str) -> None:
    for id_ in patients:
        with ward.store.view(who) as view:
            view.get("Patient", id_)


def told(ward: Ward) -> list[PrivacyTask]:
    """What the desk is newly told."""

    def every() -> dict[str, PrivacyTask]:
        with ward.store.view(office(DANA)) as view:
            return {each.id: each for each in privacy_tasks.tasks(view) if each.code == "unusual-look"}

    before = every()
    seal(ward.database.app_dsn, key=KEY, at=ward.store.now())
    made = unusual.watch(ward.store, ward.store.now())
    new = [each for id_, each in every().items() if id_ not in before]
    assert len(new) == made
    return new


def flagged(tasks: list[PrivacyTask]) -> dict[str, PrivacyTask]:
    return {dict(each.facts)["flag"]: each for each in tasks}


def test_ordinary_looking_is_nobodys_business(ward: Ward) -> None:
    looks(ward, NORA, "ordinary")
    looks(ward, TOM, "ordinary", "cousin", "nora")
    with ward.store.view(LUIS) as view:
        view.find("Patient")
    assert told(ward) == [] or set(flagged(told(ward))) <= {"colleague"}


@pytest.mark.parametrize(("who", "about", "flags"), [
    (NORA, "cousin", {"family-name"}),
    (NORA, "nora", {"own-record"}),
    (NORA, "next-door", {"neighbour"}),
    (TOM, "nora", {"colleague"}),
    (LUIS, "ordinary", {"no-relationship"}),
])  # fmt: skip
def test_what_a_rule_calls_unusual_is_told(ward: Ward, who: Who, about: str, flags: set[str]) -> None:
    looks(ward, who, about, about)
    tasks = told(ward)
    assert set(flagged(tasks)) == flags
    for task in tasks:
        facts = dict(task.facts)
        assert (task.patient, task.person, task.name) == (f"Patient/{about}", who.person, who.name)
        assert facts["look"].isdigit() and task.source and task.rule.startswith("looking/") and task.due > ward.time


def test_a_vip_seen_through_broken_glass_is_told(ward: Ward) -> None:
    with ward.store.change(glass.breaker(PRIYA), because="Break the glass") as change:
        glass.break_glass(change, role=PRIYA.role, patient="star", reason="emergency", words="Collapsed")
    looks(ward, PRIYA, "star")
    assert set(flagged(told(ward))) == {"vip"}


def test_the_same_is_told_once(ward: Ward) -> None:
    looks(ward, NORA, "cousin")
    assert len(told(ward)) == 1
    looks(ward, NORA, "cousin")
    assert told(ward) == [] and told(ward) == []
    with ward.store.view(office(DANA)) as view:
        task = next(each for each in privacy_tasks.tasks(view) if each.patient == "Patient/cousin")
    with ward.store.change(office(DANA), because="seen") as change:
        privacy_tasks.close(change, task=task.id, finding="appropriate", words="Her cousin is her patient.")
    looks(ward, NORA, "cousin")
    assert told(ward) == [], "closed with a finding, not told again in the same month"
    ward.time += timedelta(days=31)
    looks(ward, NORA, "cousin")
    assert len(told(ward)) == 1


def test_many_charts_within_an_hour(ward: Ward) -> None:
    most = int(table("looking").row("many-charts", ward.time.date()).values["count"])
    ids = [f"many-{number}" for number in range(most + 1)]
    ward.put(*[{**patient(id_), "name": [{"family": "Lane", "given": ["Jo"]}]} for id_ in ids], *[of_team(id_) for id_ in ids])
    looks(ward, TOM, *ids[:most])
    assert told(ward) == []
    looks(ward, TOM, ids[most])
    (task,) = told(ward)
    facts = dict(task.facts)
    assert task.patient is None and (facts["flag"], facts["charts"]) == ("many-charts", str(most + 1))
    looks(ward, TOM, *ids[:3])
    assert told(ward) == []


def test_looking_in_the_night(ward: Ward) -> None:
    ward.time = ward.time.replace(hour=3)  # 23:00 in New York in summer, 22:00 in winter
    looks(ward, TOM, "ordinary", "star")
    assert told(ward) == []
    looks(ward, TOM, "next-door")
    assert set(flagged(told(ward))) == {"out-of-hours"}


def test_nobody_else_sees_what_the_desk_looks_into(ward: Ward) -> None:
    looks(ward, NORA, "cousin")
    told(ward)
    for who in (TOM, NORA):
        with ward.store.view(who) as view:
            assert not [each for each in view.find("Task", patient="Patient/cousin") if "privacy-task" in str(each.get("code"))]


def test_the_hub_looks_at_nobody_while_it_judges(ward: Ward) -> None:
    looks(ward, NORA, "cousin")
    seal(ward.database.app_dsn, key=KEY, at=ward.store.now())

    def count() -> Any:
        with ward.store.view(HUB) as view:
            return view.ask(
                "select count(*) from look where who = 'Device/baton' and what not like 'change:%%' and entrance = 'worker'", {}
            )[0][0]

    before = count()
    unusual.watch(ward.store, ward.store.now())
    assert count() == before
