"""Appointments at the desk: the needs, times found together, openings, the week, an appointment's own page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.desk import plan_svg, posting, slips
from baton.desk import scheduling_words as words
from baton.desk.scheduling_forms import BUSY_ROWS, NeedForm, TogetherForm, busy_rows
from baton.duties.scheduling import booking, needs, openings, planning, suited, weekly
from baton.duties.scheduling.asking import Ask
from baton.fhir.resource import human_name
from baton.rules.calendar import local_day
from baton.store import Invalid, View
from baton.web.gate import Request, staff

Answered = Callable[..., HttpResponse]
LOOK = 21
"""Days in which openings for one need are looked for."""


def posted(back: Callable[..., str]) -> Callable[[Answered], Answered]:
    """A form of scheduling: what is refused is said on the page `back` leads to."""
    return posting.form(lambda _request, *args, **kwargs: redirect(back(*args, **kwargs)), refusal=words.refusal)


def change(request: Request, because: str) -> Any:
    """The change a form makes."""
    return request.hub.store.change(request.who, because=because)


# --- needs -----------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """The needs of one's patients, the least time left first."""
    state = request.GET.get("state")
    state = state if state in needs.STATES else None
    with request.hub.store.view(request.who) as view:
        every = needs.listed(view)
    shown = [each for each in every if (each.state == state if state else each.state != "booked")]
    counts = {name: sum(each.state == name for each in every) for name in reversed(needs.STATES)}
    return render(request, "scheduling/needs.html", {"needs": shown, "state": state, "counts": counts, "total": len(every)})


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def add(request: Request, patient: str) -> HttpResponse:
    """Say that a patient needs a visit."""
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        others = needs.listed(view, patient=f"Patient/{patient}")
        specialties, today = openings.known_specialties(view), local_day(view.now, view.zone)
    form = NeedForm(request.POST if request.method == "POST" else None, others=others, today=today)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        after = [needs.After(f"ServiceRequest/{said['after']}", min_business_days=said["days_between"])] if said["after"] else []
        kept = {name: said[name] for name in said if name not in ("after", "days_between")}
        try:
            with change(request, "A visit is needed") as made:
                needs.make(made, patient=patient, after=after, **kept)
            messages.success(request, _("The need is on the list."))
            return redirect("together", patient)
        except Invalid as refused:
            for issue in refused.issues:
                form.add_error(None, words.refusal(issue.text))
    context = {"form": form, "patient": patient, "name": human_name(person), "specialties": specialties}
    return render(request, "scheduling/add.html", context, status=422 if form.is_bound else 200)


# --- together --------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def together(request: Request, patient: str) -> HttpResponse:
    """Find times together: what is needed, when the patient can, and what came out of the last asking."""
    with request.hub.store.view(request.who) as view:
        context = {**desk(view, patient, request.GET.get("plan")), "slip": slips.of(view, "itinerary", patient)}
    return render(request, "scheduling/together.html", context)


def desk(view: View, patient: str, chosen: str | None) -> dict[str, Any]:
    """All that the page shows."""
    person = view.get("Patient", patient)
    listed = needs.listed(view, patient=f"Patient/{patient}")
    found = planning.read(view, chosen) if chosen else planning.latest(view, f"Patient/{patient}")
    today = local_day(view.now, view.zone)
    ask = replace(found.ask, first_day=max(found.ask.first_day, today)) if found else Ask(f"Patient/{patient}", (), today)
    open_ = [each for each in listed if each.state in ("unscheduled", "missed")]
    picked = set(ask.needs) & {each.id for each in open_} or {each.id for each in open_}
    return {
        "patient": patient,
        "name": human_name(person),
        "needs": open_,
        "placed": [each for each in listed if each.state in ("held", "booked")],
        "picked": picked,
        "same_day": set(ask.same_day),
        "form": TogetherForm(ask=ask),
        "weekdays": [(number, words.weekday(number), number in ask.weekdays) for number in range(7)],
        "busy": [(number, ask.elsewhere[number] if number < len(ask.elsewhere) else None) for number in range(BUSY_ROWS)],
        **result(view, found),
    }


