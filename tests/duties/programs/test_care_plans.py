"""Plans of care: goals, templates without duplicates, and contradictions that end in one plan while the old ones stay on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.programs.test_programs import problem
from tests.duties.ward import HUB, TOM, Ward, of_team, patient

from baton.duties import codes, promises
from baton.duties.contact import communication
from baton.duties.patients import identity
from baton.duties.programs import care_plans, plan_decisions, plan_issues, programs
from baton.duties.programs.plan_decisions import Choice
from baton.store import Invalid
from baton.store.postgres import Database

EVA = "Patient/eva"


def plan(id_: str, source: str, *said: str) -> dict[str, Any]:
    """A plan of another specialty, as it came."""
    return {
        "resourceType": "CarePlan",
        "id": id_,
        "status": "active",
        "intent": "plan",
        "title": f"Plan of {source}",
        "subject": {"reference": EVA},
        "author": {"display": source},
        "activity": [{"detail": {"status": "in-progress", "description": each}} for each in said],
    }


CARDIO = plan("cardio", "Cardiology", "Fluids ≤1.5 L a day", "Weigh every morning")
UROLOGY = plan("uro", "Urology", "Drink ≥2.5 L a day")
THERAPY = plan("pt", "Physical therapy", "Walk twice daily", "Weigh every morning!")
ORTHO = plan("ortho", "Orthopedics", "Non-weight-bearing, left leg, 6 weeks")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database, "2026-07-06T09:00")
    made.put(
        patient(), of_team(), problem("hf", "I50.9"), relative("ana", "Ana", told="everything"), relative("bo", "Bo", told="appointments")
    )
    yield made
    made.store.close()


def relative(id_: str, given: str, *, told: str | None = None, born: str | None = None) -> dict[str, Any]:
    person: dict[str, Any] = {
        "resourceType": "RelatedPerson",
        "id": id_,
        "active": True,
        "patient": {"reference": EVA},
        "name": [{"family": "Stone", "given": [given]}],
        **({"birthDate": born} if born else {}),
    }
    return identity.with_told(person, told) if told else person


def issues(ward: Ward) -> list[plan_issues.Contradiction]:
    with ward.store.view(HUB) as view:
        return plan_issues.of_patient(view, EVA)


def ours(ward: Ward) -> dict[str, Any]:
    with ward.store.view(HUB) as view:
        found = care_plans.ours(view, EVA)
    assert found is not None
    return found


def do(ward: Ward, verb: str, **said: Any) -> Any:
    with ward.change(TOM) as change:
        return getattr(care_plans, verb)(change, **said)


def test_a_goal_is_in_their_words_with_what_stands_in_the_way(ward: Ward) -> None:
    made = do(ward, "add_goal", patient="eva", words="Walk to church again", confidence=6, addresses="Afraid of falling")
    goal = ward.get(made.reference)
    assert goal["expressedBy"]["reference"] == EVA and care_plans.confidence_of(goal) == 6
    barrier = ward.get(goal["addresses"][0]["reference"])
    assert barrier["code"]["text"] == "Afraid of falling"
    do(ward, "add_goal", patient="eva", words="No fall this winter", addresses="afraid of falling.")
    assert len(ward.find("Condition", patient=EVA, category="health-concern")) == 1
    assert len(ours(ward)["goal"]) == 2 and len(ours(ward)["addresses"]) == 1
    for words, confidence in (("", 5), ("Fly", 11)):
        with pytest.raises(Invalid):
            do(ward, "add_goal", patient="eva", words=words, confidence=confidence)
    walked = {
        "resourceType": "Observation",
        "id": "walk",
        "status": "final",
        "code": {"text": "6-minute walk"},
        "subject": {"reference": EVA},
    }
    ward.put(walked)
    do(ward, "judge_goal", goal=goal["id"], achievement="achieved", confidence=9, note="Went on Sunday", evidence="Observation/walk")
    after = ward.get(made.reference)
    assert (after["lifecycleStatus"], care_plans.confidence_of(after), after["note"][0]["text"]) == ("completed", 9, "Went on Sunday")
    assert after["outcomeReference"][0]["reference"] == "Observation/walk"


def test_an_intervention_with_a_day_is_a_promise(ward: Ward) -> None:
    do(ward, "add_intervention", patient="eva", text="Order a walker", due=date(2026, 7, 10))
    task = ward.get(ours(ward)["activity"][0]["outcomeReference"][0]["reference"])
    assert task["description"] == "Order a walker" and codes.is_open(task)
    with pytest.raises(Invalid, match="says that already"):
        do(ward, "add_intervention", patient="eva", text="order a walker.")
    do(ward, "finish_intervention", patient=EVA, number=0, status="completed", evidence="It came on Tuesday")
    assert ours(ward)["activity"][0]["progress"][0]["text"] == "It came on Tuesday"
    with pytest.raises(Invalid, match="no such intervention"):
        do(ward, "finish_intervention", patient=EVA, number=7, status="completed")


def test_templates_are_merged_without_duplicates(ward: Ward) -> None:
    assert do(ward, "merge", patient="eva", program="heart-failure") == (2, 5)
    assert do(ward, "merge", patient="eva", program="heart-failure") == (0, 0)
    goals, interventions = do(ward, "merge", patient="eva", program="chronic-care")
    assert (goals, interventions) == (2, 3), "less salt is in the plan already"
    assert len(ours(ward)["instantiatesCanonical"]) == 2
    assert len(ward.find("CarePlan", patient=EVA)) == 1 and len(ward.find("Goal", patient=EVA)) == 4


def test_contradictions_are_found_and_owed(ward: Ward) -> None:
    ward.put(CARDIO, UROLOGY, THERAPY, ORTHO)
    found = issues(ward)
    assert [(each.rule, each.one.source, each.other.source) for each in found] == [
        ("fluids", "Cardiology", "Urology"),
        ("weight-bearing", "Orthopedics", "Physical therapy"),
    ]
    issue = ward.get(f"DetectedIssue/{found[0].id}")
    assert {each["reference"] for each in issue["implicated"]} == {"CarePlan/cardio", "CarePlan/uro"}
    task = ward.get(f"Task/{found[0].task}")
    assert codes.is_open(task) and task["restriction"]["period"]["end"].startswith("2026-07-08")
    with pytest.raises(Invalid, match="Decide it on the patient"), ward.change(TOM) as change:
        promises.done(change, task=str(task["id"]))
    ward.put({**UROLOGY, "status": "revoked"})
    assert [each.rule for each in issues(ward)] == ["weight-bearing"]
    assert not codes.is_open(ward.get(f"Task/{found[0].task}"))
    ward.put(UROLOGY)
    assert len(issues(ward)) == 2 and codes.is_open(ward.get(f"Task/{found[0].task}"))
    assert not ward.violations()


def decide(ward: Ward, keep: dict[str, Choice], *with_whom: str) -> Any:
    choices = {each.id: keep[each.rule] for each in issues(ward) if each.rule in keep}
    with ward.change(TOM) as change:
        return plan_decisions.reconcile(change, patient=EVA, choices=choices, decided_with=with_whom)


def test_decisions_become_one_plan_and_the_old_ones_are_superseded(ward: Ward) -> None:
    ward.put(CARDIO, UROLOGY, THERAPY, ORTHO)
    both = {"fluids": Choice("own", "Drink 2 L a day, both clinics agree"), "weight-bearing": Choice("one")}
    with pytest.raises(Invalid, match="every contradiction"):
        decide(ward, {"fluids": both["fluids"]}, EVA)
    with pytest.raises(Invalid, match="with whom"):
        decide(ward, both)
    with pytest.raises(Invalid, match="told everything"):
        decide(ward, both, EVA, "RelatedPerson/bo")
    made = decide(ward, both, EVA, "RelatedPerson/ana")
    one = ward.get(made.reference)
    assert sorted(each["detail"]["description"] for each in one["activity"]) == [
        "Drink 2 L a day, both clinics agree",
        "Non-weight-bearing, left leg, 6 weeks",
        "Weigh every morning",
    ]
    assert {each["reference"] for each in one["replaces"]} == {f"CarePlan/{each}" for each in ("cardio", "uro", "pt", "ortho")}
    assert {ward.get(f"CarePlan/{each}")["status"] for each in ("cardio", "uro", "pt", "ortho")} == {"revoked"}
    assert all(each.decided for each in issues(ward))
    assert not any(codes.is_open(ward.get(f"Task/{each.task}")) for each in issues(ward))
    assert [each["text"] for each in one["note"]] == [
        "Drink 2 L a day, both clinics agree",
        "Orthopedics: Non-weight-bearing, left leg, 6 weeks",
    ]
    ward.put(plan("cardio2", "Cardiology", "Limit fluids to 1 L"))
    assert [(each.rule, each.decided) for each in issues(ward) if not each.decided] == [("fluids", None)], "a new plan asks anew"
    assert not ward.violations()


def test_a_child_does_not_interpret(ward: Ward) -> None:
    ward.put(relative("kim", "Kim", born="2014-05-01"), relative("max", "Max", born="1990-05-01"))
    with ward.change(TOM) as change:
        task = promises.make_by_hand(change, patient=EVA, what="Family meeting", due=date(2026, 7, 9)).id
    for name in ("Kim Stone", "RelatedPerson/kim"):
        with pytest.raises(Invalid, match="child does not interpret"), ward.change(TOM) as change:
            communication.attempt(change, task=task, outcome="reached", language="vi", interpreter=name)
    with ward.change(TOM) as change:
        communication.attempt(change, task=task, outcome="reached", language="vi", interpreter="line 4471")


def test_a_barrier_is_no_condition_that_counts(ward: Ward) -> None:
    do(ward, "add_goal", patient="eva", words="Sleep", addresses="Noise at night")
    with ward.store.view(TOM) as view:
        assert "two-conditions" in {each.name for each in programs.entry(view, patient=EVA, program="chronic-care").missing}
