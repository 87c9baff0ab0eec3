"""The privacy rules against their own worked examples, and the notice in its one wording."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from baton.rules import authorisation, permissions, privacy_clocks
from baton.rules.tables import table

DAY = date(2026, 11, 26)
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "example", table("authorisation").examples, ids=lambda each: f"{each['law']}-{'-'.join(each['lacking']) or 'whole'}"
)
def test_what_a_form_lacks(example: dict[str, list[str]]) -> None:
    found = authorisation.lacking(example["law"], example["given"], DAY, example.get("circumstances", ()))  # type: ignore[arg-type]
    assert [row.code for row in found] == example["lacking"]
    assert all(row.values["element"] for row in found), "each names the element"


@pytest.mark.parametrize("example", table("disclosure").examples, ids=lambda each: f"{each['purpose']}-{each['recipient']}")
def test_permission_and_accounting(example: dict[str, object]) -> None:
    found = permissions.permission(str(example["purpose"]), str(example["recipient"]), DAY, paper=bool(example.get("paper")))
    assert (found.code if found else None) == example["permission"]
    assert (permissions.counted(found.code, DAY) if found else False) == example["accounted"]


def test_the_accounting_leaves_out_what_the_rule_leaves_out() -> None:
    included, excluded = permissions.accounting_rule(DAY)
    assert {row.code for row in included} >= {"public-health", "legal-process", "oversight"}
    out = {"treatment", "payment", "operations", "individual", "incidental", "authorisation", "directory", "involved", "national-security"}
    assert {row.code for row in excluded} >= out | {"custody", "limited-data-set"}


@pytest.mark.parametrize("example", table("minimum-necessary").examples, ids=lambda each: f"{each['recipient']}-{each['purpose']}")
def test_what_is_proposed(example: dict[str, str]) -> None:
    found = permissions.enough(example["purpose"], example["recipient"], DAY)
    assert (found.code if found else None) == example["set"]


@pytest.mark.parametrize("example", table("privacy-clocks").examples, ids=lambda each: f"{each['code']}-{each['received']}")
def test_clocks(example: dict[str, str]) -> None:
    received = date.fromisoformat(example["received"])
    assert privacy_clocks.due(example["code"], received).value == date.fromisoformat(example["due"])
    if "extended" in example:
        assert privacy_clocks.extended(example["code"], received).value == date.fromisoformat(example["extended"])


def test_juneteenth_does_not_count_before_a_reminder() -> None:
    steps = privacy_clocks.due("record-request", date(2026, 6, 15)).steps
    assert any(step.reason == "juneteenth" for step in steps)


def test_six_years_and_the_free_accounting() -> None:
    assert privacy_clocks.accounting_start(DAY) == date(2020, 11, 26)
    assert privacy_clocks.accounting_start(date(2024, 2, 29)) == date(2018, 2, 28)
    assert privacy_clocks.is_free(DAY, [date(2025, 11, 26)])
    assert not privacy_clocks.is_free(DAY, [date(2025, 11, 27)])


def test_what_is_not_extended() -> None:
    with pytest.raises(ValueError, match="not extended"):
        privacy_clocks.extended("restriction-request", DAY)


def test_the_notice_is_the_statement_of_2024() -> None:
    assert permissions.part2_notice(DAY).values["text"] == "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


@pytest.mark.parametrize("example", table("denials").examples, ids=lambda each: each["request"])
def test_the_grounds_of_a_denial(example: dict[str, object]) -> None:
    assert [row.code for row in privacy_clocks.grounds(str(example["request"]), DAY)] == example["grounds"]
    assert all(privacy_clocks.grounds(code, DAY) for code in privacy_clocks.REQUESTS), "every request can be denied on some ground"


OLD = (
    r"prohibits\s+unauthorized\s+disclosure\s+of\s+these\s+records",
    r"general\s+authorization\s+for\s+the\s+release\s+of\s+(medical|other)",
    r"making\s+any\s+further\s+disclosure\s+of\s+(this\s+)?information\s+in\s+this\s+record",
    r"federal\s+rules\s+prohibit\s+you\s+from\s+making",
    r"criminally\s+investigate\s+or\s+prosecute",
)


def test_no_older_wording_of_the_notice_anywhere_in_the_product() -> None:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for line in listed.stdout.split("\n"):
        path = ROOT / line
        if not line or path == Path(__file__) or not path.is_file() or path.suffix in {".gz", ".mo", ".png"}:
            continue
        text = path.read_text(errors="replace")
        for old in OLD:
            assert not re.search(old, text, re.I), f"{line} has a wording from before 2024"
