"""A text with its translations, as FHIR keeps them: the translation extension beside the element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baton.duties.codes import TRANSLATION


@dataclass(frozen=True, slots=True)
class Words:
    """A text and its translations, by language."""

    text: str
    others: Mapping[str, str]

    def said(self, language: str | None) -> str:
        """In this language, else as it was written."""
        return self.others.get((language or "").split("-")[0], self.text)

    def beside(self, name: str) -> dict[str, Any]:
        """The translations as they stand beside an element of this name in FHIR; nothing where there are none."""
        parts = ([{"url": "lang", "valueCode": lang}, {"url": "content", "valueString": said}] for lang, said in self.others.items())
        several = [{"url": TRANSLATION, "extension": each} for each in parts]
        return {f"_{name}": {"extension": several}} if several else {}


def words(element: Mapping[str, Any], name: str = "title") -> Words:
    """A text of a resource with its translations."""
    others: dict[str, str] = {}
    for each in element.get(f"_{name}", {}).get("extension", ()):
        if each.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in each.get("extension", ())}
            others[str(parts.get("lang", {}).get("valueCode", ""))] = str(parts.get("content", {}).get("valueString", ""))
    return Words(str(element.get(name, element.get("id", ""))), others)
