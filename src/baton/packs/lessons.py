"""The library of lessons, as data: each in English and Spanish, with its version, sources, review date and a warning-sign plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to be understood: its code, the open question that shows it, and what to listen for."""

    item: str
    question: str
    listen_for: str


@dataclass(frozen=True, slots=True)
class Words:
    """A lesson in one language. `plan` has what is well (green), when to call (yellow) and when to call 911 (red)."""

    title: str
    points: tuple[str, ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    plan: Mapping[str, tuple[str, ...]]
    ask: tuple[Ask, ...]

    def text(self) -> str:
        """Everything a reader reads, a line for each sentence or row."""
        lines = [f"{self.title}.", *self.points]
        for heading, said in self.sections:
            lines += [f"{heading}.", *said]
        return "\n".join([*lines, *(line for part in self.plan.values() for line in part), *(each.question for each in self.ask)])


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson. `icd10` are beginnings of codes and `snomed` codes whose presence in a chart suggests it."""

    code: str
    version: str
    reviewed: date
    review_by: date
    translation: str
    sources: tuple[str, ...]
    icd10: tuple[str, ...]
    snomed: tuple[str, ...]
    words: Mapping[str, Words]

    @property
    def canonical(self) -> str:
        """url|version, as what is given points back at it."""
        return f"https://baton.example/fhir/Library/lesson-{self.code}|{self.version}"

    def said(self, language: str | None) -> Words:
        """The lesson in this language (BCP 47); in English where it is not written in that one."""
        return self.words.get((language or "en").split("-")[0], self.words["en"])

    def speaks(self, language: str | None) -> bool:
        """Whether it is written in this language."""
        return (language or "en").split("-")[0] in self.words


def _words(raw: Mapping[str, Any]) -> Words:
    return Words(
        title=raw["title"],
        points=tuple(raw["points"]),
        sections=tuple((each["heading"], tuple(each["text"])) for each in raw["sections"]),
        plan={colour: tuple(raw["plan"][colour]) for colour in ("green", "yellow", "red")},
        ask=tuple(Ask(each["item"], each["question"], each["listen_for"]) for each in raw["ask"]),
    )


@cache
def library() -> Mapping[str, Lesson]:
    """Every lesson by its code, in the order of the alphabet."""
    folder = resources.files(__package__).joinpath("_lessons")
    found = {}
    for file in sorted((each for each in folder.iterdir() if each.name.endswith(".json")), key=lambda each: each.name):
        raw = json.loads(file.read_text(encoding="utf-8"))
        found[raw["code"]] = Lesson(
            code=raw["code"],
            version=raw["version"],
            reviewed=date.fromisoformat(raw["reviewed"]),
            review_by=date.fromisoformat(raw["review_by"]),
            translation=raw["translation"],
            sources=tuple(raw["sources"]),
            icd10=tuple(raw["suggested_by"]["icd10"]),
            snomed=tuple(raw["suggested_by"]["snomed"]),
            words={language: _words(raw[language]) for language in LANGUAGES},
        )
    return found
