import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.fhir import definitions
from baton.fhir.outcome import Bad
from baton.fhir.query import Amount, Chain, Clause, Include, Moment, Query, Reference, Sort, Text, Token, parse

SIMPLE = [
    ("Patient", "name=Smith", Clause("name", "string", None, (Text("Smith"),))),
    ("Patient", "name=Smith,Jones", Clause("name", "string", None, (Text("Smith"), Text("Jones")))),
    ("Patient", "name:exact=O%27Hara%20Jr", Clause("name", "string", "exact", (Text("O'Hara Jr"),))),
    ("Patient", "name:contains=a+b", Clause("name", "string", "contains", (Text("a b"),))),
    ("Patient", "name=Jos%C3%A9", Clause("name", "string", None, (Text("José"),))),
    ("Patient", r"name=a\,b,c\\,d\$e", Clause("name", "string", None, (Text("a,b"), Text("c\\"), Text("d$e")))),
    ("Patient", "name=a%2Cb", Clause("name", "string", None, (Text("a"), Text("b")))),
    ("Patient", "name=,a,", Clause("name", "string", None, (Text("a"),))),
    ("Patient", "identifier=1", Clause("identifier", "token", None, (Token(None, "1"),))),
    ("Patient", "identifier=s|1", Clause("identifier", "token", None, (Token("s", "1"),))),
    ("Patient", "identifier=|1", Clause("identifier", "token", None, (Token("", "1"),))),
    ("Patient", "identifier=s|", Clause("identifier", "token", None, (Token("s", None),))),
    ("Patient", r"identifier=s|1\|2", Clause("identifier", "token", None, (Token("s", "1|2"),))),
    ("Patient", "identifier:of-type=s|MR|4711", Clause("identifier", "token", "of-type", (Token("s", "MR|4711"),))),
    ("Patient", "gender:not=male", Clause("gender", "token", "not", (Token(None, "male"),))),
    ("Patient", "gender:missing=true", Clause("gender", "token", "missing", (True,))),
    ("Patient", "_id=a,b", Clause("_id", "token", None, (Token(None, "a"), Token(None, "b")))),
    ("Patient", "_tag=s|t", Clause("_tag", "token", None, (Token("s", "t"),))),
    ("Patient", "_security=R", Clause("_security", "token", None, (Token(None, "R"),))),
    ("Patient", "_profile=https://x.example/S", Clause("_profile", "uri", None, (Text("https://x.example/S"),))),
    ("Patient", "_lastUpdated=gt2026-07-02", Clause("_lastUpdated", "date", None, (Moment("gt", "2026-07-02"),))),
    ("Patient", "birthdate=1948", Clause("birthdate", "date", None, (Moment("eq", "1948"),))),
    (
        "Patient",
        "birthdate=le1948-02,ap1950-01-01",
        Clause("birthdate", "date", None, (Moment("le", "1948-02"), Moment("ap", "1950-01-01"))),
    ),
    ("Observation", "date=2026-07-02T14:10+02:00", Clause("date", "date", None, (Moment("eq", "2026-07-02T14:10+02:00"),))),
    ("Observation", "date=2026-07-02T14:10%2B02:00", Clause("date", "date", None, (Moment("eq", "2026-07-02T14:10+02:00"),))),
    ("Observation", "subject=Patient/1", Clause("subject", "reference", None, (Reference("Patient/1", ("Patient",), "1"),))),
    ("Observation", "patient=1", Clause("patient", "reference", None, (Reference("1", ("Patient",), "1"),))),
    ("Observation", "subject:Patient=1", Clause("subject", "reference", "Patient", (Reference("1", ("Patient",), "1"),))),
    ("Observation", "subject=Patient/1/_history/2", Clause("subject", "reference", None, (Reference("Patient/1", ("Patient",), "1"),))),
    (
        "Observation",
        "subject=https://e.example/Patient/1",
        Clause("subject", "reference", None, (Reference("https://e.example/Patient/1"),)),
    ),
    ("Observation", "subject:identifier=s|1", Clause("subject", "reference", "identifier", (Token("s", "1"),))),
    (
        "Observation",
        "value-quantity=ge5.40|http://u|mg",
        Clause("value-quantity", "quantity", None, (Amount("ge", "5.40", "http://u", "mg"),)),
    ),
    ("Observation", "value-quantity=5||mg", Clause("value-quantity", "quantity", None, (Amount("eq", "5", None, "mg"),))),
    ("RiskAssessment", "probability=gt0.8", Clause("probability", "number", None, (Amount("gt", "0.8"),))),
    ("Observation", "code-value-quantity=s|c$5", Clause("code-value-quantity", "composite", None, (Text("s|c$5"),))),
]


