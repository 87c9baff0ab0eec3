"""Words for what must be in the chart before a visit, where it stands, and whom it is asked of."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as lazy

from baton.desk import labels
from baton.rules.readiness import Item

ITEMS: labels.Words = {
    "referral-note": lazy("Referral or visit note"),
    "discharge-summary": lazy("Discharge summary"),
    "ecg": lazy("ECG"),
    "echo": lazy("Echocardiogram"),
    "imaging": lazy("Imaging report"),
    "pathology": lazy("Pathology report"),
    "kidney-function": lazy("Kidney function"),
    "potassium": lazy("Potassium"),
    "blood-count": lazy("Blood count"),
    "spirometry": lazy("Spirometry"),
    "oxygen": lazy("Oxygen saturation"),
    "urine-albumin": lazy("Albumin in urine"),
    "medicines": lazy("List of medicines"),
    "coverage": lazy("Coverage in force"),
    "consent": lazy("Signed consent"),
}
STANDINGS: labels.Words = {"have": lazy("there"), "old": lazy("too old"), "asked": lazy("asked for"), "missing": lazy("missing")}
MARKS = {"have": "calm", "asked": "wait"}
"""What is not there is as urgent as its visit is near."""


def listed(items: Iterable[Item]) -> str:
    """Several of them, as a request says them."""
    return ", ".join(labels.word(ITEMS, each.code) for each in items)


def missing(codes: str) -> str:
    """What a promise says is missing."""
    return ", ".join(labels.word(ITEMS, each.strip()) for each in codes.split(",") if each.strip())


FILTERS = {
    "ready_item": lambda code: labels.word(ITEMS, code),
    "ready_standing": lambda code: labels.word(STANDINGS, code),
    "ready_mark": lambda code: MARKS.get(code, ""),
}
