"""Those who care, answering about themselves in the portal: kept from the patient unless they show it, in their own name, and acted on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from tests.duties.answered import ANA, answer, fill, tasks
from tests.duties.ward import DANA, HUB, TOM, Ward

from baton.duties import codes, trace
from baton.duties.contact import guests, safe_contact, thread_notices
from baton.duties.patients import caregivers, identity, network
from baton.duties.patients.charts import Preferences
from baton.duties.privacy.labelling import Labelling
from baton.duties.support import agreements, assessments
from baton.duties.support import caregiver_answers as duty
from baton.packs.assessments import library
from baton.store import Forbidden, Invalid, NotFound, Who
from baton.store.postgres import Database

EVA = "Patient/eva"
BEN = {**ANA, "id": "ben", "name": [{"text": "Ben Stone"}]}
STRAIN = ("sleep", "body", "time", "money", "alone", "upset", "worry", "health")
ABILITY = ("medicines", "moving", "washing", "wound", "equipment", "signs", "rides", "nights")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = fill(Ward(database, "2026-06-15T09:00:00", labellers=(Labelling(),)))
    ward.put(BEN)
    with ward.change(TOM) as change:
        for person in ("RelatedPerson/ana", "RelatedPerson/ben"):
            network.permit(change, person=person, told="everything", source="patient-said")
        guests.let_in(change, patient=EVA, person=EVA)
        guests.let_in(change, patient=EVA, person="RelatedPerson/ana")
        guests.let_in(change, patient=EVA, person="RelatedPerson/ben", level="dates")
    yield ward
    ward.store.close()


def guest(ward: Ward, person: str) -> Who:
    found = ward.store.guest(person)
    assert found is not None
    return found


def begin(ward: Ward, person: str, assessment: str = "caregiver-strain", *, shown: bool = False) -> str:
    with ward.change(duty.as_themselves(guest(ward, person))) as change:
        return duty.begin(change, assessment=assessment, shown=shown, language="en")


def say(ward: Ward, person: str, response: str, said: dict[str, str]) -> None:
    for link, one in said.items():
        with ward.change(duty.as_themselves(guest(ward, person))) as change:
            duty.say(change, response=response, link=link, said=one)


def mine(ward: Ward, person: str) -> dict[str, duty.Own]:
    with ward.store.view(guest(ward, person)) as view:
        return {each.assessment.code: each for each in duty.mine(view)}


def sees(ward: Ward, person: str, type_: str) -> list[dict[str, Any]]:
    with ward.store.view(guest(ward, person)) as view:
        return view.find(type_, patient=EVA)


@pytest.mark.parametrize("person", ["RelatedPerson/ana", "RelatedPerson/ben"], ids=["sees everything", "sees dates alone"])
def test_their_own_answers_about_themselves_lead_to_a_promise(ward: Ward, person: str) -> None:
    response = begin(ward, person)
    say(ward, person, response, dict.fromkeys(STRAIN[:3], "often"))
    assert begin(ward, person) == response, "it goes on where it was left"
    say(ward, person, response, {**dict.fromkeys(STRAIN[3:], "sometimes"), "break": "no"})
    kept = ward.get(f"QuestionnaireResponse/{response}")
    assert kept["status"] == "completed" and kept["source"]["reference"] == kept["author"]["reference"] == person
    (task,) = tasks(ward, "screen-caregiver")
    told = trace.of(task)
    assert told is not None and told.fact("counted") == 11 and told.due.date() == date(2026, 6, 23), (
        "five business days, Juneteenth skipped"
    )
    assert (
        told.fact("caregiver") == ("Ana Stone" if person.endswith("ana") else "Ben Stone")
        and task["owner"]["reference"] == "Organization/heart"
    )
    (said,) = mine(ward, person)["caregiver-strain"].said
    assert [each.what for each in said.follows] == ["support"] and said.it.sums[0].value == 11
    with ward.store.view(TOM) as view:
        one = next(each for each in caregivers.of_patient(view, patient="eva") if each.reference == person)
        assert [each.value for _, each in one.strain] == [11]
    assert ward.violations() == []


def test_neither_the_patient_nor_the_family_knows_unless_it_is_shown(ward: Ward) -> None:
    response = begin(ward, "RelatedPerson/ana")
    say(ward, "RelatedPerson/ana", response, {**dict.fromkeys(STRAIN, "always"), "break": "no"})
    about = ("QuestionnaireResponse", "Observation", "Task")
    for person in (EVA, "RelatedPerson/ana"):
        assert not any(sees(ward, person, each) for each in about), "behind the wall of the store, for the whole family"
    assert mine(ward, "RelatedPerson/ben")["caregiver-strain"].said == ()
    with pytest.raises(NotFound), ward.change(duty.as_themselves(guest(ward, "RelatedPerson/ben"))) as change:
        duty.show(change, response=response, shown=True)
    with pytest.raises(NotFound):
        duty.as_themselves(guest(ward, EVA))
    with ward.store.view(TOM) as view:
        assert view.get("QuestionnaireResponse", response) and not view.withheld(EVA)
    with ward.store.view(guest(ward, EVA)) as view:
        assert not view.withheld(EVA), "not even that there is something"
    with ward.change(duty.as_themselves(guest(ward, "RelatedPerson/ana"))) as change:
        duty.show(change, response=response, shown=True)
    with ward.store.view(guest(ward, EVA)) as view:
        (shown,) = duty.shown_to_patient(view, patient=EVA)
        assert shown.source_name == "Ana Stone" and shown.answers["sleep"] == "always"
    assert not sees(ward, EVA, "Observation") and not sees(ward, EVA, "Task"), "the answers alone"
    with ward.change(duty.as_themselves(guest(ward, "RelatedPerson/ana"))) as change:
        duty.show(change, response=response, shown=False)
    assert sees(ward, EVA, "QuestionnaireResponse") == []


def test_what_they_said_by_telephone_is_kept_from_the_patient_as_well(ward: Ward) -> None:
    answer(ward, "caregiver-strain", {**dict.fromkeys(STRAIN, "never")}, source="RelatedPerson/ana", done=True)
    assert sees(ward, EVA, "QuestionnaireResponse") == []
    assert len(mine(ward, "RelatedPerson/ana")["caregiver-strain"].said) == 1, "theirs to read, and to show"


def test_they_write_about_themselves_and_nothing_else(ward: Ward) -> None:
    ana = duty.as_themselves(guest(ward, "RelatedPerson/ana"))
    for source, assessment in (("RelatedPerson/ben", "caregiver-strain"), (EVA, "phq-2"), ("RelatedPerson/ana", "phq-2")):
        with pytest.raises(Invalid, match="only what is theirs to say"), ward.change(ana) as change:
            assessments.answer(change, patient="eva", assessment=assessment, source=source)
    with pytest.raises(Forbidden), ward.change(guest(ward, "RelatedPerson/ana")) as change:
        assessments.answer(change, patient="eva", assessment="caregiver-strain", source="RelatedPerson/ana")
    mine_ = begin(ward, "RelatedPerson/ana")
    with pytest.raises(Invalid, match="taken back, not deleted"), ward.change(ana) as change:
        change.delete("QuestionnaireResponse", mine_)
    with pytest.raises(NotFound):
        begin(ward, "RelatedPerson/ana", "phq-9")


def test_what_one_cannot_do_is_shown_to_them_and_the_other_is_asked_anew(ward: Ward) -> None:
    for person in ("RelatedPerson/ana", "RelatedPerson/ben"):
        response = begin(ward, person, "caregiver-ability", shown=True)
        say(ward, person, response, {**dict.fromkeys(ABILITY, "can"), "wound": "show-me"})
    found = tasks(ward, "screen-training")
    assert {told.fact("caregiver") for each in found if (told := trace.of(each))} == {"Ana Stone", "Ben Stone"}, "each is shown it"
    with ward.change(TOM) as change:
        from baton.duties import promises

        promises.done(change, task=found[0]["id"], note="Ana did it herself.")
    whose = next(str(told.facts[-2].reference) for each in found[:1] if (told := trace.of(each)))
    done = {
        person: mine(ward, person)["caregiver-ability"].said[0].follows[0].done for person in ("RelatedPerson/ana", "RelatedPerson/ben")
    }
    assert [person for person, when in done.items() if when] == [whose]


def test_asked_by_the_team_it_stands_on_their_page_alone_and_is_kept_by_answering(ward: Ward) -> None:
    with ward.change(TOM) as change:
        duty.ask(change, patient="eva", person="RelatedPerson/ana", assessment="caregiver-strain", due=date(2026, 6, 19))
    (task,) = [each["id"] for each in ward.find("Task", owner="RelatedPerson/ana")]
    with pytest.raises(Invalid, match="asked already"), ward.change(TOM) as change:
        duty.ask(change, patient="eva", person="RelatedPerson/ana", assessment="caregiver-strain", due=date(2026, 6, 19))
    for person, assessment in (("RelatedPerson/ana", "phq-9"), ("RelatedPerson/nobody", "caregiver-strain")):
        with pytest.raises(Invalid, match="nobody of that name"), ward.change(TOM) as change:
            duty.ask(change, patient="eva", person=person, assessment=assessment, due=date(2026, 6, 19))
    assert mine(ward, "RelatedPerson/ana")["caregiver-strain"].asked == date(2026, 6, 19)
    with ward.store.view(guest(ward, EVA)) as view:
        assert agreements.together(view, patient=EVA).theirs == () and not view.find("Task", patient=EVA)
    with ward.store.view(TOM) as view:
        assert agreements.together(view, patient=EVA).theirs == (), "nor is it taken for the patient's on the desk"
        ((asked, due),) = next(each.asked for each in duty.near(view, patient=EVA) if each.person == "RelatedPerson/ana")
        assert (asked.code, due) == ("caregiver-strain", date(2026, 6, 19))
    response = begin(ward, "RelatedPerson/ana")
    say(ward, "RelatedPerson/ana", response, dict.fromkeys(STRAIN, "never"))
    assert ward.get(f"Task/{task}")["status"] == "completed" and mine(ward, "RelatedPerson/ana")["caregiver-strain"].asked is None
    assert tasks(ward, "screen-caregiver") == [], "below the threshold nothing is owed"
    assert ward.violations() == []


def test_who_may_see_it_of_those_who_work_here(ward: Ward) -> None:
    response = begin(ward, "RelatedPerson/ana")
    pharmacist = Who("Practitioner/lena", "Lena Fox", "pharmacist", ("Organization/heart",), "desk")
    with ward.store.view(pharmacist) as view, pytest.raises(NotFound):
        view.get("QuestionnaireResponse", response)
    for who in (TOM, DANA, HUB):
        with ward.store.view(who) as view:
            assert codes.patient_of(view.get("QuestionnaireResponse", response)) == EVA


def outbox(ward: Ward) -> list[tuple[str, dict[str, Any]]]:
    with psycopg.connect(ward.database.owner_dsn) as connection:
        return list(connection.execute("select topic, payload from outbox order by id"))  # type: ignore[arg-type]


DAY = date(2026, 6, 19)
MAIL = {"system": "email", "value": "home@example.org"}


def ask(ward: Ward, person: str) -> str:
    with ward.change(TOM) as change:
        return duty.ask(change, patient="eva", person=person, assessment="caregiver-strain", due=DAY)


def reach(ward: Ward, person: str, *, channel: str | None = "email", language: str | None = None, telecom: Any = (MAIL,)) -> None:
    found = {**ward.get(person), "telecom": list(telecom)}
    ward.put(identity.with_preferences(found, Preferences(language, False, channel, None, None, None)))


@pytest.mark.parametrize(
    ("person", "how", "language", "subject"),
    [
        ("RelatedPerson/ana", "email", "es", "Algo le espera"),
        ("RelatedPerson/ana", "sms", "en", "Something waits for you"),
        ("RelatedPerson/ben", "email", None, "Something waits for you"),
    ],
    ids=["by mail in Spanish", "by text", "who sees dates alone"],
)
def test_whoever_is_asked_is_told_that_something_waits_and_no_more(
    ward: Ward, person: str, how: str, language: str | None, subject: str
) -> None:
    reach(ward, person, channel=how, language=language, telecom=[MAIL, {"system": "sms", "value": "+14015550123"}])
    assert ask(ward, person) == how
    ((topic, payload),) = outbox(ward)
    assert (topic, payload["subject"], payload["link"]) == ("mail" if how == "email" else "text", subject, "/my/me")
    assert not any(word in f"{payload['subject']} {payload['text']}" for word in ("Eva", "Stone", "Ana", "Ben", "strain", "caregiver"))
    with ward.store.view(HUB) as view:
        assert thread_notices.objection(view.store, HUB, payload) is None and safe_contact.objection(view.store, HUB, payload) is None


def test_whoever_has_no_way_in_or_none_to_be_told_is_said_to_have_none(ward: Ward) -> None:
    ward.put({**ANA, "id": "cleo", "name": [{"text": "Cleo Stone"}], "telecom": [MAIL]})
    reach(ward, "RelatedPerson/ana", channel="phone")
    assert (ask(ward, "RelatedPerson/cleo"), ask(ward, "RelatedPerson/ana")) == ("no-access", "no-way") and outbox(ward) == []
    with ward.store.view(TOM) as view:
        assert {each.name: each.how for each in duty.near(view, patient=EVA)} == {
            "Ana Stone": "no-way", "Ben Stone": "no-way", "Cleo Stone": "no-access",
        }  # fmt: skip


def test_an_address_the_family_shares_is_left_alone_as_the_patient_asked_now_and_when_it_is_sent(ward: Ward) -> None:
    ward.put({**ward.get(EVA), "telecom": [MAIL]})
    reach(ward, "RelatedPerson/ana")
    reach(ward, "RelatedPerson/ben", telecom=[{"system": "email", "value": "ben@example.org"}])
    assert ask(ward, "RelatedPerson/ana") == "email"
    with ward.change(TOM) as change:
        safe_contact.state(change, patient=EVA, asked=safe_contact.SafeContact(avoid=("email",)))
    ((_, payload),) = outbox(ward)
    with ward.store.view(HUB) as view:
        assert safe_contact.objection(view.store, HUB, payload), "what was announced before does not leave"
    assert ask(ward, "RelatedPerson/ben") == "email", "their own address is theirs"
    with ward.store.view(TOM) as view:
        assert {each.name: each.how for each in duty.near(view, patient=EVA)}["Ana Stone"] == "not-this-way"


@pytest.mark.parametrize(
    ("born", "child"), [("2010-06-16", True), ("2008-06-16", True), ("2008-06-15", False), ("1980-01-01", False), (None, False)]
)
def test_a_child_is_not_asked_and_whose_age_nobody_knows_is_no_child(ward: Ward, born: str | None, child: bool) -> None:
    ward.put({**ward.get("RelatedPerson/ana"), **({"birthDate": born} if born else {})})
    with ward.store.view(TOM) as view:
        assert next(each.child for each in duty.near(view, patient=EVA) if each.person == "RelatedPerson/ana") is child
        assert next(each.child for each in caregivers.of_patient(view, patient="eva") if each.name == "Ana Stone") is child
    if child:
        with pytest.raises(Invalid, match="an adult of the family"):
            ask(ward, "RelatedPerson/ana")
    else:
        assert ask(ward, "RelatedPerson/ana") == "no-way"


def asked_of_the_patient(ward: Ward, assessment: str) -> str:
    with ward.change(TOM) as change:
        return agreements.ask_questions(change, patient=EVA, assessment=assessment, due=DAY).id


def test_only_what_is_marked_for_an_informant_is_offered_to_who_sees_everything(ward: Ward) -> None:
    for each in library().values():
        if "patient" in each.by:
            asked_of_the_patient(ward, each.code)
    for person, codes_ in ((EVA, {each.code for each in library().values() if "patient" in each.by}), ("RelatedPerson/ana", {"home-visit"}),
                           ("RelatedPerson/ben", set())):  # fmt: skip
        with ward.store.view(guest(ward, person)) as view:
            assert {each.assessment.code for each in agreements.asked(view, patient=EVA)} == codes_, person


def test_what_asks_about_mood_or_harm_is_marked_for_no_informant() -> None:
    mood = {code for each in library().values() if each.kind == "mood" for item in each.items for code in item.codes}
    for each in library().values():
        about_mood = each.kind == "mood" or any(code in mood for item in each.items for code in item.codes)
        harm = any(item.domain == "intimate-partner-violence" for item in each.items)
        assert not (each.informant and (about_mood or harm or each.about != "patient" or "caregiver" not in each.by)), each.code
    assert {code for code, each in library().items() if each.informant} == {"home-visit"}


@pytest.mark.parametrize("code", sorted(library()))
@pytest.mark.parametrize("person", ["RelatedPerson/ana", "RelatedPerson/ben"], ids=["sees everything", "sees dates alone"])
def test_the_door_takes_for_the_patient_only_what_an_informant_may_say(ward: Ward, person: str, code: str) -> None:
    who, of = duty.as_themselves(guest(ward, person)), library()[code]
    may = of.about == "caregiver" or (of.informant and person == "RelatedPerson/ana")
    if may:
        with ward.change(who) as change:
            assert assessments.answer(change, patient="eva", assessment=code, source=person)
    else:
        with pytest.raises(Invalid, match="theirs to say"), ward.change(who) as change:
            assessments.answer(change, patient="eva", assessment=code, source=person)
    with pytest.raises(Forbidden), ward.change(guest(ward, person)) as change:
        assessments.answer(change, patient="eva", assessment=code, source=person)
    if "caregiver" not in of.by:
        with pytest.raises(Invalid, match="Only the patient"):
            answer(ward, code, {}, source=person)


def test_a_proxy_does_not_tick_off_what_the_patient_alone_can_answer(ward: Ward) -> None:
    task = asked_of_the_patient(ward, "phq-9")
    ana = guest(ward, "RelatedPerson/ana")
    with pytest.raises(NotFound), ward.change(ana) as change:
        agreements.did(change, task=task)
    with pytest.raises(Invalid, match="Only the patient"), ward.change(ana) as change:
        change.put({**change.get("Task", task), "status": "completed"})
    with ward.store.view(ana) as view:
        (line,) = agreements.together(view, patient=EVA).theirs
        assert line.alone and not line.asks and agreements.kept_for_the_patient(view, task=task, patient=EVA) == "alone"
    with ward.store.view(guest(ward, EVA)) as view:
        (line,) = agreements.together(view, patient=EVA).theirs
        assert line.asks and not line.alone


def test_what_one_began_the_other_does_not_go_on_with(ward: Ward) -> None:
    task = asked_of_the_patient(ward, "home-visit")
    with ward.change(duty.as_themselves(guest(ward, "RelatedPerson/ana"))) as change:
        begun = assessments.answer(change, patient=EVA, assessment="home-visit", source="RelatedPerson/ana", answers={"food-home": "yes"})
        agreements.began(change, task=task, response=begun.id)
    with ward.store.view(guest(ward, EVA)) as view:
        assert [each.response for each in agreements.asked(view, patient=EVA)] == [None], "the patient begins anew"
    with ward.change(guest(ward, EVA)) as change:
        own = assessments.answer(change, patient=EVA, assessment="home-visit", source=EVA, answers={"food-home": "yes"})
        agreements.began(change, task=task, response=own.id)
    with ward.store.view(guest(ward, "RelatedPerson/ana")) as view:
        assert agreements.asked(view, patient=EVA) == () and agreements.kept_for_the_patient(view, task=task, patient=EVA) == "begun"
