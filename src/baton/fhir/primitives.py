"""The primitive types of R4: how each is written in JSON, and how to say what it takes.

The patterns are R4's own (datatypes.html#primitive), with three differences: a date must be a day of the calendar (2026-02-30 is none),
a string may hold any character but control characters, and base64 is matched without backtracking. They are written so that Python and
Rust read them alike.
"""

import re
from functools import cache
from math import isfinite
from typing import Any, Final

from baton.fhir.definitions import primitives

_YEAR: Final = "(?:[0-9](?:[0-9](?:[0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_LEAP_YEAR: Final = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_MONTH_DAY: Final = "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_DAY: Final = f"(?:{_YEAR}-{_MONTH_DAY}|{_LEAP_YEAR}-02-29)"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_OFFSET: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]+$"

_HALF_A_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_OWN_PATTERNS: Final = {
    "date": f"^(?:{_YEAR}(?:-{_MONTH})?|{_DAY})$",
    "dateTime": f"^(?:{_YEAR}(?:-{_MONTH})?|{_DAY}(?:T{_CLOCK}{_OFFSET})?)$",
    "instant": f"^{_DAY}T{_CLOCK}{_OFFSET}$",
    "time": f"^{_CLOCK}$",
    "string": _TEXT,
    "markdown": _TEXT,
    "xhtml": r"^\s*<(?:[A-Za-z0-9]+:)?div[\s>/]",
    "base64Binary": r"^(?:(?:\s*[0-9a-zA-Z+/=]){4})+\s*$",
    "uri": r"^\S+$",
    "url": r"^\S+$",
    "canonical": r"^\S+$",
}
_RANGES: Final = {"integer": (-(2**31), 2**31 - 1), "unsignedInt": (0, 2**31 - 1), "positiveInt": (1, 2**31 - 1)}

TAKES: Final = {
    "boolean": "true or false",
    "integer": "a whole number between -2147483648 and 2147483647",
    "unsignedInt": "a whole number from 0",
    "positiveInt": "a whole number from 1",
    "decimal": "a number, written without quotation marks",
    "date": "a date of the calendar: YYYY, YYYY-MM or YYYY-MM-DD",
    "dateTime": "a date of the calendar (YYYY, YYYY-MM or YYYY-MM-DD), or a date with time and offset such as 2026-07-02T14:10:00-04:00",
    "instant": "a date with time to the second and offset, such as 2026-07-02T14:10:00-04:00",
    "time": "a time of day such as 14:10:00",
    "string": "a text that is not empty and holds no control characters",
    "markdown": "a text that is not empty and holds no control characters",
    "code": "a code: not empty, no spaces at its ends, only single ones inside",
    "id": "up to 64 letters, digits, '-' and '.'",
    "uri": "a URI without spaces",
    "url": "a URL without spaces",
    "canonical": "a canonical URL without spaces",
    "oid": "an OID such as urn:oid:1.2.3",
    "uuid": "a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520, in lower case",
    "base64Binary": "base64 text",
    "xhtml": "an XHTML <div> element as text",
}
"""What a value of the type must be, in words that finish the sentence "it takes …"."""


def is_primitive(kind: str) -> bool:
    """Whether a type is a primitive one: its name begins with a small letter."""
    return kind[:1].islower()


@cache
def pattern(kind: str) -> str | None:
    """The anchored pattern of a primitive that is written as a JSON string; None for numbers and booleans."""
    if kind in _RANGES or kind in {"boolean", "decimal"}:
        return None
    return _OWN_PATTERNS.get(kind) or f"^(?:{primitives()[kind]})$"


@cache
def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a primitive."""
    if kind in _RANGES:
        low, high = _RANGES[kind]
        return {"type": "integer", "minimum": low, "maximum": high}
    if kind in {"boolean", "decimal"}:
        return {"type": "boolean" if kind == "boolean" else "number"}
    return {"type": "string", "pattern": pattern(kind)}


@cache
def _compiled(kind: str) -> re.Pattern[str]:
    return re.compile((pattern(kind) or "").removesuffix("$") + (r"\Z" if kind != "xhtml" else ""))


def fits(kind: str, value: object) -> bool:
    """Whether a Python value, as JSON gives it, is a value of the primitive type."""
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "decimal":
        return isinstance(value, int) or (isinstance(value, float) and isfinite(value))
    if kind in _RANGES:
        low, high = _RANGES[kind]
        return isinstance(value, int | float) and low <= value <= high and value == int(value)
    return isinstance(value, str) and _compiled(kind).match(value) is not None and not _HALF_A_CHARACTER.search(value)