@pytest.mark.parametrize("kind, asked, clause", SIMPLE, ids=[row[1] for row in SIMPLE])
def test_one_clause(kind: str, asked: str, clause: Clause) -> None:
    assert parse(kind, asked) == Query(kind, (clause,))


def test_bare_ids_may_be_of_any_type_that_the_parameter_points_to() -> None:
    (clause,) = parse("Observation", "subject=1").clauses
    (value,) = clause.values
    assert isinstance(value, Reference) and {"Patient", "Group", "Device", "Location"} == set(value.types)


def test_repeated_is_and() -> None:
    assert [clause.param for clause in parse("Patient", "given=a&given=b&name=").clauses] == ["given", "given"]


def test_chains() -> None:
    name = Clause("name", "string", None, (Text("x"),))
    assert parse("Observation", "subject:Patient.name=x").clauses == (Clause("subject", "reference", chain=(Chain("Patient", name),)),)
    assert {chain.type for chain in parse("Observation", "subject.name=x").clauses[0].chain} == {"Patient", "Location"}
    (two,) = parse("Observation", "patient.organization.name:exact=x").clauses
    organization = two.chain[0].clause
    assert (two.param, two.chain[0].type, organization.param, organization.chain[0].type) == (
        "patient",
        "Patient",
        "organization",
        "Organization",
    )
    assert organization.chain[0].clause == Clause("name", "string", "exact", (Text("x"),))


def test_reverse_chains() -> None:
    code = Clause("code", "token", None, (Token(None, "1"),))
    has = Clause("_has", "has", chain=(Chain("Observation", code, "patient"),))
    assert parse("Patient", "_has:Observation:patient:code=1").clauses == (has,)
    inner = Clause(
        "_has",
        "has",
        chain=(Chain("AuditEvent", Clause("agent", "reference", None, (Reference("Practitioner/1", ("Practitioner",), "1"),)), "entity"),),
    )
    nested = parse("Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/1").clauses
    assert nested == (Clause("_has", "has", chain=(Chain("Observation", inner, "patient"),)),)


def test_what_shapes_the_answer() -> None:
    query = parse(
        "Observation",
        "_sort=-date,code&_count=20&_include=Observation:subject:Patient&_include:iterate=Patient:organization&_revinclude=Provenance:target"
        "&_total=accurate&_summary=count&_elements=id,status&_format=json&_pretty=true&_cursor=abc&_include=*",
    )
    assert query == Query(
        "Observation",
        sort=(Sort("date", True), Sort("code")),
        count=20,
        includes=(
            Include("Observation", "subject", "Patient"),
            Include("Patient", "organization", None, True),
            Include("Observation", "*"),
        ),
        revincludes=(Include("Provenance", "target"),),
        total="accurate",
        summary="count",
        elements=("id", "status"),
        cursor="abc",
    )
    assert parse("Patient", "_summary=false&_count=0") == Query("Patient", count=0)
    assert parse("Patient", [("name", "a&b=c")]).clauses[0].values == (Text("a&b=c"),)
    assert parse("Patient", "") == Query("Patient")


