"""The rules about messages against their own worked examples."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from baton.rules import messages
from baton.rules.tables import table

TABLE = table("messages")


@pytest.mark.parametrize("example", TABLE.examples, ids=lambda each: "-".join(str(value) for value in each.values()))
def test_worked_examples(example: dict[str, Any]) -> None:
    day = date.fromisoformat(example.get("day", "2026-11-26"))
    if "clock" in example:
        assert messages.due(example["clock"], day).value == date.fromisoformat(example["due"])
    elif "evidence" in example:
        proved = [each for each in messages.RECEIPTS if messages.proves(example["evidence"], each, day)]
        assert proved == example["proves"]
    elif "topic" in example:
        assert messages.covers(example["told"], example["topic"], day) is example["covers"]
    elif "born" in example:
        assert messages.may_interpret(date.fromisoformat(example["born"]), day) is example["may_interpret"]
    else:
        assert messages.asked_again(date.fromisoformat(example["verbal"])) == date.fromisoformat(example["until"])


def test_every_number_has_an_example() -> None:
    shown = {str(each.get(key)) for each in TABLE.examples for key in ("clock", "evidence", "told") if key in each}
    kinds = {row.code for row in TABLE.rows if row.values["kind"] in ("clock", "evidence", "told")}
    assert kinds <= shown


def test_no_receipt_of_a_machine_is_an_acceptance() -> None:
    machines = ("fax-receipt", "mail-receipt", "smtp", "text", "nobody-knows-this")
    assert not any(messages.proves(each, kind, date(2026, 11, 26)) for each in machines for kind in ("read", "accepted"))


def test_a_topic_has_a_clock_each() -> None:
    assert all(messages.due(f"answer-{topic}", date(2026, 7, 6)).value > date(2026, 7, 6) for topic in messages.TOPICS)
