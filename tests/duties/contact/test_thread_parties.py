"""Offices and agencies in a thread: who may be let in, what they read and never read, how they answer, and that taking them out ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from datetime import date
from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.duties.community.test_community import raised, service
from tests.duties.community.test_community import referred as pantry
from tests.duties.community.test_community import ward as town
from tests.duties.contact.test_threads import relative
from tests.duties.ward import HUB, LUIS, TOM, Ward, of_team, patient
from tests.store.test_access import let_in

from baton.duties import codes, trace
from baton.duties.community import community
from baton.duties.contact import party_access, thread_notices, thread_parties, threads
from baton.duties.contact.thread_states import OWED_PARTY, PARTY_OWES
from baton.duties.patients import network
from baton.duties.privacy import accounting, consents
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.privacy.labelling import Labelling
from baton.duties.referrals import referrals
from baton.fhir.resource import target
from baton.store import Forbidden, Invalid, NotFound, Who
from baton.store.postgres import Database

EVA, ANA = "Patient/eva", "RelatedPerson/ana"
OFFICE, OTHER, TEAM = "Organization/riverside", "Organization/lakeside", "Organization/heart"
BY = "Pat Lee"
__all__ = ["town"]


def organization(id_: str, name: str, **more: Any) -> dict[str, Any]:
    mail = [{"system": "email", "value": f"desk@{id_}.example"}]
    return {"resourceType": "Organization", "id": id_, "active": True, "name": name, "telecom": mail, **more}


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T09:00:00", labellers=(Labelling(),))
    ward.put(patient(), of_team(), relative("ana", "everything"), let_in("eva", EVA), let_in("eva", ANA))
    ward.put(organization("riverside", "Riverside Cardiology"), organization("lakeside", "Lakeside Imaging"))
    refer(ward)
    yield ward
    ward.store.close()


def refer(ward: Ward, to: str = "riverside", *, patient: str = EVA, send: bool = True) -> str:
    with ward.change(TOM) as change:
        said = {"question": "Is it the valve?", "reason": "New murmur"}
        task = referrals.make(change, patient=patient, what="cardiology consult", to=f"Organization/{to}", **said).id
    if send:
        with ward.change(TOM) as change:
            referrals.send(change, task=task, despite="the rest follows")
    return task


def start(ward: Ward, text: str = "Her biopsy was benign.", audience: tuple[str, ...] = (EVA,), **said: Any) -> str:
    with ward.change(TOM) as change:
        return threads.start(change, patient=EVA, topic="referral", text=text, audience=audience, **said).id


def let(ward: Ward, thread: str, text: str = "Which day suits you?", party: str = OFFICE, **said: Any) -> thread_parties.Sent:
    with ward.change(TOM) as change:
        return thread_parties.let_in(change, thread, party=party, text=text, **said)


def mails(ward: Ward) -> list[dict[str, Any]]:
    with psycopg.connect(ward.database.owner_dsn) as connection:
        return [payload for (payload,) in connection.execute("select payload from outbox order by id")]


def link(ward: Ward) -> str:
    return str(next(each["link"] for each in reversed(mails(ward)) if str(each.get("link", "")).startswith("/t/"))).removeprefix("/t/")


def opens(ward: Ward, sent: thread_parties.Sent, at: str | None = None) -> thread_parties.Shown:
    with ward.change(HUB) as change:
        return thread_parties.looked(change, link=at or link(ward), code=sent.code)


def answers(ward: Ward, sent: thread_parties.Sent, text: str = "Tuesday at ten.", by: str = BY) -> thread_parties.Shown:
    with ward.change(HUB) as change:
        return thread_parties.answer(change, link=link(ward), code=sent.code, by=by, text=text)


def owed(ward: Ward) -> dict[str, dict[str, Any]]:
    wanted = ("message-answer", "message-reply", "message-colleague", OWED_PARTY, PARTY_OWES)
    return {str(codes.promise_code(each)): each for each in ward.find("Task") if codes.promise_code(each) in wanted and codes.is_open(each)}


def texts(found: Any) -> list[str]:
    return [each.text for each in found.messages]


def as_staff(ward: Ward, thread: str) -> threads.Thread:
    with ward.store.view(TOM) as view:
        return threads.shown(view, thread)


def test_the_whole_way_of_an_office_in_a_thread(ward: Ward) -> None:
    thread = start(ward)
    sent = let(ward, thread)
    (mail,) = [each for each in mails(ward) if each.get("thread")]
    assert mail["to"] == "desk@riverside.example" and mail["link"].startswith("/t/") and sent.code not in str(mail)
    assert not any(word in f"{mail['subject']} {mail['text']}" for word in ("Eva", "Stone", "biopsy", "Which", "Riverside"))
    waits = owed(ward)[PARTY_OWES]
    assert waits["status"] == "on-hold" and trace.of(waits).due.date() == date(2026, 7, 8), "three business days, Independence Day skipped"  # type: ignore[union-attr]
    assert as_staff(ward, thread).turn == "theirs"
    seen = opens(ward, sent)
    assert texts(seen) == ["Which day suits you?"] and (seen.name, seen.party, seen.topic) == (
        "Eva Stone",
        "Riverside Cardiology",
        "referral",
    )
    assert "biopsy" not in str(astuple(seen)), "neither what was said before nor the heading made of it"
    (message,) = [each for each in as_staff(ward, thread).messages if each.to == ((OFFICE, "Riverside Cardiology"),)]
    assert message.has("read", OFFICE) and not message.has("accepted", OFFICE) and not message.has("delivered", OFFICE), "three things"
    thread_notices.delivered(ward.store, HUB, "mail", mail)
    after = answers(ward, sent)
    assert texts(after) == ["Which day suits you?", "Tuesday at ten."] and after.messages[1].by == "Riverside Cardiology (Pat Lee)"
    assert PARTY_OWES not in owed(ward) and as_staff(ward, thread).turn == "ours"
    ours, after = owed(ward)[OWED_PARTY], opens(ward, sent)
    assert target(ours["owner"]) == TEAM and after.due is not None and trace.of(ours).due == after.due  # type: ignore[union-attr]
    with ward.change(TOM) as change:
        threads.say(change, thread, text="To Eva alone.", audience=[EVA])
    assert OWED_PARTY in owed(ward), "an answer to the patient is none to the office"
    with ward.change(TOM) as change:
        threads.say(change, thread, text="Tuesday it is.", audience=[OFFICE], wants_answer=True)
    assert OWED_PARTY not in owed(ward)
    last = opens(ward, sent).messages[-1]
    with ward.change(HUB) as change:
        thread_parties.agree(change, link=link(ward), code=sent.code, message=last.id)
    assert owed(ward) == {} and as_staff(ward, thread).messages[-1].has("accepted", OFFICE)
    assert ward.violations() == []


def test_the_patient_and_the_family_know_nothing_of_it_unless_it_was_written_to_them(ward: Ward) -> None:
    thread = start(ward, audience=(EVA, ANA))
    sent = let(ward, thread)
    answers(ward, sent, "We need her chart.")
    for person in (EVA, ANA):
        guest = ward.store.guest(person)
        assert guest is not None
        with ward.store.view(guest) as view:
            found = threads.shown(view, thread)
            assert texts(found) == ["Her biopsy was benign."] and found.parties == () and found.turn == "nobody"
            said = str(view.find("Task", patient=EVA)) + str([each for each in view.find("Communication", patient=EVA) if "partOf" in each])
            assert "We need her chart" not in said and OWED_PARTY not in said and PARTY_OWES not in said, "nor through the API"
    with ward.change(TOM) as change:
        threads.say(change, thread, text="Tuesday at ten, both.", audience=[EVA, OFFICE])
    with ward.store.view(ward.store.guest(EVA)) as view:  # type: ignore[arg-type]
        last = threads.shown(view, thread).messages[-1]
    assert last.to == ((EVA, "Eva Stone"),), "to the patient it names no office"
    assert opens(ward, sent).messages[-1].to == ((OFFICE, "Riverside Cardiology"),), "to the office nobody else"


@pytest.mark.parametrize(
    ("party", "why"),
    [
        (OTHER, "no referral of the patient"),
        (TEAM, "no referral of the patient"),
        ("Organization/none", "no referral of the patient"),
        ("Practitioner/tom", "no referral of the patient"),
    ],
    ids=["another office", "a team of ours", "nobody", "a person"],
)
def test_who_has_no_part_in_the_patients_care_is_not_let_in(ward: Ward, party: str, why: str) -> None:
    thread = start(ward)
    with pytest.raises(Invalid, match=why):
        let(ward, thread, party=party)
    marked = {
        "reference": party,
        "extension": [{"url": "https://baton.example/fhir/StructureDefinition/outside-party", "valueBoolean": True}],
    }
    with pytest.raises(Invalid, match=why), ward.change(TOM) as change:
        change.put({**change.get("Communication", thread), "recipient": [marked]})


def test_a_draft_or_declined_referral_gives_no_part_and_the_patients_doctor_has_one(ward: Ward) -> None:
    refer(ward, "lakeside", send=False)
    with ward.store.view(TOM) as view:
        assert [each.reference for each in party_access.around(view, EVA)] == [OFFICE]
    ward.put({**ward.get(EVA), "generalPractitioner": [{"reference": OTHER}]})
    with ward.store.view(TOM) as view:
        assert [each.reference for each in party_access.around(view, EVA)] == [OTHER, OFFICE]
        assert thread_parties.candidates(view, EVA, start(ward))[0].because == ""


def test_what_is_restricted_or_sensitive_does_not_go_and_a_link_is_over_when_it_may_not(ward: Ward) -> None:
    thread = start(ward)
    sent = let(ward, thread)
    assert texts(opens(ward, sent))
    terms = Terms("restriction", EVA, recipients=(Party("Riverside Cardiology", OFFICE),), signed_by=EVA, signed_on=date(2026, 7, 2))
    with ward.change(TOM) as change:
        consents.record(change, terms=terms)
    with pytest.raises(NotFound):
        opens(ward, sent)
    with pytest.raises(Invalid, match="without the patient's consent"), ward.change(TOM) as change:
        threads.say(change, thread, text="And?", audience=[OFFICE])
    payload = next(each for each in mails(ward) if each.get("thread"))
    assert thread_notices.objection(ward.store, HUB, payload), "nor does a mail leave that waits"


def test_an_agency_is_told_what_the_patient_signed_for_and_not_when_they_were_born(town: Ward) -> None:
    pantry(town, raised(town))
    reference = f"HealthcareService/{service(town, 'Food pantry')}"
    with town.change(TOM) as change:
        thread = threads.start(change, patient=EVA, topic="referral", text="Among us.").id
    with town.change(TOM) as change:
        sent = thread_parties.let_in(change, thread, party=reference, text="Is there room?", address="pantry@example.org")
    seen = opens(town, sent)
    assert texts(seen) == ["Is there room?"] and seen.born is None
    for each in town.find("Consent", patient=EVA, status="active"):
        town.put({**each, "status": "inactive"})
    with pytest.raises(NotFound):
        opens(town, sent)
    with town.store.view(TOM) as view:
        assert community.agreed(view, EVA, community.directory.read(view.get(*reference.split("/")))) is None
        assert party_access.decided(view, EVA, reference).because == "not-agreed"


def test_each_message_to_an_office_is_kept_among_what_was_disclosed_and_says_nothing(ward: Ward) -> None:
    thread = start(ward)
    let(ward, thread, "The INR is 4.")
    with ward.change(TOM) as change:
        threads.say(change, thread, text="And 5 today.", audience=[OFFICE])
    kept = [each for each in ward.find("Communication", subject=EVA) if "disclosure" in str(each.get("category"))]
    assert len(kept) == 2 and all(target(each["recipient"][0]) == OFFICE and "treatment" in str(each) for each in kept)
    assert "INR" not in str(kept) and "today" not in str(kept)
    with ward.store.view(TOM) as view:
        counted = accounting.accounting(view, patient=EVA)
    assert counted.listed == () and len(counted.left_out) == 2, "for treatment it is not counted"


def test_one_mail_until_they_read_a_new_link_ends_the_old_and_wrong_codes_open_nothing(ward: Ward) -> None:
    thread = start(ward)
    sent = let(ward, thread)
    with ward.change(TOM) as change:
        threads.say(change, thread, text="One more.", audience=[OFFICE])
    assert len([each for each in mails(ward) if each.get("thread")]) == 1
    old = link(ward)
    with pytest.raises(NotFound):
        opens(ward, thread_parties.Sent("12345678", sent.until))
    ward.at("2026-07-02T10:00:00")
    with ward.change(TOM) as change:
        again = thread_parties.send_again(change, thread, party=OFFICE)
    assert link(ward) != old and texts(opens(ward, again)) == ["Which day suits you?", "One more."]
    with pytest.raises(NotFound):
        opens(ward, sent, old)
    ward.at("2026-09-02T10:00:00")
    with pytest.raises(NotFound):
        opens(ward, again)
    with ward.change(TOM) as change:
        message = threads.say(change, thread, text="Still there?", audience=[OFFICE]).id
    assert dict(next(each for each in as_staff(ward, thread).messages if each.id == message).notices) == {OFFICE: "no-link"}


def test_taking_them_out_ends_the_link_and_what_was_waited_for_and_staff_read_on(ward: Ward) -> None:
    thread = start(ward)
    sent = let(ward, thread)
    answers(ward, sent)
    with ward.change(LUIS) as change:
        thread_parties.take_out(change, thread, party=OFFICE)
    for act in (lambda: opens(ward, sent), lambda: answers(ward, sent)):
        with pytest.raises(NotFound):
            act()
    assert owed(ward) == {} and as_staff(ward, thread).parties == () and "Tuesday at ten." in texts(as_staff(ward, thread))
    with pytest.raises(Invalid, match="take part"), ward.change(TOM) as change:
        threads.say(change, thread, text="Gone?", audience=[OFFICE])
    with pytest.raises(NotFound), ward.store.view(HUB) as view:
        threads.shown(view, thread, reader=OFFICE)
    assert ward.violations() == []


def test_what_they_say_is_theirs_short_and_without_files(ward: Ward) -> None:
    thread = start(ward)
    sent = let(ward, thread)
    for by, text, why in (("", "Yes.", "who you are"), (BY, " ", "Write the message"), (BY, "x" * 2001, "fewer words")):
        with pytest.raises(Invalid, match=why):
            answers(ward, sent, text, by)
    from baton import uploads

    with pytest.raises(Invalid, match="packet of records"), ward.change(TOM) as change:
        threads.say(change, thread, text="Look", audience=[OFFICE], files=[uploads.check("x.txt", b"INR 4")])
    (message,) = [each for each in as_staff(ward, thread).messages if OFFICE in [ref for ref, _ in each.to]]
    with pytest.raises(Invalid, match="more people"), ward.change(TOM) as change:
        first = as_staff(ward, thread).messages[0].id
        held = change.get("Communication", first)
        more = next(each for each in change.get("Communication", message.id)["recipient"])
        change.put({**held, "recipient": [*held["recipient"], more]})
    guest = ward.store.guest(EVA)
    with pytest.raises((Invalid, Forbidden, NotFound)), ward.change(guest) as change:  # type: ignore[arg-type]
        threads.say(change, thread, text="I am the office", author=OFFICE)


# --- whatever happens ---------------------------------------------------------------------------------------------------------------------

NUMBERS = count()
PARTIES = ("riverside", "lakeside")
READERS = st.sets(st.sampled_from(["patient", "ana", *PARTIES]))
DO = st.one_of(
    st.tuples(st.just("say"), READERS, st.booleans()),
    st.tuples(st.just("let"), st.sampled_from(PARTIES)),
    st.tuples(st.just("out"), st.sampled_from(PARTIES)),
    st.tuples(st.just("answer"), st.sampled_from(["patient", "ana", *PARTIES])),
)


@pytest.fixture(scope="module")
def house(module_database: Database) -> Iterator[Ward]:
    ward = Ward(module_database, "2026-07-06T09:00:00", labellers=(Labelling(),))
    ward.put(organization("riverside", "Riverside Cardiology"), organization("lakeside", "Lakeside Imaging"))
    yield ward
    ward.store.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(DO, max_size=10))
def test_a_party_never_reads_what_was_not_written_to_it(house: Ward, acts: list[tuple[Any, ...]]) -> None:
    id_ = f"q{next(NUMBERS)}"
    refs = {"patient": f"Patient/{id_}", "ana": f"RelatedPerson/ana-{id_}", **{each: f"Organization/{each}" for each in PARTIES}}
    kin = {"resourceType": "RelatedPerson", "id": f"ana-{id_}", "patient": {"reference": refs["patient"]}}
    house.put(patient(id_), of_team(id_), kin, let_in(id_, refs["patient"]), let_in(id_, refs["ana"]))
    for each in PARTIES:
        refer(house, each, patient=refs["patient"])
    with house.change(HUB) as change:
        network.permit(change, person=refs["ana"], told="everything", source="patient-wrote")
    with house.change(TOM) as change:
        people = [refs["patient"], refs["ana"]]
        thread = threads.start(change, patient=refs["patient"], topic="referral", text="first", audience=people).id
    here: set[str] = set()
    mine: dict[str, set[str]] = {each: set() for each in refs}
    mine["patient"], mine["ana"] = {"first"}, {"first"}
    for number, (act, *given_) in enumerate(acts):
        text = f"said {number}"
        if act == "let":
            _let(house, thread, refs, given_[0], text, here, mine)
        elif act == "out":
            with house.change(TOM) as change:
                if given_[0] in here:
                    thread_parties.take_out(change, thread, party=refs[given_[0]])
            here.discard(given_[0])
        else:
            by, to = ("tom", given_[0]) if act == "say" else (given_[0], set())
            may = by in here or by not in PARTIES
            if not (may and {each for each in to if each in PARTIES} <= here):
                continue
            author = None if by == "tom" else refs[by]
            with house.change(HUB if author else TOM) as change:
                threads.say(change, thread, text=text, author=author, audience=[refs[each] for each in sorted(to)], wants_answer=bool(to))
            for each in {*to, by} - {"tom"}:
                mine[each].add(text)
        for each, reference in refs.items():
            assert _reads(house, thread, each, reference, refs) == (mine[each] if each not in PARTIES or each in here else set()), each


def _let(house: Ward, thread: str, refs: dict[str, str], party: str, text: str, here: set[str], mine: dict[str, set[str]]) -> None:
    if party in here:
        return
    with house.change(TOM) as change:
        thread_parties.let_in(change, thread, party=refs[party], text=text)
    here.add(party)
    mine[party].add(text)


def _reads(house: Ward, thread: str, who: str, reference: str, refs: dict[str, str]) -> set[str]:
    if who in PARTIES:
        with house.store.view(HUB) as view:
            try:
                return set(texts(threads.shown(view, thread, reader=reference)))
            except NotFound:
                return set()
    guest: Who | None = house.store.guest(reference)
    assert guest is not None
    with house.store.view(guest) as view:
        raw = {each["payload"][0]["contentString"] for each in view.find("Communication", patient=refs["patient"]) if "payload" in each}
        seen = set(texts(threads.shown(view, thread)))
    parties_only = {each for each in raw if each not in seen}
    assert not any(each in parties_only for each in _between_staff_and_parties(house, thread)), "nor through the API"
    return seen


def _between_staff_and_parties(house: Ward, thread: str) -> set[str]:
    with house.store.view(HUB) as view:
        said = view.find("Communication", part_of=f"Communication/{thread}")
    near = lambda each: str(target(each)).startswith(("Patient/", "RelatedPerson/"))  # noqa: E731
    return {
        each["payload"][0]["contentString"] for each in said if not any(near(one) for one in (*each.get("recipient", ()), each["sender"]))
    }
