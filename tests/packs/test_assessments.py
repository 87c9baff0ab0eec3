"""The library of assessments and the words for a crisis: both languages say the same, in easy words, free to use."""

from __future__ import annotations

from datetime import date

import pytest

from baton.packs import crisis
from baton.packs.assessments import LANGUAGES, library, questionnaire
from baton.rules import readability


@pytest.mark.parametrize("code", library())
def test_both_languages_ask_the_same(code: str) -> None:
    assessment = library()[code]
    links = [each.link for each in assessment.items]
    assert len(links) == len(set(links))
    for language in LANGUAGES:
        words = assessment.words[language]
        assert list(words.items) == links and words.title and words.lead
        for item in assessment.items:
            assert {each.code for each in item.options} == set(words.answers.get(item.answers, {})), item.link
            assert len({each.code for each in item.options}) == len(item.options)


@pytest.mark.parametrize("code", library())
def test_it_is_free_to_use_and_says_where_it_is_from(code: str) -> None:
    assessment = library()[code]
    assert any(word in assessment.licence for word in ("No permission required", "free to use"))
    assert assessment.sources and assessment.translation and assessment.reviewed < assessment.review_by


@pytest.mark.parametrize("code", library())
def test_a_question_waits_only_for_one_asked_before(code: str) -> None:
    assessment = library()[code]
    before: set[str] = set()
    for item in assessment.items:
        assert {each.item for each in item.when} <= before
        before.add(item.link)
    for each in questionnaire(assessment)["item"]:
        assert all(when["question"] in before for when in each.get("enableWhen", ()))


@pytest.mark.parametrize("code", [code for code in library() if "free to use" in library()[code].licence])
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_questions_are_easy_to_read(code: str, language: str) -> None:
    words = library()[code].words[language]
    text = "\n".join([words.lead, *words.items.values()])
    assert readability.grade(text, language) <= readability.limit(date(2026, 11, 26))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_for_a_crisis_are_easy_and_name_the_numbers(language: str) -> None:
    words = crisis.words(language)
    assert words.language == language and len(words.say) == 4
    said = " ".join(words.patient)
    assert words.lifeline in said and words.emergency in said
    assert readability.grade("\n".join(words.patient), language) <= readability.limit(date(2026, 11, 26))
    assert crisis.sources() and crisis.in_force_from() == date(2022, 7, 16)


def test_a_language_we_have_no_words_in_gets_english() -> None:
    assert crisis.words("vi").language == crisis.words(None).language == "en"
