"""By which permission something may leave, what labels ask for besides, what is enough, and which notice goes along.

Tables: data/disclosure.json, data/minimum-necessary.json, data/part2-notice.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from baton.rules.tables import Row, table

PART2, PSYCHOTHERAPY = "42CFRPart2", "PSYTHPN"
PURPOSES = (
    "TREAT", "CAREMGT", "ETREAT", "HPAYMT", "HOPERAT", "PATRQT", "FAMRQT", "PUBHLTH", "HCOMPL", "HLEGAL", "HRESCH", "THREAT", "HMARKT",
)  # fmt: skip
"""The purposes something is sent for: codes of v3-PurposeOfUse, the usual first."""
RECIPIENTS = (
    "provider", "facility", "pharmacy", "part2-program", "community", "payer", "patient", "representative", "family", "public-health",
    "oversight", "lawyer", "court", "law-enforcement", "researcher", "employer", "school", "other",
)  # fmt: skip
"""What a recipient can be."""
TPO = frozenset({"TREAT", "CAREMGT", "ETREAT", "HPAYMT", "HOPERAT"})
"""Treatment, payment and health care operations."""
EMERGENCY = "ETREAT"


def permission(purpose: str, recipient: str, day: date, *, paper: bool = False) -> Row | None:
    """The permission the rules give without asking the patient; None when there is none. `paper`: what such a request takes is there."""
    for row in _rows("permission", day):
        if purpose in row.values["purposes"] and recipient in row.values["recipients"] and (paper or not row.values["needs_paper"]):
            return row
    return None


def binds(code: str, purpose: str, recipient: str, day: date) -> bool:
    """Whether a restriction of this kind (restriction, self-pay) holds for this purpose and recipient."""
    return any(
        row.code == code
        and purpose in row.values["purposes"]
        and ("*" in row.values["recipients"] or recipient in row.values["recipients"])
        for row in _rows("restriction", day)
    ) and recipient not in ("patient", "representative")


def named(code: str, day: date) -> Row:
    """The permission with this code, whatever kind it is. Raises NoRuleError."""
    return table("disclosure").row(code, day)


def label(code: str, day: date) -> Row | None:
    """What a security label asks for besides; None when it asks for nothing."""
    return next((row for row in _rows("label", day) if row.code == code), None)


def counted(code: str, day: date) -> bool:
    """Whether a disclosure under this permission belongs in the accounting."""
    return bool(named(code, day).values["accounted"])


def accounting_rule(day: date) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """What the accounting includes and what it leaves out, with the rule's own words for why."""
    rows = [row for row in table("disclosure").in_force(day) if row.values["kind"] in ("permission", "by-consent", "outside")]
    return tuple(row for row in rows if row.values["accounted"]), tuple(row for row in rows if not row.values["accounted"])


def enough(purpose: str, recipient: str, day: date) -> Row | None:
    """The set that is proposed for this recipient and purpose; None when nothing is proposed and each item is chosen by a person."""
    for row in table("minimum-necessary").in_force(day):
        if row.values["kind"] == "set" and purpose in row.values["purposes"] and recipient in row.values["recipients"]:
            return row
    return None


def held_back(resource_type: str, recipient: str, day: date) -> tuple[Row, ...]:
    """The elements of such a resource that this kind of recipient does not need."""
    return tuple(
        row
        for row in table("minimum-necessary").in_force(day)
        if row.values["kind"] == "element"
        and row.values["type"] in (resource_type, "*")
        and ("*" in row.values["recipients"] or recipient in row.values["recipients"])
    )


def part2_notice(day: date) -> Row:
    """The statement of 42 CFR 2.32 in force on that day. Raises NoRuleError."""
    return table("part2-notice").row("statement-2", day)


def values(row: Row | None) -> Mapping[str, Any]:
    """A row's values; nothing for no row."""
    return row.values if row is not None else {}


def _rows(kind: str, day: date) -> list[Row]:
    return [row for row in table("disclosure").in_force(day) if row.values["kind"] == kind]
