"""Whatever happens in a thread: nobody outside reads what is not theirs, whose turn it is follows, what is known is never unknown again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.duties.ward import HUB, LUIS, TOM, Ward, of_team, patient
from tests.store.test_access import let_in

from baton.duties.contact import threads
from baton.duties.patients import network
from baton.rules import messages as rules
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

NUMBERS = count()
PEOPLE = ("patient", "ana", "ben")
AUDIENCES = st.sets(st.sampled_from(PEOPLE))
DO = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(["tom", "luis", *PEOPLE]), AUDIENCES, st.booleans()),
    st.tuples(st.just("invite"), st.sampled_from(PEOPLE)),
    st.tuples(
        st.just("permit"),
        st.sampled_from(["ana", "ben"]),
        st.sampled_from(["everything", "appointments", "nothing", None]),
        st.integers(0, 3),
    ),
    st.tuples(st.just("open"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("know"), st.sampled_from(rules.RECEIPTS), st.sampled_from(PEOPLE), st.sampled_from(rules.EVIDENCE)),
    st.tuples(st.just("close")),
    st.tuples(st.just("sleep")),
)


@dataclass
class Said:
    """A message as the model knows it."""

    by: str
    to: frozenset[str]
    asks: bool


@dataclass
class Model:
    """What must be so, worked out without the hub."""

    here: set[str]
    told: dict[str, tuple[str | None, date | None]]
    said: dict[str, Said] = field(default_factory=dict)
    known: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    ours: bool = False
    theirs: set[str] = field(default_factory=set)

    def may(self, who: str, topic: str, day: date) -> bool:
        if who == "patient":
            return True
        told, until = self.told[who]
        return (told == "everything" or (told == "appointments" and topic == "appointment")) and (until is None or day <= until)

    def knows(self, message: str, kind: str, who: str) -> bool:
        return any((a, b) == (kind, who) for a, b, _ in self.known.get(message, ()))

    def learn(self, message: str, kind: str, who: str, evidence: str) -> None:
        if not self.knows(message, kind, who):
            self.known.setdefault(message, []).append((kind, who, evidence))

    def reads(self, who: str, topic: str, day: date) -> set[str]:
        if not self.may(who, topic, day):
            return set()
        return {id_ for id_, each in self.said.items() if each.by == who or who in each.to}


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = Ward(module_database, "2026-07-06T09:00:00")
    yield ward
    ward.store.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(topic=st.sampled_from(["concern", "appointment"]), first=AUDIENCES, acts=st.lists(DO, max_size=9))
def test_whatever_happens(ward: Ward, topic: str, first: set[str], acts: list[tuple[Any, ...]]) -> None:
    number = next(NUMBERS)
    id_ = f"p{number}"
    refs = {"patient": f"Patient/{id_}", "ana": f"RelatedPerson/ana{number}", "ben": f"RelatedPerson/ben{number}"}
    names = {reference: name for name, reference in refs.items()}
    ward.put(patient(id_), of_team(id_), *(kin(refs, each) for each in ("ana", "ben")))
    ward.put(*(let_in(id_, each) for each in refs.values()))
    with ward.change(HUB) as change:
        for name in ("ana", "ben"):
            network.permit(change, person=refs[name], told="everything", source="patient-wrote")
    who = {"tom": TOM, "luis": LUIS}
    who |= {
        name: Who(
            reference,
            name,
            "patient" if name == "patient" else "related",
            (),
            "portal",
            "PATRQT" if name == "patient" else "FAMRQT",
            refs["patient"],
        )
        for name, reference in refs.items()
    }
    with ward.change(TOM, "begin") as change:
        thread = threads.start(
            change, patient=refs["patient"], topic=topic, text="0", audience=[refs[each] for each in sorted(first)], wants_answer=True
        ).id
    model = Model(set(first), {"ana": ("everything", None), "ben": ("everything", None)})
    model.said[only(ward, thread)] = Said("tom", frozenset(first), True)
    model.theirs = set(model.said) if first else set()
    stage = Stage(ward, model, thread, topic, refs, who)
    for act in acts:
        getattr(stage, act[0])(*act[1:])
        judge(ward, model, thread, topic, refs, names, who)


def kin(refs: dict[str, str], name: str) -> dict[str, Any]:
    return {"resourceType": "RelatedPerson", "id": refs[name].partition("/")[2], "patient": {"reference": refs["patient"]}}


def only(ward: Ward, thread: str) -> str:
    with ward.store.view(HUB) as view:
        (message,) = threads.shown(view, thread).messages
    return message.id


@dataclass
class Stage:
    """Where the acts are played: each is done to the hub and to the model, and both must agree whether it may be."""

    ward: Ward
    model: Model
    thread: str
    topic: str
    refs: dict[str, str]
    who: dict[str, Who]

    @property
    def today(self) -> date:
        return self.ward.time.astimezone(self.ward.store.zone).date()

    def may(self, *names: str) -> bool:
        return all(self.model.may(each, self.topic, self.today) for each in names)

    def say(self, by: str, to: set[str], asks: bool) -> None:
        outside = [by] if by in PEOPLE else []
        fine = {*to, *outside} <= self.model.here and self.may(*to, *outside)
        try:
            with self.ward.change(self.who[by], "say") as change:
                audience = [self.refs[each] for each in sorted(to)]
                message = threads.say(change, self.thread, text="x", audience=audience, wants_answer=asks).id
        except (Invalid, NotFound):
            assert not fine
            return
        assert fine
        self.model.said[message] = Said(by, frozenset(to) - {by}, asks)
        if outside:
            self.model.ours, self.model.theirs = True, set()
            for id_, each in self.model.said.items():
                if by in each.to:
                    self.model.learn(id_, "read", by, "answered")
        elif to:
            self.model.ours = False
            self.model.theirs |= {message} if asks else set()

    def invite(self, name: str) -> None:
        fine = name not in self.model.here and self.may(name)
        try:
            with self.ward.change(TOM, "invite") as change:
                threads.invite(change, self.thread, person=self.refs[name])
        except Invalid:
            assert not fine
            return
        assert fine
        self.model.here.add(name)

    def permit(self, name: str, told: str | None, days: int) -> None:
        until = self.today + timedelta(days=days) if told else None
        with self.ward.change(HUB, "permit") as change:
            network.permit(change, person=self.refs[name], told=told, source="patient-wrote" if told else None, until=until)
        self.model.told[name] = (told, until)

    def open(self, name: str) -> None:
        mine = self.model.reads(name, self.topic, self.today)
        try:
            with self.ward.change(self.who[name], "open") as change:
                threads.read(change, self.thread)
        except NotFound:
            assert not mine
            return
        for id_ in mine:
            if name in self.model.said[id_].to:
                self.model.learn(id_, "read", name, "portal")

    def know(self, kind: str, name: str, evidence: str) -> None:
        message = next(iter(self.model.said))
        fine = rules.proves(evidence, kind, self.today) and name in self.model.said[message].to
        already = self.model.knows(message, kind, name)
        try:
            with self.ward.change(TOM, "know") as change:
                threads.receipt(change, message, kind=kind, who=self.refs[name], evidence=evidence)
        except Invalid:
            assert not fine
            return
        assert already or fine
        if kind == "accepted" and fine:
            self.model.learn(message, "read", name, evidence)
            self.model.theirs.discard(message)
        self.model.learn(message, kind, name, evidence)

    def close(self) -> None:
        with self.ward.change(TOM, "close") as change:
            threads.close(change, self.thread, reason="All said.")
        self.model.ours, self.model.theirs = False, set()

    def sleep(self) -> None:
        self.ward.time += timedelta(days=1)


def judge(ward: Ward, model: Model, thread: str, topic: str, refs: dict[str, str], names: dict[str, str], who: dict[str, Who]) -> None:
    today = ward.time.astimezone(ward.store.zone).date()
    with ward.store.view(TOM) as view:
        now = threads.shown(view, thread)
    assert {each.id for each in now.messages} == set(model.said)
    assert now.turn == ("ours" if model.ours else "theirs" if model.theirs else "nobody")
    for each in now.messages:
        known = [(one.kind, names[one.who], one.evidence) for one in each.receipts]
        assert known == model.known.get(each.id, []), "what is known of a message is never unknown again, and nothing else is"
        assert all(evidence not in ("fax-receipt", "mail-receipt", "smtp", "text") for kind, _, evidence in known if kind != "delivered")
    for name, reference in refs.items():
        with ward.store.view(who[name]) as view:
            found = threads.of_patient(view, refs["patient"])
            assert threads.of_patient(view, refs["patient"], reader=refs["patient"]) == found, "nobody reads as somebody else"
        seen = {each.id for one in found for each in one.messages}
        assert seen == model.reads(name, topic, today), (name, reference)
