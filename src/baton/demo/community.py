"""Help in the town: its directory, and needs, referrals, papers and applications in every state, through the duties' own verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from baton.demo.acts import Act, Deed
from baton.demo.places import EASTERN
from baton.demo.plot import Stage
from baton.demo.sayings import vary
from baton.duties.community import answer_links, benefits, capacity, community, means, needs, proofs
from baton.duties.privacy.links import OUTSIDE
from baton.duties.referrals import answering, referrals
from baton.duties.support import assessments
from baton.intake import hsds_rows, hsds_services
from baton.store import Change
from baton.uploads import Upload

Resource = dict[str, Any]
TEAM = "case-management"
ROOM = {
    "Rent help fund": "waitlist", "Food pantry": "capacity", "Emergency rent help": "no-capacity", "Rides to the doctor": "capacity",
    "Friendly visitors": "additional-assessment-required", "Emergency beds": "capacity",
}  # fmt: skip
"""What the town's parties last said about room for one more."""
ASKED = {
    "food": "no",
    "housing": "steady",
    "transport": "yes",
    "utilities": "yes",
    "utilities-off": "no",
    "safety": "harm-no",
    "help": "yes",
}
ELSEWHERE = {  # one need for somebody of every other team: the need, whom to ask, how far it has come
    "hospital-transitions": ("homelessness", "Emergency beds", ("accept",)),
    "outpatient-coordination": ("financial-insecurity", "Benefits desk", ()),
    "heart-vascular": ("food-insecurity", "Casa pantry", ("accept", "start")),
    "oncology-navigation": ("transportation-insecurity", "Rides to the doctor", ("accept", "start")),
    "geriatrics": ("social-connection", "Friendly visitors", ("accept",)),
}


APPLIED: Mapping[str, tuple[int, str, str, Sequence[tuple[str, Mapping[str, Any]]]]] = {
    "hospital-transitions": (1, "1720", "medicaid", (("submit", {"despite": "The rest follows by mail"}),)),
    "outpatient-coordination": (2, "2350", "snap", ()),
    "heart-vascular": (2, "2480", "liheap", (("submit", {"despite": "The rest follows by mail"}), ("approve", {}))),
    "oncology-navigation": (4, "4900", "lifeline", (("submit", {"despite": "The rest follows by mail"}),)),
    "geriatrics": (1, "1390", "snap", (("submit", {"despite": "The rest follows by mail"}), ("approve", {}))),
}
"""An application in every other team: household, income a month, the program, how far it has come."""


@cache
def _directory() -> tuple[Resource, ...]:
    """The directory of Larkhaven, read by the code that reads any other."""
    with resources.as_file(resources.files(__package__).joinpath("data", "larkhaven-directory")) as folder:
        made, refused = hsds_services.resources(hsds_rows.read(Path(folder)), ZoneInfo(EASTERN))
    assert not refused, refused
    return tuple(each.resource for each in made)


def ground() -> Iterator[Resource]:
    """The organizations, places and services of the town's directory."""
    yield from (dict(each) for each in _directory())


@cache
def _services() -> Mapping[str, str]:
    return {str(each["name"]): str(each["id"]) for each in _directory() if each["resourceType"] == "HealthcareService"}


# --- acts ----------------------------------------------------------------------------------------------------------------------------


