"""The limit of each scenario: what PostgreSQL does with the same statements when nobody else works."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import psycopg

from baton.bench.hub import HUB, Hub
from baton.bench.limit import one_line, pgbench, recorded
from baton.bench.scenarios import SCENARIOS, Request
from baton.fhir import query

_VARIETY = 24
"""How many different requests of a scenario are recorded."""


def of(hub: Hub, scenario: str, things: dict[str, Any], *, seconds: int) -> float | None:
    """What pgbench reaches a second (resources a second for transactions)."""
    requests = list(islice(SCENARIOS[scenario](things), _VARIETY))
    if scenario == "transaction":
        return _transactions(hub, seconds)
    if scenario == "create":
        return _creates(hub, things, seconds)
    scripts = [statement for request in requests for statement in _asked(hub, request)]
    return pgbench(hub.database.app_dsn, scripts, seconds=seconds, prepared=True)


def _asked(hub: Hub, request: Request) -> list[str]:
    """The statements of a GET."""
    target = request.line.decode().partition("/fhir/R4/")[2]
    path, _, text = target.partition("?")

    def ask() -> None:
        with hub.store.view(HUB) as view:
            if "/" in path:
                view.stored(*path.split("/", 1))  # type: ignore[arg-type]
            else:
                view.search(query.parse(path, text))

    ask()  # whatever is only asked the first time is asked now
    return [one_line(statement) for statement in recorded(hub.store, ask)]


def _creates(hub: Hub, things: dict[str, Any], seconds: int) -> float:
    from baton.bench.scenarios import task

    made: list[str] = []

    def create() -> None:
        with hub.store.change(HUB, because="FHIR create Task") as change:
            made.append(change.put(task(things["patients"][0][0], 1, "requested")).id)

    statements = recorded(hub.store, create)
    script = " ".join(one_line(statement).replace(f"E'{made[0]}'", "gen_random_uuid()::text") for statement in statements)
    return pgbench(hub.database.app_dsn, [script], seconds=seconds, prepared=True)


def _transactions(hub: Hub, seconds: int) -> float | None:
    """The rows of the biggest change so far, written again and again under new numbers by the server itself: no client, no parsing."""
    with psycopg.connect(hub.database.owner_dsn, autocommit=True) as connection:
        found = connection.execute("select change_id, count(*) from version group by 1 order by 2 desc limit 1").fetchone()
        if found is None:
            return None
        change, rows = found
        for table in ("version", "resource", "name", "moment"):
            connection.execute(f"drop table if exists bench_{table}")  # noqa: S608
            which = "change_id = %s" if table == "version" else "rid in (select rid from version where change_id = %s)"
            connection.execute(f"create unlogged table bench_{table} as select * from {table} where {which}", [change])  # noqa: S608
        script = _script(connection)
        try:
            return int(rows) * pgbench(hub.database.owner_dsn, [script], seconds=seconds, prepared=False, clients=2)
        finally:
            for table in ("version", "resource", "name", "moment"):
                connection.execute(f"drop table bench_{table}")  # noqa: S608


def _script(connection: psycopg.Connection[Any]) -> str:
    """One transaction: the kept rows once more, their rids moved to a range of their own, their ids lengthened."""
    lines = ["begin;", "\\set run random(1, 1000000000)", "\\set base 1000000000000 + :run * 10000"]
    (low,) = connection.execute("select min(rid) from bench_version").fetchone() or (0,)
    for table in ("version", "resource", "name", "moment"):
        columns = [
            row[0]
            for row in connection.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
                [f"bench_{table}"],
            )
        ]  # noqa: E501
        chosen = [{"rid": f"rid - {low} + :base", "id": "id || ':run'"}.get(name, name) for name in columns]
        lines.append(f"insert into {table} ({', '.join(columns)}) select {', '.join(chosen)} from bench_{table};")  # noqa: S608
    return re.sub(r"'(:run)'", r"\1::text", "\n".join([*lines, "commit;"]))
