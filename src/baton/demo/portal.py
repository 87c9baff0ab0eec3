"""The portal's people: in three teams a patient who is in it, a daughter of one of them, a husband or wife; and what they did there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from unicodedata import normalize

from baton import uploads
from baton.demo.acts import Act, Deed
from baton.demo.plot import Stage
from baton.duties import codes
from baton.duties.contact import guests, threads
from baton.duties.patients import identity
from baton.duties.scheduling import notices, weekly
from baton.duties.support import agreements, assessments, caregiver_answers, concern_states, concerns, education, goals
from baton.fhir.resource import human_name
from baton.store import Change, Store, Who

TEAMS = ("geriatrics", "heart-vascular", "hospital-transitions")
SAID = {"food": "no", "housing": "steady", "transport": "no", "utilities": "no", "safety": "harm-no"}
"""What they said of what life needs."""
WORDS = {
    "en": {
        "weigh": "Weigh yourself each morning and write it down",
        "walk": "Walk to the corner and back, twice a day",
        "box": "Bring a pill box for one week",
        "taxi": "Send you the paper for the taxi",
        "ask": "May I eat soup from a can?",
        "answer": "Better not: most have a lot of salt. Soup made at home is fine.",
        "own": "I step on the scale each morning. Three pounds more and I call.",
        "worry": "I am afraid to be alone at night.",
        "helps": "Somebody to call when I wake up",
        "heard": "Many feel so after the hospital. You may call at any hour.",
        "plan": "The night nurse calls you at nine each evening this week.",
        "bill": "A bill came, and I do not know what it is for.",
        "goal": "Walk to the church and back",
        "tired": "It rained, and I was tired.",
        "umbrella": "My neighbor could come along",
        "photo": "This is the paper from the pharmacy. Is it right?",
        "paper": "Take one tablet each morning. Refills: 2.",
        "kin": "The noon pills get forgotten. Can we move them to the morning?",
    },
    "es": {
        "weigh": "Pésese cada mañana y anótelo",
        "walk": "Camine hasta la esquina y vuelva, dos veces al día",
        "box": "Traer un pastillero para la semana",
        "taxi": "Enviarle el papel para el taxi",
        "ask": "¿Puedo comer sopa de lata?",
        "answer": "Mejor no: casi todas tienen mucha sal. La sopa hecha en casa está bien.",
        "own": "Me subo a la balanza cada mañana. Si subo tres libras, llamo.",
        "worry": "Me dan miedo las noches sin nadie en casa.",
        "helps": "Alguien a quien llamar si me despierto",
        "heard": "A muchos les pasa después del hospital. Puede llamar a cualquier hora.",
        "plan": "La enfermera le llama a las nueve cada noche esta semana.",
        "bill": "Llegó una cuenta y no sé de qué es.",
        "goal": "Caminar a la iglesia y volver",
        "tired": "Llovió y me faltaron fuerzas.",
        "umbrella": "Mi vecina podría venir conmigo",
        "photo": "Este es el papel de la farmacia. ¿Está bien?",
        "paper": "Tome una tableta cada mañana. Repeticiones: 2.",
        "kin": "Las pastillas del mediodía se olvidan. ¿Se pueden pasar a la mañana?",
    },
}

OTHERWISE = {
    "weigh": "Walk the stairs with the rail, three times a day",
    "walk": "Drink a glass of water at each meal",
    "box": "Order the raised toilet seat",
    "taxi": "Ask the plan about the brace",
    "ask": "Is it all right that the ankle is blue?",
    "answer": "Yes, it moves down for two weeks. Call when it gets hot or hard.",
    "own": "I cool it after the exercises. Fever, or pus, and I call.",
    "worry": "I fear the stairs more than the operation.",
    "helps": "Somebody beside me the first time",
    "heard": "The first time down is the worst. You do not have to do it alone.",
    "plan": "The therapist goes up and down with you on both visits.",
    "bill": "The letter says 2,140 dollars. Is that for me to pay?",
    "goal": "Sleep upstairs in my own bed",
    "tired": "The knee was thick on Tuesday.",
    "umbrella": "My nephew could carry the bag up",
    "photo": "Here is the card of the pins in my knee. Do you keep it?",
    "kin": "Father does not take the pain pills. Do we make him?",
}
"""What is said in English in the last of the teams."""


def portal(stages: Sequence[Stage]) -> Iterator[Act]:
    """One person of each of these teams is in the portal."""
    if not stages or stages[0].person.team not in TEAMS:
        return
    stage = max(stages, key=_suits)
    person, worker, days = stage.person, stage.worker, stage.days
    said = WORDS.get(person.language, WORDS["en"])
    said = said | OTHERWISE if said is WORDS["en"] and person.team == TEAMS[-1] else said
    own = Who(person.reference, person.name, "patient", (), "portal", "PATRQT", person.reference)

    def at(back: int, time: str, who: Who, because: str, do: Deed) -> Act:
        return Act(days.at(days.business(-back), time), who, because, do)

    yield at(12, "10:05", worker.who, "Invited to the portal", _let_in(stage))
    yield at(11, "10:20", worker.who, "Agreed with the patient", _agree(stage, said["weigh"], days.business(4), "patient"))
    yield at(11, "10:25", worker.who, "Agreed with the patient", _agree(stage, said["taxi"], days.business(-1), "us"))
    yield at(10, "15:10", worker.who, "Agreed with the patient", _agree(stage, said["walk"], days.business(-2), "patient"))
    yield at(9, "09:15", worker.who, "Agreed with the patient", _agree(stage, said["box"], days.business(-5), "us"))
    yield at(6, "16:45", worker.who, "Kept", _kept(stage, said["box"]))
    yield at(8, "19:30", own, "A message from the portal", _ask(stage, said["ask"]))
    yield at(7, "09:40", worker.who, "Answered", _answer(stage, said["answer"]))
    yield at(7, "10:10", worker.who, "A lesson", _lesson(stage))
    yield at(6, "20:05", own, "A lesson answered in the portal", _own_words(stage, said["own"]))
    yield at(10, "11:20", worker.who, "Questions for the patient", _questions(stage, "social-needs", -7))
    yield at(8, "20:05", own, "Answered in the portal", _answers(own, "social-needs"))
    yield at(3, "11:30", worker.who, "Questions for the patient", _questions(stage, "phq-2", 3))
    yield at(2, "18:15", own, "The patient confirmed a visit in the portal", _confirm(stage))
    yield from _worries(at, own, worker.who, person.reference, said)
    yield at(9, "09:20", worker.who, "Goal set", _goal(person.reference, said))
    yield at(2, "19:45", own, "How a goal goes, said in the portal", _reported(person.reference, said))
    yield at(4, "20:20", own, "A message from the portal", _photo(person.reference, said))
    kin = next((each for each in person.kin if each.relation == "DAUC" and each.told == "everything"), None)
    if kin is not None:
        yield at(5, "21:00", worker.who, "A message from the portal", _kin_asks(stage, f"{kin.given} {kin.family}", said["kin"]))
        yield at(2, "11:40", worker.who, "Questions for who cares", _kin_asked(stage, f"{kin.given} {kin.family}", days.business(3)))


def _worries(at: Callable[..., Act], own: Who, worker: Who, patient: str, said: dict[str, str]) -> Iterator[Act]:
    """One worry that was answered and planned and waits for a word; one from last evening that nobody has read yet."""
    do = concerns.raise_

    def moved(step: Callable[..., object], **words: str) -> Deed:
        def deed(change: Change) -> None:
            found = change.find("Task", patient=patient, code=f"{codes.PROMISE}|{concern_states.CODE}", status=codes.OPEN)
            mine = [each for each in found if each.get("description") == said["worry"]]
            if mine:
                step(change, concern=mine[0]["id"], **words)

        return deed

    yield at(
        6, "21:40", own, "A worry from the portal", lambda change: do(change, patient=patient, words=said["worry"], helps=said["helps"])
    )
    yield at(5, "09:05", worker, "Concern moved", moved(concerns.name, kind="fear"))
    yield at(5, "09:10", worker, "Concern moved", moved(concerns.acknowledge, said=said["heard"]))
    yield at(4, "11:15", worker, "Concern moved", moved(concerns.plan, what=said["plan"]))
    yield at(1, "20:50", own, "A worry from the portal", lambda change: do(change, patient=patient, words=said["bill"]))


def _goal(patient: str, said: dict[str, str]) -> Deed:
    return lambda change: goals.set_goal(change, patient=patient, words=said["goal"], confidence=8)


def _reported(patient: str, said: dict[str, str]) -> Deed:
    def do(change: Change) -> None:
        mine = [each for each in goals.of_patient(change, patient=patient) if each.words == said["goal"]]
        for each in mine[:1]:
            goals.ask(change, goal=each.id, progress="worse", confidence=5, words=said["tired"], helps=said["umbrella"])

    return do


def _photo(patient: str, said: dict[str, str]) -> Deed:
    """A paper of theirs with a message; the answer is still owed."""
    file = uploads.check("farmacia.txt", said["paper"].encode())
    return lambda change: threads.start(change, patient=patient, topic="other", text=said["photo"], wants_answer=True, files=[file])


def _suits(stage: Stage) -> tuple[bool, bool, bool]:
    person = stage.person
    daughter = any(each.relation == "DAUC" and each.told == "everything" for each in person.kin)
    return daughter and person.language in WORDS, person.language == "es", person.age >= 18 and bool(person.kin)


def email_of(name: str) -> str:
    """Somebody's address in the town, made of their name."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return f"{'.'.join(plain.replace(chr(39), '').split())}@mail.example"


