"""Every sentence has its Spanish, and the catalogue the pages read is the one its words make."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def translations() -> Any:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import translations  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    return translations


def test_every_sentence_has_its_spanish(translations: Any) -> None:
    lacking = [f"{where}: {one.message}" for one, where in translations.missing(translations.catalogue())]
    assert not lacking, "fill in what `python scripts/translations.py` lists:\n" + "\n".join(lacking)


def test_the_compiled_catalogue_is_fresh(translations: Any) -> None:
    committed = (translations.LOCALE / "es" / "LC_MESSAGES" / "django.mo").read_bytes()
    assert committed == translations.compiled(translations.catalogue()), "run: python scripts/translations.py"


def test_spanish_keeps_every_value_of_a_sentence(translations: Any) -> None:
    for entry in translations.catalogue():
        names = set(re.findall(r"%\((\w+)\)s", entry.msgid + entry.msgid_plural))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text:
                assert set(re.findall(r"%\((\w+)\)s", text)) <= names, entry.msgid
        assert names <= set(re.findall(r"%\((\w+)\)s", entry.msgstr + "".join(entry.msgstr_plural.values()))), entry.msgid


def test_nothing_is_translated_that_nobody_says(translations: Any) -> None:
    assert translations.unused(translations.catalogue()) == []
