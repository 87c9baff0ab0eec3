"""Consents, safe contact, requests about the record, records asked of others: a few of each, for the people of one team."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from baton.demo.acts import Act, Deed
from baton.demo.days import Days
from baton.demo.places import PLACES, WORKERS, P
from baton.demo.plot import Stage, begin_the_town
from baton.duties.contact import safe_contact
from baton.duties.privacy import code_lists, consents, disclosure, requests
from baton.duties.privacy.consent_terms import Party, Terms
from baton.duties.privacy.decisions import Recipient
from baton.duties.records import records
from baton.duties.records import states as record_states
from baton.store import Change

TEAM = "outpatient-coordination"
OTHERS = 5
"""Whose records are asked for in the other teams; the next one asks about the own."""
ASKED = {  # what is asked of whom; what is asked of us
    "hospital-transitions": ("Echo of last winter", "heart-clinic", "access-request", "The papers of my stay, as files."),
    "heart-vascular": ("Stress test, spring", "st-brendans", "access-request", "My echo pictures on a disc."),
    "oncology-navigation": ("Pathology slides", "st-brendans", "accounting-request", "Who was told about my diagnosis?"),
    "geriatrics": ("Bone density of 2024", "bone-joint", "amendment-request", "It says that I live alone. I do not."),
    "case-management": ("Kidney consult, letter", "kidney-care", "access-request", "Everything since January, for my lawyer."),
}
SAID = ("right-to-revoke", "conditioning", "redisclosure", "redisclosure-tpo", "copy-given")
SUMMARY = b"Seen weekly since May. Buprenorphine 16 mg, stable; no relapse. Next visit in four weeks."


def privacy(stages: Sequence[Stage]) -> Iterator[Act]:
    """What the people of one team signed and asked for in the past month; of every other team, one request each way."""
    if stages[0].person.team == TEAM:
        for stage, told in zip(stages, TOLD, strict=False):
            yield from told(stage)
        if begin_the_town(stages):
            yield own_codes(stages[0].days)
    elif begin_the_town(stages) and len(stages) > OTHERS:
        stage, (what, place, asked, words) = stages[OTHERS], ASKED[stages[0].person.team]
        yield _by(stage, 3, "09:55", "Records asked for", _ask(stage, what, place))
        yield _by(stages[OTHERS + 1], 8, "13:50", "A request came", _asked(stages[OTHERS + 1], asked, words))


def own_codes(days: Days) -> Act:
    """What this house itself knows to be sensitive: the laboratory's own code for a test."""
    why = "Our laboratory sends this test under a code of its own; it tells the same as the one everybody uses."
    wanted = code_lists.Wanted("HIV", f"{P}/CodeSystem/larkhaven-general-lab", codes=("HIV12AB",), why=why)
    return Act(
        days.at(days.business(-14), "11:45"),
        WORKERS["dana-roth"].who,
        "What is sensitive here",
        lambda change: code_lists.keep(change, wanted),
    )


def _by(stage: Stage, days_ago: int, clock: str, because: str, do: Deed) -> Act:
    return Act(stage.days.at(stage.days.business(-days_ago) if days_ago else stage.days.today, clock), stage.worker.who, because, do)


def _source(place: str, kind: str) -> Recipient:
    found = PLACES[place]
    return Recipient(found.name, kind, f"Organization/{place}", found.phone)


def _consent(stage: Stage, signed: date, **more: object) -> Deed:
    until = signed + timedelta(days=365)
    base: dict[str, object] = {
        "patient": stage.person.reference,
        "signed_by": stage.person.reference,
        "signed_on": signed,
        "until": until,
        "statements": SAID,
    }
    return lambda change: consents.record(change, terms=Terms(**{**base, **more}))  # type: ignore[arg-type]


def _ask(stage: Stage, what: str, place: str, kind: str = "provider") -> Deed:
    return lambda change: records.ask(change, patient=stage.person.reference, what=what, source=_source(place, kind), channels=("fax",))


def _request(change: Change, stage: Stage) -> str:
    found = change.find("CommunicationRequest", patient=stage.person.reference, category=f"{record_states.STATE}|{record_states.CODE}")
    return str(found[0]["id"])


def _part2(stage: Stage, signed: date, *, until: date | None, status: str = "active") -> Deed:
    return _consent(
        stage,
        signed,
        kind="part2",
        description="Summaries of treatment, for coordinating care",
        discloser=Party("Hillside Recovery", "Organization/hillside"),
        recipients=(Party(kind="tpo"),),
        purposes=("TREAT", "CAREMGT"),
        classes=("18842-5", "34133-9"),
        labels=("42CFRPart2",),
        until=until,
        status=status,
    )


def recovering(stage: Stage) -> Iterator[Act]:
    """A Part 2 program was asked under a whole consent, and answered: the summary is labelled."""
    signed = stage.days.business(-9)
    yield _by(stage, 9, "10:05", "Part 2 consent signed", _part2(stage, signed, until=signed + timedelta(days=180)))
    yield _by(stage, 8, "10:10", "Records asked for", _ask(stage, "Summary of treatment since May", "hillside", "part2-program"))
    came: Deed = lambda change: records.receive(change, request=_request(change, stage), title="Summary, Hillside Recovery", body=SUMMARY)  # noqa: E731
    yield _by(stage, 3, "14:25", "Records received", came)


