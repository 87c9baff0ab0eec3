"""Filters and tags of the desk's templates: every value is put into words here, never in a template."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from baton.desk import (
    app_words,
    chart_words,
    community_words,
    explain,
    labels,
    looking_words,
    message_words,
    people_words,
    privacy_words,
    program_words,
    readiness_words,
    rooms,
    row_words,
    scheduling_words,
    slips,
    source_lines,
    source_words,
    support_words,
    team_words,
)
from baton.duties.patients.panel import PanelRow
from baton.duties.support import safety_bar as safety_duty
from baton.duties.today.rows import Row
from baton.store.glass import open_until

register = template.Library()
FILTERS: dict[str, Callable[..., object]] = {
    "birth_day": labels.birth_day,
    "days_long": labels.days_long,
    "patients_in_care": labels.count_patients,
    "day": labels.day,
    "due_mark": labels.due_mark,
    "due_words": labels.due_words,
    "ended_words": explain.ended_words,
    "initials": labels.initials,
    "language_name": labels.language_name,
    "long_day": labels.long_day,
    "moment": labels.moment,
    "row_title": labels.row_title,
    "span": labels.span,
    "why_line": row_words.why_line,
    "record_did": looking_words.did,
    "privacy_flag": looking_words.flag,
    "privacy_why": looking_words.why,
    **chart_words.FILTERS,
    **message_words.FILTERS,
    **community_words.FILTERS,
    **people_words.FILTERS,
    **privacy_words.FILTERS,
    **readiness_words.FILTERS,
    **program_words.FILTERS,
    **scheduling_words.FILTERS,
    **slips.FILTERS,
    **source_words.FILTERS,
    **team_words.FILTERS,
}
for name, function in FILTERS.items():
    register.filter(name, function)
register.simple_tag(source_lines.lists, name="fact_lists")
register.simple_tag(source_lines.line, name="fact_line")


def _words(name: str, table: labels.Words) -> None:
    register.filter(name, lambda code: labels.word(table, code))


for each, table in message_words.WORDS.items():
    _words(each, table)
for name, words in support_words.FILTERS.items():
    _words(name, words)
_words("recorded_purpose", looking_words.PURPOSES)
_words("finding_name", looking_words.FINDINGS)
_words("glass_reason", looking_words.REASONS_SHORT)
_words("entrance_name", looking_words.ENTRANCES)
_words("outcome_of_record", looking_words.OUTCOMES)
_words("promise_name", labels.PROMISES)
_words("outcome_name", labels.OUTCOMES)
_words("role_name", labels.ROLES)
_words("app_kind", app_words.KINDS)
_words("state_name", labels.STATES)
_words("whose_name", labels.WHOSE)
_words("portal_level", people_words.PORTAL_LEVELS)
_words("portal_relation", people_words.PORTAL_RELATIONS)
_words("complexity_name", labels.COMPLEXITIES)
_words("complexity_short", labels.COMPLEXITIES_SHORT)
_words("medicine_change", labels.MEDICINE_CHANGES)
_words("program_state", program_words.STATES)


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
def work(row: Row, selected: str | None = None, prefix: str = "", link: str = "") -> SafeString:
    """One row of work: `link` is where it leads, or `prefix` with its id."""
    return row_html(row, reverse("patient", args=[row.patient]), link or f"{prefix}{row.task}", row.task == selected)


@register.simple_tag
def works(rows: list[Row], selected: str | None, prefix: str) -> SafeString:
    """Many rows of work at once: a list of hundreds is too long for a template's pace."""
    page = reverse("patient", args=["--"])
    return SafeString("".join(row_html(row, page.replace("--", row.patient), prefix + row.task, row.task == selected) for row in rows))


def row_html(row: Row, page: str, link: str, at: bool) -> SafeString:
    """The markup of a row of work: what to do, for whom, why it is here, when it is due, whose it is. All of it is escaped."""
    words = labels.speaks(row.language, row.interpreter)
    who = " · ".join(part for part in (labels.gender_age(row.gender, row.age), words) if part)
    name, owner = _safe(row.patient_name), _safe(row.owner_name)
    return SafeString(
        f'<li class="work {labels.MARKS[row.state]}{" at" if at else ""}" id="row-{_safe(row.task)}" data-task="{_safe(row.task)}"'
        f' data-patient="{_safe(page)}"><i></i>'
        f'<div class="whom"><a class="who" href="{_safe(page)}" tabindex="-1">{name}</a><br><small>{_safe(who)}</small></div>'
        f'<div class="what"><a class="do" id="do-{_safe(row.task)}" href="{_safe(link)}"{_CURRENT if at else ""}>'
        f'{_safe(labels.row_title(row))}<span class="sr">, {name}</span></a>'
        f'<div class="why clip">{_safe(row_words.why_line(row))}</div></div>'
        f'<span class="tag {labels.due_mark(row)}">{_safe(labels.due_words(row))}</span>'
        f'<span class="face" title="{owner}">{_safe(row.owner_initials)}<span class="sr"> {owner}</span></span></li>'
    )


