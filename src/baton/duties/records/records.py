"""Records asked of others: what, from whom, on which legal basis; sent, reminded, received, partly or wholly, refused; with clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from baton.duties import codes, letters, promises, reading, trace
from baton.duties.privacy import consent_terms, consents, disclosure, requests, slips
from baton.duties.privacy.consent_terms import PURPOSE, Terms
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.slips import Slip
from baton.duties.records import documents
from baton.duties.records.documents import Kept
from baton.duties.records.states import (
    ASKED,
    CLEARS,
    CODE,
    MOVES,
    OPEN,
    STATE,
    Request,
    brought,
    purpose_of,
    said,
    shown,
    source_of,
    state_of,
)
from baton.duties.trace import Fact
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.paper import Paper
from baton.rules import permissions, privacy_clocks
from baton.rules.calendar import local_day
from baton.store import Invalid, View, labels

if TYPE_CHECKING:
    from baton.store import Change, Stored

Letter = Callable[[Request], Paper]
"""Makes the letter of a request: the words are whose who asks."""


@dataclass(frozen=True, slots=True)
class Basis:
    """On what ground the source may disclose to us, the consent it takes, and what that consent still lacks."""

    code: str
    consent: str | None = None
    lacking: tuple[Issue, ...] = ()


def basis(view: View, *, patient: str, source: Recipient, purpose: str, known: list[Terms] | None = None) -> Basis:
    """The ground for asking this source. A Part 2 program answers only to a consent of 2.31 that is whole and names it."""
    day = local_day(view.now, view.zone)
    if source.kind != "part2-program":
        if purpose in permissions.TPO or purpose == "PATRQT":
            return Basis("individual" if purpose == "PATRQT" else "treatment")
        return _by_consent(view, patient, source, "authorisation", day, known)
    return _by_consent(view, patient, source, "part2", day, known)


def _by_consent(view: View, patient: str, source: Recipient, kind: str, day: date, known: list[Terms] | None) -> Basis:
    every = consents.of_patient(view, patient) if known is None else known
    mine = [each for each in every if each.kind == kind and _names(each, source)]
    usable = next((each for each in mine if each.state(day) == "usable"), None)
    code = "part2-consent" if kind == "part2" else "authorisation"
    if usable is not None:
        return Basis(code, usable.reference)
    nearest = next((each for each in mine if each.state(day) in ("draft", "incomplete")), None)
    if nearest is not None:
        return Basis(code, nearest.reference, tuple(consents.lacking(nearest, day)) or (_unsigned(),))
    text = "A Part 2 program answers only to a consent of 42 CFR 2.31 that names it." if kind == "part2" else "It takes an authorization."
    return Basis(code, None, (error("required", text, "Consent"),))


def _unsigned() -> Issue:
    return error("required", "The consent is a draft: put it in force first.", "Consent.status")


def _names(terms: Terms, source: Recipient) -> bool:
    party = terms.discloser
    if party is None:
        return False
    return party.reference == source.reference if party.reference else party.name.strip().casefold() == source.name.strip().casefold()


# --- verbs ------------------------------------------------------------------------------------------------------------------------------


def ask(
    change: Change,
    *,
    patient: str,
    what: str,
    source: Recipient,
    purpose: str = "TREAT",
    channels: tuple[str, ...] = ("print",),
    needed_by: date | None = None,
    letter: Letter | None = None,
    about: tuple[str, ...] = (),
    items: tuple[str, ...] = (),
    seen: str | None = None,
) -> Stored:
    """Ask for records. What takes no consent, or has it, leaves at once (`letter` is what is sent); anything else waits for its consent.

    `about` are the visits ("Appointment/id") it is for, `items` what of their lists it asks for, `seen` the digest of the rehearsal shown.

    Raises Invalid, naming the element; Conflict when anything is decided otherwise than it was shown.
    """
    issues = list(_refusals(change, what, source, channels, needed_by, purpose))
    if issues:
        raise Invalid(issues)
    change.get(*patient.split("/", 1))
    ground = basis(change, patient=patient, source=source, purpose=purpose)
    state = "needs-consent" if ground.lacking else "to-send"
    request: Resource = {
        "resourceType": "CommunicationRequest",
        "extension": [{"url": ASKED, "extension": [*_parts(ground, source, channels), *_items(items)]}],
        **({"about": [{"reference": each} for each in about]} if about else {}),
        "category": [codes.concept(STATE, CODE)],
        "subject": {"reference": patient},
        "payload": [{"contentString": what.strip()}],
        "authoredOn": episodes.instant(change.now),
        "requester": codes.reference_to(change.who.person, change.who.name),
        "sender": codes.reference_to(source.reference, source.name) if source.reference else {"display": source.name.strip()},
        "reasonCode": [codes.concept(PURPOSE, purpose)],
        **({"occurrenceDateTime": needed_by.isoformat()} if needed_by else {}),
    }
    stored = change.put(brought(request, state))
    _clock(change, stored.resource(), None, "record-request-unsent", local_day(change.now, change.zone))
    return send(change, request=stored.id, letter=letter, seen=seen) if not ground.lacking else stored


def _refusals(
    change: Change, what: str, source: Recipient, channels: tuple[str, ...], needed_by: date | None, purpose: str
) -> Iterator[Issue]:
    if not what.strip():
        yield error("required", "Say which records are wanted.", "CommunicationRequest.payload")
    if not source.name.strip():
        yield error("required", "Say who has them.", "CommunicationRequest.sender")
    if source.kind not in permissions.RECIPIENTS:
        yield error("code-invalid", f"{source.kind!r} is no kind of source.", "CommunicationRequest.sender")
    if purpose not in permissions.PURPOSES:
        yield error("code-invalid", f"{purpose!r} is no purpose known here.", "CommunicationRequest.reasonCode")
    if not channels or any(each not in ("print", "fax", "direct") for each in channels):
        yield error("code-invalid", "A request goes by print, fax or direct.", "CommunicationRequest.medium")
    if set(channels) - {"print"} and not (source.address or "").strip():
        yield error("required", "Say where it goes: a number or an address.", "CommunicationRequest.sender")
    if needed_by is not None and needed_by < local_day(change.now, change.zone):
        yield error("invalid", "The day has passed already.", "CommunicationRequest.occurrenceDateTime")


def _parts(ground: Basis, source: Recipient, channels: tuple[str, ...]) -> Iterator[Resource]:
    yield {"url": "basis", "valueCode": ground.code}
    yield {"url": "kind", "valueCode": source.kind}
    if ground.consent and not ground.lacking:
        yield {"url": "consent", "valueReference": {"reference": ground.consent}}
    if (source.address or "").strip():
        yield {"url": "address", "valueString": str(source.address).strip()}
    yield from ({"url": "channel", "valueCode": each} for each in channels)


def _items(items: tuple[str, ...]) -> list[Resource]:
    return [{"url": "item", "valueCode": each} for each in items]


def rehearse(
    view: View, *, patient: str, source: Recipient, purpose: str, channels: Sequence[str], known: list[Resource] | None = None,
    person: Resource | None = None,
) -> Slip | Basis:  # fmt: skip
    """What would leave if this source were asked; the basis and what it lacks while a consent is missing: then nothing leaves.

    `known` and `person`: the patient's Consents and the Patient, for pages of many. Writes nothing.
    """
    said = None if known is None else [consent_terms.read(each) for each in known]
    ground = basis(view, patient=patient, source=source, purpose=purpose, known=said)
    if ground.lacking:
        return ground
    return slips.rehearse(
        view, "record-request", patient=patient, recipient=source, purpose=purpose, channels=channels, consent=ground.consent,
        known=known, person=person,
    )  # fmt: skip


def send(change: Change, *, request: str, letter: Letter | None = None, seen: str | None = None) -> Stored:
    """It leaves: the letter is kept and announced to every channel; the source has so many business days. Raises Invalid while blocked.

    `seen` is the digest of the rehearsal that was shown: Conflict when anything is decided otherwise now.
    """
    found, known = _held(change, request)
    ground = basis(change, patient=known.patient, source=source_of(found, known), purpose=purpose_of(found))
    if ground.lacking:
        raise Invalid(list(ground.lacking))
    after = said(found, consent=ground.consent, sent=episodes.instant(change.now))
    return _moved(change, after, "send", letter=letter, clock=CODE, seen=seen)


def chase(change: Change, *, request: str, letter: Letter | None = None, seen: str | None = None) -> Stored:
    """Remind the source; it has as many business days again. Raises Invalid when its consent is no longer in force."""
    found, known = _held(change, request)
    ground = basis(change, patient=known.patient, source=source_of(found, known), purpose=purpose_of(found))
    if ground.lacking:
        raise Invalid(list(ground.lacking))
    return _moved(change, said(found, reminders=known.reminders + 1), "chase", letter=letter, clock=CODE, seen=seen)


def refuse(change: Change, *, request: str, reason: str) -> Stored:
    """The source will not send it, and this is why."""
    if not reason.strip():
        raise Invalid("Say why they refuse.", expression="CommunicationRequest.statusReason")
    return _moved(change, _held(change, request)[0], "refuse", reason=reason.strip())


def cancel(change: Change, *, request: str, reason: str) -> Stored:
    """It is not needed any more, and this is why."""
    if not reason.strip():
        raise Invalid("Say why it is not needed any more.", expression="CommunicationRequest.statusReason")
    return _moved(change, _held(change, request)[0], "cancel", reason=reason.strip())


def receive(
    change: Change, *, request: str, title: str, body: bytes, name: str = "", declared: str = "", of: date | None = None,
    code: str = "34133-9", partial: bool = False,
) -> Kept:  # fmt: skip
    """A document came: kept once and labelled; with `partial` the rest is still awaited. Records of a Part 2 program carry its label.

    Raises Invalid for a file that `uploads.check` refuses. Returns the document: the one that was here already when the bytes are the same.
    """
    found, known = _held(change, request)
    upload = documents.checked(name, body, declared)
    if not title.strip():
        raise Invalid("Say what it is.", expression="DocumentReference.description")
    # a label without a rule's reason stays: the rules at the door would take their own away again, not knowing where it came from
    marks = [labels.coding("PART2")] if known.kind == "part2-program" else []
    kept = documents.keep(
        change, patient=known.patient, upload=upload, title=title, code=code, of=of, author=found["sender"], marks=marks,
        related=(f"CommunicationRequest/{known.id}",), category="records-received",
    )  # fmt: skip
    _moved(change, found, "receive-part" if partial else "receive", clock=CODE if partial else None, by=kept.reference)
    return kept


def answered(change: Change, *, request: str, document: str) -> Stored:
    """A paper that came by the inbound desk answers it wholly. Raises Invalid when it awaits nothing."""
    return _moved(change, _held(change, request)[0], "receive", by=document)


def reopen(change: Change, *, request: str, reason: str) -> Stored:
    """What was taken for its answer was somebody else's paper: it is awaited again, by a new clock."""
    return _moved(change, _held(change, request)[0], "reopen", reason=reason, clock=CODE)


