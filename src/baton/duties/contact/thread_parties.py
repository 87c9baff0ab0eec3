"""Outside parties in a thread: an office or agency is let in, reads by a link what is written to it, answers, agrees, is taken out.

Who may be let in, and what may go to them, is decided by `party_access` at the door, at every look and when a mail leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, promises, reading
from baton.duties.contact import party_access, thread_links, thread_promises, threads
from baton.duties.contact.thread_links import WHAT, Link
from baton.duties.contact.thread_reading import Message
from baton.duties.contact.thread_states import NOT_TO_PARTY, WHOM, as_party, kind_of, parties, topic_of
from baton.duties.patients import identity
from baton.duties.privacy import links
from baton.duties.promises import refuse
from baton.fhir.resource import Resource, human_name, target
from baton.store import Gone, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

LONGEST: Final = 2000
NAME: Final = 120
OUT: Final = "They take no part any more."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A party that could be let in; `because` is why it may not be, "" when it may."""

    reference: str
    name: str
    email: str
    because: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A link that was just made: the code to tell, until when it works."""

    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What a party sees: whom it is about, which topic, what was written to it and by it. Nothing else of the thread or the chart."""

    patient: str
    name: str
    born: date | None
    party: str
    reference: str
    topic: str
    messages: tuple[Message, ...]
    due: datetime | None


# --- for those who work here --------------------------------------------------------------------------------------------------------------


def candidates(view: View, patient: str, thread: str) -> tuple[Candidate, ...]:
    """The parties around a patient that take no part in a thread yet."""
    found = view.get("Communication", thread.removeprefix("Communication/"))
    rows = [each for each in party_access.around(view, patient) if each.reference not in parties(found)]
    decided = [(each, party_access.decided(view, patient, each.reference)) for each in rows]
    return tuple(Candidate(each.reference, each.name, each.email, "" if one.leaves else one.because) for each, one in decided)


def links_of(view: View, thread: str) -> dict[str, Link]:
    """The link of each party in a thread, by its reference."""
    found = view.get("Communication", thread.removeprefix("Communication/"))
    return {each.party: each for each in thread_links.of_thread(found, view)}


def let_in(change: Change, thread: str, *, party: str, text: str, address: str = "", wants_answer: bool = True) -> Sent:
    """Let an outside party take part from now on, with a first message; the code for its link is told by telephone. Raises Invalid."""
    found = threads.held(change, thread)
    known = _allowed(change, str(codes.patient_of(found)), party)
    if party in parties(found):
        raise refuse("They take part already.", WHOM)
    link = thread_links.made(change, party, _address(known, address))
    joined = {**found, "recipient": [*found.get("recipient", ()), as_party(party, known.name)]}
    change.put(thread_links.with_link(joined, link, party))
    threads.say(change, thread, text=text, audience=[party], wants_answer=wants_answer)
    return _sent(change, found, link)


def send_again(change: Change, thread: str, *, party: str, address: str = "") -> Sent:
    """A new link and code for a party that takes part; the one before stops working. Raises Invalid."""
    found = threads.held(change, thread)
    known = _allowed(change, str(codes.patient_of(found)), party)
    if party not in parties(found):
        raise refuse(OUT, WHOM)
    before = thread_links.of_party(found, change, party)
    link = thread_links.made(change, party, _address(known, address or (before.to if before else "")))
    stored = change.put(thread_links.with_link(found, link, party)).resource()
    thread_links.tell(change, stored, "", party)
    return _sent(change, found, link)


def take_out(change: Change, thread: str, *, party: str) -> Stored:
    """A party takes no part any more: its link is over at once, and nothing is waited for from it. Raises Invalid."""
    found = threads.held(change, thread)
    if party not in parties(found):
        raise refuse(OUT, WHOM)
    for task in thread_promises.open_promises(change, found):
        if thread_promises.party_of(task) == party:
            promises.close(change, task=task["id"], reason=OUT)
    found = threads.held(change, thread)
    left = [each for each in found.get("recipient", ()) if target(each) != party]
    kept = {key: value for key, value in found.items() if key != "recipient"}
    return change.put(thread_links.with_link({**kept, **({"recipient": left} if left else {})}, None, party))


