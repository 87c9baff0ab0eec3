"""What leaves: first the rehearsal, which shows exactly what would; then the act, which decides anew and refuses when anything changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from baton.duties import codes, letters
from baton.duties.privacy import consent_terms, links, packets, slips
from baton.duties.privacy.consent_terms import Terms
from baton.duties.privacy.decisions import NOTICE, Recipient
from baton.duties.privacy.packets import DISCLOSURE
from baton.duties.privacy.rehearsals import CHANNELS, ON_PAPER, Line, Order, Rehearsal, lacking, rehearse, rehearsed
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, dump, split
from baton.paper import Paper, pdf
from baton.rules import permissions
from baton.rules.calendar import local_day
from baton.store import Conflict, Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

__all__ = ["CHANNELS", "ON_PAPER", "Line", "Order", "Rehearsal", "Words", "elsewhere", "letter", "recorded", "rehearse", "release", "scope"]

DISCLOSED: Final = f"{codes.P}/StructureDefinition/disclosed"
Words = Callable[[Rehearsal, Resource, Mapping[str, Resource]], tuple[Paper, Mapping[str, str]]]
"""Makes the paper of a packet from the rehearsal, the patient and the parts as they leave; and the title of each type's section."""


# --- the act ----------------------------------------------------------------------------------------------------------------------------


def release(change: Change, order: Order, *, digest: str, words: Words) -> Stored:
    """Let it leave, exactly as rehearsed: the packet as PDF and as a FHIR document is kept, the disclosure recorded, the sending announced.

    Decides anew inside the change: Conflict when anything is decided otherwise than in the rehearsal of this digest; Invalid when
    something is lacking. Returns the DocumentReference of the packet.
    """
    change.get(*order.patient.split("/", 1))  # held: a consent taken back at this moment comes before or after, never in between
    rehearsal, person, parts = rehearsed(change, order)
    if rehearsal.digest != digest:
        raise Conflict("What would leave is not what you saw: something was decided otherwise since. Look again, then send.")
    if rehearsal.lacking:
        raise Invalid([lacking(each) for each in rehearsal.lacking])
    packet = _kept(change, rehearsal, person, parts, words)
    change.put(communication(change, rehearsal, packet.reference))
    _announced(change, order, packet.resource())
    return packet


def _kept(change: Change, rehearsal: Rehearsal, person: Resource, parts: dict[str, Resource], words: Words) -> Stored:
    order = rehearsal.order
    paper, titles = words(rehearsal, person, parts)
    id_ = codes.derived_id("packet", order.patient, rehearsal.digest, episodes.instant(change.now), change.now.isoformat())
    now, me = episodes.instant(change.now), codes.reference_to(change.who.person, change.who.name)
    contents = [View.stored(change, *parts_).resource() for each in packets.binaries(parts.values()) if (parts_ := split(each))]
    filed = [
        *((each, titles.get(each["resourceType"], each["resourceType"])) for each in parts.values()),
        *((each, "Files") for each in contents),
    ]
    notices = [rehearsal.notice, *(scope(each) for each in rehearsal.scopes)] if rehearsal.notice else []
    bundle = packets.document(person, filed, id_=id_, now=now, author=me, title=paper.title, notices=[each for each in notices if each])
    labels = packets.security(parts.values())
    meta = {"meta": {"security": labels}} if labels else {}
    made = (("application/pdf", pdf(paper)), ("application/fhir+json", dump(bundle)))
    attachments = [letters.file(change, patient=order.patient, kind=kind, body=body, labels=labels) for kind, body in made]
    return change.put(
        {
            "resourceType": "DocumentReference",
            "id": id_,
            **meta,
            "status": "current",
            "docStatus": "final",
            "type": {"coding": [{"system": codes.LOINC, "code": "34133-9"}], "text": paper.title},
            "category": [codes.concept(DISCLOSURE, "packet")],
            "subject": {"reference": order.patient},
            "date": now,
            "author": [me],
            "description": f"{paper.title}: {order.recipient.name}",
            "content": [{"attachment": each} for each in attachments],
            "context": {"related": [{"reference": each} for each in parts]},
        }
    )


def scope(terms: Terms) -> str:
    """The scope of a consent in words, to go along with what it let go (42 CFR 2.32(b))."""
    to = ", ".join(each.name or each.kind or "" for each in terms.recipients)
    until = terms.until.isoformat() if terms.until else terms.event or ""
    return (
        f"Scope of the consent: {terms.description} From: {terms.discloser.name if terms.discloser else ''}. To: {to}. "
        f"Purpose: {', '.join(terms.purposes)}. Signed {terms.signed_on or ''}, in force until {until}."
    )


