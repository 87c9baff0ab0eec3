"""Who may see what: the policy against a table written by hand, every way of reading against an oracle, and the wall behind the wall."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Databases
from tests.store.folk import HUB, KEY, STAFF_ROLE, ZONE, Clock, care_team, ground, observation

from baton.fhir import query
from baton.store import Forbidden, NotFound, Refused, Store, Who, access, kinds
from baton.store import labels as security
from baton.store.codes import TYPES, key64
from baton.store.hold import Holding
from baton.store.named import queries
from baton.store.postgres import Database
from baton.store.sight import Sight
from baton.store.who import STAFF

PEOPLE = [role for role in STAFF if role != "system"]
CLOSE = ("assigned", "treating", "covering")
CHART = "person work requests documents medicines plans findings"
ALL = f"{CHART} money directory knowledge"

# --- the policy, by hand ---------------------------------------------------------------------------------------------------------------
# (role, relationship): the groups they see; then those they write
HAND: dict[tuple[str, str], tuple[str, str]] = {}
for _far in access.RELATIONSHIPS:
    HAND["administrator", _far] = HAND["supervisor", _far] = (f"{ALL} audit", f"{ALL} audit")
    HAND["auditor", _far] = ("audit", "")
    HAND["records-clerk", _far] = ("person work requests documents", "work requests documents")
for _near in CLOSE:
    HAND["coordinator", _near] = HAND["senior", _near] = (ALL, ALL)
    HAND["clinician", _near] = (f"{CHART} directory knowledge", f"{CHART} directory knowledge")
    HAND["pharmacist", _near] = ("person work medicines findings", "work medicines")
    HAND["social-worker", _near] = ("person work requests documents plans findings money", "person work requests documents plans")
for _role in ("coordinator", "clinician", "pharmacist", "social-worker", "student"):
    HAND[_role, "mentoring"] = ("person work medicines plans findings", "")
HAND["senior", "mentoring"] = (CHART, "")
for _role in ("coordinator", "senior", "clinician"):
    HAND[_role, "glass"] = (CHART, "work plans findings medicines requests")
HAND["pharmacist", "glass"] = HAND["social-worker", "glass"] = (CHART, "")
for _role in ("coordinator", "senior", "clinician", "records-clerk"):
    HAND[_role, "unowned"] = (ALL, ALL)
HAND["pharmacist", "unowned"] = HAND["social-worker", "unowned"] = (ALL, "work documents")
HAND["auditor", "unowned"] = ("audit directory knowledge", "")
HAND["student", "unowned"] = ("directory knowledge", "")

CARING = ("coordinator", "senior", "clinician", "pharmacist", "social-worker", "supervisor")
NEAR = (*CLOSE, "glass")


def labelled(label: str, role: str, relationship: str) -> str:
    """What a label does to what was granted, for the purpose of treatment, by hand."""
    if role in ("student", "auditor"):
        return "hide"
    caring = role in CARING and relationship in NEAR
    if label in ("V", "ADOL", "CEL"):
        return "allow" if caring else "hide"
    if label == "R":
        return "allow" if caring else "mask"
    if label == "SDV":
        return "allow" if caring and role != "pharmacist" else "hide"
    if label in ("SEX", "HIV"):
        return "allow" if caring and role != "social-worker" else "mask"
    if label == "PART2":
        charge = caring and relationship in ("assigned", "treating")
        return "allow" if charge or (role, relationship) == ("clinician", "glass") else "mask"
    if label == "PSYTHPN":
        return "allow" if (role, relationship) == ("clinician", "treating") else "mask"
    if label == "INTAKE":
        return "allow" if role in ("records-clerk", "supervisor", "administrator") else "hide"
    if label == "PRIVACY":
        return "hide"
    if label == "STAFF":
        return "allow"  # students and auditors were sent away above
    if label == "CARER":
        return "hide" if role in ("pharmacist", "records-clerk") else "allow"
    assert label == "RESTRICTION"
    return "allow"


def test_every_role_relationship_type_label_and_interaction_is_as_written_by_hand() -> None:
    """Over 200,000 cases; the first that differs is shown."""
    none = ("", "")
    for role, relationship, type_ in itertools.product(PEOPLE, access.RELATIONSHIPS, TYPES):
        who, group = Who("Practitioner/x", "X", role, (), "desk"), access.group_of(type_)
        for interaction, groups in zip(("see", "write"), HAND.get((role, relationship), none), strict=True):
            # what one may do without a relationship one may do in every relationship
            granted = group in groups.split() or (
                relationship != "unowned" and group in HAND.get((role, "none"), none)[interaction == "write"].split()
            )
            for label in (None, *security.known()):
                expected = "deny" if not granted else "allow" if label is None else labelled(label, role, relationship)
                found = access._decide(role, interaction, type_, relationship, security.number([label] if label else []), "TREAT").outcome
                assert found == expected, (role, relationship, type_, label, interaction, who.purpose)


# (role, relationship): the groups they delete; export; are told changes of
MORE: dict[tuple[str, str], tuple[str, str, str]] = {}
for _far in access.RELATIONSHIPS:
    MORE["administrator", _far] = MORE["supervisor", _far] = (f"{ALL} audit",) * 3
    MORE["auditor", _far] = ("", "audit", "")
    MORE["records-clerk", _far] = ("", "work requests documents", "")
for _near in CLOSE:
    MORE["coordinator", _near] = MORE["senior", _near] = (ALL,) * 3
    MORE["clinician", _near] = (f"{CHART} directory knowledge",) * 3
    MORE["pharmacist", _near] = ("", "person work medicines findings", "")
    MORE["social-worker", _near] = ("", "person work requests documents plans findings money", "")
for _role in ("coordinator", "senior", "clinician", "pharmacist", "social-worker"):
    MORE[_role, "glass"] = ("", CHART, "")
for _role in ("coordinator", "senior", "clinician"):
    MORE[_role, "unowned"] = (ALL, "", "")
MORE["records-clerk", "unowned"] = (ALL, "work requests documents", "")


def test_deleting_exporting_and_being_told_are_as_written_by_hand_too() -> None:
    for role, relationship, type_ in itertools.product(PEOPLE, access.RELATIONSHIPS, TYPES):
        group, rows = access.group_of(type_), MORE.get((role, relationship), ("", "", ""))
        for interaction, groups in zip(("delete", "export", "subscribe"), rows, strict=True):
            granted = group in groups.split()
            for label in (None, *security.known()):
                expected = "deny" if not granted else "allow" if label is None else labelled(label, role, relationship)
                found = access._decide(role, interaction, type_, relationship, security.number([label] if label else []), "TREAT").outcome
                assert found == expected, (role, relationship, type_, label, interaction)


def test_those_who_care_may_not_look_for_the_sake_of_work() -> None:
    """Clinicians and pharmacists, mentors and the mentored, and whoever broke the glass are there for care, not for bills or operations."""
    for role, relationship, type_ in itertools.product(PEOPLE, access.RELATIONSHIPS, TYPES):
        for_care = role in ("clinician", "pharmacist") and relationship in CLOSE or relationship in ("mentoring", "glass")
        if for_care and role in CARING and role != "supervisor":
            for interaction, purpose in itertools.product(("see", "write", "export"), ("HPAYMT", "HOPERAT", "HLEGAL")):
                assert access._decide(role, interaction, type_, relationship, 1, purpose).outcome == "deny", (role, relationship, type_)


def test_the_tables_speak_of_every_role() -> None:
    assert set(PEOPLE) == set(STAFF) - {"system"} == {role for role, _ in HAND} and len(PEOPLE) == 10
    assert {role for role, _ in PORTAL} == {"patient", "related"}


# what a role writes of one kind of a type alone, by hand: (role, relationship) → types
SOCIAL = {("social-worker", _near): "Condition Observation Procedure" for _near in CLOSE} | {
    ("social-worker", "unowned"): "HealthcareService"
}


def test_what_is_social_is_written_by_social_workers_and_changes_nothing_else() -> None:
    for role, relationship, type_, interaction in itertools.product(PEOPLE, access.RELATIONSHIPS, TYPES, access.INTERACTIONS):
        plain, social = (access._decide(role, interaction, type_, relationship, 1, "TREAT", kind).outcome for kind in ("", "social"))
        more = interaction == "write" and type_ in SOCIAL.get((role, relationship), "").split()
        assert social == ("allow" if more else plain), (role, relationship, type_, interaction)
        assert not more or plain == "deny"


US_CORE = ("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "sdoh")
GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
FOOD, ENROLLED = (GRAVITY, "food-insecurity"), (GRAVITY, "program-enrollment")
CONCERN = ("http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern")
DIAGNOSIS = ("http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis")
SURVEY, LAB, VITAL = (
    ("http://terminology.hl7.org/CodeSystem/observation-category", code) for code in ("survey", "laboratory", "vital-signs")
)
Z594, E11 = (("http://hl7.org/fhir/sid/icd-10-cm", code) for code in ("Z59.41", "E11.9"))
LOINC, SNOMED = ("http://loinc.org", "63512-8"), ("http://snomed.info/sct", "73211009")


@pytest.mark.parametrize(("type_", "categories", "code", "kind"), [
    ("Condition", [CONCERN, US_CORE, FOOD], [Z594], "social"), ("Condition", [FOOD], [Z594], "social"),
    ("Condition", [CONCERN], [Z594], ""), ("Condition", [DIAGNOSIS, US_CORE], [Z594], ""), ("Condition", [US_CORE], [E11], ""),
    ("Condition", [US_CORE], [Z594, E11], ""), ("Condition", [US_CORE], [SNOMED], ""), ("Condition", [US_CORE], [], ""),
    ("Observation", [US_CORE, ENROLLED], [], "social"), ("Observation", [SURVEY, US_CORE], [LOINC], "social"),
    ("Observation", [LAB, US_CORE], [LOINC], ""), ("Observation", [VITAL], [LOINC], ""), ("Observation", [SURVEY], [LOINC], ""),
    ("Observation", [], [LOINC], ""), ("Procedure", [FOOD], [], "social"), ("Procedure", [], [SNOMED], ""),
    ("HealthcareService", [FOOD], [], "social"), ("HealthcareService", [SNOMED], [], ""),
])  # fmt: skip
def test_what_is_of_the_social_kind(type_: str, categories: list[tuple[str, str]], code: list[tuple[str, str]], kind: str) -> None:
    concepts = [{"coding": [{"system": system, "code": each}]} for system, each in categories]
    coded = {"coding": [{"system": system, "code": each} for system, each in code]}
    assert kinds.of({"resourceType": type_, "category": concepts, "code": coded}) == kind
    if type_ == "Procedure" and concepts:
        assert kinds.of({"resourceType": type_, "category": concepts[0], "code": coded}) == kind
    worded = {"resourceType": type_, "category": [*concepts, {"text": "Laboratory"}], "code": coded}
    assert kinds.of(worded) == "", "a category only in words may be a clinical one"


@pytest.mark.parametrize(("role", "interaction", "allowed"), [
    ("administrator", "staff", True), ("supervisor", "staff", True), ("coordinator", "staff", False), ("clinician", "staff", False),
    ("administrator", "relabel", True), ("supervisor", "relabel", True), ("senior", "relabel", False), ("records-clerk", "relabel", False),
    ("clinician", "glass", True), ("auditor", "glass", False), ("student", "glass", False), ("records-clerk", "glass", False),
])  # fmt: skip
def test_the_rare_rights(role: str, interaction: str, allowed: bool) -> None:
    who = Who("Practitioner/x", "X", role, (), "desk")
    type_ = "PractitionerRole" if interaction == "staff" else "Basic"
    held = ("unowned",) if interaction == "staff" else ()
    assert access.decide(who, interaction, type_, relationships=held).allowed is allowed


@pytest.mark.parametrize("purpose", ["HRESCH", "HMARKT", "nonsense", ""])
def test_a_purpose_nobody_allowed_allows_nothing(purpose: str) -> None:
    for role, type_ in itertools.product(PEOPLE, ("Patient", "Observation", "Task", "Organization")):
        held = ("unowned",) if type_ == "Organization" else access.RELATIONSHIPS[1:]
        assert not access.decide(Who("Practitioner/x", "X", role, (), "desk"), "see", type_, relationships=held, purpose=purpose).allowed


def test_payment_and_operations_see_nothing_the_patient_restricted() -> None:
    ana = Who("Practitioner/ana", "Ana", "coordinator", ("Organization/a",), "desk")
    for purpose, outcome in (("TREAT", "allow"), ("HPAYMT", "hide"), ("HOPERAT", "hide")):
        found = access.decide(ana, "see", "Observation", relationships=["assigned"], labels=["RESTRICTION"], purpose=purpose)
        assert found.outcome == outcome


def test_every_type_is_in_one_group_and_every_row_has_a_reason() -> None:
    groups = [type_ for types in security.policy()["groups"].values() for type_ in types.split()]
    assert sorted(groups) == sorted(TYPES)
    rows = [*access.grants(), *access.sensitive()]
    assert len({row.id for row in rows}) == len(rows) and all(row.why for row in rows)


# --- every way of reading --------------------------------------------------------------------------------------------------------------

TEAMS = ("a", "b", "c")
ANA = Who("Practitioner/ana", "Ana", "coordinator", ("Organization/a",), "desk")
CALLERS = [
    ANA,
    Who("Practitioner/bo", "Bo", "coordinator", ("Organization/b",), "desk"),
    Who("Practitioner/cy", "Cy", "coordinator", ("Organization/a", "Organization/b"), "desk", covering=("Organization/b",)),
    Who("Practitioner/sam", "Sam", "student", ("Organization/a",), "desk", mentoring=("Organization/a",)),
    Who("Practitioner/doc", "Doc", "clinician", (), "desk"),
    Who("Practitioner/pia", "Pia", "pharmacist", ("Organization/a",), "desk"),
    Who("Practitioner/sol", "Sol", "social-worker", ("Organization/b",), "desk"),
    Who("Practitioner/rex", "Rex", "records-clerk", (), "desk"),
    Who("Practitioner/aud", "Aud", "auditor", (), "desk"),
    Who("Practitioner/sue", "Sue", "supervisor", ("Organization/c",), "desk"),
    Who("Practitioner/ada", "Ada", "administrator", (), "desk"),
    Who("Practitioner/ada", "Ada", "administrator", (), "desk", purpose="HPAYMT"),
    Who("Practitioner/gus", "Gus", "clinician", ("Organization/c",), "desk"),
]
SOME = ("Observation", "Task", "Claim", "MedicationRequest", "DocumentReference", "Encounter")
LABELS = st.lists(st.sampled_from(list(security.known())), max_size=2, unique=True)


class Truth:
    """Everything that was put: whose it is, and how it is labelled; and how everybody stands to every patient."""

    def __init__(self) -> None:
        self.things: dict[tuple[str, str], tuple[str | None, int]] = {}
        self.patients: dict[str, dict[str, Any]] = {}

    def stands(self, who: Who, patient: str) -> set[str]:
        about, held = self.patients[patient], set()
        for team in about["teams"]:
            reference = f"Organization/{team}"
            if reference in who.teams:
                held.add("covering" if reference in who.covering else "mentoring" if reference in who.mentoring else "assigned")
        if about["treating"] == who.person:
            held.add("treating")
        return held

    def sees(self, who: Who, thing: tuple[str, str]) -> bool:
        patient, labels = self.things[thing]
        if patient is None:
            return access.decide(who, "see", thing[0], relationships=("unowned",), labels=labels).allowed
        reaching = self.patients[patient]["labels"] & security.wide()
        return access.decide(who, "see", thing[0], relationships=self.stands(who, patient), labels=labels | reaching).allowed

    def seen(self, who: Who) -> set[tuple[str, str]]:
        return {thing for thing in self.things if self.sees(who, thing)}


def meta(labels: list[str]) -> dict[str, Any]:
    return {"meta": {"security": [security.coding(each) for each in labels]}} if labels else {}


def thing(type_: str, patient: str | None, number: str, labels: list[str]) -> dict[str, Any]:
    whose = {"reference": f"Patient/{patient}"}
    made: dict[str, Any] = {"resourceType": type_, "id": f"{type_[:3].lower()}-{number}", **meta(labels)}
    coded = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    if type_ == "Observation":
        made |= {"status": "final", "code": coded} | ({"subject": whose} if patient else {})
    elif type_ == "Task":
        made |= {"status": "requested", "intent": "order"}
        made |= {"for": whose} if patient else {}
        made |= {"code": {"coding": [{"system": "https://baton.example/fhir/CodeSystem/promise", "code": "by-hand"}]}}
        made |= {"owner": {"reference": "Organization/a"}, "restriction": {"period": {"end": "2026-07-07T23:59:59-04:00"}}}
    elif type_ == "Claim":
        made |= {"status": "active", "type": coded, "use": "claim", "created": "2026-06-01", "patient": whose}
        made |= {
            "provider": {"reference": "Organization/a"},
            "priority": coded,
            "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "x"}}],
        }
    elif type_ == "MedicationRequest":
        made |= {"status": "active", "intent": "order", "medicationCodeableConcept": coded, "subject": whose}
    elif type_ == "DocumentReference":
        made |= {"status": "current", "content": [{"attachment": {"title": "x"}}]} | ({"subject": whose} if patient else {})
    else:
        made |= {"status": "planned", "class": {"code": "AMB"}, "subject": whose}
    return made


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[tuple[Store, Truth, Clock]]:
    """A store of its own, and the truth about it, both of which grow with every example."""
    clock = Clock()
    store = Store(module_database.app_dsn, clock=clock, zone=ZONE, key=KEY)
    ground(store)
    with store.change(HUB, because="ground") as change:
        change.put({**change.get("Organization", "b"), "id": "c", "name": "Team C"})
    yield store, Truth(), clock
    store.close()


@st.composite
def wards(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Patients, each with teams, somebody treating them, labels, and things with labels of their own."""
    return [
        {
            "teams": draw(st.lists(st.sampled_from(TEAMS), max_size=2, unique=True)),
            "treating": draw(st.sampled_from([None, "Practitioner/doc", "Practitioner/pia", "Practitioner/gus"])),
            "labels": draw(LABELS),
            "things": draw(st.lists(st.tuples(st.sampled_from(SOME), LABELS), max_size=4)),
            "loose": draw(st.lists(st.tuples(st.sampled_from(("Observation", "Task", "DocumentReference")), LABELS), max_size=1)),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]


def fill(store: Store, truth: Truth, ward: list[dict[str, Any]]) -> list[str]:
    made = []
    with store.change(HUB, because="a ward") as change:
        for each in ward:
            patient = f"p{len(truth.patients)}"
            made.append(patient)
            each["labels_"] = security.number(each["labels"])
            truth.patients[patient] = {"teams": each["teams"], "treating": each["treating"], "labels": each["labels_"]}
            change.put({"resourceType": "Patient", "id": patient, "name": [{"family": f"Zygmunt{patient}"}], **meta(each["labels"])})
            truth.things["Patient", patient] = (patient, each["labels_"])
            members = [f"Organization/{team}" for team in each["teams"]] + ([each["treating"]] if each["treating"] else [])
            if members:
                team = care_team(f"ct-{patient}", patient, "a")
                change.put({**team, "participant": [{"member": {"reference": member}} for member in members]})
                truth.things["CareTeam", f"ct-{patient}"] = (patient, security.ANY)
            for place, (type_, labels) in enumerate(each["things"]):
                resource = thing(type_, patient, f"{patient}-{place}", labels)
                change.put(resource)
                truth.things[type_, resource["id"]] = (patient, security.number(labels))
            for place, (type_, labels) in enumerate(each["loose"]):
                resource = thing(type_, None, f"loose-{patient}-{place}", labels)
                change.put(resource)
                truth.things[type_, resource["id"]] = (None, security.number(labels))
    return made


def ask(store: Store, who: Who, type_: str, *pairs: tuple[str, str]) -> set[tuple[str, str]]:
    with store.view(who) as view:
        page = view.search(query.parse(type_, [*pairs, ("_count", "1000")]))
        assert all(each.body for each in (*page.entries, *page.included))
        return {(each.type, each.id) for each in (*page.entries, *page.included)}


def shown(store: Store, who: Who, truth: Truth, patients: list[str]) -> set[tuple[str, str]]:
    """Whatever body comes out of any entrance, and whatever id."""
    out: set[tuple[str, str]] = set()
    for type_ in ("Patient", *SOME):
        out |= ask(store, who, type_, ("_sort", "-_lastUpdated"))
        out |= (
            ask(store, who, type_, ("_revinclude", "Observation:subject"), ("_revinclude", "Task:patient")) if type_ == "Patient" else set()
        )
    out |= ask(store, who, "Observation", ("code", "8302-2"), ("_include", "Observation:subject"))
    out |= ask(store, who, "Task", ("_include", "Task:patient"), ("_include", "Task:owner"))
    out |= ask(store, who, "Patient", ("_sort", "name"))
    with store.view(who) as view:
        for patient in patients:
            for read in (
                lambda patient=patient: [(type_, each["id"]) for type_, found in view.compartment(patient, SOME).items() for each in found],
                lambda patient=patient: [(each.type, each.id) for each in view.everything(patient).entries],
                lambda patient=patient: [(each.type, each.id) for each in view.history("Patient", patient).entries],
                lambda patient=patient: [("Patient", each.id) for _, each in view.patients(f"Zygmunt{patient}")],
            ):
                try:
                    out |= set(read())
                except NotFound:
                    continue
        out |= {(each.type, each.id) for each in view.history(count=1000).entries}
        out |= {(each.type, each.id) for type_ in SOME for each in view.history(type_, count=1000).entries}
        out |= {("Task", each.task_id) for each in view.promises(limit=1000)}
        out |= {("Patient", each.patient.partition("/")[2]) for each in view.promises(limit=1000) if each.patient and each.patient_body}
    with store.view(who, at=store.now()) as then:
        for patient in patients:
            for type_ in SOME:
                page = then.search(query.parse(type_, [("patient", f"Patient/{patient}")]))
                out |= {(each.type, each.id) for each in page.entries}
    return out


def readable(store: Store, who: Who, things: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """What can be read by its id: now, as a version, as known on a day, in a change."""
    found = set()
    with store.view(who) as view, store.view(who, at=store.now()) as then, store.change(who, because="reading") as change:
        for one in things:
            for read in (view.stored, then.stored, change.stored, lambda type_, id_: view.stored(type_, id_, 1)):
                try:
                    read(*one)
                except NotFound:
                    continue
                found.add(one)
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ward=wards())
def test_no_way_of_reading_leaks(world: tuple[Store, Truth, Clock], ward: list[dict[str, Any]]) -> None:
    store, truth, clock = world
    clock.move(minutes=1)
    patients = fill(store, truth, ward)
    mine = [one for one, (patient, _) in truth.things.items() if patient in patients or any(f"-{each}-" in one[1] for each in patients)]
    for who in CALLERS:
        seen = truth.seen(who)
        assert not {one for one in shown(store, who, truth, patients) if one in truth.things} - seen, who
        assert readable(store, who, mine) == seen & set(mine), who
        for type_ in ("Patient", "Observation", "Task", "Claim"):
            with store.view(who) as view:
                theirs = {one for one in ask(store, who, type_) if one in truth.things}
                assert theirs == {one for one in seen if one[0] == type_}, (who, type_)
                ours = len(ask(store, who, type_))
                assert view.search(query.parse(type_, [("_summary", "count")])).total == ours
        with store.view(who) as view:
            known = {("Patient", each) for each in ("zofia", "luis")} & ask(store, who, "Patient")
            assert view.patients_in_care() == len(known) + len([one for one in seen if one[0] == "Patient"])
            tasks = [one for one in seen if one[0] == "Task"]
            assert sum(view.promise_counts()[state] for state in ("late", "today", "coming", "waiting", "asleep")) == len(tasks)
        for patient in patients:
            chained = {one for one in ask(store, who, "Observation", ("subject:Patient.name", f"Zygmunt{patient}"))}
            assert not chained or ("Patient", patient) in seen  # no leading through somebody they cannot see
            having = ask(store, who, "Patient", ("_has:Observation:patient:code", "8302-2"), ("_id", patient))
            assert not having or any(one in seen and truth.things[one][0] == patient for one in seen if one[0] == "Observation")


def test_what_is_withheld_is_said_only_where_it_may_be(world: tuple[Store, Truth, Clock]) -> None:
    store, truth, _ = world
    ward = [
        {"teams": ["a"], "treating": None, "labels": [], "loose": [], "things": [("Observation", [label])]}
        for label in ("PSYTHPN", "SDV", "HIV")
    ]
    note, violence, hiv = fill(store, truth, ward)
    pia = next(who for who in CALLERS if who.role == "pharmacist")
    sam = next(who for who in CALLERS if who.role == "student")
    bo = CALLERS[1]
    expected = {
        (ANA, note): True, (ANA, violence): False, (ANA, hiv): False,
        (pia, note): True, (pia, violence): False, (pia, hiv): False,
        (sam, note): False, (sam, violence): False, (sam, hiv): False,
        (bo, note): False, (bo, violence): False, (bo, hiv): False,
    }  # fmt: skip
    for (who, patient), said in expected.items():
        with store.view(who) as view:
            assert view.withheld(f"Patient/{patient}") is said, (who.name, patient)


# --- the second wall -------------------------------------------------------------------------------------------------------------------


def test_without_the_first_wall_the_second_still_hides_every_body(
    world: tuple[Store, Truth, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, truth, _ = world
    ward = [
        {"teams": teams, "treating": treating, "labels": labels, "loose": [("Observation", ["INTAKE"])], "things": things}
        for teams, treating, labels in ((["a"], None, []), (["b"], "Practitioner/doc", []), ([], None, ["CEL"]), (["a"], None, ["CEL"]))
        for things in ([("Observation", []), ("Task", []), ("Claim", []), ("Observation", ["PSYTHPN"]), ("MedicationRequest", ["SDV"])],)
    ]
    patients = fill(store, truth, ward)
    mine = [one for one, (patient, _) in truth.things.items() if patient in patients]
    allowed = {who: truth.seen(who) for who in CALLERS}
    monkeypatch.setattr(Sight, "condition", lambda *_, **__: "true")
    monkeypatch.setattr(Holding, "decided", lambda *_: access.Decision("allow", "the first wall is gone"))
    from baton.store import view as view_module

    view_module._stored.cache_clear()
    try:
        for who in CALLERS:
            come_out: set[tuple[str, str]] = set()
            with store.view(who) as view, store.change(who, because="reading") as change:
                for one in mine:
                    for read in (view.stored, change.stored, lambda type_, id_: view.stored(type_, id_, 1)):
                        try:
                            read(*one)
                            come_out.add(one)
                        except Refused:
                            continue
                for type_ in ("Patient", "Observation", "Task", "Claim", "MedicationRequest"):
                    found = view.search(
                        query.parse(
                            type_,
                            [("_count", "1000"), ("_revinclude", "Observation:subject")] if type_ == "Patient" else [("_count", "1000")],
                        )
                    )
                    come_out |= {(each.type, each.id) for each in (*found.entries, *found.included)}
                    come_out |= {(each.type, each.id) for each in view.history(type_, count=1000).entries}
                for patient in patients:
                    come_out |= {(type_, each["id"]) for type_, found in view.compartment(patient, SOME).items() for each in found}
                    come_out |= {("Patient", each.id) for _, each in view.patients(f"Zygmunt{patient}")}
                come_out |= {("Task", each.task_id) for each in view.promises(limit=1000)}
            assert not {one for one in come_out if one in truth.things} - allowed[who], who
            assert allowed[who] & set(mine) <= come_out, who  # and it hides nothing that is theirs
    finally:
        view_module._stored.cache_clear()


def test_without_the_first_wall_the_second_still_counts_and_finds_only_what_is_theirs(
    world: tuple[Store, Truth, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, truth, _ = world
    ward = [
        {"teams": teams, "treating": None, "labels": labels, "loose": [], "things": [("Observation", []), ("Task", []), ("Task", ["SDV"])]}
        for teams, labels in ((["a"], []), (["b"], []), ([], ["CEL"]), (["a"], ["CEL"]))
    ]
    patients = fill(store, truth, ward)
    asked = ("Patient", "Observation", "Task")

    def told(who: Who) -> dict[str, Any]:
        with store.view(who) as view:
            return {
                "count": {type_: view.search(query.parse(type_, [("_summary", "count")])).total for type_ in asked},
                "find": {each: {stored.id for _, stored in view.patients(f"Zygmunt{each}")} & set(patients) for each in patients},
                "worklist": {row.task_id for row in view.promises(limit=1000)},
                "counts": view.promise_counts(),
                "standings": {each: found.open for each, found in view.standings([f"Patient/{one}" for one in patients]).items()},
                "care": view.patients_in_care(),
            }

    before = {who: told(who) for who in CALLERS}
    monkeypatch.setattr(Sight, "condition", lambda *_, **__: "true")
    without = {who: told(who) for who in CALLERS}
    for who in CALLERS:
        assert without[who] == before[who], who.name
    assert any(each["worklist"] for each in before.values()) and len({each["care"] for each in before.values()}) > 1


def test_no_statement_reads_the_index_past_its_wall() -> None:
    bare = re.compile(r"(?<!delete )\b(?:from|join) (?:promise|enrolment|reached|returned|worked)\b(?! where rid)")
    assert not {name for name, (_, statement) in queries().items() if bare.search(statement)}, "read its _seen or _counted instead"


def test_the_entrances_cannot_read_the_index_past_its_wall(module_database: Database) -> None:
    with psycopg.connect(module_database.app_dsn, autocommit=True) as connection:
        for table_ in ("promise", "enrolment", "reached", "returned", "worked"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select patient from {table_}")
            assert connection.execute(f"select count(*) from {table_}_seen").fetchone() == (0,), "nobody stands on it"


def test_the_second_wall_stands_on_any_postgresql(other_databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    from baton.store import view as view_module

    with other_databases.copied() as database:
        store = Store(database.app_dsn, clock=Clock(), zone=ZONE, key=KEY)
        try:
            ground(store)
            put(store, ANA, observation(id="x"))
            monkeypatch.setattr(Sight, "condition", lambda *_, **__: "true")
            view_module._stored.cache_clear()
            with store.view(ANA) as view:
                assert view.get("Observation", "x")
            with store.view(CALLERS[1]) as view:
                with pytest.raises(NotFound):
                    view.get("Observation", "x")
                assert view.find("Observation") == [] and view.find("Patient", _id="zofia") == []
        finally:
            view_module._stored.cache_clear()
            store.close()


def test_a_connection_nobody_stands_on_shows_nothing(world: tuple[Store, Truth, Clock], module_database: Database) -> None:
    import psycopg

    with psycopg.connect(module_database.app_dsn) as connection:
        assert connection.execute("select count(*) from version").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select body from version_row limit 1")


# --- writing ---------------------------------------------------------------------------------------------------------------------------


def put(store: Store, who: Who, resource: dict[str, Any]) -> Any:
    with store.change(who, because="a test") as change:
        return change.put(resource)


def test_writing_is_decided_too(store: Store) -> None:
    bo = CALLERS[1]
    sam = next(who for who in CALLERS if who.role == "student")
    pia = next(who for who in CALLERS if who.role == "pharmacist")
    put(store, ANA, observation(id="height"))
    for who, resource in (
        (bo, observation(id="new")),
        (bo, care_team("mine", "zofia", "b")),
        (sam, observation()),
        (pia, observation()),
        (
            ANA,
            {
                "resourceType": "Organization",
                "id": "d",
                "name": "D",
                "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "team"}]}],
            },
        ),
        (
            ANA,
            {
                "resourceType": "PractitionerRole",
                "practitioner": {"reference": "Practitioner/ana"},
                "code": [{"coding": [{"system": STAFF_ROLE, "code": "administrator"}]}],
            },
        ),
    ):
        with pytest.raises(Forbidden):
            put(store, who, resource)
    with pytest.raises(NotFound):
        put(store, bo, observation(id="height"))
    with pytest.raises(NotFound), store.change(bo, because="a test") as change:
        change.delete("Observation", "height")


def test_a_label_set_by_a_person_stays_until_somebody_may_take_it_away(store: Store) -> None:
    label = {"meta": {"security": [security.coding("SDV")]}}
    put(store, ANA, observation(id="x", **label))
    put(store, ANA, observation(id="x"))
    with store.view(ANA) as view:
        assert security.bits(view.get("Observation", "x")) == security.number(["SDV"])
    put(store, HUB, observation(id="x"))
    with store.view(ANA) as view:
        assert security.bits(view.get("Observation", "x")) == security.ANY


def test_what_is_labelled_later_was_sensitive_before(store: Store) -> None:
    sue = next(who for who in CALLERS if who.role == "supervisor")
    put(store, ANA, observation(id="x"))
    with store.view(sue) as view:
        assert view.stored("Observation", "x", 1)
    put(store, ANA, observation(id="x", meta={"security": [security.coding("SDV")]}))
    for read in (lambda view: view.stored("Observation", "x", 1), lambda view: view.history("Observation", "x")):
        with store.view(sue) as view, pytest.raises(NotFound):
            read(view)
    with store.view(ANA) as view:
        assert len(view.history("Observation", "x").entries) == 2


def test_a_broken_glass_opens_for_its_time_only(store: Store, clock: Clock, database: Database) -> None:
    import psycopg

    bo = CALLERS[1]
    put(store, ANA, observation(id="x"))
    with psycopg.connect(database.owner_dsn) as owner:
        owner.execute(
            "insert into panel (team, patient, rid, since, until) values (%s, %s, 999, %s, %s)",
            [key64("glass Practitioner/bo"), key64("Patient/zofia"), clock(), clock.time.replace(hour=15)],
        )
    with store.view(bo) as view:
        assert view.get("Observation", "x") and view.relationships("Patient/zofia") == ("glass",)
    clock.move(hours=1)
    with store.view(bo) as view, pytest.raises(NotFound):
        view.get("Observation", "x")


def test_roles_count_within_their_dates_and_say_how_one_stands(store: Store, clock: Clock) -> None:
    role = {"coding": [{"system": STAFF_ROLE, "code": "coordinator"}]}
    cover = {"extension": [{"url": "https://baton.example/fhir/StructureDefinition/relationship", "valueCode": "covering"}]}
    with store.change(HUB, because="ground") as change:
        change.put({"resourceType": "Practitioner", "id": "kim", "name": [{"family": "Kim"}]})
        who = {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/kim"}, "code": [role]}
        change.put({**who, "id": "one", "organization": {"reference": "Organization/a"}})
        change.put(
            {
                **who,
                "id": "two",
                **cover,
                "organization": {"reference": "Organization/b"},
                "period": {"start": "2026-07-03", "end": "2026-07-04"},
            }
        )
    kim = store.who("Practitioner/kim", entrance="desk")
    assert kim is not None and kim.teams == ("Organization/a",) and kim.covering == () and kim.also == ("PractitionerRole/one",)
    clock.move(days=1)
    kim = store.who("Practitioner/kim", entrance="api")
    assert kim is not None and set(kim.teams) == {"Organization/a", "Organization/b"} and kim.covering == ("Organization/b",)
    clock.move(days=2)
    kim = store.who("Practitioner/kim", entrance="cli")
    assert kim is not None and kim.teams == ("Organization/a",)


# --- the portal ------------------------------------------------------------------------------------------------------------------------

OWN = (
    "Patient RelatedPerson CareTeam Appointment Encounter EpisodeOfCare Task Communication ServiceRequest DocumentReference Binary Consent"
    " CarePlan Goal QuestionnaireResponse Condition Observation DiagnosticReport Procedure"
    " AllergyIntolerance Immunization ImmunizationEvaluation ImmunizationRecommendation Medication MedicationAdministration"
    " MedicationDispense MedicationRequest MedicationStatement DetectedIssue AdverseEvent"
)
WRITTEN = "Appointment Task Communication Observation DocumentReference Binary"
PORTAL: dict[tuple[str, str], tuple[str, str]] = {
    ("patient", "self"): (OWN, f"{WRITTEN} QuestionnaireResponse RelatedPerson Consent Goal"),
    ("related", "proxy"): (OWN.replace(" Consent", ""), WRITTEN),
    ("related", "helper"): ("Patient RelatedPerson CareTeam Appointment", "Appointment Task"),
}
"""What those who come through the portal see; then what they write. Nothing else, whoever's it is and however they stand."""
OPEN = {"patient": ("R", "V", "PART2", "SEX", "HIV", "ADOL", "CEL", "RESTRICTION"), "related": ("V", "CEL", "RESTRICTION")}


def test_the_portal_opens_what_is_written_by_hand_and_nothing_else() -> None:
    for role, relationship, type_ in itertools.product(("patient", "related"), access.RELATIONSHIPS, TYPES):
        purpose = {"patient": "PATRQT", "related": "FAMRQT"}[role]
        seen, written = (each.split() for each in PORTAL.get((role, relationship), ("", "")))
        public = relationship == "unowned" and access.group_of(type_) in ("directory", "knowledge")
        for label in (None, *security.known()):
            number = security.number([label] if label else [])

            def outcome(interaction: str, number: int = number) -> str:
                return access._decide(role, interaction, type_, relationship, number, purpose).outcome  # noqa: B023

            if not (public or type_ in seen):
                expected = "deny"
            elif label is None:
                expected = "allow"
            elif public:  # what is no patient's and labelled is not for those outside
                expected = "hide"
            else:
                expected = "allow" if label in OPEN[role] else "mask" if (role, label) == ("patient", "PSYTHPN") else "hide"
            assert outcome("see") == expected, (role, relationship, type_, label)
            assert (outcome("write") == "allow") == (type_ in written and (label is None or label in OPEN[role])), (role, type_, label)
            for never in ("delete", "relabel", "staff", "glass", "subscribe"):
                assert outcome(never) == "deny"
        assert access._decide(role, "see", type_, relationship, 1, "TREAT").outcome == "deny"


def let_in(patient: str, who: str, opens: str = "*", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "id": f"let-{patient}-{who.partition('/')[2]}",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "https://baton.example/fhir/CodeSystem/consent-kind", "code": "portal-access"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"text": "x"},
        "provision": {
            "type": "permit",
            "actor": [{"role": {"text": "x"}, "reference": {"reference": who}}],
            "class": [{"system": "http://hl7.org/fhir/resource-types", "code": opens}],
            **more,
        },
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ward=wards(), opens=st.sampled_from(["*", "Appointment"]))
def test_the_portal_leaks_nothing_of_anybody_else(world: tuple[Store, Truth, Clock], ward: list[dict[str, Any]], opens: str) -> None:
    store, truth, clock = world
    clock.move(minutes=1)
    patients = fill(store, truth, ward)
    mine, everything = patients[0], list(truth.things)
    with store.change(HUB, because="let in") as change:
        for patient in patients:
            change.put({"resourceType": "RelatedPerson", "id": f"kin-{patient}", "patient": {"reference": f"Patient/{patient}"}})
        change.put(let_in(mine, f"Patient/{mine}"))
        change.put(let_in(mine, f"RelatedPerson/kin-{mine}", opens))
    guests = {f"Patient/{mine}": "self", f"RelatedPerson/kin-{mine}": "proxy" if opens == "*" else "helper"}
    others = [f"Patient/{each}" for each in patients[1:]] + [f"RelatedPerson/kin-{each}" for each in patients[1:]]
    assert [store.guest(each) for each in others] == [None] * len(others)
    for person, relationship in guests.items():
        who = store.guest(person)
        assert who is not None and who.on_behalf_of == f"Patient/{mine}"

        def sees(thing: tuple[str, str], who: Who = who, relationship: str = relationship) -> bool:
            patient, labels = truth.things[thing]
            held = ("unowned",) if patient is None else (relationship,) if patient == mine else ()
            reaching = truth.patients[mine]["labels"] & security.wide() if patient == mine else 0
            return access.decide(who, "see", thing[0], relationships=held, labels=labels | reaching).allowed

        seen = {one for one in everything if sees(one)}
        assert {truth.things[one][0] for one in seen} <= {mine, None}
        assert not {one for one in shown(store, who, truth, patients) if one in truth.things} - seen
        assert readable(store, who, everything[-60:]) == seen & set(everything[-60:])
        for one in everything[-20:]:
            if truth.things[one][0] not in (mine, None):
                with pytest.raises(Refused), store.change(who, because="meddling") as change:
                    change.put({**change.get(*one), "language": "es"})
    nobody = Who(f"Patient/{mine}x", "X", "patient", (), "portal", "PATRQT")
    assert not {one for one in shown(store, nobody, truth, patients) if one in truth.things and truth.things[one][0] is not None}


def test_who_is_let_out_sees_nothing_from_that_moment(world: tuple[Store, Truth, Clock]) -> None:
    store, truth, clock = world
    (patient,) = fill(store, truth, [{"teams": ["a"], "treating": None, "labels": [], "loose": [], "things": [("Observation", [])]}])
    observation_ = next(one for one, (whose, _) in truth.things.items() if whose == patient and one[0] == "Observation")
    kin = f"RelatedPerson/kin-{patient}"
    with store.change(HUB, because="let in") as change:
        change.put({"resourceType": "RelatedPerson", "id": f"kin-{patient}", "patient": {"reference": f"Patient/{patient}"}})
        until = {"start": "2026-06-01", "end": (store.now().date()).isoformat()}
        change.put(let_in(patient, kin, period=until))
    who = store.guest(kin)
    assert who is not None
    with store.view(who) as view:
        assert view.get(*observation_)
    clock.move(days=2)  # it ran out by itself
    assert store.guest(kin) is None
    with pytest.raises(NotFound), store.view(who) as view:
        view.get(*observation_)
    with store.change(HUB, because="let in again") as change:
        change.put({**let_in(patient, kin), "id": f"again-{patient}"})
    with store.view(who) as view:
        assert view.get(*observation_)
        with store.change(HUB, because="out") as change:  # while they are looking
            change.put({**change.get("Consent", f"again-{patient}"), "status": "inactive"})
        with pytest.raises(NotFound):
            view.get(*observation_)
    assert store.guest(kin) is None
