"""The parts of the bench: what is asked is sound, the limit runs, the generator counts. Nothing here is timed."""

from __future__ import annotations

import asyncio
import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

from tests.api.hub import make_store

from baton.bench import client, costs, limit, records
from baton.bench.scenarios import SCENARIOS, task
from baton.bench.why import costs as dearest
from baton.fhir import query
from baton.fhir.validate import check
from baton.store import Who
from baton.store.postgres import Database

HUB = Who(person="Device/baton", name="Baton", role="system", teams=(), entrance="cli")


def test_every_scenario_asks_something(tmp_path: Path) -> None:
    records.write(tmp_path / "sent", 2, seed=3)
    things = {"patients": [["p1", "Ng"], ["p2", "O'Hara Sáez"]], "bundles": str(tmp_path / "sent"), "seed": 1}
    for name, scenario in SCENARIOS.items():
        for request in islice(scenario(things), 2):
            method, _, path = request.line.decode("ascii").partition(" ")
            assert method in ("GET", "POST"), name
            assert path.startswith("/fhir/R4"), name
            assert " " not in path, name
            assert request.units >= 1


def test_the_task_of_the_bench_is_valid() -> None:
    assert [issue for issue in check(task("p1", 1, "requested")) if issue.severity == "error"] == []


def test_records_say_how_many_they_hold(tmp_path: Path) -> None:
    assert records.write(tmp_path, 2, seed=3) == sum(int(path.name.split("-")[1]) for path in tmp_path.iterdir())
    for path in tmp_path.iterdir():
        assert len(json.loads(gzip.decompress(path.read_bytes()))["entry"]) == int(path.name.split("-")[1])


def test_pgbench_runs_what_the_store_ran(database: Database) -> None:
    store = make_store(database)
    try:
        with store.change(HUB, because="a test") as change:
            made = change.put({"resourceType": "Patient", "name": [{"family": "O'Neil: \\ true"}]})

        def ask() -> None:
            with store.view(HUB) as view:
                view.stored("Patient", made.id)
                assert len(view.search(query.parse("Patient", "family=O'Neil: \\\\ tr")).entries) == 1

        statements = limit.recorded(store, ask)
        assert len(statements) == 2
        scripts = [limit.one_line(each) for each in statements]
        assert limit.pgbench(database.app_dsn, scripts, seconds=1, prepared=True, clients=2) > 0
    finally:
        store.close()


def test_the_generator_counts_answers() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        statuses = iter(["200 OK", "404 Not Found", "200 OK"])
        while line := await reader.readline():
            while (await reader.readline()).strip():
                pass
            assert line.startswith(b"GET /fhir/R4/Patient/")
            status = next(statuses, "200 OK")
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\n".encode())
            await writer.drain()
            writer.write(b"{}{}")
        writer.close()

    async def play() -> client.Tally:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        order: dict[str, Any] = {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1], "token": "t", "connections": 1}
        tally, _ = await client._run(order, SCENARIOS["read"]({"patients": [["p1", "Ng"]], "seed": 1}), 0.2)
        server.close()
        return tally

    tally = asyncio.run(play())
    assert tally.refused == {404: 1}
    assert tally.units == len(tally.latencies) - 1
    assert "404 Not Found" in tally.first_refusal


def test_costs_name_functions() -> None:
    assert "µs each" in dearest([lambda: sorted(range(10))])


def test_the_look_is_taken_out_of_a_statement_whole() -> None:
    statement = "with r as (select f(1)), l as (insert into look (at) select (now()) from r) select * from r;"
    assert costs.without_look(statement) == "with r as (select f(1)) select * from r;"
    assert costs.without_look("select 1;") == "select 1;"
    assert costs.without_wall("select 1 from promise_seen p, worked_counted w") == "select 1 from promise p, worked w"
