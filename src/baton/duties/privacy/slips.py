"""The rehearsal of a letter or a paper whose content is fixed: what it says, to whom, by which permission, what stays, what is recorded.

A packet is chosen item by item and has a rehearsal of its own (`rehearsals`). Every way out of the house stands in docs/duties/exits.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from baton.duties import codes, letters, reading
from baton.duties.contact import safe_contact
from baton.duties.patients import identity
from baton.duties.privacy import consent_terms, consents
from baton.duties.privacy.decisions import NOTICE, Recipient
from baton.duties.privacy.packets import DISCLOSURE
from baton.fhir.resource import Resource, dump, human_name
from baton.rules import permissions
from baton.rules.calendar import local_day
from baton.store import Conflict, Invalid, View

BY_HAND: Final = "hand"
ELSEWHERE: Final = "elsewhere"
"""How a paper reaches a patient who may not be written to at home: into their hands, or by post to the other address they gave."""
HELD_POST: Final = {
    "no-mail": "Held: the patient asked for no letters. Say how the paper reaches them.",
    "only-the-other-way": "Held: the patient is reached only the other way they gave. Say how the paper reaches them.",
    "not-at-home": "Held: the patient asked for nothing at home. Say how the paper reaches them.",
}
HELD_BACK: Final = "The patient asked that nothing goes there: a restriction holds the letter back."
CHANGED: Final = "What would leave is not what you saw: something was decided otherwise since. Look again, then send."


@dataclass(frozen=True, slots=True)
class Exit:
    """One kind of paper: what it holds, what for, and what is written down when it leaves.

    `record`: "disclosure" (a Communication the accounting reads), else the words of the audit. `to`: the patient, or whoever is chosen.
    """

    holds: tuple[str, ...]
    record: str
    purpose: str = "PATRQT"
    to: str = "patient"


EXITS: Final[Mapping[str, Exit]] = {
    "record-request": Exit(("name", "birth-date", "what-is-wanted", "basis"), "disclosure", "TREAT", "source"),
    "plan-for-home": Exit(("name", "medicines", "visits", "warning-signs", "phones"), "document"),
    "itinerary": Exit(("name", "visits", "places", "phones"), "print itinerary"),
    "medicines": Exit(("name", "medicines", "phones"), "print medicines"),
    "lesson": Exit(("lesson",), "communication"),
    "assistance-letter": Exit(("name", "household", "bill"), "document"),
    "answer": Exit(("name", "request", "answer"), "document"),
    "access-report": Exit(("name", "who-looked"), "print access report"),
    "accounting": Exit(("name", "who-was-told"), "print accounting"),
    "program-summary": Exit(("name", "program", "goals"), "print program summary"),
    "portal-code": Exit(("code",), "print invitation"),
    "month-table": Exit(("patient-number", "program", "minutes", "codes"), "export proposals of a month", "HPAYMT", "payer"),
}
"""Every paper whose content is fixed, by its code."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What would happen. `permission` is "" when it may not leave; `post` says whether the patient may be sent it home, and where else."""

    code: str
    exit: Exit
    patient: str
    recipient: Recipient
    purpose: str
    channels: tuple[str, ...]
    permission: str
    because: str
    consents: tuple[str, ...]
    notice: str | None
    counts: bool
    source: str
    post: safe_contact.Answer | None
    digest: str = ""

    @property
    def leaves(self) -> bool:
        """Whether it may leave."""
        return bool(self.permission)


class Held(Invalid):
    """A paper for a patient who may not be written to at home, while nobody has said how it reaches them. `post`: why, and where else."""

    def __init__(self, post: safe_contact.Answer) -> None:
        """Say why; what may be said instead is BY_HAND and, where there is another address, ELSEWHERE."""
        super().__init__(HELD_POST[post.because], expression="Consent.extension(safe-contact)")
        self.post = post


