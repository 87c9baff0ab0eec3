"""Help from the community on real PostgreSQL: from a question to a need, a party with room, a referral with consent, and an end."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pypdf import PdfReader
from tests.duties.ward import HUB, MERCY, PRIYA, TOM, Ward, of_team, patient

import baton.demo
from baton.duties import codes, promises, trace
from baton.duties.community import assistance_letter, benefits, capacity, community, directory, means, needs, proofs
from baton.duties.patients import identity
from baton.duties.referrals import referrals, states
from baton.duties.support import assessments
from baton.intake import hsds
from baton.rules import benefits as rules
from baton.rules import readability
from baton.store import Forbidden, Invalid, NotFound, Refused, Who
from baton.store.postgres import Database
from baton.uploads import Upload

TOWN = Path(baton.demo.__file__).parent / "data" / "larkhaven-directory"
HOME = {"use": "home", "line": ["2 Depot Street"], "city": "Larkhaven", "state": "RI", "postalCode": "02999"}
MAIL = {"system": "email", "value": "eva@example.org"}
PAPER = Upload("paper.txt", "text/plain", b"two weeks of pay")
EVA = "Patient/eva"


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T09:00:00")
    hsds.load(ward.store, HUB, TOWN)
    eva = patient(birth="1986-03-03", address=[HOME], telecom=[MAIL])
    ward.put(identity.with_preferences(eva, identity.Preferences("es", False, "email", None, None, None)), of_team())
    yield ward
    ward.store.close()


def service(ward: Ward, name: str) -> str:
    with ward.store.view(HUB) as view:
        return next(str(each["id"]) for each in view.find("HealthcareService") if each.get("name") == name)


def raised(ward: Ward, need: str = "food-insecurity", **said: Any) -> str:
    with ward.change(TOM) as change:
        return needs.raise_need(change, patient=EVA, need=need, **said).id


def referred(ward: Ward, need: str, name: str = "Food pantry", *, signed: bool = True) -> str:
    with ward.change(TOM) as change:
        return community.refer(change, need=need, service=service(ward, name), signed=signed).id


def act(ward: Ward, task: str, trigger: str, **said: Any) -> None:
    with ward.change(TOM) as change:
        community.move(change, task=task, trigger=trigger, **said)


def owed(ward: Ward) -> dict[str, str]:
    found = ward.find("Task", patient=EVA)
    return {str(codes.promise_code(each)): str(each["status"]) for each in found if codes.is_open(each)}


def announced(ward: Ward) -> list[tuple[str, dict[str, Any]]]:
    with psycopg.connect(ward.database.owner_dsn) as connection:
        return connection.execute("select topic, payload from outbox order by id").fetchall()


def test_a_question_becomes_a_need_and_what_was_owed_about_it_is_kept(ward: Ward) -> None:
    answers = {
        "food": "yes",
        "food-today": "yes",
        "housing": "steady",
        "transport": "no",
        "utilities": "no",
        "safety": "harm-no",
        "help": "yes",
    }
    with ward.change(TOM) as change:
        response = assessments.answer(change, patient="eva", assessment="social-needs", answers=answers, done=True).reference
    assert owed(ward) == {"screen-need": "requested"}
    with ward.change(TOM) as change:
        (found,) = needs.screened(change, EVA)
        need = needs.take_up(change, patient=EVA, task=found.task).id
    assert owed(ward) == {"need-help": "requested"}
    condition = ward.get(f"Condition/{need}")
    assert condition["evidence"][0]["detail"][0]["reference"] == response
    assert {code for each in condition["category"] for code in [each["coding"][0]["code"]]} == {"health-concern", "sdoh", "food-insecurity"}
    assert condition["code"]["coding"][0] == {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.41"}
    assert ward.violations() == []


def test_a_need_is_on_the_list_once_and_ends_with_its_promise(ward: Ward) -> None:
    need = raised(ward)
    with pytest.raises(Invalid, match="on the list already"):
        raised(ward)
    with pytest.raises(Invalid, match="Say why"), ward.change(TOM) as change:
        needs.settle(change, need=need, how="declined")
    with pytest.raises(Invalid, match="not deleted"), ward.change(MERCY) as change:
        change.delete("Condition", need)
    with ward.change(TOM) as change:
        needs.set_goal(change, need=need, words="Enough to eat until the end of the month", due=date(2026, 9, 1))
    with ward.change(TOM) as change:
        needs.settle(change, need=need, how="met")
    assert owed(ward) == {}
    (goal,) = ward.find("Goal", patient=EVA)
    assert (goal["lifecycleStatus"], goal["achievementStatus"]["coding"][0]["code"]) == ("completed", "achieved")
    assert ward.violations() == []


def test_room_is_asked_for_without_naming_anybody_and_not_too_often(ward: Ward) -> None:
    three = [service(ward, name) for name in ("Food pantry", "Community supper", "Casa pantry")]
    with ward.change(TOM) as change:
        assert capacity.ask(change, services=three) == 3
    for topic, payload in announced(ward):
        assert topic == "mail"
        assert "eva" not in str(payload).lower() and "patient" not in str(payload).lower()
    ward.at("2026-07-02T09:14:59")
    with pytest.raises(Invalid, match="last 15 minutes"), ward.change(TOM) as change:
        capacity.ask(change, services=three[:1])
    ward.at("2026-07-02T09:15:00")
    with ward.change(TOM) as change:
        capacity.ask(change, services=three[:1])
        for id_, answer in zip(three, ("no-capacity", "waitlist", "capacity"), strict=True):
            capacity.answer(change, service=id_, capacity=answer)
    said = [directory.read(ward.get(f"HealthcareService/{id_}")).capacity for id_ in three]
    assert [each.code for each in said] == ["no-capacity", "waitlist", "capacity"]
    need = raised(ward)
    with pytest.raises(Invalid, match="no room"):
        referred(ward, need, "Food pantry")
    with pytest.raises(Invalid, match="Say what they answered"), ward.change(TOM) as change:
        capacity.answer(change, service=three[0], capacity="maybe")
    resource = ward.get(f"HealthcareService/{three[0]}")
    part = {"url": directory.CAPACITY, "extension": [{"url": "capacityNotes", "valueString": "for Patient/eva"}]}
    with pytest.raises(Invalid, match="Nobody is named"):
        ward.put({**resource, "extension": [part]})


def test_nothing_leaves_before_the_patient_agreed_to_this_one_party(ward: Ward) -> None:
    need = raised(ward)
    with pytest.raises(Invalid, match="has not agreed"):
        referred(ward, need, signed=False)
    with ward.change(TOM) as change:
        community.agree(change, patient=EVA, service=service(ward, "Casa pantry"))
    with pytest.raises(Invalid, match="has not agreed"):
        referred(ward, need, "Food pantry", signed=False)
    assert ward.find("ServiceRequest", patient=EVA) == []
    task = referred(ward, need, "Casa pantry", signed=False)
    assert ward.get(f"Task/{task}")["status"] == "requested"
    (consent,) = ward.find("Consent", patient=EVA)
    assert [each["reference"]["display"] for each in consent["provision"]["actor"]] == ["Baton", "Casa Larkhaven"]


def test_a_raw_write_needs_the_consent_too(ward: Ward) -> None:
    need = raised(ward)
    draft = ward.get(f"Task/{referred(ward, need)}")
    request = {**ward.get(draft["focus"]["reference"]), "id": "other"}
    other = {**draft, "id": "raw", "focus": {"reference": "ServiceRequest/other"}, "owner": {"reference": "Organization/unknown"}}
    ward.put({"resourceType": "Organization", "id": "unknown", "active": True, "name": "Unknown"}, request)
    with pytest.raises(Invalid, match="has not agreed"):
        ward.put(other)


def test_the_whole_way_of_a_referral(ward: Ward) -> None:
    need = raised(ward, "housing-instability", said="Two months behind")
    with ward.change(TOM) as change:
        capacity.answer(change, service=service(ward, "Rent help fund"), capacity="waitlist")
    task = referred(ward, need, "Rent help fund")
    assert owed(ward) == {"referral-answer": "on-hold"}
    with ward.change(TOM) as change:
        community.enroll(change, task=task, status="not-enrolled-on-waitlist")
    for trigger, said in (("accept", {}), ("start", {}), ("hold", {"reason": "needs landlord form"}), ("resume", {})):
        act(ward, task, trigger, **said)
    with pytest.raises(Invalid, match="What can"):
        act(ward, task, "accept")
    with ward.change(TOM) as change:
        community.complete(change, task=task, outcome="enrolled", note="Two months paid")
    told = [(each.resource()["status"], each.resource().get("statusReason", {}).get("text")) for each in history(ward, task)]
    assert [status for status, _ in told] == ["requested", "accepted", "in-progress", "on-hold", "in-progress", "completed"]
    assert told[3][1] == "needs landlord form"
    with ward.store.view(TOM) as view:
        assert community.enrollment(view, view.get("Task", task)) == "enrolled"
    assert owed(ward) == {"referral-review": "requested"}
    with ward.change(TOM) as change:
        referrals.review(change, task=task, disposition="no-change")
    with ward.change(TOM) as change:
        referrals.tell(change, task=task, how="call")
    assert owed(ward) == {}
    news = [payload for topic, payload in announced(ward) if payload.get("to") == "eva@example.org"]
    assert len(news) == 5
    for payload in news:
        assert payload["text"] == community.WORDS["es"][1]
        assert not any(word in str(payload).lower() for word in ("rent", "renta", "housing", "stone", "fund"))
    assert ward.violations() == []


def history(ward: Ward, task: str) -> list[Any]:
    with ward.store.view(HUB) as view:
        found = list(reversed(view.history("Task", task, count=50).entries))
    kept = [found[0]]
    for each in found[1:]:
        if each.resource()["status"] != kept[-1].resource()["status"]:
            kept.append(each)
    return kept


def test_how_it_stands_is_not_asked_more_often_than_every_quarter_of_an_hour(ward: Ward) -> None:
    task = referred(ward, raised(ward))
    with ward.change(TOM) as change:
        assert community.inquire(change, task=task) is True
    ward.at("2026-07-02T09:10:00")
    with pytest.raises(Invalid, match="last 15 minutes"), ward.change(TOM) as change:
        community.inquire(change, task=task)
    ward.at("2026-07-02T09:15:00")
    with ward.change(TOM) as change:
        community.inquire(change, task=task)
    mails = [payload for topic, payload in announced(ward) if "number below" in payload.get("text", "")]
    assert len(mails) == 2 and all("pantry" not in each["text"].lower() and "eva" not in each["text"].lower() for each in mails)


def test_violence_is_nobodys_business_but_of_those_who_help(ward: Ward) -> None:
    task = referred(ward, raised(ward, "intimate-partner-violence"), "Help after violence at home")
    about = [*ward.find("Condition", patient=EVA), *ward.find("ServiceRequest", patient=EVA), *ward.find("Task", patient=EVA)]
    assert len(about) == 5
    assert all(any(each["code"] == "SDV" for each in one["meta"].get("security", ())) for one in about)
    act(ward, task, "accept")
    assert all(any(each["code"] == "SDV" for each in one["meta"]["security"]) for one in ward.find("Task", patient=EVA))


def test_another_team_sees_and_does_nothing(ward: Ward) -> None:
    need = raised(ward)
    with pytest.raises(NotFound), ward.change(PRIYA) as change:
        community.refer(change, need=need, service=service(ward, "Food pantry"), signed=True)


MARCUS = Who("Practitioner/marcus", "Marcus Bell", "social-worker", TOM.teams, "desk")


def test_a_social_worker_screens_adds_follows_and_settles_needs_and_writes_nothing_clinical(ward: Ward) -> None:
    """From the questions to the outcome, room and income too; a diagnosis or a result is refused, as a raw write and under a false flag."""
    with ward.change(MARCUS) as change:
        asked = {"food": "yes", "food-today": "no", "housing": "steady", "transport": "no", "utilities": "no", "safety": "harm-no"}
        assessments.answer(change, patient="eva", assessment="social-needs", answers={**asked, "help": "yes"}, done=True)
    with ward.change(MARCUS) as change:
        need = needs.take_up(change, patient=EVA, task=needs.screened(change, EVA)[0].task).id
        pantry = service(ward, "Food pantry")
        capacity.ask(change, services=[pantry])
        capacity.answer(change, service=pantry, capacity="capacity")
        means.record(change, patient=EVA, size=3, income="3050", a_year=False)
    with ward.change(MARCUS) as change:
        needs.set_goal(change, need=need, words="Food to the end of the month")
        task = community.refer(change, need=need, service=pantry, signed=True).id
    with ward.change(MARCUS) as change:
        community.move(change, task=task, trigger="accept")
    with ward.change(MARCUS) as change:
        community.complete(change, task=task, outcome="enrolled")
    with ward.change(MARCUS) as change:
        needs.settle(change, need=need, how="met")
    condition = ward.get(f"Condition/{need}")
    clinic = {"resourceType": "HealthcareService", "id": "clinic", "active": True, "name": "Cardiology"}
    diagnosis = {**condition, "id": "diagnosis", "code": codes.concept(needs.ICD10, "E11.9")}
    sugar = {"resourceType": "Observation", "id": "sugar", "status": "final", "code": codes.concept(codes.LOINC, "4548-4")}
    sugar |= {"subject": {"reference": EVA}}
    ward.put(diagnosis, clinic, sugar)
    for wrong in (
        {**diagnosis, "id": "another"},
        {**diagnosis, "code": condition["code"]},  # a clinical finding rewritten into a need
        {**condition, "code": diagnosis["code"]},  # and a need into a clinical one
        {**sugar, "valueString": "5.4"},
        {**clinic, "name": "Cardiology, closed"},
        {"resourceType": "Procedure", "status": "completed", "subject": {"reference": EVA}, "code": {"text": "Ablation"}},
    ):
        with pytest.raises(Forbidden, match="only what is social"):
            ward.put(wrong, who=MARCUS)
    with pytest.raises(Forbidden), ward.change(MARCUS) as change:
        change.delete("Observation", str(ward.find("Observation", patient=EVA)[0]["id"]))
    assert ward.violations() == []


# --- benefits ------------------------------------------------------------------------------------------------------------------------


def household(ward: Ward, size: int = 3, income: str = "3,050") -> None:
    with ward.change(TOM) as change:
        means.record(change, patient=EVA, size=size, income=income, a_year=False)


def begun(ward: Ward, program: str) -> str:
    with ward.change(TOM) as change:
        return benefits.begin(change, patient=EVA, program=program).id


def collected(ward: Ward, proof: str, of: str = "2026-07-01") -> None:
    with ward.change(TOM) as change:
        paper = Upload(f"{proof}.txt", "text/plain", proof.encode())
        proofs.collect(change, patient=EVA, proof=proof, upload=paper, of=date.fromisoformat(of))


def step(ward: Ward, task: str, trigger: str, **said: Any) -> None:
    with ward.change(TOM) as change:
        benefits.move(change, task=task, trigger=trigger, **said)


def test_the_lee_household_and_the_order_of_its_programs(ward: Ward) -> None:
    household(ward)
    collected(ward, "hospital-bill")
    with ward.store.view(TOM) as view:
        eva = view.get("Patient", "eva")
        lives_on = means.known(view, eva)
        path = proofs.path(view, eva)
    assert lives_on is not None and lives_on.level is not None
    assert (str(lives_on.level.percent), lives_on.level.guideline) == ("133.97", 27320)
    names = [each.program for each in path]
    assert [each for each in names if each in ("medicaid", "snap", "hospital-fap")] == ["medicaid", "snap", "hospital-fap"]
    fap = path[names.index("hospital-fap")]
    assert (fap.discount, fap.deadline) == (100, date(2027, 2, 26))


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": 31}, {"income": "much"}, {"income": "-1"}, {"income": "NaN"}])
def test_what_is_no_household_is_refused(ward: Ward, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        household(ward, **wrong)
    assert ward.find("Observation", patient=EVA) == []


def test_a_paper_is_collected_once_and_used_by_every_application(ward: Ward) -> None:
    household(ward)
    medicaid, snap = begun(ward, "medicaid"), begun(ward, "snap")
    with pytest.raises(Invalid, match="Not complete"):
        step(ward, medicaid, "submit")
    for proof in ("photo-id", "social-security-number", "proof-of-address", "pay-stubs"):
        collected(ward, proof)
    collected(ward, "pay-stubs")
    assert len(ward.find("DocumentReference", patient=EVA)) == 4
    step(ward, medicaid, "submit")
    with ward.store.view(TOM) as view:
        known = {each.program: each for each in benefits.of_patient(view, EVA)}
    assert known["medicaid"].handed_in == ("photo-id", "social-security-number", "proof-of-address", "pay-stubs")
    assert known["snap"].missing == ("rent-or-mortgage", "utility-bill")
    step(ward, snap, "submit", despite="the rest follows by Friday")
    stubs = [each["valueReference"]["reference"] for task in (medicaid, snap) for each in ward.get(f"Task/{task}")["input"]]
    assert len(stubs) == 8 and len(set(stubs)) == 4
    ward.at("2026-10-02T09:00:00")
    with ward.store.view(TOM) as view:
        assert not next(each for each in proofs.papers(view, EVA) if each.code == "pay-stubs").recent


def test_an_application_always_has_one_next_step_and_its_clock(ward: Ward) -> None:
    household(ward)
    task = begun(ward, "medicaid")
    assert due(ward, "benefit-apply") == date(2026, 7, 17)
    step(ward, task, "submit", despite="by telephone")
    assert owed(ward) == {"benefit-decision": "on-hold"}
    assert due(ward, "benefit-decision") == date(2026, 8, 16)
    with pytest.raises(Invalid, match="which day"):
        step(ward, task, "ask-more", reason="a newer pay stub")
    step(ward, task, "ask-more", reason="a newer pay stub", day=date(2026, 7, 12))
    assert due(ward, "benefit-answer") == date(2026, 7, 12)
    step(ward, task, "answer")
    step(ward, task, "deny", reason="income")
    assert due(ward, "benefit-appeal") == date(2026, 9, 30)
    step(ward, task, "appeal", reason="they counted a month twice")
    step(ward, task, "approve")
    assert due(ward, "benefit-renew") == date(2027, 7, 2)
    (promise,) = [each for each in ward.find("Task", patient=EVA) if codes.is_open(each)]
    assert promise["restriction"]["period"]["start"].startswith("2027-05-03")
    step(ward, task, "end", reason="moved away")
    assert owed(ward) == {}
    assert ward.violations() == []


def due(ward: Ward, code: str) -> date:
    (promise,) = [each for each in ward.find("Task", patient=EVA) if codes.is_open(each)]
    assert codes.promise_code(promise) == code
    told = trace.of(promise)
    assert told is not None and told.source and told.facts
    return date.fromisoformat(str(promise["restriction"]["period"]["end"])[:10])


def test_the_hospitals_deadline_counts_from_the_first_bill(ward: Ward) -> None:
    household(ward)
    with pytest.raises(Invalid, match="no hospital bill"):
        begun(ward, "hospital-fap")
    collected(ward, "hospital-bill", "2025-11-10")
    begun(ward, "hospital-fap")
    assert due(ward, "benefit-apply") == date(2026, 7, 8)  # 240 days after the bill, sooner than ten business days
    with pytest.raises(Invalid, match="under way already"):
        begun(ward, "hospital-fap")


def test_a_raw_write_obeys_the_table(ward: Ward) -> None:
    task = ward.get(f"Task/{begun(ward, 'snap')}")
    for state, found in rules.states().items():
        moved = {**task, "status": found.status, "businessStatus": codes.concept(benefits.STATE, state), "statusReason": {"text": "so"}}
        if rules.find("gathering", state) is None and state != "gathering":
            with pytest.raises(Invalid, match="does not go"):
                ward.put(moved)
    with pytest.raises(Invalid, match="neither deleted"), ward.change(MERCY) as change:
        change.delete("Task", task["id"])
    with pytest.raises(Invalid, match="has the status"):
        ward.put({**task, "status": "completed"})
    with pytest.raises(Invalid, match="begins as"):
        ward.put({**task, "id": "fresh", "status": "requested", "businessStatus": codes.concept(benefits.STATE, "submitted")})
    with pytest.raises(Invalid, match="stays for the program"):
        ward.put({**task, "reasonCode": codes.concept(benefits.BENEFIT, "wic")})


class Life(RuleBasedStateMachine):
    """One application, pushed any way at all: the table decides, and exactly one promise is open until it is over."""

    ward: Ward
    number = 0

    @initialize()
    def begin(self) -> None:
        Life.number += 1
        who = f"p{Life.number}"
        self.patient = f"Patient/{who}"
        self.ward.put(patient(who), of_team(who))
        with self.ward.change(TOM) as change:
            self.task = benefits.begin(change, patient=self.patient, program="snap").id
        self.state = "gathering"

    @rule(
        trigger=st.sampled_from(sorted({move.trigger for move in rules.moves()})),
        reason=st.sampled_from(["", "because"]),
        ahead=st.sampled_from([None, -1, 5]),
    )
    def push(self, trigger: str, reason: str, ahead: int | None) -> None:
        way = next((each for each in rules.from_state(self.state) if each.trigger == trigger), None)
        day = date.fromordinal(date(2026, 7, 2).toordinal() + ahead) if ahead is not None else None
        legal = way is not None and (reason or "reason" not in way.asks) and ("day" not in way.asks or (ahead or -1) > 0)
        try:
            with self.ward.change(TOM) as change:
                benefits.move(change, task=self.task, trigger=trigger, reason=reason, day=day, despite="later")
        except Refused:
            assert not legal
        else:
            assert legal and way is not None
            self.state = way.end

    @rule()
    def close_the_promise_by_hand(self) -> None:
        """A promise marked done changes nothing about the application: it is owed again."""
        found = [each for each in self.ward.find("Task", patient=self.patient) if codes.is_open(each)]
        if found:
            with self.ward.change(TOM) as change:
                promises.done(change, task=str(found[0]["id"]))

    @invariant()
    def one_next_step(self) -> None:
        if not hasattr(self, "task"):
            return
        found = self.ward.find("Task", patient=self.patient)
        open_now = [codes.promise_code(each) for each in found if codes.is_open(each)]
        step = rules.states()[self.state].step
        assert open_now == ([f"benefit-{step}"] if step else [])
        assert benefits.state(self.ward.get(f"Task/{self.task}")) == self.state


def test_an_application_lives_by_its_table(ward: Ward) -> None:
    Life.ward = ward
    short = settings(max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Life, settings=short)
    assert ward.violations() == []


def test_money_is_kept_to_the_cent(ward: Ward) -> None:
    with ward.change(TOM) as change:
        means.record(change, patient=EVA, size=2, income=Decimal("30123.45"), a_year=True, small_child=True)
    with ward.store.view(TOM) as view:
        lives_on = means.known(view, view.get("Patient", "eva"))
    assert lives_on is not None and (lives_on.income, lives_on.small_child) == (Decimal("30123.45"), True)


def test_states_of_a_community_referral_are_gravitys(ward: Ward) -> None:
    task = ward.get(f"Task/{referred(ward, raised(ward))}")
    assert states.kind(task) == "community"


# --- the letter about the hospital's help ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", assistance_letter.LANGUAGES)
def test_the_letter_is_easy_to_read(language: str) -> None:
    prose = " ".join(each for each in assistance_letter.plain(language).splitlines() if each.endswith((".", "?", ":")))
    assert readability.grade(prose, language) <= readability.limit(date(2026, 7, 2))
    assert set(assistance_letter.WORDS["en"]) == set(assistance_letter.WORDS["es"])
    wanted = benefits.wanted_by("hospital-fap", date(2026, 7, 2))
    assert set(assistance_letter.PAPERS[language]) == set(wanted)


def test_the_letter_says_the_households_own_lines_and_days(ward: Ward) -> None:
    household(ward)
    collected(ward, "hospital-bill", "2026-07-01")
    with ward.store.view(TOM) as view:
        english, spanish = (str(assistance_letter.paper(view, patient="eva", language=each)) for each in ("en", "es"))
    assert "February 26, 2027" in english and "26 de febrero de 2027" in spanish
    assert "$54,640" in english and "all of it" in english  # 200 percent of 27,320
    with ward.change(TOM) as change:
        kept = assistance_letter.keep(change, patient="eva", language="es")
    assert kept.resource()["content"][0]["attachment"]["language"] == "es"
    document = ward.get(kept.reference)
    body = ward.get(document["content"][0]["attachment"]["url"])
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(base64.b64decode(body["data"]))).pages)
    assert "Ayuda con su cuenta del hospital" in text and "240" not in text
    with pytest.raises(Invalid, match="English and Spanish"), ward.change(TOM) as change:
        assistance_letter.keep(change, patient="eva", language="de")
