"""Which party gives a service: told from its codes where it has known ones, and only then from the words in which it is written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from baton.duties.patients.charts import Party
from baton.fhir.resource import text_of

Said = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | None
"""A CodeableConcept, several, or a name."""

SNOMED = "http://snomed.info/sct"
SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
SERVICE_CATEGORY = "http://terminology.hl7.org/CodeSystem/service-category"
NUCC = "http://nucc.org/provider-taxonomy"

CODES: dict[str, dict[Party, str]] = {
    SNOMED: {
        # of the value set c80-practice-codes, and roles of people
        "primary-care": "394814009 408443003 419772000 394802001 419192003 59058001 62247001",
        "specialty": "394581000 394600006",  # community medicine, clinical pharmacology: neither what their words say
        "pharmacy": "46255001",
        "community": "106328005 408447002",
    },
    SERVICE_TYPE: {
        "primary-care": "124 324",
        "home-health": "8 322 357 358 360 362 497 612",
        "pharmacy": "64 109 282 405 589",
        "community": "6 125 126 127 128 129 228 230 295 330 344 345 443 465 530 531 548 580 599 606",
        "specialty": "167 179 383 478",
    },
    SERVICE_CATEGORY: {"primary-care": "17", "community": "16 18 25 33", "specialty": "27 28 29 31"},
    NUCC: {
        "primary-care": "207Q00000X 207R00000X 208D00000X 208000000X 363LF0000X 363LP2300X 261QP2300X",
        "home-health": "251E00000X 251G00000X 251J00000X",
        "pharmacy": "183500000X 3336C0003X",
        "community": "104100000X 343900000X",
    },
}
"""Codes by system and party; every other code says nothing here."""
_PARTY: dict[tuple[str, str], Party] = {
    (system, code): party for system, parties in CODES.items() for party, codes in parties.items() for code in codes.split()
}

WORDS: tuple[tuple[Party, tuple[str, ...]], ...] = (
    ("home-health", ("home health", "home care", "home nursing", "nurse visit", "home visit", "visiting nurse", "hospice")),
    ("pharmacy", ("pharmac",)),
    ("community", ("food", "meal", "housing", "transport", "ride", "community", "social", "shelter", "utilit")),
    (
        "primary-care",
        ("primary care", "family medicine", "family practice", "general practice", "internal medicine", "pediatric", "well child"),
    ),
)
"""English words as they appear in what a service is called."""


def party(*said: Said) -> tuple[Party, str]:
    """The kind and name of the party that gives a service: by the first code that is known, else by the first that says anything."""
    texts = [text for each in said if (text := words(each))]
    for each in said:
        for coding in _codings(each):
            found = _PARTY.get((str(coding.get("system", "")), str(coding.get("code", ""))))
            if found is not None:
                return found, (texts[0] if found == "specialty" and texts else "")
    for text in texts:
        for kind, known in WORDS:
            if any(word in text.lower() for word in known):
                return kind, ""
    return ("specialty", texts[0]) if texts else ("primary-care", "")


def words(said: Said) -> str:
    """The words of a concept, of the first of several that has any, or of a name."""
    if isinstance(said, str):
        return said
    return next((text for each in _concepts(said) if (text := text_of(each))), "")


def _concepts(said: Said) -> Iterable[Mapping[str, Any]]:
    if said is None or isinstance(said, str):
        return ()
    return (said,) if isinstance(said, Mapping) else said


def _codings(said: Said) -> Iterable[Mapping[str, Any]]:
    return (coding for each in _concepts(said) for coding in each.get("coding", ()))
