"""Requests for records: sent or blocked until the consent is whole, reminded, received with labels, refused; privacy requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.duties.privacy.test_consents import PART2
from tests.duties.ward import LUIS, TOM, Ward, of_team, patient

from baton.duties import codes, promises, trace
from baton.duties.privacy import consents, requests
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.privacy.decisions import Recipient
from baton.duties.records import records
from baton.duties.records.states import MOVES, OPEN, Request, state_of
from baton.paper import Paper, Text
from baton.store import Invalid
from baton.store.postgres import Database

LAKESIDE = Recipient("Lakeside Cardiology", "provider", None, "+1 555 014 7001")
HILLSIDE = Recipient("Hillside Recovery", "part2-program", None, "+1 555 014 7002")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-06-15T09:00:00")
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


def ask(ward: Ward, source: Recipient = LAKESIDE, **more: object) -> str:
    with ward.change(TOM, "records wanted") as change:
        return records.ask(
            change, patient="Patient/eva", what="Consult note of 9 June", source=source, channels=("fax", "direct"), **more
        ).id  # type: ignore[arg-type]


def state(ward: Ward, request: str) -> str | None:
    return state_of(ward.get(f"CommunicationRequest/{request}"))


def owed(ward: Ward) -> list[dict[str, object]]:
    return [each for each in ward.find("Task", patient="Patient/eva") if codes.is_open(each) and codes.promise_code(each) == records.CODE]


def due(ward: Ward) -> date:
    (task,) = owed(ward)
    told = trace.of(task)
    assert told is not None
    return told.due.date()


def test_for_treatment_it_leaves_at_once_and_the_clock_skips_juneteenth(ward: Ward) -> None:
    request = ask(ward)
    assert state(ward, request) == "sent"
    assert due(ward) == date(2026, 6, 23), "five business days, 19 June is none"


def test_a_part_2_program_waits_for_a_whole_consent_and_says_what_is_missing(ward: Ward) -> None:
    request = ask(ward, HILLSIDE)
    assert state(ward, request) == "needs-consent"
    with pytest.raises(Invalid, match="names it"), ward.change(TOM) as change:
        records.send(change, request=request)
    with ward.change(TOM) as change:
        draft = consents.record(change, terms=replace(PART2, id="", until=None, status="draft"))
    with pytest.raises(Invalid) as refused, ward.change(TOM) as change:
        records.send(change, request=request)
    (issue,) = refused.value.issues
    assert issue.text == "The consent has no expiry: give a date or an event." and issue.expression == "Consent.provision.period.end"
    with ward.change(TOM) as change:
        consents.amend(change, terms=replace(PART2, id=draft.id, status="active"))
    with ward.change(TOM) as change:
        records.send(change, request=request)
    assert state(ward, request) == "sent"
    with ward.change(TOM) as change:
        kept = records.receive(change, request=request, title="Summary", body=b"Stable.")
    document = ward.get(kept.reference)
    assert [each["code"] for each in document["meta"]["security"]] == ["42CFRPart2"]
    assert state(ward, request) == "received" and not owed(ward)


def test_partly_received_reminded_and_received(ward: Ward) -> None:
    request = ask(ward)
    ward.at("2026-06-24T09:00:00")
    with ward.change(TOM) as change:
        records.chase(change, request=request)
    assert state(ward, request) == "chased" and due(ward) == date(2026, 7, 1)
    with ward.change(TOM) as change:
        records.receive(change, request=request, title="Page 1", body=b"%PDF-1.7\n%%EOF", partial=True)
    assert state(ward, request) == "partial"
    with ward.change(TOM) as change:
        records.receive(change, request=request, title="Page 2", body=b"Page 2.")
    assert state(ward, request) == "received" and not owed(ward)


def test_the_promise_is_kept_by_what_came_and_closed_with_a_reason(ward: Ward) -> None:
    request = ask(ward)
    (task,) = owed(ward)
    with pytest.raises(Invalid, match="Say what came"), ward.change(TOM) as change:
        promises.done(change, task=str(task["id"]))
    with ward.change(TOM) as change:
        promises.close(change, task=str(task["id"]), reason="The visit was cancelled")
    assert state(ward, request) == "cancelled"


@pytest.mark.parametrize(
    ("body", "said"), [(b"", "empty"), (b"MZ\x00\xff", "none of them"), (b"<html><script>", "only C-CDA"), (b"x" * 10_000_001, "larger")]
)
def test_files_that_are_not_kept(ward: Ward, body: bytes, said: str) -> None:
    request = ask(ward)
    with pytest.raises(Invalid, match=said), ward.change(TOM) as change:
        records.receive(change, request=request, title="x", body=body)


def words(asked: Request) -> Paper:
    return Paper("Request for health records", [Text(asked.what)])


def test_the_letter_is_recorded_as_a_disclosure_and_held_back_by_a_restriction(ward: Ward) -> None:
    ask(ward, letter=words)
    (told,) = ward.find("Communication", patient="Patient/eva", category="disclosure")
    parts = {each["url"]: each.get("valueString") for each in told["extension"][0]["extension"]}
    assert parts["permission"] == "treatment" and parts["channel"] == "fax, direct" and told["recipient"][0]["display"] == LAKESIDE.name
    restriction = Terms(
        patient="Patient/eva", kind="restriction", description="Nothing to Lakeside", recipients=(Party(LAKESIDE.name),),
        signed_by="Patient/eva", signed_on=date(2026, 6, 14),
    )  # fmt: skip
    with ward.change(TOM) as change:
        consents.record(change, terms=restriction)
    before = len(ward.find("CommunicationRequest", patient="Patient/eva"))
    with pytest.raises(Invalid, match="restriction holds"):
        ask(ward, letter=words)
    assert len(ward.find("CommunicationRequest", patient="Patient/eva")) == before


VERBS = {
    "send": lambda change, request: records.send(change, request=request),
    "chase": lambda change, request: records.chase(change, request=request),
    "receive-part": lambda change, request: records.receive(change, request=request, title="x", body=b"x", partial=True),
    "receive": lambda change, request: records.receive(change, request=request, title="x", body=b"x"),
    "refuse": lambda change, request: records.refuse(change, request=request, reason="no"),
    "cancel": lambda change, request: records.cancel(change, request=request, reason="no"),
}


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_open_request_is_owed_and_no_closed_one(ward: Ward, verbs: list[str]) -> None:
    request = ask(ward)
    before = len(owed(ward))
    for verb in verbs:
        was = str(state(ward, request))
        try:
            with ward.change(TOM) as change:
                VERBS[verb](change, request)
        except Invalid:
            assert was not in MOVES[verb] or verb == "send"
            continue
        assert state(ward, request) == MOVES[verb][was]
    assert len(owed(ward)) == before - (state(ward, request) not in OPEN)
    if state(ward, request) in OPEN:
        with ward.change(TOM) as change:
            records.cancel(change, request=request, reason="the end of the test")


def test_a_raw_put_moves_as_the_table_says(ward: Ward) -> None:
    request = ward.get(f"CommunicationRequest/{ask(ward)}")
    with pytest.raises(Invalid, match="sent becomes"):
        ward.put({**request, "statusReason": codes.concept(records.STATE, "to-send")})
    with pytest.raises(Invalid, match="not deleted"), ward.change() as change:
        change.delete("CommunicationRequest", request["id"])


# --- what patients ask about their record ------------------------------------------------------------------------------------------------


def receive(ward: Ward, code: str) -> str:
    with ward.change(TOM, "a letter came") as change:
        return requests.receive(change, patient="Patient/eva", code=code, what="My file").id


@pytest.mark.parametrize(
    ("code", "days", "more"), [("access-request", 30, 30), ("amendment-request", 60, 30), ("accounting-request", 60, 30)]
)
def test_the_law_s_clock_and_its_one_extension(ward: Ward, code: str, days: int, more: int) -> None:
    task = receive(ward, code)

    def due_day() -> date:
        return datetime.fromisoformat(ward.get(f"Task/{task}")["restriction"]["period"]["end"]).date()

    assert due_day() == date(2026, 6, 15) + timedelta(days=days)
    with pytest.raises(Invalid, match="Say why"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason=" ")
    with ward.change(TOM) as change:
        requests.extend(change, task=task, reason="The archive is being moved")
    assert due_day() == date(2026, 6, 15) + timedelta(days=days + more)
    with pytest.raises(Invalid, match="extended once"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason="again")
    with ward.change(TOM) as change:
        requests.grant(change, task=task, note="Handed over")
    assert ward.get(f"Task/{task}")["status"] == "completed"
    assert ward.violations() == []


def test_late_it_is_not_extended(ward: Ward) -> None:
    task = receive(ward, "access-request")
    ward.at("2026-07-16T00:00:01")
    with pytest.raises(Invalid, match="time is over"), ward.change(TOM) as change:
        requests.extend(change, task=task, reason="late")


def test_a_denial_has_a_ground_of_the_rule_and_a_reason(ward: Ward) -> None:
    task = receive(ward, "amendment-request")
    with pytest.raises(Invalid, match="is none of accurate"), ward.change(TOM) as change:
        requests.deny(change, task=task, ground="too-much-work", reason="x")
    with ward.change(TOM) as change:
        requests.deny(change, task=task, ground="accurate", reason="The scan shows what the note says")
    kept = ward.get(f"Task/{task}")
    assert kept["status"] == "rejected" and codes.reason_code(kept) == "denied"
    with ward.store.view(LUIS) as view:
        assert requests.open_ones(view) == [] and len(requests.of_patient(view, "Patient/eva")) == 1
