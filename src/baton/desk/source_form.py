"""Saying in which document of the chart something stands, and on which page: the part of a form that several pages share."""

from __future__ import annotations

from collections.abc import Mapping

from baton.duties.records import documents, sources
from baton.store import Change, Invalid, View


def papers(view: View, patient: str) -> list[tuple[str, str]]:
    """The documents of a patient (an id) that can be named: (id, title), as `parts/stands_in.html` offers them."""
    return [(each.id, each.title) for each in documents.shelf(view, patient=patient).documents]


def stands_in(change: Change, patient: str, fact: str, form: Mapping[str, str]) -> None:
    """Write down in which document a fact ("Type/id") that was just entered stands, where the form says so. Raises Invalid."""
    if document := form.get("document", ""):
        sources.cite(change, patient=patient, fact=fact, document=document, page=page_of(form.get("page", "")))


def page_of(said: str) -> int | None:
    """The page as a form said it; None where it said none. Raises Invalid."""
    said = said.strip()
    if said and not said.isdecimal():
        raise Invalid("Say the page of the document as a number.", expression="Provenance.entity")
    return int(said) if said else None