# --- the machine ------------------------------------------------------------------------------------------------------------------------


def _held(change: Change, request: str) -> tuple[Resource, Request]:
    found = change.get("CommunicationRequest", request.removeprefix("CommunicationRequest/"))
    if state_of(found) is None:
        raise Invalid("This is no request for records.", expression="CommunicationRequest.category")
    return found, shown(found, change.zone)


def _moved(
    change: Change, request: Resource, verb: str, *, letter: Letter | None = None, reason: str | None = None, clock: str | None = None,
    by: str | None = None, seen: str | None = None,
) -> Stored:  # fmt: skip
    before = str(state_of(request))
    after = MOVES[verb].get(before)
    if after is None:
        legal = ", ".join(each for each, moves in MOVES.items() if before in moves) or "nothing"
        raise Invalid(f"It is {before}; what can be done is: {legal}.", expression="CommunicationRequest.statusReason")
    stored = change.put(brought(request, after, reason))
    patient = str(codes.patient_of(request))
    if letter is not None:
        known = shown(stored.resource(), change.zone)
        kept = letters.keep(change, patient=patient, paper=letter(known), about=stored.reference)
        disclosure.letter(
            change, document=kept.resource(), recipient=source_of(request, known), purpose=purpose_of(request), channels=known.channels,
            consent=known.consent, seen=seen,
        )  # fmt: skip
    owed = promise_of(change, stored.id, patient)
    if after in OPEN:
        _clock(change, stored.resource(), owed, clock or CODE, local_day(change.now, change.zone))
    elif owed is not None:
        held = change.get("Task", owed["id"])
        status = "completed" if after == "received" else "cancelled"
        held = {**held, "output": [*held.get("output", ()), upkeep.output(upkeep.FULFILLED_BY, by)]} if by else held
        change.put(upkeep.shut(held, reason="refused" if after == "refused" else "not-needed", text=reason, status=status, now=change.now))
    return stored


