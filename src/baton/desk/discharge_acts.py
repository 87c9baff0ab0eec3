"""What is done about going home: each form posts and comes back to the plan of its stay."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from baton.desk import posting, slips
from baton.desk.discharge import pdf_answer
from baton.duties.discharge import blockers as discharge_blockers
from baton.duties.discharge import paper as discharge_paper
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import scores as discharge_scores
from baton.duties.discharge import states
from baton.duties.support import education
from baton.rules import discharge_plan as rules
from baton.rules import readmission
from baton.rules.calendar import end_of_day
from baton.store import Invalid
from baton.web.gate import Request, staff


def back(request: Request, encounter: str, **_also: str) -> HttpResponse:
    """Back to the plan, where one was."""
    response = redirect("discharge-stay", encounter=encounter)
    place = request.POST.get("place", "")
    if place.isidentifier():
        response["Location"] += f"#{place}"
    return response


posted = posting.form(back)


def given(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()


def plan_id(encounter: str) -> str:
    """The plan of a stay."""
    return states.plan_id(f"Encounter/{encounter}")


def change(request: Request, because: str) -> Any:
    """The change a form makes, with its reason."""
    return request.hub.store.change(request.who, because=because)


def moment(request: Request, name: str) -> datetime:
    """A day and hour of the form, on the wall of the house. Raises Invalid."""
    try:
        return datetime.fromisoformat(given(request, name)).replace(tzinfo=request.hub.store.zone)
    except ValueError:
        raise Invalid(_("Write the day and the hour.")) from None


def day(request: Request, name: str) -> datetime:
    """The end of a day of the form. Raises Invalid."""
    try:
        return end_of_day(date.fromisoformat(given(request, name)), request.hub.store.zone)
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None


# --- what is expected, items, signatures ---------------------------------------------------------------------------


@posted
def begin(request: Request, encounter: str) -> HttpResponse:
    """A plan for a stay that has none."""
    with request.hub.store.change(request.who, because="Going home is planned") as change:
        discharge_plans.start(change, encounter=encounter)
    return redirect("discharge-stay", encounter=encounter)


@posted
def expect(request: Request, encounter: str) -> str:
    """When, where to, how sure, and why it changes."""
    with change(request, "Expected discharge named") as acting:
        discharge_plans.expect(
            acting, plan=plan_id(encounter), until=moment(request, "until"), to=given(request, "to"),
            confidence=given(request, "confidence"), why=given(request, "why"),
        )  # fmt: skip
    return _("Noted: when and where to.")


@posted
def ready(request: Request, encounter: str) -> str:
    """They could medically leave from now on, or not after all."""
    at = None if given(request, "not") else request.hub.store.now()
    with change(request, "Medically ready" if at else "Not medically ready after all") as acting:
        discharge_plans.ready(acting, plan=plan_id(encounter), at=at)
    return _("From now on, hours in the way are counted.") if at else _("Noted: not ready after all.")


@posted
def done(request: Request, encounter: str) -> str:
    """These items are done."""
    with change(request, "Items of going home done") as acting:
        discharge_plans.done(acting, plan=plan_id(encounter), items=request.POST.getlist("item"), note=given(request, "note"))
    return _("Done.")


@posted
def refresh(request: Request, encounter: str) -> str:
    """Take over what the chart shows."""
    with change(request, "What the chart shows, taken over") as acting:
        moved = discharge_plans.bring_up_to_date(acting, plan=plan_id(encounter))
    return _("Taken over from the chart.") if moved else _("The plan says what the chart says.")


@posted
def waive(request: Request, encounter: str) -> str:
    """An item that is not needed."""
    with change(request, "Item of going home waived") as acting:
        discharge_plans.waive(acting, plan=plan_id(encounter), item=given(request, "item"), reason=given(request, "reason"))
    return _("Not needed, with your reason.")


@posted
def again(request: Request, encounter: str) -> str:
    """An item that is open after all."""
    with change(request, "Item of going home open again") as acting:
        discharge_plans.reopen(acting, plan=plan_id(encounter), item=given(request, "item"), reason=given(request, "reason"))
    return _("Open again.")


@posted
def assign(request: Request, encounter: str) -> str:
    """An item in somebody's hands."""
    due = day(request, "due") if given(request, "due") else None
    with change(request, "Item of going home handed to somebody") as acting:
        discharge_plans.assign(acting, plan=plan_id(encounter), item=given(request, "item"), owner=given(request, "owner"), due=due)
    return _("It is on their list.")


