"""What a message calls for: the promise to answer it, with its clock; what an answer keeps; and whose turn it is in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from baton.duties import codes, plans, reading, trace, working_days
from baton.duties.contact.thread_states import (
    COLLEAGUE,
    OWED_PARTY,
    PARTY_OWES,
    asks,
    by_party,
    from_outside,
    is_outside,
    is_party,
    kind_of,
    outsiders,
    parties,
    receipts,
    recipients,
    stands,
    state_of,
    thread_of,
    topic_of,
    with_state,
)
from baton.duties.reactions import Reaction, is_first, wanting
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.rules import messages
from baton.rules.calendar import end_of_day, local_day
from baton.store import View

ANSWER, REPLY = "message-answer", "message-reply"
PROMISES: Final = (ANSWER, REPLY, COLLEAGUE, OWED_PARTY, PARTY_OWES)
OURS, ASKED, THEIRS, NOBODY = "ours", "colleague", "theirs", "nobody"
RULE: Final = f"{codes.P}/Library/messages|1"
CLEARS: Final = {
    ANSWER: ("message-answered", "closed-with-reason"),
    REPLY: ("reply-came", "closed-with-reason"),
    COLLEAGUE: ("colleague-answered", "closed-with-reason"),
    OWED_PARTY: ("message-answered", "closed-with-reason"),
    PARTY_OWES: ("reply-came", "closed-with-reason"),
}


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An answer that is owed is given, or said not to be needed; a tick is no answer."""
    if after is None or codes.promise_code(after) not in PROMISES or after.get("status") != "completed" or not codes.is_open(before):
        return
    if upkeep.fulfilled_by(after) is None:
        yield error("business-rule", "Answer the message, or close the promise and say why no answer is needed.", "Task.status")


# --- what follows from what was said ---------------------------------------------------------------------------------------------------


def open_promises(view: View, thread: Resource) -> list[Resource]:
    """What is owed about a thread, in a change locked."""
    found = view.find(
        "Task", patient=codes.patient_of(thread), code=",".join(f"{codes.PROMISE}|{code}" for code in PROMISES), status=codes.OPEN
    )
    mine = [each for each in found if target(each.get("focus")) == f"Communication/{thread['id']}"]
    return [task for each in mine if codes.is_open(task := view.get("Task", each["id"]))]


def owed(view: View, heads: Sequence[Resource]) -> dict[str, list[Resource]]:
    """What is owed about each of these threads, by reference."""
    patients = {codes.patient_of(each) for each in heads}
    if not patients:
        return {}
    only = {"patient": next(iter(patients))} if len(patients) == 1 else {}
    return among(view.find("Task", code=",".join(f"{codes.PROMISE}|{code}" for code in PROMISES), status=codes.OPEN, **only))


def among(tasks: Iterable[Resource]) -> dict[str, list[Resource]]:
    """What is owed about threads, among these promises, by the thread's reference."""
    by_thread: dict[str, list[Resource]] = {}
    for each in tasks:
        if codes.is_open(each) and codes.promise_code(each) in PROMISES:
            by_thread.setdefault(str(target(each.get("focus"))), []).append(each)
    return by_thread


