"""How each party of a changed appointment is told: the patient as they chose, family who may know, whoever takes part, whoever owns.

Each gets a greeting, a sentence and a link of their own, and nothing about health. Whoever is told by nobody is told so on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.contact import thread_notices
from baton.duties.patients import identity, network
from baton.duties.scheduling import notices, party_links, terms
from baton.duties.scheduling.parties import CANCELLED, MOVED, REBOOKED, Party
from baton.fhir.resource import Resource, target

if TYPE_CHECKING:
    from baton.store import Change

FAMILY: Final = ("patient", "caregiver", "companion")
TOPIC: Final = "appointment"
"""What family may be told about, in the terms of who may be told what."""
PATIENTS: Final = {MOVED: notices.MOVED, CANCELLED: notices.CANCELLED, REBOOKED: notices.BOOKED}
WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "en": {
        MOVED: ("A date in your calendar has changed", "Hello. A date that you take part in has changed. See when it is now:"),
        CANCELLED: ("A date in your calendar was cancelled", "Hello. A date that you took part in was cancelled. See which one:"),
        REBOOKED: ("A date was made with you", "Hello. A date was made in which you take part. See when it is:"),
    },
    "es": {
        MOVED: ("Una fecha de su calendario ha cambiado", "Hola. Una cita en la que usted participa ha cambiado. Vea cuándo es ahora:"),
        CANCELLED: ("Una fecha de su calendario fue cancelada", "Hola. Una cita en la que usted participaba fue cancelada. Vea cuál:"),
        REBOOKED: ("Se hizo una cita con usted", "Hola. Se hizo una cita en la que usted participa. Vea cuándo es:"),
    },
}
"""Subject and sentence by language and kind, for everybody but the patient and staff."""
STAFF: Final = ("Something in your list has changed", "Hello. A date that something in your list depends on has changed. Please sign in:")


class Telling:
    """One change being told: the appointment as it is now, the id of the notice, and to which addresses something went already."""

    def __init__(self, change: Change, appointment: Resource, notice: str) -> None:
        self.change, self.appointment, self.notice = change, appointment, notice
        self.patient = str(terms.patient_of(appointment))
        self._gone: set[tuple[str, str]] = set()

    def tell(self, party: Party) -> str:
        """Have somebody told; returns how (email, sms), or why nothing was sent to them."""
        who = self.change.who
        if party.ref == (who.on_behalf_of if who.person == codes.HUB else who.person):
            return "did-it"
        if party.ref == self.patient:
            return self._patient(party)
        if party.ref.startswith("RelatedPerson/"):
            return self._family(party)
        resource = reading.peek(self.change, party.ref) or {}
        if reading.is_team(resource):
            return "on-today"
        if party.role in ("referral", "promise") and self._is_staff(party.ref):
            found = self._way(resource)
            return self._sent(party, found, STAFF, f"/scheduling/appointment/{self.appointment['id']}")
        return self._sent(party, self._way(resource), WORDS["en"][party.kind], self._link(party))

    def _patient(self, party: Party) -> str:
        person = reading.peek(self.change, self.patient) or {}
        way = notices.way_to(person)
        if way is None:
            return "no-way"
        channel, address = way
        subject, text = notices.words(person, PATIENTS[party.kind])
        payload = {"subject": subject, "text": text, "link": f"/r/{notices.token(self.change, self.appointment)}", **self._about(party)}
        payload |= notices.by_reply(person, channel) if party.kind != CANCELLED else {}
        topic = notices.CHANNELS[channel][1]
        if not notices.to_patient(self.change, self.patient, channel, address, payload):
            return "not-this-way"
        self._gone.add((topic, address.casefold()))
        return channel

    def _family(self, party: Party) -> str:
        """Somebody of the family: only while the patient lets them know of appointments; who is let in is shown it in the portal."""
        if not network.may_be_told(self.change, party.ref, TOPIC, patient=self.patient).allowed:
            return "may-not-know"
        person = reading.peek(self.change, party.ref) or {}
        spoken = (identity.language(person) or "en").split("-")[0]
        link = "/my/visits" if self._is_let_in(party.ref) else self._link(party)
        return self._sent(party, thread_notices.way_to(person), WORDS.get(spoken, WORDS["en"])[party.kind], link, concerning=TOPIC)

    def _is_let_in(self, person: str) -> bool:
        guest = self.change.store.guest(person)
        if guest is None:
            return False
        with self.change.store.view(guest) as theirs:
            return theirs.decide("see", "Appointment", patient=self.patient).allowed

    def _is_staff(self, person: str) -> bool:
        if not person.startswith("Practitioner/"):
            return False
        roles = self.change.find("PractitionerRole", practitioner=person, active="true")
        return any(system == codes.STAFF_ROLE for each in roles for system, _ in reading.codings(*each.get("code", ())))

    def _way(self, resource: Resource) -> tuple[str, str] | None:
        """How somebody who works in care is written to: their own e-mail or text, else that of where they belong."""
        for each in self._where(resource):
            for point in identity.points(each, "email", "sms"):
                return ("email" if point["system"] == "email" else "sms"), str(point["value"])
        return None

    def _where(self, resource: Resource) -> Iterator[Resource]:
        yield resource
        for element in ("practitioner", "organization", "providedBy", "managingOrganization", "owner"):
            near = reading.peek(self.change, target(resource.get(element))) if isinstance(resource.get(element), dict) else None
            if near is not None and not reading.is_team(near):
                yield near

    def _link(self, party: Party) -> str:
        return f"/d/{party_links.token(self.change, self.notice, party.ref)}"

    def _about(self, party: Party) -> dict[str, Any]:
        return {"notice": self.notice, "reader": party.ref}

    def _sent(self, party: Party, way: tuple[str, str] | None, words: tuple[str, str], link: str, *, concerning: str = "") -> str:
        if way is None:
            return "no-way"
        channel, address = way
        topic = notices.CHANNELS[channel][1]
        if (topic, address.casefold()) in self._gone:
            return "same-address"
        self._gone.add((topic, address.casefold()))
        payload = {"to": address, "subject": words[0], "text": words[1], "link": link, "about": self.patient, **self._about(party)}
        to_another(self.change, topic, payload | ({"concerning": concerning} if concerning else {}))
        return channel


def to_another(change: Change, topic: str, payload: Mapping[str, Any]) -> None:
    """Have somebody else told."""
    change.announce(topic, payload)
