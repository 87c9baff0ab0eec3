"""What a program's scopes let it reach: never more than the person it acts for, and nothing its scopes do not speak of, by any way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.folk import ANA, BO, HUB, KEY, SUE, ZONE, Clock, care_team, ground, promise

from baton.fhir.query import parse
from baton.fhir.scope import VERBS, Scope, read
from baton.store import Forbidden, NotFound, Store, Who
from baton.store.access import decide
from baton.store.limits import Limits
from baton.store.postgres import Database

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def observation(id_: str, patient: str, category: str = "laboratory") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{patient}"},
        "performer": [{"reference": "Practitioner/ana"}],
    }


def condition(id_: str, patient: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": id_, "subject": {"reference": f"Patient/{patient}"}, "code": {"text": "x"}}


def app(who: Who, scopes: str, patient: str | None = None) -> Who:
    """A program that acts for somebody."""
    return replace(who, entrance="api", limits=Limits("app", read(scopes).resources, patient))


@pytest.fixture(scope="module")
def chart(module_database: Database) -> Iterator[Store]:
    """Zofia and Maia of Team A, Luis of nobody's yet; each with a laboratory value, a vital sign and a problem."""
    store = Store(module_database.app_dsn, clock=Clock(), zone=ZONE, key=KEY)
    ground(store)
    with store.change(HUB, because="chart") as change:
        change.put({"resourceType": "Practitioner", "id": "ana", "name": [{"family": "Vega"}]})
        change.put({"resourceType": "Patient", "id": "maia", "name": [{"family": "Ito"}]})
        change.put(care_team("ct-maia", "maia", "a"))
        for patient in ("zofia", "maia", "luis"):
            change.put(observation(f"lab-{patient}", patient))
            change.put(observation(f"vital-{patient}", patient, "vital-signs"))
            change.put(condition(f"problem-{patient}", patient))
    yield store
    store.close()


def found(store: Store, who: Who, type_: str, query: str = "") -> set[str]:
    with store.view(who) as view:
        return {each.id for each in view.search(parse(type_, query)).entries}


@pytest.mark.parametrize(
    ("scopes", "patient", "seen"),
    [
        ("user/Observation.s", None, {"lab-zofia", "vital-zofia", "lab-maia", "vital-maia"}),
        ("patient/Observation.s", "Patient/zofia", {"lab-zofia", "vital-zofia"}),
        ("patient/*.rs", "Patient/maia", {"lab-maia", "vital-maia"}),
        (f"patient/Observation.rs?category={CATEGORY}|laboratory", "Patient/zofia", {"lab-zofia"}),
        ("user/Observation.rs?category=laboratory", None, {"lab-zofia", "lab-maia"}),
        ("user/Observation.rs?category=laboratory,vital-signs", None, {"lab-zofia", "vital-zofia", "lab-maia", "vital-maia"}),
        ("user/Observation.rs?category=laboratory&category=vital-signs", None, set()),
        (
            "patient/Observation.rs?category=laboratory user/Observation.rs?category=vital-signs",
            "Patient/zofia",
            {"lab-zofia", "vital-zofia", "vital-maia"},
        ),
        ("patient/Observation.rs", "Patient/luis", set()),  # not Ana's patient: a scope does not widen
    ],
)
def test_a_search_finds_what_person_and_scopes_both_allow(chart: Store, scopes: str, patient: str | None, seen: set[str]) -> None:
    who = app(ANA, scopes, patient)
    assert found(chart, who, "Observation") == seen
    with chart.view(who) as view:
        assert view.search(parse("Observation", "_summary=count")).total == len(seen)
        assert view.search(parse("Observation", "_total=accurate&_count=1")).total == len(seen)
        assert {each.id for each in view.search(parse("Observation", "_sort=-_lastUpdated")).entries} == seen


