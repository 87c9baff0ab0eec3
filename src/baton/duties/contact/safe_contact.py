"""Where and how a patient may be reached, and where never (164.522(b)): asked in every channel, before anybody calls or writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from baton.duties import reading
from baton.duties.patients import identity
from baton.duties.privacy import consent_terms
from baton.duties.privacy.consent_terms import E, Terms
from baton.duties.today.rows import Contact
from baton.duties.transitions.episodes import instant
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Store, Stored, Who

KIND: Final = "confidential-communication"
SAFE: Final = f"{E}/safe-contact"
AGAINST: Final = f"{E}/contact-against-preference"
CHANNELS: Final = ("phone", "voicemail", "sms", "email", "mail", "portal", "visit")
AVOID: Final = ("phone", "voicemail", "sms", "email", "mail", "portal", "visit", "home")
"""What may be ruled out; "phone": every number but the one they gave instead; "home": whatever goes to the home, by telephone, post or in
person."""
OTHERS: Final = {"phone": "phone", "voicemail": "phone", "sms": "phone", "email": "email", "mail": "address", "visit": "address"}
"""Which of the other ways a channel goes by."""


@dataclass(frozen=True, slots=True)
class SafeContact:
    """What the patient asked for. `only`: by the other ways alone; `safety`: their safety depends on it.

    `stopped`: when they stopped texts by a text (aware), and from which number; until START comes from it, or a person changes it.
    """

    phone: str | None = None
    address: str | None = None
    email: str | None = None
    avoid: tuple[str, ...] = ()
    only: bool = False
    safety: bool = False
    note: str | None = None
    id: str = ""
    stopped: datetime | None = None
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether this way may be used; why, as a code; and which address to use instead."""

    allowed: bool
    because: str
    instead: str | None = None


def may_contact(view: View, patient: str, channel: str, address: str | None = None) -> Answer:
    """Whether the patient ("Patient/id") may be reached this way, at this number or address. Everyone who sends or calls asks first.

    Raises Invalid for a channel that is none.
    """
    if channel not in CHANNELS:
        raise Invalid(f"{channel!r} is none of {', '.join(CHANNELS)}.", expression="Communication.medium", code="code-invalid")
    with reading.seeing_all(view):
        person = reading.peek(view, patient)
    return answer(wanted_of(view, patient), person or {}, channel, address)


def wanted_of(view: View, patient: str) -> SafeContact | None:
    """What the patient asked for, whoever wants to know; None when they asked for nothing."""
    with reading.seeing_all(view):
        return wanted(view.find("Consent", patient=patient, status="active"))


def answer(asked: SafeContact | None, person: Resource, channel: str, address: str | None) -> Answer:
    """The same, from what is known. Pure: same input, same answer."""
    asked = asked or SafeContact()
    instead = getattr(asked, OTHERS[channel]) if channel in OTHERS else None
    same = instead is not None and _same(address, instead)
    if "phone" in asked.avoid and channel in ("phone", "voicemail") and not same:
        return Answer(False, "no-phone", instead)
    if channel == "voicemail":
        leave = identity.preferences(person).voicemail_ok if person else None
        if "voicemail" in asked.avoid or not leave:
            return Answer(False, "voicemail-not-asked" if leave is None and "voicemail" not in asked.avoid else "no-voicemail")
    elif channel != "phone" and channel in asked.avoid:
        return Answer(False, f"no-{channel}", instead)
    if asked.only and channel in OTHERS and not same:
        return Answer(False, "only-the-other-way", instead)
    if "home" in asked.avoid and not same and _at_home(person, channel, address):
        return Answer(False, "not-at-home", instead)
    return Answer(True, "as-asked" if same else "allowed")


def _at_home(person: Resource, channel: str, address: str | None) -> bool:
    if channel in ("mail", "visit"):
        return address is None or not person or any(_same(address, line) for line in _homes(person))
    homes = [point.get("value") for point in person.get("telecom", ()) if point.get("use") == "home"]
    return channel in ("phone", "voicemail", "sms") and any(_same(address, str(each)) for each in homes)


