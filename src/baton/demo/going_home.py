"""People in hospital and just home, one in every state of a plan: just admitted, on the way, stuck, ready, gone with things open, done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from baton.demo import acts, clinical, shapes
from baton.demo.acts import Act, Deed
from baton.demo.plot import REASONS, Stage
from baton.demo.stories import Story
from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import call as discharge_call
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import paper as discharge_paper
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import scores as discharge_scores
from baton.duties.discharge import states
from baton.duties.privacy.rehearsals import Rehearsal
from baton.duties.support import education
from baton.paper import Heading, Paper, Rows
from baton.store import Change

FULL = "hospital-transitions"
"""The team that works in the hospital has one of each; the others have one in hospital."""
NURSES = ("Carmen Ruiz, RN", "Sean Doyle, RN", "Beryl Quist, RN", "Tomás Arce, RN")
DOCTORS = ("Dr. Ito", "Dr. Osei", "Dr. Vandermeer", "Dr. Achebe")


def going_home(stages: Sequence[Stage]) -> Iterator[Act]:
    """The stays of one team's people, from the fourth on: those before have other things to tell."""
    if not stages:
        return
    team = stages[0].person.team
    telling = TOLD if team == FULL else (TOLD[1 + list(REASONS).index(team) % 4],)
    for stage, told in zip(stages[3:], telling, strict=False):
        yield from told(stage)


def _stay(stage: Stage, days_ago: int, clock: str = "16:20") -> Story:
    reason = REASONS[stage.person.team][stage.person.index % len(REASONS[stage.person.team])]
    story = stage.story(None, stage.days.at(stage.days.back(days_ago), clock), reason=reason, hospital="larkhaven-general")
    return replace(story, number=7)


def _plan(story: Story) -> str:
    return states.plan_id(f"Encounter/{story.encounter}")


