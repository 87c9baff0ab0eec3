"""What follows when a paper without a patient came, was decided about, or was found in the wrong chart: the hub's own acts.

They are reactions, in the same change and whoever made it: a raw PUT obeys them, and a clerk files what a clerk may not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from baton.duties import codes, letters, reading
from baton.duties.names import names_of
from baton.duties.privacy import access_report
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.privacy.packets import DISCLOSURE
from baton.duties.reactions import Reaction, wanting
from baton.duties.records import inbound, records
from baton.duties.records import inbound_states as states
from baton.duties.records.documents import DIGEST
from baton.duties.records.inbound import WAITS, content_of, program_marks
from baton.duties.records.states import state_of
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, split, target
from baton.store import View, labels, trail
from baton.store.trail import Asked

if TYPE_CHECKING:
    from baton.store import Change

CODE: Final = "misfiled"
FILED: Final = "arrived-filed"
OPENED: Final = ("opened", "left", "changed")


def decision_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A paper is said to be somebody's by one person where that is certain, else by two."""
    was, now = states.state_of(before), states.state_of(after)
    if after is None or now != "agreed" or was == now:
        return
    said, proposed = states.parts(after), states.parts(before)
    patient = target(said.get("patient"))
    if not patient or not patient.startswith("Patient/"):
        yield error("required", "Say whose it is.", "DocumentReference.extension(arrived).patient")
    elif was == "proposed" and (
        target(proposed.get("by")) in (None, view.who.person) or target(proposed.get("patient")) != patient or view.who.role == "system"
    ):
        yield error("business-rule", "A second person agrees: not the one who proposed it.", "DocumentReference.extension(arrived)")
    elif was == "waiting" and inbound.doubtful(view, after, patient):
        yield error("business-rule", "It is not certain whose it is: one proposes, another agrees.", "DocumentReference.extension(arrived)")


