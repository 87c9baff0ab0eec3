"""A resource is a dict. This is how it is read and written without losing a digit, and the questions everyone asks of it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from baton.fhir.outcome import Bad, error

Resource = dict[str, Any]

DEEPEST: Final = 100
"""Objects and arrays may lie this deep in each other; deeper input is refused."""

_LOCAL: Final = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)
_ABSOLUTE: Final = re.compile(r"https?://[^?#]*?/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)


class Number(float):
    """A decimal that remembers how it was written, so that 72.50 stays 72.50. In every other way a float."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


def parse(text: bytes | str) -> Resource:
    """The resource that this JSON text (UTF-8 when bytes) holds, every digit of its decimals kept; `dump` gives them back.

    Raises Bad when it is not JSON, not UTF-8, not one object, names a property twice, or is nested deeper than DEEPEST.
    """
    try:
        source = text.encode() if isinstance(text, str) else text
        resource = orjson.loads(source)
    except UnicodeEncodeError:
        raise Bad(error("structure", "The text holds half a character (a lone surrogate), which JSON cannot carry.")) from None
    except orjson.JSONDecodeError as wrong:
        raise Bad(error("structure", f"This is not JSON: {wrong}.")) from None
    if not isinstance(resource, dict):
        raise Bad(error("structure", f"A resource is one JSON object, and this is {_kind(resource)}."))
    if source.count(b"{") + source.count(b"[") > DEEPEST and _deeper_than(source, DEEPEST):
        raise Bad(error("structure", f"Objects and arrays are nested deeper than {DEEPEST}."))
    return resource if _came_through(source, orjson.dumps(resource)) else _exactly(source)


def _came_through(source: bytes, written: bytes) -> bool:
    """Whether the quick reading surely lost nothing: no digit, and no property named twice."""
    # The usual spaces of other writers are taken away. Inside a string that can only make the texts differ, never make them equal.
    return written == source or written == source.replace(b'": ', b'":').replace(b', "', b',"').replace(b", {", b",{")


def _exactly(source: bytes) -> Resource:
    """The slower reading, which keeps the digits that a float would lose and sees a property named twice."""
    exact: Resource = json.loads(source, object_pairs_hook=_once, parse_float=_number, parse_int=_integer)
    return exact


def dump(resource: Mapping[str, Any]) -> bytes:
    """The JSON text of a resource in UTF-8, compact, numbers in the digits they came in."""
    return orjson.dumps(resource, default=_write)


def _write(value: object) -> object:
    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    raise TypeError(f"{type(value).__name__} has no place in a resource")


def _number(text: str) -> float:
    number = float(text)
    return number if orjson.dumps(number) == text.encode() else Number(text)


def _integer(text: str) -> int | float:
    if len(text) > 18 or text == "-0":
        return Number(text)
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Bad(error("structure", f"The property '{twice}' is written twice in one object.", twice))
    return found


_BRACKETS: Final = bytes.maketrans(b"[]", b"{}")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b'{}[]"'))
_QUOTED: Final = re.compile(rb'"[^"]*"')


def _deeper_than(source: bytes, limit: int) -> bool:
    """Whether JSON text nests deeper: its strings are taken out, and then one innermost level after the other."""
    unescaped = source.replace(rb"\\", b"").replace(rb"\"", b"")  # two backslashes first: what is left before a quote escapes it
    levels = unescaped.translate(_BRACKETS, _NO_BRACKETS).replace(b'""', b"")
    if b'"' in levels:  # a string holds brackets
        levels = _QUOTED.sub(b"", levels)
    for _ in range(limit):
        if not levels:
            return False
        levels = levels.replace(b"{}", b"")
    return bool(levels)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {list: "an array", str: "a string", bool: "true or false"}.get(type(value), "a number")


# --- the questions everyone asks -----------------------------------------------------------------------------------------------


def reference(resource_type: str, resource_id: str) -> str:
    """The local reference "Type/id"."""
    return f"{resource_type}/{resource_id}"