def _clock(change: Change, request: Resource, owed: Resource | None, clock: str, day: date) -> None:
    """The promise of a request, made or brought to its new due day."""
    patient, what = str(codes.patient_of(request)), str(request["payload"][0]["contentString"])
    source = str(request["sender"].get("display", ""))
    answer = privacy_clocks.due(clock, day)
    facts = (Fact("what", what), Fact("source", source), Fact("state", str(state_of(request))))
    if owed is None:
        team, name, _ = reading.team_of(change, patient)
        focus = f"CommunicationRequest/{request['id']}"
        change.put(requests.promise(change, patient, CODE, what, answer, facts, codes.reference_to(team, name), focus=focus, clears=CLEARS))
        return
    held = change.get("Task", owed["id"])
    told = requests.told_of(change, CODE, answer, facts, CLEARS)
    period = {"end": told.due.isoformat()}
    change.put(promises.stamped(change, trace.put({**held, "restriction": {**held["restriction"], "period": period}}, told)))


def promise_of(view: View, request: str, patient: str) -> Resource | None:
    """The open promise of a request."""
    with reading.seeing_all(view):
        found = view.find("Task", patient=patient, code=f"{codes.PROMISE}|{CODE}", status=codes.OPEN)
    return next((each for each in found if target(each.get("focus")) == f"CommunicationRequest/{request}"), None)


# --- for pages --------------------------------------------------------------------------------------------------------------------------


def of_patient(view: View, patient: str) -> list[Request]:
    """Every request about a patient, the newest first."""
    return _listed(view, view.find("CommunicationRequest", patient=patient, category=f"{STATE}|{CODE}"), patient)


def open_ones(view: View) -> list[Request]:
    """The requests that are still open, among the patients of this person, the earliest due first."""
    found = view.find("CommunicationRequest", category=f"{STATE}|{CODE}", status="draft,active,on-hold")
    return sorted(_listed(view, found, None), key=lambda each: str(each.due or ""))


def _listed(view: View, requests_: list[Resource], patient: str | None) -> list[Request]:
    owed = view.find("Task", patient=patient, code=f"{codes.PROMISE}|{CODE}", status=codes.OPEN) if requests_ else []
    tasks = {target(each.get("focus")): each for each in owed}
    listed = [shown(each, view.zone, tasks.get(f"CommunicationRequest/{each['id']}")) for each in requests_]
    return sorted(listed, key=lambda each: str(each.asked or ""), reverse=True)
