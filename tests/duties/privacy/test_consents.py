"""Consents decide: what they must contain, what they let go, and that taking one back flips exactly what depended on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.duties.ward import MERCY, TOM, Ward, of_team, patient

from baton.duties import codes
from baton.duties.privacy import consent_terms, consents
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.privacy.decisions import NOTICE, SCOPE, Asked, Item, Recipient, decide
from baton.store import Invalid
from baton.store.postgres import Database

DAY = date(2026, 7, 2)
SNF = Recipient("Harbor Nursing", "facility", "Organization/snf")
LAWYER = Recipient("Lee & Partners", "lawyer")
PAYER = Recipient("Seaboard Health Plan", "payer", "Organization/plan")
SAID = ("right-to-revoke", "conditioning", "redisclosure", "copy-given")

NOTE = Item("DocumentReference/note", frozenset({"DocumentReference", "11488-4"}), frozenset())
ADDICTION = Item("DocumentReference/addiction", frozenset({"DocumentReference", "18842-5"}), frozenset({"42CFRPart2", "R"}))
THERAPY = Item("DocumentReference/therapy", frozenset({"DocumentReference"}), frozenset({"PSYTHPN"}))
HIV = Item("Observation/hiv", frozenset({"Observation"}), frozenset({"HIV"}))

AUTHORISATION = Terms(
    kind="authorisation", patient="Patient/eva", description="Everything about the fall", discloser=Party("Baton Care"),
    recipients=(Party("Lee & Partners"),), purposes=("HLEGAL",), classes=("*",), until=date(2026, 12, 31), statements=SAID,
    signed_by="Patient/eva", signed_on=DAY, id="auth",
)  # fmt: skip
PART2 = Terms(
    kind="part2", patient="Patient/eva", description="Summaries of the addiction clinic", discloser=Party("Hillside Recovery"),
    recipients=(Party("Harbor Nursing", "Organization/snf"),), purposes=("TREAT",), classes=("18842-5",), labels=("42CFRPart2",),
    until=date(2026, 12, 31), statements=("right-to-revoke", "redisclosure-tpo"), signed_by="Patient/eva", signed_on=DAY, id="part2",
)  # fmt: skip


def asked(recipient: Recipient, purpose: str, **more: str) -> Asked:
    return Asked(recipient, purpose, DAY, **more)


def one(known: list[Terms], item: Item, question: Asked) -> tuple[str, str]:
    (decision,) = decide(known, [item], question)
    return decision.outcome, decision.because


@pytest.mark.parametrize(
    ("known", "item", "question", "expected"),
    [
        ([], NOTE, asked(SNF, "TREAT"), ("permit", "treatment")),
        ([], NOTE, asked(LAWYER, "HLEGAL"), ("deny", "needs-authorisation")),
        ([AUTHORISATION], NOTE, asked(LAWYER, "HLEGAL"), ("permit", "authorisation")),
        ([AUTHORISATION], NOTE, asked(Recipient("Somebody else", "lawyer"), "HLEGAL"), ("deny", "needs-authorisation")),
        ([AUTHORISATION], NOTE, asked(LAWYER, "HMARKT"), ("deny", "needs-authorisation")),
        ([AUTHORISATION], ADDICTION, asked(LAWYER, "HLEGAL"), ("deny", "needs-part2-consent")),
        ([AUTHORISATION], THERAPY, asked(LAWYER, "HLEGAL"), ("deny", "psychotherapy-notes")),
        ([], NOTE, asked(LAWYER, "HLEGAL", paper="Order 26-1187"), ("permit", "legal-process")),
        ([], ADDICTION, asked(LAWYER, "HLEGAL", paper="Order 26-1187"), ("deny", "needs-part2-consent")),
        ([replace(AUTHORISATION, until=date(2026, 7, 1))], NOTE, asked(LAWYER, "HLEGAL"), ("deny", "consent-expired")),
        ([replace(AUTHORISATION, status="inactive", revoked_on=DAY)], NOTE, asked(LAWYER, "HLEGAL"), ("deny", "consent-revoked")),
        ([replace(AUTHORISATION, signed_on=None)], NOTE, asked(LAWYER, "HLEGAL"), ("deny", "consent-incomplete")),
        ([], ADDICTION, asked(SNF, "TREAT"), ("deny", "needs-part2-consent")),
        ([PART2], ADDICTION, asked(SNF, "TREAT"), ("permit", "part2-consent")),
        ([replace(PART2, until=None)], ADDICTION, asked(SNF, "TREAT"), ("deny", "consent-incomplete")),
        ([], ADDICTION, asked(SNF, "ETREAT"), ("permit", "part2-emergency")),
        ([], ADDICTION, asked(Recipient("Eva", "patient"), "PATRQT"), ("permit", "individual")),
        ([], THERAPY, asked(Recipient("Eva", "patient"), "PATRQT"), ("deny", "psychotherapy-notes")),
        ([], THERAPY, asked(SNF, "TREAT"), ("deny", "psychotherapy-notes")),
        ([], HIV, asked(SNF, "TREAT"), ("permit", "treatment")),
        ([], HIV, asked(PAYER, "HPAYMT"), ("deny", "needs-authorisation")),
        ([], NOTE, asked(Recipient("County health", "public-health"), "PUBHLTH"), ("permit", "public-health")),
        ([], ADDICTION, asked(Recipient("County health", "public-health"), "PUBHLTH"), ("deny", "needs-part2-consent")),
        ([], NOTE, asked(Recipient("Ana", "family"), "FAMRQT"), ("deny", "needs-authorisation")),
        ([], NOTE, asked(Recipient("Ana", "family"), "FAMRQT", told="everything"), ("permit", "involved")),
        ([], NOTE, asked(Recipient("Ana", "family"), "FAMRQT", told="appointments"), ("deny", "needs-authorisation")),
        ([Terms("restriction", "Patient/eva", id="r")], NOTE, asked(SNF, "TREAT"), ("deny", "restriction")),
        ([Terms("restriction", "Patient/eva", id="r")], NOTE, asked(SNF, "ETREAT"), ("permit", "treatment")),
        ([Terms("restriction", "Patient/eva", id="r")], NOTE, asked(Recipient("Eva", "patient"), "PATRQT"), ("permit", "individual")),
        ([Terms("self-pay", "Patient/eva", data=(NOTE.reference,), id="s")], NOTE, asked(PAYER, "HPAYMT"), ("deny", "self-pay")),
        ([Terms("self-pay", "Patient/eva", data=(NOTE.reference,), id="s")], NOTE, asked(SNF, "TREAT"), ("permit", "treatment")),
    ],
)  # fmt: skip
def test_decisions(known: list[Terms], item: Item, question: Asked, expected: tuple[str, str]) -> None:
    assert one(known, item, question) == expected


def test_part_2_takes_its_notice_and_its_scope_along() -> None:
    (decision,) = decide([PART2], [ADDICTION], asked(SNF, "TREAT"))
    assert decision.notices == (NOTICE, SCOPE) and decision.consents == decision.depends == ("Consent/part2",)


def test_a_class_of_recipients_is_enough_for_part_2_and_only_for_treatment_payment_and_operations() -> None:
    broad = replace(PART2, recipients=(Party(kind="tpo"),), purposes=("TREAT", "HPAYMT", "HOPERAT"))
    assert one([broad], ADDICTION, asked(SNF, "TREAT"))[0] == "permit"
    assert [row.code for row in replace(broad, purposes=("HRESCH",)).lacking(DAY)] == ["recipient"]


PARTIES = [SNF, LAWYER, PAYER]
ITEMS = [NOTE, ADDICTION, THERAPY, HIV]


@st.composite
def some_terms(draw: st.DrawFn, number: int) -> Terms:
    kind = draw(st.sampled_from(["authorisation", "part2", "restriction", "self-pay"]))
    base = PART2 if kind == "part2" else AUTHORISATION
    to = draw(st.lists(st.sampled_from(PARTIES), max_size=2))
    return replace(
        base,
        kind=kind,
        id=f"c{number}",
        recipients=tuple(Party(each.name, each.reference) for each in to),
        purposes=tuple(draw(st.lists(st.sampled_from(["TREAT", "HPAYMT", "HLEGAL"]), max_size=1))),
        classes=tuple(draw(st.lists(st.sampled_from(["*", "18842-5", "Observation"]), max_size=1))),
        labels=tuple(draw(st.lists(st.sampled_from(["42CFRPart2", "PSYTHPN", "HIV"]), max_size=1))),
        data=tuple(draw(st.lists(st.sampled_from([each.reference for each in ITEMS]), max_size=1))),
        until=draw(st.sampled_from([DAY + timedelta(days=30), DAY - timedelta(days=1), None])),
        statements=(*SAID, "redisclosure-tpo"),
    )


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_taking_one_back_flips_exactly_what_depended_on_it(data: st.DataObject) -> None:
    known = [data.draw(some_terms(number)) for number in range(data.draw(st.integers(1, 5)))]
    question = asked(data.draw(st.sampled_from(PARTIES)), data.draw(st.sampled_from(["TREAT", "HPAYMT", "HLEGAL", "HMARKT"])))
    before = decide(known, ITEMS, question)
    assert before == decide(list(reversed(known)), ITEMS, question), "the same consents, in any order, decide the same"
    for revoked in known:
        after = decide([replace(each, status="inactive", revoked_on=DAY) if each is revoked else each for each in known], ITEMS, question)
        for was, now in zip(before, after, strict=True):
            if revoked.kind in consent_terms.RESTRICTING:
                assert was.outcome == now.outcome or revoked.reference in was.depends
                assert revoked.reference not in now.consents, "what was lifted holds nothing back any more"
            else:
                assert (was.outcome != now.outcome) == (was.leaves and revoked.reference in was.depends)


# --- through the door --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


def test_an_authorisation_is_kept_and_read_back_as_it_was(ward: Ward) -> None:
    with ward.change(TOM) as change:
        stored = consents.record(change, terms=replace(AUTHORISATION, id=""))
    assert consent_terms.read(ward.get(stored.reference)) == replace(AUTHORISATION, id=stored.id)


def test_a_class_of_recipients_is_read_back_as_a_class(ward: Ward) -> None:
    broad = replace(PART2, id="", recipients=(Party(kind="tpo"),))
    with ward.change(TOM) as change:
        stored = consents.record(change, terms=broad)
    assert consent_terms.read(ward.get(stored.reference)) == replace(broad, id=stored.id)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"until": None}, "The consent has no expiry: give a date or an event."),
        ({"signed_by": None}, "It is not signed."),
        ({"signed_on": None}, "The signature has no date."),
        ({"purposes": ()}, "Say for which purpose."),
        ({"recipients": ()}, "Say who may receive it."),
        ({"discloser": None}, "Say who may disclose it."),
        ({"description": " "}, "Say which information: the kinds of documents, or everything."),
        ({"statements": SAID[1:]}, "The form must say that it can be revoked, and how."),
        ({"signed_by": "RelatedPerson/ana"}, "Say by what authority the representative signs."),
        ({"labels": ("PSYTHPN",)}, "Psychotherapy notes take an authorization of their own."),
    ],
)
def test_each_missing_element_is_named(ward: Ward, missing: dict[str, object], said: str) -> None:
    ward.put({"resourceType": "RelatedPerson", "id": "ana", "patient": {"reference": "Patient/eva"}})
    with pytest.raises(Invalid) as refused, ward.change(TOM) as change:
        consents.record(change, terms=replace(AUTHORISATION, id="", **missing))  # type: ignore[arg-type]
    assert [issue.text for issue in refused.value.issues] == [said]
    assert all((issue.expression or "").startswith("Consent.") for issue in refused.value.issues)


def test_a_raw_put_obeys_as_the_desk_does(ward: Ward) -> None:
    whole = consent_terms.write(PART2, now="2026-07-02T14:11:00Z", author={})
    period = {key: value for key, value in whole["provision"]["period"].items() if key != "end"}
    with pytest.raises(Invalid, match="no expiry"):
        ward.put(
            {**whole, "provision": {key: value for key, value in {**whole["provision"], "period": period}.items() if value}}, who=MERCY
        )
    ward.put(whole)
    with pytest.raises(Invalid, match="revoke it and make another"):
        ward.put({**whole, "provision": {**whole["provision"], "period": {"end": "2036-01-01"}}})
    with pytest.raises(Invalid, match="kept six years"), ward.change() as change:
        change.delete("Consent", "part2")


def test_a_draft_may_lack_something_until_it_is_to_be_used(ward: Ward) -> None:
    with ward.change(TOM) as change:
        stored = consents.record(change, terms=replace(PART2, id="", until=None, status="draft"))
    terms = consent_terms.read(ward.get(stored.reference))
    assert terms.state(DAY) == "draft"
    with pytest.raises(Invalid, match="no expiry"), ward.change(TOM) as change:
        consents.amend(change, terms=replace(terms, status="active"))
    with ward.change(TOM) as change:
        consents.amend(change, terms=replace(terms, status="active", until=date(2026, 12, 31)))
    with ward.store.view(TOM) as view:
        document = {
            "resourceType": "DocumentReference",
            "id": "addiction",
            "type": {"coding": [{"system": "http://loinc.org", "code": "18842-5"}]},
            "meta": {"security": [{"code": "42CFRPart2"}]},
        }
        (decision,) = consents.decide_disclosure(view, "Patient/eva", SNF, "TREAT", [document])
    assert decision.leaves


def test_revoking_is_in_writing_dated_and_for_good(ward: Ward) -> None:
    with ward.change(TOM) as change:
        stored = consents.record(change, terms=replace(AUTHORISATION, id=""))
    with pytest.raises(Invalid, match="in writing"), ward.change(TOM) as change:
        consents.revoke(change, consent=stored.reference, on=DAY, in_writing=False)
    with pytest.raises(Invalid, match="not come yet"), ward.change(TOM) as change:
        consents.revoke(change, consent=stored.reference, on=DAY + timedelta(days=1), in_writing=True)
    with ward.change(TOM) as change:
        consents.revoke(change, consent=stored.reference, on=DAY, in_writing=True)
    kept = ward.get(stored.reference)
    assert consent_terms.read(kept).state(DAY) == "revoked"
    with pytest.raises(Invalid, match="stays revoked"):
        ward.put({**kept, "status": "active"})
    with pytest.raises(Invalid, match="nothing to revoke"), ward.change(TOM) as change:
        consents.revoke(change, consent=stored.reference, on=DAY, in_writing=True)


def test_what_is_no_purpose_is_refused(ward: Ward) -> None:
    with ward.store.view(TOM) as view, pytest.raises(Invalid, match="no purpose"):
        consents.decide_disclosure(view, "Patient/eva", SNF, "CURIOSITY", [])
    with ward.store.view(TOM) as view, pytest.raises(Invalid, match="no kind of recipient"):
        consents.decide_disclosure(view, "Patient/eva", Recipient("X", "ghost"), "TREAT", [])


def test_who_interpreted_when_it_was_signed_is_kept_with_it(database: Database) -> None:
    ward = Ward(database)
    ward.put(patient(), of_team())
    terms = replace(AUTHORISATION, id="", interpreter="Marisol Vega, CMI 3021", interpreter_kind="qualified")
    with ward.change(TOM) as change:
        kept = consents.record(change, terms=terms).resource()
    read = consent_terms.read(kept)
    assert (read.interpreter, read.interpreter_kind) == ("Marisol Vega, CMI 3021", "qualified")
    for kind, why in (("qualified", "name or number"), ("a-machine", "none of")):
        with pytest.raises(Invalid, match=why), ward.change(TOM) as change:
            consents.record(change, terms=replace(terms, interpreter="", interpreter_kind=kind))
    kid = {"resourceType": "RelatedPerson", "id": "kid", "patient": {"reference": "Patient/eva"}, "name": [{"text": "Leo Stone"}]}
    ward.put({**kid, "birthDate": "2012-01-01"})
    with pytest.raises(Invalid, match="A child does not interpret"), ward.change(MERCY) as change:
        change.put({**kept, "extension": [{"url": codes.CONTACT_INTERPRETER, "valueString": "Leo Stone"}]})
    ward.store.close()