class Told:
    """One person's way through the month: every verb is an act a little after the one before."""

    def __init__(self, stage: Stage, back: int, clock: str) -> None:
        """Begins `back` business days ago at that hour."""
        self.stage, self.patient = stage, stage.person.reference
        self.when = stage.days.at(stage.days.business(-back) if back else stage.days.today, clock)
        self.acts: list[Act] = []
        self.links: dict[str, answering.Sent] = {}

    def later(self, days: int = 0) -> Told:
        """The same person, so many days further on (never beyond this morning)."""
        self.when = min(self.when + timedelta(days=days), self.stage.days.at(self.stage.days.today, "07:30")) + timedelta(minutes=3)
        return self

    def do(self, because: str, deed: Deed) -> Told:
        """One act."""
        self.acts.append(Act(self.when, self.stage.worker.who, because, deed))
        self.when += timedelta(minutes=4)
        return self

    def need(self, code: str, said: str = "", goal: str = "") -> Told:
        """A need is put on the list, perhaps with a goal."""
        self.do("A need is put on the list", lambda change: needs.raise_need(change, patient=self.patient, need=code, said=said))
        if goal:
            self.do("A goal for a need", lambda change: needs.set_goal(change, need=self._need(change, code), words=goal))
        return self

    def refer(self, code: str, name: str, *moves: str, reason: str = "") -> Told:
        """Sent to one party, and what it reported."""
        sent: Deed = lambda change: community.refer(  # noqa: E731
            change, need=self._need(change, code), service=_services()[name], signed=True
        )
        self.do("Referred for a need", sent)
        for each in moves:
            self.later(1).do(f"Referral: {each}", self._move(code, each, reason))
        return self

    def link(self, code: str) -> Told:
        """The party is sent a link with which it can answer by itself."""

        def send(change: Change) -> None:
            self.links[code] = answer_links.send(change, task=self._task(change, code))

        return self.do("A secure link for a party", send)

    def said(self, code: str, by: str, what: str, reason: str = "") -> Told:
        """The party answers through its link."""

        def answer(change: Change) -> None:
            sent = self.links.get(code) or answer_links.send(change, task=self._task(change, code))
            answer_links.looked(change, link=sent.token, code=sent.code)
            answer_links.answer(change, link=sent.token, code=sent.code, by=by, what=what, reason=reason)

        self.acts.append(Act(self.when, OUTSIDE, "A referral was answered through its secure link", answer))
        self.when += timedelta(minutes=4)
        return self

    def enroll(self, code: str, status: str) -> Told:
        """Where they stand with the program."""
        return self.do("Enrollment recorded", lambda change: community.enroll(change, task=self._task(change, code), status=status))

    def apply(self, program: str, *moves: tuple[str, Mapping[str, Any]]) -> Told:
        """An application, and its way."""
        self.do("Application begun", lambda change: benefits.begin(change, patient=self.patient, program=program))
        for trigger, said in moves:
            own = {name: vary(each, self.stage.person.index) if isinstance(each, str) else each for name, each in said.items()}
            self.later(1).do(f"Application: {trigger}", self._step(program, trigger, own))
        return self

    def paper(self, proof: str, back: int) -> Told:
        """A paper is collected."""
        of = self.when.date() - timedelta(days=back)
        upload = Upload(f"{proof}.txt", "text/plain", f"{proof} of {self.stage.person.id}, {of.isoformat()}".encode())
        return self.do(
            "A paper for applications", lambda change: proofs.collect(change, patient=self.patient, proof=proof, upload=upload, of=of)
        )

    def household(self, size: int, income: str) -> Told:
        """What they live on, a month."""
        return self.do(
            "Household and income", lambda change: means.record(change, patient=self.patient, size=size, income=income, a_year=False)
        )

    def _need(self, change: Change, code: str) -> str:
        return next(str(each["id"]) for each in needs.open_of(change, self.patient) if needs.need_of(each) == code)

    def _task(self, change: Change, code: str) -> str:
        found = community.referrals_of(change, f"Condition/{self._need(change, code)}", self.patient)
        return str(found[0]["id"])

    def _move(self, code: str, trigger: str, reason: str) -> Deed:
        why = reason if trigger in referrals.REASONED else None
        return lambda change: community.move(change, task=self._task(change, code), trigger=trigger, reason=why)

    def _step(self, program: str, trigger: str, said: Mapping[str, Any]) -> Deed:
        def step(change: Change) -> None:
            found = next(each for each in benefits.of_patient(change, self.patient) if each.program == program and each.open)
            benefits.move(change, task=found.id, trigger=trigger, **said)

        return step


# --- people -----------------------------------------------------------------------------------------------------------------------------

DESPITE = {"despite": "The rest follows by mail"}


def family(stage: Stage) -> Told:
    """Food and rent: enrolled at the pantry, on the fund's waiting list, held up by a form; three programs begun."""
    told = Told(stage, 9, "09:05").need(
        "food-insecurity", "Skips meals at the end of the month", "Enough to eat until the end of the month"
    )
    told.need("housing-instability", "Two months behind with the rent")
    told.refer("food-insecurity", "Food pantry", "accept", "start").enroll("food-insecurity", "enrolled")
    told.refer("housing-instability", "Rent help fund", "accept", "start", "hold", reason="needs landlord form")
    told.enroll("housing-instability", "not-enrolled-on-waitlist")
    told.household(3, "3050").paper("pay-stubs", 12).paper("hospital-bill", 20).paper("photo-id", 400)
    return told.apply("medicaid", ("submit", DESPITE)).apply("snap").apply("hospital-fap")


def screened(stage: Stage) -> Told:
    """The questions about life showed two needs; nobody has taken them up yet."""
    ask: Deed = lambda change: assessments.answer(  # noqa: E731
        change, patient=stage.person.id, assessment="social-needs", answers=ASKED, done=True
    )
    return Told(stage, 1, "14:20").do("Asked about life", ask)


def unanswered(stage: Stage) -> Told:
    """Rides: sent, no answer yet."""
    return (
        Told(stage, 2, "10:40")
        .need("transportation-insecurity", "Misses dialysis when the son works")
        .refer("transportation-insecurity", "Wheelchair van")
        .link("transportation-insecurity")
    )