def _let_in(stage: Stage) -> Deed:
    """The patient; a daughter who may be told everything; a husband or wife who may be told dates."""

    def do(change: Change) -> None:
        person = stage.person
        _with_email(change, person.reference)
        guests.let_in(change, patient=person.reference, person=person.reference)
        for relative in change.find("RelatedPerson", patient=person.reference):
            level = {"everything": "everything", "appointments": "dates"}.get(identity.told(relative) or "")
            if level is not None:
                _with_email(change, f"RelatedPerson/{relative['id']}")
                guests.let_in(change, patient=person.reference, person=f"RelatedPerson/{relative['id']}", level=level)

    return do


def _with_email(change: Change, reference: str) -> None:
    found = change.get(*reference.split("/", 1))
    kept = [each for each in found.get("telecom", ()) if each.get("system") != "email"]
    change.put({**found, "telecom": [*kept, {"system": "email", "value": email_of(human_name(found)), "use": "home"}]})


def _agree(stage: Stage, what: str, due: date, by: agreements.By) -> Deed:
    return lambda change: agreements.agree(change, patient=stage.person.reference, what=what, due=due, by=by)


def _kept(stage: Stage, what: str) -> Deed:
    def do(change: Change) -> None:
        from baton.duties import promises

        (task,) = [each for each in change.find("Task", patient=stage.person.reference) if each.get("description") == what]
        promises.done(change, task=task["id"])

    return do


