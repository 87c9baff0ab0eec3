"""Whatever comes from outside, every parser answers with a value or a refusal of its own kind: no other exception, and in time."""

from __future__ import annotations

import gzip
import json
import tempfile
import time
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baton.duties.records import inbound_reader
from baton.duties.records.documents import LONGEST
from baton.fhir import bundle, dates, query, resource, validate
from baton.fhir.extract import extract
from baton.fhir.outcome import Bad
from baton.intake import sources
from baton.intake.sources import Refusal
from baton.rules.matching import Said
from baton.uploads import Upload, UploadRefusedError
from baton.worker import arrivals

ZONE = ZoneInfo("America/New_York")
FUZZ = settings(max_examples=200, deadline=timedelta(seconds=5), database=None, suppress_health_check=list(HealthCheck))
WORDS = """
resourceType id meta entry request method url fullUrl resource name family given subject reference period start end extension
valueDecimal valueDate contained code coding system _birthDate birthDate type
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["Patient", "Bundle", "transaction", "urn:uuid:1", "Patient/1", "2026-02-30", "#1", "POST", "\ud800", "\x00"])
)  # fmt: skip
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25)
RESOURCES = st.dictionaries(KEYS, TREES, max_size=8).flatmap(
    lambda tree: st.sampled_from(["Patient", "Bundle", "Task", "Encounter", "Observation"]).map(
        lambda type_: {**tree, "resourceType": type_}
    )
)


def as_json(tree: Any) -> bytes:
    return json.dumps(tree).encode()


TEXTS = (
    st.binary(max_size=200)
    | TREES.map(as_json)
    | RESOURCES.map(as_json)
    | st.tuples(RESOURCES.map(as_json), st.integers(0, 400), st.binary(max_size=3)).map(
        lambda made: made[0][: made[1]] + made[2] + made[0][made[1] :]
    )
    | st.integers(1, 3000).map(lambda deep: b'{"resourceType":"Basic","a":' + b"[" * deep + b"]" * deep + b"}")
)


@FUZZ
@given(TEXTS)
def test_json_is_a_resource_or_refused(text: bytes) -> None:
    try:
        parsed = resource.parse(text)
    except Bad:
        return
    issues = validate.check(parsed)
    if not issues:
        extract(parsed, ZONE)


@FUZZ
@given(RESOURCES)
def test_a_resource_is_validated_with_reasons_and_never_falls_over(tree: dict[str, Any]) -> None:
    if not validate.check(tree):
        extract(tree, ZONE)


@FUZZ
@given(RESOURCES.map(lambda tree: {**tree, "resourceType": "Bundle"}))
def test_a_bundle_comes_apart_or_is_refused(tree: dict[str, Any]) -> None:
    try:
        taken = bundle.entries(tree)
        bundle.resolve(taken, {})
        bundle.conditionals(taken)
    except Bad:
        pass


PARAMETERS = """
name name:exact birthdate identifier _id _lastUpdated _sort _count _include _revinclude _has:Task:patient:code
general-practitioner.name _elements _summary _cursor _total a.b.c.d : name:
"""
NAMES = st.sampled_from(PARAMETERS.split()) | st.text(max_size=15)
VALUES = st.sampled_from(["", "ge2026-02-30", "a|b|c", "\\", "\\,", ",", "%ff", "%", "1e400", "-0", "9" * 500, "*", "\x00"]) | st.text(
    max_size=30
)


@FUZZ
@given(
    st.sampled_from(["Patient", "Task", "Observation", "Nothing", ""]),
    st.lists(st.tuples(NAMES, VALUES).map("=".join), max_size=5).map("&".join) | st.text(max_size=60),
)
def test_a_query_is_understood_or_refused(type_: str, asked: str) -> None:
    try:
        query.parse(type_, asked)
    except Bad as refusal:
        assert refusal.issues


@FUZZ
@given(st.from_regex(r"[0-9]{1,5}(-[0-9]{1,3}){0,2}(T[0-9:.]{0,15}(Z|[+-][0-9:]{0,6})?)?", fullmatch=True) | st.text(max_size=30))
def test_a_date_is_a_span_or_none(text: str) -> None:
    try:
        lo, hi = dates.interval(text, ZONE)
    except ValueError:
        assert not dates.is_date(text) or text
        return
    assert lo < hi and lo.tzinfo is UTC


@FUZZ
@given(
    st.lists(TEXTS, max_size=4).map(b"\n".join),
    st.sampled_from(["a.json", "a.ndjson", "a.json.gz", "a", "a.txt"]),
    st.sampled_from(["plain", "packed", "half packed", "packed twice"]),
)
def test_a_file_is_read_or_refused_by_name(content: bytes, name: str, how: str) -> None:
    packed = gzip.compress(content)
    data = {"plain": content, "packed": packed, "half packed": packed[: len(packed) // 2], "packed twice": gzip.compress(packed)}[how]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        for found in sources.find([path], Path(folder)):
            pieces = [found] if isinstance(found, Refusal) else list(sources.read(found))
            assert all(piece.reason for piece in pieces if isinstance(piece, Refusal))


@pytest.fixture(scope="module")
def forms() -> Any:
    """The forms of the patient's page, with Django standing."""
    from baton.settings import Settings
    from baton.web import django as shell

    shell.configure(Settings.read({}, secret_key="x" * 40), "host=127.0.0.1 port=1 dbname=none")
    from baton.desk import patient_forms

    return patient_forms


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from(["text", "what", "due", "owner"]),
        st.text(max_size=60) | st.sampled_from(["2026-02-30", "99999-01-01", "\x00", "x" * 5000]),
    )
)
def test_a_form_is_clean_or_says_what_is_amiss(forms: Any, said: dict[str, str]) -> None:
    for form in (forms.NoteForm(said), forms.PromiseForm(said, today=date(2026, 11, 23), owners=[("a", "A")])):
        assert form.is_valid() or form.errors