def reference_to(resource: Mapping[str, Any]) -> str:
    """The local reference "Type/id" of a stored resource. Raises KeyError when it has no id yet."""
    return f"{resource['resourceType']}/{resource['id']}"


def split(text: str) -> tuple[str, str] | None:
    """(type, id) of "Type/id", "Type/id/_history/3" or an absolute URL ending so; None for anything else (urn:, #contained, a query)."""
    found = _LOCAL.fullmatch(text) or _ABSOLUTE.fullmatch(text)
    return (found[1], found[2]) if found else None


def is_local(text: str) -> bool:
    """Whether a reference is "Type/id" of this server, with or without a version."""
    return _LOCAL.fullmatch(text) is not None


def without_version(text: str) -> str:
    """The reference with its /_history/… cut off."""
    return text.partition("/_history/")[0]


def target(element: Mapping[str, Any] | None) -> str | None:
    """The text of a Reference element without its version; None when it has none (only an identifier or a display)."""
    text = element.get("reference") if element else None
    return without_version(text) if isinstance(text, str) else None


def codings(codeable: Mapping[str, Any] | None) -> Iterator[tuple[str | None, str]]:
    """(system, code) of each coding of a CodeableConcept that has a code."""
    for coding in (codeable or {}).get("coding", ()):
        if coding.get("code"):
            yield coding.get("system"), coding["code"]


def has_code(codeable: Mapping[str, Any] | None, system: str | None, *codes: str) -> bool:
    """Whether a CodeableConcept carries one of these codes of this system (None: of any system)."""
    return any((system is None or system == found) and code in codes for found, code in codings(codeable))


def code_of(codeable: Mapping[str, Any] | None, system: str) -> str | None:
    """The first code of a CodeableConcept in this system."""
    return next((code for found, code in codings(codeable) if found == system), None)


def identifier(resource: Mapping[str, Any], system: str) -> str | None:
    """The value of the resource's identifier in this system; not one whose use is old."""
    found = resource.get("identifier", ())
    for each in [found] if isinstance(found, Mapping) else found:
        if each.get("system") == system and each.get("use") != "old" and each.get("value"):
            return str(each["value"])
    return None


def text_of(codeable: Mapping[str, Any] | None) -> str:
    """What a CodeableConcept says to a reader: its text, else a display (the one the user chose first), else a code, else nothing."""
    if not codeable:
        return ""
    found = codeable.get("coding", ())
    chosen = sorted(found, key=lambda coding: not coding.get("userSelected", False))
    displays = [coding["display"] for coding in chosen if coding.get("display")]
    return str(codeable.get("text") or next(iter(displays), "") or next((coding["code"] for coding in found if coding.get("code")), ""))


_NAME_USES: Final = ("usual", "official", None, "temp", "nickname", "anonymous", "maiden", "old")


def human_name(resource: Mapping[str, Any]) -> str:
    """The name to call a Patient, Practitioner, RelatedPerson, Person or Organization by: "Ana María Vega"; empty when it has none."""
    name = resource.get("name")
    if isinstance(name, str):
        return name
    names = name if isinstance(name, list) else [name] if isinstance(name, Mapping) else []
    names = sorted(names, key=lambda each: _NAME_USES.index(each.get("use")) if each.get("use") in _NAME_USES else 9)
    return _spelt(names[0]) if names else ""


def _spelt(name: Mapping[str, Any]) -> str:
    given = [part for part in name.get("given", ()) if part]
    parts = [*name.get("prefix", ()), *given, name.get("family"), *name.get("suffix", ())]
    return " ".join(part for part in parts if part) or str(name.get("text", ""))


def extension(resource: Mapping[str, Any] | None, url: str) -> Any:
    """The value[x] of the first extension with this url, or its nested extensions when it has no value; None when absent."""
    for each in (resource or {}).get("extension", ()):
        if each.get("url") == url:
            return next((value for key, value in each.items() if key.startswith("value")), each.get("extension"))
    return None
