"""E-mail over SMTP. No health information ever: a greeting, a sentence and a link."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from baton.worker.outbox import Handler, UndeliverableError

SECONDS = 20


def by_smtp(url: str) -> Handler:
    """A handler for payloads {to, subject, text}: sends over smtp:// (STARTTLS where offered) or smtps://. `?from=` names the sender."""
    server = urlsplit(url)
    if server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise ValueError("BATON_SMTP_URL takes smtp://user:password@host:port or smtps://…")
    sender = dict(part.partition("=")[::2] for part in server.query.split("&")).get("from", "") or _sender(server.username, server.hostname)

    def send(payload: Mapping[str, Any]) -> None:
        message = _message(payload, unquote(sender))
        with _connected(server.scheme, server.hostname or "", server.port) as connection:
            if server.username:
                connection.login(unquote(server.username), unquote(server.password or ""))
            try:
                connection.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                code, said = next(iter(error.recipients.values()))
                if code >= 500:
                    raise UndeliverableError(f"{payload['to']} was refused: {code} {said.decode(errors='replace')}") from error
                raise

    return send


def _sender(user: str | None, host: str) -> str:
    return unquote(user) if user and "@" in unquote(user) else f"baton@{host}"


def _connected(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=ssl.create_default_context())
    connection = smtplib.SMTP(host, port or 25, timeout=SECONDS)
    connection.ehlo()
    if connection.has_extn("starttls"):
        connection.starttls(context=ssl.create_default_context())
    return connection


def _message(payload: Mapping[str, Any], sender: str) -> EmailMessage:
    message = EmailMessage()
    try:
        message["To"], message["From"], message["Subject"] = payload["to"], sender, payload["subject"]
        message.set_content(payload["text"] + (f"\n\n{payload['link']}\n" if payload.get("link") else "\n"))
    except (KeyError, ValueError) as error:
        raise UndeliverableError(f"it is no e-mail: {error}") from error
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    return message
