"""Names of languages spoken by patients for which the framework has none."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

LANGUAGES: Mapping[str, str | Promise] = {
    "ht": lazy("Haitian Creole"),
    "tl": lazy("Tagalog"),
    "fil": lazy("Tagalog"),
    "so": lazy("Somali"),
    "hmn": lazy("Hmong"),
    "am": lazy("Amharic"),
    "yue": lazy("Cantonese"),
    "cmn": lazy("Mandarin"),
    "zh": lazy("Chinese"),
    "gu": lazy("Gujarati"),
    "ps": lazy("Pashto"),
    "ase": lazy("American Sign Language"),
    "sgn-US": lazy("American Sign Language"),
    "nv": lazy("Navajo"),
}
