"""The 4Ms of one patient on their programs page: each with what they said, what the chart adds, and what is owed about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from baton.desk import asking, labels, support_words
from baton.duties.programs.four_ms import ASSESSMENT, FourMs, M
from baton.packs.assessments import library

NAMES: labels.Words = {
    "matters": lazy("What matters"),
    "medication": pgettext_lazy("4Ms", "Medication"),
    "mentation": pgettext_lazy("4Ms", "Mentation"),
    "mobility": pgettext_lazy("4Ms", "Mobility"),
}


def card(found: FourMs | None, own: str | None) -> dict[str, Any] | None:
    """The four in words; None where there is nothing to show."""
    if found is None:
        return None
    return {"asked": found.asked, "assessment": ASSESSMENT, "ms": [_m(each, found, own) for each in found.ms]}


def _m(it: M, found: FourMs, own: str | None) -> dict[str, Any]:
    words = library()[ASSESSMENT].said(own)
    said = [(words.items[link], words.answer(item, one)) for link, one in it.said if (item := library()[ASSESSMENT].item(link)) is not None]
    sums = [each for each in asking.sums(found.asked) if it.sums] if found.asked else []
    owed = [(labels.word(support_words.FINDINGS, each.finding) if each.step is None else each.step.said(own), each) for each in it.owed]
    return {"it": it, "name": labels.word(NAMES, it.code), "said": said, "sums": sums, "owed": owed}
