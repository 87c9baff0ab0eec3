"""Filters and tags of the desk's templates: every value is put into words here, never in a template."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict
from django.utils.translation import gettext as _

from baton.desk import chart_words, labels

register = template.Library()

for name, function in {
    "birth_day": labels.birth_day,
    "days_long": labels.days_long,
    "patients_in_care": labels.count_patients,
    "day": labels.day,
    "due_mark": labels.due_mark,
    "due_words": labels.due_words,
    "initials": labels.initials,
    "language_name": labels.language_name,
    "long_day": labels.long_day,
    "moment": labels.moment,
    "row_title": labels.row_title,
    "span": labels.span,
    "why_line": labels.why_line,
    **chart_words.FILTERS,
}.items():
    register.filter(name, function)


def _words(name: str, table: labels.Words) -> None:
    register.filter(name, lambda code: labels.word(table, code))


_words("promise_name", labels.PROMISES)
_words("outcome_name", labels.OUTCOMES)
_words("role_name", labels.ROLES)
_words("state_name", labels.STATES)
_words("whose_name", labels.WHOSE)
_words("complexity_name", labels.COMPLEXITIES)
_words("complexity_short", labels.COMPLEXITIES_SHORT)
_words("medicine_change", labels.MEDICINE_CHANGES)


@register.filter
def gender_age(who: Any) -> str:
    """Sex and age of anything that has `gender` and `age`."""
    return labels.gender_age(who.gender, who.age)


@register.filter
def speaks(who: Any) -> str:
    """Language and interpreter of anything that has `language` and `interpreter`; empty when nothing needs saying."""
    return labels.speaks(who.language, who.interpreter)


@register.filter
def contact_notes(contact: Any) -> str:
    """How a contact is best called."""
    return labels.contact_notes(contact.use, contact.best_time, contact.voicemail_ok)


@register.filter
def state_mark(state: str) -> str:
    """The urgency class of a state."""
    return labels.MARKS.get(state, "")


@register.filter
def medicine_mark(change: str) -> str:
    """The urgency class of a change to a medicine."""
    return labels.MEDICINE_MARKS.get(change, "")


@register.filter
def tel(phone: str | None) -> str:
    """The address that dials a phone number."""
    return "tel:" + "".join(character for character in phone or "" if character in "+0123456789")


@register.simple_tag(takes_context=True)
def address(context: dict[str, Any], **changes: Any) -> str:
    """The page's own address with some parameters changed (None or empty takes one away): filters live in the address."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag
def yes_no(value: bool | None) -> str:
    """Yes, no, or not known."""
    return _("not known") if value is None else _("yes") if value else _("no")


@register.filter
def undo_address(tags: str) -> str:
    """The way back a message carries, if any."""
    return next((tag.removeprefix("undo:") for tag in tags.split() if tag.startswith("undo:")), "")


@register.simple_tag
def address_for(own: str, **changes: Any) -> str:
    """The address of the same list with some filters changed (None takes one away)."""
    query = QueryDict(own, mutable=True)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"