@pytest.mark.parametrize(
    "query",
    [
        "Condition",
        "Condition?subject:Patient.name=Nowak",
        "Observation?subject:Patient.name=Nowak",
        "Patient?_has:Condition:subject:code=x",
    ],
)
def test_what_no_scope_speaks_of_is_refused_by_name_through_chains_too(chart: Store, query: str) -> None:
    type_, _, text = query.partition("?")
    with pytest.raises(Forbidden, match=r"it takes the scope user/\w+\.s"):
        found(chart, app(ANA, "user/Observation.rs user/Patient.r"), type_, text)


def test_one_resource(chart: Store) -> None:
    with chart.view(app(ANA, "patient/Observation.r?category=laboratory patient/Patient.r", "Patient/zofia")) as view:
        assert view.get("Observation", "lab-zofia")["id"] == "lab-zofia"
        for hidden in ("vital-zofia", "lab-maia", "lab-luis", "nothing"):
            with pytest.raises(NotFound):
                view.get("Observation", hidden)
        with pytest.raises(Forbidden, match="patient/Condition.r"):
            view.get("Condition", "problem-zofia")
        with pytest.raises(Forbidden, match="without search parameters"):
            view.stored("Observation", "lab-zofia", version=1)
        assert view.stored("Patient", "zofia", version=1).version == 1
        with pytest.raises(NotFound):
            view.stored("Patient", "maia", version=1)


def test_what_comes_along_obeys_too(chart: Store) -> None:
    def along(scopes: str, type_: str, query: str) -> set[str]:
        with chart.view(app(ANA, scopes, "Patient/zofia")) as view:
            return {each.reference for each in view.search(parse(type_, query)).included}

    include = "_id=lab-zofia&_include=Observation:subject&_include=Observation:performer"
    assert along("patient/Observation.s", "Observation", include) == set()
    assert along("patient/Observation.s patient/Patient.r", "Observation", include) == {"Patient/zofia"}
    assert along("patient/*.rs user/Practitioner.r", "Observation", include) == {"Patient/zofia", "Practitioner/ana"}
    reverse = "_id=zofia&_revinclude=Observation:subject"
    assert along("patient/Patient.s patient/Observation.s?category=laboratory", "Patient", reverse) == {"Observation/lab-zofia"}
    with pytest.raises(Forbidden, match="patient/Observation.s"):
        along("patient/Patient.s patient/Observation.r", "Patient", reverse)


def test_histories_and_everything(chart: Store) -> None:
    who = app(ANA, "patient/Observation.rs?category=laboratory patient/Condition.rs patient/Patient.rs", "Patient/zofia")
    with chart.view(who) as view:
        assert {each.reference for each in view.everything("zofia").entries} == {
            "Patient/zofia",
            "Observation/lab-zofia",
            "Condition/problem-zofia",
        }
        with pytest.raises(NotFound):
            view.everything("maia")
        assert {each.reference for each in view.history().entries} == {"Patient/zofia", "Condition/problem-zofia"}
        assert {each.id for each in view.history("Condition").entries} == {"problem-zofia"}
        with pytest.raises(NotFound):
            view.history("Condition", "problem-maia")
        with pytest.raises(Forbidden, match="without search parameters"):
            view.history("Observation")


def test_what_was_once_somebody_elses_does_not_come_back_through_its_versions(store: Store) -> None:
    """An observation filed to Luis, then corrected to Zofia."""
    put(store, HUB, care_team("ct-luis", "luis", "a"))
    for patient in ("luis", "zofia"):
        put(store, HUB, observation("moved", patient))
    who = app(ANA, "patient/Observation.rs", "Patient/zofia")
    with store.view(who) as view:
        assert view.stored("Observation", "moved", version=2).version == 2
        with pytest.raises(NotFound):
            view.stored("Observation", "moved", version=1)
        for page in (view.history("Observation", "moved"), view.history("Observation"), view.history()):
            assert [each.version for each in page.entries] == [2]


