"""The grammar of SMART scopes: what is read, what is refused, and that two lists together never grant more than either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.fhir.outcome import Bad
from baton.fhir.scope import LEVELS, VERBS, Scope, Scopes, meet, one, read

LAB = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("patient/Observation.rs", Scope("patient", "Observation", "rs")),
        ("user/*.cruds", Scope("user", "*", "cruds")),
        ("system/Patient.s", Scope("system", "Patient", "s")),
        (f"patient/Observation.rs?category={LAB}", Scope("patient", "Observation", "rs", f"category={LAB}")),
        ("patient/*.read", Scope("patient", "*", "rs")),
        ("user/Task.write", Scope("user", "Task", "cud")),
        ("user/*.*", Scope("user", "*", "cruds")),
    ],
)
def test_scopes_of_both_versions_are_read(word: str, meant: Scope) -> None:
    assert one(word) == meant
    assert one(str(meant)) == meant


@pytest.mark.parametrize(
    "word",
    [
        "patient/Observation",
        "patient/Observation.",
        "patient/Observation.sr",  # out of order
        "patient/Observation.rr",
        "patient/Observation.x",
        "Patient/Observation.rs",
        "admin/Observation.rs",
        "patient/Nothing.rs",
        "patient/*.rs?category=x",  # no parameter is every type's
        "patient/Observation.rs?category:not=x",
        "patient/Observation.rs?category=x&_count=5",
        "patient/Observation.rs?_id=5",
        "patient/Observation.rs?date=2020",
        "patient/Observation.rs?nonsense=1",
        "patient/Observation.rs?category=",
        "patient/Observation.rs?category=x&category=",
        "patient/Observation.rs?",
        "patient/Observation.rs?subject:Patient.name=x",
        "patient/Observation.rs?_has:Provenance:target:agent=1",
        'patient/Observation.rs?category="x"',
    ],
)
def test_what_is_no_scope_grants_nothing_and_is_refused_where_it_must_be_right(word: str) -> None:
    assert not read(word).resources
    with pytest.raises(Bad):
        read(word, strict=True)


def test_a_list_keeps_its_order_and_says_each_once() -> None:
    scopes = read("openid patient/*.rs launch/patient patient/*.read unknown offline_access openid")
    assert str(scopes) == "openid launch/patient offline_access patient/*.rs"


@pytest.mark.parametrize(
    ("asked", "allowed", "granted"),
    [
        ("patient/*.rs", "patient/*.cruds", "patient/*.rs"),
        ("patient/*.cruds", "patient/Observation.rs", "patient/Observation.rs"),
        ("patient/*.rs", "user/*.rs", ""),
        ("patient/Observation.rs", "patient/Observation.rs?category=a", "patient/Observation.rs?category=a"),
        ("patient/Observation.rs?category=a", "patient/Observation.s?category=b", "patient/Observation.s?category=a&category=b"),
        ("patient/Observation.c", "patient/Observation.rs", ""),
        ("openid launch", "openid", "openid"),
        ("user/*.rs", "user/*.rs user/Task.rs", "user/*.rs"),
    ],
)
def test_two_lists_together(asked: str, allowed: str, granted: str) -> None:
    assert str(meet(read(asked), read(allowed))) == granted


words = st.builds(
    Scope,
    st.sampled_from(LEVELS),
    st.sampled_from(["*", "Patient", "Observation", "Task"]),
    st.sets(st.sampled_from(VERBS), min_size=1).map(lambda some: "".join(verb for verb in VERBS if verb in some)),
)
lists = st.lists(words, max_size=4).map(lambda some: Scopes(tuple(some)))


@given(lists, lists)
def test_two_lists_together_never_grant_more_than_either(asked: Scopes, allowed: Scopes) -> None:
    def grants(scopes: Scopes) -> set[tuple[str, str, str]]:
        types = ("Patient", "Observation", "Task", "Condition")
        return {(each.level, type_, verb) for each in scopes.resources for type_ in types for verb in VERBS if each.covers(type_, verb)}

    assert grants(meet(asked, allowed)) == grants(asked) & grants(allowed)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    scopes = read(text)
    assert read(str(scopes)) == scopes
