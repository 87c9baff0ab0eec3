"""A reminder from the duty to a real SMTP conversation: in Spanish, with a whole link, and nothing about health in it."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from email.message import Message

import psycopg
import pytest
from tests.duties.scheduling.clinic import open_clinic
from tests.duties.scheduling.test_booking import booked, write_to
from tests.duties.ward import Ward

from baton.store.postgres import Database
from baton.worker import mail, outbox, texts


class Post(socketserver.ThreadingTCPServer):
    """A mail server that speaks as much SMTP as is needed, and keeps what it is given."""

    allow_reuse_address = True

    def __init__(self) -> None:
        self.got: list[Message] = []

        class Conversation(socketserver.StreamRequestHandler):
            def say(conversation, text: str) -> None:  # noqa: N805
                conversation.wfile.write(f"{text}\r\n".encode())

            def handle(conversation) -> None:  # noqa: N805
                conversation.say("220 post")
                for line in conversation.rfile:
                    verb = line.decode().strip().upper()
                    if verb.startswith("DATA"):
                        conversation.say("354 go on")
                        lines = list(iter(conversation.rfile.readline, b".\r\n"))
                        self.got.append(email.message_from_bytes(b"".join(lines)))
                    conversation.say("221 bye" if verb.startswith("QUIT") else "250 ok")
                    if verb.startswith("QUIT"):
                        return

        super().__init__(("127.0.0.1", 0), Conversation)


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    thread = threading.Thread(target=post.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield post
    post.shutdown()
    thread.join()
    post.server_close()


def test_a_notice_goes_all_the_way(database: Database, post: Post) -> None:
    ward = Ward(database, start="2026-07-03T09:00:00")
    open_clinic(ward)
    write_to(ward, "email", "es")
    booked(ward)
    handlers = {
        "mail": texts.with_links(mail.by_smtp(f"smtp://127.0.0.1:{post.server_address[1]}?from=hub@example.org"), "https://hub.example")
    }
    with psycopg.connect(database.owner_dsn) as connection:
        waiting = [row for (row,) in connection.execute("select id from outbox")]
    for outbox_id in waiting:
        outbox.deliver(database.app_dsn, outbox_id, handlers, now=ward.time)
    [message] = post.got
    text = message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert message["To"] == "lan@example.org"
    assert text.startswith("Hola. Tiene una nueva cita.")
    assert "https://hub.example/r/" in text
    assert not any(word in f"{message['Subject']} {text}" for word in ("Cardiology", "Haddad", "Heart", "Lan ", "10:00"))
    ward.store.close()