def test_the_record_of_who_looked_is_not_one_patients(chart: Store) -> None:
    ada = replace(SUE, role="auditor")
    for scopes, patient in (("patient/*.rs", "Patient/zofia"), ("user/Observation.rs", None)):
        with chart.view(app(ada, scopes, patient)) as view, pytest.raises(Forbidden):
            view.search(parse("AuditEvent", "_count=1"))
    with chart.view(app(ada, "user/AuditEvent.rs")) as view:
        assert view.search(parse("AuditEvent", "_count=1")).entries
    with chart.view(app(ANA, "user/AuditEvent.rs")) as view, pytest.raises(Forbidden):
        view.search(parse("AuditEvent", "_count=1"))


def test_an_app_does_not_learn_that_something_is_withheld_of_a_patient_it_is_not_for() -> None:
    assert Limits("app", read("patient/*.rs").resources, "Patient/zofia").about("Patient/zofia")
    assert not Limits("app", read("patient/*.rs user/Task.rs").resources, "Patient/zofia").about("Patient/maia")
    assert Limits("app", read("user/Patient.s").resources, None).about("Patient/maia")


def test_pages_of_the_desk_are_not_for_apps(chart: Store) -> None:
    view = chart.view(app(SUE, "user/*.cruds"))
    asked: list[Callable[[], object]] = [
        lambda: view.patients("Nowak"),
        lambda: view.people("Vega"),
        lambda: view.promises(),
        lambda: view.promise_counts(),
        lambda: view.promise_tally(),
        lambda: view.patients_in_care(),
        lambda: view.standings(["Patient/zofia"]),
        lambda: view.pressing("late"),
        lambda: view.promises_closed(),
        lambda: view.promises_due([], chart.now(), chart.now()),
        lambda: view.compartment("zofia", ["Observation"]),
        lambda: chart.view(app(SUE, "user/*.cruds"), at=chart.now()),
    ]
    for ask in asked:
        with pytest.raises(Forbidden):
            ask()


# --- writing -----------------------------------------------------------------------------------------------------------------------


def put(store: Store, who: Who, resource: dict[str, Any]) -> None:
    with store.change(who, because="an app") as change:
        change.put(resource)


def test_writing_needs_the_verb_and_the_row(store: Store) -> None:
    put(store, HUB, observation("lab", "zofia"))
    put(store, HUB, observation("vital", "zofia", "vital-signs"))
    put(store, HUB, care_team("ct-luis", "luis", "a"))
    scopes = (
        "patient/Observation.c?category=laboratory patient/Observation.u?category=vital-signs patient/Observation.d?category=laboratory"
    )
    who = app(ANA, scopes, "Patient/zofia")
    new = observation("", "zofia")
    del new["id"]
    put(store, who, new)
    put(store, who, {**observation("vital", "zofia", "vital-signs"), "status": "amended"})
    with pytest.raises(NotFound):  # a laboratory value may be made, not changed
        put(store, who, observation("lab", "zofia", "vital-signs"))
    with pytest.raises(Forbidden):  # nor may a vital sign become one
        put(store, who, observation("vital", "zofia", "laboratory"))
    with pytest.raises(Forbidden):  # another patient, though Ana may
        put(store, who, {**new, "subject": {"reference": "Patient/luis"}})
    with pytest.raises(Forbidden):  # nor moved there
        put(store, who, observation("vital", "luis", "vital-signs"))
    with pytest.raises(Forbidden, match=r"patient/Condition\.c"):
        put(store, who, {"resourceType": "Condition", "subject": {"reference": "Patient/zofia"}})
    with pytest.raises(NotFound):
        with store.change(who, because="an app") as change:
            change.delete("Observation", "vital")
    with store.change(who, because="an app") as change:
        change.delete("Observation", "lab")
    assert found(store, HUB, "Observation") == {"vital"} | found(store, HUB, "Observation", "category=laboratory")
    with store.view(HUB) as view:
        assert view.get("Observation", "vital")["subject"] == {"reference": "Patient/zofia"}


