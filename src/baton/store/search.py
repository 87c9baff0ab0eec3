"""Pages of a search: keys first, bodies after the limit, who was shown in the same statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.pq.abc import PGresult

from baton.fhir import definitions
from baton.fhir import resource as fhir_resource
from baton.fhir.extract import extract
from baton.fhir.query import Include, Query, Sort
from baton.store import audit_event, cursor, refusals, timeline
from baton.store.codes import TYPE_CODE, param_code, table
from baton.store.conditions import Where, allow, conditions, pointing
from baton.store.index import principal_date
from baton.store.wall import wall
from baton.store.who import Forbidden, Gone, Invalid, NotFound, Page, Stored

if TYPE_CHECKING:
    from baton.store.view import View

USUAL, MOST = 50, 1000
"""How many entries a page has when nothing is said, and at most."""
ESTIMATE = 10_000
"""Where an estimated total stops counting."""
INCLUDED = 1000
"""How many resources are included at most."""


@dataclass(frozen=True, slots=True)
class _Order:
    """An order of listing: the sort expression on r (None: by rid alone), its type, and its direction."""

    name: str
    expression: str | None
    cast: str
    descending: bool
    walked: int | None = None  # the parameter whose strings can be walked in order

    def by(self, row: str) -> str:
        """The ORDER BY of rows that carry `sort` and `rid`."""
        way = "desc" if self.descending else "asc"
        return f"{row}.sort {way}, {row}.rid {way}" if self.expression else f"{row}.rid {way}"


def search(view: View, query: Query) -> Page:
    """One page. Raises Invalid naming the parameter that is not supported or the cursor that is not ours."""
    if query.type == "AuditEvent":
        if view.limits is not None and view.limits.condition("AuditEvent", "s") != "true":
            raise Forbidden("What was recorded is not one patient's: an app needs the scope user/AuditEvent.s.", expression="scope")
        return audit_event.search(view, query)
    if view.at is not None:
        return timeline.search(view, query)
    if query.summary == "count":
        return Page([], total=_count(view, query, None))
    total = None
    if query.total in ("accurate", "estimate"):
        total = _count(view, query, None if query.total == "accurate" else ESTIMATE)
    count = USUAL if query.count is None else min(query.count, MOST)
    if count == 0:
        return Page([], total=_count(view, query, None) if total is None else total)
    order = _order(query)
    kind = f"search {query.type} {order.name} {order.descending}"
    where = conditions(view, query.type, query.clauses)
    place = cursor.read(view.store.key, kind, query.cursor) if query.cursor else None
    newest = order.name == "_lastUpdated" and order.descending and not where.narrow
    # Shapes whose one good plan does not hang on the values are planned once; a plan for any token would be 80 ms for some.
    planned = (newest and view.limits is None) or (where.narrow and not where.all_of and not where.tokens)
    if newest:
        page = _newest(query.type, where, count, place)
    elif order.walked is not None and not where.narrow:
        page = _walk(query.type, order, where, count, place)
    else:
        page = _page(query.type, order, where, count, place)
    result = view.result(_looked(view, page, order, count, where, f"search {query.type}"), where.params, planned=planned)
    entries = stored_rows(query.type, result, count)
    following = None
    if result.ntuples > count:
        following = cursor.write(view.store.key, kind, [_text(result.get_value(count - 1, 5)), int(result.get_value(count - 1, 4) or 0)])
    included = _included(view, query, entries) if query.includes or query.revincludes else []
    return Page(entries, included, total, following)


def _order(query: Query) -> _Order:
    if not query.sort:
        return _Order("newest", None, "bigint", True)
    if len(query.sort) > 1:
        raise Invalid("Sorting by several parameters at once is not supported.", expression="_sort", code="not-supported", status=400)
    sort: Sort = query.sort[0]
    parameter = definitions.search_parameters(query.type).get(sort.param)
    if sort.param == "_lastUpdated":
        return _Order(sort.param, "r.last_updated", "timestamptz", sort.descending)
    if sort.param == "_id":
        return _Order(sort.param, "r.id", 'text collate "C"', sort.descending)
    if sort.param == principal_date(query.type):
        return _Order(sort.param, "r.date_lo", "timestamptz", sort.descending)
    # the least of several values counts going up, the greatest coming down; those without come last
    pick = "max" if sort.descending else "min"
    narrowed = f"where x.rid = r.rid and x.type = {TYPE_CODE[query.type]} and x.param = {param_code(sort.param)}"
    if parameter and parameter.type == "date":
        lacking = "'-infinity'" if sort.descending else "'infinity'"
        return _Order(sort.param, f"coalesce((select {pick}(x.lo) from moment x {narrowed}), {lacking})", "timestamptz", sort.descending)  # noqa: S608
    if parameter and parameter.type == "string":
        lacking = "''" if sort.descending else "U&'\\+10FFFF'"
        value = f"coalesce((select {pick}(x.value) from name x {narrowed}), {lacking})"  # noqa: S608
        return _Order(sort.param, f'{value} collate "C"', 'text collate "C"', sort.descending, param_code(sort.param))
    raise Invalid(f"Sorting {query.type} by '{sort.param}' is not supported.", expression="_sort", code="not-supported", status=400)


def _page(type_: str, order: _Order, where: Where, count: int, place: list[Any] | None) -> str:
    sort = order.expression or "null::text"
    if place is not None:
        less = "<" if order.descending else ">"
        rid = where.param(place[1], "bigint")
        if order.expression:
            where.parts.append(f"({sort}, r.rid) {less} ({where.param(place[0], order.cast)}, {rid})")
        else:
            where.parts.append(f"r.rid {less} {rid}")
    inner = f"select r.rid, r.version, r.patient, {sort} as sort from {table(type_)} r where {where.sql()}"  # noqa: S608
    if order.expression and order.expression.startswith("coalesce"):
        return f"select * from ({inner}) r order by {order.by('r')} limit {count + 1}"  # noqa: S608
    way = "desc" if order.descending else "asc"
    by = f"{sort} {way}, r.rid {way}" if order.expression else f"r.rid {way}"
    return f"{inner} order by {by} limit {count + 1}"


def _newest(type_: str, where: Where, count: int, place: list[Any] | None) -> str:
    """Newest first: the type's latest thousand versions are tried one by one, and only if they are not enough everything that matches.

    The fence (offset 0) keeps the planner from reading all thousand, or the whole type, for the fifty that come first.
    """
    before = ("true", "true")
    if place is not None:
        at, rid = where.param(place[0], "timestamptz"), where.param(place[1], "bigint")
        before = (f"(v.at, v.rid) < ({at}, {rid})", f"(r.last_updated, r.rid) < ({at}, {rid})")
    matches = where.sql()
    return f"""(
    with probe as materialized (
        select r.rid, r.version, r.patient, r.last_updated as sort from (
            select v.rid, v.version, v.at from version_row v where v.type = {TYPE_CODE[type_]} and {before[0]}
            order by v.at desc, v.rid desc limit 1000
        ) h cross join lateral (
            select * from {table(type_)} r where r.rid = h.rid and r.version = h.version and {matches} offset 0
        ) r order by h.at desc, h.rid desc limit {count + 1}
    ), n as materialized (select count(*) as c from probe),
    rest as materialized (
        select * from (
            select r.rid, r.version, r.patient, r.last_updated as sort from {table(type_)} r
            where {matches} and {before[1]} and (select c from n) < {count + 1} offset 0
        ) z order by sort desc, rid desc limit {count + 1}
    )
    select * from probe where (select c from n) >= {count + 1} union all select * from rest
)"""  # noqa: S608


def _walk(type_: str, order: _Order, where: Where, count: int, place: list[Any] | None) -> str:
    """By a string: the strings are walked in order, each resource met at its first; those without one are looked for only at the end."""
    less, way, none = ("<", "desc", "''") if order.descending else (">", "asc", "U&'\\+10FFFF'")
    after = ("true", "true")
    if place is not None:
        value, rid = where.param(place[0], order.cast), where.param(place[1], "bigint")
        after = (f"(n.value, n.rid) {less} ({value}, {rid})", f'({none} collate "C", r.rid) {less} ({value}, {rid})')
    code, matches = TYPE_CODE[type_], where.sql()
    earlier = f"(x.value {'>' if order.descending else '<'} n.value or (x.value = n.value and x.ctid < n.ctid))"
    return f"""(
    with walked as materialized (
        select r.rid, r.version, r.patient, n.value as sort from name n join {table(type_)} r on r.type = {code} and r.rid = n.rid
        where n.type = {code} and n.param = {order.walked} and {matches} and {after[0]} and not exists (
            select 1 from name x where x.rid = n.rid and x.type = {code} and x.param = {order.walked} and {earlier})
        order by n.value {way}, n.rid {way} limit {count + 1}
    ), n as materialized (select count(*) as c from walked),
    rest as materialized (
        select * from (
            select r.rid, r.version, r.patient, {none} collate "C" as sort from {table(type_)} r
            where {matches} and {after[1]} and (select c from n) < {count + 1}
                and not exists (select 1 from name x where x.rid = r.rid and x.type = {code} and x.param = {order.walked}) offset 0
        ) z order by rid {way} limit {count + 1}
    )
    select * from walked union all select * from rest order by sort {way}, rid {way} limit {count + 1}
)"""  # noqa: S608


def _looked(view: View, page: str, order: _Order, count: int, where: Where, what: str) -> str:
    """The page with its bodies, and the record of the patients on it."""
    who = view.who
    columns = ", ".join(
        [
            where.param(view.now.isoformat(), "timestamptz"),
            "p.keys",
            where.param(who.person, "text"),
            where.param(who.entrance, "text"),
            where.param(who.purpose, "text"),
            where.param(what + who.through, "text"),
            where.param(who.own_role, "text"),
            where.param(who.on_behalf_of, "text") if who.on_behalf_of else "null",
        ]
    )
    return f"""with k as materialized ({page}),
