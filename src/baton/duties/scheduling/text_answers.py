"""Answers that come by text: 1 and 2 to the one date that was asked about; whatever is not plain waits for a person, kept as it came.

Whose it is, is told by the number alone, and only by one that its owner chose to be written to by text. What could be meant otherwise is
never guessed: a number nobody has, or several, goes to the inbound desk; words, or several open dates, become a message to be answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from baton.duties import reading
from baton.duties.contact import text_stops, threads
from baton.duties.contact.text_stops import ends
from baton.duties.records import inbound
from baton.duties.scheduling import notices, terms, told
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource
from baton.rules.matching import Said
from baton.store import View
from baton.uploads import Upload

if TYPE_CHECKING:
    from baton.store import Change

MEANS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("1", "yes", "y", "si", "sí"), notices.YES),
    **dict.fromkeys(("2", "no", "n"), notices.NO),
}
"""What is plain; anything else is for a person to read."""
LONGEST: Final = 1600
"""Characters of a text, as long as the longest a provider joins together."""
MOST: Final = 50

Outcome = Literal["answered", "to-be-read", "nobody", "known", "stopped", "started"]


def came(change: Change, *, number: str, text: str, message: str = "") -> Outcome:
    """A text came from a number; `message` is the provider's id of it, by which the same one is known when it comes twice.

    Stopped, started: a word that carriers know (`text_stops`). Answered: one patient, one open date, a plain yes or no. To be read: the
    patient's, but not plain. Nobody: at the inbound desk.
    """
    text = text.strip()[:LONGEST]
    with reading.seeing_all(change):
        if message and change.find("Communication", identifier=f"{text_stops.ID}|{message}", _count=1):
            return "known"
        if done := text_stops.came(change, number=number, text=text, message=message):
            return done
        whose = of_number(change, number)
        if len(whose) != 1:
            _to_inbound_desk(change, number, text)
            return "nobody"
        (patient,) = whose
        reference = f"Patient/{patient['id']}"
        found, said = open_date(change, reference), MEANS.get(text.casefold().strip(" .!¡"))
        change.put(text_stops.kept(change, reference, text, message, "answer", f"Appointment/{found['id']}" if found else None))
        if found is not None and said is not None:
            notices.answered(change, change.get("Appointment", str(found["id"])), said, "text-answer")
            return "answered"
        threads.start(
            change, patient=reference, topic="appointment", text=text or "(an empty text)", subject="Answer by text", author=reference
        )
        return "to-be-read"


def of_number(view: View, number: str) -> list[Resource]:
    """The patients who chose to be written to by text at this number."""
    digits = ends(number)
    if len(digits) < 7:
        return []
    found = (each.resource() for _, each in view.patients(digits, MOST))
    return [each for each in found if (way := notices.way_to(each)) and way[0] == "sms" and ends(way[1]) == digits]


def open_date(view: View, patient: str) -> Resource | None:
    """The one date an answer can be about: the only one asked about and not answered; else the only one ahead; else None."""
    booked = view.find("Appointment", patient=patient, status="booked", date=f"gt{episodes.instant(view.now)}")
    unanswered = [each for each in booked if notices.replied(each) is None]
    asked = [each for each in unanswered if _asked(view, each, patient)]
    if len(asked) == 1:
        return asked[0]
    return unanswered[0] if not asked and len(unanswered) == 1 else None


def _asked(view: View, appointment: Mapping[str, Any], patient: str) -> bool:
    """Whether the patient was reminded of it, or told that it has changed, by text."""
    if terms.values(appointment, terms.REMINDED):
        return True
    newest = next(iter(told.of(view, str(appointment["id"]))), None)
    me = newest.of(patient) if newest else None
    return me is not None and me.how == "sms"


def _to_inbound_desk(change: Change, number: str, text: str) -> None:
    """Whose it is, is not plain: a person says so at the inbound desk, where it waits as it came."""
    body = f"A text message came {change.now.astimezone(change.zone):%Y-%m-%d %H:%M} from {number}:\n\n{text}\n"
    said = Said(phone=ends(number))
    upload = Upload("text-message.txt", "text/plain", body.encode())
    inbound.receive(change, upload=upload, said=said, title="A text message", source=number)
