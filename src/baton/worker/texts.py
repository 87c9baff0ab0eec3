"""Text messages through whichever provider an organisation has, by apprise; and links made whole. No health information ever."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from baton.outgoing import Outgoing, OutgoingFailedError, OutgoingRefusedError
from baton.worker.outbox import Handler, UndeliverableError

PLACE = "{to}"


class NotCarriedError(Exception):
    """The provider did not take the message; it is tried again."""


def by_apprise(url: str, outgoing: Outgoing, *, answers: bool = False) -> Handler:
    """A handler for payloads {to, text, link, reply}: sends through an apprise address in which {to} stands for the number.

    Its requests go out through `outgoing` alone. `answers`: texts that come back reach the hub, so that `reply`, how one is answered, is
    said too. Raises ValueError for an address that apprise does not know, that has no place for the
    number, or whose service speaks anything but HTTP.
    """
    from apprise import Apprise  # noqa: PLC0415  it knows over a hundred services: loaded by the worker alone

    if PLACE not in url or not Apprise().add(url.replace(PLACE, "14015550100")):
        raise ValueError("BATON_TEXT_URL takes an apprise address with {to} in it, such as twilio://SID:TOKEN@FROM/{to}")
    services = list(Apprise(url.replace(PLACE, "14015550100")))
    if not all(hasattr(sys.modules[type(each).__module__], "requests") for each in services):
        raise ValueError("BATON_TEXT_URL takes a service that is reached by HTTP: no other way leads out of the hub")
    _only_through(outgoing)

    def send(payload: Mapping[str, Any]) -> None:
        number = re.sub(r"[^0-9+]", "", str(payload.get("to", "")))
        if len(number) < 7:
            raise UndeliverableError("there is no number to send it to")
        carrier = Apprise()
        carrier.add(url.replace(PLACE, quote(number)))
        said = ("text", "link", "reply") if answers else ("text", "link")
        words = " ".join(str(payload[part]) for part in said if payload.get(part))
        if not carrier.notify(body=words):
            raise NotCarriedError("the provider did not take the message")

    return send


def _only_through(outgoing: Outgoing) -> None:
    """Have every request that this process makes with `requests`, which apprise's services use, go out by the hub's own way."""
    import requests  # noqa: PLC0415  it comes with apprise

    class Adapter(requests.adapters.BaseAdapter):
        def send(self, request: Any, *_: Any, **__: Any) -> Any:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            try:
                answer = outgoing.send(request.method, request.url, body, dict(request.headers))
            except (OutgoingRefusedError, OutgoingFailedError) as error:
                raise requests.ConnectionError(str(error), request=request) from error
            response = requests.Response()
            response.status_code, response.url, response.request = answer.status, request.url, request
            response.headers.update(answer.headers)
            response._content = answer.body
            return response

        def close(self) -> None:
            """Nothing is kept open."""

    requests.Session.get_adapter = lambda session, url: Adapter()  # type: ignore[method-assign,assignment]


def with_links(handler: Handler, address: str) -> Handler:
    """The same handler, its links beginning with the address at which patients reach the hub."""

    def send(payload: Mapping[str, Any]) -> None:
        link = str(payload.get("link") or "")
        handler({**payload, "link": address.rstrip("/") + link} if link.startswith("/") else payload)

    return send
