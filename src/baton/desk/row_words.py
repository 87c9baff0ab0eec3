"""Why a row is on the list, in one line: what its rule asks, then the facts worth saying; else the first its trace knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import discharge_words, explain, readiness_words, referral_words
from baton.desk.labels import COMPLEXITIES, Words, day, moment, word
from baton.duties.today.rows import Row, Why


def why_line(row: Row) -> str:
    """Why a row is on the list, in one line: what the rule asks first, then the facts."""
    facts = row.why.facts
    parts = [asks] if (asks := _asks(row.kind, row.why)) else []
    if row.kind == "visit-after-discharge":
        parts.append(word(COMPLEXITIES, str(facts.get("complexity", "unknown"))))
    booked = facts.get("booked")
    if isinstance(booked, datetime):
        parts.append(_("booked %(when)s") % {"when": moment(booked)})
    if facts.get("discharged"):
        parts.append(_discharge(facts))
    parts += _going_home(facts)
    if facts.get("missing"):
        parts.append(_("missing: %(what)s") % {"what": readiness_words.missing(str(facts["missing"]))})
    if facts.get("referred-to"):
        parts += [_("sent to %(whom)s") % {"whom": facts["referred-to"]}, word(referral_words.URGENCIES, str(facts.get("urgency")))]
    for when, said in (("asked", _("Promised by %(name)s on %(when)s")), ("written", _("%(name)s wrote on %(when)s"))):
        if isinstance(at := facts.get(when), datetime):
            parts.append(said % {"name": facts.get(f"{when}-by", ""), "when": day(at)})
    line = " · ".join(parts or _known(row.why))
    return line[:1].upper() + line[1:]


def _known(why: Why) -> list[str]:
    """The first facts its trace knows, for a row of which nothing else is to be said."""
    return [f"{word(explain.FACTS, name)}: {explain.value(name, what)}" for name, what in why.known]


def _going_home(facts: Mapping[str, Any]) -> list[str]:
    expected = facts.get("expected")
    where = word(discharge_words.DESTINATIONS, str(facts.get("destination", "")))
    said = _("Expected to leave %(when)s, %(where)s") % {"when": moment(expected), "where": where} if isinstance(expected, datetime) else ""
    return [said] if said else []


def _discharge(facts: Mapping[str, Any]) -> str:
    where = [str(facts[name]) for name in ("facility", "reason") if facts.get(name)]
    return ", ".join([_("Discharged %(when)s") % {"when": moment(facts["discharged"])}, *where])


def _asks(kind: str, why: Why) -> str:
    booked = kind == "visit-after-discharge" and why.facts.get("booked")
    return word(ASKS, kind) if kind in ASKS and not booked else ""


ASKS: Words = {
    "contact-after-discharge": lazy("contact due in 2 business days"),
    "visit-after-discharge": lazy("no visit booked yet"),
    "medication-reconciliation": lazy("due by the day of the visit"),
    "discharge-information": lazy("the summary has not arrived"),
    "readmission-watch": lazy("30 days from the discharge"),
}
