"""Threads: who reads what, whose turn it is, what is owed when somebody waits, and three things that are not one another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.ward import HUB, LUIS, PRIYA, TOM, Ward, of_team, patient
from tests.store.test_access import let_in

from baton.duties import codes, promises, trace
from baton.duties.contact import thread_notices, threads
from baton.duties.contact.thread_promises import ANSWER, COLLEAGUE, PROMISES, REPLY
from baton.duties.patients import network, patients
from baton.duties.privacy.labelling import Labelling
from baton.fhir.resource import target
from baton.store import Invalid, NotFound, Who, access
from baton.store.postgres import Database

EVA = "Patient/eva"
ANA, BEN = "RelatedPerson/ana", "RelatedPerson/ben"
MAIL = [{"system": "email", "value": "eva@example.org"}, {"system": "phone", "value": "+1 555 014 2000", "use": "mobile"}]
SPANISH = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}, "preferred": True}]
PORTAL = Who(EVA, "Eva Stone", "patient", (), "portal", "PATRQT", EVA)
DAUGHTER = Who(ANA, "Ana Stone", "related", (), "portal", "FAMRQT", EVA)


def relative(id_: str, told: str | None, **more: Any) -> dict[str, Any]:
    said = [{"url": "https://baton.example/fhir/StructureDefinition/may-be-told", "valueCode": told}] if told else []
    person = {
        "resourceType": "RelatedPerson",
        "id": id_,
        "patient": {"reference": EVA},
        "name": [{"given": [id_.title()], "family": "Stone"}],
    }
    return person | ({"extension": said} if said else {}) | more


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T14:11:00")
    ward.put(patient(telecom=MAIL, communication=SPANISH), of_team(), patient("leo"), of_team("leo", "plan"))
    ward.put(relative("ana", "everything"), relative("ben", "appointments"), let_in("eva", EVA), let_in("eva", ANA))
    yield ward
    ward.store.close()


def start(ward: Ward, who: Who = TOM, **said: Any) -> str:
    with ward.change(who, "a thread") as change:
        return threads.start(change, **{"patient": EVA, "topic": "discharge", "audience": [EVA], "text": "How are you at home?", **said}).id


def say(ward: Ward, thread: str, text: str, who: Who = TOM, **said: Any) -> str:
    with ward.change(who, "a message") as change:
        return threads.say(change, thread, text=text, **said).id


def shown(ward: Ward, thread: str, reader: str | None = None) -> threads.Thread:
    with ward.store.view(HUB if reader else TOM) as view:
        return threads.shown(view, thread, reader=reader)


def owed(ward: Ward) -> dict[str, dict[str, Any]]:
    found = [each for each in ward.find("Task", patient=EVA) if codes.is_open(each) and codes.promise_code(each) in PROMISES]
    return {str(codes.promise_code(each)): each for each in found}


def due(task: dict[str, Any]) -> date:
    told = trace.of(task)
    assert told is not None
    return told.due.date()


def test_a_message_of_the_patient_is_promised_an_answer_by_its_clock_and_an_answer_keeps_it(ward: Ward) -> None:
    thread = start(ward, PORTAL, topic="concern", text="I am short of breath at night.")
    task = owed(ward)[ANSWER]
    assert due(task) == date(2026, 7, 6), "one business day; 3 July is a holiday"
    assert target(task["owner"]) == "Organization/heart"
    now = shown(ward, thread)
    assert (now.turn, now.task, now.messages[0].language) == ("ours", task["id"], "es")
    say(ward, thread, "I call you at three.")
    assert owed(ward) == {} and shown(ward, thread).turn == "nobody"
    kept = ward.get(f"Task/{task['id']}")
    assert kept["status"] == "completed" and any("Communication/" in str(each.get("valueReference")) for each in kept["output"])
    assert ward.violations() == []


def test_the_clock_runs_from_the_first_message_that_waits(ward: Ward) -> None:
    thread = start(ward, PORTAL, text="First.")
    first = owed(ward)[ANSWER]
    ward.at("2026-07-03T10:00:00")
    say(ward, thread, "And another thing.", PORTAL)
    assert [task["id"] for task in owed(ward).values()] == [first["id"]]


def test_who_was_asked_and_does_not_answer_comes_back_on_the_list(ward: Ward) -> None:
    thread = start(ward, wants_answer=True)
    task = owed(ward)[REPLY]
    assert (task["status"], task["statusReason"]["text"], target(task["owner"])) == ("on-hold", "Eva Stone", TOM.person)
    assert due(task) == date(2026, 7, 8) and shown(ward, thread).turn == "theirs"
    say(ward, thread, "Bien.", PORTAL)
    assert list(owed(ward)) == [ANSWER] and shown(ward, thread).turn == "ours"


def test_a_note_among_staff_is_no_answer_and_is_never_seen_outside(ward: Ward) -> None:
    thread = start(ward, PORTAL, text="Can I fly?")
    say(ward, thread, "Luis, may she?", audience=(), to=[LUIS.person], wants_answer=True)
    assert set(owed(ward)) == {ANSWER, COLLEAGUE}
    assert target(owed(ward)[COLLEAGUE]["owner"]) == LUIS.person
    outside = shown(ward, thread, EVA)
    assert [each.text for each in outside.messages] == ["Can I fly?"] and (outside.count, outside.turn, outside.task) == (1, "ours", None)
    say(ward, thread, "Yes.", LUIS, audience=())
    assert set(owed(ward)) == {ANSWER}, "the colleague has answered; the patient still waits"


def test_family_read_only_what_the_patient_lets_them_be_told_and_only_while_it_holds(ward: Ward) -> None:
    thread = start(ward, audience=[EVA, ANA])
    with pytest.raises(Invalid, match="may not be told") as refused:
        start(ward, audience=[BEN])
    assert refused.value.issues[0].expression == "Communication.recipient.not-about-this"
    appointments = start(ward, topic="appointment", audience=[BEN], text="Monday at nine.")
    assert shown(ward, thread, ANA).count == shown(ward, appointments, BEN).count == 1
    with pytest.raises(NotFound):
        shown(ward, thread, BEN)
    with ward.change(TOM, "the daughter is told until Friday") as change:
        network.permit(change, person=ANA, told="everything", source="patient-wrote", until=date(2026, 7, 3))
    assert shown(ward, thread, ANA).count == 1
    ward.at("2026-07-04T08:00:00")
    with pytest.raises(NotFound):
        shown(ward, thread, ANA)
    with ward.store.view(HUB) as view:
        assert threads.of_patient(view, EVA, reader=ANA) == ()
        assert len(threads.of_patient(view, EVA, reader=EVA)) == 1
    with pytest.raises(Invalid, match="may not be told"):
        say(ward, thread, "Still at home?")


def test_a_permission_that_ended_is_nowhere_shown_as_one_that_holds(ward: Ward) -> None:
    with ward.change(TOM, "until Friday") as change:
        network.permit(change, person=ANA, told="everything", source="patient-wrote", until=date(2026, 7, 3))
    told = []
    for moment in ("2026-07-03T20:00:00", "2026-07-04T08:00:00"):
        ward.at(moment)
        with ward.store.view(TOM) as view:
            told.append(next(each.told for each in patients.page(view, patient="eva").contacts if each.ref == ANA))
            assert network.may_be_told(view, ANA, "concern", patient=EVA).allowed is (told[-1] is not None)
    assert told == ["everything", None]


def test_who_joins_later_does_not_read_what_was_said_before(ward: Ward) -> None:
    thread = start(ward)
    with ward.change(TOM, "Ana too") as change:
        threads.invite(change, thread, person=ANA)
    say(ward, thread, "Ana reads along now.")
    assert [each.text for each in shown(ward, thread, ANA).messages] == ["Ana reads along now."]
    assert shown(ward, thread, EVA).count == 2


def test_delivered_read_and_accepted_are_three_things(ward: Ward) -> None:
    thread = start(ward, text="Please agree to the visit on Monday.")
    message = shown(ward, thread).messages[0].id
    for evidence in ("fax-receipt", "mail-receipt", "smtp"):
        with pytest.raises(Invalid, match="does not prove"), ward.change(TOM) as change:
            threads.receipt(change, message, kind="accepted", who=EVA, evidence=evidence)
    with ward.change(TOM, "the fax arrived") as change:
        threads.receipt(change, message, kind="delivered", who=EVA, evidence="fax-receipt")
    with ward.change(PORTAL, "opened") as change:
        assert threads.read(change, thread).unread == 0
    with ward.change(PORTAL, "agreed") as change:
        threads.accept(change, message)
    known = [(each.kind, each.evidence, each.name) for each in shown(ward, thread).messages[0].receipts]
    name = shown(ward, thread).messages[0].to[0][1]
    assert known == [("delivered", "fax-receipt", name), ("read", "portal", name), ("accepted", "portal", name)]
    with ward.change(PORTAL, "again") as change:
        threads.accept(change, message)
    assert len(shown(ward, thread).messages[0].receipts) == 3, "once is enough"


def test_who_agrees_has_answered(ward: Ward) -> None:
    thread = start(ward, text="Can you come on Monday?", wants_answer=True)
    message = shown(ward, thread).messages[0].id
    with ward.change(PORTAL, "agreed") as change:
        threads.accept(change, message)
    assert owed(ward) == {} and shown(ward, thread).turn == shown(ward, thread, EVA).turn == "nobody"


def test_the_patient_is_told_by_when_they_are_answered(ward: Ward) -> None:
    thread = start(ward, PORTAL, topic="concern", text="I am short of breath.")
    due_by = shown(ward, thread, EVA).due
    assert due_by is not None and due_by.date() == date(2026, 7, 6)
    say(ward, thread, "I call you at three.")
    assert shown(ward, thread, EVA).due is None


def test_the_notice_says_nothing_goes_by_the_chosen_way_and_only_once(ward: Ward) -> None:
    thread = start(ward, text="Your biopsy was benign.")
    say(ward, thread, "And your heart is well.")
    sent = outbox(ward)
    assert [(topic, payload["to"], payload["subject"]) for topic, payload in sent] == [("mail", "eva@example.org", "Tiene un mensaje")]
    assert "biopsy" not in str(sent) and "Stone" not in str(sent)
    with ward.change(PORTAL, "opened") as change:
        threads.read(change, thread)
    say(ward, thread, "One more thing.")
    assert len(outbox(ward)) == 2, "read since: told again"
    topic, payload = outbox(ward)[1]
    for _ in range(2):
        thread_notices.delivered(ward.store, HUB, topic, payload)
    assert [(each.kind, each.evidence) for each in shown(ward, thread).messages[2].receipts] == [("delivered", "smtp")]


def test_nobody_is_sent_to_a_door_that_is_closed_to_them(ward: Ward) -> None:
    ward.put({**let_in("eva", EVA), "status": "inactive"})
    thread = start(ward)
    assert outbox(ward) == [] and shown(ward, thread).messages[0].notices == ((EVA, "no-access"),)


def test_somebody_of_the_family_writes_in_their_own_name_and_reads_what_is_theirs(ward: Ward) -> None:
    thread = start(ward, DAUGHTER, audience=(), topic="concern", text="Mother forgets her pills.")
    assert list(owed(ward)) == [ANSWER] and shown(ward, thread).messages[0].by == "Ana Stone"
    say(ward, thread, "Thank you, I call her.")
    with ward.change(DAUGHTER, "opened") as change:
        opened = threads.read(change, thread)
    assert [each.text for each in opened.messages] == ["Mother forgets her pills.", "Thank you, I call her."]
    with ward.store.view(PORTAL) as view:
        assert threads.of_patient(view, EVA) == (), "it was said between the daughter and the team"
    with pytest.raises(NotFound), ward.store.view(PORTAL) as view:
        threads.shown(view, thread, reader=ANA)


def outbox(ward: Ward) -> list[tuple[str, dict[str, Any]]]:
    import psycopg

    with psycopg.connect(ward.database.owner_dsn) as connection:
        return list(connection.execute("select topic, payload from outbox order by id"))  # type: ignore[arg-type]


def test_a_notice_to_family_is_not_sent_when_the_permission_has_gone(ward: Ward) -> None:
    ward.put(relative("ana", "everything", telecom=[{"system": "email", "value": "ana@example.org"}]))
    start(ward, audience=[ANA])
    ((_, payload),) = outbox(ward)
    assert thread_notices.objection(ward.store, HUB, payload) is None
    with ward.change(TOM) as change:
        network.permit(change, person=ANA, told="nothing")
    assert thread_notices.objection(ward.store, HUB, payload) == "they may not be told (nothing)"


def test_a_promise_of_a_message_names_it(ward: Ward) -> None:
    thread = start(ward, PORTAL, text="I need a ride on Monday.")
    message = shown(ward, thread).messages[0].id
    with ward.change(TOM, "a promise") as change:
        task = threads.promise(change, message, what="Book the ride", due=date(2026, 7, 6))
    ((id_, what, _, is_open),) = shown(ward, thread).messages[0].promises
    assert (id_, what, is_open) == (task.id, "Book the ride", True)


def test_a_tick_is_no_answer_and_closing_takes_a_reason(ward: Ward) -> None:
    thread = start(ward, PORTAL, text="Thank you!")
    task = owed(ward)[ANSWER]["id"]
    with pytest.raises(Invalid, match="Answer the message"), ward.change(TOM) as change:
        promises.done(change, task=task)
    with ward.change(TOM) as change:
        threads.no_answer(change, thread, reason="They only said thank you.")
    assert owed(ward) == {} and (shown(ward, thread).turn, shown(ward, thread).open) == ("nobody", True)
    with ward.change(TOM) as change:
        threads.close(change, thread, reason="All said.")
    assert not shown(ward, thread).open
    say(ward, thread, "One more thing.", PORTAL)
    assert shown(ward, thread).open and list(owed(ward)) == [ANSWER]


def test_what_the_door_refuses_whoever_writes(ward: Ward) -> None:
    thread = start(ward)
    message = shown(ward, thread).messages[0].id
    body = ward.get(f"Communication/{message}")
    refusals = {
        "stays as it was said": {**body, "payload": [{"contentString": "Something else."}]},
        "more people": {**body, "recipient": [*body["recipient"], {"reference": ANA}]},
        "take part in the thread": {**body, "id": "other", "recipient": [{"reference": ANA}]},
        "part of a thread": {**body, "id": "other", "partOf": [{"reference": f"Communication/{message}"}]},
        "patient of its thread": {**body, "id": "other", "subject": {"reference": "Patient/leo"}},
    }
    for said, resource in refusals.items():
        with pytest.raises(Invalid, match=said):
            ward.put(resource, who=HUB)
    with pytest.raises(Invalid, match="not deleted"), ward.change(HUB) as change:
        change.delete("Communication", message)
    with_ana = start(ward, audience=[EVA, ANA])
    with pytest.raises(Invalid, match="somebody else's name"):
        say(ward, with_ana, "I am Ana.", PORTAL, author=ANA)
    with pytest.raises(Invalid, match="Another patient"):
        start(ward, audience=["Patient/leo"])


def test_a_raw_message_is_promised_an_answer_too(ward: Ward) -> None:
    thread = start(ward)
    body = ward.get(f"Communication/{shown(ward, thread).messages[0].id}")
    raw = {key: value for key, value in body.items() if key not in ("id", "meta", "extension", "recipient")}
    ward.put({**raw, "sender": {"reference": EVA}, "payload": [{"contentString": "By another door."}]}, who=HUB)
    assert list(owed(ward)) == [ANSWER] and shown(ward, thread).turn == "ours"


def test_what_staff_say_among_themselves_carries_a_label_nobody_outside_sees(ward: Ward) -> None:
    ward.store.labellers = (Labelling(),)
    thread = start(ward, PORTAL, text="Can I fly?")
    note = say(ward, thread, "Luis, may she?", audience=(), to=[LUIS.person], wants_answer=True)
    among = start(ward, audience=(), text="A quiet word.")
    marked = {f"Communication/{note}", f"Communication/{among}", f"Task/{owed(ward)[COLLEAGUE]['id']}"}
    for reference in marked:
        assert [each["code"] for each in ward.get(reference)["meta"]["security"]] == ["staff-only"]
    assert "security" not in ward.get(f"Communication/{thread}")["meta"]
    eva = Who(EVA, "Eva Stone", "patient", (), "portal", "PATRQT")
    for label, role in (("STAFF", eva), ("STAFF", TOM)):
        held = ("self",) if role is eva else ("assigned",)
        assert access.decide(role, "see", "Communication", relationships=held, labels=[label]).allowed is (role is TOM)


def test_another_team_sees_no_thread(ward: Ward) -> None:
    thread = start(ward)
    with ward.store.view(PRIYA) as view:
        assert threads.rows(view) == ()
        with pytest.raises(NotFound):
            threads.shown(view, thread)
    with ward.store.view(TOM) as view:
        assert [each.id for each in threads.rows(view)] == [thread]


def test_what_is_taken_back_is_not_read_outside_and_owes_nothing(ward: Ward) -> None:
    thread = start(ward, wants_answer=True)
    message = shown(ward, thread).messages[0].id
    with pytest.raises(Invalid, match="Only whoever wrote it"), ward.change(PORTAL) as change:
        threads.take_back(change, message, reason="x")
    with ward.change(TOM) as change:
        threads.take_back(change, message, reason="The wrong patient.")
    assert owed(ward) == {} and shown(ward, thread).messages[0].text == ""
    with pytest.raises(NotFound):
        shown(ward, thread, EVA)