@register.simple_tag
def persons(rows: list[PanelRow]) -> SafeString:
    """Many patients of a list at once: who they are, what is due next and how much more, whose they are. All of it is escaped."""
    page = reverse("patient", args=["--"])
    return SafeString("".join(_person(row, page.replace("--", row.identity.id)) for row in rows))


def _person(row: PanelRow, page: str) -> str:
    who, first = row.identity, row.next
    if first is None:
        due = f"<small>{_safe(_('nothing open'))}</small>"
    else:
        more = f" <small>{_safe(_('+ %(n)s more') % {'n': row.open - 1})}</small>" if row.open > 1 else ""
        tag = f'<span class="tag {labels.due_mark(first)}">{_safe(labels.due_words(first))}</span>'
        due = f"{tag}<span>{_safe(labels.row_title(first))}{more}</span>"
    said = (
        labels.gender_age(who.gender, who.age),
        labels.birth_day(who.birth_date) if who.birth_date else "",
        _("MRN %(mrn)s") % {"mrn": who.mrn} if who.mrn else "",
        labels.speaks(who.language, who.interpreter),
    )
    about = _safe(" · ".join(part for part in said if part)) + (f"<br>{_safe(row.team)}" if row.team else "")
    name = _safe(who.name or _("Name not recorded"))
    return f'<li class="person"><a href="{_safe(page)}">{name}</a><div class="due">{due}</div><div class="meta">{about}</div></li>'


_CURRENT = ' aria-current="true"'


def _safe(text: str) -> str:
    """Text as it may stand between tags and in quoted attributes."""
    return html.escape(text)


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


@register.simple_tag(takes_context=True)
def rail(context: dict[str, Any]) -> rooms.Rail:
    """The rooms of whoever looks at the page."""
    return rooms.rail(context["who"], context.get("room", ""))


@register.inclusion_tag("parts/places.html", takes_context=True)
def places(context: dict[str, Any], here: str) -> dict[str, Any]:
    """The lists of a room that are offered to whoever looks at one of them (`here`: the name of its address)."""
    return {"room": rooms.rail(context["who"]).of_part(here), "here": here}


@register.simple_tag(takes_context=True)
def is_offered(context: dict[str, Any], route: str) -> bool:
    """Whether whoever looks is offered this list: no page leads where another would say no."""
    return rooms.rail(context["who"]).of_part(route) is not None


@register.inclusion_tag("parts/glass.html", takes_context=True)
def glass_banner(context: dict[str, Any]) -> dict[str, Any]:
    """On every page of a chart that its reader opened outside their care: until when, and the way to close it."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    patient = match.kwargs.get("patient") if match else None
    who = getattr(request, "who", None)
    if request is None or not patient or who is None:
        return {}
    with request.hub.store.view(who) as view:
        opened = open_until(view, f"Patient/{patient}")
    return (
        {"until": opened[0].astimezone(request.hub.store.zone), "patient": patient, "csrf_token": context.get("csrf_token")}
        if opened
        else {}
    )


@register.inclusion_tag("support/bar.html", takes_context=True)
def safety_bar(context: dict[str, Any]) -> dict[str, Any]:
    """On every page, while a safety case is open among the patients its reader may see: how many nobody has, and who has the others."""
    request = context.get("request")
    who = getattr(request, "who", None)
    if request is None or who is None:
        return {}
    with request.hub.store.view(who) as view:
        return {"standing": safety_duty.standing(view)}


@register.filter
def last_progress(asked: Any) -> str:
    """How a goal ended, in words."""
    return labels.word(support_words.PROGRESS, asked[-1].progress) if asked else ""


@register.filter
def support_page(row: Row) -> str:
    """Where a promise about how somebody is is worked on: its own page; nothing for other promises."""
    if row.kind == "safety-response":
        return reverse("safety", args=[row.task])
    if row.kind == "concern":
        return f"{reverse('how', args=[row.patient])}#concern-{row.task}"
    return reverse("how", args=[row.patient]) if row.kind in support_words.KINDS else ""
