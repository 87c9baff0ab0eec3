"""The conditions of a FHIR search (R4 search.html): each parameter, its modifier, prefixes, escapes, chains and _has read into a Clause."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from baton.fhir import dates, resource
from baton.fhir.definitions import TYPES, SearchParameter, search_parameters
from baton.fhir.outcome import Bad, error

DEEPEST_CHAIN: Final = 4
MOST_CHAINED_TYPES: Final = 12
"""Unless it says which, a chain is followed to at most this many types: more is never meant, and multiplies with every step."""

_PREFIXED: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_OFFSET_LOST: Final = re.compile(r"(T[\d:.]+) (\d\d:\d\d)", re.ASCII)

MODIFIERS: Final = {
    "token": frozenset({"missing", "text", "not", "above", "below", "in", "not-in", "of-type"}),
    "reference": frozenset({"missing", "identifier", "above", "below"}),
    "string": frozenset({"missing", "exact", "contains"}),
    "uri": frozenset({"missing", "above", "below"}),
}
"""The modifiers R4 knows for a type of parameter; the types not listed know only :missing."""


@dataclass(frozen=True, slots=True)
class Token:
    """`code` alone (system None) is any system's, `|code` (system "") one without system, `system|` (code None) any of that system.

    With :of-type, `code` is "code|value".
    """

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A string or a URI to look for, unescaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A date with its prefix; `dates.interval(text, zone)` never fails on it."""

    prefix: str
    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or quantity with its prefix; `text` keeps the digits, which say how exact it is meant."""

    prefix: str
    text: str
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What is pointed at: one `id` of one of these `types`; or, when id is None, the `text` as it stands (an absolute URL, a canonical)."""

    text: str
    types: tuple[str, ...] = ()
    id: str | None = None


Value = Token | Text | Moment | Amount | Reference | bool


