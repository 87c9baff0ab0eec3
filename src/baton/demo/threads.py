"""Messages of the past weeks: in every team a thread of each turn, calls about nothing promised, and what the family may be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from baton.demo.acts import Act, Deed
from baton.demo.plot import Stage
from baton.demo.sayings import TALKS
from baton.duties.contact import communication, party_access, thread_links, thread_parties, threads
from baton.duties.contact.interpreting import Interpreter
from baton.duties.patients import identity, network
from baton.duties.patients.charts import Preferences
from baton.duties.privacy.links import OUTSIDE
from baton.fhir.resource import target
from baton.store import Change

FIRST = 3
"""The first of a team's people who writes: those before have errands enough."""


def talks(stages: Sequence[Stage]) -> Iterator[Act]:
    """The threads and calls of one team's people, each with somebody else as long as there are enough."""
    if len(stages) <= FIRST:
        return
    writing = stages[FIRST:]
    for number, told in enumerate(TOLD):
        yield from told(writing[number % len(writing)])
    yield from office(stages)


def _said(stage: Stage, name: str) -> str:
    """What is said in a talk of this team, in the patient's language when it is one of the talks'; what staff note is in English."""
    talks = TALKS[_spoken(stage)]
    turn = stage.turn % len(talks)
    return talks[turn].get(name) or TALKS["en"][turn][name]


def _spoken(stage: Stage) -> str:
    return stage.person.language if stage.person.language in TALKS else "en"


def _by(stage: Stage, ago: int, clock: str, because: str, do: Deed) -> Act:
    return Act(stage.days.at(stage.days.business(-ago), clock), stage.worker.who, because, do)


def _from_them(stage: Stage, topic: str, name: str) -> Deed:
    """What they wrote by e-mail, or said on the answering machine, taken down as theirs."""
    return lambda change: threads.start(
        change, patient=stage.person.reference, topic=topic, text=_said(stage, name), author=stage.person.reference, language=_spoken(stage)
    )


def _latest(change: Change, stage: Stage, topic: str) -> threads.Thread:
    """The thread about this topic in which was written last: each story begins one for itself."""
    mine = [each for each in threads.of_patient(change, stage.person.reference) if each.topic == topic]
    return max(mine, key=lambda each: (each.last.timestamp() if each.last else 0.0, each.id))


def _say(stage: Stage, topic: str, name: str, *, theirs: bool = False) -> Deed:
    def do(change: Change) -> None:
        author = stage.person.reference if theirs else None
        found = _latest(change, stage, topic)
        threads.say(change, found.id, text=_said(stage, name), author=author, language=_spoken(stage), aloud=not theirs)

    return do


def worried(stage: Stage) -> Iterator[Act]:
    """They wait for an answer: some since yesterday, some for longer than they should."""
    ago = (1, 3, 1, 2, 4, 1)[stage.turn % 6]
    yield _by(stage, ago, "16:35", "A message came", _from_them(stage, "concern", "worry"))


def asked(stage: Stage) -> Iterator[Act]:
    """It is their turn; where they were asked a week ago somebody should call by now."""
    ago = (1, 2, 6, 1, 2, 5)[stage.turn % 6]
    do: Deed = lambda change: threads.start(  # noqa: E731
        change, patient=stage.person.reference, topic="appointment", text=_said(stage, "ask"), audience=[stage.person.reference],
        language=_spoken(stage), wants_answer=True,
    )  # fmt: skip
    yield _by(stage, ago, "11:20", "A message to the patient", do)


def family(stage: Stage) -> Iterator[Act]:
    """Going home, with whoever of the family may be told: read to them by telephone, agreed to, and answered."""
    person = stage.person

    def begin(change: Change) -> None:
        kin = [f"RelatedPerson/{each['id']}" for each in change.find("RelatedPerson", patient=person.reference)]
        told = [each for each in kin if network.may_be_told(change, each, "discharge", patient=person.reference).allowed]
        threads.start(
            change, patient=person.reference, topic="discharge", text=_said(stage, "home"), audience=[person.reference, *told],
            language=_spoken(stage), wants_answer=True, aloud=True,
        )  # fmt: skip

    def agreed(change: Change) -> None:
        first = threads.shown(change, _latest(change, stage, "discharge").id).messages[0]
        threads.receipt(change, first.id, kind="accepted", who=first.to[-1][0], evidence="telephone")

    yield _by(stage, 8, "14:05", "Going home", begin)
    yield _by(stage, 8, "14:20", "They agreed by telephone", agreed)
    yield _by(stage, 7, "09:10", "A message came", _say(stage, "discharge", "yes", theirs=True))
    yield _by(stage, 7, "09:45", "No answer is needed", lambda change: threads.no_answer(
        change, _latest(change, stage, "discharge").id, reason=_said(stage, "said")))  # fmt: skip


def among_staff(stage: Stage) -> Iterator[Act]:
    """A question to the team, of which nobody outside knows."""
    do: Deed = lambda change: threads.start(  # noqa: E731
        change, patient=stage.person.reference, topic="other", subject=_said(stage, "subject"), to=[f"Organization/{stage.person.team}"],
        text=_said(stage, "staff"), wants_answer=True,
    )  # fmt: skip
    yield _by(stage, (1, 2)[stage.turn % 2], "15:50", "A question among staff", do)


