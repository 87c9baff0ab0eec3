"""Words of going home: items, signatures, causes, destinations, scores, where a summary stands. Codes come from the duty."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "discharge-plan": lazy("Prepare going home"),
    "discharge-item": lazy("Item of going home"),
    "discharge-blocker": lazy("Clear what is in the way"),
    "discharge-result": lazy("Read a result that was pending"),
    "discharge-summary": lazy("Send the discharge summary"),
    "discharge-answer": lazy("What the call at home asks for"),
}
ANSWERS: Words = {
    "worse": lazy("Worse at home, a clinician now: %(what)s"),
    "medicines-differ": lazy("Medicines differ at home, a pharmacist today: %(what)s"),
    "no-medicines": lazy("Has no medicines at home, today: %(what)s"),
    "no-services": lazy("Help for home did not come: %(what)s"),
    "question": lazy("Asked in the call, to be answered: %(what)s"),
    "visit": lazy("A visit is to be booked"),
}
"""What an answer of the call at home asks for; %(what)s is what was said."""
TITLES: Words = {
    "discharge-blocker": lazy("In the way of going home: %(what)s"),
    "discharge-result": lazy("Read when it comes: %(what)s"),
    "discharge-summary": lazy("Send the discharge summary to %(what)s"),
}
"""What a row of work says; %(what)s is what it is about."""
ITEMS: Words = {
    "language-assistance": lazy("Language and interpreter are known"),
    "appointments": lazy("Follow-up visits and tests are booked"),
    "pending-results": lazy("Pending results each have an owner"),
    "services-equipment": lazy("Services and equipment are arranged"),
    "medicines-plan": lazy("Right medicines, and a way to get them"),
    "reconcile": lazy("Medicines reconciled by pharmacy"),
    "written-plan": lazy("The written plan is in the patient’s hands"),
    "educate": lazy("Taught about the illness and the medicines"),
    "if-problem": lazy("They know what to do if something goes wrong"),
    "assess-understanding": lazy("They said it in their own words"),
    "summary-sent": lazy("The summary reached who takes over"),
    "telephone": lazy("Called at home"),
    "ideal-include": lazy("Patient and family take part"),
    "ideal-discuss": lazy("The five areas were talked through"),
    "ideal-plain-language": lazy("Taught in plain language all along"),
    "ideal-teach-back": lazy("Teach-back was used"),
    "ideal-listen": lazy("Their goals and worries were heard"),
}
PARTS: Words = {
    "language-assistance": lazy("Language"),
    "appointments": lazy("Follow-up"),
    "pending-results": lazy("Results pending"),
    "services-equipment": lazy("Home help"),
    "medicines-plan": lazy("Medicines"),
    "reconcile": lazy("Medicines"),
    "written-plan": lazy("Paper"),
    "educate": lazy("Teaching"),
    "if-problem": lazy("Safety"),
    "assess-understanding": lazy("Understanding"),
    "summary-sent": lazy("Summary"),
    "telephone": lazy("Call"),
    "ideal-include": lazy("Family"),
    "ideal-discuss": lazy("Talk"),
    "ideal-plain-language": lazy("Teaching"),
    "ideal-teach-back": lazy("Understanding"),
    "ideal-listen": lazy("Goals"),
}
EVIDENCE: Words = {
    "language": lazy("the chart names their language"),
    "visit-booked": lazy("a visit is booked"),
    "pending-owned": lazy("no result is without an owner"),
    "pharmacy-signed": lazy("pharmacy has signed"),
    "paper-given": lazy("the plan was printed and given"),
    "lessons-given": lazy("lessons were given in this stay"),
    "taught-back": lazy("every lesson given was taught back"),
    "caregiver-signed": lazy("patient and caregiver have been asked"),
    "goal-recorded": lazy("a goal in their words is on record"),
    "summary-delivered": lazy("the summary arrived"),
    "contacted": lazy("somebody was reached at home"),
}
OWNER_ROLES: Words = {
    "coordinator": lazy("coordinator"),
    "nurse": lazy("nurse"),
    "physician": lazy("physician"),
    "pharmacist": lazy("pharmacist"),
}
SIGNATURES: Words = {
    "nurse": pgettext_lazy("signs", "Nurse"),
    "physician": pgettext_lazy("signs", "Physician"),
    "pharmacy": pgettext_lazy("signs", "Pharmacy"),
    "therapy": pgettext_lazy("signs", "Therapy"),
    "patient": pgettext_lazy("signs", "Patient"),
    "caregiver": pgettext_lazy("signs", "Caregiver"),
}
CAUSES: Words = {
    "authorisation": lazy("Authorization by the payer"),
    "transport": lazy("Ride"),
    "bed": lazy("Bed elsewhere"),
    "family": lazy("Family"),
    "equipment": lazy("Equipment"),
    "medicines": lazy("Getting the medicines"),
    "test": lazy("Test or procedure"),
    "consult": lazy("Consult"),
    "guardianship": lazy("Guardian or legal matter"),
    "housing": lazy("Housing"),
    "payer-closed": lazy("Payer closed"),
    "other": lazy("Something else"),
}
DESTINATIONS: Words = {
    "home": lazy("Home"),
    "home-health": lazy("Home with home health"),
    "snf": lazy("Skilled nursing"),
    "rehab": lazy("Rehabilitation"),
    "long": lazy("Long-term care"),
    "hospice": lazy("Hospice"),
    "psych": lazy("Psychiatric hospital"),
    "other-hospital": lazy("Another hospital"),
    "shelter": lazy("Shelter or temporary home"),
}
CONFIDENCES: Words = {"sure": lazy("sure"), "likely": lazy("likely"), "unsure": lazy("unsure")}
STATES: Words = {
    "planning": lazy("in hospital"),
    "left": lazy("has left, not everything is done"),
    "closed": lazy("everything is done"),
    "cancelled": lazy("cancelled"),
}
SUMMARY: Words = {
    "to-send": lazy("not sent yet"),
    "sent": lazy("sent, no proof yet"),
    "delivered": lazy("delivered"),
    "accepted": lazy("accepted"),
    "failed": lazy("did not arrive"),
}
PROOFS: Words = {
    "link": lazy("opened with its code, by the secure link"),
    "system": lazy("their own system confirmed that it is there"),
    "mail": lazy("their mail server took the notice of the link"),
    "gateway": lazy("the fax or Direct gateway took it"),
}
SUMMARY_MARKS: Mapping[str, str] = {"to-send": "soon", "sent": "wait", "delivered": "calm", "accepted": "calm", "failed": "late"}
SCORES: Words = {"lace": lazy("LACE"), "hospital": lazy("HOSPITAL"), "eight-ps": lazy("8 Ps")}
BANDS: Words = {
    "low": pgettext_lazy("risk", "low"),
    "moderate": pgettext_lazy("risk", "moderate"),
    "intermediate": pgettext_lazy("risk", "intermediate"),
    "high": pgettext_lazy("risk", "high"),
}
BAND_MARKS: Mapping[str, str] = {"high": "late", "moderate": "soon", "intermediate": "soon", "low": "calm"}
VARIANTS: Words = {"nights": lazy("days counted as nights"), "inclusive": lazy("both ends counted")}
VARIANTS_SHORT: Words = {"nights": lazy("by nights"), "inclusive": lazy("both ends")}
LINES: Words = {
    "length": lazy("Length of stay, days"),
    "acuity": lazy("Came as an emergency"),
    "comorbidity": lazy("Charlson points"),
    "emergency": lazy("Emergency visits, 6 months before"),
    "hemoglobin": lazy("Hemoglobin under 12 g/dL"),
    "oncology": lazy("Cared for by oncology"),
    "sodium": lazy("Sodium under 135 mmol/L"),
    "procedure": lazy("A procedure in this stay"),
    "urgent": lazy("Admission was urgent"),
    "admissions": lazy("Admissions, 12 months before"),
}
PS: Words = {
    "problem-medications": lazy("Problem medicines"),
    "psychological": lazy("Low mood"),
    "principal-diagnosis": lazy("Principal diagnosis"),
    "physical-limitation": lazy("Physical limits"),
    "poor-health-literacy": lazy("Hard to understand"),
    "patient-support": lazy("Little support"),
    "prior-hospitalisation": lazy("In hospital before"),
    "palliative-care": lazy("Palliative care"),
}
THEN: Words = {
    "pharmacist-reviews": lazy("a pharmacist goes through the medicines"),
    "teach-back-medicines": lazy("medicines are taught back"),
    "call-within-3-days": lazy("a call within 3 days"),
    "call-within-2-days": lazy("a call within 2 days"),
    "mood-assessed": lazy("mood is assessed"),
    "support-named": lazy("somebody to lean on is named"),
    "disease-lesson": lazy("the lesson of the illness is taught"),
    "action-plan": lazy("a warning-sign plan goes along"),
    "visit-within-7-days": lazy("a visit within 7 days"),
    "therapy-sees": lazy("therapy sees them"),
    "home-services": lazy("help at home is arranged"),
    "equipment-ordered": lazy("equipment is ordered"),
    "teach-back-with-family": lazy("teach-back with the family there"),
    "pictures-and-large-print": lazy("pictures and large print"),
    "link-to-clinic": lazy("the clinic knows"),
    "home-visit": lazy("a visit at home"),
    "caregiver-found": lazy("a caregiver is found"),
    "reason-looked-for": lazy("why they came back is looked for"),
    "goals-talked-about": lazy("goals of care are talked about"),
    "palliative-consult": lazy("palliative care is asked"),
}
FACTS: Words = {
    "expected": lazy("Expected to leave"),
    "destination": lazy("Going to"),
    "item": lazy("Item"),
    "cause": lazy("Cause"),
    "answer": lazy("Answer"),
}
CLEARS: Words = {
    "plan-complete": lazy("everything on the plan is done or not needed"),
    "item-done": lazy("the item is done"),
    "blocker-cleared": lazy("it is out of the way"),
    "result-read": lazy("the result was read and the patient told"),
    "summary-arrived": lazy("there is proof that the summary arrived"),
    "answer-acted-on": lazy("somebody has done what was asked for"),
}
RULES: Words = {"discharge": lazy("Going home")}
ENDED: Words = {
    "plan-over": pgettext_lazy("ended", "the plan for going home is over"),
    "left": pgettext_lazy("ended", "the patient has left hospital"),
}
DIFFERENCES: Words = {
    "duplicate": lazy("the same medicine twice"),
    "dose": lazy("another dose"),
    "other": lazy("something else"),
}
SHOWN: Words = {
    "today": lazy("expected today or overdue"),
    "blocked": lazy("something is in the way"),
    "no-day": lazy("no day named yet"),
    "left": lazy("have left, not all is done"),
    "green": lazy("ready to leave"),
}
NEXT: Words = {
    "expect": lazy("Say when and where to"),
    "score": lazy("Work out the risk of coming back"),
    "leave": lazy("Ready: they can leave"),
    "close": lazy("Close the plan"),
}
STEP_STATES: Words = {
    "open": pgettext_lazy("item", "open"),
    "done": pgettext_lazy("item", "ready"),
    "waived": pgettext_lazy("item", "not needed"),
    "fresh": pgettext_lazy("item", "the chart shows it"),
}
UNTIL: Words = {
    "expected": lazy("until the expected day"),
    "left": lazy("until the day they left"),
    "today": lazy("until today"),
}
LACKING: Words = {
    "nothing": lazy("Nothing of the chart may leave for them."),
    "address": lazy("There is no number or address for them on file."),
    "recipient": lazy("It is not known who they are."),
    "reason": lazy("A reason is missing."),
    "not-this-way": lazy("The patient asked not to be reached this way."),
}
REFUSALS = (
    lazy("Say what they answered to each question."),
    lazy("Say in what they are worse."),
    lazy("Say which medicines differ, and how."),
    lazy("Say first who takes over."),
    lazy("There is no discharge summary to send yet."),
    lazy("Say who accepts."),
    lazy("Only a stay in hospital that is under way has a plan for going home."),
    lazy("This stay has its plan already."),
    lazy("This plan is over."),
    lazy("They cannot leave before they came."),
    lazy("That is what is expected already."),
    lazy("Say why it changes."),
    lazy("They have left already."),
    lazy("They have not left yet."),
    lazy("That moment is not within the stay so far."),
    lazy("There is no such item in this plan."),
    lazy("Say what is done."),
    lazy("This is done already."),
    lazy("Say why it is not needed."),
    lazy("Say why it is open again."),
    lazy("This is open."),
    lazy("Say who has said yes."),
    lazy("Say why nobody is asked."),
    lazy("Their yes is always needed."),
    lazy("They have said yes already."),
    lazy("There is nobody of that name who could take over."),
    lazy("They take over already."),
    lazy("Say first where they go."),
    lazy("Not everything is done or signed: say why they leave all the same."),
    lazy("Something is still open: do it, or say why it is not needed."),
    lazy("A result is still to come and nobody owns it:"),
    lazy("Say what is in the way."),
    lazy("That is nothing in the way of going home."),
    lazy("That result is not pending."),
    lazy("The day has passed already."),
    lazy("Say which result is to come."),
    lazy("Say on the plan what is done: it closes when nothing is left."),
    lazy("Say how you know that it arrived."),
    lazy("Still open:"),
    lazy("The plan for going home is over: nothing new is promised in it."),
)


def title(kind: str, what: str | None) -> str | None:
    """What a row of work about going home says; None for other work."""
    if kind == "discharge-answer" and what:
        code, _bar, about = what.partition("|")
        return str(ANSWERS.get(code, code)) % {"what": about}
    if kind == "discharge-item":
        return str(ITEMS.get(what or "", what))
    return str(TITLES[kind]) % {"what": what} if what and kind in TITLES else None
