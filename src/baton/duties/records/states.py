"""Where a request for records stands: states and moves as a table, how it is read, and what the door refuses about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from baton.duties import codes, reading, trace
from baton.duties.privacy.consent_terms import PURPOSE
from baton.duties.privacy.decisions import Recipient
from baton.duties.reactions import Reaction, is_first, wanting
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, target
from baton.store import View

CODE: Final = "record-request"
STATE: Final = f"{codes.P}/CodeSystem/record-request"
ASKED: Final = f"{codes.P}/StructureDefinition/record-request"
CLEARS: Final = ("records-received", "records-refused", "closed-with-reason")
MOVES: Final[Mapping[str, Mapping[str, str]]] = {
    "send": {"needs-consent": "sent", "to-send": "sent"},
    "chase": {"sent": "chased", "chased": "chased", "partial": "partial"},
    "receive-part": {"sent": "partial", "chased": "partial", "partial": "partial"},
    "receive": {"sent": "received", "chased": "received", "partial": "received"},
    "refuse": {"sent": "refused", "chased": "refused", "partial": "refused"},
    "reopen": {"received": "sent", "partial": "sent"},
    "cancel": dict.fromkeys(("needs-consent", "to-send", "sent", "chased", "partial"), "cancelled"),
}
"""The life of a request: verb → state before → state after. Whatever is not here is refused."""
STATUS: Final = {
    "needs-consent": "on-hold", "to-send": "draft", "sent": "active", "chased": "active", "partial": "active", "received": "completed",
    "refused": "revoked", "cancelled": "revoked",
}  # fmt: skip
OPEN: Final = ("needs-consent", "to-send", "sent", "chased", "partial")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a page shows it."""

    id: str
    patient: str
    what: str
    source: str
    kind: str
    state: str
    basis: str
    consent: str | None
    channels: tuple[str, ...]
    address: str
    needed_by: date | None
    asked: datetime | None
    sent: datetime | None
    reminders: int
    reason: str | None
    due: datetime | None
    task: str | None
    source_reference: str | None = None
    purpose: str = "TREAT"

    @property
    def recipient(self) -> Recipient:
        """Who is asked."""
        return Recipient(self.source, self.kind, self.source_reference, self.address or None)


def shown(request: Resource, zone: ZoneInfo, task: Resource | None = None) -> Request:
    """A request as a page shows it; `task` is the promise about it, where there is one."""
    parts = extension(request, ASKED) or ()
    said: dict[str, Any] = {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in parts}
    told = trace.of(task) if task is not None else None
    return Request(
        id=str(request.get("id", "")),
        patient=str(codes.patient_of(request)),
        what=next((str(each.get("contentString", "")) for each in request.get("payload", ())), ""),
        source=str(request.get("sender", {}).get("display", "")),
        kind=str(said.get("kind", "provider")),
        state=state_of(request) or "",
        basis=str(said.get("basis", "")),
        consent=target(said.get("consent")),
        channels=tuple(str(part["valueCode"]) for part in parts if part["url"] == "channel"),
        address=str(said.get("address", "")),
        needed_by=moment.date() if (moment := reading.moment(request.get("occurrenceDateTime"), zone)) else None,
        asked=reading.moment(request.get("authoredOn"), zone),
        sent=reading.moment(said.get("sent"), zone),
        reminders=int(said.get("reminders", 0)),
        reason=(request.get("statusReason") or {}).get("text"),
        due=told.due if told else None,
        task=str(task["id"]) if task else None,
        source_reference=target(request.get("sender")),
        purpose=purpose_of(request),
    )


def state_of(request: Mapping[str, Any] | None) -> str | None:
    """Where a request for records stands; None for what is none."""
    if request is None or request.get("resourceType") != "CommunicationRequest":
        return None
    return code_of(request.get("statusReason"), STATE)


def brought(request: Resource, state: str, reason: str | None = None) -> Resource:
    """The request in another state."""
    return {**request, "status": STATUS[state], "statusReason": codes.concept(STATE, state, reason)}


def items_of(request: Mapping[str, Any]) -> list[str]:
    """What of a visit's list a request asks for, as codes."""
    return [str(part["valueCode"]) for part in extension(request, ASKED) or () if part.get("url") == "item"]


def source_of(request: Resource, known: Request) -> Recipient:
    """Who is asked."""
    return Recipient(known.source, known.kind, target(request.get("sender")), known.address or None)


def purpose_of(request: Resource) -> str:
    """What for."""
    return next((code for each in request.get("reasonCode", ()) if (code := code_of(each, PURPOSE))), "TREAT")


def said(request: Resource, **parts: Any) -> Resource:
    """The request with these parts of its extension in place of those it had."""
    kept = [each for each in extension(request, ASKED) or () if each.get("url") not in parts]
    new: list[Resource] = []
    for name, value in parts.items():
        if value is not None:
            kind = {"consent": "valueReference", "sent": "valueDateTime"}.get(name, "valueInteger")
            new.append({"url": name, kind: {"reference": value} if name == "consent" else value})
    return codes.with_extension(request, ASKED, {"url": ASKED, "extension": [*kept, *new]})


# --- what the door refuses, and what follows --------------------------------------------------------------------------------------------


def request_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A request moves as the table says, whoever moves it; an open one is not deleted."""
    was, now = state_of(before), state_of(after)
    if after is None:
        if was in OPEN:
            yield error("business-rule", "An open request for records is not deleted: cancel it with a reason.", "CommunicationRequest")
        return
    if was is None or now == was:
        return
    legal = sorted({moves[was] for moves in MOVES.values() if was in moves})
    if now not in legal:
        said = ", ".join(legal) or "nothing"
        yield error("business-rule", f"A request that is {was} becomes {said}.", "CommunicationRequest.statusReason")


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """The promise about a request is kept by what came, not by a tick."""
    if codes.promise_code(after) != CODE or after is None or after.get("status") != "completed" or not codes.is_open(before):
        return
    request = reading.maybe(view, target(after.get("focus")))
    if state_of(request) in OPEN:
        yield error("business-rule", "Say what came: the request for records is still open.", "Task.status")


@wanting(lambda after: after is not None and not is_first(after) and codes.promise_code(after) == CODE)
def on_promise_closed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The promise about a request was closed with a reason: the request is not needed any more."""
    if after is None or not codes.is_open(before) or codes.is_open(after):
        return []
    with reading.seeing_all(view):
        request = reading.maybe(view, target(after.get("focus")))
    if request is None or state_of(request) not in OPEN:
        return []
    why = after.get("statusReason") or {}
    return [brought(request, "cancelled", why.get("text") or code_of(why, codes.STATE))]


GUARDS = {"CommunicationRequest": [request_guard], "Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"Task": [on_promise_closed]}
