"""Text messages through whichever provider an organisation has, by apprise; and links made whole. No health information ever."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from baton.worker.outbox import Handler, UndeliverableError

PLACE = "{to}"


class NotCarriedError(Exception):
    """The provider did not take the message; it is tried again."""


def by_apprise(url: str) -> Handler:
    """A handler for payloads {to, text, link}: sends through an apprise address in which {to} stands for the number.

    Raises ValueError for an address that apprise does not know or that has no place for the number.
    """
    from apprise import Apprise  # noqa: PLC0415  it knows over a hundred services: loaded by the worker alone

    if PLACE not in url or not Apprise().add(url.replace(PLACE, "14015550100")):
        raise ValueError("BATON_TEXT_URL takes an apprise address with {to} in it, such as twilio://SID:TOKEN@FROM/{to}")

    def send(payload: Mapping[str, Any]) -> None:
        number = re.sub(r"[^0-9+]", "", str(payload.get("to", "")))
        if len(number) < 7:
            raise UndeliverableError("there is no number to send it to")
        carrier = Apprise()
        carrier.add(url.replace(PLACE, quote(number)))
        words = " ".join(str(payload[part]) for part in ("text", "link") if payload.get(part))
        if not carrier.notify(body=words):
            raise NotCarriedError("the provider did not take the message")

    return send


def with_links(handler: Handler, address: str) -> Handler:
    """The same handler, its links beginning with the address at which patients reach the hub."""

    def send(payload: Mapping[str, Any]) -> None:
        link = str(payload.get("link") or "")
        handler({**payload, "link": address.rstrip("/") + link} if link.startswith("/") else payload)

    return send
