"""Who interprets: not a child of the family."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from baton.duties import codes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, human_name
from baton.rules import contradictions as rules
from baton.rules.calendar import local_day
from baton.store import View


def interpreter_guard(_before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A child of the family does not interpret."""
    named = str(extension(after, codes.CONTACT_INTERPRETER) or "").strip()
    patient = codes.patient_of(after)
    if not named or patient is None:
        return
    today = local_day(view.now, view.zone)
    for each in view.find("RelatedPerson", patient=patient, _count=50):
        names = {f"RelatedPerson/{each['id']}", (human_name(each) or "").casefold()}
        if named in names or named.casefold() in names:
            born = str(each.get("birthDate", ""))
            if len(born) == 10 and _age(date.fromisoformat(born), today) < rules.limit("interpreter-age", today):
                text = "A child does not interpret: ask for an interpreter."
                yield error("business-rule", text, "Communication.extension(contact-interpreter)")


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


GUARDS = {"Communication": [interpreter_guard]}
