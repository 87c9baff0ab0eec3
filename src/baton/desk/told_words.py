"""Words for who was told of a changed appointment: what happened, why they are told, how, and how far it got."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from baton.desk import labels
from baton.desk.message_words import EVIDENCE, NOT_YET, RECEIPTS
from baton.duties.scheduling.told import SENT, Known, Notice

KINDS: labels.Words = {
    "moved": pgettext_lazy("appointment notice", "Changed"),
    "cancelled": pgettext_lazy("appointment notice", "Cancelled"),
    "rebooked": pgettext_lazy("appointment notice", "Booked"),
}
ROLES: labels.Words = {
    "patient": lazy("the patient"),
    "caregiver": lazy("let in by the patient"),
    "companion": lazy("comes along"),
    "clinician": lazy("clinician"),
    "interpreter": lazy("interpreter"),
    "place": lazy("place"),
    "service": lazy("service"),
    "referral": lazy("has the referral"),
    "promise": lazy("owes what depends on it"),
}
HOWS: labels.Words = {
    "email": lazy("by e-mail"),
    "sms": lazy("by text"),
    "did-it": lazy("did it themselves"),
    "on-today": lazy("sees it on Today"),
    "same-address": lazy("at an address where it went already"),
    "no-way": lazy("no e-mail or text to write to: call them"),
    "not-this-way": lazy("asked not to be reached this way: call them as they allow"),
    "may-not-know": lazy("may not be told of appointments"),
}
SETTLED = ("did-it", "on-today", "same-address", "may-not-know")
"""How somebody knows, or must not: nothing more is to be done about them."""


def notice(each: Notice) -> dict[str, Any]:
    """One change for the page: its heading, and a row for everybody it concerned."""
    return {
        "id": each.id,
        "kind": labels.word(KINDS, each.kind),
        "at": each.at,
        "by": each.by,
        "was": each.was,
        "rows": [_row(known, each) for known in each.parties],
    }


def _row(known: Known, whole: Notice) -> dict[str, Any]:
    steps = [_step(known, kind) for kind in RECEIPTS] if known.how not in SETTLED else []
    waits = known.how not in (*SENT, *SETTLED) and not known.has("read")
    return {
        "ref": known.ref,
        "name": known.name,
        "role": labels.word(ROLES, known.role),
        "kind": labels.word(KINDS, known.kind) if known.kind != whole.kind else "",
        "how": labels.word(HOWS, known.how),
        "known": " · ".join(words for there, words in steps if known.how in SENT or there),
        "mark": ("late" if known.role in ("patient", "interpreter") else "soon") if waits else "",
        "next": "" if known.how in SETTLED else "read" if not known.has("read") else "accepted" if not known.has("accepted") else "",
    }


def _step(known: Known, kind: str) -> tuple[bool, str]:
    """Whether one thing is known, and what is said of it."""
    found = next((each for each in known.receipts if each.kind == kind), None)
    if found is None:
        return False, labels.word(NOT_YET, kind)
    said = {"what": labels.word(RECEIPTS, kind), "when": labels.moment(found.at), "how": labels.word(EVIDENCE, found.evidence)}
    return True, _("%(what)s %(when)s (%(how)s)") % said