p as materialized (
    select array(select distinct patient from (select patient from k order by {order.by("k")} limit {count}) z
                 where patient is not null) as keys
),
l as (insert into look (at, patients, who, entrance, purpose, what, role, on_behalf_of) select {columns} from p where p.keys <> '{{}}')
select v.id, v.version, v.at, v.body, k.rid, k.sort from k join version v on v.rid = k.rid and v.version = k.version
order by {order.by("k")}"""  # noqa: S608


def stored_rows(type_: str, result: PGresult, count: int) -> list[Stored]:
    """The resources of one type in rows of (id, version, at, body, …)."""
    value = result.get_value
    return [
        Stored(type_, _text(value(row, 0)), int(value(row, 1) or 0), datetime.fromisoformat(_text(value(row, 2))), value(row, 3))
        for row in range(min(count, result.ntuples))
    ]


def _text(value: bytes | None) -> str:
    return (value or b"").decode()


def _count(view: View, query: Query, at_most: int | None) -> int:
    where = conditions(view, query.type, query.clauses)
    second = wall(TYPE_CODE[query.type])
    inner = f"select 1 from {table(query.type)} r where {where.sql()} and {second}" + (f" limit {at_most}" if at_most else "")  # noqa: S608
    return int(view.rows(f"select count(*) from ({inner}) z", where.params)[0][0] or 0)  # noqa: S608


def one(view: View, type_: str, id_: str, version: int | None) -> Stored:
    """One resource a program asks for, within its limits. Raises NotFound, Gone, and Forbidden naming the scope that is missing."""
    where = Where()
    where.parts.append(f"r.type = {TYPE_CODE[type_]} and r.id = {where.param(id_, 'text')}")
    allow(view, where, type_)
    view.narrow(where, type_, "r", versions=version is not None)
    named, then = "r.version", ""
    if version is not None:  # what it was then must be theirs to see too
        named, then = "v.version", f"join version_row v on v.rid = r.rid and v.version = {where.param(version, 'integer')}"
        allow(view, where, type_, "v")
    page = f"select r.rid, {named}, r.patient, null::text as sort from {table(type_)} r {then} where {where.sql()}"  # noqa: S608
    order = _Order("newest", None, "bigint", True)
    found = stored_rows(type_, view.result(_looked(view, page, order, 1, where, f"read {type_}/{id_}"), where.params), 1)
    if not found:
        if type_ == "AuditEvent" and version in (None, 1):
            return audit_event.stored(view, id_)
        refusals.not_theirs(view, type_, id_, f"read {type_}/{id_}")
        raise NotFound(f"There is no {type_}/{id_}.")
    if found[0].body is None:
        raise Gone(f"{type_}/{id_} was deleted.")
    return found[0]


# --- what comes along ----------------------------------------------------------------------------------------------------------------


def _included(view: View, query: Query, entries: Sequence[Stored]) -> list[Stored]:
    found: dict[str, Stored] = {}
    seen = {entry.reference for entry in entries}
    latest: Sequence[Stored] = entries
    for turn in (0, 1):
        includes = [each for each in query.includes if turn == 0 or each.iterate]
        revincludes = [each for each in query.revincludes if turn == 0 or each.iterate]
        fresh = _pointed_at(view, includes, latest, seen) + _pointing_here(view, revincludes, latest, seen)
        for stored in fresh:
            if stored.reference not in seen and len(found) < INCLUDED:
                seen.add(stored.reference)
                found[stored.reference] = stored
        latest = fresh
        if not latest:
            break
    return list(found.values())


def _pointed_at(view: View, includes: Sequence[Include], entries: Iterable[Stored], seen: set[str]) -> list[Stored]:
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        follows = [each for each in includes if each.source == entry.type]
        if not follows or entry.body is None:
            continue
        for param, target in extract(fhir_resource.parse(entry.body), view.zone).references:
            type_, _, id_ = target.partition("/")
            for each in follows:
                if each.param in ("*", param) and each.target in (None, type_) and type_ in TYPE_CODE and target not in seen:
                    wanted.setdefault(type_, set()).add(id_)
    found = []
    for type_, ids in sorted(wanted.items()):
        if view.limits is not None and not view.limits.granted(type_, "r"):
            continue
        where = Where()
        where.parts.append(f"r.type = {TYPE_CODE[type_]} and not r.gone and r.id = any({where.texts(sorted(ids))})")
        view.narrow(where, type_, "r")
        found += _all(view, type_, where)
    return found


def _pointing_here(view: View, revincludes: Sequence[Include], entries: Sequence[Stored], seen: set[str]) -> list[Stored]:
    found = []
    for each in revincludes:
        if each.param == "*":
            raise Invalid("_revinclude of every parameter is not supported.", expression="_revinclude", code="not-supported", status=400)
        targets = [entry.reference for entry in entries if each.target in (None, entry.type)]
        if targets:
            where = Where()
            where.parts.append(f"r.type = {TYPE_CODE[each.source]} and not r.gone")
            pointing(each.source, each.param, targets, where)
            view.narrow(where, each.source, "s")
            found += _all(view, each.source, where)
    return found


def _all(view: View, type_: str, where: Where) -> list[Stored]:
    order = _Order("newest", None, "bigint", True)
    allow(view, where, type_)
    statement = _looked(view, _page(type_, order, where, INCLUDED, None), order, INCLUDED, where, f"included {type_}")
    return stored_rows(type_, view.result(statement, where.params), INCLUDED)