def rehearse(
    view: View,
    code: str,
    *,
    patient: str,
    recipient: Recipient | None = None,
    purpose: str | None = None,
    channels: Sequence[str] = ("print",),
    consent: str | None = None,
    known: Iterable[Resource] | None = None,
    person: Resource | None = None,
) -> Slip:
    """What would leave with this paper of a patient ("Patient/id"): to whom, under which permission, how it is recorded. Writes nothing.

    `recipient` None: the patient. `consent`: what the recipient answers to where no rule lets it go by itself. `known` and `person`: the
    patient's Consents and the Patient, for pages of many. Raises NotFound for a patient who is not theirs to see, Invalid for a purpose or
    recipient that is none.
    """
    it, day = EXITS[code], local_day(view.now, view.zone)
    person = person or reading.peek(view, patient) or view.get(*patient.split("/", 1))  # read, not locked, unless this change made it
    with reading.seeing_all(view):
        found = view.find("Consent", patient=patient) if known is None else list(known)
    to = recipient or Recipient(human_name(person), "patient", patient, None)
    purpose = purpose or it.purpose
    terms = [consent_terms.read(each) for each in found]
    (decision,) = consents.decide_disclosure(view, patient, to, purpose, [_stand_in(patient)], consents=terms)
    held = decision.because in consent_terms.RESTRICTING
    permission = "" if held else decision.permission or _otherwise(to, purpose, consent)
    used = tuple(dict.fromkeys([*decision.consents, *([consent] if consent and not held else [])]))
    own = to.kind == "patient"
    post = _post(safe_contact.wanted(found), person, to) if own else None
    slip = Slip(
        code, it, patient, to, purpose, tuple(channels), permission, decision.because if held else permission, used,
        str(permissions.part2_notice(day).values["text"]) if NOTICE in decision.notices else None,
        bool(permission) and permissions.counted(permission, day),
        permissions.named(permission, day).source if permission else "", post,
    )  # fmt: skip
    return _digested(slip)


def _post(asked: safe_contact.SafeContact | None, person: Resource, to: Recipient) -> safe_contact.Answer:
    """Whether the patient may be written to at home; the other address only where letters may go there."""
    found = safe_contact.answer(asked, person, "mail", to.address or identity.address(person))
    may = found.instead is not None and safe_contact.answer(asked, person, "mail", found.instead).allowed
    return found if may else replace(found, instead=None)


def of_many(view: View, patients: Iterable[str]) -> dict[str, list[Resource]]:
    """The Consents of several patients, read at once: for pages that rehearse many letters."""
    wanted = sorted(set(patients))
    several: dict[str, list[Resource]] = {each: [] for each in wanted}
    with reading.seeing_all(view):
        for each in view.find("Consent", patient=",".join(wanted)) if wanted else ():
            several.setdefault(str(codes.patient_of(each)), []).append(each)
    return several


def of_month(view: View, code: str) -> Slip:
    """The same for a table of many patients that goes to whoever bills: payment is the permission, and none of it is counted."""
    it, day = EXITS[code], local_day(view.now, view.zone)
    row = permissions.permission(it.purpose, it.to, day)
    permission = row.code if row else ""
    return _digested(
        Slip(
            code,
            it,
            "",
            Recipient("", it.to),
            it.purpose,
            ("print",),
            permission,
            permission,
            (),
            None,
            bool(row and row.values["accounted"]),
            row.source if row else "",
            None,
        )  # fmt: skip
    )


def decided(slip: Slip, seen: str | None) -> Slip:
    """The act decides again: the slip of this moment, when it may leave and is what was seen. Raises Invalid, Conflict."""
    if not slip.leaves:
        raise Invalid(HELD_BACK, expression="Communication.recipient")
    if seen is not None and seen != slip.digest:
        raise Conflict(CHANGED)
    return slip


def handed(view: View, code: str, *, patient: str, way: str | None = None) -> Slip:
    """A paper is made for the patient: decided again now. `way`: how it reaches them, where the post to their home is ruled out.

    Raises Invalid when it may not leave; Held when it may not be posted to the home and `way` does not say how it goes instead.
    """
    slip = decided(rehearse(view, code, patient=patient), None)
    post = slip.post
    if post is not None and not post.allowed and way != BY_HAND and not (way == ELSEWHERE and post.instead):
        raise Held(post)
    return slip


def _otherwise(to: Recipient, purpose: str, consent: str | None) -> str:
    """No rule lets a letter go to such a recipient by itself: a consent does, or that we ask for our own treatment (164.506(c)(1))."""
    if consent:
        return "part2-consent" if to.kind == "part2-program" else "authorisation"
    return "treatment" if purpose in permissions.TPO and to.kind != "part2-program" else ""


def _stand_in(patient: str) -> Resource:
    """The letter as it will be, for the decision: a paper of ours with no label."""
    return {
        "resourceType": "DocumentReference",
        "id": "",
        "type": {"coding": [letters.LETTER]},
        "category": [codes.concept(DISCLOSURE, "letter")],
        "subject": {"reference": patient},
    }


def _digested(slip: Slip) -> Slip:
    to = slip.recipient
    said: list[object] = [
        slip.code,
        slip.patient,
        to.name,
        to.kind,
        to.reference,
        (to.address or "").strip(),
        slip.purpose,
        sorted(slip.channels),
    ]
    said += [slip.permission, slip.because, sorted(slip.consents), slip.notice, slip.counts, slip.exit.holds]
    return replace(slip, digest=hashlib.sha256(dump({"said": said})).hexdigest())
