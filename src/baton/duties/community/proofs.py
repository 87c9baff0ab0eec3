"""The papers programs ask for: each kept once, used by every application; and which program comes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.community import means
from baton.duties.promises import refuse
from baton.duties.records import documents
from baton.fhir.resource import Resource, code_of, has_code
from baton.rules import benefits as rules
from baton.rules.benefits import Option
from baton.rules.calendar import local_day
from baton.uploads import Upload

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

PROOF: Final = f"{codes.P}/CodeSystem/proof"
BILL: Final = "hospital-bill"
DOCUMENT_TYPE: Final = "34133-9"


@dataclass(frozen=True, slots=True)
class Proof:
    """A paper of the patient that programs ask for: its kind, the document, its day, and whether it is recent enough today."""

    code: str
    document: str
    title: str
    of: date
    recent: bool


def collect(change: Change, *, patient: str, proof: str, upload: Upload, of: date) -> Stored:
    """Keep a paper once, as the kind of proof it is; every application that asks for it has it. Raises Invalid."""
    if proof not in rules.proofs():
        raise refuse("Say what kind of paper it is.", "DocumentReference.category")
    if of > local_day(change.now, change.zone):
        raise refuse("The day is still to come.", "DocumentReference.date")
    change.get(*patient.split("/", 1))
    kept = documents.keep(
        change, patient=patient, upload=upload, title=upload.name, code=DOCUMENT_TYPE, of=of, category="record-uploaded"
    )  # fmt: skip
    document = change.get("DocumentReference", kept.id)
    if any(has_code(each, PROOF, proof) for each in document.get("category", ())):
        return change.stored("DocumentReference", kept.id)
    return change.put({**document, "category": [*document.get("category", ()), codes.concept(PROOF, proof)]})


def papers(view: View, patient: str) -> tuple[Proof, ...]:
    """The papers of a patient ("Patient/id") that prove something, the newest first."""
    today = local_day(view.now, view.zone)
    found = []
    for document in view.find("DocumentReference", patient=patient, category=",".join(f"{PROOF}|{each}" for each in rules.proofs())):
        when = reading.moment(document.get("date"), view.zone)
        if document.get("status") != "current" or when is None:
            continue
        for proof in (code_of(each, PROOF) for each in document.get("category", ())):
            if proof is not None:
                recent = rules.recent(proof, when.date(), today)
                found.append(Proof(proof, str(document["id"]), str(document.get("description") or ""), when.date(), recent))
    return tuple(sorted(found, key=lambda each: each.of, reverse=True))


def first_bill(view: View, patient: str, known: Iterable[Proof] | None = None) -> date | None:
    """The day of the first hospital bill that an application can still be about; None when there is none."""
    today = local_day(view.now, view.zone)
    row = rules.program("hospital-fap", today)
    bills = sorted(each.of for each in (papers(view, patient) if known is None else known) if each.code == BILL)
    return next((day for day in bills if row is not None and (last := rules.deadline(row, day)) is not None and last >= today), None)


def path(view: View, patient: Resource) -> tuple[Option, ...]:
    """The programs that fit a patient's household, in the order to apply; empty while nobody has asked what they live on."""
    lives_on = means.known(view, patient)
    if lives_on is None or not lives_on.state:
        return ()
    known = papers(view, f"Patient/{patient['id']}")
    have = {each.code for each in known if each.recent}
    household = lives_on.household(means.age_of(view, patient))
    bill = first_bill(view, f"Patient/{patient['id']}", known)
    try:
        return rules.path(household, local_day(view.now, view.zone), first_bill=bill, have=have)
    except (ValueError, LookupError):
        return ()