def declined(stage: Stage) -> Told:
    """Heat: declined, to be asked elsewhere; the heating program asks for more."""
    told = Told(stage, 6, "11:10").need("utility-insecurity", "Oil tank is down to a quarter")
    told.refer("utility-insecurity", "Heating help (LIHEAP)", "decline", reason="no appointments before December")
    by = stage.days.business(3)
    more = ("ask-more", {"reason": "the newest oil bill", "day": by})
    return told.household(2, "2100").apply("liheap", ("submit", DESPITE), more)


def helped(stage: Stage) -> Told:
    """Food, from beginning to end: the need is met, SNAP is granted and runs."""
    told = Told(stage, 14, "13:30").need("food-insecurity", "", "Cook for the grandchildren on Sundays")
    told.refer("food-insecurity", "Casa pantry", "accept", "start").later(2)
    task: Callable[[Change], str] = lambda change: told._task(change, "food-insecurity")  # noqa: E731, SLF001
    told.do("Help completed", lambda change: community.complete(change, task=task(change), outcome="enrolled", note="Weekly box"))
    told.later(1).do("Reviewed", lambda change: referrals.review(change, task=task(change), disposition="no-change"))
    told.later(1).do("Told", lambda change: referrals.tell(change, task=task(change), how="call"))
    met: Deed = lambda change: needs.settle(change, need=told._need(change, "food-insecurity"), how="met")  # noqa: E731, SLF001
    return told.do("The need is met", met).household(5, "3900").apply("snap", ("submit", DESPITE), ("approve", {}))


def denied(stage: Stage) -> Told:
    """Medicaid was denied: appeal, or accept it."""
    told = Told(stage, 8, "15:15").need("health-insurance-coverage-status", "Lost it with the job").household(1, "1650")
    return told.apply("medicaid", ("submit", DESPITE), ("deny", {"reason": "income of September counted twice"}))


def appealed(stage: Stage) -> Told:
    """An appeal is under way, a lawyer beside it."""
    told = Told(stage, 11, "09:50").need("medical-cost-burden", "Three hospital bills")
    told.refer("medical-cost-burden", "Legal help with medical bills", "accept").household(1, "1900")
    said = ({"reason": "income too high"}, {"reason": "the overtime of August was counted for every month"})
    return told.apply("snap", ("submit", DESPITE), ("deny", said[0]), ("appeal", said[1]))


def nobody(stage: Stage) -> Told:
    """A place to stay: found this morning's eve, nobody asked yet; nothing else is known."""
    return Told(stage, 1, "16:35").need("homelessness", "Sleeps in the car since Sunday")


def renewing(stage: Stage) -> Told:
    """A benefit is being renewed; another was taken back."""
    told = Told(stage, 12, "10:15").household(2, "1480").paper("pay-stubs", 9).paper("proof-of-address", 15)
    told.apply("lifeline", ("submit", DESPITE), ("approve", {}), ("renew", DESPITE))
    return told.apply("wic", ("withdraw", {"reason": "moving to another state"}))


def linked(stage: Stage) -> Told:
    """A hot meal: the party opened its link and said yes by itself, and that there is a waiting list."""
    told = Told(stage, 4, "10:05").need("food-insecurity", "Cannot stand long enough to cook")
    told.refer("food-insecurity", "Meals on wheels").link("food-insecurity").later(1)
    told.said("food-insecurity", "Joanne, intake desk", "accept").later(1)
    return told.said("food-insecurity", "Joanne, intake desk", "not-enrolled-on-waitlist")


def settled(stage: Stage) -> Told:
    """What ended: a denial that was accepted, a benefit that was not needed any more."""
    told = Told(stage, 13, "15:40").household(2, "6900")
    told.apply("snap", ("submit", DESPITE), ("deny", {"reason": "income too high"}), ("accept-denial", {"reason": "It is too high"}))
    return told.apply("lifeline", ("submit", DESPITE), ("approve", {}), ("end", {"reason": "The son pays the telephone now"}))


PEOPLE: tuple[Callable[[Stage], Told], ...] = (
    family,
    screened,
    unanswered,
    declined,
    helped,
    denied,
    appealed,
    nobody,
    renewing,
    linked,
    settled,
)


def help_given(stages: Sequence[Stage]) -> Iterator[Act]:
    """What happened in one team: all of it among the case manager's people, one need in every other team."""
    if not stages:
        return
    name = stages[0].person.team
    if name == TEAM:
        for stage, told in zip(stages[1:], PEOPLE, strict=False):
            yield from told(stage).acts
        first = stages[0]
        yield Act(first.days.at(first.days.business(-2), "08:10"), first.worker.who, "Whether there is room", _room)
    elif name in ELSEWHERE:
        code, service, moves = ELSEWHERE[name]
        yield from Told(stages[0], 4, "11:35").need(code).refer(code, service, *moves).acts
        size, income, program, ways = APPLIED[name]
        yield from Told(stages[len(stages) // 3], 7, "14:35").household(size, income).apply(program, *ways).acts


def _room(change: Change) -> None:
    for service, said in ROOM.items():
        capacity.answer(change, service=_services()[service], capacity=said)
