"""Names as people say and misspell them: what is kept of a person so that Find meets them half way. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jellyfish

WORD, SOUND, NUMBER, PHONE = "~word", "~sound", "~number", "~phone"
"""The pseudo-parameters under which the table `name` keeps a person's words, sounds, identifiers and (reversed) telephone digits."""
PEOPLE = frozenset({"Patient", "Practitioner", "RelatedPerson", "Person"})
LONGEST = 200  # characters of a string that are indexed

_NOT_DIGITS = re.compile(r"\D+")
_BETWEEN = re.compile(r"[^\w]+")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


@lru_cache(maxsize=16384)
def normal(text: str) -> str:
    """Text without case, accents and doubled spaces: what string search compares."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)).translate(_LETTERS)
    return " ".join(text.lower().replace("\0", "").split())[:LONGEST]


def words(text: str) -> list[str]:
    """The words of a name or of what was typed, normalised; hyphens and apostrophes part or join as people do not agree they should."""
    text = normal(text)
    parted = [word for word in _BETWEEN.sub(" ", text).split() if word]
    joined = (
        [word for word in re.sub(r"['’\-]", "", text).split() if word not in parted] if "-" in text or "'" in text or "’" in text else []
    )
    return parted + [word for word in joined if _BETWEEN.sub("", word) == word]


@lru_cache(maxsize=16384)
def sounds(word: str) -> tuple[str, ...]:
    """How a word sounds: two coarse keys, so that Nwak meets Nowak and Delgato meets Delgado."""
    letters = "".join(c for c in word if c.isalpha() and c.isascii())
    if len(letters) < 2:
        return ()
    metaphone = jellyfish.metaphone(letters)
    # voiced and unvoiced stops are one, vowels and the glides between them are nothing
    coarse = letters[0] + "".join(letters[1:]).translate(_COARSE)
    squeezed = re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouyhw]", "", coarse))
    keys = {f"m{metaphone}" if metaphone else "", f"c{squeezed}"}
    return tuple(sorted(key for key in keys if len(key) > 1))


_COARSE = str.maketrans("dgqzvbxj", "tkksfpss")


def digits(text: str) -> str:
    """The digits of a telephone number, reversed: the end of a number is what people remember."""
    return _NOT_DIGITS.sub("", text)[::-1]


def of_person(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What Find keeps of a person: (pseudo-parameter, value), each once."""
    kept: set[tuple[str, str]] = set()
    for name in resource.get("name", ()):
        for part in (name.get("family"), *name.get("given", ()), None if name.get("family") else name.get("text")):
            if isinstance(part, str):
                for word in words(part):
                    kept.add((WORD, word))
                    kept.update((SOUND, sound) for sound in sounds(word))
    for identifier in resource.get("identifier", ()):
        if value := identifier.get("value"):
            kept.add((NUMBER, normal(value)))
    for telecom in resource.get("telecom", ()):
        if telecom.get("system") in ("phone", "sms", "pager", None) and len(number := digits(telecom.get("value", ""))) >= 7:
            kept.add((PHONE, number))
    yield from sorted(kept)
