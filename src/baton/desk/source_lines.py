"""The markup of facts with where they are from: by hand, a page of a hundred is too long for a template's pace. All of it is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from itertools import groupby

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from baton.desk import labels, source_words
from baton.duties.records.sources import Source

_safe = html.escape


def lists(rows: Iterable[Source], patient: str) -> SafeString:
    """A page of facts: a heading and a list for each kind."""
    address = reverse("source", args=[patient, "--"]).removesuffix("--")
    out = []
    for kind, several in groupby(rows, key=lambda each: each.kind):
        words = labels.word(source_words.KINDS, kind)
        out.append(f'<h3 class="sub">{_safe(words[:1].upper() + words[1:])}</h3><ul class="lines">')
        out += [_row(each, patient, address) for each in several]
        out.append("</ul>")
    return SafeString("".join(out))


def _row(it: Source, patient: str, address: str) -> str:
    part = f'<span class="tag">{_safe(source_words.fact_kind(it))}</span> ' if it.part else ""
    back = f' <span class="tag">{_safe(_("taken back"))}</span>' if it.taken_back else ""
    link = _safe(address + it.fact.replace("#", "/"))
    anchor = _safe(it.fact.replace("#", "-").replace("/", "-"))
    text = _safe(source_words.fact_text(it))
    return f'<li id="{anchor}">{part}<a class="fact" href="{link}"><b>{text}</b></a>{back}<br>{line(it, patient)}</li>'


def line(it: Source, patient: str) -> SafeString:
    """Where one fact is from: who said it and where it stands; then when, how it came here, and when it was last changed."""
    said = f'<span class="meta">{_safe(labels.word(source_words.HOW, it.how))}</span> {_safe(it.said_by)}' if it.said_by else ""
    where = " · ".join(each for each in (said, _document(it, patient)) if each)
    known = where or f'<span class="says soon">{_safe(_("Nobody has said where this is from."))}</span>'
    told = (
        labels.birth_day(it.when) if it.when else "",
        _("written down by %(who)s") % {"who": it.by} if it.by else "",
        _("came %(told)s") % {"told": source_words.came(it.first)},
        _("last changed %(told)s") % {"told": source_words.came(it.last)} if it.changed else "",
    )
    return SafeString(f"{known}<br><small>{_safe(' · '.join(each for each in told if each))}</small>")


def _document(it: Source, patient: str) -> str:
    if it.document is None:
        return ""
    reference, title = it.document
    named = title or (_("Untitled document") if it.paper else _("the answers"))
    link = reverse("paper", args=[patient, it.paper]) if it.paper else reverse("source", args=[patient, reference])
    page = ", " + _("page %(n)s") % {"n": it.page} if it.page else ""
    return f'<a href="{_safe(link)}">{_safe(named)}</a>{_safe(page)}'
