"""How somebody is: concerns, sums over time, goals in their words, those who care; and the room of what is open for everybody."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from baton.desk import asking, labels, support_words
from baton.desk.trend_svg import trend
from baton.duties.patients import caregivers
from baton.duties.support import assessments, concerns, goals, safety
from baton.duties.support.assessments import Response
from baton.duties.support.concern_states import KINDS, OPEN
from baton.fhir.resource import human_name
from baton.packs.assessments import library
from baton.store import Conflict, Invalid
from baton.web.gate import Request, staff

CAREGIVERS = ("caregiver-strain", "caregiver-ability")
SAYS: labels.Words = {"can": lazy("can"), "show-me": lazy("to be shown"), "cannot": lazy("cannot")}


@require_GET
@staff
def how(request: Request, patient: str) -> HttpResponse:
    """How one patient is."""
    return _how(request, patient)


def _how(request: Request, patient: str, status: int = 200) -> HttpResponse:
    """The page; after a refusal with what was filled in."""
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        responses = assessments.of_patient(view, patient=patient)
        people = caregivers.of_patient(view, patient=patient, responses=responses)
        cases = safety.cases(view, patient=patient) + safety.cases(view, patient=patient, still_open=False)
        worries = concerns.concerns(view, patient=patient)
        settled = concerns.concerns(view, patient=patient, still_open=False)
        own = goals.of_patient(view, patient=patient)
    names = {f"Patient/{patient}": human_name(person), **{each.reference: each.name for each in people}}
    context: dict[str, Any] = {
        "patient": patient,
        "name": human_name(person),
        "cases": cases,
        "concerns": worries,
        "settled": settled,
        "kinds": [(code, labels.word(support_words.CONCERN_KINDS, code)) for code in KINDS],
        "steps": [(code, labels.word(support_words.CONCERN_STATES, code)) for code in (*OPEN, "settled")],
        "speakers": list(names.items()),
        "goals": own,
        "progress": [(code, labels.word(support_words.PROGRESS, code)) for code in goals.PROGRESS if code != "set"],
        "scores": _scores(responses, names),
        "unfinished": [(each, each.assessment.said(get_language()).title) for each in responses if each.status == "in-progress"],
        "said": _said(responses, names),
        "people": [(each, _abilities(each)) for each in people],
        "menu": _menu(),
        "given": request.POST if status != 200 else {},
    }
    return render(request, "support/how.html", context, status=status)


def _menu() -> list[tuple[str, str, bool]]:
    """The assessments to ask: code, title, whether only a caregiver answers."""
    own = get_language()
    return sorted(((each.code, each.said(own).title, each.about == "caregiver") for each in library().values()), key=lambda row: row[1])


def _scores(responses: tuple[Response, ...], names: dict[str, str]) -> list[dict[str, Any]]:
    """Sums over time: a line for each assessment, score and person who answered, the latest first."""
    found: dict[tuple[str, str, str], list[tuple[Any, Any]]] = {}
    for each in responses:
        if each.done and each.when is not None:
            for one in each.sums:
                found.setdefault((each.assessment.code, one.code, each.source), []).append((each.when, one))
    rows = []
    for (code, score, source), said in found.items():
        assessment = library()[code]
        most = asking.most(assessment, score)
        latest = said[0][1]
        rows.append(
            {
                "title": assessment.said(get_language()).title,
                "who": names.get(source, "") if assessment.about == "caregiver" else "",
                "most": most,
                "latest": latest,
                "when": said[0][0],
                "values": [(when, one.value, one.band) for when, one in said],
                "drawing": trend([(when, one.value) for when, one in reversed(said)], most),
            }
        )
    return rows


def _said(responses: tuple[Response, ...], names: dict[str, str]) -> list[dict[str, Any]]:
    """Everything that was answered and finished, with the answers in words."""
    own = get_language()
    return [
        {
            "it": each,
            "title": each.assessment.said(own).title,
            "who": names.get(each.source, each.source_name),
            "themselves": bool(each.by) and each.by == each.source_name,
            "sums": asking.sums(each),
            "answers": [
                (each.assessment.said(own).items[link], each.assessment.said(own).answer(item, said))
                for link, said in each.answers.items()
                if (item := each.assessment.item(link)) is not None
            ],
        }
        for each in responses
        if each.done
    ]


def _abilities(person: caregivers.Caregiver) -> list[dict[str, Any]]:
    words = library()[caregivers.ABILITY].said(get_language()).items
    rows = [(words[each.item], labels.word(SAYS, each.said), each) for each in person.abilities]
    return [{"what": what, "said": said, "shown": each.shown, "task": each.task} for what, said, each in rows]


def _form(view: Callable[..., str]) -> Callable[..., HttpResponse]:
    """A form of this page: refused, the page says why and still holds what was filled in."""

    @require_POST
    @staff
    @functools.wraps(view)
    def answered(request: Request, patient: str, **more: str) -> HttpResponse:
        try:
            messages.success(request, view(request, patient, **more))
        except (Invalid, Conflict) as refused:
            for issue in refused.issues:
                messages.error(request, labels.refusal(issue.text))
            return _how(request, patient, status=400)
        return _back(request, patient)

    return answered


def _back(request: Request, patient: str) -> HttpResponse:
    part = request.POST.get("part", "")
    return redirect(f"{reverse('how', args=[patient])}{f'#{part}' if part.replace('-', '').isalnum() else ''}")


def _post(request: Request, name: str) -> str:
    return request.POST.get(name, "").strip()


# --- concerns -----------------------------------------------------------------------------------------------------------------------------


@_form
def raise_concern(request: Request, patient: str) -> str:
    """Somebody said what worries them."""
    with request.hub.store.change(request.who, because="Concern raised") as change:
        kind, by = _post(request, "kind") or None, _post(request, "by") or None
        concerns.raise_(change, patient=patient, words=_post(request, "words"), kind=kind, said_by=by)
    return _("Kept. It stays open until the patient says that it is settled.")


@_form
def move_concern(request: Request, patient: str, concern: str) -> str:
    """The next step of a concern, or the patient's word that it is settled."""
    step, said = _post(request, "step"), _post(request, "said")
    with request.hub.store.change(request.who, because="Concern moved") as change:
        match step:
            case "name":
                concerns.name(change, concern=concern, kind=_post(request, "kind"))
            case "acknowledge":
                concerns.acknowledge(change, concern=concern, said=said)
            case "plan":
                concerns.plan(change, concern=concern, what=said)
            case "not-settled":
                concerns.not_settled(change, concern=concern, said=said, by=_post(request, "by") or None)
            case "settle":
                concerns.settle(change, concern=concern, said=said, by=_post(request, "by") or None)
            case _:
                concerns.mistaken(change, concern=concern, why=said)
    return _("Settled, in the patient’s own words.") if step == "settle" else _("Kept.")