@wanting(lambda after: after is not None and is_first(after) and kind_of(after) == "message")
def on_message(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Something was said: what it answers is kept, what it asks for is promised, and the thread says whose turn it is."""
    if before is not None or after is None:
        return []
    with reading.seeing_all(view):
        thread = reading.maybe(view, thread_of(after))
        if thread is None:
            return []
        held = {str(each["id"]): each for each in open_promises(view, thread)}
        kept = [each for each in held.values() if answers(each, after)]
        tasks = {str(each["id"]): _fulfilled(each, f"Communication/{after['id']}", view) for each in kept}
        for code, party in wanted(after):
            if not any(_waits(each, code, party) for each in held.values() if each not in kept):
                fresh = promise(view, thread, after, code, party)
                tasks[str(fresh["id"])] = fresh
        left = [task for id_, task in {**held, **tasks}.items() if codes.is_open(task)]
        said = {"last": after["sent"], "by": after["sender"], "count": int(state_of(thread).get("count", 0)) + 1}
        return [*tasks.values(), with_state({**thread, "status": "in-progress"}, **said, **turn(left))]


def _waits(task: Resource, code: str, party: str | None) -> bool:
    """Whether an answer that we owe is owed already: a later message does not start it again."""
    same = code == ANSWER or (code == OWED_PARTY and party_of(task) == party)
    return same and codes.promise_code(task) == code and codes.is_open(task)


def party_of(task: Resource) -> str | None:
    """The outside party that a promise about a message is with."""
    return target(task.get("reasonReference"))


def wanted(message: Resource) -> list[tuple[str, str | None]]:
    """The promises a message calls for, each with its outside party: those outside are always answered, the others when they ask."""
    if is_outside(target(message.get("sender"))):
        return [(ANSWER, None)]
    if party := by_party(message):
        return [(OWED_PARTY, party)]
    if not asks(message):
        return []
    outside: list[tuple[str, str | None]] = [(REPLY, None)] if outsiders(message) else []
    outside += [(PARTY_OWES, each) for each in parties(message)]
    return outside or ([(COLLEAGUE, None)] if recipients(message) else [])


def answers(task: Resource, message: Resource) -> bool:
    """Whether a message keeps an open promise of its thread."""
    code, sender = codes.promise_code(task), target(message.get("sender"))
    if code == ANSWER:
        return not from_outside(message) and bool(outsiders(message))
    if code == REPLY:
        return is_outside(sender)
    if code == OWED_PARTY:
        return not from_outside(message) and party_of(task) in parties(message)
    if code == PARTY_OWES:
        return by_party(message) == party_of(task)
    return not from_outside(message) and sender != target(task.get("requester"))


def turn(left: Iterable[Resource]) -> dict[str, Any]:
    """Whose turn it is by what is owed, and since when."""
    order = ((ANSWER, OURS), (OWED_PARTY, OURS), (COLLEAGUE, ASKED), (REPLY, THEIRS), (PARTY_OWES, THEIRS))
    by_code = {codes.promise_code(each): each for each in left}
    for code, whose in order:
        if code in by_code:
            return {"turn": whose, "since": by_code[code]["authoredOn"]}
    return {"turn": NOBODY, "since": None}


def _fulfilled(task: Resource, by: str, view: View) -> Resource:
    kept = upkeep.Kept("completed", "kept", view.now, by)
    return {**upkeep.closed(task, kept, view.now), "lastModified": episodes.instant(view.now)}


def promise(view: View, thread: Resource, message: Resource, code: str, party: str | None = None) -> Resource:
    """The promise a message calls for, with its clock, explained; `party` is the outside party it is with."""
    patient, sender = str(codes.patient_of(thread)), message["sender"]
    team, team_name, _ = reading.team_of(view, patient)
    staff = (each for each in message.get("recipient", ()) if not is_outside(target(each)) and not is_party(each) and target(each))
    addressed, theirs = next(staff, None), code in (REPLY, PARTY_OWES)
    owner = message["sender"] if theirs else addressed if code == COLLEAGUE and addressed else codes.reference_to(team, team_name)
    clock = {REPLY: "reply", PARTY_OWES: "reply", COLLEAGUE: "colleague"}.get(code, f"answer-{topic_of(thread)}")
    answer = messages.due(clock, local_day(view.now, view.zone), working_days.calendar(view, team))
    by = str(sender.get("display") or target(sender))
    told = Trace(
        rule=RULE,
        title="Messages",
        step=code,
        source=answer.source,
        facts=(
            Fact("written-by", by, target(sender)),
            Fact("topic", topic_of(thread)),
            Fact("clock", f"{answer.rule}, version {answer.version}"),
        ),
        arithmetic=answer.steps,
        due=end_of_day(answer.value, view.zone),
        clears=CLEARS[code],
        made_by=plans.made_by(view, getattr(view, "because", "")),
    )
    now = episodes.instant(view.now)
    asked = [each for each in message.get("recipient", ()) if (target(each) == party if party else is_outside(target(each)))]
    whom = ", ".join(str(each.get("display") or target(each)) for each in asked)
    waits = {"statusReason": codes.concept(codes.STATE, "waiting", whom)} if theirs else {}
    waits |= {"reasonReference": {"reference": party}} if party else {}
    task: Resource = {
        "resourceType": "Task",
        "id": codes.derived_id(code, str(message["id"]), *([party] if party else ())),
        "status": "on-hold" if theirs else "requested",
        **waits,
        "intent": "order",
        "code": codes.concept(codes.PROMISE, code),
        "description": str(thread.get("topic", {}).get("text") or topic_of(thread)),
        "basedOn": [{"reference": f"Communication/{message['id']}"}],
        "for": {"reference": patient},
        "focus": {"reference": f"Communication/{thread['id']}"},
        "authoredOn": now,
        "lastModified": now,
        "requester": sender,
        "owner": owner,
        "restriction": {"period": {"end": told.due.isoformat()}},
    }
    return trace.put(task, told)


@wanting(lambda after: after is not None and not is_first(after) and kind_of(after) == "message")
def on_taken_back(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A message was taken back: what it called for is not owed any more."""
    if before is None or after is None or not stands(before) or stands(after):
        return []
    with reading.seeing_all(view):
        thread = reading.maybe(view, thread_of(after))
        if thread is None:
            return []
        mine = f"Communication/{after['id']}"
        left = [each for each in open_promises(view, thread) if mine in [target(link) for link in each.get("basedOn", ())]]
        return [upkeep.shut(each, reason="not-needed", now=view.now) for each in left]


@wanting(lambda after: after is not None and not is_first(after) and kind_of(after) == "message")
def on_accepted(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Whoever was asked agreed: that is an answer, and nothing is waited for any more."""
    if before is None or after is None or accepted(before) == accepted(after):
        return []
    with reading.seeing_all(view):
        thread = reading.maybe(view, thread_of(after))
        mine = f"Communication/{after['id']}"
        new = accepted(after) - accepted(before)
        asked = [each for each in open_promises(view, thread) if _agreed(each, new)] if thread else []
        kept = [each for each in asked if mine in [target(link) for link in each.get("basedOn", ())]]
        return [_fulfilled(each, mine, view) for each in kept]


def _agreed(task: Resource, people: set[str]) -> bool:
    """Whether one of these, who agreed, is whom a promise waits for."""
    code = codes.promise_code(task)
    return (code == REPLY and any(map(is_outside, people))) or (code == PARTY_OWES and party_of(task) in people)


def accepted(message: Resource) -> set[str]:
    """Who has agreed to a message."""
    return {each["who"] for each in receipts(message) if each["kind"] == "accepted"}


@wanting(lambda after: after is not None and not is_first(after) and codes.promise_code(after) in PROMISES)
def on_promise_closed(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """What was owed about a thread was closed, or is owed again: the thread says whose turn it is now."""
    if before is None or after is None or codes.is_open(before) == codes.is_open(after):
        return []
    with reading.seeing_all(view):
        thread = reading.maybe(view, target(after.get("focus")))
        if thread is None or kind_of(thread) != "thread":
            return []
        now = with_state(thread, **turn(open_promises(view, thread)))
        return [now] if now != thread else []


GUARDS = {"Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"Communication": [on_message, on_taken_back, on_accepted], "Task": [on_promise_closed]}