def _in(story: Story) -> Act:
    encounter = story.stay_encounter()
    attending = {"individual": {"display": DOCTORS[story.person.index % len(DOCTORS)]}}
    emergency = {"priority": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActPriority", "code": "EM"}]}}
    stay = {**encounter, "participant": [attending], **emergency}
    begun: Deed = lambda change: discharge_plans.start(change, encounter=story.encounter)  # noqa: E731
    deeds = (acts.put(stay),) if story.person.team == FULL else (acts.put(stay), begun)  # the others begin a plan by hand
    return story.came(story.admitted, f"ADT A01 from {story.place.name}", acts.all_of(deeds))


def _labs(story: Story) -> Act:
    low = story.person.index % 3 == 0
    when = story.admitted + timedelta(hours=6)

    def lab(name: str, loinc: str, value: float, unit: str) -> dict[str, object]:
        return {
            "resourceType": "Observation", "id": f"{story.encounter}-{name}", "status": "final",
            "category": [shapes.coded("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")],
            "code": shapes.coded(clinical.LOINC, loinc, name.capitalize()), "subject": {"reference": story.person.reference},
            "encounter": {"reference": f"Encounter/{story.encounter}"}, "effectiveDateTime": shapes.instant(when),
            "valueQuantity": {"value": value, "unit": unit},
        }  # fmt: skip

    found = (lab("hemoglobin", "718-7", 10.9 if low else 13.1, "g/dL"), lab("sodium", "2951-2", 133 if low else 139, "mmol/L"))
    return story.came(when, f"Results from {story.place.name}", acts.put(*found))


def _pending(story: Story, what: str) -> Act:
    test = {
        "resourceType": "ServiceRequest", "id": f"{story.encounter}-test", "status": "active", "intent": "order",
        "category": [shapes.coded(clinical.SNOMED, "108252007", "Laboratory procedure")], "code": {"text": what},
        "subject": {"reference": story.person.reference}, "encounter": {"reference": f"Encounter/{story.encounter}"},
        "authoredOn": shapes.instant(story.admitted + timedelta(hours=5)),
    }  # fmt: skip
    return story.came(story.admitted + timedelta(hours=5), f"Order from {story.place.name}", acts.put(test))


def _do(story: Story, when: datetime, because: str, deed: Callable[[Change, str], object]) -> Act:
    return story.by(when, because, lambda change: deed(change, _plan(story)))


def _expect(story: Story, when: datetime, until: datetime, *, to: str = "home", sure: str = "likely", why: str = "") -> Act:
    def do(change: Change, plan: str) -> None:
        discharge_plans.expect(change, plan=plan, until=until, to=to, confidence=sure, why=why)

    return _do(story, when, "Expected discharge named", do)


def _scored(story: Story, when: datetime) -> Act:
    return _do(story, when, "Risk of coming back kept", lambda change, plan: discharge_scores.keep(change, plan=plan))


def _done(story: Story, when: datetime, *items: str) -> Act:
    def do(change: Change, plan: str) -> None:
        _found, known = discharge_plans.held(change, plan)
        still = [step.code for step in known.open_steps if step.code in items]  # the chart may show some done already
        if still:
            discharge_plans.done(change, plan=plan, items=still)

    return _do(story, when, "Items of going home done", do)


def _block(story: Story, when: datetime, cause: str, what: str) -> Act:
    def do(change: Change, plan: str) -> None:
        discharge_blockers.raise_(change, plan=plan, cause=cause, what=what)

    return _do(story, when, "In the way of going home", do)


def _everything(story: Story, when: datetime) -> Iterator[Act]:
    """Taught, given, ticked, signed."""

    def teach(change: Change, plan: str) -> None:
        given = education.give(change, patient=story.person.reference, lesson="going-home", how="aloud", language=story.person.language)
        for item in ("pills", "visit", "call"):
            education.teach_back(change, given=given.id, item=item, result="understood")

    def own(change: Change, plan: str) -> None:
        _found, known = discharge_plans.held(change, plan)
        for each in discharge_evidence.pending(discharge_evidence.chart(change, known.patient), known.encounter, change):
            due = story.days.at(story.days.business(3), "17:00")
            discharge_blockers.own_result(change, plan=plan, result=each.reference, owner=f"Practitioner/{story.worker.id}", due=due)

    def rest(change: Change, plan: str) -> None:
        discharge_plans.bring_up_to_date(change, plan=plan)
        _found, known = discharge_plans.held(change, plan)
        if known.before_leaving:
            discharge_plans.done(change, plan=plan, items=[step.code for step in known.before_leaving])

    def sign(change: Change, plan: str) -> None:
        names = {
            "nurse": NURSES[story.person.index % len(NURSES)],
            "physician": DOCTORS[story.person.index % len(DOCTORS)],
            "pharmacy": "Nadia Karim, PharmD",
        }
        kin = f"{story.person.kin[0].given} {story.person.kin[0].family}" if story.person.kin else ""
        discharge_plans.sign(change, plan=plan, names={**names, "patient": story.person.name, "caregiver": kin})
        discharge_plans.sign_unneeded(change, plan=plan, role="therapy", why="Walks as before")
        if not kin:
            discharge_plans.sign_unneeded(change, plan=plan, role="caregiver", why="Lives alone, names nobody")

    yield _do(story, when, "Taught, and taught back", teach)
    yield _do(story, when + timedelta(minutes=20), "Pending results owned", own)
    yield _do(story, when + timedelta(minutes=30), "Plan for home given", lambda change, plan: discharge_paper.give(change, plan=plan))
    yield _do(story, when + timedelta(minutes=40), "Items of going home done", rest)
    yield _do(story, when + timedelta(minutes=50), "Signed off", sign)


def _leave(story: Story, when: datetime, despite: str = "") -> Iterator[Act]:
    yield _do(story, when, "Discharged", lambda change, plan: discharge_plans.leave(change, plan=plan, at=when, despite=despite))
    told = when + timedelta(minutes=1)
    yield _do(story, told, "Notice of discharge", lambda change, plan: discharge_handoff.notify(change, plan=plan))


# --- one of each ---------------------------------------------------------------------------------------------------


def just_in(stage: Stage) -> Iterator[Act]:
    """Came in this morning: no day is named yet."""
    yield _in(_stay(stage, 0, "06:40"))


def on_the_way(stage: Stage) -> Iterator[Act]:
    """In the middle of it: a day is named, and was moved once; some items are done, a result is pending."""
    story, days = _stay(stage, 2), stage.days
    yield _in(story)
    yield _labs(story)
    yield _pending(story, stage.says("Blood culture, final"))
    first = days.at(days.back(1), "08:45")
    yield _expect(story, first, days.at(days.today + timedelta(days=1), "11:00"), sure="unsure")
    yield _scored(story, first + timedelta(minutes=6))
    yield _done(story, first + timedelta(minutes=30), "language-assistance", "ideal-listen")
    later = days.today + timedelta(days=2)
    yield _expect(
        story, days.at(days.today, "08:20"), days.at(later, "11:00"), to="home-health", why=stage.says("Still on oxygen at night")
    )


def stuck(stage: Stage) -> Iterator[Act]:
    """Could have left since yesterday: oxygen and a ride are in the way, and hours are being lost."""
    story, days = _stay(stage, 4), stage.days
    yield _in(story)
    yield _labs(story)
    first = days.at(days.back(3), "09:10")
    yield _expect(story, first, days.at(days.back(1), "14:00"), sure="sure")
    yield _scored(story, first + timedelta(minutes=5))
    yield _block(story, days.at(days.back(2), "10:00"), "equipment", stage.says("Home oxygen, 2 L/min: no delivery time yet"))
    yield _block(story, days.at(days.back(1), "09:30"), "transport", stage.says("Wheelchair van with oxygen: three companies asked"))
    ready = days.at(days.back(1), "12:05")
    yield _do(story, ready, "Medically ready", lambda change, plan: discharge_plans.ready(change, plan=plan, at=ready))
    yield _done(story, ready + timedelta(minutes=30), "language-assistance", "educate", "medicines-plan", "ideal-listen", "ideal-discuss")


def ready_today(stage: Stage) -> Iterator[Act]:
    """Everything is done and signed: they can leave today."""
    story, days = _stay(stage, 3), stage.days
    yield _in(story)
    yield _labs(story)
    first = days.at(days.back(2), "09:25")
    yield _expect(story, first, days.at(days.today, "15:30"), sure="sure")
    yield _scored(story, first + timedelta(minutes=4))
    yield from _everything(story, days.at(days.today, "09:05"))


def home_unfinished(stage: Stage) -> Iterator[Act]:
    """Left yesterday although not everything was done; the summary is sent, nobody knows whether it arrived; the call is to come."""
    story, days = _stay(stage, 5), stage.days
    yield _in(story)
    yield _labs(story)
    yield _expect(story, days.at(days.back(4), "10:15"), days.at(days.back(1), "13:00"))
    yield _scored(story, days.at(days.back(4), "10:20"))
    yield from _leave(story, days.at(days.back(1), "13:20"), stage.says("Her ride was there; the pharmacist calls her at home"))
    yield _arrived(story, days.at(days.back(1), "15:00"))
    yield _sent(story, days.at(days.today, "08:35"))


def home_well(stage: Stage) -> Iterator[Act]:
    """Left three days ago with everything done; the summary was accepted, they were reached, one answer became work: the plan is closed."""
    story, days = _stay(stage, 8), stage.days
    yield _in(story)
    yield _labs(story)
    yield _expect(story, days.at(days.back(7), "10:15"), days.at(days.back(4), "11:00"), sure="sure")
    yield _scored(story, days.at(days.back(7), "10:20"))
    yield from _everything(story, days.at(days.back(4), "08:15"))
    left = days.at(days.back(4), "11:10")
    yield from _leave(story, left)
    yield _arrived(story, left + timedelta(hours=1))
    yield _sent(story, left + timedelta(hours=2))
    yield _each(
        story,
        left + timedelta(hours=3),
        "Summary arrived",
        lambda change, task: discharge_handoff.delivered(change, task=task, proof=PROOF),
    )
    yield _each(
        story,
        left + timedelta(hours=5),
        "Summary accepted",
        lambda change, task: discharge_handoff.accepted(change, task=task, by="front desk"),
    )
    yield _called(story, days.at(days.back(2), "10:40"))


def moved_on(stage: Stage) -> Iterator[Act]:
    """Transferred before there was anything to plan."""
    story, days = _stay(stage, 3), stage.days
    yield _in(story)
    cancel = days.at(days.back(2), "11:00")
    yield _do(story, cancel, "No plan", lambda change, plan: discharge_plans.cancel(change, plan=plan, reason="Transferred for surgery"))


PROOF = "fax confirmation 0042"


def _arrived(story: Story, when: datetime) -> Act:
    """The hospital's discharge summary."""
    words = f"{story.person.name} was with us for {story.stay.text.lower()}. Medicines at discharge are listed; changes are marked."
    document = shapes.document(
        f"{story.encounter}-summary", story.person, "18842-5", "Discharge summary", words, when, story.place, encounter=story.encounter
    )
    return story.came(when, f"Discharge summary from {story.place.name}", acts.put(document))


def _each(story: Story, when: datetime, because: str, deed: Callable[[Change, str], object]) -> Act:
    """Something for each summary that is owed or was sent."""

    def do(change: Change, plan: str) -> None:
        for task in change.find("Task", based_on=f"CarePlan/{plan}"):
            if discharge_evidence.is_summary(task, plan) and discharge_handoff.recipient_of(task):
                deed(change, str(task["id"]))

    return _do(story, when, because, do)


def _sent(story: Story, when: datetime) -> Act:
    def send(change: Change, task: str) -> None:
        rehearsal = discharge_handoff.rehearse(change, task=task)
        discharge_handoff.send(change, task=task, digest=rehearsal.digest, words=_packet)

    return _each(story, when, "Discharge summary sent, as rehearsed", send)


def _delivered(change: Change, task: str) -> None:
    discharge_handoff.delivered(change, task=task, proof=PROOF)


def _accepted(change: Change, task: str) -> None:
    discharge_handoff.accepted(change, task=task, by="Front desk, for the doctor")


def _packet(rehearsal: Rehearsal, *_parts: object) -> tuple[Paper, dict[str, str]]:
    rows = [(line.title or line.type,) for line in rehearsal.leaving]
    return Paper("Health records", [Heading("What is in this packet"), Rows(("What",), rows)], "en", rehearsal.name), {}


def _called(story: Story, when: datetime) -> Act:
    def call(change: Change, plan: str) -> None:
        answers = discharge_call.Answers(
            language=story.person.language, interpreter="language line 4471" if story.person.interpreter else None, status="better",
            medicines="differ", difference="duplicate", about="takes two of the same blood pressure pill", visit="knows",
            question="May I drive again?",
        )  # fmt: skip
        discharge_call.finish(change, plan=plan, answers=answers)

    return _do(story, when, "Call after going home: reached", call)


TOLD: tuple[Callable[[Stage], Iterator[Act]], ...] = (just_in, on_the_way, stuck, ready_today, home_unfinished, home_well, moved_on)
