"""The worked examples of the table, and its edges."""

from __future__ import annotations

from datetime import date

import pytest

from baton.rules import sensitivity
from baton.rules.tables import table

DAY = date(2026, 7, 2)


@pytest.mark.parametrize("example", table("sensitivity").examples, ids=lambda example: f"{example['value']}-{example.get('age', '')}")
def test_the_worked_examples(example: dict) -> None:
    found = sensitivity.by_code([(example["system"], example["value"])], DAY)
    if example.get("program"):
        found += sensitivity.by_program("Organization/program", DAY)
    if "age" in example:
        found += sensitivity.by_age([each.label for each in found], date(DAY.year - example["age"], 7, 2), DAY, DAY)
    assert [each.label for each in found] == example["labels"]
    assert all("rule " in each.why for each in found)


def test_the_eighteenth_birthday_is_the_first_day_that_is_no_minors() -> None:
    born = date(2008, 7, 3)
    assert [each.label for each in sensitivity.by_age(["SEX"], born, date(2026, 7, 2), DAY)] == ["ADOL"]
    assert sensitivity.by_age(["SEX"], born, date(2026, 7, 3), DAY) == []
    assert sensitivity.by_age(["SEX"], None, DAY, DAY) == []


def test_nothing_is_sensitive_before_its_rule_was_in_force() -> None:
    assert sensitivity.by_code([("http://hl7.org/fhir/sid/icd-10-cm", "B20")], date(2010, 1, 1)) == []