def result(view: View, found: planning.Planning | None) -> dict[str, Any]:
    """What came out of an asking, drawn."""
    if found is None:
        return {"planning": None}
    answer = found.answer or {}
    plan = answer.get("plan")
    one = answer.get("one_by_one") or {}
    held = held_of(view, found)
    open_ = {each.id for each in needs.listed(view, patient=found.patient) if each.state in ("unscheduled", "missed")}
    return {
        "can_hold": set(found.ask.needs) <= open_,
        "planning": found,
        "answer": answer,
        "plan": plan,
        "drawing": plan_svg.draw(plan["visits"]) if plan else None,
        "saved": saving(plan, one) if plan else None,
        "held": held,
        "held_until": held[0].hold_until if held else None,
        "itinerary": held[0].itinerary if held else None,
    }


def held_of(view: View, found: planning.Planning) -> list[weekly.Entry]:
    """The visits held or booked meanwhile for the needs of an asking."""
    several = [
        each for each in weekly.of_patient(view, found.patient) if {need.partition("/")[2] for need in each.needs} & set(found.ask.needs)
    ]
    return [each for each in several if each.status == "pending"]


def saving(plan: dict[str, Any], one: dict[str, Any]) -> dict[str, int] | None:
    """What the plan saves against booking one by one: days, trips, minutes; None when that gets stuck."""
    if one.get("stuck") or not one.get("plan"):
        return None
    ours, theirs = plan["values"], one["plan"]["values"]
    return {
        "days": theirs["finish"] - ours["finish"],
        "trips": one["plan"]["trips"] - plan["trips"],
        "minutes": theirs["waiting"] - ours["waiting"],
    }


@posted(lambda patient: reverse("together", args=[patient]))
def ask(request: Request, patient: str) -> HttpResponse:
    """Ask for times together."""
    with request.hub.store.view(request.who) as view:
        today = local_day(view.now, view.zone)
    form = TogetherForm(request.POST, ask=Ask(f"Patient/{patient}", (), today))
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(request, f"{form.fields[name].label}: {errors[0]}")
        return redirect("together", patient)
    given = request.POST
    asked = form.asked(given.getlist("needs"), given.getlist("weekday"), given.getlist("same_day"), busy_rows(given))
    with change(request, "Times are to be found together") as made:
        stored = planning.ask(made, asked=asked)
    return redirect(f"{reverse('together', args=[patient])}?plan={stored.id}")


@require_GET
@staff
def progress(request: Request, plan: str) -> HttpResponse:
    """How far an asking is; what came out once it is done."""
    with request.hub.store.view(request.who) as view:
        found = planning.read(view, plan)
        context = {**result(view, found), "patient": found.patient.removeprefix("Patient/")}
    return render(request, "scheduling/result.html", context)


@posted(lambda patient, plan: f"{reverse('together', args=[patient])}?plan={plan}")
def hold_plan(request: Request, patient: str, plan: str) -> HttpResponse:
    """Hold all visits of a plan, or none."""
    with change(request, "A plan is held") as made:
        held = planning.choose(made, planning=plan, which=request.POST.get("which", "plan"))
    messages.success(request, _("Held for half an hour: %(n)s visits. Book them together, or let them go.") % {"n": len(held)})
    return redirect(f"{reverse('together', args=[patient])}?plan={plan}")


@posted(lambda itinerary: reverse("needs"))
def book_itinerary(request: Request, itinerary: str) -> HttpResponse:
    """Book all visits that were held together, or none."""
    with change(request, "Held visits are booked together") as made:
        booked = booking.book_itinerary(made, itinerary=itinerary)
    messages.success(request, _("Booked: %(n)s visits.") % {"n": len(booked)})
    return redirect("appointment", booked[0].id)


