"""Texts stopped by a word, and begun again by one: for the number it came from, at once, and confirmed once.

A patient's wish is their safe contact, dated, by whom and how; it holds in every channel's question (`safe_contact`). The number itself is
kept too, so that a text to whoever else has it stays away. START takes back what a STOP did and nothing else: what a patient told a person
about texts, a person changes. Who has a date ahead and writes CANCEL may mean the date: texts stop, the date stands, and somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from baton.duties import codes, promises, reading
from baton.duties.contact import safe_contact, thread_notices, threads
from baton.duties.contact.safe_contact import SafeContact
from baton.duties.patients import identity
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of
from baton.rules import texts as rules
from baton.rules.calendar import add_business_days, local_day
from baton.store import Change

if TYPE_CHECKING:
    from baton.store import Store, View, Who

KIND: Final = f"{codes.P}/CodeSystem/text-stop"
ANSWER: Final = f"{codes.P}/CodeSystem/text-answer"
ID: Final = f"{codes.P}/NamingSystem/text-message"
WRITTEN: Final = "SMSWRIT"
NUMBER: Final = f"{codes.P}/NamingSystem/telephone"
SMS: Final = "sms"
DIGITS, MOST = 7, 50
"""So many digits a number has at least; so many patients are asked about at most."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "stopped": "You will get no more texts from us. Your dates stay as they are. To get texts again, answer START.",
        "started": "You will get texts from us again. To stop them, answer STOP.",
    },
    "es": {
        "stopped": "No le mandaremos más mensajes de texto. Sus citas siguen igual. Para recibirlos otra vez, conteste INICIAR.",
        "started": "Le mandaremos mensajes de texto otra vez. Para pararlos, conteste ALTO.",
    },
}
"""The one text that confirms, by language: nothing in it says who, what or why."""
NO_WAY: Final = "Texts were stopped by the patient and no other way is left: find out how they want to be reached"
ASK: Final = "CANCEL came by text: texts are stopped, the visit stands. Ask if they still come"
DAYS: Final = 1

Outcome = Literal["stopped", "started"]


def ends(number: str) -> str:
    """The digits a number is known by, however it is written."""
    return "".join(filter(str.isdigit, number))[-10:]


def came(change: Change, *, number: str, text: str, message: str = "") -> Outcome | None:
    """A text came: done when it is a word that stops texts or begins them again; None for everything else, which is for others to read."""
    word = rules.word(text, local_day(change.now, change.zone))
    if word is None or len(ends(number)) < DIGITS:
        return None
    with reading.seeing_all(change):
        reading.take_turns(change, f"text-stop {ends(number)}")
        mark = reading.maybe(change, f"Basic/{_id(number)}")
        whose = holders(change, number)
        if word.means == "stop":
            if not _stopped(mark):
                _marked(change, number, "stopped")
                _confirmed(change, number, "stopped", word.language, whose)
            for person in whose:
                change.put(kept(change, f"Patient/{person['id']}", text, message, "stop"))
                _stop(change, person, number=number, doubtful=word.doubtful, text=text)
            return "stopped"
        lifted = [each for each in whose if _start(change, f"Patient/{each['id']}")]
        if not lifted and not _stopped(mark):
            return None
        for person in lifted:
            change.put(kept(change, f"Patient/{person['id']}", text, message, "start"))
        _marked(change, number, "started")
        _confirmed(change, number, "started", word.language, whose)
        return "started"


def holders(view: View, number: str) -> list[Resource]:
    """The patients who have this number, as theirs to be called or texted at."""
    digits = ends(number)
    found = (each.resource() for _, each in view.patients(digits, MOST))
    return [each for each in found if any(ends(str(point["value"])) == digits for point in identity.points(each, "sms", "phone"))]


def _stop(change: Change, person: Resource, *, number: str, doubtful: bool, text: str) -> None:
    """Rule texts out for one patient, unless they are already; have somebody ask where only a person can know what is meant."""
    patient = f"Patient/{person['id']}"
    asked = safe_contact.wanted_of(change, patient) or SafeContact()
    if SMS not in asked.avoid:
        now = replace(asked, avoid=(*asked.avoid, SMS), stopped=change.now, stopped_by=number)
        safe_contact.state(change, patient=patient, asked=now)
        if _awaited(change, patient) and not _other_way(change, person, now):
            due = add_business_days(local_day(change.now, change.zone), DAYS).value
            change.put(promises.by_hand(change, patient=patient, what=NO_WAY, due=due))
    if doubtful and _date_ahead(change, patient):
        threads.start(change, patient=patient, topic="appointment", text=text, subject=ASK, author=patient)


