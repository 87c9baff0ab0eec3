"""Why a target was missed: where the time of one kind of request goes, in this process, function by function."""

from __future__ import annotations

import cProfile
import io
import pstats
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from time import perf_counter, process_time
from urllib.parse import unquote

from baton.api import application
from baton.bench.hub import Hub
from baton.bench.scenarios import Request


def profile(hub: Hub, token: str, requests: Iterator[Request], *, count: int) -> str:
    """Answer `count` requests in this process and say where the time went."""
    answer = application(hub.store, hub.settings)
    several = list(islice(requests, count + 1))
    _ask(answer, token, several.pop())
    return costs([partial(_ask, answer, token, request) for request in several])


def costs(deeds: Sequence[Callable[[], object]], *, lines: int = 18) -> str:
    """Do each once and say what they cost: Python's share, the wait for PostgreSQL, the dearest functions."""
    profiler = cProfile.Profile()
    started, busy = perf_counter(), process_time()
    profiler.enable()
    for do in deeds:
        do()
    profiler.disable()
    wall, own = perf_counter() - started, process_time() - busy
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(lines)
    table = text.getvalue().partition("ncalls")[2].rstrip()
    n = max(1, len(deeds))
    return f"{1e6 * wall / n:,.0f} µs each while profiled: {1e6 * own / n:,.0f} in Python, the rest waiting for PostgreSQL\n  ncalls{table}"


def _ask(answer: object, token: str, request: Request) -> None:
    method, _, target = request.line.decode().partition(" ")
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/fhir+json",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.url_scheme": "http",
    }
    list(answer(environ, lambda status, headers, exc_info=None: None))  # type: ignore[operator]
