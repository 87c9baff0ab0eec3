"""Files that go with a message: kept once as documents of the patient, and shown outside to nobody but who reads the message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.contact import thread_reading
from baton.duties.contact.thread_states import among_both, files_of
from baton.duties.privacy import packets
from baton.duties.records import documents
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, has_code
from baton.store import Invalid, NotFound, View, labels
from baton.uploads import Upload

if TYPE_CHECKING:
    from baton.store import Change

CATEGORY: Final = "message-attachment"
MOST: Final = 5


def keep(change: Change, *, patient: str, uploads: Iterable[Upload], outside: bool) -> list[Resource]:
    """Keep checked files of a patient ("Patient/id") and give the parts of the message that name them.

    What goes to nobody outside is labelled among staff, as the message is. Raises Invalid for more than one can look at.
    """
    several = list(uploads)
    if len(several) > MOST:
        raise Invalid("Send at most five files with a message.", expression="Communication.payload")
    staff = labels.known()["STAFF"]
    marks = [] if outside else [{"system": staff.system, "code": staff.code}]
    kept = [
        documents.keep(
            change, patient=patient, upload=each, title=each.name, code=documents.TYPES[0], of=None, category=CATEGORY, marks=marks,
            author=codes.reference_to(change.who.person, change.who.name),
        )
        for each in several
    ]  # fmt: skip
    return [{"contentReference": {"reference": each.reference, "display": upload.name}} for each, upload in zip(kept, several, strict=True)]


def is_one(document: Mapping[str, Any]) -> bool:
    """Whether a document came with a message."""
    return any(has_code(each, packets.DISCLOSURE, CATEGORY) for each in document.get("category", ()))


def among(view: View, patient: str) -> frozenset[str]:
    """The ids of a patient's documents that came with messages: from outside they are seen there, and nowhere else."""
    found = view.find("DocumentReference", patient=patient, category=f"{packets.DISCLOSURE}|{CATEGORY}")
    return frozenset(str(each["id"]) for each in found if is_one(each))


def opened(view: View, *, thread: str, message: str, document: str) -> documents.File:
    """A file of a message, for whoever reads the message. Raises NotFound for everybody else."""
    found = thread_reading.shown(view, thread)
    mine = next((each for each in found.messages if each.id == message and not each.taken_back), None)
    if mine is None or document not in [id_ for id_, _name in mine.files]:
        raise NotFound("There is no such file.")
    return documents.opened(view, patient=found.patient_id, document=document)


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A message names documents of its own patient, and to nobody outside one that is among staff."""
    if before is not None or after is None or not files_of(after):
        return
    staff = labels.known()["STAFF"]
    for id_, _name in files_of(after):
        with reading.seeing_all(view):
            document = reading.maybe(view, f"DocumentReference/{id_}")
        if document is None or codes.patient_of(document) != codes.patient_of(after) or document.get("status") == "entered-in-error":
            yield error("not-found", "A message goes with documents of its own patient.", "Communication.payload")
        elif among_both(after) and any(each.get("code") == staff.code for each in document.get("meta", {}).get("security", ())):
            yield error("business-rule", "What is among staff goes to nobody outside.", "Communication.payload")


GUARDS = {"Communication": [guard]}
