"""Every sentence of the portal, in both languages, is easy to read: grade 6 at most, as the lessons are."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from pathlib import Path
from typing import Any

import polib
import pytest
from tests.portal.conftest import Portal

from baton.duties.community import community
from baton.duties.contact import portal_mail, thread_notices
from baton.duties.scheduling import notices, telling
from baton.duties.support import education
from baton.rules import readability
from baton.web import errors
from baton.web.errors import PLAIN

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "baton" / "web" / "templates"
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
    for name in sorted(_built_on(ROOT / "src" / "baton" / "portal" / "templates")):
        found[name] = [text for each in script.in_template(WEB / name) for text in (each.message, each.plural) if text]
    lazies = re.findall(r'lazy\("([^"]+)"\)', (ROOT / "src" / "baton" / "web" / "errors.py").read_text())
    found["errors.py, for people from outside"] = lazies
    return {name: said for name, said in found.items() if said}


def _built_on(folder: Path) -> set[str]:
    """The templates of the shell that the portal's stand on or take in, and those that these take in."""
    named, found = re.compile(r'{% (?:extends|include) "([\w/]+\.html)"'), set()
    waiting = [path.read_text() for path in folder.rglob("*.html")] + [(WEB / "error.html").read_text()]
    while waiting:
        for name in named.findall(waiting.pop()):
            if (WEB / name).is_file() and name not in found:
                found.add(name)
                waiting.append((WEB / name).read_text())
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


MAILS: dict[str, dict[str, list[str]]] = {
    language: {
        "the way in": [text for _subject, text in portal_mail.WORDS[language].values()],
        "dates": [text for _subject, text in notices.WORDS[language].values()] + [notices.BY_REPLY[language]],
        "dates, for the family": [text for _subject, text in telling.WORDS[language].values()],
        "messages": [thread_notices.WORDS[language][1]],
        "news": [community.WORDS[language][1]],
        "a lesson on paper": [text for name, text in education.PAPER_WORDS[language].items() if name != "version"],
    }
    for language in ("en", "es")
}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", MAILS["en"])
def test_a_mail_is_easy_to_read(kind: str, language: str) -> None:
    for text in MAILS[language][kind]:
        assert readability.grade(text, language) <= (LIMIT if len(readability.words(text)) > 5 else ALONE), text


def test_whoever_is_outside_reads_no_words_of_staff(portal: Portal) -> None:
    """Every refusal there is, as a page of the portal shows it, in both languages."""
    from django.test import RequestFactory
    from django.utils import translation

    portal.let_in(portal.rosa)
    browser = portal.browser(portal.rosa, "rosa@mail.example")
    for language in ("en", "es"):
        page = browser.get("/my/lessons/nothing", headers={"accept-language": language}).content.decode()
        assert 'href="/my/"' in page and "Today" not in page and str(spanish_or(language, "We cannot find this page")) in page
        with translation.override(language):
            for status, (heading, text) in PLAIN.items():
                answer = errors.page(RequestFactory().get("/my/x"), status, "Role", "Ask your supervisor", ("Task.status",))
                body = answer.content.decode()
                assert answer.status_code == status and str(heading) in body and str(text) in body
                assert not any(each in body for each in ("Role", "supervisor", "Task.status")), body


def spanish_or(language: str, text: str) -> str:
    return text if language == "en" else spanish(text)


def test_every_kind_of_promise_has_plain_words_or_is_among_staff() -> None:
    """A new duty brings its own: the patient never reads "A step in your care" where a word could be said."""
    import json

    from baton.duties.support.agreements import INNER
    from baton.portal import words

    found = json.loads((ROOT / "src/baton/packs/ground/promise.json").read_text())
    kinds = {each["code"] for each in found["concept"]} - INNER
    assert len(kinds) > 30 and not kinds - set(words.PROMISES), kinds - set(words.PROMISES)
