"""The words of privacy: purposes, acts, reasons, findings, flags and their facts, entrances, outcomes."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import labels
from baton.desk.labels import Words
from baton.duties.privacy.access_report import Line
from baton.duties.privacy.tasks import PrivacyTask
from baton.store.trail import Recorded

PURPOSES: Words = {
    "TREAT": lazy("Treatment"),
    "CAREMGT": lazy("Care management"),
    "ETREAT": lazy("Emergency: opened outside their care"),
    "BTG": lazy("Emergency: opened outside their care"),
    "HOPERAT": lazy("Running the practice"),
    "HPAYMT": lazy("Payment"),
    "HCOMPL": lazy("Checking that rules are kept"),
    "PATRQT": lazy("You asked for it"),
    "FAMRQT": lazy("Your family asked for it"),
    "PUBHLTH": lazy("Public health"),
    "HLEGAL": lazy("Legal reasons"),
    "HRESCH": lazy("Research"),
}
ACTS: Words = {
    "opened": lazy("Opened your record"),
    "listed": lazy("Saw you in a list"),
    "changed": lazy("Wrote in your record"),
    "left": lazy("Handed something out of it"),
    "tried": lazy("Tried to open it and was refused"),
    "other": lazy("Something else"),
}
REASONS: Words = {
    "emergency": lazy("Emergency"),
    "direct-care": lazy("I was asked to care for them and they are not assigned to me yet"),
    "patient-called": lazy("They or their caregiver called, and their team cannot be reached"),
    "other": lazy("Another reason (ten words at least)"),
}
REASONS_SHORT: Words = {
    "emergency": lazy("Emergency"),
    "direct-care": lazy("Asked to care for them"),
    "patient-called": lazy("The patient called"),
    "other": lazy("Another reason"),
}
FINDINGS: Words = {
    "appropriate": lazy("It was part of the work"),
    "educated": lazy("It was not; explained to the person"),
    "sanctioned": lazy("It was not; the house's sanctions apply"),
    "breach": lazy("A breach: the duties to notify begin"),
}
FLAGS: Words = {
    "own-record": lazy("Own record"),
    "family-name": lazy("Same family name"),
    "neighbour": lazy("Neighbour"),
    "colleague": lazy("Colleague"),
    "vip": lazy("Well-known person"),
    "no-relationship": lazy("No relationship of care"),
    "many-charts": lazy("Many charts in a short time"),
    "out-of-hours": lazy("Out of hours"),
}
ENTRANCES: Words = {
    "desk": lazy("Pages"),
    "api": lazy("Another program"),
    "load": lazy("Loading"),
    "worker": lazy("By itself"),
    "cli": lazy("Command line"),
    "demo": lazy("Demonstration"),
    "portal": lazy("Portal"),
}
OUTCOMES: Words = {
    "success": lazy("Done"),
    "refused": lazy("Not allowed"),
    "failed": lazy("Failed"),
    "serious": lazy("Failed badly"),
}
VERBS: Words = {
    "read": lazy("Read"),
    "chart": lazy("Chart opened"),
    "everything": lazy("Everything read"),
    "history": lazy("History read"),
    "search": lazy("Search result"),
    "included": lazy("Came along with a search"),
    "find": lazy("Found by name"),
    "worklist": lazy("Worklist"),
    "change": lazy("Changed"),
    "change:": lazy("Read for a change"),
    "sign-in": lazy("Signed in"),
    "sign-out": lazy("Signed out"),
    "export": lazy("Export"),
    "print": lazy("Print"),
    "message": lazy("Message"),
    "break-glass": lazy("Broke the glass"),
    "mend-glass": lazy("Closed it again"),
}
OFFERED = ("read", "chart", "search", "find", "worklist", "change", "sign-in", "sign-out", "export", "print", "message", "break-glass")
"""What the search offers to look for."""


def did(record: Recorded) -> str:
    """What was done, in a word or two."""
    verb = record.what.partition(" ")[0]
    return labels.word(VERBS, verb) if verb in VERBS else record.what


def flag(task: PrivacyTask) -> str:
    """The name of a flag, or of the reason the glass was broken for."""
    facts = dict(task.facts)
    if task.code == "misfiled":
        return _("A document in the wrong chart")
    return labels.word(FLAGS, facts["flag"]) if "flag" in facts else labels.word(REASONS_SHORT, facts.get("reason"))


def why(task: PrivacyTask) -> str:
    """The facts that made a task, as a sentence."""
    facts = dict(task.facts)
    match facts.get("flag"):
        case None if task.code == "misfiled":
            return misfiled(task)
        case None:
            return facts.get("words", "")
        case "own-record":
            return _("The person and the patient have the same name and date of birth.")
        case "family-name":
            return _("The person and the patient share the family name %(name)s.") % {"name": facts.get("name", "").title()}
        case "neighbour":
            return _("The person and the patient live in the same street.")
        case "colleague":
            return _("The patient has the name and date of birth of somebody who works here.")
        case "vip":
            return _("The chart is labelled as a well-known person's, and no team of theirs cares for them.")
        case "no-relationship":
            return _("Their role sees every patient; no team of theirs cares for this one.")
        case "many-charts":
            said = {"n": facts.get("charts"), "minutes": facts.get("minutes"), "most": facts.get("most")}
            return _("%(n)s different charts within %(minutes)s minutes; %(most)s are usual at most.") % said
        case "out-of-hours":
            said = {"n": facts.get("charts"), "since": facts.get("from"), "until": facts.get("to")}
            return _("%(n)s charts in one night, between %(since)s and %(until)s o'clock.") % said
    return ""


SHOWN: Words = {"opened": lazy("opened it"), "chart-shown": lazy("had the chart open")}


def misfiled(task: PrivacyTask) -> str:
    """Who was shown a document that lay in the wrong chart, who found it there, and to whom it went on."""
    facts = dict(task.facts)
    seen = [each.split(" · ") for name, each in task.facts if name == "viewer"]
    people = "; ".join(" · ".join([name, at, labels.word(SHOWN, how)]) for name, at, how in seen)
    left = ", ".join(each for name, each in task.facts if name == "left-to")
    said = [_("Found by %(name)s.") % {"name": facts.get("found-by", "")}]
    said.append(_("Shown to: %(people)s.") % {"people": people} if people else _("Nobody had been shown it."))
    return " ".join([*said, _("It went on to: %(whom)s.") % {"whom": left}] if left else said)


def when(line: Line) -> str:
    """The time or the span of times of a line of the access report."""
    first, last = (labels.formatted(each, "H:i") for each in (line.first, line.last))
    return first if first == last else f"{first} – {last}"


def role(line: Line) -> str:
    """In which role."""
    return labels.word(labels.ROLES, line.role) if line.role else ""