HEADS = st.sampled_from(
    ["From", "To", "Subject", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version", "Date", "Received"]
)
SAYS = st.sampled_from(
    ["multipart/mixed; boundary=x", "multipart/mixed", "message/rfc822", "text/plain; charset=nowhere", "text/plain; charset=utf-16",
     "application/pdf; name*=utf-8''%00%ff", "base64", "quoted-printable", "attachment; filename*0*=a; filename*1=b", "=?utf-8?b?////?=",
     "=?x?q?a?=", "a" * 2000, "<<@>>", "\x00", "1.0", "attachment; filename=\"../x\"", "text", "multipart/alternative; boundary=\"\""]
) | st.text(max_size=20)  # fmt: skip
PARTS = st.sampled_from(["--x\n", "--x--\n", "\n", "====\n", "=ZZ\n", "%PDF-1.7\n", "Content-Type: text/plain\n\n"]) | st.text(max_size=30)
MAILS = st.tuples(st.lists(st.tuples(HEADS, SAYS), max_size=8), st.lists(PARTS, max_size=8)).map(
    lambda made: ("".join(f"{head}: {text}\n" for head, text in made[0]) + "\n" + "".join(made[1])).encode("utf-8", "surrogatepass")
)


def put(content: bytes, beside: bytes | None = None, name: str = "came.eml") -> list[Any]:
    """What a file in the folder for arrivals holds, or nothing where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        if beside is not None:
            file.with_suffix(".json").write_bytes(beside)
        try:
            return list(arrivals.papers(file))
        except UploadRefusedError:
            return []


@FUZZ
@given(MAILS | st.binary(max_size=300))
def test_a_mail_that_came_is_papers_or_refused(content: bytes) -> None:
    for paper in put(content):
        assert isinstance(paper.content, bytes) and len(paper.title) <= LONGEST and len(paper.source) <= LONGEST


@FUZZ
@given(TEXTS)
def test_what_is_said_beside_a_paper_is_taken_or_left(beside: bytes) -> None:
    assert put(b"%PDF-1.7", beside, "came.pdf")


def test_a_mail_as_deep_as_one_likes_is_papers_or_refused() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    put(deep + b"Content-Type: text/plain\n\nhello\n")
    put(b"Content-Type: message/rfc822\n\n" * 3000 + b"\nhello\n")
    put(b"%PDF-1.7", b'{"from":' + b"[" * 200_000, "came.pdf")


@FUZZ
@given(st.binary(max_size=400).map(lambda tail: b"%PDF-1.7\n" + tail) | st.text(max_size=200).map(str.encode))
def test_what_a_paper_says_of_itself_is_read_or_left(content: bytes) -> None:
    for kind in ("application/pdf", "text/plain"):
        inbound_reader.filled(Said(), Upload("came", kind, content))


@pytest.mark.parametrize("made", [b"<patientRole>", b"<patientRole </patientRole><given ", b"<patientRole><patient>"])
def test_a_summary_that_never_closes_what_it_opens_is_read_in_one_pass(made: bytes) -> None:
    """Ten megabytes of it: what looks again from every opening would take hours."""
    began = time.perf_counter()
    inbound_reader.filled(Said(), Upload("ccda.xml", "text/xml", made * (10_000_000 // len(made))))
    assert time.perf_counter() - began < 30