def test_a_scope_does_not_widen_what_its_person_may_write(store: Store) -> None:
    new = observation("", "zofia")
    del new["id"]
    with pytest.raises(Forbidden, match="panel"):
        put(store, app(BO, "user/*.cruds"), new)
    with pytest.raises(Forbidden, match="panel"):
        put(store, app(BO, "patient/*.cruds", "Patient/zofia"), new)
    assert not found(store, HUB, "Observation")


def test_what_the_house_does_in_answer_is_not_bound_by_scopes(make_store: Callable[..., Store]) -> None:
    def reaction(before: Any, after: Any, view: Any) -> list[dict[str, Any]]:
        return [promise("zofia")] if view.find("Patient", _id="zofia") and not view.find("Task") else []

    store = make_store(reactions={"Condition": [reaction]}, guards={"Condition": [lambda before, after, view: view.find("Task") and []]})
    ground(store)
    put(store, app(ANA, "patient/Condition.c", "Patient/zofia"), {"resourceType": "Condition", "subject": {"reference": "Patient/zofia"}})
    assert len(found(store, HUB, "Task")) == 1


# --- whatever a scope says -----------------------------------------------------------------------------------------------------------

TYPES = ("Patient", "Observation", "Condition", "Practitioner")
scopes = st.lists(
    st.builds(
        Scope,
        st.sampled_from(["patient", "user", "system"]),
        st.sampled_from(["*", *TYPES]),
        st.sets(st.sampled_from(VERBS), min_size=1).map(lambda some: "".join(verb for verb in VERBS if verb in some)),
    )
    | st.sampled_from(
        [Scope("patient", "Observation", "rs", "category=laboratory"), Scope("user", "Observation", "s", "category=vital-signs")]
    ),
    max_size=4,
)


def all_seen(store: Store, who: Who) -> set[str]:
    """Everything somebody can lay eyes on, by every way in."""
    seen: set[str] = set()
    with store.view(who) as view:
        for type_ in TYPES:
            for ask in (
                lambda type_=type_: view.search(parse(type_, "_include=*")),
                lambda type_=type_: view.search(parse(type_, "_revinclude=Observation:subject&_revinclude=Condition:subject")),
                lambda type_=type_: view.history(type_),
            ):
                try:
                    page = ask()
                except Forbidden:
                    continue
                seen |= {each.reference for each in [*page.entries, *page.included]}
        for patient in ("zofia", "maia", "luis"):
            try:
                seen |= {each.reference for each in view.everything(patient).entries}
            except (Forbidden, NotFound):
                continue
        seen |= {each.reference for each in view.history().entries}
    return seen


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(granted=scopes, patient=st.sampled_from([None, "Patient/zofia", "Patient/maia", "Patient/luis"]))
def test_no_scopes_widen_what_somebody_sees(chart: Store, granted: list[Scope], patient: str | None) -> None:
    limits = Limits("app", tuple(granted), patient)
    seen = all_seen(chart, replace(ANA, entrance="api", limits=limits))
    assert seen <= all_seen(chart, ANA)
    for reference in seen:
        type_, _, id_ = reference.partition("/")
        speaking = limits.granted(type_, "rs")
        assert speaking, reference
        if all(scope.level == "patient" for scope in speaking) and patient:
            assert id_.endswith(patient.removeprefix("Patient/")), reference


@given(text=st.text(alphabet="patientuserysm/.*?=&cruds|ObservationPatient", max_size=80))
def test_no_text_of_a_scope_grants_without_saying_so(text: str) -> None:
    limits = Limits("app", read(text).resources, None)
    for type_ in TYPES:
        for verb in VERBS:
            assert bool(limits.granted(type_, verb)) == any(
                each.covers(type_, verb) and each.level != "patient" for each in read(text).resources
            )


def test_the_one_decision_knows_of_scopes() -> None:
    who = app(SUE, "user/Observation.rs")
    assert decide(who, "read", "Observation", relationships=["assigned"]).allowed
    assert not decide(who, "update", "Observation", relationships=["assigned"]).allowed
    assert not decide(who, "read", "Condition", relationships=["assigned"]).allowed
