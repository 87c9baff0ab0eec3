"""E-mail: sent as asked, kept for later when the server is away, parked when the address is refused."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from baton.worker import mail
from baton.worker.outbox import UndeliverableError

PAYLOAD = {"to": "eve@example.org", "subject": "Your sign-in link", "text": "Use it within the hour.", "link": "https://baton.example/in/1"}


class Server:
    """A mail server without a network."""

    def __init__(self, *, refuses: int = 0) -> None:
        self.refuses, self.logins, self.messages = refuses, list[tuple[str, str]](), list[EmailMessage]()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def login(self, user: str, password: str) -> None:
        self.logins.append((user, password))

    def send_message(self, message: EmailMessage) -> None:
        if self.refuses:
            raise smtplib.SMTPRecipientsRefused({str(message["To"]): (self.refuses, b"no such user")})
        self.messages.append(message)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(mail, "_connected", lambda *_: server)
    return server


def test_sends_greeting_and_link(server: Server) -> None:
    mail.by_smtp("smtp://hub%40example.org:p%3Aw@mail.example.org:587")(PAYLOAD)
    (message,) = server.messages
    assert (message["To"], message["From"], message["Subject"]) == ("eve@example.org", "hub@example.org", "Your sign-in link")
    assert message.get_content() == "Use it within the hour.\n\nhttps://baton.example/in/1\n"
    assert server.logins == [("hub@example.org", "p:w")]


def test_names_a_sender_without_a_user(server: Server) -> None:
    for url, sender in (
        ("smtp://mail.example.org", "baton@mail.example.org"),
        ("smtp://mail.example.org?from=hub%40example.org", "hub@example.org"),
    ):
        mail.by_smtp(url)(PAYLOAD)
        assert server.messages[-1]["From"] == sender
    assert not server.logins


@pytest.mark.parametrize(("code", "error"), [(550, UndeliverableError), (451, smtplib.SMTPRecipientsRefused)])
def test_a_refused_address_is_in_vain_a_busy_one_is_not(server: Server, code: int, error: type[Exception]) -> None:
    server.refuses = code
    with pytest.raises(error):
        mail.by_smtp("smtp://mail.example.org")(PAYLOAD)


@pytest.mark.parametrize("payload", [{}, {**PAYLOAD, "to": "eve@example.org\nBcc: all@example.org"}])
def test_what_is_no_mail_is_in_vain(server: Server, payload: dict[str, Any]) -> None:
    with pytest.raises(UndeliverableError):
        mail.by_smtp("smtp://mail.example.org")(payload)


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://"])
def test_refuses_a_setting_it_cannot_use(url: str) -> None:
    with pytest.raises(ValueError, match="BATON_SMTP_URL"):
        mail.by_smtp(url)
