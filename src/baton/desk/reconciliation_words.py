"""Words for a reconciliation: its differences, what can be decided about them, and the list a patient takes home."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import labels
from baton.duties.patients import identity
from baton.duties.records.reconciliation import DECISION
from baton.duties.records.reconciliation_lists import Difference
from baton.fhir.resource import Resource, code_of, human_name
from baton.paper import Block, Heading, Paper, Rows, Text

KINDS: labels.Words = {
    "new": lazy("new since the stay"),
    "stopped": lazy("stopped in the stay"),
    "dose-changed": lazy("dose changed in the stay"),
    "dose-differs": lazy("taken otherwise than ordered"),
    "not-taking": lazy("ordered, not taken"),
    "taking-stopped": lazy("stopped, and still taken"),
    "taking-unlisted": lazy("taken, ordered by nobody here"),
    "duplicate-ingredient": lazy("the same medicine twice"),
    "duplicate-therapy": lazy("two of one kind"),
}
MARKS = {
    "taking-stopped": "late",
    "duplicate-ingredient": "late",
    "duplicate-therapy": "late",
    "dose-differs": "soon",
    "not-taking": "soon",
    "taking-unlisted": "soon",
}
DECISIONS: labels.Words = {
    "as-discharged": lazy("as ordered at discharge"),
    "as-before": lazy("as before the stay"),
    "as-taken": lazy("as it is taken now"),
    "stop": lazy("take it no more"),
    "ask": lazy("ask the prescriber first"),
}
REFUSALS = (
    lazy("This is not on the list of the discharge."),
    lazy("Say what they take."),
    lazy("Say it in at most 300 characters."),
    lazy("The lists have changed: this is no difference any more."),
    lazy("Choose what is to be done about it."),
    lazy("It is not certain which medicine this is: say in a note how you know."),
    lazy("Ask what the patient takes now, then sign."),
    lazy("Some differences are not settled yet."),
    lazy("What was signed stays as it was signed: sign anew."),
)
KNOWN = ("en", "es")


def decision(code: str, difference: Difference) -> str:
    """A decision in words that fit the difference."""
    if difference.kind == "stopped" and code == "as-discharged":
        return _("stays stopped")
    if difference.kind == "duplicate-therapy" and code == "as-discharged":
        return _("both are meant")
    return labels.word(DECISIONS, code)


def take_home(patient: Resource, signed: Resource, team: str, phone: str) -> Paper:
    """The list the patient takes home, in their language where we write it; plain words, at most grade six."""
    spoken = (identity.language(patient) or "en").split("-")[0]
    language = spoken if spoken in KNOWN else "en"
    with translation.override(language):
        return _sheet(patient, signed, team, phone, language)


def _sheet(patient: Resource, signed: Resource, team: str, phone: str, language: str) -> Paper:
    take, stop = (_entries(signed, flag) for flag in ("take", "stop"))
    blocks: list[Block] = [Text(_("This is what you take now. Show it to each doctor and nurse you see."))]
    if take:
        blocks.append(Heading(_("Take these"), icon="pill"))
        blocks.append(Rows([_("Medicine"), _("How to take it")], take, (2, 3)))
    if stop:
        blocks.append(Heading(_("Do not take these"), icon="warning"))
        blocks.append(Rows([_("Medicine")], [[each[0]] for each in stop]))
        blocks.append(Text(_("Do you still have these at home? Put them away. Ask your drug store how to throw them out.")))
    blocks.append(Text(_("Do not stop or add a pill on your own. Call us first.")))
    blocks.append(Text(_("Call us if you do not know what to take: %(who)s") % {"who": ", ".join(each for each in (team, phone) if each)}))
    by = {"day": str(signed.get("date", ""))[:10], "name": signed.get("source", {}).get("display", "")}
    made, footer = _("Checked on %(day)s by %(name)s.") % by, _("Please bring this sheet.")
    return Paper(_("Your medicines"), blocks, language=language, subtitle=human_name(patient), made=made, footer=footer, large=True)


def _entries(signed: Resource, flag: str) -> list[list[str]]:
    found: list[dict[str, Any]] = [each for each in signed.get("entry", ()) if code_of(each.get("flag"), DECISION) == flag]
    words = [str(each["item"].get("display", "")).partition(" · ") for each in found]
    return [[name, directions or _("as the label says")] for name, _bar, directions in words]
