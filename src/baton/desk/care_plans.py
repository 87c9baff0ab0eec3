"""The plan of one patient: goals with confidence, what is done for them, the plans of others, and one plan of all of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import family_meetings, labels, posting
from baton.desk import program_words as words
from baton.desk.enrolments import said
from baton.desk.programs import day_of
from baton.duties import reading
from baton.duties.programs import care_plans as duty
from baton.duties.programs import packs as program_packs
from baton.duties.programs import plan_decisions, plan_issues
from baton.duties.programs.plan_decisions import Choice
from baton.fhir.resource import Resource, extension, human_name, target, text_of
from baton.rules import contradictions as rules
from baton.rules.calendar import local_day
from baton.web.gate import Request, staff


@require_GET
@staff
def page(request: Request, patient: str) -> HttpResponse:
    """The plan of a patient."""
    reference, own = f"Patient/{patient}", get_language()
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        live = duty.plans_of(view, reference)
        superseded = [each for each in view.find("CarePlan", patient=reference) if each.get("status") == "revoked"]
        goals = view.find("Goal", patient=reference)
        barriers = {f"Condition/{each['id']}": text_of(each.get("code")) for each in view.find("Condition", patient=reference)}
        issues = plan_issues.of_patient(view, reference)
        today = local_day(view.now, view.zone)
        packs = [(each.code, each.title.said(own)) for each in program_packs.installed(view)]
        sure = rules.limit("confidence", today)
    ours = next((each for each in live if duty.is_ours(each)), None)
    others = [each for each in live if not duty.is_ours(each)]
    names = {f"Goal/{each['id']}": text_of(each.get("description")) for each in goals}
    context = {
        "patient": patient,
        "name": human_name(person),
        "ours": ours,
        "doings": [_doing(number, each, names) for number, each in enumerate(ours.get("activity", ()))] if ours else [],
        "notes": [(each.get("text", ""), each.get("time", "")[:10]) for each in ours.get("note", ())] if ours else [],
        "others": [(duty.source_of(each), [said.text for said in duty.said_in(each)]) for each in others],
        "superseded": [(duty.source_of(each), each.get("title", ""), each.get("period", {}).get("end", "")) for each in superseded],
        "goals": [_goal(each, barriers, sure) for each in goals if each.get("lifecycleStatus") in ("active", "completed")],
        "open_goals": [(str(each["id"]), text_of(each.get("description"))) for each in goals if each.get("lifecycleStatus") == "active"],
        "waiting": [_issue(each) for each in issues if not each.decided],
        "decided": [_issue(each) for each in issues if each.decided],
        "twice": rules.duplicates([said for each in live for said in duty.said_in(each)], today),
        "packs": packs,
        "ways": [(code, labels.word(words.ACHIEVEMENTS, code)) for code in duty.ACHIEVEMENTS],
        "numbers": range(11),
        "sure": sure,
        "today": today,
    }
    return render(request, "care_plans/plan.html", context)


def _doing(number: int, activity: Resource, goals: dict[str, str]) -> dict[str, Any]:
    detail = activity.get("detail", {})
    status = str(detail.get("status", ""))
    return {
        "number": number,
        "text": str(detail.get("description") or text_of(detail.get("code")) or ""),
        "state": labels.word(words.ACTIVITY_STATES, status),
        "running": status not in ("completed", "stopped", "cancelled"),
        "goals": [goals[found] for each in detail.get("goal", ()) if (found := str(target(each))) in goals],
        "from": str(extension(activity, duty.ORIGIN) or ""),
        "task": next((str(target(each)).partition("/")[2] for each in activity.get("outcomeReference", ()) if target(each)), ""),
        "evidence": [str(each.get("text", "")) for each in activity.get("progress", ())],
    }


def _goal(goal: Resource, barriers: dict[str, str], least: int) -> dict[str, Any]:
    sure = duty.confidence_of(goal)
    achievement = next((code for _s, code in reading.codings(goal.get("achievementStatus"))), "")
    return {
        "id": str(goal["id"]),
        "text": text_of(goal.get("description")),
        "sure": sure,
        "unsure": sure is not None and sure < least,
        "how": labels.word(words.ACHIEVEMENTS, achievement),
        "open": goal.get("lifecycleStatus") == "active",
        "barriers": [barriers[found] for each in goal.get("addresses", ()) if (found := str(target(each))) in barriers],
        "by": next((each["dueDate"] for each in goal.get("target", ()) if each.get("dueDate")), None),
        "notes": [str(each.get("text", "")) for each in goal.get("note", ())],
    }


def _issue(issue: plan_issues.Contradiction) -> dict[str, Any]:
    return {
        "it": issue,
        "title": labels.word(words.CONFLICTS, issue.rule),
        "severity": labels.word(words.SEVERITIES, issue.severity),
        "mark": "late" if issue.severity == "high" else "soon",
    }


def back(_request: Request, patient: str, **_kwargs: Any) -> HttpResponse:
    """Back to the plan."""
    return redirect("plan", patient=patient)


posted = posting.form(back)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


@posted
def goal(request: Request, patient: str) -> str:
    """A goal in the patient's words."""
    with request.hub.store.change(request.who, because="A goal of the patient's") as change:
        duty.add_goal(
            change,
            patient=patient,
            words=request.POST.get("words", ""),
            confidence=_number(said(request, "confidence")),
            addresses=said(request, "barrier"),
            by=day_of(request, "by"),
        )
    return _("The goal is in the plan.")