@posted
def sign(request: Request, encounter: str) -> str:
    """Who has said yes."""
    names = {role: given(request, f"name-{role}") for role in rules.SIGNATURES}
    with change(request, "Signed off for going home") as acting:
        discharge_plans.sign(acting, plan=plan_id(encounter), names=names)
    return _("Noted: they said yes.")


@posted
def unneeded(request: Request, encounter: str) -> str:
    """Nobody of this role is asked."""
    with change(request, "Nobody to be asked") as acting:
        discharge_plans.sign_unneeded(acting, plan=plan_id(encounter), role=given(request, "role"), why=given(request, "why"))
    return _("Noted: nobody is asked.")


@posted
def score(request: Request, encounter: str) -> str:
    """Keep the scores, with what a person says of the 8Ps."""
    answers = {code: given(request, f"p-{code}") == "yes" for code in readmission.PS if given(request, f"p-{code}") in ("yes", "no")}
    with change(request, "Risk of coming back kept") as acting:
        discharge_scores.keep(acting, plan=plan_id(encounter), answers=answers)
    return _("Kept, with what it was worked out from.")


# --- in the way, results, teaching ---------------------------------------------------------------------------------


@posted
def block(request: Request, encounter: str) -> str:
    """Something is in the way."""
    due = moment(request, "due") if given(request, "due") else None
    with change(request, "In the way of going home") as acting:
        discharge_blockers.raise_(
            acting, plan=plan_id(encounter), cause=given(request, "cause"), what=given(request, "what"),
            owner=given(request, "owner") or None, due=due,
        )  # fmt: skip
    return _("It is on their list.")


@posted
def cleared(request: Request, encounter: str) -> str:
    """It is out of the way."""
    with change(request, "Out of the way of going home") as acting:
        discharge_blockers.resolve(acting, task=given(request, "task"), note=given(request, "note"))
    return _("Out of the way.")


@posted
def own(request: Request, encounter: str) -> str:
    """Somebody reads a result when it comes."""
    with change(request, "Pending result owned") as acting:
        discharge_blockers.own_result(
            acting, plan=plan_id(encounter), result=given(request, "result"), owner=given(request, "owner"), due=day(request, "due")
        )
    return _("They read it when it comes, and tell the patient.")


@posted
def note_result(request: Request, encounter: str) -> str:
    """A result that the chart does not know of."""
    with change(request, "Pending result noted") as acting:
        discharge_blockers.note_result(acting, plan=plan_id(encounter), what=given(request, "what"))
    return _("Noted. Now say who reads it.")


@posted
def teach(request: Request, encounter: str) -> str:
    """Give the lessons that were ticked, in the patient's language."""
    lessons = request.POST.getlist("lesson")
    if not lessons:
        raise Invalid("There is no such lesson.")
    with change(request, "Lessons given") as acting:
        _found, known = discharge_plans.held(acting, plan_id(encounter))
        person = acting.get("Patient", known.patient.partition("/")[2])
        for lesson in lessons:
            education.give(acting, patient=known.patient, lesson=lesson, how="aloud", language=discharge_paper.language_of(person))
        discharge_plans.bring_up_to_date(acting, plan=plan_id(encounter))
    return _("Given. It is taught when they have said it in their own words.")


@posted
def taught(request: Request, encounter: str) -> str:
    """What was said in their own words, several items at once; each was heard by itself."""
    said = [each.partition("|")[::2] for each in request.POST.getlist("understood")]
    if not said:
        raise Invalid("Say how it went.")
    with change(request, "Teach-back recorded") as acting:
        for lesson, item in said:
            education.teach_back(acting, given=lesson, item=item, result="understood", learner=given(request, "learner") or None)
        discharge_plans.bring_up_to_date(acting, plan=plan_id(encounter))
    return _("Recorded: %(outcome)s.") % {"outcome": _("Understood")}


@require_POST
@staff
@slips.asks_how
def give(request: Request, encounter: str) -> HttpResponse:
    """The plan goes into the patient's hands: kept as it is, and printed."""
    with change(request, "Plan for home given to the patient") as acting:
        _stored, made = discharge_paper.give(
            acting, plan=plan_id(encounter), language=given(request, "language") or None, way=slips.way(request)
        )
        _found, known = discharge_plans.held(acting, plan_id(encounter))
    request.hub.store.note_event(request.who, "print plan for home", detail=slips.way(request) or "", patients=[known.patient])
    return pdf_answer(made)


urlpatterns = [
    path(f"discharge/<str:encounter>/{view.__name__}", view, name=f"discharge-{view.__name__}")
    for view in (
        begin, expect, ready, done, refresh, waive, again, assign, sign,
        unneeded, score, block, cleared, own, note_result, teach, taught, give,
    )
]  # fmt: skip
