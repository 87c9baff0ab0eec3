"""The words of papers that leave: packets and requests in English, what a patient is sent in their own language as far as we speak it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from baton.desk import labels, privacy_words
from baton.duties.patients import chart_parts
from baton.duties.privacy import disclosure, packets
from baton.duties.privacy.accounting import Accounting, Entry
from baton.duties.privacy.disclosure import Rehearsal
from baton.duties.records.states import Request
from baton.paper import Block, Facts, Heading, Notice, Paper, Rows, Text

SPOKEN = ("en", "es")


@contextmanager
def spoken(language: str | None) -> Iterator[str]:
    """The words of this block in a patient's language, else in English."""
    code = (language or "en").split("-")[0]
    code = code if code in SPOKEN else "en"
    with translation.override(code):
        yield code


def packet(rehearsal: Rehearsal, patient: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[Paper, Mapping[str, str]]:
    """The packet's paper; it says nothing of what was withheld. With it, the titles of the sections of the FHIR document."""
    order = rehearsal.order
    own = order.recipient.kind in ("patient", "representative")
    stated: Mapping[str, Any] = next((each.get("language", {}) for each in patient.get("communication", ())), {}) if own else {}
    language = next((str(each.get("code")) for each in stated.get("coding", ())), "en")
    with spoken(language) as code:
        blocks: list[Block] = []
        if rehearsal.notice:
            with translation.override("en"):
                scopes = "\n".join(disclosure.scope(each) for each in rehearsal.scopes)
                blocks.append(Notice(f"{rehearsal.notice}\n{scopes}", _("Notice accompanying disclosure")))
        born = patient.get("birthDate", "")
        blocks.append(
            Facts(
                [
                    (_("Patient"), f"{rehearsal.name}{', ' + _('born') + ' ' + born if born else ''}"),
                    (_("To"), ", ".join(each for each in (order.recipient.name, order.recipient.address) if each)),
                    (_("Purpose"), labels.word(privacy_words.PURPOSES, order.purpose)),
                    (_("Under"), ", ".join(labels.word(privacy_words.PERMISSIONS, each) for each in rehearsal.permissions)),
                    *([(_("Asked on"), order.paper)] if order.paper else []),
                ]
            )
        )
        blocks.append(Heading(_("What is in this packet")))
        blocks.append(
            Rows(
                [_("What"), _("Of")],
                [[_titled(line), labels.birth_day(line.when) if line.when else ""] for line in rehearsal.leaving],
                (3, 1),
            )
        )
        blocks += list(_contents(rehearsal, parts))
        made = _("Made %(when)s") % {"when": labels.birth_day(rehearsal.now)}
        paper = Paper(_("Health records"), blocks, code, rehearsal.name, _("Confidential: for the recipient named here only"), made)
        return paper, {type_: labels.word(privacy_words.SECTIONS, type_) for type_ in packets.TYPES}


def _titled(line: disclosure.Line) -> str:
    return (
        f"{labels.word(privacy_words.SECTIONS, line.type)}: {line.title}" if line.title else labels.word(privacy_words.SECTIONS, line.type)
    )


def _contents(rehearsal: Rehearsal, parts: Mapping[str, Any]) -> Iterator[Block]:
    """Documents whose words we hold, then one table for each kind of entry."""
    for line in rehearsal.leaving:
        words = chart_parts.words(parts[line.reference]) if line.type == "DocumentReference" else ""
        if line.type == "DocumentReference":
            yield Heading(line.title or labels.word(privacy_words.SECTIONS, line.type), 2)
            yield Text(words or _("This document goes along as a file of its own, in the electronic part of this packet."))
    for type_ in packets.TYPES[1:]:
        lines = [line for line in rehearsal.leaving if line.type == type_]
        if lines:
            yield Heading(labels.word(privacy_words.SECTIONS, type_), 2)
            rows = [[line.title, labels.birth_day(line.when) if line.when else "", _value(parts[line.reference])] for line in lines]
            yield Rows([_("What"), _("When"), _("Value")], rows, (3, 1, 2))


def _value(resource: Mapping[str, Any]) -> str:
    """What an entry says besides its name."""
    quantity = resource.get("valueQuantity") or {}
    if quantity.get("value") is not None:
        return f"{quantity['value']} {quantity.get('unit', '')}".strip()
    dosage = next((str(each["text"]) for each in resource.get("dosageInstruction", resource.get("dosage", ())) if each.get("text")), "")
    return str(dosage or resource.get("valueString") or resource.get("conclusion") or "")


def record_request(request: Request, patient: Mapping[str, Any], *, reminder: bool) -> Paper:
    """The letter that asks another party for records. Always in English."""
    with translation.override("en"):
        names = " ".join([*patient.get("name", [{}])[0].get("given", ()), patient.get("name", [{}])[0].get("family", "")]).strip()
        facts = [
            (_("Patient"), names),
            (_("Born"), str(patient.get("birthDate", ""))),
            (_("We ask for"), request.what),
            (_("On the basis of"), labels.word(privacy_words.BASES, request.basis)),
        ]
        if request.needed_by:
            facts.append((_("Needed by"), labels.birth_day(request.needed_by)))
        again = [Notice(_("This is a reminder: we have not received everything we asked for."))] if reminder else []
        end = Text(_("If you cannot send them, please tell us why. Thank you."))
        title = _("Reminder: request for health records") if reminder else _("Request for health records")
        return Paper(title, [Facts([(_("To"), request.source), *facts]), *again, end], "en", request.source, _("Confidential"))


def answer(code: str, name: str, *, kind: str, reason: str, until: Any = None, ground: str = "", language: str | None = None) -> Paper:
    """The letter that tells the patient of an extension or a denial, in their language."""
    with spoken(language) as spoke:
        asked = labels.word(privacy_words.REQUESTS, code)
        if kind == "extension":
            said = _("We need more time to answer your request. We will answer by %(day)s.") % {"day": labels.birth_day(until)}
            blocks: list[Block] = [Text(said), Facts([(_("You asked for"), asked), (_("Why"), reason)])]
        else:
            blocks = [
                Text(_("We cannot do what you asked for.")),
                Facts([(_("You asked for"), asked), (_("Ground"), labels.word(privacy_words.GROUNDS, ground)), (_("Why"), reason)]),
                Text(
                    _(
                        "You may send us a statement that you disagree, or ask that your request goes along with the record. You may "
                        "complain to our privacy officer, or to the U.S. Department of Health and Human Services, Office for Civil Rights."
                    )
                ),
            ]
        return Paper(_("About your request"), blocks, spoke, name, _("Confidential"))


def accounting(found: Accounting, name: str, language: str | None = None) -> Paper:
    """The accounting of disclosures as the patient is given it: the lines the rule asks for, and what it leaves out."""
    with spoken(language) as spoke:
        head = [_("Date"), _("To"), _("What"), _("What for")]
        blocks: list[Block] = [
            Text(
                _("Disclosures of your health information from %(since)s to %(until)s.")
                % {"since": labels.birth_day(found.since), "until": labels.birth_day(found.until)}
            )
        ]
        if found.listed:
            blocks.append(Rows(head, [_line(each) for each in found.listed], (1.2, 2, 2, 1.5)))
        else:
            blocks.append(Text(_("There were none that the rule asks to list.")))
        out = ", ".join(labels.word(privacy_words.PERMISSIONS, row.code) for row in found.excludes)
        blocks += [
            Heading(_("What is not listed"), 2),
            Text(_("The rule leaves out: %(what)s.") % {"what": out}),
            Text(found.source, small=True),
        ]
        return Paper(_("Accounting of disclosures"), blocks, spoke, name, _("Confidential"))


def _line(entry: Entry) -> list[str]:
    when = labels.birth_day(entry.when)
    if entry.times > 1 and entry.last:
        when = _("%(first)s, last %(last)s, %(n)s times") % {"first": when, "last": labels.birth_day(entry.last), "n": entry.times}
    to = "\n".join(each for each in (entry.recipient, entry.address) if each)
    return [when, to, entry.description, labels.word(privacy_words.PURPOSES, entry.purpose)]
