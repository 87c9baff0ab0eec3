"""The library of assessments, as data: questions in English and Spanish, their answers, when each is asked, what is added up.

Thresholds and what follows from them are rules (`rules/assessments.py`); here is only what is asked. Each becomes a FHIR Questionnaire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

LANGUAGES = ("en", "es")
URL: Final = "https://baton.example/fhir/Questionnaire/"
TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
ORDINAL: Final = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
OPERATORS: Final = ("is", "not", "at_least")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen: its code, and what it counts."""

    code: str
    value: int


@dataclass(frozen=True, slots=True)
class When:
    """A question is asked because of another: its answer is (or is not) a code, or counts at least so much."""

    item: str
    op: str  # is | not | at_least
    value: str | int


@dataclass(frozen=True, slots=True)
class Item:
    """One question: `type` is choice, scale (0 to 10) or text; `when` (any of them) says because of what it is asked."""

    link: str
    type: str
    system: str
    answers: str
    options: tuple[Option, ...]
    codes: tuple[tuple[str, str], ...]
    when: tuple[When, ...]
    domain: str | None

    def value(self, answer: str | int | None) -> int | None:
        """What an answer counts; None for words and for what is no answer of this question."""
        if self.type == "scale":
            return answer if isinstance(answer, int) and 0 <= answer <= SCALE else None
        return next((each.value for each in self.options if each.code == answer), None)


