"""The words of where a fact is from: kinds of facts, how somebody said it, through which entrance it came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import chart_words, labels
from baton.duties.records.sources import Came, Source
from baton.packs import assessments

KINDS: labels.Words = {
    "person": pgettext_lazy("facts", "who they are"),
    "problem": pgettext_lazy("facts", "problems"),
    "allergy": pgettext_lazy("facts", "allergies"),
    "medicine": pgettext_lazy("facts", "medicines"),
    "result": pgettext_lazy("facts", "results"),
    "vaccine": pgettext_lazy("facts", "vaccines"),
    "procedure": pgettext_lazy("facts", "procedures"),
    "family": pgettext_lazy("facts", "family history"),
    "device": pgettext_lazy("facts", "devices and supplies"),
    "visit": pgettext_lazy("facts", "stays and visits"),
    "plan": pgettext_lazy("facts", "plans, goals and orders"),
    "need": pgettext_lazy("facts", "social needs"),
    "answer": pgettext_lazy("facts", "answers and findings"),
    "document": pgettext_lazy("facts", "documents and notes"),
    "people": pgettext_lazy("facts", "people around them"),
    "coverage": pgettext_lazy("facts", "coverage"),
    "wish": pgettext_lazy("facts", "wishes and warnings"),
}
PARTS: labels.Words = {
    "name": lazy("Name"),
    "birthDate": lazy("Date of birth"),
    "gender": lazy("Sex"),
    "deceased": lazy("Deceased"),
    "identifier": lazy("Record number"),
    "telecom": lazy("Telephone and e-mail"),
    "address": lazy("Address"),
    "communication": lazy("Language"),
    "maritalStatus": lazy("Marital status"),
    "contact": lazy("Contacts a hospital sent"),
    "generalPractitioner": lazy("Primary care"),
    "managingOrganization": lazy("Kept by"),
    "race": lazy("Race"),
    "ethnicity": lazy("Ethnicity"),
    "birthsex": lazy("Sex at birth"),
    "interpreter": lazy("Interpreter"),
    "preferences": lazy("How to talk to them"),
}
_SAID, _WROTE, _DID = lazy("said by"), lazy("written by"), lazy("done by")
_ORDERED, _HELD = lazy("ordered by"), lazy("kept by")
HOW: labels.Words = {
    **dict.fromkeys(("informant", "asserter", "informationSource", "source", "expressedBy", "reportOrigin"), _SAID),
    **dict.fromkeys(("author", "authenticator", "custodian", "assessor", "contributor"), _WROTE),
    **dict.fromkeys(
        ("performer", "participant", "operator", "interpreter", "resultsInterpreter", "serviceProvider", "supplier", "authority"), _DID
    ),
    **dict.fromkeys(("requester", "orderer", "prescriber", "referrer"), _ORDERED),
    **dict.fromkeys(("organization", "managingOrganization", "careManager"), _HELD),
    "recorder": lazy("recorded by"),
    "here": lazy("entered here by"),
}
"""How somebody stands to a fact, by the element that names them."""
ENTRANCES: labels.Words = {
    "desk": lazy("on these pages"),
    "portal": lazy("through the portal"),
    "api": lazy("through another program"),
    "load": lazy("loaded from a file"),
    "worker": lazy("by the hub itself"),
    "cli": lazy("from the command line"),
    "demo": lazy("with the demonstration town"),
}


def came(one: Came) -> str:
    """One writing in a line: when, by whom, through which entrance, from which file or app."""
    mark = one.mark.removeprefix("file ")
    by = "" if one.program else one.by
    told = [labels.moment(one.at), by, labels.word(ENTRANCES, one.entrance) + (f" ({mark})" if mark else "")]
    return " · ".join(each for each in told if each)


def fact_text(one: Source) -> str:
    """What a fact is, in the reader's words where it is a code."""
    if one.part:
        return _part(one)
    if one.kind == "answer" and (found := assessments.library().get(one.text)):
        return found.said(get_language()).title
    return one.text or _("without a name")


def _part(one: Source) -> str:
    if one.part == "birthDate":
        try:
            return labels.birth_day(date.fromisoformat(one.text))
        except ValueError:
            return one.text
    if one.part == "gender":
        return labels.word(labels.GENDERS, one.text)
    if one.part == "communication":
        return labels.language_name(one.text)
    if one.part == "preferences":
        first, *rest = one.text.split(" · ")
        return " · ".join(filter(None, (labels.word(chart_words.CHANNELS, first) if first in chart_words.CHANNELS else first, *rest)))
    return one.text or _("recorded")


def fact_kind(one: Source) -> str:
    """What kind of fact it is; of the Patient's own, which."""
    return labels.word(PARTS, one.part) if one.part else labels.word(KINDS, one.kind)


FILTERS: dict[str, Callable[..., str]] = {
    "came": came,
    "fact_text": fact_text,
    "fact_kind": fact_kind,
}