def blocked(stage: Stage) -> Iterator[Act]:
    """A Part 2 program is to be asked, and the consent still lacks its expiry."""
    yield _by(stage, 2, "11:15", "Part 2 consent begun", _part2(stage, stage.days.business(-2), until=None, status="draft"))
    yield _by(stage, 1, "11:40", "Records asked for", _ask(stage, "Discharge summary of September", "hillside", "part2-program"))


def waiting(stage: Stage) -> Iterator[Act]:
    """Old images were asked for; nothing came, and the source is to be reminded. What was paid for out of pocket stays from the plan."""
    yield _by(stage, 7, "09:20", "Records asked for", _ask(stage, "MRI disc of 2024", "bone-joint"))
    paid = _consent(
        stage, stage.days.business(-5), kind="self-pay", description="Counseling visits, paid in full", classes=("Encounter",), until=None
    )
    yield _by(stage, 5, "16:05", "Paid in full: not to the health plan", paid)


def correcting(stage: Stage) -> Iterator[Act]:
    """The patient wants the record corrected; records came in part."""
    yield _by(stage, 14, "13:10", "A letter came", _asked(stage, "amendment-request", "It says that I smoke. I never did."))
    yield _by(stage, 6, "13:30", "Records asked for", _ask(stage, "Consult notes, spring to now", "heart-clinic"))
    part: Deed = lambda change: records.receive(  # noqa: E731
        change, request=_request(change, stage), title="Consult note of May", body=b"Murmur, echo planned.", partial=True
    )
    yield _by(stage, 2, "15:45", "Some records received", part)


def asking(stage: Stage) -> Iterator[Act]:
    """The patient asks for a copy of the record; a lawyer may have what is about the fall; a report went to the state."""
    yield _by(stage, 16, "08:55", "A request came", _asked(stage, "access-request", "All of it, on paper, please."))
    lawyer = _consent(
        stage, stage.days.business(-10), kind="authorisation", description="What is about the fall in June", discloser=Party("Baton Care"),
        recipients=(Party("Wharf Street Law"),), purposes=("HLEGAL",), classes=("18842-5", "Encounter"),
    )  # fmt: skip
    yield _by(stage, 10, "12:20", "Authorization signed", lawyer)
    state = Recipient("State Department of Health", "public-health", None, "3 Capitol Hill")
    told: Deed = lambda change: disclosure.elsewhere(  # noqa: E731
        change, patient=stage.person.reference, recipient=state, purpose="PUBHLTH", description="Reportable laboratory result"
    )
    yield _by(stage, 6, "09:50", "Reported by telephone", told)


def careful(stage: Stage) -> Iterator[Act]:
    """Somebody who must not be called at home."""
    asked = safe_contact.SafeContact(
        phone="(401) 555-0188", avoid=("home", "voicemail", "mail"), safety=True, note="Her sister’s telephone. Say only your first name."
    )
    yield _by(
        stage,
        4,
        "10:35",
        "How the patient may be reached",
        lambda change: safe_contact.state(change, patient=stage.person.reference, asked=asked),
    )


def late_answers(stage: Stage) -> Iterator[Act]:
    """A source was reminded and is still silent; another one refused, and said why."""
    place = "endocrine"
    yield _by(stage, 11, "10:25", "Records asked for", _ask(stage, "Laboratory results since spring", place))
    reminded: Deed = lambda change: records.chase(change, request=_named(change, stage, place))  # noqa: E731
    yield _by(stage, 3, "15:20", "Records asked for again", reminded)
    yield _by(stage, 10, "11:35", "Records asked for", _ask(stage, "Old X-rays of the hip", "bone-joint"))
    refused: Deed = lambda change: records.refuse(  # noqa: E731
        change, request=_named(change, stage, "bone-joint"), reason="Destroyed after ten years, as the law allows"
    )
    yield _by(stage, 6, "14:55", "Records refused", refused)


def restricted(stage: Stage) -> Iterator[Act]:
    """Asked that a brother who works at the clinic is not told, which was agreed to; and who has seen the record, which was answered."""
    patient = stage.person.reference
    yield _by(stage, 12, "09:35", "A request came", _asked(stage, "restriction-request", "My brother works there. He must not be told."))
    agreed = _consent(
        stage, stage.days.business(-11), kind="restriction", description="Nothing to the brother, who works at the front desk",
        recipients=(Party("The brother"),), classes=("*",), until=None,
    )  # fmt: skip
    yield _by(stage, 11, "10:30", "A restriction agreed to", agreed)
    yield _by(stage, 11, "10:40", "A request answered", _granted(patient, "restriction-request", "Agreed; the front desk was told."))
    yield _by(stage, 20, "13:25", "A request came", _asked(stage, "accounting-request", "Who got my records this year?"))
    yield _by(stage, 18, "16:15", "A request answered", _granted(patient, "accounting-request", "The list was handed over at the desk."))


def _granted(patient: str, code: str, note: str) -> Deed:
    def do(change: Change) -> None:
        for task in requests.of_patient(change, patient):
            if requests.what(task)["code"] == code and requests.what(task)["open"]:
                requests.grant(change, task=str(task["id"]), note=note)

    return do


def _named(change: Change, stage: Stage, place: str) -> str:
    """The request sent to that place."""
    return next(each.id for each in records.of_patient(change, stage.person.reference) if each.source == PLACES[place].name)


def _asked(stage: Stage, code: str, what: str) -> Deed:
    return lambda change: requests.receive(change, patient=stage.person.reference, code=code, what=what)


TOLD: tuple[Callable[[Stage], Iterator[Act]], ...] = (recovering, blocked, waiting, correcting, asking, careful, late_answers, restricted)
