"""Whether those who need an interpreter had one: contacts in which somebody was reached, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.contact import interpreting
from baton.duties.patients import identity
from baton.duties.transitions import episodes
from baton.fhir.resource import extension, human_name

if TYPE_CHECKING:
    from baton.store import View

MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact with somebody who needs an interpreter: when, and whether one was there (`kept`)."""

    patient: str
    name: str
    at: datetime
    kept: bool


def contacts(view: View, since: datetime, languages: Sequence[str]) -> tuple[Contact, ...]:
    """The contacts since an instant, the latest first, of the patients one may see. Asked once by a page."""
    return reading.once(view, ("interpreted", since, *languages), lambda: _contacts(view, since, languages))


def _contacts(view: View, since: datetime, languages: Sequence[str]) -> tuple[Contact, ...]:
    spoken = view.find("Patient", language=",".join(languages), _count=MOST)
    names = {f"Patient/{each['id']}": human_name(each) for each in spoken if extension(each, identity.INTERPRETER) is True}
    if not names:
        return ()
    found = []
    for each in view.find("Communication", patient=",".join(sorted(names)), sent=f"ge{episodes.instant(since)}", _count=MOST):
        at, patient = reading.moment(each.get("sent"), view.zone), str(codes.patient_of(each))
        if at is not None and extension(each, codes.CONTACT_OUTCOME) == "reached":
            there = extension(each, codes.CONTACT_INTERPRETER) or interpreting.kind_of(each)
            found.append(Contact(patient, names[patient], at, bool(there)))
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))