@posted(lambda itinerary: reverse("needs"))
def let_go(request: Request, itinerary: str) -> HttpResponse:
    """Let go of all visits that were held together."""
    with change(request, "Held visits are let go") as made:
        held = [each for each in weekly.itinerary(made, itinerary) if each.status == "pending"]
        for each in held:
            booking.cancel(made, appointment=each.id, reason="hold-expired")
    messages.success(request, _("Let go: the times are free again."))
    return redirect("together", held[0].patient) if held else redirect("needs")


# --- one need ---------------------------------------------------------------------------------------------------------------------


def day_of(text: str | None, otherwise: date) -> date:
    """A day from an address."""
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise


@require_GET
@staff
def find_openings(request: Request, need: str) -> HttpResponse:
    """Who could see the patient for one need, and when: narrowed by language, insurance, place and how far ahead."""
    with request.hub.store.view(request.who) as view:
        found = needs.one(view, need)
        first = max(local_day(view.now, view.zone), found.earliest.date() if found.earliest else date.min)
        first = day_of(request.GET.get("from"), first)
        speaks = (found.language or "en").split("-")[0] if request.GET.get("speaks") else None
        choices = openings.choices(view, specialty=found.specialty, patient=f"Patient/{found.patient}")
        chosen = {name: asked for name in ("insurance", "site") if (asked := request.GET.get(name))}
        home = suited.home_of(view, view.get("Patient", found.patient))
        sex = request.GET.get("sex") if request.GET.get("sex") in suited.SEXES else None
        near = bool(home and request.GET.get("near"))
        suits = suited.Suits(sex, bool(request.GET.get("stepfree")), suited.FAR if near else None, home)
        several = openings.search(
            view,
            minutes=found.minutes,
            first=first,
            days=LOOK,
            urgent=found.priority != "routine",
            specialty=found.specialty,
            language=speaks,
            modality=found.modality,
            insurance=chosen.get("insurance"),
            site=chosen.get("site"),
            suits=suits,
        )
        moving = request.GET.get("move")
    context = {
        "need": found, "openings": several, "first": first, "speaks": speaks, "move": moving, "next": first + timedelta(days=7),
        "choices": choices, "chosen": chosen, "suits": suits, "far": suited.FAR,
    }  # fmt: skip
    return render(request, "scheduling/openings.html", context)


@posted(lambda need: reverse("openings", args=[need]))
def hold(request: Request, need: str) -> HttpResponse:
    """Hold, or move to, one opening; whoever lost a race sees the next ones at once."""
    try:
        start, end = (datetime.fromisoformat(request.POST.get(name, "")) for name in ("start", "end"))
    except ValueError:
        raise Invalid(_("Choose one of the times."), expression="Appointment.start") from None
    actor, site = request.POST.get("actor", ""), request.POST.get("site") or None
    move = request.POST.get("move")
    if move:
        with change(request, "An appointment is moved") as made:
            booking.reschedule(made, appointment=move, start=start, actors=[actor], site=site)
        messages.success(request, _("Moved."))
        return redirect("appointment", move)
    with change(request, "A time is held") as made:
        (stored,) = booking.hold(made, wanted=[booking.Wanted(f"ServiceRequest/{need}", start, end, (actor,), site)])
    messages.success(request, _("Held for half an hour. Book it, or let it go."))
    return redirect("appointment", stored.id)


urlpatterns = [
    path("scheduling", index, name="needs"),
    path("scheduling/patient/<str:patient>", together, name="together"),
    path("scheduling/patient/<str:patient>/need", add, name="add_need"),
    path("scheduling/patient/<str:patient>/ask", ask, name="ask_together"),
    path("scheduling/patient/<str:patient>/hold/<str:plan>", hold_plan, name="hold_plan"),
    path("scheduling/plan/<str:plan>", progress, name="planning"),
    path("scheduling/itinerary/<str:itinerary>/book", book_itinerary, name="book_itinerary"),
    path("scheduling/itinerary/<str:itinerary>/let-go", let_go, name="let_go"),
    path("scheduling/need/<str:need>", find_openings, name="openings"),
    path("scheduling/need/<str:need>/hold", hold, name="hold"),
]
