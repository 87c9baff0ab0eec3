"""Clauses of a search as conditions on the pointer row: which are supported, and the SQL each becomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from baton.fhir import dates, definitions
from baton.fhir import resource as fhir_resource
from baton.fhir.clauses import Chain, Clause, Moment, Reference, Text, Token
from baton.fhir.extract import extract
from baton.store import words
from baton.store.codes import HOT, TYPE_CODE, key64, param_code, table, token
from baton.store.index import DERIVED, MANY, WHOSE, implied, principal_date, whose_marker
from baton.store.sight import EVERYTHING
from baton.store.who import Invalid

if TYPE_CHECKING:
    from baton.store.view import View

WIDEST = 1000
"""How many resources one link of a chain may pass through."""
_BEYOND = "\U0010ffff"  # after everything that starts the same
_MODIFIERS = {
    "token": ("", "not"),
    "reference": ("",),
    "string": ("", "exact", "contains", "missing"),
    "date": ("", "missing"),
    "uri": ("",),
}
"""What is supported of each type of parameter; types that are not here are not supported at all."""


def supported(type_: str) -> dict[str, tuple[str, ...]]:
    """The search parameters of a type that work, each with the modifiers that do: what a CapabilityStatement may promise."""
    return {
        code: _MODIFIERS[parameter.type]
        for code, parameter in definitions.search_parameters(type_).items()
        if parameter.type in _MODIFIERS and (parameter.places or code in ("_id", "_lastUpdated"))
    }


def unsupported(clause: Clause, what: str) -> Invalid:
    """The refusal that names the parameter."""
    name = f"{clause.param}:{clause.modifier}" if clause.modifier else clause.param
    return Invalid(f"Search by '{name}' is not supported: {what}.", expression=name, code="not-supported", status=400)


class Where:
    """Conditions under construction: SQL texts, and the parameters their $n stand for, in text form."""

    def __init__(self) -> None:
        """Nothing asked yet."""
        self.params: list[bytes | None] = []
        self.all_of: list[int] = []  # tokens every match has: one index probe
        self.parts: list[str] = []
        self.narrow = False  # to few rows, whatever the values
        self.typed = ""  # which type, where the rows are not already those of one
        self.tokens = False  # some condition on tokens whose cost hangs on the value

    def param(self, value: str | int | bytes, cast: str) -> str:
        """The placeholder of a value."""
        self.params.append(value if isinstance(value, bytes) else str(value).replace("\0", "").encode())  # no text holds a zero byte
        return f"${len(self.params)}::{cast}"

    def numbers(self, values: Iterable[int]) -> str:
        """The placeholder of an array of 64-bit numbers."""
        return self.param("{" + ",".join(map(str, values)) + "}", "bigint[]")

    def texts(self, values: Iterable[str]) -> str:
        """The placeholder of an array of texts."""
        quoted = ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
        return self.param("{" + quoted + "}", "text[]")

    def limit(self, condition: str) -> None:
        """Narrow by what a program was granted: a condition of `Limits`."""
        if condition != "true":
            self.parts.append(condition)
            self.tokens = True  # its numbers stand in the text: never planned for good

    def sql(self) -> str:
        """All conditions on the row r."""
        parts = [self.typed, *self.parts] if self.typed else [*self.parts]
        if self.all_of:
            parts.append(f"r.tokens @> {self.numbers(self.all_of)}")
            self.all_of = []
        return " and ".join(parts) or "true"


def conditions(view: View, type_: str, clauses: Sequence[Clause]) -> Where:
    """The conditions a search states, access included. Raises Invalid for what is not supported."""
    where = Where()
    where.typed = f"r.type = {TYPE_CODE[type_]}"
    where.parts.append("not r.gone")
    for clause in clauses:
        _READERS[_kind(clause)](view, type_, clause, where)
    allow(view, where, type_)
    view.narrow(where, type_, "s")
    return where


def allow(view: View, where: Where, type_: str | None, row: str = "r") -> None:
    """Narrow rows of a type (None: of any) to what the viewer may see: a probe of the panel for each row."""
    types = [TYPE_CODE[type_]] if type_ else []
    condition = view.sight.condition(types, row, lambda _name, value, cast: where.param(value, cast), view.now)
    if condition != EVERYTHING:
        where.parts.append(condition)


def _kind(clause: Clause) -> str:
    if clause.param == "_id":
        return "id"
    if clause.chain:
        return "has" if clause.type == "has" else "chain"
    if clause.type not in _MODIFIERS:
        raise unsupported(clause, f"parameters of type {clause.type} are not indexed")
    modifier = clause.modifier or ""
    if modifier not in _MODIFIERS[clause.type] and not (clause.type == "reference" and modifier in TYPE_CODE):
        raise unsupported(clause, f"of the modifiers {', '.join(':' + each for each in _MODIFIERS[clause.type] if each) or 'none'} is")
    return clause.type


def _by_id(view: View, type_: str, clause: Clause, where: Where) -> None:
    ids = [value.code for value in clause.values if isinstance(value, Token) and value.code]
    if clause.modifier == "not":
        where.parts.append(f"r.id <> all({where.texts(ids)})")
        return
    if clause.modifier:
        raise unsupported(clause, "of the modifiers :not is")
    where.parts.append(f"r.id = any({where.texts(ids)})")
    where.narrow = True


# --- tokens, references, links -----------------------------------------------------------------------------------------------------


def token_texts(type_: str, clause: Clause) -> list[str]:
    """The token of each value; for a derived parameter, of each parameter it stands for."""
    texts = []
    for param in DERIVED.get(type_, {}).get(clause.param, (clause.param,)):
        bare, system = implied(type_, param)
        for value in clause.values:
            if isinstance(value, Text):
                texts.append(f"{type_}.{param}={value.text}")
            elif isinstance(value, Token):
                if bare and value.code is None:
                    raise unsupported(clause, "its system goes without saying, so there is no searching by it")
                if bare and value.system in (None, "", system) or value.system is None:
                    texts.append(f"{type_}.{param}={value.code}")
                else:
                    texts.append(f"{type_}.{param}={value.system}|{value.code or ''}")
    return texts


def _by_token(view: View, type_: str, clause: Clause, where: Where) -> None:
    tokens = [token(text) for text in token_texts(type_, clause)]
    if clause.modifier == "not":
        where.parts.append(f"not r.tokens && {where.numbers(tokens)}")
        where.tokens = True
    else:
        _any_token(where, tokens)


def _any_token(where: Where, tokens: Sequence[int]) -> None:
    if len(tokens) == 1:
        where.all_of.append(tokens[0])
    else:
        where.parts.append(f"r.tokens && {where.numbers(tokens)}")
        where.tokens = True


def _by_reference(view: View, type_: str, clause: Clause, where: Where) -> None:
    targets: list[str] = []
    for value in clause.values:
        if isinstance(value, Reference):
            targets += [f"{each}/{value.id}" for each in value.types] if value.id else [value.text]
    pointing(type_, clause.param, targets, where)


def pointing(type_: str, param: str, targets: Sequence[str], where: Where) -> None:
    """Require that the row points, by this parameter, at one of these."""
    patients = [target for target in targets if target.startswith("Patient/")]
    if param in WHOSE and type_ not in MANY and patients:
        others = [target for target in targets if not target.startswith("Patient/")]
        key = f"= {where.param(key64(patients[0]), 'bigint')}" if len(patients) == 1 else f"= any({where.numbers(map(key64, patients))})"
        named = f"r.patient {key} and not r.tokens @> '{{{whose_marker(type_)}}}'"
        if others:
            tokens = where.numbers(key64(f"{type_}.{param}={target}") for target in others)
            where.parts.append(f"({named} or r.tokens && {tokens})")
            where.tokens = True
        else:
            where.parts.append(named)
            where.narrow = True
            if (
                type_ in HOT
            ):  # all rows of the partition are of the type: saying so again tempts the planner into reading the index of types
                where.typed = ""
        return
    _any_token(where, [key64(f"{type_}.{param}={target}") for target in targets])


def _by_chain(view: View, type_: str, clause: Clause, where: Where) -> None:
    """Those it points at are found first, then those that point at them."""
    targets = [f"{chain.type}/{id_}" for chain in clause.chain for id_ in _ids(view, clause, chain)]
    if targets:
        pointing(type_, clause.param, targets, where)
    else:
        where.parts.append("false")


def _found(view: View, clause: Clause, chain: Chain, columns: str, join: str = "") -> list[tuple[bytes | None, ...]]:
    inner = conditions(view, chain.type, (chain.clause,))
    statement = (
        f"select {columns} from (select r.id, r.rid, r.version from {table(chain.type)} r where {inner.sql()} limit {WIDEST + 1}) k {join}"  # noqa: S608
    )
    rows = view.rows(statement, inner.params)
    if len(rows) > WIDEST:
        raise Invalid(
            f"'{clause.param}' leads through more than {WIDEST} resources.", expression=clause.param, code="too-costly", status=400
        )
    return rows


def _ids(view: View, clause: Clause, chain: Chain) -> list[str]:
    return [(row[0] or b"").decode() for row in _found(view, clause, chain, "k.id")]


def _by_has(view: View, type_: str, clause: Clause, where: Where) -> None:
    """Those that point here are found first, then whom they point at."""
    ids: set[str] = set()
    for chain in clause.chain:
        for (body,) in _found(view, clause, chain, "v.body", "join version v on v.rid = k.rid and v.version = k.version"):
            for param, target in extract(fhir_resource.parse(body or b""), view.zone).references:
                if param == chain.by and target.startswith(f"{type_}/"):
                    ids.add(target.partition("/")[2])
    where.parts.append(f"r.id = any({where.texts(sorted(ids))})")
    where.narrow = True


# --- strings and dates -------------------------------------------------------------------------------------------------------------


def _by_string(view: View, type_: str, clause: Clause, where: Where) -> None:
    narrowed = f"n.type = {TYPE_CODE[type_]} and n.param = {param_code(clause.param)}"
    if clause.modifier == "missing":
        there = f"exists (select 1 from name n where n.rid = r.rid and {narrowed})"  # noqa: S608
        where.parts.append(f"not {there}" if clause.values[0] is True else there)
        return
    asked = []
    for value in clause.values:
        text = value.text if isinstance(value, Text) else ""
        sought = words.normal(text)
        if clause.modifier == "exact":
            asked.append(f"n.value = {where.param(sought, 'text')} and n.text = {where.param(text, 'text')}")
        elif clause.modifier == "contains":
            asked.append(f"strpos(n.value, {where.param(sought, 'text')}) > 0")
        else:
            asked.append(f"n.value >= {where.param(sought, 'text')} and n.value < {where.param(sought + _BEYOND, 'text')}")
    # the array makes it a first step of its own: the planner cannot mistake how many there are
    where.parts.append(
        f"r.rid = any(array(select n.rid from name n where {narrowed} and ({' or '.join(asked)})))"  # noqa: S608
    )
    where.narrow = True


def _by_date(view: View, type_: str, clause: Clause, where: Where) -> None:
    if clause.param == "_lastUpdated":
        lo, hi, wrap = "r.last_updated", "r.last_updated", "({})"
    elif clause.param == principal_date(type_):
        lo, hi, wrap = "r.date_lo", "r.date_hi", "(r.date_lo > '-infinity' and ({}))"
    else:
        lo, hi = "m.lo", "m.hi"
        wrap = (
            f"exists (select 1 from moment m where m.rid = r.rid and m.type = {TYPE_CODE[type_]}"  # noqa: S608
            f" and m.param = {param_code(clause.param)} and ({{}}))"
        )
    if clause.modifier == "missing":
        present = wrap.format("true")
        where.parts.append(f"not {present}" if clause.values[0] is True else present)
        return
    asked = [_date(value, lo, hi, where, view) for value in clause.values if isinstance(value, Moment)]
    where.parts.append(wrap.format(" or ".join(f"({each})" for each in asked)))


def _date(value: Moment, lo: str, hi: str, where: Where, view: View) -> str:
    """How the span of a resource [lo, hi) lies to the span asked for; an instant (lo = hi) counts as lying inside its own."""
    start, end = dates.interval(value.text, view.zone)
    if value.prefix == "ap":
        start, end = around(start, end, view.now)
        return f"{lo} < {_at(where, end)} and {hi} >= {_at(where, start)}"
    after = f"{hi} > {{}}" if lo != hi else f"{hi} >= {{}}"
    if value.prefix == "eq":
        return f"{lo} >= {_at(where, start)} and {_before(lo, hi, _at(where, end))}"
    if value.prefix == "ne":
        return f"not ({lo} >= {_at(where, start)} and {_before(lo, hi, _at(where, end))})"
    if value.prefix == "gt":
        return after.format(_at(where, end))
    if value.prefix == "ge":
        return f"{lo} >= {_at(where, start)} or {after.format(_at(where, end))}"
    if value.prefix == "lt":
        return f"{lo} < {_at(where, start)}"
    if value.prefix == "le":
        return f"{lo} < {_at(where, start)} or {_before(lo, hi, _at(where, end))}"
    if value.prefix == "sa":
        return f"{lo} >= {_at(where, end)}"
    return f"{hi} <= {_at(where, start)}" if lo != hi else f"{hi} < {_at(where, start)}"


def _before(lo: str, hi: str, end: str) -> str:
    return f"{hi} <= {end}" if lo != hi else f"{hi} < {end}"


def _at(where: Where, moment: datetime) -> str:
    return where.param(moment.isoformat(), "timestamptz")


def around(start: datetime, end: datetime, now: datetime) -> tuple[datetime, datetime]:
    """R4's approximately: a tenth of the way from there to now, on both sides."""
    slack = abs(now - start) / 10
    try:
        return start - slack, end + slack
    except OverflowError:
        return dates.BEGINNING, dates.END


_READERS = {
    "id": _by_id,
    "chain": _by_chain,
    "has": _by_has,
    "token": _by_token,
    "uri": _by_token,
    "reference": _by_reference,
    "string": _by_string,
    "date": _by_date,
}
