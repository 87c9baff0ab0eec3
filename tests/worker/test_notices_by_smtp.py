"""Notices from the duty to a real SMTP conversation: in the reader's language, with a whole link, and nothing about health in them."""

from __future__ import annotations

import email
import functools
import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from email.message import Message

import psycopg
import pytest
from tests.duties.scheduling.clinic import need, open_clinic
from tests.duties.scheduling.test_booking import at, booked, do, hold, wanted, write_to
from tests.duties.ward import HUB, TOM, Ward, of_team, patient
from tests.store.test_access import let_in

from baton import app, uploads
from baton.duties.contact import threads
from baton.duties.patients import network
from baton.duties.scheduling import booking, told
from baton.duties.support import caregiver_answers, concerns
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


EVA, ANA = "Patient/eva", "RelatedPerson/ana"
MAIL = [{"system": "email", "value": "eva@example.org"}]
ANAS = [{"system": "email", "value": "ana@example.org"}]


def carry(ward: Ward, database: Database, post: Post) -> None:
    """What the worker does with everything that waits, wired as `baton work` wires it."""
    by_mail = mail.by_smtp(f"smtp://127.0.0.1:{post.server_address[1]}?from=hub@example.org")
    handlers = outbox.noted({"mail": texts.with_links(by_mail, "https://hub.example")}, functools.partial(app._note, ward.store, HUB))
    objection = functools.partial(app._objection, ward.store, HUB)
    with psycopg.connect(database.owner_dsn) as connection:
        waiting = [row for (row,) in connection.execute("select id from outbox where delivered_at is null order by id")]
    for outbox_id in waiting:
        try:
            outbox.deliver(database.app_dsn, outbox_id, handlers, now=ward.time, objection=objection)
        except outbox.UndeliverableError:
            continue


def test_a_message_with_a_file_is_told_by_mail_with_nothing_but_a_link(database: Database, post: Post) -> None:
    ward = Ward(database, start="2026-07-03T09:00:00")
    spanish = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}, "preferred": True}]
    kin = {"resourceType": "RelatedPerson", "id": "ana", "patient": {"reference": EVA}, "name": [{"given": ["Ana"], "family": "Stone"}]}
    ward.put(patient(telecom=MAIL, communication=spanish), of_team(), {**kin, "telecom": ANAS}, let_in("eva", EVA), let_in("eva", ANA))
    plan = uploads.check("foot plan.txt", b"Keep the wound dry.")
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="everything", source="patient-said")
    with ward.change(TOM) as change:
        text = "Your wound looks well."
        thread = threads.start(change, patient=EVA, topic="discharge", text=text, audience=[EVA, ANA], files=[plan]).id
        worry = concerns.raise_(change, patient=EVA, words="I fear the stairs.", kind="fear").id
        concerns.acknowledge(change, concern=worry, said="That is frightening.")
    with ward.change(TOM) as change:
        other = threads.start(change, patient=EVA, topic="discharge", text="The walker is here.", audience=[ANA]).id
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="nothing", source="patient-said")
    carry(ward, database, post)
    texts_ = [str(each.get_payload(decode=True).decode()) for each in post.got]  # type: ignore[union-attr]
    assert [each["To"] for each in post.got] == ["eva@example.org"] * 2, "the daughter may not be told any more: asked again at the door"
    assert " ".join(texts_[0].split()) == "Hola. Tiene un mensaje. Entre para leerlo: https://hub.example/my/messages"
    assert texts_[1].split()[-1] == "https://hub.example/my/worries"
    whole = " ".join(f"{each['Subject']} {each.as_string()}" for each in post.got) + " ".join(texts_)
    assert not any(word in whole for word in ("wound", "foot", "stairs", "frightening", "Eva", "Stone", "Tom", "dry"))
    assert not any(each.get_filename() for each in post.got), "no file goes by mail"
    with ward.store.view(TOM) as view:
        (message,), (unsent,) = threads.shown(view, thread).messages, threads.shown(view, other).messages
    assert [(each.kind, each.who, each.evidence) for each in message.receipts] == [("delivered", EVA, "smtp")]
    assert unsent.receipts == ()
    ward.store.close()


def test_everybody_in_a_moved_visit_gets_one_mail_that_names_nobody(database: Database, post: Post) -> None:
    ward = Ward(database, start="2026-07-03T09:00:00")
    open_clinic(ward)
    write_to(ward, "email", "es")
    kin = {"resourceType": "RelatedPerson", "id": "ana", "patient": {"reference": "Patient/lan"}, "name": [{"given": ["Ana"]}]}
    ward.put({**kin, "telecom": ANAS}, let_in("lan", ANA))
    for id_ in ("haddad", "linh"):
        ward.put({**ward.get(f"Practitioner/{id_}"), "telecom": [{"system": "email", "value": f"{id_}@example.org"}]})
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="appointments", source="patient-said")
    (appointment,) = hold(ward, wanted(need(ward), at(1, 10), "Practitioner/haddad", "Practitioner/linh"))
    do(ward, booking.book, appointment=appointment)
    carry(ward, database, post)
    post.got.clear()
    do(ward, booking.reschedule, appointment=appointment, start=at(1, 11))
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="nothing", source="patient-said")
    carry(ward, database, post)
    carry(ward, database, post)
    assert sorted(each["To"] for each in post.got) == ["haddad@example.org", "lan@example.org", "linh@example.org"]
    bodies = {each["To"]: str(each.get_payload(decode=True).decode()) for each in post.got}  # type: ignore[union-attr]
    assert (
        bodies["lan@example.org"].startswith("Hola. Una cita suya ha cambiado.") and "https://hub.example/r/" in bodies["lan@example.org"]
    )
    assert "https://hub.example/d/" in bodies["linh@example.org"]
    whole = " ".join(f"{each['Subject']} {each.as_string()}" for each in post.got) + " ".join(bodies.values())
    assert not any(word in whole for word in ("Cardiology", "Haddad ", "Heart", "Lan ", "Pham", "Ana", "11:00", "10:00"))
    with ward.store.view(TOM) as view:
        notice = told.of(view, appointment)[0]
    known = {each.ref: [one.kind for one in each.receipts] for each in notice.parties}
    assert known["Practitioner/linh"] == known["Patient/lan"] == ["delivered"], "a mail server took it, and that is all that is known"
    assert known[ANA] == known["Location/heart"] == []
    ward.store.close()


def test_whoever_cares_is_told_by_mail_in_their_language_that_something_waits(database: Database, post: Post) -> None:
    ward = Ward(database, start="2026-07-03T09:00:00")
    kin = {"resourceType": "RelatedPerson", "id": "ana", "patient": {"reference": EVA}, "name": [{"given": ["Ana"], "family": "Stone"}]}
    spanish = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}, "preferred": True}]
    ward.put(patient(telecom=MAIL), of_team(), {**kin, "telecom": ANAS, "communication": spanish}, let_in("eva", ANA))
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="everything", source="patient-said")
    with ward.change(TOM) as change:
        asked = caregiver_answers.ask(change, patient=EVA, person=ANA, assessment="caregiver-strain", due=date(2026, 7, 10))
    carry(ward, database, post)
    [message] = post.got
    assert (asked, message["To"]) == ("email", "ana@example.org")
    text = " ".join(message.get_payload(decode=True).decode().split())  # type: ignore[union-attr]
    assert text == "Hola. Algo le espera en su página. Entre para verlo: https://hub.example/my/me"
    assert not any(word in f"{message['Subject']} {text}" for word in ("Eva", "Ana", "Stone", "cuid"))
    ward.store.close()
