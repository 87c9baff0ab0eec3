"""A month of the house as a table: every verb of every duty, with where its arguments are drawn from.

A verb that does not fit where it lands is refused, and that is part of the month: what is refused leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.duties.scheduling.clinic import MONDAY
from tests.duties.ward import DANA, HOME, LUIS, MERCY, TOM, ZONE, Ward, appointment, patient, stay, summary, visit

from baton.duties import codes, promises
from baton.duties.community import benefits
from baton.duties.community import needs as social
from baton.duties.contact import communication, safe_contact, thread_states, threads
from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import states as discharge_states
from baton.duties.patients import patients
from baton.duties.privacy import consents, requests
from baton.duties.privacy.consent_terms import Terms
from baton.duties.privacy.decisions import Recipient
from baton.duties.programs import care_plans, minutes, programs
from baton.duties.programs import states as program_states
from baton.duties.records import documents, records
from baton.duties.referrals import referrals
from baton.duties.referrals import states as referral_states
from baton.duties.scheduling import booking, needs
from baton.duties.support import assessments, concern_states, concerns, education, goals, safety, safety_states
from baton.duties.team import handovers, oncall
from baton.duties.team.handovers import Move
from baton.duties.transitions import transitions
from baton.packs.lessons import library
from baton.rules import benefits as benefit_rules
from baton.rules import discharge_plan
from baton.rules import needs as need_rules
from baton.rules import referrals as rules
from baton.store import Who

SKIP = object()
"""Drawn where there is nothing to draw from: then nothing happens."""
Resource = dict[str, Any]
AMARA = Who("Practitioner/amara", "Amara Okonkwo", "clinician", ("Organization/heart",), "desk")


@dataclass
class Scene:
    """Where a verb is played: the hub, the dice, whose turn it is to have something happen."""

    ward: Ward
    draw: Callable[[st.SearchStrategy[Any]], Any]
    person: str
    run: int = 0

    @property
    def now(self) -> datetime:
        return self.ward.time.astimezone(ZONE)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def patient(self) -> str:
        return f"Patient/{self.person}"

    def one_of(self, *values: Any) -> Any:
        """Drawn by place, from always the same range: what is there differs from run to run in name, never in number."""
        return values[self.number(0, 59) % len(values)] if values else SKIP

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def some(self, type_: str, fits: Callable[[Resource], bool] = lambda _: True, **asked: str) -> Any:
        """The id of one of the person's resources."""
        found = self.ward.find(type_, patient=self.patient, **asked)
        return self.one_of(*sorted(each["id"] for each in found if fits(each)))

    def stamp(self, hours_ago: int) -> str:
        return (self.now - timedelta(hours=hours_ago)).isoformat(timespec="seconds")


Source = Callable[[Scene], Any]


@dataclass(frozen=True)
class Verb:
    """Something a person does: with what, and who it is."""

    function: Callable[..., Any]
    arguments: Mapping[str, Source]
    who: Who = DANA

    def play(self, scene: Scene) -> bool:
        """Whether there was anything to do it with."""
        drawn: dict[str, Any] = {}
        for name, source in self.arguments.items():
            drawn[name] = source(scene)
            if drawn[name] is SKIP:
                return False
        with scene.ward.change(self.who, "a month") as change:
            self.function(change, **drawn)
        return True


@dataclass(frozen=True)
class Told:
    """Something a system tells: a resource as it comes."""

    resource: Callable[[Scene], Resource]

    def play(self, scene: Scene) -> bool:
        """Tell it."""
        scene.ward.put(self.resource(scene), who=MERCY)
        return True


# --- where arguments come from ----------------------------------------------------------------------------------------------------------

