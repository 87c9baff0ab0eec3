"""Breaking the glass: with a reason, for a limited time, reviewed; its whole life, in any order, by whoever may not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.duties.ward import DANA, HUB, LUIS, PRIYA, TOM, Ward, of_team, patient

from baton.duties.privacy import glass
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.privacy.tasks import office
from baton.store import Forbidden, Invalid, Refused, Who
from baton.store.glass import open_until
from baton.store.postgres import Database

ARI = Who("Practitioner/ari", "Ari Blum", "auditor", (), "desk")
WHY: dict[str, Any] = {"reason": "emergency", "words": "Collapsed in the lobby"}
VIP = {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}]}}


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    opened = Ward(module_database)
    opened.put(patient("rosa"), of_team("rosa"), {**patient("star"), **VIP}, of_team("star"))
    yield opened
    opened.store.close()


@pytest.fixture(autouse=True)
def later(ward: Ward) -> None:
    """Every test begins when what the others opened is long over."""
    ward.time += timedelta(days=2)


def broken(ward: Ward, who: Who = PRIYA, about: str = "rosa", **why: Any) -> tuple[str, bool]:
    with ward.store.change(glass.breaker(who), because="Break the glass") as change:
        stored, at_once = glass.break_glass(change, role=who.role, patient=about, **{**WHY, **why})
    return stored.id, at_once


def opened(ward: Ward, who: Who = PRIYA, about: str = "rosa") -> bool:
    with ward.store.view(who) as view:
        return open_until(view, f"Patient/{about}") is not None


def waiting(ward: Ward, code: str = "glass-review") -> list[privacy_tasks.PrivacyTask]:
    with ward.store.view(office(DANA)) as view:
        return [each for each in privacy_tasks.tasks(view) if each.code == code]


def test_a_broken_glass_is_open_for_its_time_and_reviewed(ward: Ward) -> None:
    before = len(waiting(ward))
    id_, at_once = broken(ward, minutes=60)
    assert at_once and opened(ward) and not opened(ward, TOM) and not opened(ward, about="star")
    task = next(each for each in waiting(ward) if each.focus == f"Basic/{id_}")
    assert len(waiting(ward)) == before + 1
    assert (task.person, task.patient, dict(task.facts)["words"]) == (PRIYA.person, "Patient/rosa", WHY["words"])
    assert ward.time < task.due <= ward.time + timedelta(days=5) and task.source
    ward.time += timedelta(minutes=60)
    assert not opened(ward)


def test_breaking_it_again_while_it_is_open_makes_nothing_new(ward: Ward) -> None:
    first, _ = broken(ward)
    before = len(waiting(ward))
    assert broken(ward)[0] == first and len(waiting(ward)) == before
    ward.time += timedelta(hours=2)
    assert broken(ward)[0] != first


@pytest.mark.parametrize(
    ("why", "element"),
    [
        ({"reason": "curious"}, "Basic.extension.reason"),
        ({"words": "  "}, "Basic.extension.words"),
        ({"reason": "other", "words": "just a few words"}, "Basic.extension.words"),
        ({"words": "x" * 501}, "Basic.extension.words"),
        ({"minutes": 4}, "Basic.extension.period"),
        ({"minutes": 1441}, "Basic.extension.period"),
    ],
)
def test_without_a_reason_nothing_opens(ward: Ward, why: dict[str, Any], element: str) -> None:
    with pytest.raises(Invalid) as refused:
        broken(ward, **why)
    assert refused.value.issues[0].expression == element and not opened(ward)


def test_nobody_breaks_the_glass_of_a_patient_who_is_not_there(ward: Ward) -> None:
    with pytest.raises(Refused):
        broken(ward, about="nobody")


@pytest.mark.parametrize("role", ["auditor", "student", "records-clerk"])
def test_some_roles_never_may(role: str) -> None:
    with pytest.raises(Forbidden):
        glass.breaker(Who("Practitioner/x", "X", role, (), "desk"))


def test_a_vip_needs_a_second_person_when_the_house_says_so(ward: Ward) -> None:
    id_, at_once = broken(ward, about="star", second=True)
    assert not at_once and not opened(ward, about="star")
    assert [each.focus for each in waiting(ward, "glass-approval")] == [f"Basic/{id_}"]
    with pytest.raises(Invalid), ward.store.change(glass.breaker(PRIYA), because="own") as change:
        glass.approve(change, grant=id_, yes=True)
    with ward.store.change(glass.breaker(LUIS), because="Approve") as change:
        glass.approve(change, grant=id_, yes=True)
    assert opened(ward, about="star") and not waiting(ward, "glass-approval")
    assert any(each.focus == f"Basic/{id_}" for each in waiting(ward))
    with ward.store.view(HUB) as view:
        grant = glass.mine(view, patient="star", person=PRIYA.person)
    assert grant is not None and (grant.state, grant.approved_by) == ("open", LUIS.name)


def test_what_a_second_person_declines_stays_closed(ward: Ward) -> None:
    id_, _ = broken(ward, about="star", second=True)
    with ward.store.change(glass.breaker(LUIS), because="Decline") as change:
        glass.approve(change, grant=id_, yes=False)
    assert not opened(ward, about="star") and not waiting(ward, "glass-approval")
    with pytest.raises(Invalid), ward.store.change(glass.breaker(LUIS), because="Again") as change:
        glass.approve(change, grant=id_, yes=True)


def test_without_the_setting_a_vip_opens_at_once(ward: Ward) -> None:
    assert broken(ward, about="star")[1] and opened(ward, about="star")


def test_it_can_be_mended_before_its_time(ward: Ward) -> None:
    id_, _ = broken(ward)
    ward.time += timedelta(minutes=1)
    with ward.store.change(glass.breaker(PRIYA), because="Done") as change:
        glass.mend(change, grant=id_)
    assert not opened(ward)


def test_a_raw_write_opens_nothing(ward: Ward) -> None:
    id_, _ = broken(ward)
    grant = ward.get(f"Basic/{id_}")
    for who, forged in (
        (TOM, {**grant, "id": "forged", "author": {"reference": TOM.person}}),
        (HUB, {**grant, "subject": {"reference": "Patient/star"}}),
        (HUB, {**grant, "author": {"reference": TOM.person}}),
    ):
        with pytest.raises(Refused):
            ward.put(forged, who=who)
    with pytest.raises(Refused), ward.change(HUB) as change:
        change.delete("Basic", id_)


def test_a_task_of_the_desk_is_closed_once_with_a_finding(ward: Ward) -> None:
    id_, _ = broken(ward)
    task = next(each for each in waiting(ward) if each.focus == f"Basic/{id_}")
    with ward.store.change(office(DANA), because="x") as change, pytest.raises(Invalid):
        privacy_tasks.close(change, task=task.id, finding="appropriate", words=" ")
    with ward.store.change(office(DANA), because="x") as change, pytest.raises(Invalid):
        privacy_tasks.close(change, task=task.id, finding="nothing", words="x")
    with ward.store.change(office(DANA), because="Reviewed") as change:
        privacy_tasks.close(change, task=task.id, finding="appropriate", words="She was called to the lobby.")
    assert task.id not in [each.id for each in waiting(ward)]
    closed = ward.get(f"Task/{task.id}")
    for forged in ({**closed, "status": "requested"}, {**closed, "code": {"text": "x"}}):
        with pytest.raises(Refused):
            ward.put(forged, who=HUB)
    with pytest.raises(Refused), ward.change(HUB) as change:
        change.delete("Task", task.id)


def test_only_the_privacy_desk_sits_at_the_privacy_desk() -> None:
    for who in (TOM, LUIS):
        with pytest.raises(Forbidden):
            office(who)
    assert office(ARI).person == ARI.person


@pytest.mark.parametrize(
    ("family", "given", "born", "found"),
    [
        ("Delgado", "Rosa", date(1955, 3, 3), 1),
        ("delgado", " ROSA ", date(1955, 3, 3), 1),
        ("Delgado", "Rosa", date(1955, 3, 4), 0),
        ("Delg", "Rosa", date(1955, 3, 3), 0),
        ("Delgado", "R", date(1955, 3, 3), 0),
        ("Delgado", "", date(1955, 3, 3), 0),
    ],
)
def test_a_stranger_is_found_only_by_the_whole_name_and_birth_date(ward: Ward, family: str, given: str, born: date, found: int) -> None:
    ward.put({**patient("looked-for"), "name": [{"family": "Delgado", "given": ["Rosa"]}], "birthDate": "1955-03-03"})
    with ward.store.view(glass.breaker(PRIYA)) as view:
        hits = glass.meant(view, family=family, given=given, born=born)
    assert len([each for each in hits if each.id == "looked-for"]) == found


class Life(RuleBasedStateMachine):
    """One grant after another, in whatever order people and time act on it."""

    ward: Ward

    def __init__(self) -> None:
        super().__init__()
        self.ward.time += timedelta(days=3)
        self.grants: list[str] = []

    @rule(minutes=st.integers(5, 1440), about=st.sampled_from(("rosa", "star")), second=st.booleans())
    def breaks(self, minutes: int, about: str, second: bool) -> None:
        self.grants.append(broken(self.ward, about=about, minutes=minutes, second=second)[0])

    @rule(minutes=st.integers(1, 2000))
    def time_passes(self, minutes: int) -> None:
        self.ward.time += timedelta(minutes=minutes)

    @rule(data=st.data(), who=st.sampled_from((LUIS, DANA, PRIYA)), yes=st.booleans())
    def answers(self, data: st.DataObject, who: Who, yes: bool) -> None:
        self.act(data, lambda change, grant: glass.approve(change, grant=grant, yes=yes), who)

    @rule(data=st.data())
    def mends(self, data: st.DataObject) -> None:
        self.act(data, lambda change, grant: glass.mend(change, grant=grant), PRIYA)

    def act(self, data: st.DataObject, verb: Any, who: Who) -> None:
        if self.grants:
            grant = data.draw(st.sampled_from(self.grants))
            try:
                with self.ward.store.change(glass.breaker(who), because="life") as change:
                    verb(change, grant)
            except Refused:
                return

    @invariant()
    def the_index_opens_exactly_what_the_grants_say(self) -> None:
        for about in ("rosa", "star"):
            with self.ward.store.view(HUB) as view:
                mine = glass.mine(view, patient=about, person=PRIYA.person)
            assert opened(self.ward, about=about) is (mine is not None and mine.state == "open")
            if mine is not None and mine.state == "open":
                assert mine.until is not None and self.ward.time < mine.until <= self.ward.time + timedelta(days=1)

    @invariant()
    def every_glass_ever_broken_has_a_review(self) -> None:
        with self.ward.store.view(HUB) as view:
            for id_ in self.grants:
                if glass.grant(view.get("Basic", id_), view.now).since is not None:
                    assert view.get("Task", privacy_tasks.task_id("glass-review", id_))


def test_the_life_of_a_grant(ward: Ward) -> None:
    Life.ward = ward
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life, settings=settings(max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    )


def test_broken_glass_opens_the_chart_and_not_what_the_policy_never_opens(ward: Ward) -> None:
    act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    note = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": "Patient/rosa"},
        "content": [{"attachment": {"title": "Note"}}],
    }
    ward.put(
        {**note, "id": "plain"},
        {**note, "id": "therapy", "meta": {"security": [{"system": act, "code": "PSYTHPN"}]}},
        {**note, "id": "program", "meta": {"security": [{"system": act, "code": "42CFRPart2"}]}},
        who=HUB,
    )

    def seen() -> set[str]:
        with ward.store.view(PRIYA) as view:
            return {each["id"] for each in view.find("DocumentReference", patient="Patient/rosa")}

    assert seen() == set()
    broken(ward)
    assert seen() == {"plain"}, "a psychotherapy note never; a Part 2 record to clinicians alone"
    with ward.store.view(PRIYA) as view:
        assert view.get("Patient", "rosa")
        with pytest.raises(Refused):
            view.get("DocumentReference", "therapy")
    ward.time += timedelta(hours=2)
    assert seen() == set()


def test_nobody_adds_to_the_hubs_own_record(ward: Ward) -> None:
    event = {
        "resourceType": "AuditEvent",
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "recorded": "2026-07-02T10:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"reference": "Device/other"}},
    }
    for who in (TOM, DANA, HUB):
        with pytest.raises(Refused):
            ward.put(event, who=who)


def test_the_index_can_be_made_anew(ward: Ward) -> None:
    broken(ward)
    assert [line for line in ward.violations() if "Basic" in line or "glass" in line] == []