def _allowed(view: View, patient: str, party: str) -> party_access.Party:
    found, decision = party_access.party(view, party), party_access.decided(view, patient, party)
    if found is None or not decision.leaves:
        raise refuse(NOT_TO_PARTY.get(decision.because, NOT_TO_PARTY[""]), WHOM)
    return found


def _address(known: party_access.Party, address: str) -> str:
    to = (known.email or address).strip()
    if "@" not in to:
        raise refuse("They have no e-mail address on file: say one, or call them.", "Organization.telecom")
    return to


def _sent(view: View, thread: Resource, link: Link) -> Sent:
    return Sent(links.code(view, thread_links.token(view, thread, link)), link.until)


# --- behind the link ----------------------------------------------------------------------------------------------------------------------


def _opened(view: View, link: str, code: str) -> tuple[Resource, Link]:
    """The thread and the party's link. Raises NotFound when it is over, another's or taken out, or the party may not be told now."""
    thread, _, key = links.subject(view, link, code, what=WHAT).partition("~")
    try:
        found = view.get("Communication", thread)
    except (NotFound, Gone):
        raise links.no_such() from None
    mine = next((each for each in thread_links.of_thread(found, view) if each.key == key and each.open), None)
    if mine is None or kind_of(found) != "thread" or not party_access.decided(view, str(codes.patient_of(found)), mine.party).leaves:
        raise links.no_such()
    return found, mine


def shown(view: View, thread: Resource, party: str) -> Shown:
    """The thread as the party sees it."""
    patient = str(codes.patient_of(thread))
    person, known = view.get(*patient.split("/", 1)), party_access.party(view, party)
    try:
        read = threads.shown(view, str(thread["id"]), reader=party)
        said, due = read.messages, read.due
    except NotFound:  # what was written to it was taken back
        said, due = (), None
    name = known.name if known else reading.name_of(view, party)
    born = None if known is None or known.signs else identity.birth_date(person)  # an agency helps a person it knows by name
    return Shown(patient, human_name(person), born, name, party, topic_of(thread), said, due)


def looked(change: Change, *, link: str, code: str) -> Shown:
    """Somebody of the party opens it: what was written to it counts as read from now on. Raises NotFound."""
    thread, mine = _opened(change, link, code)
    held = threads.held(change, str(thread["id"]))
    change.put(thread_links.with_link(held, replace(mine, looked=change.now), mine.party))
    seen = shown(change, held, mine.party)
    if seen.messages:
        threads.read(change, str(thread["id"]), reader=mine.party, evidence="link")
    return shown(change, held, mine.party)


def answer(change: Change, *, link: str, code: str, by: str, text: str) -> Shown:
    """The party writes into the thread, to those who work here. `by`: who of them. Raises NotFound, and Invalid with what is missing."""
    thread, mine = _opened(change, link, code)
    if not by.strip() or len(by) > NAME:
        raise refuse("Say who you are.", "Communication.sender")
    if len(text) > LONGEST:
        raise refuse("Say it in fewer words.", "Communication.payload")
    threads.say(change, str(thread["id"]), text=text, author=mine.party, said_by=by, audience=())
    return looked(change, link=link, code=code)


def agree(change: Change, *, link: str, code: str, message: str) -> Shown:
    """The party agrees to what one message says: more than having read it. Raises NotFound."""
    thread, mine = _opened(change, link, code)
    if message not in [each.id for each in shown(change, thread, mine.party).messages]:
        raise links.no_such()
    threads.accept(change, message, reader=mine.party, evidence="link")
    return looked(change, link=link, code=code)
