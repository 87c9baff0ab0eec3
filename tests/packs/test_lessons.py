"""The library: at least sixteen lessons in two languages, easy to read, three points each, with signs, sources and a review date."""

from __future__ import annotations

from datetime import date

import pytest

from baton.packs.lessons import LANGUAGES, library
from baton.rules import readability
from baton.rules.tables import table

BOTH = [(code, language) for code in library() for language in LANGUAGES]
EXAMPLES = table("readability").examples


def test_the_library_holds_what_care_needs() -> None:
    asked = {
        "heart-failure",
        "copd",
        "diabetes",
        "hypertension",
        "stroke",
        "chemotherapy-at-home",
        "surgery-and-wound-care",
        "hip-fracture",
    }
    asked |= {"falls", "memory", "kidney-disease", "anticoagulants", "pain-medicines", "low-mood", "caregiver-strain", "going-home"}
    assert asked <= set(library())


@pytest.mark.parametrize(("code", "language"), BOTH)
def test_a_lesson_is_easy_to_read(code: str, language: str) -> None:
    words = library()[code].words[language]
    assert readability.grade(words.text(), language) <= readability.limit(date(2026, 11, 26))
    hardest = max((readability.grade(said, language), said) for _, part in words.sections for said in part)
    assert hardest[0] <= 10, hardest  # one sentence alone is a rough measure: a long word in it weighs much


@pytest.mark.parametrize("code", library())
def test_both_languages_say_the_same_things(code: str) -> None:
    lesson = library()[code]
    english, spanish = lesson.words["en"], lesson.words["es"]
    assert len(english.points) == len(spanish.points) <= 3
    assert len(english.sections) == len(spanish.sections)
    assert [each.item for each in english.ask] == [each.item for each in spanish.ask]
    assert {colour: len(lines) for colour, lines in english.plan.items()} == {colour: len(lines) for colour, lines in spanish.plan.items()}
    assert all(english.plan[colour] for colour in ("green", "yellow", "red"))
    assert lesson.sources and lesson.reviewed < lesson.review_by and lesson.version


@pytest.mark.parametrize(("code", "language"), BOTH)
def test_a_teach_back_question_is_never_answered_by_yes(code: str, language: str) -> None:
    openings = {
        "en": ("what", "which", "how", "when", "who", "show", "tell"),
        "es": ("qué", "cuál", "cuáles", "cómo", "cuándo", "cuánto", "cuántas", "quién", "con", "a", "muéstreme", "y"),
    }
    for ask in library()[code].words[language].ask:
        assert ask.question.lstrip("¿").split()[0].lower().strip(",") in openings[language], ask.question


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each["text"][:20])
def test_grades(example: dict[str, object]) -> None:
    found = readability.grade(str(example["text"]), str(example["language"]))
    assert float(str(example.get("at_least", 0))) <= found <= float(str(example.get("at_most", 99)))


@pytest.mark.parametrize(
    ("word", "count"), [("día", 2), ("cuidado", 3), ("corazón", 3), ("quien", 1), ("ahora", 3), ("y", 1), ("guitarra", 3)]
)
def test_spanish_syllables(word: str, count: int) -> None:
    assert readability.spanish_syllables(word) == count


@pytest.mark.parametrize(("word", "count"), [("the", 1), ("table", 2), ("walked", 1), ("needed", 2), ("medicine", 3), ("people", 2)])
def test_english_syllables(word: str, count: int) -> None:
    assert readability.english_syllables(word) == count