who: Source = lambda s: s.patient  # noqa: E731
why: Source = lambda s: s.one_of("because", "no ride", "moved away")  # noqa: E731
soon: Source = lambda s: s.today + timedelta(days=s.number(0, 12))  # noqa: E731
then: Source = lambda s: s.now + timedelta(days=s.number(1, 12))  # noqa: E731
team: Source = lambda s: s.one_of("Organization/heart", "Organization/plan", TOM.person)  # noqa: E731
clinic: Source = lambda s: s.one_of("Organization/plan", "Practitioner/haddad")  # noqa: E731
promise: Source = lambda s: s.some("Task", codes.is_open)  # noqa: E731
contact: Source = lambda s: s.some("Task", lambda task: codes.is_open(task) and codes.promise_code(task) == codes.CONTACT)  # noqa: E731
any_promise: Source = lambda s: s.some("Task")  # noqa: E731
referral: Source = lambda s: s.some("Task", referral_states.is_referral)  # noqa: E731
booked: Source = lambda s: s.some("Appointment")  # noqa: E731
record_request: Source = lambda s: s.some("CommunicationRequest")  # noqa: E731
thread: Source = lambda s: s.some("Communication", lambda each: thread_states.kind_of(each) == "thread")  # noqa: E731
message: Source = lambda s: s.some("Communication", lambda each: thread_states.kind_of(each) == "message")  # noqa: E731
lesson: Source = lambda s: s.some("Communication", lambda each: education.lesson_of(each) is not None)  # noqa: E731
consent: Source = lambda s: s.some("Consent", lambda each: each["status"] == "active")  # noqa: E731
concern: Source = lambda s: s.some("Task", concern_states.is_concern)  # noqa: E731
case: Source = lambda s: s.some("Task", safety_states.is_case)  # noqa: E731
answers: Source = lambda s: s.some("QuestionnaireResponse", lambda each: each["status"] == "in-progress")  # noqa: E731
goal: Source = lambda s: s.some("Goal")  # noqa: E731
plan: Source = lambda s: s.some("CarePlan", discharge_states.is_plan)  # noqa: E731
enrolment: Source = lambda s: s.some("EpisodeOfCare", program_states.is_enrolment)  # noqa: E731
need: Source = lambda s: s.some("Condition", social.is_need)  # noqa: E731
application: Source = lambda s: s.some("Task", benefits.is_application)  # noqa: E731


def const(value: Any) -> Source:
    """Always this."""
    return lambda _: value


def of(*values: Any) -> Source:
    """One of these."""
    return lambda scene: scene.one_of(*values)


def wanted(scene: Scene) -> Any:
    need = scene.some("ServiceRequest", lambda each: "performerType" in each)
    if need is SKIP:
        return SKIP
    day = MONDAY + timedelta(days=scene.run % 18)  # nobody of another run is booked then
    start = datetime.combine(day, time(scene.number(9, 15), scene.one_of(0, 30)), ZONE)
    return [booking.Wanted(f"ServiceRequest/{need}", start, start + timedelta(minutes=30), ("Practitioner/haddad",), "Location/heart")]


def file(scene: Scene) -> Any:
    return documents.checked("letter.txt", scene.one_of(b"Seen, stable.", b"Seen, stable. Corrected.", b"Echo normal."))


def moves(scene: Scene) -> Any:
    return (Move(scene.patient, scene.one_of(TOM.person, LUIS.person)),)


KINDS: tuple[rules.Kind, ...] = ("medical", "community")


def phq9(scene: Scene) -> Any:
    items = assessments.library()["phq-9"].items
    return {item.link: scene.one_of(*(option.code for option in item.options)) for item in items[: scene.number(1, 9)]}


TRIGGERS = sorted({move.trigger for kind in KINDS for move in rules.moves(kind)})
PARTY = Recipient("Plan", "provider", "Organization/plan", "555 0100")
LESSONS = tuple(library())[:3]

