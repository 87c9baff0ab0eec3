"""Co-signing: what a mentored colleague does waits for their mentor; signed, sent back, commented version by version; misses with why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.crew import HANNAH, crew, theirs
from tests.duties.ward import DANA, LUIS, TOM, Ward, stay

from baton.duties import codes, promises
from baton.duties.contact import communication
from baton.duties.team import mentoring, shadowing, staff
from baton.fhir.resource import target
from baton.rules import cosign
from baton.rules.tables import table
from baton.store import Invalid, NotFound, Who
from baton.store.postgres import Database

GRACE = Who("Practitioner/grace", "Grace Kim", "senior", ("Organization/heart",), "desk")


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = crew(Ward(module_database), GRACE)
    with ward.change(DANA) as change:
        staff.set_mentor(change, person=HANNAH.person, mentor=GRACE.person)
    yield ward
    ward.store.close()


@pytest.mark.parametrize("example", table("cosign").examples, ids=lambda each: each["kind"])
def test_examples(example: dict[str, Any]) -> None:
    done = date.fromisoformat(example["done"])
    row = cosign.asks(example["kind"], done)
    assert (row.code if row else None) == example["row"]
    assert (cosign.due(row.code, done).value.isoformat() if row else None) == example["due"]


def called(ward: Ward, name: str, who: Who) -> str:
    """Somebody is home, and this colleague reaches them. Returns the patient."""
    ward.at("2026-07-02T14:11")
    patient = theirs(ward, name, owes=0)
    ward.put(stay(id_=f"stay-{name}", patient=name))
    [task] = [each["id"] for each in ward.find("Task", patient=patient) if codes.promise_code(each) == codes.CONTACT]
    with ward.change(who) as change:
        communication.attempt(change, task=task, outcome="reached", language="en")
    return patient


def asked(ward: Ward, patient: str) -> list[dict[str, Any]]:
    return [each for each in ward.find("Task", patient=patient) if codes.promise_code(each) == mentoring.CODE]


def test_work_of_the_mentored_waits_for_the_mentor_and_nobody_elses(ward: Ward) -> None:
    [task] = asked(ward, called(ward, "ann", HANNAH))
    assert (target(task["owner"]), target(task["requester"]), task["status"]) == (GRACE.person, HANNAH.person, "requested")
    assert task["restriction"]["period"]["end"].startswith("2026-07-07"), "two working days, the Fourth kept on Friday"
    assert not asked(ward, called(ward, "bob", TOM))
    with ward.store.view(GRACE) as view:
        assert [(each.author_name, each.sent_back) for each in mentoring.queue(view) if each.patient == "Patient/ann"] == [
            ("Hannah Fisher", False)
        ]
        assert [each.name for each in mentoring.mentees(view)] == ["Hannah Fisher"]


def test_signed_names_both_and_the_version(ward: Ward) -> None:
    [task] = asked(ward, called(ward, "cora", HANNAH))
    with pytest.raises(Invalid, match="never their own"), ward.change(HANNAH) as change:
        mentoring.sign(change, task=task["id"])
    with ward.change(GRACE) as change:
        mentoring.sign(change, task=task["id"], words="Good questions.")
    [proof] = [each for each in ward.find("Provenance", target=task["focus"]["reference"].partition("/_history")[0])]
    assert proof["target"][0]["reference"] == task["focus"]["reference"]
    assert [target(each["who"]) for each in proof["agent"]] == [GRACE.person, HANNAH.person]
    with pytest.raises(Invalid, match="answered already"), ward.change(GRACE) as change:
        mentoring.sign(change, task=task["id"])
    with ward.store.view(GRACE) as view:
        _, events = mentoring.story(view, task=task["id"])
    [event] = [each for each in events if each.asked]
    assert [each.text for each in event.comments] == ["Good questions."]
    assert ("status", "requested", "completed") in event.changed


def test_sent_back_is_owed_again_and_a_comment_stays_with_its_version(ward: Ward) -> None:
    patient = called(ward, "dora", HANNAH)
    [task] = asked(ward, patient)
    with pytest.raises(Invalid, match="look at again"), ward.change(GRACE) as change:
        mentoring.send_back(change, task=task["id"], words=" ")
    with ward.change(GRACE) as change:
        mentoring.send_back(change, task=task["id"], words="You did not ask who is at home.")
        mentoring.comment(change, task=task["id"], version=1, words="Well planned.")
    owed = [each for each in ward.find("Task", patient=patient) if each.get("description", "").startswith("Look again")]
    assert [target(each["owner"]) for each in owed] == [HANNAH.person]
    with ward.store.view(GRACE) as view:
        assert [each.sent_back for each in mentoring.queue(view) if each.patient == patient] == [True]
        _, events = mentoring.story(view, task=task["id"])
    assert {event.version: [each.text for each in event.comments] for event in events if event.comments}[1] == ["Well planned."]
    with ward.change(GRACE) as change:
        mentoring.sign(change, task=task["id"])
    assert ward.violations() == []


def test_misses_say_why_they_were_due(ward: Ward) -> None:
    ward.at("2026-07-02T14:11")
    patient = theirs(ward, "emma", owes=2)
    tasks = [each["id"] for each in ward.find("Task", patient=patient)]
    ward.at("2026-07-06T09:00")
    with ward.change(HANNAH) as change:
        promises.done(change, task=tasks[0])
    with ward.store.view(LUIS) as view:
        found = [each for each in mentoring.misses(view, [HANNAH.person]) if each.row.patient == patient]
    assert {each.closed is None for each in found} == {True, False}
    assert all(each.trace.arithmetic and each.due.date() == date(2026, 7, 2) for each in found)


def test_a_mentor_looks_over_a_shoulder_and_what_they_say_reaches_whose_work_it_is(ward: Ward) -> None:
    ward.at("2026-07-02T14:11")
    patient = theirs(ward, "fred", owes=1)
    [task] = [each["id"] for each in ward.find("Task", patient=patient)]
    with ward.change(HANNAH) as change:
        promises.done(change, task=task)
    assert not asked(ward, patient), "nobody asked for this to be co-signed"
    with ward.store.view(GRACE) as view:
        works, more = shadowing.lately(view, [HANNAH.person])
        assert task in [each.task for each in works] and more is None
        first, following = shadowing.lately(view, [HANNAH.person], limit=1)
        assert following == 1 and first == works[:1]
        looked = shadowing.look(view, kind="Task", id=task)
    assert (looked.author, [each.version for each in looked.events]) == (HANNAH.person, [2, 1])
    with pytest.raises(Invalid, match="never their own"), ward.change(HANNAH) as change:
        shadowing.remark(change, kind="Task", id=task, version=2, words="Well done, me.")
    with pytest.raises(NotFound), ward.change(GRACE) as change:
        shadowing.remark(change, kind="Task", id=task, version=7, words="No such version.")
    with pytest.raises(NotFound), ward.store.view(GRACE) as view:
        shadowing.look(view, kind="Patient", id="fred")
    with ward.change(GRACE) as change:
        shadowing.remark(change, kind="Task", id=task, version=2, words="Say to whom you spoke.")
    with ward.store.view(HANNAH) as view:
        told, more = shadowing.said_to(view, HANNAH.person)
        [event] = [each for each in shadowing.look(view, kind="Task", id=task).events if each.comments]
    assert (told[0].kind, told[0].id, told[0].version, told[0].by, told[0].text) == ("Task", task, 2, "Grace Kim", "Say to whom you spoke.")
    assert event.version == 2
    assert more is None and ward.violations() == []