@posted
def judge(request: Request, patient: str, goal: str) -> str:
    """How a goal goes."""
    with request.hub.store.change(request.who, because="How a goal goes") as change:
        duty.judge_goal(
            change, goal=goal, achievement=said(request, "how"), confidence=_number(said(request, "confidence")), note=said(request, "note")
        )
    return _("Recorded.")


@posted
def add(request: Request, patient: str) -> str:
    """Something to be done."""
    with request.hub.store.change(request.who, because="An intervention") as change:
        duty.add_intervention(
            change, patient=patient, text=request.POST.get("text", ""), goal=said(request, "goal") or None, due=day_of(request, "due")
        )
    return _("It is in the plan.")


@posted
def finish(request: Request, patient: str, number: int) -> str:
    """It was done, or is not done any more."""
    with request.hub.store.change(request.who, because="An intervention is over") as change:
        duty.finish_intervention(
            change, patient=f"Patient/{patient}", number=number, status=said(request, "status"), evidence=said(request, "evidence")
        )
    return _("Recorded.")


@posted
def merge(request: Request, patient: str) -> str:
    """Bring a program's goals and interventions into the plan."""
    with request.hub.store.change(request.who, because="A program's plan is merged") as change:
        goals, doings = duty.merge(change, patient=patient, program=said(request, "program"), language=get_language())
    return _("%(goals)s goals and %(doings)s interventions are new; what was there already was not added again.") % {
        "goals": goals,
        "doings": doings,
    }


# --- one plan of all ---------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def contradictions(request: Request, patient: str) -> HttpResponse:
    """Every contradiction, both sides, to be decided together."""
    return _deciding(request, patient)


def _deciding(request: Request, patient: str) -> HttpResponse:
    reference = f"Patient/{patient}"
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        issues = [_issue(each) for each in plan_issues.of_patient(view, reference) if not each.decided]
        live = duty.plans_of(view, reference)
        today = local_day(view.now, view.zone)
        context = {
            "patient": patient,
            "name": human_name(person),
            "issues": issues,
            "deciders": plan_decisions.deciders(view, reference),
            "plans": [(duty.source_of(each), [one.text for one in duty.said_in(each)]) for each in live],
            "twice": rules.duplicates([one for each in live for one in duty.said_in(each)], today),
            "meeting": family_meetings.context(view, patient),
        }
    return render(request, "care_plans/reconcile.html", context)


@posting.form(lambda request, patient: redirect("reconcile", patient=patient))
def decide(request: Request, patient: str) -> HttpResponse:
    """Decide all of them: one plan."""
    from django.contrib import messages  # noqa: PLC0415

    choices = {
        name.partition(":")[2]: Choice(str(value), request.POST.get(f"words:{name.partition(':')[2]}", ""))
        for name, value in request.POST.items()
        if name.startswith("keep:")
    }
    with request.hub.store.change(request.who, because="Contradictions between plans were decided") as change:
        plan_decisions.reconcile(
            change, patient=f"Patient/{patient}", choices=choices, decided_with=request.POST.getlist("with"), note=said(request, "note")
        )
    messages.success(request, _("One plan now. The older ones are kept, and say that it replaced them."))
    return redirect("plan", patient=patient)


urlpatterns = [
    path("patients/<str:patient>/plan", page, name="plan"),
    path("patients/<str:patient>/plan/goal", goal, name="plan-goal"),
    path("patients/<str:patient>/plan/goals/<str:goal>", judge, name="plan-judge"),
    path("patients/<str:patient>/plan/add", add, name="plan-add"),
    path("patients/<str:patient>/plan/merge", merge, name="plan-merge"),
    path("patients/<str:patient>/plan/done/<int:number>", finish, name="plan-finish"),
    path("patients/<str:patient>/plan/one", contradictions, name="reconcile"),
    path("patients/<str:patient>/plan/one/decide", decide, name="reconcile-decide"),
]
