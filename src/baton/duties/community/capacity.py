"""Room for one more: services are asked whether they can take somebody, and nobody is named; what they answer is kept on the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from baton.duties import codes
from baton.duties.community import directory
from baton.duties.community.directory import GRAVITY
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension
from baton.rules import needs as rules
from baton.store import NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

MAIL: Final = (
    "Do you have room?",
    "Hello. Do you have room for one more household at the service named below? Please answer: yes; no; there is a waiting list; "
    "or we would have to talk first. This message is about nobody in particular.",
)


def ask(change: Change, *, services: Sequence[str]) -> int:
    """Ask these services (ids) whether there is room; by e-mail where they have an address. Nobody is named. Says how many were written to.

    Raises Invalid for one that was asked less than a quarter of an hour ago.
    """
    written = 0
    if not services:
        raise refuse("Choose whom to ask.", "HealthcareService")
    for id_ in services:
        resource = change.get("HealthcareService", id_)
        if not directory.is_listed(resource):
            raise NotFound(f"There is no HealthcareService/{id_} in the directory.")
        said = directory.read(resource)
        if not rules.may_ask_again(said.capacity.asked, change.now):
            raise refuse(f"Asked within the last 15 minutes: {said.name}", "HealthcareService.extension")
        now = {"url": directory.ASKED, "valueDateTime": episodes.instant(change.now)}
        change.put(codes.with_extension(resource, directory.ASKED, now))
        if said.email:
            subject, text = MAIL
            change.announce("mail", {"to": said.email, "subject": subject, "text": f"{text}\n\n{said.name}"})
            written += 1
    return written


def answer(change: Change, *, service: str, capacity: str, note: str | None = None) -> Stored:
    """What a service answered: capacity, no-capacity, waitlist, additional-assessment-required. Raises Invalid."""
    resource = change.get("HealthcareService", service)
    if not directory.is_listed(resource):
        raise NotFound(f"There is no HealthcareService/{service} in the directory.")
    if capacity not in rules.CAPACITY:
        raise refuse("Say what they answered.", "HealthcareService.extension(capacityStatus)")
    parts: list[Resource] = [{"url": "capacityStatus", "valueCodeableConcept": codes.concept(GRAVITY, capacity)}]
    parts += [{"url": "capacityNotes", "valueString": note.strip()}] if note and note.strip() else []
    answered = codes.with_extension(resource, directory.CAPACITY, {"url": directory.CAPACITY, "extension": parts})
    now = {"url": directory.ANSWERED, "valueDateTime": episodes.instant(change.now)}
    return change.put(codes.with_extension(answered, directory.ANSWERED, now))


def service_guard(_before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Whether there is room is said in Gravity's codes, and never about a patient."""
    if after is None or not directory.is_listed(after):
        return
    said = extension(after, directory.CAPACITY)
    if said is not None and directory.capacity(after).code not in rules.CAPACITY:
        yield error("code-invalid", f"Capacity is one of {', '.join(rules.CAPACITY)}.", "HealthcareService.extension(capacityStatus)")
    if said is not None and "Patient/" in str(said):
        yield error("business-rule", "Nobody is named when room is asked for.", "HealthcareService.extension(capacityNotes)")


GUARDS = {"HealthcareService": [service_guard]}
