"""Over a real connection to a real server process: what a WSGI client in the process cannot try."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton.store.postgres import Database

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port(module_database: Database, tokens: dict[str, str]) -> Iterator[int]:
    """The interface under Granian, on a port of its own."""
    chosen = free_port()
    options = ["--interface", "wsgi", "--factory", "--workers", "1", "--blocking-threads", "2", "--port", str(chosen), "--no-ws"]
    command = [sys.executable, "-m", "granian", *options, "tests.api.served:wsgi"]
    environment = os.environ | {"BATON_TEST_DSN": module_database.app_dsn}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", chosen), 1).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < give_up
        yield chosen
    finally:
        server.terminate()
        server.wait(20)


def ask(port: int, token: str, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json", **headers}
    connection.request(method, f"/fhir/R4{path}", body, sent)
    answer = connection.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.sendall(request)
        got = b""
        while piece := line.recv(65536):
            got += piece
    return got


def test_write_read_and_head(port: int, tokens: dict[str, str]) -> None:
    body = b'{"resourceType":"Patient","name":[{"family":"\xc3\x96zil"}]}'
    made = ask(port, tokens["sam"], "POST", "/Patient", body)
    assert made.status == 201
    location = made.headers["Location"]
    assert location.startswith(f"http://127.0.0.1:{port}/fhir/R4/Patient/")
    id_ = json.loads(made.content)["id"]  # type: ignore[attr-defined]
    read = ask(port, tokens["sam"], "GET", f"/Patient/{id_}")
    head = ask(port, tokens["sam"], "HEAD", f"/Patient/{id_}")
    assert (read.status, head.status) == (200, 200)
    assert head.headers["Content-Length"] == read.headers["Content-Length"]
    assert ask(port, tokens["sam"], "GET", f"/Patient/{id_}", **{"If-None-Match": 'W/"1"'}).status == 304
    found = ask(port, tokens["sam"], "GET", "/Patient?family=%C3%B6zil")
    assert json.loads(found.content)["entry"][0]["resource"]["id"] == id_  # type: ignore[attr-defined]
    assert ask(port, tokens["sam"], "DELETE", f"/Patient/{id_}").status == 204
    assert ask(port, tokens["sam"], "GET", f"/Patient/{id_}").status == 410


def test_bodies_in_chunks_and_packed(port: int, tokens: dict[str, str]) -> None:
    head = f"POST /fhir/R4/Patient HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {tokens['sam']}\r\nConnection: close\r\n".encode()
    body = b'{"resourceType":"Patient"}'
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert raw(port, chunked).startswith(b"HTTP/1.1 201")
    packed = gzip.compress(body)
    answer = ask(port, tokens["sam"], "POST", "/Patient", packed, **{"Content-Encoding": "gzip"})
    assert answer.status == 201


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /fhir/R4/Patient/%ff%fe HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"GET /fhir/R4/Patient/%zz HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"GET /fhir/R4/Patient?name=%zz&name=%ff HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"GET /fhir/R4//Patient//1 HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"GET /fhir/R4/../../etc/passwd HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"BREW /fhir/R4/Patient HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"GET /fhir/R4/Patient/1 HTTP/1.1\r\nHost: <script>\r\n{auth}\r\n",
        b"GET /fhir/R4/Patient/1 HTTP/1.1\r\nHost: h\r\nAccept: text/xml\r\nAccept: application/fhir+json\r\n{auth}\r\n",
        b"GET /fhir/R4/Patient/1 HTTP/1.1\r\nHost: h\r\nIf-None-Match: \xff\xfe\r\n{auth}\r\n",
        b"POST /fhir/R4/Patient HTTP/1.1\r\nHost: h\r\nContent-Type: application/fhir+json\r\nContent-Length: 3\r\n{auth}\r\n{{{",
        b"POST /fhir/R4/Patient HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n{auth}\r\n{}",
        b"POST /fhir/R4 HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
        b"GET /fhir/R4/Patient?" + b"a=1&" * 9000 + b" HTTP/1.1\r\nHost: h\r\n{auth}\r\n",
    ],
)
def test_odd_requests(port: int, tokens: dict[str, str], request_: bytes) -> None:
    auth = f"Authorization: Bearer {tokens['sam']}\r\nConnection: close\r\n".encode()
    got = raw(port, request_.replace(b"{auth}", auth))
    assert not got or got.startswith(b"HTTP/1.1 4"), got[:200]
    assert ask(port, tokens["sam"], "GET", "/metadata").status == 200
