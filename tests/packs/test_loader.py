"""The packs: valid FHIR, and every promise of a pathway has a clock, a source, an owner role and something that clears it."""

from __future__ import annotations

import pytest

from baton.duties import codes, plans
from baton.duties.transitions.upkeep import STANDINGS
from baton.fhir.validate import check
from baton.packs import loader
from baton.rules import referrals
from baton.rules.clocks import CLOCKS
from baton.rules.discharge import is_adult

ALL = loader.everything()


@pytest.mark.parametrize("resource", ALL, ids=lambda each: f"{each['resourceType']}/{each['id']}")
def test_every_resource_is_valid_fhir(resource):
    assert [issue for issue in check(resource) if issue.severity == "error"] == []


def test_every_resource_is_there_once():
    names = [(each["resourceType"], each["id"]) for each in ALL]
    assert len(names) == len(set(names))
    assert {("Device", "baton"), ("Organization", "intake"), ("PlanDefinition", "transitional-care-adult")} <= set(names)


def test_the_pathway_promises_what_the_vocabulary_knows():
    plan_definition = loader.plan_definition("transitional-care-adult")
    plan = plans.read(plan_definition)
    assert plan.canonical == "https://baton.example/fhir/PlanDefinition/transitional-care-adult|1"
    assert plan.conditions == ("adult-at-discharge", "to-community")
    known = {concept["code"] for each in ALL if each["id"] == "promise" for concept in each["concept"]}
    for step in plan.steps:
        assert step.code in known and step.clock in CLOCKS and step.source and step.clears
    assert [step.code for step in plan.steps] == [codes.CONTACT, codes.VISIT, codes.RECONCILIATION, codes.INFORMATION, codes.WATCH]
    assert set(STANDINGS) == {step.code for step in plan.steps} - {codes.WATCH}
    for action in plans.actions(plan_definition):
        if "code" in action:
            assert action["participant"] and action["reason"] and action["documentation"]


def test_a_referral_promises_what_the_vocabulary_knows():
    plan = plans.read(loader.plan_definition("referral"))
    known = {concept["code"] for each in ALL if each["id"] == "promise" for concept in each["concept"]}
    assert [step.code for step in plan.steps] == [f"referral-{step}" for step in referrals.STEPS]
    assert all(step.code in known and step.source and step.clears for step in plan.steps)


def test_the_age_of_the_pathway_is_the_age_of_the_rule():
    plan_definition = loader.plan_definition("transitional-care-adult")
    assert plan_definition["useContext"][0]["valueRange"]["low"]["value"] == is_adult.__defaults__[0]


def test_a_pack_that_is_not_there():
    with pytest.raises(LookupError):
        loader.plan_definition("nothing")
    with pytest.raises(FileNotFoundError):
        loader.load("nothing")