def _homes(person: Resource) -> list[str]:
    places = [place for place in person.get("address", ()) if place.get("use") in (None, "home")]
    return [*([found] if (found := identity.address(person)) else []), *(str(place["text"]) for place in places if place.get("text"))]


def _same(one: str | None, other: str | None) -> bool:
    """Whether two numbers or addresses are the same, however they are written."""
    plain = ["".join(filter(str.isalnum, (each or "").casefold())) for each in (one, other)]
    if all(each.isdigit() and len(each) >= 10 for each in plain):
        return plain[0][-10:] == plain[1][-10:]
    return bool(plain[0]) and plain[0] == plain[1]


# --- keeping it -------------------------------------------------------------------------------------------------------------------------


def wanted(consents: Iterable[Resource]) -> SafeContact | None:
    """What the patient asked for, the latest first; None when they asked for nothing."""
    found = [
        each
        for each in consents
        if each.get("status") == "active" and any(code_of(c, consent_terms.KIND) == KIND for c in each["category"])
    ]
    return _read(max(found, key=lambda each: (str(each.get("dateTime")), str(each.get("id"))))) if found else None


def without_ruled_out(asked: SafeContact | None, person: Resource) -> Resource:
    """A Patient whose numbers and addresses are those alone that they may be reached at: what a page may show of them."""
    ways = {"phone": "phone", "sms": "phone", "email": "email"}
    kept = [
        each
        for each in person.get("telecom", ())
        if each.get("system") not in ways or answer(asked, person, ways[each["system"]], each.get("value")).allowed
    ]
    return {**person, "telecom": kept}


def rules_out(consent: Resource, what: str) -> bool:
    """Whether a Consent says how the patient may be reached, is in force, and rules this out (one of AVOID)."""
    return wanted([consent] if consent.get("category") else []) is not None and what in _read(consent).avoid


def _read(consent: Resource) -> SafeContact:
    parts = extension(consent, SAFE) or ()
    said: dict[str, Any] = {
        part["url"]: next(part[key] for key in part if key.startswith("value")) for part in parts if part["url"] != "avoid"
    }
    avoid = tuple(str(part["valueCode"]) for part in parts if part["url"] == "avoid")
    return SafeContact(
        said.get("phone"), said.get("address"), said.get("email"), avoid, bool(said.get("only")), bool(said.get("safety")),
        said.get("note"), str(consent.get("id", "")), _instant(said.get("stopped")), said.get("stopped-by"),
    )  # fmt: skip


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def local(asked: SafeContact | None, zone: ZoneInfo) -> SafeContact | None:
    """The same with its times in a zone, for a page."""
    return replace(asked, stopped=asked.stopped.astimezone(zone)) if asked and asked.stopped else asked


def state(change: Change, *, patient: str, asked: SafeContact) -> Stored:
    """Keep what the patient asked for, in place of what they asked before. Nobody asks why. Raises Invalid."""
    issues = [
        error("code-invalid", f"{each!r} is nothing that can be avoided.", f"{SAFE}.avoid") for each in asked.avoid if each not in AVOID
    ]
    if asked.only and not (asked.phone or asked.address or asked.email):
        issues.append(error("required", "Say which other way there is: a number, an address or an e-mail address.", f"{SAFE}.only"))
    if issues:
        raise Invalid(issues)
    change.get(*patient.split("/", 1))
    before = withdraw(change, patient=patient)
    if before and before.stopped and asked.stopped is None and "sms" in asked.avoid and "sms" in before.avoid:
        asked = replace(asked, stopped=before.stopped, stopped_by=before.stopped_by)  # whoever changes the rest did not say this
    terms = Terms(KIND, patient, description="How the patient may be reached", signed_by=patient)
    consent = consent_terms.write(terms, now=instant(change.now), author={})
    consent["extension"] = [*consent.get("extension", ()), {"url": SAFE, "extension": list(_parts(asked))}]
    return change.put(consent)