@dataclass(frozen=True, slots=True)
class Chain:
    """The second half of `subject:Patient.name=…`: what must be true of the target of this type.

    For _has: of a resource of this type that points here by its parameter `by`.
    """

    type: str
    clause: "Clause"
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: true when any of `values` matches (with :missing, the one value is a bool).

    A chained one has `chain` and no values, and is true when any of its chains is; `_has` has the type "has".
    """

    param: str
    type: str
    modifier: str | None = None
    values: tuple[Value, ...] = ()
    chain: tuple[Chain, ...] = ()


def clause(resource_type: str, name: str, value: str, depth: int = 0) -> Clause | None:
    """The condition that one parameter states of a type; None when its value is empty, which R4 says to ignore. Raises Bad."""
    if depth > DEEPEST_CHAIN:
        raise Bad(error("too-costly", f"A search follows at most {DEEPEST_CHAIN} references in a row.", name))
    if name.startswith("_has:"):
        return _reverse(resource_type, name, value, depth)
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    parameter = search_parameters(resource_type).get(code)
    if parameter is None or not (parameter.places or parameter.type == "composite"):
        raise Bad(error("not-supported", f"{resource_type} has no search parameter '{code}'.", name))
    if dot:
        return _chained(parameter, name, modifier, rest, value, depth)
    _check_modifier(parameter, name, modifier)
    values = tuple(_value(parameter, name, modifier, each) for each in _split(value, ",") if each)
    return Clause(code, parameter.type, modifier or None, values) if values else None


def _chained(parameter: SearchParameter, name: str, modifier: str, rest: str, value: str, depth: int) -> Clause | None:
    if parameter.type != "reference":
        raise Bad(error("invalid", f"'{parameter.code}' is no reference, so nothing can be chained to it.", name))
    if modifier and modifier not in TYPES:
        raise Bad(error("invalid", f"'{modifier}' is no resource type to chain through.", name))
    candidates = (modifier,) if modifier else targets(parameter)
    if len(candidates) > MOST_CHAINED_TYPES:
        raise Bad(error("too-costly", f"'{parameter.code}' points to many types: say which, as in {parameter.code}:Patient.{rest}.", name))
    links: list[Chain] = []
    refusals: list[Bad] = []
    for target in candidates:
        try:
            found = clause(target, rest, value, depth + 1)
        except Bad as refusal:
            refusals.append(refusal)
            continue
        if found is None:
            return None
        links.append(Chain(target, found))
    if not links:
        said = refusals[0].issues[0].text if refusals else "Say which type it points to, as in subject:Patient.name."
        raise Bad(error("not-supported", said, name))
    return Clause(parameter.code, parameter.type, None, (), tuple(links))


def _reverse(resource_type: str, name: str, value: str, depth: int) -> Clause | None:
    parts = name.split(":", 3)
    if len(parts) != 4 or parts[1] not in TYPES:
        raise Bad(error("invalid", "_has takes the form _has:Type:reference:parameter=value.", name))
    _, source, by, rest = parts
    pointing = search_parameters(source).get(by)
    if pointing is None or pointing.type != "reference" or resource_type not in (targets(pointing) or TYPES):
        raise Bad(error("not-supported", f"{source} has no reference parameter '{by}' that points to {resource_type}.", name))
    found = clause(source, rest, value, depth + 1)
    return Clause("_has", "has", None, (), (Chain(source, found, by),)) if found else None


def targets(parameter: SearchParameter) -> tuple[str, ...]:
    """The types a reference parameter can point to: those its places insist on (`patient` → Patient), else those it states."""
    only = tuple(dict.fromkeys(place.only for place in parameter.places if place.only))
    return only if only and all(place.only for place in parameter.places) else parameter.targets


def _check_modifier(parameter: SearchParameter, name: str, modifier: str) -> None:
    allowed = MODIFIERS.get(parameter.type, frozenset({"missing"}))
    if modifier and modifier not in allowed and not (parameter.type == "reference" and modifier in TYPES):
        said = f"'{parameter.code}' is of type {parameter.type} and knows no modifier ':{modifier}'; it knows {', '.join(sorted(allowed))}."
        raise Bad(error("not-supported", said, name))


def _split(text: str, separator: str) -> list[str]:
    """The text cut at every separator that no backslash protects, the backslashes left in."""
    if "\\" not in text:
        return text.split(separator)
    return re.findall(
        rf"(?:^|(?<={re.escape(separator)}))((?:\\.|[^\\{separator}]|\\$)*)(?:{re.escape(separator)}|$)", text, re.DOTALL
    ) or [text]


def _plain(text: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", text) if "\\" in text else text


def _value(parameter: SearchParameter, name: str, modifier: str, text: str) -> Value:
    if modifier == "missing":
        if text not in {"true", "false"}:
            raise Bad(error("invalid", f"'{name}' takes true or false, not '{text}'.", name))
        return text == "true"
    if modifier == "identifier":
        return _token(text)
    if modifier == "text" or parameter.type == "composite":
        return Text(_plain(text))
    if parameter.type == "reference":
        return _reference(parameter, modifier, _plain(text))
    if modifier == "of-type":
        system, code, value = (*_split(text, "|"), "", "")[:3]
        return Token(_plain(system), f"{_plain(code)}|{_plain(value)}")
    return _READERS[parameter.type](name, text)


def _token(text: str) -> Token:
    system, *code = _split(text, "|")
    if not code:
        return Token(None, _plain(system))
    return Token(_plain(system), _plain("|".join(code)) or None)


def _reference(parameter: SearchParameter, modifier: str, text: str) -> Reference:
    text = resource.without_version(text)
    parts = resource.split(text)
    if parts and resource.is_local(text) and parts[0] in TYPES:
        return Reference(text, (parts[0],), parts[1])
    if _ID.fullmatch(text):
        return Reference(text, (modifier,) if modifier in TYPES else targets(parameter), text)
    return Reference(text)


def _moment(name: str, text: str) -> Moment:
    prefix, rest = _prefixed(text)
    rest = _OFFSET_LOST.sub(r"\1+\2", rest)  # a plus sign that was not percent-encoded arrives as a space
    if not dates.is_date(rest):
        raise Bad(
            error(
                "invalid",
                f"'{name}' takes a date such as 2026-07-02, perhaps after eq, ne, gt, ge, lt, le, sa, eb or ap; not '{text}'.",
                name,
            )
        )
    return Moment(prefix, rest)


def _amount(name: str, text: str) -> Amount:
    number, *unit = _split(text, "|")
    prefix, rest = _prefixed(number)
    if not _NUMBER.fullmatch(rest) or len(unit) > 2:
        raise Bad(error("invalid", f"'{name}' takes a number, perhaps with |system|unit; not '{text}'.", name))
    system, code = (*map(_plain, unit), None, None)[:2] if unit else (None, None)
    return Amount(prefix, rest, system or None, code or None)


def _prefixed(text: str) -> tuple[str, str]:
    found = _PREFIXED.fullmatch(text)
    return (found[1] or "eq", found[2]) if found else ("eq", text)


_READERS: Final[dict[str, Callable[[str, str], Value]]] = {
    "token": lambda _name, text: _token(text),
    "string": lambda _name, text: Text(_plain(text)),
    "uri": lambda _name, text: Text(_plain(text)),
    "date": _moment,
    "number": _amount,
    "quantity": _amount,
    "special": lambda _name, text: Text(_plain(text)),
}