def communication(change: Change, rehearsal: Rehearsal, packet: str) -> Resource:
    """The record of a disclosure: what the accounting reads."""
    order, today = rehearsal.order, local_day(change.now, change.zone)
    kinds = tuple(dict.fromkeys(line.title or line.type for line in rehearsal.leaving))
    counted = next((each for each in rehearsal.permissions if permissions.counted(each, today)), rehearsal.permissions[0])
    consents_used = dict.fromkeys(each for line in rehearsal.leaving for each in line.decision.consents)
    parts = {
        "permission": counted,
        "description": shortened(kinds),
        "address": (order.recipient.address or "").strip(),
        "recipient-kind": order.recipient.kind,
        "paper": order.paper.strip(),
        "reason": order.reason.strip(),
        "channel": order.channel,
        "rehearsal": rehearsal.digest,
    }
    resource = recorded(change, order.patient, order.recipient, order.purpose, rehearsal.counts, parts)
    more = [{"url": "consent", "valueReference": {"reference": each}} for each in consents_used]
    resource["extension"][0]["extension"] += [*more, *({"url": "notice", "valueCode": NOTICE} for _ in [0] if rehearsal.notice)]
    labels = packets.security(
        {"meta": {"security": [{"system": consent_terms.ACT_CODE, "code": permissions.PART2}]}} for _ in [0] if rehearsal.notice
    )
    return resource | {"payload": [{"contentReference": {"reference": packet}}]} | ({"meta": {"security": labels}} if labels else {})


def shortened(kinds: Sequence[str], most: int = 12) -> str:
    """A brief description of what was disclosed."""
    return "; ".join(kinds[:most]) + (f"; +{len(kinds) - most}" if len(kinds) > most else "")


def recorded(change: Change, patient: str, recipient: Recipient, purpose: str, counts: bool, parts: Mapping[str, str]) -> Resource:
    """A disclosure as a Communication."""
    to: Resource = {"reference": recipient.reference, "display": recipient.name} if recipient.reference else {"display": recipient.name}
    said: list[Resource] = [{"url": name, "valueString": text} for name, text in parts.items() if text]
    return {
        "resourceType": "Communication",
        "extension": [{"url": DISCLOSED, "extension": [{"url": "counts", "valueBoolean": counts}, *said]}],
        "status": "completed",
        "category": [codes.concept(DISCLOSURE, "disclosure")],
        "subject": {"reference": patient},
        "sent": episodes.instant(change.now),
        "recipient": [to],
        "sender": codes.reference_to(change.who.person, change.who.name),
        "reasonCode": [codes.concept(consent_terms.PURPOSE, purpose)],
    }


def _announced(change: Change, order: Order, packet: Resource) -> None:
    """Tell the worker where it goes; by e-mail goes a link, never the content, nor whose it is."""
    if order.channel in ("fax", "direct"):
        letters.send(change, document=packet, channel=order.channel, to=str(order.recipient.address))
    if order.channel == "link":
        subject, text = (
            "A secure message for you",
            "Health records were made ready for you. Open them with the code you are told by telephone.",
        )
        payload = {
            "to": order.recipient.address,
            "subject": subject,
            "text": text,
            "link": f"/p/{links.token(change, packet['id'])}",
            "about": order.patient,
            "document": f"DocumentReference/{packet['id']}",
        }
        mine = {"patient": order.patient, "channel": "email"} if order.recipient.kind == "patient" else {}
        change.announce("mail", {**payload, **mine})


def letter(
    change: Change, *, document: Resource, recipient: Recipient, purpose: str, channels: Sequence[str], consent: str | None = None,
    seen: str | None = None,
) -> Stored:  # fmt: skip
    """Let a letter made here leave: decided in the act as a packet is, recorded as a disclosure, announced to each channel.

    `consent` is what the recipient answers to where no rule lets it go by itself, `seen` the digest of the rehearsal that was shown.
    Raises Invalid when a restriction holds it back, Conflict when anything is decided otherwise than it was shown.
    """
    patient = str(codes.patient_of(document))
    change.get(*patient.split("/", 1))
    found = slips.rehearse(
        change, "record-request", patient=patient, recipient=recipient, purpose=purpose, channels=channels, consent=consent
    )
    slip = slips.decided(found, seen)
    parts = {
        "permission": slip.permission, "description": str(document.get("description", "")), "address": (recipient.address or "").strip(),
        "recipient-kind": recipient.kind, "channel": ", ".join(channels), "rehearsal": slip.digest,
    }  # fmt: skip
    resource = recorded(change, patient, recipient, purpose, slip.counts, parts)
    resource["extension"][0]["extension"] += [{"url": "consent", "valueReference": {"reference": each}} for each in slip.consents]
    for channel in channels:
        letters.send(change, document=document, channel=channel, to=(recipient.address or "").strip())
    return change.put(resource | {"payload": [{"contentReference": {"reference": f"DocumentReference/{document['id']}"}}]})


def elsewhere(change: Change, *, patient: str, recipient: Recipient, purpose: str, description: str, paper: str = "") -> Stored:
    """Record what was disclosed some other way (said on the telephone, reported to a register), so that it can be accounted for.

    Raises Invalid without a description or recipient, and when no permission covers it: then it is for the privacy officer, as a breach.
    """
    today = local_day(change.now, change.zone)
    change.get(*patient.split("/", 1))
    if not description.strip():
        raise Invalid("Say briefly what was disclosed.", expression="Communication.extension(disclosed).description")
    if not recipient.name.strip():
        raise Invalid([lacking("recipient")])
    rule = permissions.permission(purpose, recipient.kind, today, paper=bool(paper.strip()))
    if rule is None:
        raise Invalid("No permission covers this: tell the privacy officer.", expression="Communication.reasonCode")
    parts = {
        "permission": rule.code, "description": description.strip(), "address": (recipient.address or "").strip(),
        "recipient-kind": recipient.kind, "paper": paper.strip(), "channel": "other",
    }  # fmt: skip
    return change.put(recorded(change, patient, recipient, purpose, permissions.counted(rule.code, today), parts))
