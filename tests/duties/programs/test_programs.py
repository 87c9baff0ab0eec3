"""Programs: who may enter, consent, phases, pauses, leaving and coming back; one at a time; packs without code; never without a promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.duties.ward import HUB, PRIYA, TOM, Ward, of_team, patient

from baton.duties import codes, promises
from baton.duties.programs import asking, installing, pack_checks, states
from baton.duties.programs import packs as program_packs
from baton.duties.programs import programs as duty
from baton.duties.programs import promises as program_promises
from baton.packs import loader
from baton.rules import panel_risk
from baton.rules.tables import table
from baton.store import Conflict, Forbidden, Invalid, NotFound, Refused
from baton.store.postgres import Database

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
PACKS = [each for each in loader.everything() if program_packs.code_of_program(each)]


def problem(id_: str, code: str, patient: str = "eva") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": id_,
        "clinicalStatus": codes.concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "code": codes.concept(ICD, code, code),
        "subject": {"reference": f"Patient/{patient}"},
    }


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database)
    made.put(patient(), of_team(), problem("hf", "I50.9"))
    yield made
    made.store.close()


def enrol(ward: Ward, program: str = "heart-failure", *, who: Any = TOM, **said: Any) -> str:
    with ward.change(who) as change:
        return duty.enrol(change, patient="eva", program=program, **{"consent": "verbal", **said}).id


def do(ward: Ward, verb: str, enrolment: str, **said: Any) -> None:
    with ward.change(TOM) as change:
        getattr(duty, verb)(change, enrolment=enrolment, **said)


def read(ward: Ward, enrolment: str) -> states.Enrolment:
    return states.read(ward.get(f"EpisodeOfCare/{enrolment}"))


def owed(ward: Ward) -> dict[str, date]:
    """What is open about programs, with its last day."""
    found = [each for each in ward.find("Task", patient="Patient/eva") if program_promises.is_about(each) and codes.is_open(each)]
    return {str(each["description"]): date.fromisoformat(each["restriction"]["period"]["end"][:10]) for each in found}


# --- packs -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", PACKS, ids=lambda each: each["id"])
def test_every_program_can_be_run_and_says_who_says_so(pack: dict[str, Any]) -> None:
    assert list(pack_checks.lacking(pack)) == []
    program = program_packs.read(pack)
    for phase in program.phases:
        assert phase.source and phase.title.said("es") != phase.title.text
        assert all(step.source and step.reason and step.title.said("es") != step.title.text for step in phase.steps)
    assert program.goals and program.interventions and program.close_reasons
    plan = next(each for each in pack["action"] if each["id"] == "plan")
    assert all(each.get("documentation") for each in plan["action"]), "what a plan tells a patient says who says so"
    reached, waiting = set(), [program.phases[0].code]
    while waiting:
        reached.add(here := waiting.pop())
        waiting += [each for each in states.following(program, here) if each not in reached]
    assert reached == {each.code for each in program.phases}, "a phase nobody can get to"


def test_the_programs_that_come_with_the_hub() -> None:
    assert {program_packs.code_of_program(each) for each in PACKS} == {
        "chronic-care",
        "heart-failure",
        "oncology-navigation",
        "geriatrics-4ms",
    }
    oncology = program_packs.read(next(each for each in PACKS if each["id"] == "program-oncology-navigation"))
    assert [each.code for each in oncology.phases][:5] == ["suspicion", "diagnosis", "staging", "mdt", "treatment"]


def foreign(**more: Any) -> dict[str, Any]:
    """A program of another house, written by hand."""
    part = f"{codes.P}/CodeSystem/program-part"
    cited = [{"type": "citation", "citation": "Our own clinic"}]
    week = {"value": 7, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}
    return {
        "resourceType": "PlanDefinition",
        "id": "asthma-school",
        "url": "https://clinic.example/PlanDefinition/asthma-school",
        "version": "3",
        "title": "Asthma school",
        "status": "active",
        "extension": [
            {
                "url": program_packs.SETTINGS,
                "extension": [{"url": "consent", "valueCode": "none"}, {"url": "close-reason", "valueCode": "graduated"}],
            }
        ],
        "useContext": [
            {
                "code": {"system": "http://terminology.hl7.org/CodeSystem/usage-context-type", "code": "program"},
                "valueCodeableConcept": codes.concept(program_packs.PROGRAM, "asthma-school"),
            }
        ],
        "action": [
            {
                "id": "lessons",
                "title": "Lessons",
                "code": [codes.concept(part, "phase")],
                "documentation": cited,
                "timingDuration": week,
                "action": [{"id": "spacer", "title": "Spacer shown", "documentation": cited, "timingDuration": week}],
            }
        ],
        **more,
    }


def test_a_foreign_pack_is_installed_from_a_folder_and_run_without_code(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "PlanDefinition-asthma-school.json").write_text(json.dumps(foreign()))
    with ward.change(HUB) as change:
        assert [each.id for each in installing.install(change, tmp_path)] == ["asthma-school"]
    with ward.change(HUB) as change:
        assert installing.install(change, tmp_path) == []
    enrolment = enrol(ward, "asthma-school", consent=None)
    assert owed(ward) == {"Spacer shown": date(2026, 7, 9), "Lessons": date(2026, 7, 9)}
    do(ward, "close", enrolment, reason="graduated")
    assert owed(ward) == {} and not ward.violations()


LESSONS = foreign()["action"][0]
NOWHERE = {"actionId": "moon", "relationship": "before-start"}
AIMLESS = {"code": [codes.concept(program_packs.PART, "plan")], "action": [{"goalId": ["x"]}]}
WRONG = {
    "no-phase": ({"action": []}, "at least one phase"),
    "no-version": ({"version": ""}, "version"),
    "no-goal": ({"action": [LESSONS, AIMLESS]}, "No goal"),
    "no-source": ({"action": [{**LESSONS, "documentation": []}]}, "nobody who says so"),
    "no-such-phase": ({"action": [{**LESSONS, "relatedAction": [NOWHERE]}]}, "No phase is called moon"),
}


@pytest.mark.parametrize(("wrong", "said"), WRONG.values(), ids=WRONG)
def test_a_pack_that_could_not_be_run_is_refused(ward: Ward, wrong: dict[str, Any], said: str) -> None:
    pack = {key: value for key, value in foreign(**wrong).items() if value != "" and value != []}
    for each in pack.get("action", ()):
        for empty in [key for key, value in each.items() if value == []]:
            del each[empty]
    with pytest.raises(Invalid, match=said):
        ward.put(pack, who=HUB)


def test_a_file_that_is_no_json_is_named(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(Invalid, match=r"broken\.json"), ward.change(HUB) as change:
        installing.install(change, tmp_path)


# --- entering ----------------------------------------------------------------------------------------------------------------------------


def test_entering_makes_the_promises_of_the_first_phase(ward: Ward) -> None:
    enrolment = enrol(ward)
    found = read(ward, enrolment)
    assert (found.state, found.phase, found.minutes_as) == ("active", "first-30-days", "PCM-staff")
    assert found.consent is not None and ward.get(found.consent)["status"] == "active"
    assert owed(ward)["Call within 3 days"] == date(2026, 7, 5)
    assert owed(ward)["Visit within 7 to 14 days"] == date(2026, 7, 16)
    assert owed(ward)["Scale at home, and who is called when weight goes up"] == date(2026, 7, 10)  # 3 July is kept as a holiday
    assert owed(ward)["First 30 days"] == date(2026, 8, 1)
    assert not ward.violations()


def test_who_does_not_meet_the_criteria_enters_only_with_a_reason(ward: Ward) -> None:
    ward.put(
        {**problem("hf", "I50.9"), "clinicalStatus": codes.concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")}
    )
    with ward.store.view(TOM) as view:
        asked = duty.entry(view, patient="Patient/eva", program="heart-failure")
    assert [each.name for each in asked.missing] == ["heart-failure"]
    with pytest.raises(Invalid, match="Heart failure on the list of problems"):
        enrol(ward)
    assert read(ward, enrol(ward, despite="Echo says 30 %, the list lags")).despite == "Echo says 30 %, the list lags"


def test_an_excluding_criterion_and_how_many_are_counted(ward: Ward) -> None:
    with ward.store.view(TOM) as view:
        assert {each.name for each in duty.entry(view, patient="Patient/eva", program="chronic-care").missing} == {
            "two-conditions",
            "visit",
        }
    ward.put(problem("dm", "E11.9"), problem("hospice", "Z51.5"))
    with ward.store.view(TOM) as view:
        assert {each.name for each in duty.entry(view, patient="Patient/eva", program="chronic-care").missing} == {"hospice", "visit"}


def test_consent_comes_first(ward: Ward) -> None:
    with pytest.raises(Invalid, match="consent first"):
        enrol(ward, consent=None)
    with pytest.raises(Invalid, match="how consent was given"):
        enrol(ward, consent="by owl")
    enrolment = enrol(ward)
    bare = {**ward.get(f"EpisodeOfCare/{enrolment}"), "id": "raw"}
    do(ward, "close", enrolment, reason="graduated")
    bare["extension"] = [each for each in bare["extension"] if each["url"] != states.CONSENT]
    with pytest.raises(Invalid, match="consent first"):
        ward.put(bare)


def test_one_at_a_time_even_when_two_enrol_at_once(ward: Ward) -> None:
    barrier = Barrier(2)

    def race(_number: int) -> str:
        barrier.wait()
        try:
            return enrol(ward)
        except (Refused, Conflict) as lost:
            return type(lost).__name__

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(race, range(2)))
    active = ward.find("EpisodeOfCare", patient="Patient/eva", status="active")
    assert len(active) == 1 and str(active[0]["id"]) in ended
    with pytest.raises(Invalid, match="in this program already"):
        enrol(ward)
    enrol(ward, "oncology-navigation")  # another program is another matter
    assert not ward.violations()


def test_another_team_neither_sees_nor_enrols(ward: Ward) -> None:
    with pytest.raises((NotFound, Forbidden)):
        enrol(ward, who=PRIYA)


def test_an_offer_is_answered(ward: Ward) -> None:
    with ward.change(TOM) as change:
        offered = duty.offer(change, patient="eva", program="heart-failure").id
    assert owed(ward) == {"Heart failure program": date(2026, 7, 16)}
    task = next(str(each["id"]) for each in ward.find("Task", patient="Patient/eva"))
    with pytest.raises(Invalid, match="what they answered"), ward.change(TOM) as change:
        promises.done(change, task=task)
    assert enrol(ward) == offered
    do(ward, "close", offered, reason="patient-left")
    with ward.change(TOM) as change:
        second = duty.offer(change, patient="eva", program="heart-failure", waitlist=True).id
    with pytest.raises(Invalid, match="Say why they do not enter"):
        do(ward, "decline", second, reason="because")
    do(ward, "decline", second, reason="declined", words="Not now")
    assert owed(ward) == {} and not ward.violations()


# --- being in it -------------------------------------------------------------------------------------------------------------------------


def test_phases_follow_as_the_pack_says(ward: Ward) -> None:
    enrolment = enrol(ward)
    with pytest.raises(Invalid, match="After first-30-days comes titration, steady"):
        do(ward, "advance", enrolment, to="rehab")
    ward.at("2026-07-20T09:00")
    do(ward, "advance", enrolment, to="titration", since=date(2026, 7, 17))
    assert owed(ward)["First titration visit"] == date(2026, 7, 31)
    assert "Call within 3 days" not in owed(ward)
    assert [(each.phase, each.since, each.until) for each in read(ward, enrolment).stays] == [
        ("first-30-days", date(2026, 7, 2), date(2026, 7, 17)),
        ("titration", date(2026, 7, 17), None),
    ]
    with pytest.raises(Invalid, match="day has not come"):
        do(ward, "advance", enrolment, to="rehab", since=date(2026, 8, 1))
    with pytest.raises(Invalid, match="before the one before it"):
        do(ward, "advance", enrolment, to="rehab", since=date(2026, 7, 1))
    assert not ward.violations()


def test_a_pause_moves_what_is_owed(ward: Ward) -> None:
    enrolment = enrol(ward)
    with pytest.raises(Invalid, match="at most so many days: 60"):
        do(ward, "pause", enrolment, until=date(2026, 12, 1), reason="Travels")
    do(ward, "pause", enrolment, until=date(2026, 7, 20), reason="In Puerto Rico with her sister")
    assert owed(ward) == {"Heart failure program": date(2026, 7, 20)}
    ward.at("2026-07-12T09:00")
    do(ward, "resume", enrolment)
    assert owed(ward)["Call within 3 days"] == date(2026, 7, 15)  # ten days later than it was
    assert owed(ward)["First 30 days"] == date(2026, 8, 11)
    assert not ward.violations()


def test_somebody_always_looks_again(ward: Ward) -> None:
    enrol(ward)
    while found := [each for each in ward.find("Task", patient="Patient/eva", status="requested") if program_promises.is_about(each)]:
        if len(found) == 1 and found[0]["description"] == "First 30 days" and owed(ward)["First 30 days"] == date(2026, 8, 1):
            break
        other = next(each for each in found if each["description"] != "First 30 days")
        with ward.change(TOM) as change:
            if asking.asks(other):
                promises.close(change, task=str(other["id"]), reason="Asked at the clinic last week")
            else:
                promises.done(change, task=str(other["id"]))
    with ward.change(TOM) as change:
        promises.done(change, task=str(found[0]["id"]))
    assert list(owed(ward)) == ["First 30 days"], "the last was done: another look is owed"
    assert not ward.violations()


def test_leaving_and_coming_back_is_one_history(ward: Ward) -> None:
    enrolment = enrol(ward)
    with pytest.raises(Invalid, match="Say why the program is left"):
        do(ward, "close", enrolment, reason="bored")
    with pytest.raises(Invalid, match="from 1 to 5"):
        do(ward, "close", enrolment, reason="graduated", rating=6)
    ward.at("2026-09-01T09:00")
    do(ward, "close", enrolment, reason="graduated", words="Knows her weights", rating=5, feedback="They always called")
    found = read(ward, enrolment)
    assert (found.state, found.why, found.rating, found.feedback, found.until) == (
        "finished",
        "graduated",
        5,
        "They always called",
        date(2026, 9, 1),
    )
    with pytest.raises(Invalid, match="Say why it is opened again"):
        do(ward, "reopen", enrolment, note=" ")
    do(ward, "reopen", enrolment, note="Back in hospital, wants us again")
    again = read(ward, enrolment)
    assert again.state == "active" and again.since == date(2026, 7, 2) and again.reopened == "Back in hospital, wants us again"
    assert owed(ward) and not ward.violations()


def test_death_ends_every_program(ward: Ward) -> None:
    enrol(ward)
    with ward.change(TOM) as change:
        duty.offer(change, patient="eva", program="oncology-navigation")
    ward.put({**ward.get("Patient/eva"), "deceasedDateTime": "2026-07-03"})
    assert {each["status"] for each in ward.find("EpisodeOfCare", patient="Patient/eva")} == {"finished", "cancelled"}
    assert owed(ward) == {} and not ward.violations()


def test_consent_taken_back_and_given_again(ward: Ward) -> None:
    enrolment = enrol(ward)
    do(ward, "withdraw", enrolment, on=date(2026, 7, 2))
    assert ward.get(str(read(ward, enrolment).consent))["status"] == "inactive"
    do(ward, "consent_again", enrolment, how="written")
    assert ward.get(str(read(ward, enrolment).consent))["status"] == "active"


def test_a_raw_put_obeys_the_table(ward: Ward) -> None:
    enrolment = enrol(ward)
    episode = ward.get(f"EpisodeOfCare/{enrolment}")
    with pytest.raises(Invalid, match="becomes active, entered-in-error, finished, onhold"):
        ward.put({**episode, "status": "planned"})
    with pytest.raises(Invalid, match="Say why it is closed"):
        ward.put({**episode, "status": "finished"})
    with pytest.raises(Invalid, match="until when it is paused"):
        ward.put({**episode, "status": "onhold"})
    with pytest.raises(Invalid, match="not deleted"), ward.change() as change:
        change.delete("EpisodeOfCare", enrolment)
    with pytest.raises(Invalid, match="does not count for that"):
        do(ward, "count_as", enrolment, family="PIN")
    do(ward, "count_as", enrolment, family="CCM")
    assert read(ward, enrolment).minutes_as == "CCM"


@pytest.mark.parametrize("example", table("panel-risk").examples, ids=str)
def test_the_worked_examples_of_risk(example: dict[str, Any]) -> None:
    judged = panel_risk.judge(example["facts"], date(2026, 7, 1))
    assert (judged.points, judged.level) == (example["points"], example["level"])


# --- whatever is done, in whatever order -------------------------------------------------------------------------------------------------

WARD: list[Ward] = []


class Life(RuleBasedStateMachine):
    """A patient and one program: whatever is tried, at most one enrolment is open, and it is owed something while it is."""

    @initialize()
    def begin(self) -> None:
        self.ward = WARD[0]
        self.name = f"p{len(self.ward.find('Patient'))}"
        self.ward.put(patient(self.name), of_team(self.name))
        self.days = 0

    @property
    def mine(self) -> list[states.Enrolment]:
        with self.ward.store.view(HUB) as view:
            return list(states.of_patient(view, f"Patient/{self.name}"))

    def tried(self, verb: str, **said: Any) -> None:
        try:
            with self.ward.change(TOM) as change:
                getattr(duty, verb)(change, **said)
        except Invalid:
            return

    @rule(despite=st.sampled_from([None, "we know better"]), wait=st.booleans())
    def offer(self, despite: str | None, wait: bool) -> None:
        self.tried("offer", patient=self.name, program="heart-failure", despite=despite, waitlist=wait)

    @rule(consent=st.sampled_from([None, "verbal"]), despite=st.sampled_from([None, "we know better"]))
    def enrol(self, consent: str | None, despite: str | None) -> None:
        self.tried("enrol", patient=self.name, program="heart-failure", consent=consent, despite=despite)

    @rule(
        what=st.sampled_from(
            [
                ("decline", {"reason": "declined"}),
                ("advance", {"to": "titration"}),
                ("advance", {"to": "steady"}),
                ("pause", {"until": date(2026, 7, 30), "reason": "away"}),
                ("resume", {}),
                ("close", {"reason": "graduated"}),
                ("reopen", {"note": "back"}),
                ("withdraw", {"on": date(2026, 7, 2)}),
            ]
        ),
        which=st.integers(0, 3),
    )
    def move(self, what: tuple[str, dict[str, Any]], which: int) -> None:
        if mine := self.mine:
            self.tried(what[0], enrolment=mine[which % len(mine)].id, **what[1])

    @rule(which=st.integers(0, 9))
    def done(self, which: int) -> None:
        found = [each for each in self.ward.find("Task", patient=f"Patient/{self.name}") if codes.is_open(each)]
        if found:
            try:
                with self.ward.change(TOM) as change:
                    promises.done(change, task=str(found[which % len(found)]["id"]))
            except Invalid:
                return

    @invariant()
    def holds(self) -> None:
        mine = self.mine
        assert sum(each.is_open for each in mine) <= 1
        tasks = [each for each in self.ward.find("Task", patient=f"Patient/{self.name}") if codes.is_open(each)]
        for each in mine:
            about = [task for task in tasks if codes.episode_of(task) == each.reference]
            assert bool(about) == each.is_open, f"{each.state}: {len(about)} promises"


def test_a_life_in_programs(ward: Ward) -> None:
    WARD[:] = [ward]
    few = settings(max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Life, settings=few)  # type: ignore[no-untyped-call]
    assert not ward.violations()