@dataclass(frozen=True, slots=True)
class Score:
    """What is added up, of which questions, and the code the sum is kept under."""

    code: str
    codes: tuple[tuple[str, str], ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """An assessment in one language: title, the sentence before the questions, questions by link, answers by set and code."""

    title: str
    lead: str
    items: Mapping[str, str]
    answers: Mapping[str, Mapping[str, str]]

    def answer(self, item: Item, said: str | int | None) -> str:
        """An answer in words."""
        return str(self.answers.get(item.answers, {}).get(str(said), "" if said is None else said))


SCALE: Final = 10
"""The highest answer of a scale; the lowest is 0."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """An assessment. `by` says who may answer, `about` whom it is about (the patient, or the caregiver who answers).

    `informant`: somebody the patient lets see everything may answer it for them in the portal, alone. Nothing about mood, or about being
    hurt at home, is so.
    """

    code: str
    version: str
    kind: str
    about: str
    by: tuple[str, ...]
    reviewed: date
    review_by: date
    licence: str
    sources: tuple[str, ...]
    translation: str
    codes: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    scores: tuple[Score, ...]
    words: Mapping[str, Words]
    informant: bool = False

    @property
    def canonical(self) -> str:
        """url|version, as a response points back at it."""
        return f"{URL}{self.code}|{self.version}"

    def item(self, link: str) -> Item | None:
        """The question with this link."""
        return next((each for each in self.items if each.link == link), None)

    def said(self, language: str | None) -> Words:
        """Its words in this language (BCP 47); in English where it is not written in that one."""
        return self.words.get((language or "en").split("-")[0], self.words["en"])


def _pairs(codings: Any) -> tuple[tuple[str, str], ...]:
    return tuple((each["system"], each["code"]) for each in codings)


def _item(raw: Mapping[str, Any], sets: Mapping[str, Any]) -> Item:
    answers = raw.get("answers", "")
    chosen = sets.get(answers, {})
    when = tuple(When(each["item"], op, each[op]) for each in raw.get("when", ()) for op in OPERATORS if op in each)
    options = tuple(Option(each["code"], each["value"]) for each in chosen.get("options", ()))
    kind = raw.get("type", "choice")
    return Item(raw["link"], kind, chosen.get("system", ""), answers, options, _pairs(raw["codes"]), when, raw.get("domain"))


def _read(raw: Mapping[str, Any]) -> Assessment:
    return Assessment(
        code=raw["code"],
        version=raw["version"],
        kind=raw["kind"],
        about=raw["about"],
        by=tuple(raw["by"]),
        reviewed=date.fromisoformat(raw["reviewed"]),
        review_by=date.fromisoformat(raw["review_by"]),
        licence=raw["licence"],
        sources=tuple(raw["sources"]),
        translation=raw["translation"],
        codes=_pairs(raw["codes"]),
        items=tuple(_item(each, raw["answers"]) for each in raw["items"]),
        scores=tuple(Score(each["code"], _pairs(each["codes"]), tuple(each["items"])) for each in raw["scores"]),
        words={code: Words(raw[code]["title"], raw[code]["lead"], raw[code]["items"], raw[code]["answers"]) for code in LANGUAGES},
        informant=raw.get("informant") is True,
    )


@cache
def library() -> Mapping[str, Assessment]:
    """Every assessment by its code, in the order of the alphabet."""
    folder = resources.files(__package__).joinpath("_assessments")
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".json")), key=lambda each: each.name)
    found = (_read(json.loads(file.read_text(encoding="utf-8"))) for file in files)
    return {each.code: each for each in found}


def of_canonical(canonical: str | None) -> Assessment | None:
    """The assessment a QuestionnaireResponse answers; None when it is not one of the library."""
    if canonical is None or not canonical.startswith(URL):
        return None
    return library().get(canonical.removeprefix(URL).partition("|")[0])


# --- as FHIR ------------------------------------------------------------------------------------------------------------------------------


def questionnaires() -> list[dict[str, Any]]:
    """Every assessment as a FHIR Questionnaire, for whoever asks for it through the API."""
    return [questionnaire(each) for each in library().values()]


def questionnaire(assessment: Assessment) -> dict[str, Any]:
    """An assessment as a FHIR Questionnaire, its Spanish in translation extensions."""
    english, spanish = assessment.words["en"], assessment.words["es"]
    found: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "id": assessment.code,
        "url": URL + assessment.code,
        "version": assessment.version,
        "name": "".join(part.title() for part in assessment.code.split("-")),
        "title": english.title,
        "_title": _spanish(spanish.title),
        "status": "active",
        "experimental": False,
        "subjectType": ["Patient"],
        "date": assessment.reviewed.isoformat(),
        "publisher": "Baton",
        "description": english.lead,
        "_description": _spanish(spanish.lead),
        "copyright": assessment.licence,
        "lastReviewDate": assessment.reviewed.isoformat(),
        "code": [{"system": system, "code": code} for system, code in assessment.codes],
        "item": [_as_item(each, assessment, english, spanish) for each in assessment.items],
    }
    return found if found["code"] else {key: value for key, value in found.items() if key != "code"}


def _spanish(text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


TYPES: Final = {"choice": "choice", "scale": "integer", "text": "string"}


def _as_item(item: Item, assessment: Assessment, english: Words, spanish: Words) -> dict[str, Any]:
    found: dict[str, Any] = {
        "linkId": item.link,
        "text": english.items[item.link],
        "_text": _spanish(spanish.items[item.link]),
        "type": TYPES[item.type],
        "required": item.type != "text",
    }
    if item.codes:
        found["code"] = [{"system": system, "code": code} for system, code in item.codes]
    if item.when:
        found["enableWhen"] = [row for each in item.when for row in _enable(each, assessment.item(each.item))]
        found["enableBehavior"] = "any"
    if item.options:
        found["answerOption"] = [_option(item, each, english, spanish) for each in item.options]
    return found


def _option(item: Item, option: Option, english: Words, spanish: Words) -> dict[str, Any]:
    coding = {
        "extension": [{"url": ORDINAL, "valueDecimal": option.value}],
        "system": item.system,
        "code": option.code,
        "display": english.answers[item.answers][option.code],
        "_display": _spanish(spanish.answers[item.answers][option.code]),
    }
    return {"valueCoding": coding}


def _enable(when: When, asked: Item | None) -> list[dict[str, Any]]:
    """A condition as FHIR says it: a choice that counts at least so much is one of the answers that do."""
    if asked is None:
        raise LookupError(f"a question waits for {when.item!r}, which is not asked")
    if when.op == "at_least" and asked.type == "scale":
        return [{"question": when.item, "operator": ">=", "answerInteger": int(when.value)}]
    operator = "!=" if when.op == "not" else "="
    codes = [each.code for each in asked.options if each.value >= int(when.value)] if when.op == "at_least" else [str(when.value)]
    return [{"question": when.item, "operator": operator, "answerCoding": {"system": asked.system, "code": code}} for code in codes]


__all__ = ["Assessment", "Item", "Option", "Score", "When", "Words", "library", "of_canonical", "questionnaire", "questionnaires"]
