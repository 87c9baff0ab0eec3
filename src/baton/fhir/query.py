"""A FHIR search as it is asked: the query string of R4 search.html turned into clauses. Pure: what is answered, the store decides.

Repeated parameters are AND, commas inside one value are OR. Everything that cannot be understood raises Bad, naming the parameter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from baton.fhir.clauses import Amount, Chain, Clause, Moment, Reference, Text, Token, Value, clause, targets
from baton.fhir.definitions import TYPES, search_parameters
from baton.fhir.outcome import Bad, error

__all__ = [
    "Amount",
    "Chain",
    "Clause",
    "Include",
    "Moment",
    "Query",
    "Reference",
    "Sort",
    "Text",
    "Token",
    "Value",
    "clause",
    "parse",
    "targets",
]

MOST_PARAMETERS: Final = 200


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of _sort."""

    param: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Include:
    """_include or _revinclude: follow `param` ("*" for all) of `source` to `target` (None: whatever it points at)."""

    source: str
    param: str
    target: str | None = None
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole search.

    `count` None means the server's choice; `summary` is true, text, data, count or None; `total` is none, estimate, accurate or None.
    """

    type: str
    clauses: tuple[Clause, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int | None = None
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    total: str | None = None
    summary: str | None = None
    elements: tuple[str, ...] = ()
    cursor: str | None = None


def parse(resource_type: str, querystring: str | Sequence[tuple[str, str]]) -> Query:
    """The query that a query string (still percent-encoded) or a list of decoded pairs asks of a type.

    Raises Bad; its status is 404 when there is no such type.
    """
    if resource_type not in TYPES:
        raise Bad(error("not-found", f"There is no resource type '{resource_type}'."), status=404)
    reading = _Reading(resource_type)
    for name, value in _pairs(querystring):
        reading.take(name, value)
    return reading.query()


def _pairs(querystring: str | Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    if not isinstance(querystring, str):
        return querystring
    try:
        return parse_qsl(querystring, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise Bad(error("invalid", "The search is not UTF-8 once its percent signs are decoded.")) from None
    except ValueError:
        raise Bad(error("too-costly", f"A search takes at most {MOST_PARAMETERS} parameters.")) from None


class _Reading:
    """Collects the parts of one query, parameter by parameter."""

    def __init__(self, resource_type: str) -> None:
        self.type = resource_type
        self.clauses: list[Clause] = []
        self.sort: tuple[Sort, ...] = ()
        self.includes: list[Include] = []
        self.revincludes: list[Include] = []
        self.count: int | None = None
        self.said: dict[str, str] = {}
        self.elements: tuple[str, ...] = ()

    def take(self, name: str, value: str) -> None:
        control = _CONTROLS.get(name.partition(":")[0])
        if control:
            control(self, name, value)
        else:
            found = clause(self.type, name, value)
            if found:
                self.clauses.append(found)

    def query(self) -> Query:
        total, summary = self.said.get("_total"), self.said.get("_summary")
        return Query(
            self.type,
            tuple(self.clauses),
            self.sort,
            self.count,
            tuple(self.includes),
            tuple(self.revincludes),
            total,
            None if summary == "false" else summary,
            self.elements,
            self.said.get("_cursor"),
        )

    def take_sort(self, name: str, value: str) -> None:
        keys = [Sort(key.strip().lstrip("-"), key.strip().startswith("-")) for key in value.split(",") if key.strip("- ")]
        known = search_parameters(self.type)
        for key in keys:
            if key.param not in known or not known[key.param].places:
                raise Bad(error("not-supported", f"{self.type} cannot be sorted by '{key.param}'.", name))
        self.sort = tuple(keys)

    def take_count(self, name: str, value: str) -> None:
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise Bad(error("invalid", f"_count takes a whole number from 0, not '{value}'.", name))
        self.count = int(value)

    def take_include(self, name: str, value: str) -> None:
        base, _, modifier = name.partition(":")
        if modifier not in {"", "iterate", "recurse"}:
            raise Bad(error("not-supported", f"{base} knows the modifier :iterate only.", name))
        into = self.includes if base == "_include" else self.revincludes
        into.extend(_include(base, each.strip(), bool(modifier), self.type) for each in value.split(",") if each.strip())

    def take_elements(self, _name: str, value: str) -> None:
        self.elements = tuple(each.strip() for each in value.split(",") if each.strip())

    def take_choice(self, name: str, value: str) -> None:
        allowed = _CHOICES.get(name, ())
        if value not in allowed:
            raise Bad(error("invalid", f"{name} takes {', '.join(allowed) or 'no modifier'}, not '{value}'.", name))
        self.said[name] = value

    def take_cursor(self, name: str, value: str) -> None:
        self.said[name] = value

    def ignore(self, _name: str, _value: str) -> None:
        """It is about the form of the answer, which the entrance decides."""


_CHOICES: Final = {
    "_total": ("none", "estimate", "accurate"),
    "_summary": ("true", "text", "data", "count", "false"),
    "_contained": ("false",),
}
_CONTROLS: Final[dict[str, Callable[[_Reading, str, str], None]]] = {
    "_sort": _Reading.take_sort,
    "_count": _Reading.take_count,
    "_include": _Reading.take_include,
    "_revinclude": _Reading.take_include,
    "_elements": _Reading.take_elements,
    "_total": _Reading.take_choice,
    "_summary": _Reading.take_choice,
    "_contained": _Reading.take_choice,
    "_cursor": _Reading.take_cursor,
    "_format": _Reading.ignore,
    "_pretty": _Reading.ignore,
}


def _include(base: str, text: str, iterate: bool, resource_type: str) -> Include:
    if text == "*" and base == "_include":
        return Include(resource_type, "*", None, iterate)
    source, _, rest = text.partition(":")
    param, _, target = rest.partition(":")
    if source not in TYPES or (target and target not in TYPES):
        raise Bad(error("invalid", f"{base} takes Type:parameter or Type:parameter:Target, and '{text}' names no such type.", base))
    known = search_parameters(source)
    if param != "*" and (param not in known or known[param].type != "reference"):
        raise Bad(error("not-supported", f"{source} has no reference parameter '{param}' to follow.", base))
    return Include(source, param, target or None, iterate)
