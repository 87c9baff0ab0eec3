"""What leaves: the rehearsal shows exactly it, the act decides anew, the packet carries what it must, the accounting is right."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pypdf
import pytest
from tests.duties.privacy.test_consents import AUTHORISATION, PART2
from tests.duties.ward import HUB, LUIS, PRIYA, TOM, Ward, of_team, patient

from baton.duties.contact import safe_contact
from baton.duties.contact.safe_contact import SafeContact
from baton.duties.privacy import accounting, consents, disclosure, links
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.disclosure import Order, Rehearsal
from baton.fhir.resource import parse
from baton.fhir.validate import check
from baton.paper import Notice, Paper, Text
from baton.store import Conflict, Invalid, NotFound
from baton.store.postgres import Database

SNF = Recipient("Harbor Nursing", "facility", "Organization/snf", "+1 555 014 7000")
LAWYER = Recipient("Lee & Partners", "lawyer", None, "1 Court Square")
COUNTY = Recipient("County Health Department", "public-health", None, "200 Main Street")
STATEMENT = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def paper_of(id_: str, code: str, text: str, *labels: str) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        **(
            {"meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": each} for each in labels]}}
            if labels
            else {}
        ),
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/eva"},
        "date": "2026-06-20T10:00:00Z",
        "description": id_.title(),
        "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}],
    }


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put({"resourceType": "Organization", "id": "snf", "name": "Harbor Nursing"})
    ward.put(
        patient(
            telecom=[{"system": "phone", "use": "home", "value": "(555) 014-2291"}],
            identifier=[{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456"}, {"system": "urn:mrn", "value": "A1"}],
        ),
        of_team(),
        paper_of("summary", "18842-5", "Heart failure, better."),
        paper_of("cardiology", "11488-4", "Echo: EF 35 %."),
        paper_of("addiction", "18842-5", "Buprenorphine, stable.", "42CFRPart2"),
        paper_of("therapy", "11488-4", "What was said.", "PSYTHPN"),
        {
            "resourceType": "Condition",
            "id": "opioid",
            "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]},
            "subject": {"reference": "Patient/eva"},
            "code": {"text": "Opioid use disorder"},
        },
        {
            "resourceType": "MedicationRequest",
            "id": "bup",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/eva"},
            "medicationCodeableConcept": {"text": "Naloxone spray"},
            "reasonReference": [{"reference": "Condition/opioid", "display": "Opioid use disorder"}],
        },
    )
    yield ward
    ward.store.close()


def words(rehearsal: Rehearsal, person: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[Paper, Mapping[str, str]]:
    blocks = [Text(line.title) for line in rehearsal.leaving]
    notices = [Notice(rehearsal.notice)] if rehearsal.notice else []
    scopes = [Text(disclosure.scope(each)) for each in rehearsal.scopes]
    return Paper("Records", [*notices, *scopes, *blocks]), {"DocumentReference": "Documents"}


def rehearse(ward: Ward, order: Order, who: Any = TOM) -> Rehearsal:
    with ward.store.view(who) as view:
        return disclosure.rehearse(view, order)


def release(ward: Ward, order: Order, digest: str, who: Any = TOM) -> dict[str, Any]:
    with ward.change(who, "send the packet") as change:
        return disclosure.release(change, order, digest=digest, words=words).resource()


def by(rehearsal: Rehearsal) -> dict[str, Any]:
    return {line.reference: line for line in rehearsal.lines}


TO_SNF = Order("Patient/eva", SNF, "TREAT")


def test_the_rehearsal_shows_what_leaves_and_what_stays_and_why(ward: Ward) -> None:
    rehearsal = rehearse(ward, TO_SNF)
    assert {line.reference for line in rehearsal.leaving} == {
        "DocumentReference/summary",
        "DocumentReference/cardiology",
        "MedicationRequest/bup",
    }
    stay = {line.reference: line.decision.because for line in rehearsal.withheld}
    assert stay == {
        "DocumentReference/addiction": "needs-part2-consent",
        "Condition/opioid": "needs-part2-consent",
        "DocumentReference/therapy": "psychotherapy-notes",
    }
    assert [(held.element, held.because) for held in by(rehearsal)["MedicationRequest/bup"].held] == [
        ("reasonReference", "points-at-withheld")
    ]
    assert ("identifier (ssn)", "not-needed") in [(held.element, held.because) for held in rehearsal.patient_held]
    assert rehearsal.permissions == ("treatment",) and not rehearsal.counts and rehearsal.notice is None and rehearsal.lacking == ()


def test_the_same_input_gives_the_same_digest_and_a_new_consent_another(ward: Ward) -> None:
    first = rehearse(ward, TO_SNF)
    assert rehearse(ward, TO_SNF).digest == first.digest == rehearse(ward, replace(TO_SNF, reason="other words")).digest
    with ward.change(TOM) as change:
        consents.record(change, terms=replace(PART2, id=""))
    assert rehearse(ward, TO_SNF).digest != first.digest


def test_what_leaves_under_part_2_takes_statement_2_and_the_scope_along_in_both_forms(ward: Ward) -> None:
    with ward.change(TOM) as change:
        consents.record(change, terms=replace(PART2, id=""))
    order = replace(TO_SNF, chosen=frozenset({"DocumentReference/addiction"}), reason="the rest was sent on Monday")
    rehearsal = rehearse(ward, order)
    assert rehearsal.notice == STATEMENT and [each.description for each in rehearsal.scopes] == [PART2.description]
    packet = release(ward, order, rehearsal.digest)
    assert [each["code"] for each in packet["meta"]["security"]] == ["42CFRPart2"]
    kinds = {each["attachment"]["contentType"]: ward.get(each["attachment"]["url"]) for each in packet["content"]}
    pdf = pypdf.PdfReader(io.BytesIO(base64.b64decode(kinds["application/pdf"]["data"])))
    text = " ".join("\n".join(page.extract_text() for page in pdf.pages).split())
    assert STATEMENT in text and "Scope of the consent" in text and "Therapy" not in text
    bundle = parse(base64.b64decode(kinds["application/fhir+json"]["data"]))
    assert [issue for issue in check(bundle) if issue.severity == "error"] == []
    whole = str(bundle)
    assert STATEMENT in whole and "Scope of the consent" in whole and "Opioid" not in whole and "999-12-3456" not in whole
    assert bundle["type"] == "document" and bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    assert all(each["securityContext"] == {"reference": "Patient/eva"} for each in kinds.values())


def test_a_consent_revoked_between_rehearsal_and_act_stops_it_and_nothing_is_kept(ward: Ward) -> None:
    with ward.change(TOM) as change:
        consent = consents.record(change, terms=replace(PART2, id=""))
    order = replace(TO_SNF, chosen=frozenset({"DocumentReference/addiction"}), reason="asked for")
    rehearsal = rehearse(ward, order)
    with ward.change(TOM) as change:
        consents.revoke(change, consent=consent.reference, on=date(2026, 7, 2), in_writing=True)
    with pytest.raises(Conflict, match="not what you saw"):
        release(ward, order, rehearsal.digest)
    assert not ward.find("Communication", patient="Patient/eva") and not [
        each for each in ward.find("DocumentReference", patient="Patient/eva") if each.get("category")
    ]
    assert rehearse(ward, order).lacking == ("nothing",)


def test_what_differs_from_the_proposal_takes_a_reason(ward: Ward) -> None:
    order = replace(TO_SNF, chosen=frozenset({"DocumentReference/summary"}))
    rehearsal = rehearse(ward, order)
    assert rehearsal.lacking == ("reason",)
    with pytest.raises(Invalid, match="differs from what is proposed"):
        release(ward, order, rehearsal.digest)
    assert rehearse(ward, replace(order, reason="they have the rest")).lacking == ()


def test_a_restriction_holds_and_does_not_hold_in_an_emergency(ward: Ward) -> None:
    with ward.change(TOM) as change:
        consents.record(change, terms=consents.Terms("restriction", "Patient/eva", classes=("11488-4",), description="No cardiology"))
    assert by(rehearse(ward, TO_SNF))["DocumentReference/cardiology"].decision.because == "restriction"
    assert by(rehearse(ward, replace(TO_SNF, purpose="ETREAT")))["DocumentReference/cardiology"].leaves


def test_a_patient_in_danger_is_reached_only_as_they_asked(ward: Ward) -> None:
    with ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=SafeContact(phone="555 010 9999", avoid=("home",), only=True, safety=True))
    rehearsal = rehearse(ward, TO_SNF)
    assert "confidential-communication" in {held.because for held in rehearsal.patient_held}
    packet = release(ward, TO_SNF, rehearsal.digest)
    bundle = parse(base64.b64decode(ward.get(packet["content"][1]["attachment"]["url"])["data"]))
    person = next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
    assert [point["value"] for point in person["telecom"]] == ["555 010 9999"]


def test_by_e_mail_goes_a_link_and_only_where_the_patient_wants_it(ward: Ward, database: Database) -> None:
    me = Recipient("Eva Stone", "patient", "Patient/eva", "eva@example.org")
    order = Order("Patient/eva", me, "PATRQT", channel="link")
    release(ward, order, rehearse(ward, order).digest)
    with psycopg.connect(database.app_dsn) as connection:
        ((topic, payload),) = connection.execute("select topic, payload from outbox").fetchall()
    assert topic == "mail" and set(payload) == {"to", "subject", "text", "link", "patient", "channel", "about", "document"}
    assert not any(word in str(payload) for word in ("Eva Stone", "Heart", "Summary", "Echo"))
    link = payload["link"].removeprefix("/p/")
    with ward.store.view(HUB) as view:
        document = links.opened(view, link, links.code(view, link))
        assert links.pdf_of(view, document).startswith(b"%PDF")
        for wrong in ("00000000", "", links.code(view, link)[::-1] + "1"):
            with pytest.raises(NotFound):
                links.opened(view, link, wrong)
        forged = link[:-1] + ("A" if link[-1] != "A" else "B")
        assert not links.lives(view, forged) and not links.lives(view, "x")
    ward.at("2026-07-10T10:00:00")
    with ward.store.view(HUB) as view:
        assert not links.lives(view, link)
    ward.at("2026-07-02T14:12:00")
    with ward.change(TOM) as change:
        safe_contact.state(change, patient="Patient/eva", asked=SafeContact(avoid=("email",)))
    assert rehearse(ward, order).lacking == ("not-this-way",)


def test_who_may_not_see_it_learns_that_something_stays_and_cannot_send_it(ward: Ward) -> None:
    with ward.change(TOM) as change:
        consents.record(change, terms=replace(PART2, id=""))
    order = replace(TO_SNF, chosen=frozenset({"DocumentReference/addiction"}), reason="asked for")
    assert rehearse(ward, order).lacking == ()
    supervisor = rehearse(ward, order, who=LUIS)  # sees every patient, and no record of a Part 2 program outside their own care
    assert supervisor.lacking == ("nothing",) and "Addiction" not in str(supervisor)


def test_another_team_sees_nothing_to_send(ward: Ward) -> None:
    with pytest.raises(NotFound):
        rehearse(ward, TO_SNF, who=PRIYA)


# --- the accounting ----------------------------------------------------------------------------------------------------------------------


def account(ward: Ward, day: date | None = None) -> accounting.Accounting:
    with ward.store.view(LUIS) as view:
        return accounting.accounting(view, patient="Patient/eva", day=day)


def test_a_lawyer_under_an_authorisation_is_not_counted_and_public_health_is(ward: Ward) -> None:
    with ward.change(TOM) as change:
        consents.record(change, terms=replace(AUTHORISATION, id=""))
    for order in (
        Order("Patient/eva", LAWYER, "HLEGAL", chosen=frozenset({"DocumentReference/summary"}), reason="as authorised"),
        Order("Patient/eva", COUNTY, "PUBHLTH", chosen=frozenset({"DocumentReference/summary"}), reason="reportable"),
        TO_SNF,
    ):
        release(ward, order, rehearse(ward, order).digest)
    found = account(ward)
    (line,) = found.listed
    assert (line.recipient, line.address, line.description, line.purpose) == (COUNTY.name, COUNTY.address, "Summary", "PUBHLTH")
    assert {each.permission for each in found.left_out} == {"authorisation", "treatment"}
    assert found.since == date(2020, 7, 2) and found.free


def test_repeats_are_one_line_with_first_last_and_how_often(ward: Ward) -> None:
    for month in ("03", "04", "05"):
        ward.at(f"2026-{month}-10T10:00:00")
        with ward.change(TOM, "reported") as change:
            disclosure.elsewhere(change, patient="Patient/eva", recipient=COUNTY, purpose="PUBHLTH", description="Test result")
    (line,) = account(ward).listed
    assert (line.times, line.when.month, line.last and line.last.month) == (3, 3, 5)


def test_six_years_and_no_more(ward: Ward) -> None:
    with ward.change(TOM, "reported") as change:
        disclosure.elsewhere(change, patient="Patient/eva", recipient=COUNTY, purpose="PUBHLTH", description="Test result")
    assert account(ward, date(2032, 7, 2)).listed and not account(ward, date(2032, 7, 3)).listed


def test_what_no_permission_covers_is_not_recorded_as_a_disclosure(ward: Ward) -> None:
    with pytest.raises(Invalid, match="privacy officer"), ward.change(TOM) as change:
        disclosure.elsewhere(change, patient="Patient/eva", recipient=LAWYER, purpose="HMARKT", description="Summary")
