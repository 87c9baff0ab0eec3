"""Words of threads, calls and the people around a patient: topics, turns, receipts, permissions, interpreters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from baton.desk import labels
from baton.desk.labels import Words
from baton.duties.contact.threads import Message, Thread
from baton.duties.patients.network import Permission

TOPICS: Words = {
    "referral": lazy("Referral"),
    "discharge": lazy("Going home"),
    "appointment": lazy("Appointment"),
    "concern": lazy("Concern"),
    "other": lazy("Something else"),
}
TURNS: Words = {
    "ours": lazy("We owe an answer"),
    "colleague": lazy("A colleague was asked"),
    "theirs": lazy("Their turn"),
    "nobody": lazy("Nobody waits"),
}
RECEIPTS: Words = {"delivered": lazy("delivered"), "read": lazy("read"), "accepted": lazy("accepted")}
NOT_YET: Words = {
    "delivered": lazy("not known to be delivered"),
    "read": lazy("not known to be read"),
    "accepted": lazy("not accepted"),
}
EVIDENCE: Words = {
    "portal": lazy("in the portal"),
    "smtp": lazy("a mail server took the notice"),
    "text": lazy("the notice left as a text message"),
    "fax-receipt": lazy("receipt of a fax"),
    "mail-receipt": lazy("receipt of a letter"),
    "telephone": lazy("by telephone"),
    "in-person": lazy("face to face"),
    "signed": lazy("a signed answer"),
    "answered": lazy("they answered"),
    "link": lazy("by their link"),
    "text-answer": lazy("they answered by text"),
}
BY_HAND = ("telephone", "in-person", "signed", "fax-receipt", "mail-receipt")
"""What a person may note as evidence; the rest the hub sees by itself."""
NOTICES: Words = {
    "email": lazy("told by e-mail that there is a message"),
    "sms": lazy("told by text that there is a message"),
    "known-already": lazy("was told before, and has not read yet"),
    "no-access": lazy("cannot sign in to the portal: call them"),
    "no-way": lazy("chose no e-mail or text: call them"),
    "not-this-way": lazy("asked not to be reached this way: call them as they allow"),
    "no-link": lazy("has no link that works: send a new one"),
}
STANDINGS: Words = {
    "holds": lazy("holds"),
    "expired": lazy("expired: ask again"),
    "consent-ended": lazy("the consent has ended"),
    "nothing": lazy("nothing may be told"),
    "not-asked": lazy("not asked yet: tell nothing"),
    "not-active": lazy("no longer a contact"),
}
STANDING_MARKS = {"holds": "calm", "expired": "late", "consent-ended": "late", "nothing": "late", "not-asked": "soon", "not-active": ""}
SOURCES: Words = {
    "patient-said": lazy("the patient said so"),
    "patient-wrote": lazy("the patient wrote so"),
    "consent": lazy("a signed consent"),
    "representative": lazy("decides for the patient by law"),
}
TOLD: Words = {
    "everything": lazy("everything"),
    "appointments": lazy("appointments only"),
    "nothing": lazy("nothing"),
}
VOICEMAIL: Words = {
    "allowed": lazy("Safe to leave a voicemail: no health information in it."),
    "as-asked": lazy("Safe to leave a voicemail: no health information in it."),
    "voicemail-not-asked": lazy("Nobody has asked about voicemail: leave none."),
    "no-voicemail": lazy("Never leave a voicemail."),
    "no-phone": lazy("Do not call: the patient asked for no calls."),
    "not-at-home": lazy("Leave no voicemail at home."),
    "only-the-other-way": lazy("Leave a voicemail only at the other number they gave."),
}
INTERPRETERS: Words = {
    "qualified": lazy("Qualified interpreter"),
    "staff": lazy("Staff who speaks it"),
    "companion": lazy("Somebody close to them, an adult"),
}


def due_tag(thread: Thread, now: datetime) -> tuple[str, str]:
    """The urgency of what is owed about a thread, and when it is due, in words; empty when nothing is."""
    if thread.due is None:
        return "", ""
    left = thread.due - now
    if left <= timedelta(0):
        return "late", _("%(span)s late") % {"span": labels.span(-left)}
    if thread.turn == "theirs":
        return "wait", labels.day(thread.due)
    return ("soon", _("today")) if thread.due.date() == now.date() else ("", labels.day(thread.due))


def said_line(thread: Thread) -> str:
    """Who wrote last, when, and how much was said."""
    count = ngettext("%(n)s message", "%(n)s messages", thread.count) % {"n": thread.count}
    last = _("%(who)s, %(when)s") % {"who": thread.last_by, "when": labels.moment(thread.last)} if thread.last else ""
    return " · ".join(part for part in (last, count) if part)


def known(message: Message) -> list[dict[str, Any]]:
    """For each reader outside: delivered, read, accepted, each with its time and evidence or that it is not known; how they were told."""
    told = dict(message.notices)
    return [
        {"ref": ref, "name": name, "told": labels.word(NOTICES, told.get(ref)), "steps": _steps(message, ref)} for ref, name in message.to
    ]


def _steps(message: Message, who: str) -> list[dict[str, Any]]:
    """What is known, step by step: what was read has arrived, whether or not anybody noted that it did."""
    steps = [_step(message, who, kind) for kind in RECEIPTS]
    return steps if steps[0]["known"] or not steps[1]["known"] else steps[1:]


def _step(message: Message, who: str, kind: str) -> dict[str, Any]:
    found = next((each for each in message.receipts if (each.kind, each.who) == (kind, who)), None)
    if found is None:
        return {"known": False, "words": labels.word(NOT_YET, kind)}
    said = {"what": labels.word(RECEIPTS, kind), "when": labels.moment(found.at), "how": labels.word(EVIDENCE, found.evidence)}
    return {"known": True, "words": _("%(what)s %(when)s (%(how)s)") % said}


def permission(kept: Permission) -> str:
    """What somebody may be told, on which ground and until when, in one line."""
    said = [labels.word(SOURCES, kept.source)] if kept.source else []
    said += [_("until %(day)s") % {"day": labels.birth_day(kept.until)}] if kept.until else []
    said += [_("heard by %(name)s on %(day)s") % {"name": kept.by, "day": labels.birth_day(kept.on)}] if kept.by and kept.on else []
    return " · ".join(said)


FILTERS: dict[str, Callable[..., object]] = {
    "said_line": said_line,
    "permission_line": permission,
    "told_mark": lambda code: STANDING_MARKS.get(code, ""),
}
WORDS: dict[str, Words] = {
    "topic_name": TOPICS,
    "turn_name": TURNS,
    "told_standing": STANDINGS,
    "told_short": TOLD,
    "interpreter_name": INTERPRETERS,
    "voicemail_words": VOICEMAIL,
}
