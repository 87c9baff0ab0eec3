"""Filters of the portal's templates: values are put into plain words here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from baton.portal import words

register = template.Library()
register.filter("my_promise", words.promise)
register.filter("my_due", words.due)
register.filter("my_day", words.day)
register.filter("my_date", words.long_date)
register.filter("my_moment", words.moment)
register.filter("my_sure", words.sure)


def _table(name: str, table: Mapping[str, Any]) -> None:
    register.filter(name, lambda code: str(table.get(code, code)))


_table("my_level", words.LEVELS)
_table("my_relation", {**words.RELATIONS, **words.RELATION_TEXTS})
_table("my_progress", words.PROGRESS)


@register.filter
def my_mark(state: str) -> str:
    """The urgency class of what was agreed."""
    return {"late": "late", "today": "soon", "done": "calm"}.get(state, "")