MONTH: tuple[Verb | Told, ...] = (
    # going in and out of hospital
    Told(lambda s: stay(s.stamp(s.number(0, 120)), id_=f"{s.person}-{s.number(1, 2)}", patient=s.person, start=s.stamp(200),
                        disposition=(HOME[0], s.one_of("home", "snf", "exp")))),
    Told(lambda s: stay(None, id_=f"{s.person}-{s.number(1, 2)}", patient=s.person, start=s.stamp(1), status="in-progress",
                        disposition=None)),
    Told(lambda s: stay(s.stamp(30), id_=f"{s.person}-1", patient=s.person, start=s.stamp(90), status="entered-in-error")),
    Told(lambda s: visit(s.stamp(s.number(0, 20)), id_=f"{s.person}-v", patient=s.person)),
    Told(lambda s: appointment(s.stamp(-s.number(1, 99)), id_=f"{s.person}-a", patient=s.person,
                               status=s.one_of("booked", "noshow", "cancelled"))),
    Told(lambda s: summary(s.stamp(0), id_=f"{s.person}-d", patient=s.person)),
    Told(lambda s: patient(s.person, deceasedBoolean=s.number(0, 9) == 0)),
    # promises
    Verb(promises.make_by_hand, {"patient": who, "what": of("Call", "Chase the letter"), "due": soon, "owner": team}),
    Verb(promises.done, {"task": promise}),
    Verb(promises.close, {"task": promise, "reason": why}),
    Verb(promises.reopen, {"task": any_promise, "reason": why}),
    Verb(promises.snooze, {"task": promise, "until": soon, "reason": why}),
    Verb(promises.wait, {"task": promise, "on": const("the clinic")}),
    Verb(promises.reassign, {"task": promise, "to": team}),
    Verb(transitions.set_complexity, {"task": promise, "complexity": of("moderate", "high")}),
    Verb(communication.attempt, {"task": contact, "outcome": of("reached", "left-message", "no-answer", "wrong-number")}, TOM),
    Verb(patients.note, {"patient": lambda s: s.person, "text": const("Prefers mornings")}),
    # referrals
    Verb(referrals.make, {"patient": who, "what": of("echo", "consult"), "to": clinic, "urgency": of("routine", "urgent")}),
    Verb(referrals.send, {"task": referral, "despite": const("the rest follows")}),
    Verb(referrals.move, {"task": referral, "trigger": of(*TRIGGERS), "reason": why, "when": then}),
    Verb(referrals.reroute, {"task": referral, "to": clinic}),
    Verb(referrals.review, {"task": referral, "disposition": of("no-change", "plan-changed")}),
    Verb(referrals.tell, {"task": referral, "how": of("call", "letter")}),
    Verb(referrals.close_without_result, {"task": referral, "reason": why}),
    # appointments
    Verb(needs.make, {"patient": who, "what": const("Cardiology visit"), "specialty": const("Cardiology"), "minutes": const(30)}),
    Verb(booking.hold, {"wanted": wanted}, TOM),
    Verb(booking.book, {"appointment": booked}),
    Verb(booking.cancel, {"appointment": booked, "reason": of("pat", "prov")}),
    Verb(booking.no_show, {"appointment": booked, "reason": of("transport", "forgot")}),
    Verb(booking.arrive, {"appointment": booked}),
    Verb(booking.fulfil, {"appointment": booked}),
    Verb(booking.undo, {"appointment": booked}),
    # records, and what may leave
    Verb(records.ask, {"patient": who, "what": const("Notes"), "source": const(PARTY), "channels": const(("fax",))}),
    Verb(records.chase, {"request": record_request}),
    Verb(records.refuse, {"request": record_request, "reason": why}),
    Verb(records.cancel, {"request": record_request, "reason": why}),
    Verb(records.receive, {"request": record_request, "title": const("Notes"), "body": of(b"One.", b"Two."), "partial": of(True, False)}),
    Verb(documents.add, {"patient": who, "upload": file,
                         "said": lambda s: documents.Described("Letter", "11488-4", s.today, "", "", ())}),
    Verb(requests.receive, {"patient": who, "code": of("access-request", "amendment-request"), "what": const("All of it")}),
    Verb(requests.extend, {"task": promise, "reason": why}),
    Verb(requests.grant, {"task": promise}),
    Verb(consents.record, {"terms": lambda s: Terms("restriction", s.patient, classes=("11488-4",), description="No cardiology")}),
    Verb(consents.revoke, {"consent": consent, "on": lambda s: s.today, "in_writing": of(True, False)}),
    Verb(safe_contact.state, {"patient": who, "asked": of(safe_contact.SafeContact(phone="555 010 9999", avoid=("home",)))}),
    # words
    Verb(threads.start, {"patient": who, "topic": of("concern", "discharge"), "text": const("How are the stairs?"),
                         "audience": lambda s: s.one_of((), (s.patient,)), "wants_answer": of(True, False)}),
    Verb(threads.say, {"thread": thread, "text": const("Better."), "author": lambda s: s.one_of(DANA.person, s.patient)}),
    Verb(threads.close, {"thread": thread, "reason": why}),
    Verb(threads.no_answer, {"thread": thread, "reason": why}),
    Verb(threads.read, {"thread": thread, "reader": who}),
    Verb(threads.accept, {"message": message}),
    Verb(threads.promise, {"message": message, "what": const("Ask the doctor"), "due": soon}),
    Verb(threads.take_back, {"message": message, "reason": why}),
    # teaching
    Verb(education.give, {"patient": who, "lesson": of(*LESSONS), "how": of("paper", "aloud")}),
    Verb(education.teach_back, {"given": lesson, "item": of(*(ask.item for name in LESSONS for ask in library()[name].said("en").ask)),
                                "result": of("understood", "repeat", "refused")}),
    # how they are
    Verb(assessments.answer, {"patient": who, "assessment": const("phq-9"), "answers": phq9, "done": of(True, False)}),
    Verb(assessments.take_back, {"response": answers, "reason": why}),
    Verb(safety.confirm, {"task": case, "place": const("at home"), "number": const("555 014 2291")}),
    Verb(safety.lose, {"task": case}),
    Verb(safety.call, {"task": case, "outcome": of("reached", "no-answer")}),
    Verb(safety.decide, {"task": case, "decision": of(*safety_states.DECISIONS), "why": why}, AMARA),
    Verb(concerns.raise_, {"patient": who, "words": const("I am scared to tell my kids"), "kind": of(None, "fear", "violence")}),
    Verb(concerns.name, {"concern": concern, "kind": of(*concern_states.KINDS)}),
    Verb(concerns.acknowledge, {"concern": concern, "said": const("That is hard.")}),
    Verb(concerns.plan, {"concern": concern, "what": const("Talk with the child-life worker")}),
    Verb(concerns.not_settled, {"concern": concern, "said": const("Not yet.")}),
    Verb(concerns.settle, {"concern": concern, "said": const("Better now."), "by": who}),
    Verb(goals.set_goal, {"patient": who, "words": const("Walk to the church"), "confidence": of(3, 8), "helps": of("A friend", "")}),
    Verb(goals.ask, {"goal": goal, "progress": of("improving", "achieved", "no-change"), "confidence": of(4, 9)}),
    # going home
    Verb(discharge_plans.expect, {"plan": plan, "until": then, "to": of("home", "snf"), "confidence": of("high", "low"), "why": why}),
    Verb(discharge_plans.ready, {"plan": plan, "at": lambda s: s.now}),
    Verb(discharge_plans.waive, {"plan": plan, "item": of(*(item.code for item in discharge_plan.items())), "reason": why}),
    Verb(discharge_plans.assign, {"plan": plan, "item": of(*(item.code for item in discharge_plan.items())), "owner": team}),
    Verb(discharge_plans.leave, {"plan": plan, "at": lambda s: s.now, "despite": why}),
    Verb(discharge_plans.close, {"plan": plan}),
    Verb(discharge_plans.cancel, {"plan": plan, "reason": why}),
    Verb(discharge_blockers.raise_, {"plan": plan, "cause": of("authorisation", "transport"), "what": const("No ride")}),
    Verb(discharge_blockers.resolve, {"task": promise}),
    # programs, plans of care, time
    Verb(programs.enrol, {"patient": who, "program": of("heart-failure", "chronic-care"), "consent": of("verbal", None), "despite": why}),
    Verb(programs.pause, {"enrolment": enrolment, "until": soon, "reason": why}),
    Verb(programs.resume, {"enrolment": enrolment}),
    Verb(programs.close, {"enrolment": enrolment, "reason": of("graduated", "moved", "declined"), "words": why}),
    Verb(programs.reopen, {"enrolment": enrolment, "note": why}),
    Verb(programs.withdraw, {"enrolment": enrolment, "on": lambda s: s.today}),
    Verb(care_plans.add_goal, {"patient": who, "words": const("Sleep through the night"), "confidence": of(None, 5)}),
    Verb(care_plans.add_intervention, {"patient": who, "text": const("Weigh every morning"), "due": soon}),
    Verb(care_plans.merge, {"patient": who, "program": of("heart-failure", "chronic-care")}),
    Verb(minutes.log, {"patient": who, "program": of("heart-failure", "chronic-care"), "start": lambda s: s.now - timedelta(minutes=90),
                       "minutes": of(5, 20, 60)}),
    # help
    Verb(social.raise_need, {"patient": who, "need": of(*list(need_rules.NEEDS)[:4])}),
    Verb(social.settle, {"need": need, "how": of("met", "declined"), "note": why}),
    Verb(benefits.begin, {"patient": who, "program": of("snap", "medicaid")}),
    Verb(benefits.move, {"task": application, "trigger": of(*sorted({move.trigger for move in benefit_rules.moves()})), "reason": why,
                         "day": lambda s: s.today, "despite": why}),
    # the team
    Verb(handovers.hand, {"giver": of(None, TOM.person), "moves": moves, "first": lambda s: s.one_of(None, s.today),
                          "last": lambda s: s.one_of(None, s.today + timedelta(days=3))}, LUIS),
    Verb(oncall.answered, {"patient": who, "what": const("Pain at night")}),
)  # fmt: skip
