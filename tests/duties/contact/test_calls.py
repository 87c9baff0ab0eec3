"""Calls: about a promise or about none, how they ended, who interpreted; and that no child ever did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.contact.test_threads import ANA, EVA, MAIL, relative
from tests.duties.ward import HUB, TOM, Ward, of_team, patient

from baton.duties import codes, promises
from baton.duties.contact import calls, communication, safe_contact
from baton.duties.contact.interpreting import Interpreter
from baton.fhir.resource import extension
from baton.rules.attempts import OUTCOMES
from baton.store import Invalid, Stored
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-06T10:00:00")
    ward.put(patient(telecom=MAIL), of_team(), relative("ana", "everything"), relative("kid", None, birthDate="2012-01-31"))
    yield ward
    ward.store.close()


def call(ward: Ward, outcome: str = "reached", **said: Any) -> Stored:
    with ward.change(TOM, "a call") as change:
        return communication.call(change, patient=EVA, outcome=outcome, **said)


def page(ward: Ward, **said: Any) -> calls.Workspace:
    with ward.store.view(TOM) as view:
        return calls.workspace(view, patient="eva", **said)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_call_about_nothing_promised_is_kept_with_how_it_ended(ward: Ward, outcome: str) -> None:
    stored = call(ward, outcome, to=ANA, language="es", minutes=7, note="  Wants a ride.  ")
    ((earlier, about),) = page(ward).earlier
    assert (earlier.outcome, earlier.to, earlier.language, earlier.minutes, earlier.note, about) == (
        outcome, "Ana Stone", "es", 7, "Wants a ride.", "",
    )  # fmt: skip
    assert ward.get(stored.reference)["status"] == ("not-done" if outcome in communication.NOT_DONE else "completed")


def test_a_call_about_any_promise_stands_on_it(ward: Ward) -> None:
    with ward.change(TOM, "promised") as change:
        task = promises.make_by_hand(change, patient=EVA, what="Book the ride", due=date(2026, 7, 8)).id
    with ward.change(TOM, "tried") as change:
        communication.attempt(change, task=task, outcome="no-answer")
    found = page(ward, task=task)
    assert found.chosen is not None and (found.chosen.task, found.chosen.attempts) == (task, 1)
    assert [about for _, about in found.earlier] == [codes.BY_HAND]


def test_who_interpreted_is_kept_with_what_proves_it(ward: Ward) -> None:
    call(ward, language="es", interpreter=Interpreter("qualified", "#4471", "es"))
    ((earlier, _),) = page(ward).earlier
    assert (earlier.interpreter, earlier.interpreter_kind) == ("#4471", "qualified")
    with pytest.raises(Invalid, match="name or number"):
        call(ward, interpreter=Interpreter("qualified"))


@pytest.mark.parametrize("interpreter", [
    Interpreter("companion", "Kid", person="RelatedPerson/kid"),
    Interpreter("companion", "A neighbour's son", born=date(2008, 7, 7)),
    Interpreter("qualified", "#1", born=date(2010, 1, 1)),
])  # fmt: skip
def test_a_child_never_interprets(ward: Ward, interpreter: Interpreter) -> None:
    with pytest.raises(Invalid, match="child does not interpret"):
        call(ward, interpreter=interpreter)
    assert page(ward).earlier == ()


def test_nor_through_another_door(ward: Ward) -> None:
    stored = ward.get(call(ward, interpreter=Interpreter("companion", "Ana", person=ANA)).reference)
    (said,) = [each for each in stored["extension"] if each["url"].endswith("contact-interpreting")]
    for part in said["extension"]:
        if part["url"] == "person":
            part["valueReference"]["reference"] = "RelatedPerson/kid"
    with pytest.raises(Invalid, match="child does not interpret"):
        ward.put(stored, who=HUB)


def test_whether_a_voicemail_is_safe_stands_there_before_the_call_and_one_left_against_it_is_marked(ward: Ward) -> None:
    assert (page(ward).voicemail.allowed, page(ward).voicemail.because) == (False, "voicemail-not-asked")
    with ward.change(TOM, "asked") as change:
        safe_contact.state(change, patient=EVA, asked=safe_contact.SafeContact(avoid=("voicemail",)))
    assert page(ward).voicemail.because == "no-voicemail"
    stored = call(ward, "left-message")
    assert extension(stored.resource(), safe_contact.AGAINST) == "no-voicemail" and page(ward).earlier[0][0].against == "no-voicemail"


@pytest.mark.parametrize("said", [{"outcome": "chatted"}, {"medium": "SMOKE"}, {"topic": "weather"}, {"minutes": -1}, {"minutes": 9999}])
def test_what_is_no_call_is_refused(ward: Ward, said: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        call(ward, **said)


def test_the_language_line_is_no_attempt_and_reaches_nobody(ward: Ward) -> None:
    from tests.duties.ward import stay

    ward.put(stay("2026-07-02T14:10:00-04:00"))
    for clock in ("10:00", "15:00"):
        ward.at(f"2026-07-06T{clock}:00")
        ward.attempt("language-line")
    assert ward.status()[codes.CONTACT] == "requested" and ward.trace(codes.CONTACT).fact("requirement") is None
