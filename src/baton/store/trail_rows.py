"""Where the auditor looks: for each sealed batch, in which of its rows a patient or a person comes. Written by the sealer alone."""

from __future__ import annotations

from typing import Any

import psycopg

from baton.store.codes import key64

_PEOPLE = """
select who from change where id > %(change_after)s and id <= %(change_to)s
union select on_behalf_of from change where id > %(change_after)s and id <= %(change_to)s and on_behalf_of is not null
union select who from look where id > %(look_after)s and id <= %(look_to)s
union select on_behalf_of from look where id > %(look_after)s and id <= %(look_to)s and on_behalf_of is not null
"""
_ROWS = """
with person as (select * from unnest(%(people)s::text[], %(keys)s::bigint[]) as p (who, key)),
said as (
    select key, id, 0 as kind from change c join person p on p.who = c.who where c.id > %(change_after)s and c.id <= %(change_to)s
    union all
    select key, id, 0 from change c join person p on p.who = c.on_behalf_of and c.on_behalf_of <> c.who
    where c.id > %(change_after)s and c.id <= %(change_to)s
    union all
    select key, id, 1 from look l join person p on p.who = l.who where l.id > %(look_after)s and l.id <= %(look_to)s
    union all
    select key, id, 1 from look l join person p on p.who = l.on_behalf_of and l.on_behalf_of <> l.who
    where l.id > %(look_after)s and l.id <= %(look_to)s
    union all
    select distinct r.patient, v.change_id, 0 from version_row v join resource r on r.type = v.type and r.rid = v.rid
    where v.change_id > %(change_after)s and v.change_id <= %(change_to)s and r.patient is not null
    union all
    select unnest(patients), id, 1 from look l where l.id > %(look_after)s and l.id <= %(look_to)s and patients <> '{}'
)
select key, coalesce(array_agg(id order by id) filter (where kind = 0), '{}'),
    coalesce(array_agg(id order by id) filter (where kind = 1), '{}')
from said group by key
"""
_INSERT = "insert into trail (key, seal, changes, looks) select k, %(seal)s, c, l from (" + _ROWS + ") z (k, c, l)"  # noqa: S608
_WRONG = f"""
select 1 from ({_ROWS}) z (k, c, l) full join (select * from trail where seal = %(seal)s) t on t.key = k
where coalesce(t.looks, '{{}}') <> coalesce(l, '{{}}') limit 1
"""  # noqa: S608


def _parameters(connection: psycopg.Connection[Any], seal: int, changes: tuple[int, int], looks: tuple[int, int]) -> dict[str, Any]:
    spans = {"change_after": changes[0], "change_to": changes[1], "look_after": looks[0], "look_to": looks[1]}
    people = [who for (who,) in connection.execute(_PEOPLE.encode(), spans)]
    return {**spans, "seal": seal, "people": people, "keys": [key64(who) for who in people]}


def add(connection: psycopg.Connection[Any], seal: int, changes: tuple[int, int], looks: tuple[int, int]) -> None:
    """Index the rows of a seal: those whose ids are after the first and up to the second of each pair. Raises psycopg.Error."""
    connection.execute(_INSERT.encode(), _parameters(connection, seal, changes, looks))


def says_the_looks(connection: psycopg.Connection[Any], seal: int, changes: tuple[int, int], looks: tuple[int, int]) -> bool:
    """Whether the index of a seal's looks says what they say (of changes it says whose they were then, which may be otherwise now)."""
    return connection.execute(_WRONG.encode(), _parameters(connection, seal, changes, looks)).fetchone() is None