REFUSED = [
    ("Patient", "nam=x", "not-supported", "nam"),
    ("Patient", "nam=", "not-supported", "nam"),
    ("Patient", "_text=x", "not-supported", "_text"),
    ("Patient", "name:fuzzy=x", "not-supported", "name:fuzzy"),
    ("Patient", "birthdate:exact=1948", "not-supported", "birthdate:exact"),
    ("Patient", "birthdate=2026-02-30", "invalid", "birthdate"),
    ("Patient", "birthdate=yesterday", "invalid", "birthdate"),
    ("Patient", "birthdate=zz1948", "invalid", "birthdate"),
    ("Patient", "gender:missing=maybe", "invalid", "gender:missing"),
    ("Patient", "_count=-1", "invalid", "_count"),
    ("Patient", "_count=ten", "invalid", "_count"),
    ("Patient", "_sort=shoe-size", "not-supported", "_sort"),
    ("Patient", "_total=roughly", "invalid", "_total"),
    ("Patient", "_summary=short", "invalid", "_summary"),
    ("Patient", "_contained=true", "invalid", "_contained"),
    ("Patient", "_include=Observation", "not-supported", "_include"),
    ("Patient", "_include=Nothing:x", "invalid", "_include"),
    ("Patient", "_include=Patient:name", "not-supported", "_include"),
    ("Patient", "_revinclude=*", "invalid", "_revinclude"),
    ("Patient", "_include:all=Patient:organization", "not-supported", "_include:all"),
    ("Patient", "name.family=x", "invalid", "name.family"),
    ("Patient", "organization:Nothing.name=x", "invalid", "organization:Nothing.name"),
    ("Patient", "organization.shoe=x", "not-supported", "organization.shoe"),
    ("Patient", "_has:Observation:code=1", "invalid", "_has:Observation:code"),
    ("Patient", "_has:Nothing:patient:code=1", "invalid", "_has:Nothing:patient:code"),
    ("Patient", "_has:Observation:encounter:code=1", "not-supported", "_has:Observation:encounter:code"),
    ("Patient", "_has", "not-supported", "_has"),
    ("RiskAssessment", "probability=much", "invalid", "probability"),
    ("Observation", "value-quantity=1|a|b|c", "invalid", "value-quantity"),
    ("Provenance", "target.target.target.agent=x", "too-costly", "target.target.target.agent"),
    ("Patient", "link." * 12 + "name=x", "not-supported", "link." * 12 + "name"),
    ("Patient", "name=%FF", "invalid", None),
    ("Patient", "&".join(["name=x"] * 300), "too-costly", None),
    ("Nothing", "", "not-found", None),
]


@pytest.mark.parametrize("kind, asked, code, expression", REFUSED, ids=[row[1][:40] for row in REFUSED])
def test_what_cannot_be_understood_is_named(kind: str, asked: str, code: str, expression: str | None) -> None:
    with pytest.raises(Bad) as refusal:
        parse(kind, asked)
    issue = refusal.value.issues[0]
    assert (issue.code, issue.expression) == (code, expression)
    assert refusal.value.status == (404 if code == "not-found" else 400)


_names = st.sampled_from(
    ["name", "birthdate", "_has", "_sort", "_include", "_count", "identifier", "general-practitioner", "link", "_elements", "a"]
)
_pieces = st.lists(
    _names | st.sampled_from([":", ".", "=", ",", "|", "\\", "%", "&", "Patient", "missing", "2026", "$", "+"]) | st.text(max_size=3),
    max_size=12,
)


@settings(max_examples=500)
@given(st.sampled_from(sorted(definitions.TYPES)), st.text() | _pieces.map("".join))
def test_parse_raises_nothing_but_bad(kind: str, asked: str) -> None:
    try:
        parse(kind, asked)
    except Bad as refusal:
        assert refusal.issues[0].text


@settings(max_examples=300)
@given(_pieces.map("".join), _pieces.map("".join))
def test_pairs_raise_nothing_but_bad(name: str, value: str) -> None:
    try:
        parse("Patient", [(name, value)])
    except Bad as refusal:
        assert refusal.issues[0].text
