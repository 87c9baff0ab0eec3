"""The words of the team's pages: why somebody fits a patient, states of a handover, absences, lines that are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import labels, people_words
from baton.desk.labels import Words, word
from baton.rules.workload import Reason

STATES: Words = {
    "planned": lazy("still to come"),
    "running": lazy("covered now"),
    "handed": lazy("handed over"),
    "returned": lazy("given back"),
    "kept": lazy("kept for good"),
    "undone": lazy("undone"),
    "needs-owner": lazy("needs a new owner"),
    "taken": lazy("has a new owner"),
    "settled": lazy("stays with the team"),
}
STATE_MARKS = {
    "planned": "wait",
    "running": "soon",
    "handed": "calm",
    "returned": "calm",
    "kept": "calm",
    "needs-owner": "soon",
    "taken": "calm",
}
PASSED: Words = {
    "left": lazy("works here no more"),
    "role-ended": lazy("their role ended"),
    "team-changed": lazy("the patient went to another team"),
}
"""Why something passed on by itself."""
FACTS: Words = {"passed-from": lazy("Was owed by"), "passed-why": lazy("Passed on because")}
BANDS: Words = {
    "high": lazy("very pressing"),
    "medium": lazy("pressing"),
    "low": lazy("not pressing"),
}
BAND_MARKS = {"high": "late", "medium": "soon", "low": "calm"}
LINES: Words = {
    "clinician": lazy("Clinician"),
    "coordinator": lazy("Coordinator"),
}
INTAKE: Words = {
    "full": lazy("we are full"),
    "not-our-work": lazy("it is other work than ours"),
    "language": lazy("nobody here speaks their language"),
    "outside": lazy("they live outside our area"),
    "refuses": lazy("they do not want it"),
    "other": lazy("another reason, in words"),
}
LINES_SAY: Words = {
    "clinician": lazy("decides at once when somebody may be in danger; at every hour"),
    "coordinator": lazy("answers patients and those close to them when the teams are not at their desks"),
}


def reason(why: Reason) -> str:
    """One reason why somebody fits a patient, or does not."""
    name = why.value
    match why.code:
        case "language":
            return _("speaks %(language)s") % {"language": labels.language_name(name)}
        case "no-language":
            return _("does not speak %(language)s") % {"language": labels.language_name(name)}
        case "knows":
            return _("knows them")
        case "skill":
            return word(people_words.SKILLS, name)
        case "no-skill":
            return _("not trained: %(skill)s") % {"skill": word(people_words.SKILLS, name)}
        case _:
            return _("then at %(percent)s %%") % {"percent": name}


def reason_mark(why: Reason) -> str:
    """The urgency class of a reason that speaks against."""
    return {"no-language": "late", "over": "late", "no-skill": "soon", "language": "calm"}.get(why.code, "")


def load_mark(percent: int) -> str:
    """The urgency class of a load."""
    return "late" if percent > 100 else "soon" if percent > 90 else "calm"


def languages(codes: Iterable[str]) -> str:
    """Languages by name, one after the other."""
    return ", ".join(labels.language_name(each) for each in codes)


FILTERS: dict[str, Callable[..., object]] = {
    "handover_state": lambda code: word(STATES, code),
    "handover_mark": lambda code: STATE_MARKS.get(code, ""),
    "passed_why": lambda code: word(PASSED, code) if code else "",
    "band_name": lambda code: word(BANDS, code),
    "band_mark": lambda code: BAND_MARKS.get(code, ""),
    "fit": reason,
    "fit_mark": reason_mark,
    "load_mark": load_mark,
    "languages_named": languages,
    "cosign_kind": lambda code: _("Care plan") if code == "CarePlan" else word(labels.PROMISES, code),
    "intake_reason": lambda code: word(INTAKE, code),
    "line_name": lambda code: word(LINES, code),
    "line_says": lambda code: word(LINES_SAY, code),
}
