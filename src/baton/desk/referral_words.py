"""Words for referrals: states, steps, moves, what a complete one holds. Tables only."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

Words = Mapping[str, str | Promise]

TITLES: Words = {
    "referral-send": lazy("Send: %(what)s"),
    "referral-answer": lazy("Ask for an answer: %(what)s"),
    "referral-book": lazy("Ask for a date: %(what)s"),
    "referral-visit": lazy("See that the visit takes place: %(what)s"),
    "referral-rebook": lazy("Book again: %(what)s"),
    "referral-result": lazy("Ask for the result: %(what)s"),
    "referral-review": lazy("Review the result: %(what)s"),
    "referral-tell": lazy("Tell the patient: %(what)s"),
    "referral-cancellation": lazy("Have the cancellation confirmed: %(what)s"),
    "referral-reroute": lazy("Declined, send elsewhere: %(what)s"),
    "referral-hold": lazy("On hold, bring what is missing: %(what)s"),
}
"""What a row of work says; %(what)s is what was asked for."""
KINDS: Words = {
    "referral-send": lazy("Referral to send"),
    "referral-answer": lazy("Referral not answered"),
    "referral-book": lazy("Referral without a date"),
    "referral-visit": lazy("Referral visit ahead"),
    "referral-rebook": lazy("Referral to book again"),
    "referral-result": lazy("Referral result awaited"),
    "referral-review": lazy("Referral result to review"),
    "referral-tell": lazy("Referral: patient to be told"),
    "referral-cancellation": lazy("Referral cancellation to confirm"),
    "referral-reroute": lazy("Referral declined"),
    "referral-hold": lazy("Referral on hold"),
}
COLUMNS: Words = {
    "send": lazy("to send"),
    "answer": lazy("sent, no answer yet"),
    "booked": lazy("accepted or booked"),
    "result": lazy("seen, result awaited"),
    "review": lazy("result here, not reviewed"),
    "tell": lazy("patient to be told"),
    "again": lazy("declined, missed or on hold"),
}
MARKS: Mapping[str, str] = {
    "send": "soon",
    "answer": "wait",
    "booked": "wait",
    "result": "wait",
    "review": "soon",
    "tell": "soon",
    "again": "late",
}
TURNS: Words = {"ours": lazy("Ours"), "theirs": lazy("Theirs"), "patient": lazy("The patient’s")}
STATES: Words = {
    "draft": lazy("drafted"),
    "received/2.0": lazy("sent"),
    "accepted/3.0": lazy("accepted"),
    "rejected/4.0": lazy("declined"),
    "in-progress/5.1": lazy("under way"),
    "in-progress/5.1.1": lazy("visit booked"),
    "in-progress/5.1.2": lazy("patient did not come"),
    "in-progress/5.1.3": lazy("appointment cancelled"),
    "in-progress/5.1.4": lazy("seen, note received"),
    "in-progress/5.2": lazy("cancellation asked for"),
    "cancelled/6.0": lazy("cancelled"),
    "completed/7.0": lazy("completed"),
    "requested": lazy("sent"),
    "accepted": lazy("accepted"),
    "rejected": lazy("declined"),
    "in-progress": lazy("under way"),
    "on-hold": lazy("on hold"),
    "completed": lazy("completed"),
    "failed": lazy("failed"),
    "cancelled": lazy("cancelled"),
    "entered-in-error": lazy("entered in error"),
}
TRIGGERS: Words = {
    "accept": lazy("They accepted"),
    "decline": lazy("They declined"),
    "schedule": lazy("Visit is booked"),
    "reschedule": lazy("Visit is moved"),
    "no-show": lazy("Patient did not come"),
    "appointment-cancelled": lazy("Appointment was cancelled"),
    "interim-note": lazy("Seen, note received"),
    "outcome": lazy("Completed"),
    "request-cancellation": lazy("Ask to cancel"),
    "confirm-cancellation": lazy("They confirmed the cancellation"),
    "start": lazy("They began"),
    "resume": lazy("Off hold"),
    "hold": lazy("They put it on hold"),
    "fail": lazy("It failed"),
    "cancel": lazy("Cancelled"),
}
URGENCIES: Words = {"routine": lazy("routine"), "urgent": lazy("urgent"), "asap": lazy("as soon as possible"), "stat": lazy("at once")}
CONTENT: Words = {
    "question": lazy("the question"),
    "urgency": lazy("how urgent it is"),
    "reason": lazy("the reason"),
    "problems": lazy("the problem list"),
    "medicines": lazy("the medicines"),
    "allergies": lazy("the allergies"),
    "contact": lazy("how to reach the patient"),
    "ecg": lazy("an ECG"),
    "pathology": lazy("the pathology report"),
    "imaging": lazy("the imaging"),
    "kidney-function": lazy("kidney function"),
    "blood-count": lazy("a blood count"),
}
SPECIALTIES: Words = {
    "cardiology": lazy("Cardiology"),
    "oncology": lazy("Oncology"),
    "nephrology": lazy("Nephrology"),
    "pulmonology": lazy("Pulmonology"),
    "orthopaedics": lazy("Orthopaedics"),
    "gastroenterology": lazy("Gastroenterology"),
}
DISPOSITIONS: Words = {
    "no-change": lazy("Nothing changes"),
    "plan-changed": lazy("The plan changes"),
    "more-tests": lazy("More tests"),
    "refer-on": lazy("Refer on"),
}
HOW_TOLD: Words = {"call": lazy("By telephone"), "message": lazy("By message"), "letter": lazy("By letter"), "visit": lazy("In person")}
STEPS: Words = {
    "send": lazy("sending"),
    "answer": lazy("their answer"),
    "book": lazy("their booking"),
    "visit": lazy("until the visit"),
    "rebook": lazy("booking again"),
    "result": lazy("their result"),
    "review": lazy("our review"),
    "tell": lazy("telling the patient"),
    "cancellation": lazy("confirming a cancellation"),
    "reroute": lazy("sending elsewhere"),
    "hold": lazy("on hold"),
}
FACTS: Words = {
    "referral": lazy("Referral"),
    "referred-to": lazy("Sent to"),
    "referral-state": lazy("Where it stands"),
    "urgency": lazy("Urgency"),
}
CLEARS: Words = {
    "referral-sent": lazy("the referral is sent"),
    "referral-answered": lazy("the other side accepts or declines"),
    "visit-is-booked": lazy("a visit is booked"),
    "visit-reported": lazy("the visit is reported: it took place, or not"),
    "result-received": lazy("a letter or report that belongs to it is in the record"),
    "result-reviewed": lazy("somebody has read the result and said what follows"),
    "patient-told": lazy("the patient has been told"),
    "cancellation-confirmed": lazy("the cancellation is confirmed, or the outcome comes after all"),
    "referral-rerouted": lazy("it is sent to somebody else, or closed with a reason"),
    "referral-resumed": lazy("the other side goes on with it"),
}
