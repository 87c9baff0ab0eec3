"""The portal's mails and texts: a greeting, a sentence and a link, or a code; never who it is for or what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from baton.duties import reading
from baton.duties.contact import safe_contact, thread_notices

if TYPE_CHECKING:
    from baton.store import Change, View

WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "en": {
        "in": (
            "Your link to Baton",
            "Hello. You asked for a link to come in. It works once, and not for long. If it was not you, do nothing.",
        ),
        "hello": (
            "You are invited",
            "Hello. You are invited to a page of your own. You need the code that we tell you by phone or letter.",
        ),
        "code": ("", "Your code for Baton. Tell it to nobody:"),
    },
    "es": {
        "in": (
            "Su enlace a Baton",
            "Hola. Usted pidió un enlace para entrar. Sirve una vez y por poco tiempo. Si no fue usted, no haga nada.",
        ),
        "hello": (
            "Tiene una invitación",
            "Hola. Le invitamos a una página suya. Necesita el código que le damos por teléfono o por carta.",
        ),
        "code": ("", "Su código para Baton. No se lo diga a nadie:"),
    },
}
"""Subject and sentence by language and kind."""


def send(change: Change, *, person: str, to: str, link: str, kind: str) -> None:
    """Have a mail with a link sent to somebody who is let in. Raises Invalid when a patient asked for no mail."""
    subject, text = _words(change, person)[kind]
    _announce(change, person, "email", to, "mail", {"subject": subject, "text": text, "link": link})


def text(change: Change, *, person: str, to: str, code: str) -> None:
    """Have a code texted. It goes where a link would, so that the outbox forgets it once it is delivered. Raises Invalid."""
    _announce(change, person, "sms", to, "text", {"text": _words(change, person)["code"][1], "link": code})


def _words(view: View, person: str) -> Mapping[str, tuple[str, str]]:
    """The words in the language of whoever it is for: of somebody let in whose language nobody knows, the patient's."""
    with reading.seeing_all(view):
        found = reading.peek(view, person) or {}
    return WORDS.get(thread_notices.spoken(view, found), WORDS["en"])


def _announce(change: Change, person: str, channel: str, to: str, topic: str, payload: Mapping[str, str]) -> None:
    if person.startswith("Patient/"):
        safe_contact.announce(change, patient=person, channel=channel, address=to, topic=topic, payload=payload)
    else:
        change.announce(topic, {**payload, "to": to})
