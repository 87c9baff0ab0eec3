"""The load generator: its own process, raw keep-alive HTTP, the next request the moment an answer is complete.

`python -m baton.bench.client` reads an order from standard input (JSON: host, port, token, scenario, things, connections, seconds,
warmup) and prints a tally. Timing is from the last byte sent to the last byte received.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

from baton.bench.scenarios import SCENARIOS, Request


@dataclass(slots=True)
class Tally:
    """What a run counted. Latencies are in seconds; `units` counts resources where a request carries several."""

    latencies: list[float] = field(default_factory=list)
    units: int = 0
    bytes: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    first_refusal: str = ""


class Caller(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again, until told to stop."""

    def __init__(self, requests: Iterator[Request], head: bytes, tally: Tally, stop: float) -> None:
        self._requests, self._head, self._tally, self._stop = requests, head, tally, stop
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self._wanted = -1  # bytes of the whole answer, once its head is in
        self._units, self._sent = 0, 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = transport  # type: ignore[assignment]
        self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        if perf_counter() >= self._stop:
            self._transport.close()
            return
        request = next(self._requests)
        self._units = request.units
        length = b"Content-Type: application/fhir+json\r\nContent-Length: %d\r\n" % len(request.body) if request.body else b""
        self._transport.write(b"".join((request.line, self._head, length, b"\r\n", request.body)))
        self._sent = perf_counter()

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer; when it is whole, count it and ask again."""
        got = self._got
        got += data
        if self._wanted < 0:
            end = got.find(b"\r\n\r\n")
            if end < 0:
                return
            self._wanted = end + 4 + _length(bytes(got[:end]).lower())
        if len(got) < self._wanted:
            return
        tally, status = self._tally, int(got[9:12])
        tally.latencies.append(perf_counter() - self._sent)
        tally.bytes += len(got)
        if 200 <= status < 300:
            tally.units += self._units
        else:
            tally.refused[status] = tally.refused.get(status, 0) + 1
            tally.first_refusal = tally.first_refusal or got[:800].decode(errors="replace")
        got.clear()
        self._wanted = -1
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """The run is over, or the server hung up."""
        if not self.done.done():
            self.done.set_result(None)


def _length(head: bytes) -> int:
    place = head.find(b"content-length:")
    return int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0


async def _run(order: dict[str, Any], requests: Iterator[Request], seconds: float) -> tuple[Tally, float]:
    head = (
        f" HTTP/1.1\r\nHost: {order['host']}:{order['port']}\r\nAccept: application/fhir+json\r\nAuthorization: Bearer {order['token']}\r\n"
    ).encode()
    tally, loop = Tally(), asyncio.get_running_loop()
    started = perf_counter()
    callers = []
    for _ in range(order["connections"]):
        made = Caller(requests, head, tally, started + seconds)
        await loop.create_connection(lambda caller=made: caller, order["host"], order["port"])  # type: ignore[misc]
        callers.append(made)
    await asyncio.gather(*(caller.done for caller in callers))
    return tally, perf_counter() - started


def main() -> None:
    """Carry out the order on standard input."""
    order = json.load(sys.stdin)
    requests = SCENARIOS[order["scenario"]](order["things"])
    if order["warmup"]:
        asyncio.run(_run(order, requests, order["warmup"]))
    busy = process_time()
    tally, seconds = asyncio.run(_run(order, requests, order["seconds"]))
    latencies = sorted(tally.latencies) or [0.0]
    report = {
        "requests": len(tally.latencies),
        "per_second": round(tally.units / seconds, 1),
        "p50_ms": round(1000 * latencies[len(latencies) // 2], 2),
        "p95_ms": round(1000 * latencies[int(len(latencies) * 0.95)], 2),
        "p99_ms": round(1000 * latencies[int(len(latencies) * 0.99)], 2),
        "refused": tally.refused,
        "first_refusal": tally.first_refusal,
        "kilobytes": round(tally.bytes / 1024 / max(1, len(tally.latencies)), 1),
        "client_cpu": round((process_time() - busy) / seconds, 2),
    }
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