def _ask(stage: Stage, text: str) -> Deed:
    return lambda change: threads.start(change, patient=stage.person.reference, topic="other", text=text, wants_answer=True)


def _answer(stage: Stage, text: str) -> Deed:
    def do(change: Change) -> None:
        mine = [each for each in threads.of_patient(change, stage.person.reference) if each.last_by == stage.person.name]
        for each in mine[:1]:
            threads.say(change, each.id, text=text)

    return do


def _kin_asks(stage: Stage, name: str, text: str) -> Deed:
    """The daughter writes; nobody has answered yet."""

    def do(change: Change) -> None:
        found = [each for each in change.find("RelatedPerson", patient=stage.person.reference) if human_name(each) == name]
        if found:
            author = f"RelatedPerson/{found[0]['id']}"
            threads.start(change, patient=stage.person.reference, topic="other", text=text, author=author, wants_answer=True)

    return do


def _kin_asked(stage: Stage, name: str, due: date) -> Deed:
    """The daughter is asked how she is, and has not answered yet."""

    def do(change: Change) -> None:
        found = [each for each in change.find("RelatedPerson", patient=stage.person.reference) if human_name(each) == name]
        for each in found[:1]:
            person = f"RelatedPerson/{each['id']}"
            caregiver_answers.ask(change, patient=stage.person.reference, person=person, assessment="caregiver-strain", due=due)

    return do


def _lesson(stage: Stage) -> Deed:
    person = stage.person
    return lambda change: education.give(change, patient=person.reference, lesson="heart-failure", how="paper", language=person.language)


def _own_words(stage: Stage, words: str) -> Deed:
    def do(change: Change) -> None:
        given = education.learning(change, patient=stage.person.reference).given
        for each in given[:1]:
            education.opened(change, given=each.id)
            education.teach_back(
                change, given=each.id, item=each.items[0].ask.item, result="said", learner=stage.person.reference, note=words
            )

    return do


def _questions(stage: Stage, assessment: str, due: int) -> Deed:
    day = stage.days.business(due)
    return lambda change: agreements.ask_questions(change, patient=stage.person.reference, assessment=assessment, due=day)


def _answers(own: Who, assessment: str) -> Deed:
    """What they answered, all of it in one evening."""

    def do(change: Change) -> None:
        for each in agreements.asked(change, patient=own.person):
            if each.assessment.code == assessment:
                kept = assessments.answer(change, patient=own.person, assessment=assessment, answers=SAID, source=own.person, done=True)
                agreements.began(change, task=each.task, response=kept.id)
                agreements.did(change, task=each.task)

    return do


def _confirm(stage: Stage) -> Deed:
    """The next visit, if there is one, is confirmed; the others wait for a word."""

    def do(change: Change) -> None:
        ahead = [each for each in weekly.of_patient(change, stage.person.reference) if each.status == "booked"]
        if ahead and ahead[0].start - change.now > timedelta(days=1):
            link = notices.token(change, change.get("Appointment", ahead[0].id))
            notices.answer(change, link=link, said=notices.YES)

    return do


def sign_ins(store: Store, who: Who) -> list[tuple[str, str, str, str]]:
    """Everybody who is let in: reference, kind (patient, related), name and e-mail address."""
    found = []
    with store.view(who) as view:
        for consent in view.find("Consent", category=f"https://baton.example/fhir/CodeSystem/consent-kind|{guests.KIND}", status="active"):
            for access in guests.of_patient(view, consent["patient"]["reference"]):
                if access.consent == consent["id"]:
                    kind = "patient" if access.own else f"{access.level}"
                    found.append((access.person, kind, access.name, email_of(access.name)))
    return sorted(found, key=lambda each: (each[1] != "patient", each[2]))