def _parts(asked: SafeContact) -> Iterable[Resource]:
    for name in ("phone", "address", "email", "note"):
        if text := (getattr(asked, name) or "").strip():
            yield {"url": name, "valueString": text}
    yield from ({"url": "avoid", "valueCode": each} for each in dict.fromkeys(asked.avoid))
    if asked.stopped and "sms" in asked.avoid:
        yield {"url": "stopped", "valueInstant": instant(asked.stopped)}
    if asked.stopped and asked.stopped_by and "sms" in asked.avoid:
        yield {"url": "stopped-by", "valueString": asked.stopped_by}
    yield {"url": "only", "valueBoolean": asked.only}
    yield {"url": "safety", "valueBoolean": asked.safety}


def withdraw(change: Change, *, patient: str) -> SafeContact | None:
    """The patient may be reached as before: what they asked for ends. Returns what that was; None when they asked for nothing."""
    found = change.find("Consent", patient=patient, status="active")
    before = wanted(found)
    for each in found:
        if any(code_of(c, consent_terms.KIND) == KIND for c in each.get("category", ())):
            change.put({**change.get("Consent", each["id"]), "status": "inactive"})
    return before


# --- for those who call, write and send -------------------------------------------------------------------------------------------------


def reachable(contacts: Iterable[Contact], asked: SafeContact | None, person: Resource) -> tuple[Contact, ...]:
    """The numbers that may be called: the patient's own as they allow, the one they gave instead first; others' as they are."""
    if asked is None:
        return tuple(contacts)
    known = list(contacts)
    own = [each for each in known if each.relation is None and answer(asked, person, "phone", each.phone).allowed]
    leave = answer(asked, person, "voicemail", asked.phone).allowed
    if asked.phone:
        example = next((each for each in known if each.relation is None), None)
        name, best = (example.name, example.best_time) if example else ("", None)
        safe = Contact(name, None, asked.phone, "temp", None, True, leave, best)
        own = [safe, *(replace(each, preferred=False) for each in own if not _same(each.phone, asked.phone))]
    own = [replace(each, voicemail_ok=False) if "voicemail" in asked.avoid else each for each in own]
    return (*own, *(each for each in known if each.relation is not None))


def number(asked: SafeContact | None, person: Resource) -> str | None:
    """The patient's own number to call first: the one they gave instead, else the first that they did not rule out; None: call nowhere."""
    if asked and asked.phone:
        return asked.phone
    known = (str(each["value"]) for each in identity.points(person, "phone", "sms"))
    return next((each for each in known if answer(asked, person, "phone", each).allowed), None)


def number_for_others(view: View, patient: str, person: Resource) -> str:
    """The number that an outside party is given: none where the patient's safety is at stake and they gave no other; "" for none."""
    asked = wanted_of(view, patient)
    return "" if asked and asked.safety and not asked.phone else number(asked, person) or ""


def announce(change: Change, *, patient: str, channel: str, address: str, topic: str, payload: Mapping[str, Any]) -> None:
    """Have something sent to the patient; asked now, and again when it is sent. Raises Invalid when they may not be reached this way."""
    found = may_contact(change, patient, channel, address)
    if not found.allowed:
        raise Invalid([refusal(found)])
    change.announce(topic, {**payload, "patient": patient, "channel": channel, "to": address})


def refusal(found: Answer) -> Issue:
    """Why the patient is not reached this way, as an issue."""
    return error("business-rule", "The patient asked not to be reached this way.", f"Consent.extension(safe-contact).{found.because}")


def objection(store: Store, who: Who, payload: Mapping[str, Any]) -> str | None:
    """What the outbox asks before it sends: why not, or None. What concerns no patient is not asked about."""
    patient, channel = payload.get("patient"), payload.get("channel")
    if not patient or not channel:
        return None
    with store.view(who) as view:
        found = may_contact(view, str(patient), str(channel), payload.get("to"))
    return None if found.allowed else f"the patient is not reached this way ({found.because})"
