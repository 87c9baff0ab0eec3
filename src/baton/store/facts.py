"""The facts of one chart with how they came to be kept: who first wrote each here and who last, when, and through which entrance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.fhir import resource as fhir_resource
from baton.store import refusals
from baton.store.codes import TYPE_CODE, TYPES, key64, table, token
from baton.store.named import sql
from baton.store.who import NotFound, Resource

if TYPE_CHECKING:
    from baton.store.view import View


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: the resources of a type; where `words` ("category=survey" each) are given, those found by one of them."""

    name: str
    type: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """One writing of a fact: when, by whom ("Type/id"), on whose behalf, through which entrance, and why."""

    at: datetime
    who: str
    on_behalf_of: str | None
    entrance: str
    because: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as it stands, the writing that brought it into this chart, and the latest."""

    kind: str
    resource: Resource
    version: int
    first: Written
    last: Written


@dataclass(frozen=True, slots=True)
class Counted:
    """How many facts of each kind there are, and, in the order of a page, the "Type/id" of those that name nobody."""

    kinds: Mapping[str, int]
    unsaid: tuple[str, ...]


def counted(view: View, patient: str, kinds: Sequence[Kind], says: Mapping[str, Collection[str]] | None = None) -> Counted:
    """Count the facts of a patient (an id). `says`: by type, the elements that say who said it; without it only counts, by the index."""
    params: dict[str, Any] = {"patient": key64(f"Patient/{patient}")}
    tests = [
        f"when {TYPE_CODE[type_]} then {' and '.join(map(_lacks, sorted(elements)))}" for type_, elements in sorted((says or {}).items())
    ]
    unsaid = f"case f.type {' '.join(tests)} else true end"
    seen = view.seen("r", params, _codes(kinds))
    name = "facts_tally" if says is None else "facts_counted"
    rows = view.ask(sql(name, kind=_kind(kinds), types=_types(kinds), seen=seen, unsaid=unsaid), params, prepare=True)
    names = _names(kinds)
    found = {names[kind]: number for kind, number, _ in rows}
    told = (each.partition("/") for _, _, several in rows for each in several or ())
    return Counted(found, tuple(f"{TYPES[int(code) - 1]}/{id_}" for code, _, id_ in told))


def page(
    view: View, patient: str, kinds: Sequence[Kind], *, only: Collection[str] | None = None, named: Collection[str] | None = None,
    start: int = 0, limit: int = 100,
) -> list[Fact]:  # fmt: skip
    """The facts of a patient from one row on, by kind and newest first; of some kinds `only`, or of some `named` ("Type/id")."""
    names = _names(kinds)
    wanted = [number for number, name in enumerate(names) if only is None or name in only]
    parts = None if named is None else [each.partition("/")[::2] for each in sorted(named)]
    params = {
        "patient": key64(f"Patient/{patient}"),
        **view.look_params(f"chart Patient/{patient}"),
        "kinds": wanted,
        "ids": None if parts is None else [id_ for _, id_ in parts],
        "names": None if parts is None else [f"{TYPE_CODE.get(type_, 0)}/{id_}" for type_, id_ in parts],
        "start": start,
        "limit": limit,
    }
    seen = view.seen("r", params, _codes(kinds))
    rows = view.ask(sql("facts", kind=_kind(kinds), types=_types(kinds), seen=seen), params, prepare=True)
    return [
        Fact(names[kind], fhir_resource.parse(body), version, Written(*more[:5]), Written(*more[5:]))
        for _, _, kind, version, _, body, *more in rows
        if body is not None
    ]


def versions(view: View, patient: str, type_: str, id_: str, *, limit: int = 200) -> list[tuple[int, Resource | None, Written]]:
    """The versions of a patient's resource, newest first: number, body (None: deleted or erased), who wrote it. Raises NotFound."""
    code = TYPE_CODE.get(type_)
    params: dict[str, Any] = {
        "patient": key64(f"Patient/{patient}"),
        "id": id_,
        "limit": limit,
        **view.look_params(f"history of {type_}/{id_}"),
    }
    rows = []
    if code is not None:
        seen, then = view.seen("r", params, [code]), view.seen("v", params, [code])
        rows = view.ask(sql("fact_versions", type=code, table=table(type_), seen=seen, seen_then=then), params, prepare=True)
    if not rows:
        if code is not None:
            refusals.not_theirs(view, type_, id_, f"history of {type_}/{id_}")
        raise NotFound(f"There is no {type_}/{id_}.")
    return [(version, fhir_resource.parse(body) if body else None, Written(*more)) for version, _, body, *more in rows]


def _codes(kinds: Sequence[Kind]) -> list[int]:
    return sorted({TYPE_CODE[each.type] for each in kinds})


def _lacks(element: str) -> str:
    """That a body has no such element, as SQL: a property is written `"name":`, and no value is; `source` stands in `meta` too."""
    return "v.body::json->'source' is null" if element == "source" else f"strpos(v.body, '\"{element}\":') = 0"


def _types(kinds: Sequence[Kind]) -> str:
    return ", ".join(map(str, _codes(kinds)))


def _names(kinds: Sequence[Kind]) -> list[str]:
    return list(dict.fromkeys(each.name for each in kinds))


def _kind(kinds: Sequence[Kind]) -> str:
    """The number of a row's kind, as SQL: those that ask for a word before those that take what is left of their type."""
    names = _names(kinds)
    lines = []
    for each in sorted(kinds, key=lambda one: not one.words):
        said = ",".join(str(token(f"{each.type}.{word}")) for word in each.words)
        more = f" and r.tokens && '{{{said}}}'::bigint[]" if said else ""
        lines.append(f"when r.type = {TYPE_CODE[each.type]}{more} then {names.index(each.name)}")
    return f"(case {' '.join(lines)} end)::smallint"
