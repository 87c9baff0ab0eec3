"""How hard a text is to read: the school grade of English (Flesch-Kincaid) and of Spanish (Crawford). Pure; counts are estimates.

Sources: Kincaid et al. 1975, grade = 0.39 words/sentence + 11.8 syllables/word - 15.59. Crawford 1989, grade = 0.049 syllables per
100 words - 0.205 sentences per 100 words - 3.407. The limit of grade 6 stands in data/readability.json with its sources.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import cast

from baton.rules.tables import table

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?:;]+(?:\s|$)|\n+")
_ENGLISH_GROUP = re.compile(r"[aeiouy]+")
_SPANISH_STRONG = "aeoáéóíú"  # an accented í or ú stands by itself: dí-a


def limit(day: date) -> float:
    """The highest grade that what patients read may have."""
    return float(cast(float, table("readability").row("grade", day).values["grade"]))


def words(text: str) -> list[str]:
    """The words of a text, lower case; numbers are none."""
    return [word.lower() for word in _WORD.findall(text)]


def sentences(text: str) -> int:
    """How many sentences a text has; a line of a list is one. At least one."""
    return max(1, sum(1 for part in _SENTENCE.split(text) if _WORD.search(part)))


def english_syllables(word: str) -> int:
    """How many syllables an English word has, by its groups of vowels; a silent final e does not count."""
    plain = word.replace("'", "").replace("’", "")
    found = len(_ENGLISH_GROUP.findall(plain))
    silent_e = plain.endswith("e") and not plain.endswith(("le", "ee")) and found > 1
    silent_ed = plain.endswith("ed") and not plain.endswith(("ted", "ded")) and found > 1
    return max(1, found - (1 if silent_e or silent_ed else 0))


def spanish_syllables(word: str) -> int:
    """How many syllables a Spanish word has: two strong vowels side by side are two, a weak one beside a strong one is none."""
    text = re.sub(r"(?<=[qg])u(?=[eiéí])", "", unicodedata.normalize("NFC", word).replace("ü", "u"))
    count, before = 0, ""
    for letter in text:
        if letter in _SPANISH_STRONG:
            count += 0 if before and before not in _SPANISH_STRONG else 1
            before = letter
        elif letter in "iu" or (letter == "y" and not before and count == 0 and len(text) == 1):
            count += 0 if before else 1
            before = letter
        else:
            before = ""
    return max(1, count)


def grade(text: str, language: str) -> float:
    """The school grade one must have reached to read this with ease, rounded to a tenth; 0 for no words. Languages: "en", "es"."""
    found = words(text)
    if not found:
        return 0.0
    if language.startswith("es"):
        per_hundred = 100 / len(found)
        counted = sum(map(spanish_syllables, found))
        return round(max(0.0, 0.049 * counted * per_hundred - 0.205 * sentences(text) * per_hundred - 3.407), 1)
    counted = sum(map(english_syllables, found))
    return round(max(0.0, 0.39 * len(found) / sentences(text) + 11.8 * counted / len(found) - 15.59), 1)