@wanting(lambda after: after is not None and states.state_of(after) is not None)
def on_document(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The next step of a paper that came without its patient."""
    was, now = states.state_of(before), str(states.state_of(after))
    if after is None or was == now:
        return []
    with reading.seeing_all(view):
        return STEPS[was, now](before or {}, after, view) if (was, now) in STEPS else []


def _came(_before: Resource, after: Resource, view: View) -> list[Resource]:
    """It came: a file inside it is kept apart; it files itself when it is certain whose it is."""
    document, reference, marks = after, f"DocumentReference/{after['id']}", program_marks(view, after.get("custodian"))
    files = [_rehomed(each, reference, marks) for each in _files(view, after)] if marks else []
    attachment: dict[str, Any] = next((dict(each["attachment"]) for each in after.get("content", ()) if "attachment" in each), {})
    body = states.inline(attachment)
    if body is not None:
        kind, binary = str(attachment.get("contentType", "application/octet-stream")), str(uuid4())
        files = [_rehomed(content_of(binary, reference, kind, body), reference, marks)]
        kept = letters.attachment(f"Binary/{binary}", kind, body, str(attachment.get("creation") or episodes.instant(view.now)))
        kept |= {"title": attachment["title"]} if attachment.get("title") else {}
        numbers = [*after.get("identifier", ()), {"system": DIGEST, "value": inbound.digest(body)}]
        document = {**after, "identifier": numbers, "content": [{**after["content"][0], "attachment": kept}]}
    if not states.parts(document):
        document = states.brought(_categorised(document, WAITS), state="waiting")
    question = inbound.match(view, document)
    if question.state == "certain" and question.first is not None:
        document = _decided(view, document, question.first.reference)
    return [*files, *([document] if document is not after else [])]


def _decided(view: View, document: Resource, patient: str) -> Resource:
    """It is certain: decided by the hub, with what it answers where one thing is awaited from there."""
    paper = states.shown(document, view.zone)
    found = [f"CommunicationRequest/{each.id}" for each in inbound.awaited(view, patient, paper)]
    answers = found if len(found) == 1 else []
    me = codes.reference_to(codes.HUB, "Baton")
    return states.brought(document, state="agreed", patient=patient, by=me, at=episodes.instant(view.now), answers=answers)


def _agreed(_before: Resource, after: Resource, view: View) -> list[Resource]:
    """Decided: it gets its patient, what it answers, and the lasting label of a Part 2 program's records."""
    said = states.parts(after)
    patient, answers = str(target(said.get("patient"))), said.get("answers", [])
    marks = [each for each in after.get("meta", {}).get("security", ()) if not labels.by_rule(each)]
    marks += [each for each in program_marks(view, after.get("custodian")) if each not in marks]
    context = {**after.get("context", {}), **({"related": [{"reference": each} for each in answers]} if answers else {})}
    filed = states.brought(_categorised(after, FILED), state="filed", filed=episodes.instant(view.now))
    return [{**_labelled(filed, marks), "subject": {"reference": patient}, **({"context": context} if context else {})}]


def _filed(_before: Resource, after: Resource, view: View) -> list[Resource]:
    """In the chart: its file is the patient's now, what it corrects is superseded, what it answers has its answer."""
    patient, reference = str(codes.patient_of(after)), f"DocumentReference/{after['id']}"
    out = [_rehomed(each, patient) for each in _files(view, after)]
    for link in after.get("relatesTo", ()):
        old = reading.maybe(view, target(link.get("target"))) if link.get("code") == "replaces" else None
        if old is not None and old.get("status") == "current" and codes.patient_of(old) == patient:
            out.append({**old, "status": "superseded"})
    for each in _requests(after):
        if _state(view, each) in inbound.AWAITED:
            records.answered(cast("Change", view), request=each, document=reference)
    return out


def _wrong(before: Resource, after: Resource, view: View) -> list[Resource]:
    """In the wrong chart: out of it, the privacy desk told, and what it seemed to answer is awaited again."""
    patient, reference = str(codes.patient_of(before)), f"DocumentReference/{after['id']}"
    said = states.parts(after)
    _tell(cast("Change", view), before, after, patient)
    for each in _requests(before):
        if _state(view, each) in ("received", "partial"):
            records.reopen(cast("Change", view), request=each, reason="Its answer was somebody else’s paper")
    waits = states.brought(
        _categorised(after, WAITS),
        state="waiting", patient=None, by=None, second=None, answers=None, filed=None,
        **{"taken-out": int(said.get("taken-out") or 0) + 1},
    )  # fmt: skip
    marks = [each for each in after.get("meta", {}).get("security", ()) if not labels.by_rule(each)]
    content = [each for each in marks if labels.bits({"meta": {"security": [each]}}) == labels.number(["PART2"])]
    context = {key: value for key, value in after.get("context", {}).items() if key not in ("related", "encounter")}
    kept = {key: value for key, value in waits.items() if key not in ("subject", "context", "relatesTo")}
    rest = [each for each in marks if each not in content]
    taken = {**_labelled(kept, rest), **({"context": context} if context else {})}
    return [taken, *(_rehomed(each, reference, content) for each in _files(view, after))]


def _tell(change: Change, before: Resource, after: Resource, patient: str) -> None:
    """A task for the privacy desk: what lay in whose chart, from when, who filed it, who found it, and everybody who was shown it."""
    said = states.parts(before)
    reference, since = f"DocumentReference/{after['id']}", reading.moment(said.get("filed") or _first(before), change.zone)
    by: Resource = said.get("by") or next(iter(before.get("author", ())), {})
    filed_by = target(by) or codes.HUB
    facts = [("since", since.isoformat() if since else ""), ("found-by", change.who.name or change.who.person)]
    facts += [("viewer", each) for each in viewers(change, after, patient, str(said.get("filed") or ""))]
    facts += [("left-to", each) for each in left_to(change, reference, patient)]
    key = f"{reference}|{patient}|{said.get('taken-out') or 0}"
    name = str(by.get("display") or "Baton") if target(by) else "Baton"
    privacy_tasks.make(change, code=CODE, key=key, patient=patient, person=filed_by, name=name, focus=reference, facts=facts)


def _first(document: Resource) -> str:
    return next((str(each["attachment"].get("creation", "")) for each in document.get("content", ()) if "attachment" in each), "")


def viewers(view: View, document: Resource, patient: str, since: str) -> list[str]:
    """Who was shown a document while it lay in a chart: those who opened it, then those who were shown that it is there."""
    named = {f"DocumentReference/{document['id']}", *(f"Binary/{each['id']}" for each in _files(view, document))}
    asked = Asked(patient=patient, since=reading.moment(since, view.zone) if since else None)
    people: dict[str, tuple[bool, str]] = {}
    for record in trail.page(view, asked, limit=trail.MOST).records:
        if not record.who.startswith("Practitioner/") or record.outcome != "success":
            continue
        opened = any(each in record.what for each in named) and access_report.act(record) in OPENED
        at = record.at.astimezone(view.zone).strftime("%Y-%m-%d %H:%M")
        if record.who not in people or opened and not people[record.who][0]:
            people[record.who] = (opened, at)
    names = names_of(view, people)
    ordered = sorted(people.items(), key=lambda each: (not each[1][0], each[1][1]))
    return [f"{names.get(who, who)} · {at} · {'opened' if opened else 'chart-shown'}" for who, (opened, at) in ordered]


def left_to(view: View, reference: str, patient: str) -> list[str]:
    """To whom packets went that held a document."""
    packets = {
        f"DocumentReference/{each['id']}"
        for each in view.find("DocumentReference", patient=patient, category=f"{DISCLOSURE}|packet")
        if reference in [target(one) for one in each.get("context", {}).get("related", ())]
    }
    sent = view.find("Communication", patient=patient, category=f"{DISCLOSURE}|disclosure") if packets else []
    return [
        str(each["recipient"][0].get("display", ""))
        for each in sent
        if packets & {target(one.get("contentReference")) for one in each.get("payload", ())}
    ]


def _files(view: View, document: Mapping[str, Any]) -> list[Resource]:
    urls = [str(each.get("attachment", {}).get("url", "")) for each in document.get("content", ())]
    found = (reading.maybe(view, url) for url in urls if (split(url) or ("",))[0] == "Binary")
    return [each for each in found if each is not None]


def _rehomed(binary: Resource, to: str, marks: list[Resource] | None = None) -> Resource:
    """A file whose access goes by somebody or something else now."""
    kept = [each for each in binary.get("meta", {}).get("security", ()) if not labels.by_rule(each)]
    kept += [each for each in marks or () if each not in kept]
    return {**_labelled(binary, kept), "securityContext": {"reference": to}}


def _labelled(resource: Resource, marks: list[Resource]) -> Resource:
    """The resource with exactly these labels of those that no rule gives."""
    meta = {key: value for key, value in resource.get("meta", {}).items() if key != "security"} | ({"security": marks} if marks else {})
    return {**{key: value for key, value in resource.items() if key != "meta"}, **({"meta": meta} if meta else {})}


def _categorised(document: Resource, code: str) -> Resource:
    """The paper in the one of the two categories that says whether it waits."""
    kept = [each for each in document.get("category", ()) if code_of(each, DISCLOSURE) not in (WAITS, FILED)]
    return {**document, "category": [*kept, codes.concept(DISCLOSURE, code)]}


def _requests(document: Mapping[str, Any]) -> list[str]:
    found = (str(target(each) or "") for each in document.get("context", {}).get("related", ()))
    return [each for each in found if each.startswith("CommunicationRequest/")]


def _state(view: View, request: str) -> str | None:
    return state_of(reading.peek(view, request))


STEPS: Final[dict[tuple[str | None, str], Callable[[Resource, Resource, View], list[Resource]]]] = {
    (None, "waiting"): _came,
    ("waiting", "agreed"): _agreed,
    ("proposed", "agreed"): _agreed,
    (None, "agreed"): _agreed,
    ("agreed", "filed"): _filed,
    ("filed", "wrong"): _wrong,
    (None, "wrong"): _wrong,
}
"""What follows, by where it stood and stands."""
GUARDS = {"DocumentReference": [states.moves_guard, states.content_guard, decision_guard]}
REACTIONS: dict[str, list[Reaction]] = {"DocumentReference": [on_document]}
