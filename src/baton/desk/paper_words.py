"""The itinerary on paper: what the patient takes home, in their language, large enough to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from baton.desk import labels
from baton.desk import scheduling_words as words
from baton.duties.patients import identity
from baton.duties.scheduling.weekly import Entry
from baton.fhir.resource import human_name
from baton.paper import Block, Heading, Notice, Paper, Rows, Text, pdf

KNOWN = ("en", "es")


def itinerary(patient: dict[str, Any], entries: Sequence[Entry], places: Mapping[str | None, dict[str, Any] | None]) -> bytes:
    """The visits to come as PDF; English where we do not write the patient's language."""
    language = (identity.language(patient) or "en").split("-")[0]
    with translation.override(language if language in KNOWN else "en"):
        return pdf(sheet(patient, entries, places, language if language in KNOWN else "en"))


def sheet(patient: dict[str, Any], entries: Sequence[Entry], places: Mapping[str | None, dict[str, Any] | None], language: str) -> Paper:
    """What stands on it: a row for each visit, then how to prepare, and whom to call."""
    blocks: list[Block] = []
    if entries:
        head = [_("When"), _("What"), _("Where and with whom")]
        rows = [[when(each), each.what, where(each, places.get(each.place_id))] for each in entries]
        blocks.append(Rows(head, rows, (2, 2, 3)))
    else:
        blocks.append(Text(_("You have no visits booked.")))
    prepare = [each for each in entries if each.instruction]
    if prepare:
        blocks.append(Heading(_("How to prepare")))
        blocks += [Notice(each.instruction, f"{each.what}, {labels.day(each.start)}") for each in prepare]
    blocks.append(Text(_("Can you not come? Call us, and we will find another time.")))
    return Paper(_("Your visits"), blocks, language=language, subtitle=human_name(patient), footer=_("Please bring this sheet."))


def when(entry: Entry) -> str:
    """Day and hours."""
    return f"{labels.long_day(entry.start)}\n{entry.start:%H:%M}–{entry.end:%H:%M}"


def where(entry: Entry, place: dict[str, Any] | None) -> str:
    """Place, its address and telephone, and the people."""
    parts = [labels.word(words.MODALITIES, entry.modality)] if entry.modality != "in-person" else [entry.place]
    address = (place or {}).get("address", {})
    parts += [", ".join([*address.get("line", ()), address.get("city", "")]).strip(", ")] if address else []
    parts += [str(point["value"]) for point in (place or {}).get("telecom", ()) if point.get("system") == "phone" and point.get("value")][
        :1
    ]
    parts += [", ".join(entry.people)] if entry.people else []
    return "\n".join(part for part in parts if part)
