"""Which looks are unusual: every worked example of the table, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baton.rules import looking
from baton.rules.looking import Looked
from baton.rules.tables import table

ZONE = ZoneInfo("America/New_York")
NOON = datetime(2026, 7, 2, 16, 0, tzinfo=UTC)
EXAMPLES = table("looking").examples


def looked(example: Mapping[str, Any]) -> Looked:
    addresses = example["flag"] == "neighbour"
    staff, patient = tuple(example.get("staff", ())), tuple(example.get("patient", ()))
    return Looked(
        role=example.get("role", "coordinator"),
        at=datetime.fromisoformat(example["at"]) if "at" in example else NOON,
        staff_names=() if addresses else staff,
        patient_names=() if addresses else patient,
        staff_addresses=staff if addresses else (),
        patient_addresses=patient if addresses else (),
        same_person=example.get("same", False),
        works_here=example.get("works_here", False),
        vip=example.get("vip", False),
        related=example.get("related", True),
        charts=example.get("charts", 1),
        night=example.get("night", 0),
    )


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "flag" in each], ids=str)
def test_worked_examples_of_flags(example: Mapping[str, Any]) -> None:
    found = {flag.code: flag for flag in looking.flags(looked(example), ZONE)}
    assert (example["flag"] in found) is example["flagged"]
    for flag in found.values():
        assert flag.facts and flag.source and flag.version == "2026-1" and flag.rule == f"looking/{flag.code}"


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "clock" in each], ids=str)
def test_worked_examples_of_clocks(example: Mapping[str, Any]) -> None:
    answer = looking.due(example["clock"], date.fromisoformat(example["day"]))
    assert answer.value == date.fromisoformat(example["due"]) and answer.source


def test_an_ordinary_look_raises_nothing() -> None:
    assert looking.flags(Looked("coordinator", NOON, ("Cole",), ("Delgado",)), ZONE) == []


def test_every_flag_has_a_row_and_every_row_a_rule() -> None:
    assert set(looking.codes("flag", NOON.date())) == set(looking.FLAGS)
    assert looking.codes("reason", NOON.date()) == ("emergency", "direct-care", "patient-called", "other")
    assert looking.fewest_words("other", NOON.date()) == 10
