"""Which line of the score a service stands on: codes first, in whatever language the words are."""

from __future__ import annotations

from typing import Any

import pytest

from baton.duties.patients import services
from baton.duties.patients.services import NUCC, SERVICE_CATEGORY, SERVICE_TYPE, SNOMED


def coded(system: str, code: str, text: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


@pytest.mark.parametrize(
    ("said", "party"),
    [
        ([coded(SNOMED, "419772000", "Medicina de familia")], ("primary-care", "")),
        ([coded(SNOMED, "394579002", "Cardiología")], ("specialty", "Cardiología")),
        ([coded(SNOMED, "394581000", "Community medicine")], ("specialty", "Community medicine")),
        ([coded(SERVICE_TYPE, "358", "Enfermería a domicilio")], ("home-health", "")),
        ([coded(SERVICE_TYPE, "64", "Botica")], ("pharmacy", "")),
        ([coded(SERVICE_TYPE, "6", "Comidas a casa")], ("community", "")),
        ([coded(SERVICE_CATEGORY, "33", "Traslado")], ("community", "")),
        ([coded(NUCC, "251E00000X")], ("home-health", "")),
        ([coded("urn:local", "124", "Home health")], ("home-health", "")),  # a code of another system says nothing; its words do
        ([None, [coded(SERVICE_TYPE, "9999", "Dialysis")]], ("specialty", "Dialysis")),
        ([[{"text": "Cardiology"}], coded(SERVICE_TYPE, "124")], ("primary-care", "")),  # a code further on wins over words
        (["Riverside Family Medicine"], ("primary-care", "")),
        ([None, [], ""], ("primary-care", "")),
    ],
)
def test_codes_first_words_last(said: list[Any], party: tuple[str, str]) -> None:
    assert services.party(*said) == party


def test_no_code_is_two_parties() -> None:
    for parties in services.CODES.values():
        codes = [code for several in parties.values() for code in several.split()]
        assert len(codes) == len(set(codes))
