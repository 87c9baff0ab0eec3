"""Text messages: carried by a real HTTP provider through apprise, tried again when it says no, never without a number."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from baton.outgoing import Allowed, Outgoing
from baton.worker import texts
from baton.worker.outbox import UndeliverableError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # apprise's own
HERE = Outgoing(Allowed.of("127.0.0.1"))
PAYLOAD = {"to": "(401) 555-0199", "text": "Hello. A date of yours is coming up:", "link": "/r/abc"}


class Provider(HTTPServer):
    """Takes what it is sent, or says no."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.status = 200

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N802, N805
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                self.got.append((handler.path, json.loads(body)))
                handler.send_response(self.status)
                handler.end_headers()

            def log_message(handler, *_: object) -> None:  # noqa: N805
                return None

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield provider
    provider.shutdown()
    thread.join()
    provider.server_close()


def test_a_text_is_carried_with_its_whole_link(provider: Provider) -> None:
    send = texts.with_links(texts.by_apprise(f"json://127.0.0.1:{provider.server_port}/send/{{to}}", HERE), "https://hub.example/")
    send(PAYLOAD)
    [(path, body)] = provider.got
    assert path.rstrip("/") == "/send/4015550199"
    assert body["message"] == "Hello. A date of yours is coming up: https://hub.example/r/abc"


def test_a_text_says_how_it_is_answered_only_where_answers_come_back(provider: Provider) -> None:
    url = f"json://127.0.0.1:{provider.server_port}/send/{{to}}"
    for answers in (False, True):
        texts.by_apprise(url, HERE, answers=answers)({**PAYLOAD, "reply": "Or answer this message: 1 I will come."})
    assert [body["message"].endswith("1 I will come.") for _, body in provider.got] == [False, True]


def test_what_the_provider_refuses_is_tried_again_and_what_has_no_number_is_parked(provider: Provider) -> None:
    send = texts.by_apprise(f"json://127.0.0.1:{provider.server_port}/{{to}}", HERE)
    provider.status = 503
    with pytest.raises(texts.NotCarriedError):
        send(PAYLOAD)
    with pytest.raises(UndeliverableError):
        send({**PAYLOAD, "to": "none"})


@pytest.mark.parametrize("url", ["nonsense", "json://127.0.0.1/", "unheard-of://x/{to}", "syslog://{to}"])
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="BATON_TEXT_URL"):
        texts.by_apprise(url, HERE)


def test_no_text_reaches_what_stands_behind_our_own_wall(provider: Provider) -> None:
    send = texts.by_apprise(f"json://127.0.0.1:{provider.server_port}/{{to}}", Outgoing())
    with pytest.raises(texts.NotCarriedError):
        send(PAYLOAD)
    assert provider.got == []
