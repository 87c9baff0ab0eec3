"""A paper is a title and blocks; one typst template sets them all. What it is given is data, never markup: nothing in it can act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import orjson
import typst

STANDARD: Final = "a-2a"  # archivable and tagged: a screen reader finds headings, tables and their headers


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, level 1 to 3 below the title; `icon` is one of ICONS, beside it."""

    text: str
    level: int = 1
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; line breaks in it stay."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A paragraph in a frame: what must not be overlooked."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values, one line each."""

    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with a head that repeats on every page; `widths` are shares; a row whose number is in `marked` stands out."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a calendar: its number, what is on it; `on` False: outside what the calendar shows; `marked`: stands out."""

    number: str
    text: str = ""
    on: bool = True
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weeks of seven days under the names of the days."""

    head: Sequence[str]
    weeks: Sequence[Sequence[Day]]


Block = Heading | Text | Notice | Facts | Rows | Calendar
ICONS: Final = ("pill", "calendar", "phone", "warning", "home", "flask", "question", "book")


@dataclass(frozen=True, slots=True)
class Paper:
    """All that is on a paper. `footer` comes on every page, before "page 1 / 3"; `language` is a tag such as en or es."""

    title: str
    blocks: Sequence[Block]
    language: str = "en"
    subtitle: str = ""
    footer: str = ""
    made: str = ""  # when and by whom it was made, in words
    large: bool = False  # in large print


def pdf(paper: Paper) -> bytes:
    """The paper as PDF."""
    with resources.as_file(resources.files(__package__).joinpath("paper.typ")) as template:
        made: bytes = typst.compile(str(template), format="pdf", sys_inputs={"paper": _json(paper)}, pdf_standards=STANDARD)
    return made


def _json(paper: Paper) -> str:
    blocks = [{"kind": type(block).__name__, **_parts(block)} for block in paper.blocks]
    head = {name: getattr(paper, name) for name in ("title", "subtitle", "language", "footer", "made", "large")}
    return orjson.dumps({**head, "blocks": blocks}).decode()


def _parts(block: Block) -> dict[str, Any]:
    match block:
        case Rows(head, rows, widths, marked):
            return {"head": list(head), "rows": [list(row) for row in rows], "widths": list(widths), "marked": sorted(marked)}
        case Facts(facts):
            return {"facts": [list(fact) for fact in facts]}
        case Calendar(head, weeks):
            days = [[{"number": day.number, "text": day.text, "on": day.on, "marked": day.marked} for day in week] for week in weeks]
            return {"head": list(head), "weeks": days}
        case Heading(text, level, icon):
            return {"text": text, "level": level, "icon": icon}
        case Text(text, small):
            return {"text": text, "small": small}
        case Notice(text, title):
            return {"text": text, "title": title}
