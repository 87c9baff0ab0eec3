"""What a patient weighs, and who should take them: the worked examples of the table, and reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from baton.rules import workload
from baton.rules.tables import table
from baton.rules.workload import Candidate, Need

DAY = date(2026, 7, 2)


@pytest.mark.parametrize("example", table("workload").examples, ids=lambda each: each["what"])
def test_examples(example: dict[str, Any]) -> None:
    known = workload.weights(DAY)
    assert workload.BANDS[workload.band(example["kinds"], known)] == example["band"]
    assert workload.minutes(example["kinds"], known) == example["minutes"]
    assert workload.load(example["kinds"], DAY) == example["load"]


def who(name: str, load: float = 600, *, speaks: str = "", skill: str = "") -> Candidate:
    return Candidate(name, frozenset(speaks.split()), frozenset(skill.split()), load, 1500)


def first(need: Need, *among: Candidate) -> tuple[str, dict[str, str]]:
    best = workload.suggest(need, among, DAY)[0]
    return best.person, {each.code: each.value for each in best.reasons}


def test_a_common_language_comes_before_time() -> None:
    need = Need("yue", frozenset(), frozenset(), 20)
    assert first(need, who("tom", 100), who("priya", 1300, speaks="en yue")) == ("priya", {"language": "yue", "load": "88"})

    assert first(need, who("tom", 100), who("priya", 1900, speaks="en yue")) == ("priya", {"language": "yue", "over": "128"}), "though full"
    known = Need("yue", frozenset(), frozenset({"tom"}), 20)
    assert first(known, who("tom", 100), who("priya", 1900, speaks="en yue"))[0] == "priya"


def test_whoever_knows_them_comes_before_who_has_a_little_more_time_but_not_when_overloaded() -> None:
    need = Need("en", frozenset(), frozenset({"tom"}), 20)
    assert first(need, who("tom", 700), who("priya", 500)) == ("tom", {"knows": "", "load": "48"})
    assert first(need, who("tom", 1495), who("priya", 500))[0] == "priya"


def test_a_missing_skill_is_said() -> None:
    need = Need(None, frozenset({"diabetes-education"}), frozenset(), 20)
    assert first(need, who("tom", 900, skill="diabetes-education"), who("priya", 600))[0] == "tom"
    assert first(need, who("priya", 600))[1] == {"no-skill": "diabetes-education", "load": "41"}


def test_skills_asked_for_by_problems_and_by_age() -> None:
    sugar = [("http://snomed.info/sct", "44054006")]
    assert workload.skills_for(sugar, 40, DAY) == {"diabetes-education"}
    assert workload.skills_for([], 9, DAY) == {"pediatrics"}
    assert workload.skills_for([("urn:other", "44054006")], 40, DAY) == frozenset()
