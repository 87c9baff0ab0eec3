"""Every sentence of the portal, in both languages, is easy to read: grade 6 at most, as the lessons are."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from pathlib import Path
from typing import Any

import polib
import pytest

from baton.duties.contact import portal_mail
from baton.rules import readability

ROOT = Path(__file__).parents[2]
LIMIT = readability.limit(date(2026, 11, 26))
ALONE = 10.0
"""What one sentence alone may reach: a long word in a short one weighs much; a page as a whole stays within the limit."""


def gathered() -> dict[str, list[str]]:
    """What each module and template of the portal says, in English."""
    spec = importlib.util.spec_from_file_location("translations", ROOT / "scripts" / "translations.py")
    assert spec and spec.loader
    script: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "src" / "baton" / "portal").rglob("*")):
        read = script.in_python if path.suffix == ".py" else script.in_template if path.suffix == ".html" else None
        if read:
            said = [text for each in read(path) for text in (each.message, each.plural) if text and each.context != "date format"]
            if said:
                found[path.name] = said
    return found


SAID = gathered()
SPANISH = polib.mofile(str(ROOT / "src" / "baton" / "web" / "locale" / "es" / "LC_MESSAGES" / "django.mo"))


def spanish(text: str) -> str:
    """A sentence as it is said in Spanish."""
    for entry in SPANISH:
        if text in (entry.msgid, entry.msgid_plural):
            return str(entry.msgstr or entry.msgstr_plural[0])
    raise AssertionError(f"{text!r} has no Spanish")


def plain(text: str) -> str:
    """Without the places for values, and with an end."""
    return re.sub(r"%\(\w+\)s", "it", text).rstrip(".") + "."


def test_there_is_something_to_read() -> None:
    assert sum(map(len, SAID.values())) > 200 and "plan.html" in SAID and "words.py" in SAID


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", SAID)
def test_a_page_is_easy_to_read(name: str, language: str) -> None:
    said = [plain(each if language == "en" else spanish(each)) for each in SAID[name]]
    sentences = [each for each in said if len(readability.words(each)) > 3]
    whole = readability.grade("\n".join(sentences), language) if sentences else 0.0
    assert whole <= LIMIT, f"{name}: {whole}"
    hard = [(readability.grade(each, language), each) for each in sentences if readability.grade(each, language) > ALONE]
    assert not hard, hard


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_mail_is_easy_to_read(language: str) -> None:
    for _subject, text in portal_mail.WORDS[language].values():
        assert readability.grade(text, language) <= LIMIT, text


def test_every_kind_of_promise_has_plain_words_or_is_among_staff() -> None:
    """A new duty brings its own: the patient never reads "A step in your care" where a word could be said."""
    import json

    from baton.duties.support.agreements import INNER
    from baton.portal import words

    found = json.loads((ROOT / "src/baton/packs/ground/promise.json").read_text())
    kinds = {each["code"] for each in found["concept"]} - INNER
    assert len(kinds) > 30 and not kinds - set(words.PROMISES), kinds - set(words.PROMISES)