def promised(stage: Stage) -> Iterator[Act]:
    """A message became a promise, and was answered."""
    days = stage.days

    def promise(change: Change) -> None:
        message = threads.shown(change, _latest(change, stage, "appointment").id).messages[-1]
        owner = f"Practitioner/{stage.worker.id}"
        threads.promise(change, message.id, what=_said(stage, "owe"), due=days.business(2), owner=owner)

    yield _by(stage, 2, "10:15", "A message came", _from_them(stage, "appointment", "ride"))
    yield _by(stage, 1, "09:05", "A promise because of a message", promise)
    yield _by(stage, 1, "09:10", "Answered", _say(stage, "appointment", "ridden"))


def closed(stage: Stage) -> Iterator[Act]:
    """Said, arrived by post, thanked for, and closed."""

    def begin(change: Change) -> None:
        made = threads.start(
            change, patient=stage.person.reference, topic="other", text=_said(stage, "paper"), audience=[stage.person.reference],
            language=_spoken(stage),
        )  # fmt: skip
        (message,) = threads.shown(change, made.id).messages
        threads.receipt(change, message.id, kind="delivered", who=stage.person.reference, evidence="mail-receipt")

    yield _by(stage, 10, "13:30", "A message to the patient", begin)
    yield _by(stage, 6, "12:00", "A message came", _say(stage, "other", "thanks", theirs=True))
    yield _by(stage, 6, "12:10", "A thread was closed", lambda change: threads.close(
        change, _latest(change, stage, "other").id, reason=_said(stage, "over")))  # fmt: skip


def office(stages: Sequence[Stage]) -> Iterator[Act]:
    """An office takes part by its link: asked about what its letter leaves open; in every second team it has answered."""
    stage = stages[0]
    opened: dict[str, str] = {}

    def ask(change: Change) -> None:
        for each in stages:
            patient = each.person.reference
            around = [one for one in party_access.around(change, patient) if one.email and not one.signs]
            if around and party_access.decided(change, patient, around[0].reference).leaves:
                office, team = around[0].reference, f"Organization/{stage.person.team}"
                thread = threads.start(
                    change, patient=patient, topic="referral", subject=_said(stage, "letter"), to=[team], text=_said(stage, "unclear")
                ).id
                sent = thread_parties.let_in(change, thread, party=office, text=_said(stage, "office"))
                link = thread_parties.links_of(change, thread)[office]
                opened.update(code=sent.code, link=thread_links.token(change, threads.held(change, thread), link))
                return

    def answer(change: Change) -> None:
        if opened:
            thread_parties.answer(change, **opened, by=_said(stage, "desk"), text=_said(stage, "answer"))

    yield _by(stage, 2, "13:40", "An outside party takes part in a thread", ask)
    if stage.turn % 2:
        yield Act(stage.days.at(stage.days.business(-1), "10:50"), OUTSIDE, "A message was answered through a secure link", answer)


def called(stage: Stage) -> Iterator[Act]:
    """Calls about nothing that was promised: without a shared language, then with an interpreter; a wrong number; a message left."""
    person, number = stage.person, 4000 + stage.person.index % 900
    foreign = person.interpreter
    first, spoken = (
        ("language-line", Interpreter("qualified", f"language line {number}", person.language)) if foreign else ("no-answer", None)
    )
    yield _by(stage, 5, "10:40", "A call", lambda change: communication.call(change, patient=person.reference, outcome=first))
    yield _by(stage, 5, "11:15", "A call", lambda change: communication.call(
        change, patient=person.reference, outcome="reached", language=person.language, interpreter=spoken, minutes=9,
        note=_said(stage, "called")))  # fmt: skip
    yield _by(
        stage,
        2,
        "17:05",
        "A call",
        lambda change: communication.call(change, patient=person.reference, outcome="wrong-number", to="Front door"),
    )


def told(stage: Stage) -> Iterator[Act]:
    """What the family may be told: written down with a day on which it ends; for some it has ended."""
    days, person = stage.days, stage.person
    until = days.back(3) if stage.turn % 2 else days.today + timedelta(days=180)

    def permit(change: Change) -> None:
        for each in change.find("RelatedPerson", patient=person.reference)[:1]:
            kin = f"RelatedPerson/{each['id']}"
            level = identity.told(each) or "appointments"
            network.permit(change, person=kin, told=level, source=None if level == "nothing" else "patient-wrote", until=until)
            phone = identity.phone(each) or ""
            wants = Preferences(person.language, person.interpreter, None, _said(stage, "hours"), True, None)
            if target(each.get("patient")) == person.reference:
                network.describe(change, person=kin, wanted=wants, phone=phone)

    yield _by(stage, 20, "11:05", "What the family may be told", permit)


TOLD: tuple[Callable[[Stage], Iterator[Act]], ...] = (worried, asked, family, among_staff, promised, closed, called, told)