def _start(change: Change, patient: str) -> bool:
    """Let texts go again to a patient who stopped them by a text. False where they did not."""
    asked = safe_contact.wanted_of(change, patient)
    if asked is None or asked.stopped is None:
        return False
    now = replace(asked, avoid=tuple(each for each in asked.avoid if each != SMS), stopped=None, stopped_by=None)
    if replace(now, id="") == SafeContact():
        safe_contact.withdraw(change, patient=patient)
    else:
        safe_contact.state(change, patient=patient, asked=now)
    return True


def _awaited(change: Change, patient: str) -> bool:
    """Whether somebody has promised to be in touch: anything open, or a date ahead."""
    return _date_ahead(change, patient) or any(map(codes.is_open, change.find("Task", patient=patient, status=codes.OPEN, _count=MOST)))


def _date_ahead(change: Change, patient: str) -> bool:
    return bool(change.find("Appointment", patient=patient, status="booked", date=f"gt{episodes.instant(change.now)}", _count=1))


def _other_way(view: View, person: Resource, asked: SafeContact) -> bool:
    """Whether a patient can still be reached: called, written to, or in the portal."""
    patient = f"Patient/{person['id']}"
    if safe_contact.number(asked, person):
        return True
    mails = [asked.email, *(str(each["value"]) for each in identity.points(person, "email"))]
    if any(each and safe_contact.answer(asked, person, "email", each).allowed for each in mails):
        return True
    home = asked.address or identity.address(person)
    if home and safe_contact.answer(asked, person, "mail", home).allowed:
        return True
    return safe_contact.answer(asked, person, "portal", None).allowed and thread_notices.may_sign_in(view, patient, patient)


# --- the number --------------------------------------------------------------------------------------------------------------------------


def _id(number: str) -> str:
    return codes.derived_id("text-stop", ends(number))


def _stopped(mark: Resource | None) -> bool:
    return mark is not None and code_of(mark.get("code"), KIND) == "stopped"


def _marked(change: Change, number: str, state: Outcome) -> None:
    change.put(
        {
            "resourceType": "Basic",
            "id": _id(number),
            "identifier": [{"system": NUMBER, "value": ends(number)}],
            "code": codes.concept(KIND, state),
            "created": local_day(change.now, change.zone).isoformat(),
        }
    )


def kept(change: Change, patient: str, text: str, message: str, category: str, about: str | None = None) -> Resource:
    """A text as it came, for the patient's record; `message` is the provider's id of it, `about` what it answers ("Type/id")."""
    return {
        "resourceType": "Communication",
        "status": "completed",
        **({"identifier": [{"system": ID, "value": message}]} if message else {}),
        "category": [codes.concept(ANSWER, category)],
        "medium": [codes.concept(codes.PARTICIPATION_MODE, WRITTEN)],
        "subject": {"reference": patient},
        **({"basedOn": [{"reference": about}]} if about else {}),
        "received": episodes.instant(change.now),
        "sender": {"reference": patient},
        **({"payload": [{"contentString": text}]} if text else {}),
    }


def _confirmed(change: Change, number: str, what: Outcome, language: str, whose: Iterable[Resource]) -> None:
    """The one text that says what was done; too late, it does not go out at all."""
    until = change.now + rules.confirmed_within(local_day(change.now, change.zone))
    mine = [f"Patient/{each['id']}" for each in whose]
    about = {"about": mine[0]} if len(mine) == 1 else {}
    change.announce("text", {"to": number, "text": WORDS[language][what], "confirms": what, "until": episodes.instant(until), **about})


def objection(store: Store, who: Who, payload: Mapping[str, Any]) -> str | None:
    """What the outbox asks before a text goes out: why not, or None. A patient's own wish is asked for by `safe_contact`."""
    if until := payload.get("until"):
        return "it would come too late" if store.now() > datetime.fromisoformat(str(until)) else None
    if payload.get("channel", SMS) != SMS or payload.get("patient") or len(ends(str(payload.get("to", "")))) < DIGITS:
        return None
    if "@" in str(payload.get("to")):
        return None
    with store.view(who) as view:
        stopped = _stopped(reading.peek(view, f"Basic/{_id(str(payload['to']))}"))
    return "whoever has this number wants no texts" if stopped else None
