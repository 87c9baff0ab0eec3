"""Words for help from the community: needs, capacity, enrollment, programs' states, papers. Tables only."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "need-help": lazy("Look for help with a need"),
    "benefit-apply": lazy("Hand in an application"),
    "benefit-decision": lazy("Ask for a decision on an application"),
    "benefit-answer": lazy("Hand in what they asked for"),
    "benefit-appeal": lazy("Appeal a denial, or accept it"),
    "benefit-renew": lazy("Renew a benefit"),
}
TITLES: Words = {
    "need-help": lazy("Look for help: %(what)s"),
    "benefit-apply": lazy("Hand in the application: %(what)s"),
    "benefit-decision": lazy("Ask for a decision: %(what)s"),
    "benefit-answer": lazy("Hand in what they asked for: %(what)s"),
    "benefit-appeal": lazy("Denied, appeal or accept: %(what)s"),
    "benefit-renew": lazy("Renew: %(what)s"),
}
"""What a row of work says; %(what)s is the need or the program."""
NEEDS: Words = {
    "food-insecurity": lazy("Food"),
    "housing-instability": lazy("Housing"),
    "homelessness": lazy("A place to stay"),
    "inadequate-housing": lazy("Housing in bad repair"),
    "transportation-insecurity": lazy("Rides"),
    "utility-insecurity": lazy("Heat, power and water"),
    "financial-insecurity": lazy("Money and benefits"),
    "medical-cost-burden": lazy("Medical bills"),
    "health-insurance-coverage-status": lazy("Health insurance"),
    "material-hardship": lazy("Clothing and household"),
    "employment-status": lazy("Work"),
    "social-connection": lazy("Company"),
    "stress": lazy("Stress and caregiving"),
    "intimate-partner-violence": lazy("Safety at home"),
    "elder-abuse": lazy("Safety of an older person"),
    "digital-access": lazy("Internet and devices"),
    "personal-health-literacy": lazy("Understanding health"),
    "language-access": lazy("Language"),
    "educational-attainment": lazy("School"),
}
CAPACITY: Words = {
    "capacity": lazy("has room"),
    "no-capacity": lazy("no room"),
    "waitlist": lazy("waiting list"),
    "additional-assessment-required": lazy("must assess first"),
}
CAPACITY_MARKS: Mapping[str, str] = {
    "capacity": "calm",
    "no-capacity": "late",
    "waitlist": "wait",
    "additional-assessment-required": "wait",
}
ENROLLMENT: Words = {
    "enrolled": lazy("enrolled"),
    "not-enrolled": lazy("not enrolled"),
    "not-enrolled-on-waitlist": lazy("on the waiting list"),
}
FRESHNESS: Words = {
    "fresh": lazy("checked %(day)s"),
    "aging": lazy("checked %(day)s: over half a year ago"),
    "old": lazy("checked %(day)s: over a year ago, call first"),
    "unknown": lazy("nobody says when it was checked: call first"),
}
FRESH_MARKS: Mapping[str, str] = {"fresh": "", "aging": "", "old": "soon", "unknown": "soon"}
ORIGINS: Words = {
    "address": lazy("Distances are from the patient’s address, as the crow flies."),
    "zip": lazy("Distances are from the middle of the places known in the ZIP code, as the crow flies."),
    "unknown": lazy("Where they live is not known well enough to count distances: places are listed without them."),
}
STATES: Words = {
    "gathering": lazy("gathering papers"),
    "submitted": lazy("handed in"),
    "more-asked": lazy("they ask for more"),
    "approved": lazy("granted"),
    "denied": lazy("denied"),
    "appealed": lazy("appealed"),
    "renewing": lazy("being renewed"),
    "withdrawn": lazy("taken back"),
    "refused": lazy("denied for good"),
    "ended": lazy("ended"),
}
STATE_MARKS: Mapping[str, str] = {
    "more-asked": "late",
    "denied": "late",
    "gathering": "soon",
    "submitted": "wait",
    "appealed": "wait",
    "renewing": "wait",
}
TRIGGERS: Words = {
    "submit": lazy("Hand it in"),
    "withdraw": lazy("Take it back"),
    "ask-more": lazy("They ask for more"),
    "approve": lazy("They granted it"),
    "deny": lazy("They denied it"),
    "answer": lazy("Hand in what they asked for"),
    "appeal": lazy("Appeal"),
    "accept-denial": lazy("Accept the denial"),
    "refuse-appeal": lazy("The appeal was refused"),
    "renew": lazy("Renew it"),
    "end": lazy("It has ended"),
}
PROOFS: Words = {
    "photo-id": lazy("photo ID"),
    "social-security-number": lazy("Social Security number"),
    "proof-of-address": lazy("proof of address"),
    "pay-stubs": lazy("pay stubs"),
    "bank-statement": lazy("bank statement"),
    "tax-return": lazy("tax return"),
    "rent-or-mortgage": lazy("rent or mortgage"),
    "utility-bill": lazy("utility bill"),
    "insurance-card": lazy("insurance card"),
    "hospital-bill": lazy("hospital bill"),
    "birth-certificate": lazy("birth certificate"),
}
PLACES: Words = {
    "nobody": lazy("nobody asked yet"),
    "again": lazy("to be asked elsewhere"),
    "asked": lazy("asked, no answer yet"),
    "waitlist": lazy("on a waiting list"),
    "under-way": lazy("under way"),
    "enrolled": lazy("enrolled"),
}
PLACE_MARKS: Mapping[str, str] = {
    "nobody": "soon",
    "again": "late",
    "asked": "wait",
    "waitlist": "wait",
    "under-way": "",
    "enrolled": "calm",
}
GOALS: Words = {
    "in-progress": pgettext_lazy("goal", "under way"),
    "improving": pgettext_lazy("goal", "improving"),
    "achieved": pgettext_lazy("goal", "reached"),
    "not-attainable": pgettext_lazy("goal", "given up"),
}
REGIONS: Words = {"contiguous": lazy("48 states and D.C."), "alaska": lazy("Alaska"), "hawaii": lazy("Hawaii")}
FACTS: Words = {
    "need": lazy("Need"),
    "benefit": lazy("Program"),
    "application-state": lazy("Where it stands"),
    "state-since": lazy("Since"),
    "first-bill": lazy("First bill after discharge"),
}
CLEARS: Words = {
    "need-over": lazy("the need is met, or help is not wanted"),
    "application-handed-in": lazy("the application is handed in"),
    "application-decided": lazy("they decide"),
    "application-answered": lazy("what they asked for is handed in"),
    "denial-appealed": lazy("the denial is appealed or accepted"),
    "benefit-renewed": lazy("the benefit is renewed, or ends"),
}


def _filter(table: Words):  # type: ignore[no-untyped-def]
    def words(code: str) -> str:
        from baton.desk import labels  # noqa: PLC0415 - labels knows these words

        return labels.word(table, code)

    return words


FILTERS = {"need_name": _filter(NEEDS), "need_place": _filter(PLACES), "application_state": _filter(STATES)}