# --- goals --------------------------------------------------------------------------------------------------------------------------------


@_form
def set_goal(request: Request, patient: str) -> str:
    """A goal in the patient's words."""
    day = _post(request, "by_when")
    with request.hub.store.change(request.who, because="Goal set") as change:
        goals.set_goal(
            change,
            patient=patient,
            words=_post(request, "words"),
            confidence=_number(_post(request, "confidence")),
            helps=_post(request, "helps"),
            by_when=_day(day),
        )
    return _("Set. The next call asks how it goes.")


@_form
def ask_goal(request: Request, patient: str, goal: str) -> str:
    """How a goal goes."""
    with request.hub.store.change(request.who, because="Goal asked about") as change:
        goals.ask(
            change,
            goal=goal,
            progress=_post(request, "progress"),
            confidence=_number(_post(request, "confidence")),
            words=_post(request, "words"),
            helps=_post(request, "helps"),
        )
    return _("Kept.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("This is no day.", expression="Goal.target.dueDate") from None


def _number(text: str) -> int:
    return int(text) if text.isdigit() else -1


# --- caregivers ---------------------------------------------------------------------------------------------------------------------------


@_form
def caregiver(request: Request, patient: str) -> str:
    """Somebody close to the patient joins the care team, or leaves it."""
    joins = "join" in request.POST
    with request.hub.store.change(request.who, because="Caregiver of the care team") as change:
        (caregivers.join if joins else caregivers.leave)(change, patient=patient, person=_post(request, "person"))
    return _("They are part of the care team now.") if joins else _("They are not part of the care team any more.")


# --- the room -----------------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def room(request: Request) -> HttpResponse:
    """What is open for everybody this person sees: safety cases first, then concerns by where they stand."""
    wanted = next((each for each in OPEN if each == request.GET.get("state")), None)
    with request.hub.store.view(request.who) as view:
        cases = safety.cases(view)
        decided = safety.cases(view, still_open=False)[:10]
        worries = concerns.concerns(view)
    counts = {state: sum(each.state == state for each in worries) for state in OPEN}
    context = {
        "cases": cases,
        "decided": decided,
        "concerns": [each for each in worries if wanted in (None, each.state)],
        "wanted": wanted,
        "all": len(worries),
        "states": [(state, labels.word(support_words.CONCERN_STATES, state), count) for state, count in counts.items()],
        "now": request.hub.store.now().astimezone(request.hub.store.zone),
    }
    return render(request, "support/room.html", context)


urlpatterns = [
    path("support", room, name="support"),
    path("patients/<str:patient>/how", how, name="how"),
    path("patients/<str:patient>/concerns", raise_concern, name="concern_raise"),
    path("patients/<str:patient>/concerns/<str:concern>", move_concern, name="concern_move"),
    path("patients/<str:patient>/goals", set_goal, name="goal_set"),
    path("patients/<str:patient>/goals/<str:goal>", ask_goal, name="goal_ask"),
    path("patients/<str:patient>/caregivers", caregiver, name="caregiver"),
]
