"""The programs of one patient: what they may enter, where they stand, every move, and the paper when they leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import four_ms, labels, posting, slips
from baton.desk import program_words as words
from baton.desk.programs import day_of, need_day, sparkline
from baton.duties.patients import caregivers
from baton.duties.programs import asking, programs, states, versions, watches
from baton.duties.programs import closing as program_closing
from baton.duties.programs import four_ms as program_four_ms
from baton.duties.programs import packs as program_packs
from baton.duties.programs import risk as program_risk
from baton.duties.programs.closing import Summary
from baton.fhir.resource import human_name
from baton.packs import lessons
from baton.packs.assessments import library
from baton.paper import Facts, Heading, Paper, Rows, Text, pdf
from baton.rules import panel_risk
from baton.rules.calendar import local_day
from baton.store import Invalid, View
from baton.web.gate import Request, staff

LONGEST_NOTE = 500


@require_GET
@staff
def page(request: Request, patient: str) -> HttpResponse:
    """Every program of a patient, and what they might enter."""
    reference, own = f"Patient/{patient}", get_language()
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        mine = states.of_patient(view, reference)
        today = local_day(view.now, view.zone)
        entries = [programs.entry(view, patient=reference, program=each.code) for each in program_packs.installed(view)]
        slip = slips.of(view, "program-summary", patient)
        owed = asking.due(view, reference)
        cards = [_card(view, each, today, own, owed.get(each.reference, ())) for each in mine]
        close = [(each.reference, each.name) for each in caregivers.of_patient(view, patient=patient, responses=()) if not each.child]
        looked_at = four_ms.card(program_four_ms.of_patient(view, reference), own)
        risk = panel_risk.judge(program_risk.facts(view, reference), today)
    offered = [_entry(each, own) for each in entries if each.open is None]
    context = {
        "patient": patient,
        "name": human_name(person),
        "cards": cards,
        "four_ms": looked_at,
        "slip": slip,
        "offered": sorted(offered, key=lambda each: (not each["met"], each["title"])),
        "ways": [(code, labels.word(words.HOW, code)) for code in programs.HOW],
        "declined": [(code, labels.word(words.REASONS, code)) for code in states.DECLINED if code != "died"],
        "today": today,
        "close": close,
        "dispositions": [(code, labels.word(words.DISPOSITIONS, code)) for code in watches.DISPOSITIONS],
        "risk": labels.word(words.RISKS, risk.level),
        "risk_mark": words.RISK_MARKS.get(risk.level, ""),
        "risk_points": risk.points,
        "risk_why": [(labels.word(words.RISK_REASONS, code), found, points) for code, found, points in risk.reasons],
    }
    return render(request, "programs/patient.html", context)


def _entry(entry: programs.Entry, own: str | None) -> dict[str, Any]:
    return {
        "program": entry.program,
        "title": entry.program.title.said(own),
        "met": entry.met,
        "criteria": [(each, each.words.said(own), holds) for each, holds in entry.criteria],
        "wait_until": entry.wait_until,
        "earlier": entry.earlier,
    }


def _card(view: View, enrolment: states.Enrolment, today: date, own: str | None, owed: tuple[asking.Due, ...]) -> dict[str, Any]:
    program = states.must_have(view, enrolment)
    newer = versions.newer(view, enrolment)
    titles = {each.code: each.title.said(own) for each in program.phases}
    consent = view.get("Consent", enrolment.consent.partition("/")[2]) if enrolment.consent else None
    return {
        "it": enrolment,
        "title": program.title.said(own),
        "state": labels.word(words.STATES, enrolment.state),
        "mark": words.STATE_MARKS.get(enrolment.state, ""),
        "phase": titles.get(enrolment.phase, enrolment.phase),
        **_clocks(enrolment, program, today, own),
        "owed": [_owed(each, program, enrolment.phase, own) for each in owed],
        "watches": [_watch(each, own) for each in watches.watched(view, enrolment, program)] if enrolment.is_open else [],
        "asks_why": bool(program.clocks),
        "version": program.version,
        "newer": newer.version if newer else "",
        "following": [(code, titles[code]) for code in states.following(program, enrolment.phase)],
        "reasons": [(code, labels.word(words.REASONS, code)) for code in program.close_reasons if code != "died"],
        "why": labels.word(words.REASONS, enrolment.why),
        "families": [(code, labels.word(words.FAMILIES, code)) for code in program.minutes],
        "counts_as": labels.word(words.FAMILIES, enrolment.minutes_as),
        "consent": consent and consent.get("status") == "active",
        "asks": program.consent,
        "risk": labels.word(words.RISKS, enrolment.risk),
        "risk_mark": words.RISK_MARKS.get(enrolment.risk, ""),
    }


def _clocks(enrolment: states.Enrolment, program: program_packs.Program, today: date, own: str | None) -> dict[str, Any]:
    """How long each phase took and why, and the clocks that run over several."""
    phases = [
        {
            "title": phase.title.said(own),
            "since": since,
            "until": until,
            "days": days,
            "limit": phase.days,
            "late": days > phase.days,
            "source": phase.source,
            "because": because,
        }
        for phase, since, until, days, because in program_closing.clocks(enrolment, program, today)
    ]
    spans = [
        {
            "title": each.clock.title.said(own),
            "it": each,
            "late": each.days > each.clock.days,
            "reasons": [(phase.title.said(own), days, why) for phase, days, why in each.reasons],
        }
        for each in program_closing.spans(enrolment, program, today)
    ]
    return {"clocks": phases, "spans": spans}


def _owed(due: asking.Due, program: program_packs.Program, phase: str, own: str | None) -> dict[str, Any]:
    """What is owed, in words; with the assessment to ask and how strongly its guideline advises it."""
    here = program.phase(phase)
    step = next((each for each in here.steps if each.code == due.step), None) if here else None
    assessment = library().get(due.asks or "")
    return {
        "it": due,
        "text": due.text.said(own),
        "kind": "" if step else labels.word(labels.PROMISES, due.kind),
        "strength": labels.word(words.STRENGTHS, step.strength) if step else "",
        "source": step.source if step else "",
        "asks": assessment,
        "caregiver": assessment is not None and assessment.about == "caregiver",
    }


def _watch(watched: watches.Watched, own: str | None) -> dict[str, Any]:
    """A watch in words: the line of its readings, its limits, and the warning signs while something is to be decided."""
    lesson = lessons.library()[watched.watch.lesson].said(own)
    return {
        "it": watched,
        "title": watched.watch.title.said(own),
        "limits": [(each, each.rise.title.said(own)) for each in watched.limits],
        "line": sparkline(tuple(each.mass for each in watched.readings)),
        "first": watched.readings[0] if watched.readings else None,
        "last": watched.readings[-1] if watched.readings else None,
        "script": [(colour, lesson.plan.get(colour, ())) for colour in ("red", "yellow")] if watched.task else [],
    }


def back(request: Request, patient: str, **_kwargs: str) -> HttpResponse:
    """Back to the patient's programs."""
    return redirect("enrolments", patient=patient)


posted = posting.form(back)


def said(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()[:LONGEST_NOTE]


@posted
def enter(request: Request, patient: str) -> str:
    """Enter, be offered, or wait for a program."""
    given: dict[str, Any] = {
        "patient": f"Patient/{patient}",
        "program": said(request, "program"),
        "despite": said(request, "despite") or None,
    }
    how = said(request, "how")
    with request.hub.store.change(request.who, because=f"Program: {how}") as change:
        if how in ("offer", "wait"):
            programs.offer(change, **given, waitlist=how == "wait")
            return _("Offered. An answer is owed now.")
        programs.enrol(change, **given, consent=said(request, "consent") or None, since=day_of(request, "since"))
    return _("Entered. What its first phase owes stands on Today.")


@posted
def act(request: Request, patient: str, enrolment: str, verb: str) -> str:
    """Anything else that is done about an enrolment."""
    if verb not in ACTS:
        raise Invalid("There is no such step.")
    duty, name = VERBS.get(verb, (programs, verb))
    with request.hub.store.change(request.who, because=f"Program: {verb}") as change:
        getattr(duty, name)(change, enrolment=enrolment, **ACTS[verb](request))
    return _("Recorded.")


@posted
def reading(request: Request, patient: str, task: str) -> str:
    """What a clinician decides about a reading."""
    with request.hub.store.change(request.who, because="A reading is decided about") as change:
        watches.decide(change, task=task, disposition=said(request, "disposition"), note=said(request, "note"))
    return _("Recorded.")


def _limit(request: Request) -> dict[str, Any]:
    try:
        by = float(said(request, "by").replace(",", "."))
    except ValueError:
        raise Invalid("Say how much it may rise, in lb or kg.") from None
    watch, _slash, rise = said(request, "limit").partition("/")
    return {"watch": watch, "rise": rise, "by": by, "unit": said(request, "unit")}


def _closing(request: Request) -> dict[str, Any]:
    rating = said(request, "rating")
    return {
        "reason": said(request, "reason"),
        "words": said(request, "words"),
        "rating": int(rating) if rating.isdecimal() else None,
        "feedback": said(request, "feedback"),
    }


ACTS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "decline": lambda request: {"reason": said(request, "reason"), "words": said(request, "words")},
    "advance": lambda request: {"to": said(request, "to"), "since": day_of(request, "since"), "because": said(request, "because")},
    "pause": lambda request: {"until": need_day(request, "until"), "reason": said(request, "reason")},
    "resume": lambda _request: {},
    "close": _closing,
    "reopen": lambda request: {"note": said(request, "note")},
    "withdraw": lambda request: {"on": need_day(request, "on")},
    "consent": lambda request: {"how": said(request, "consent")},
    "count": lambda request: {"family": said(request, "family")},
    "risk": lambda _request: {},
    "limit": _limit,
    "version": lambda _request: {},
}
VERBS: dict[str, tuple[ModuleType, str]] = {
    "consent": (programs, "consent_again"),
    "count": (programs, "count_as"),
    "risk": (programs, "judge_again"),
    "limit": (watches, "set_limit"),
    "version": (versions, "take"),
}


@require_GET
@staff
@slips.asks_how
def paper(request: Request, patient: str, enrolment: str) -> HttpResponse:
    """The summary of a time in a program, as a PDF."""
    with request.hub.store.view(request.who) as view:
        found = program_closing.summary(view, enrolment=enrolment)
        slips.handed(view, "program-summary", patient, slips.way(request))
        name = human_name(view.get("Patient", patient)) or ""
        day = labels.birth_day(local_day(view.now, view.zone))
    if found.enrolment.patient != f"Patient/{patient}":
        raise Invalid("This program is somebody else's.")
    made = pdf(_paper(found, name, day, request.who.name))
    request.hub.store.note_event(request.who, "print program summary", detail=slips.way(request) or "", patients=[f"Patient/{patient}"])
    return HttpResponse(made, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="summary.pdf"'})


def _paper(found: Summary, name: str, day: str, by: str) -> Paper:
    own = get_language()
    it = found.enrolment
    facts = [
        (_("Who"), name),
        (_("From"), labels.birth_day(it.since) if it.since else ""),
        (_("Until"), labels.birth_day(it.until) if it.until else _("still in it")),
        (_("Left because"), labels.word(words.REASONS, it.why) if it.why else ""),
        (_("In their words"), it.feedback or ""),
        (_("Their mark"), _("%(n)s of 5") % {"n": it.rating} if it.rating else ""),
        (_("Promises kept"), str(found.kept)),
        (_("Promises not kept, with a reason"), str(found.dropped)),
        (_("Times reached"), str(found.contacts)),
        (_("Minutes"), str(found.minutes)),
    ]
    phases = [
        (phase.title.said(own), labels.birth_day(since), labels.birth_day(until) if until else "", str(days))
        for phase, since, until, days, _because in found.phases
    ]
    goals = [(text, labels.word(words.ACHIEVEMENTS, how), "" if sure is None else str(sure)) for text, how, sure in found.goals]
    blocks: list[Any] = [Facts([fact for fact in facts if fact[1]])]
    if it.because:
        blocks.append(Text(it.because))
    blocks += [Heading(_("Phases")), Rows((_("Phase"), _("From"), _("Until"), _("Days")), phases, (3, 2, 2, 1))]
    if goals:
        blocks += [Heading(_("Goals")), Rows((_("Goal"), _("How it goes"), _("Confidence")), goals, (4, 2, 1))]
    return Paper(
        title=found.program.title.said(own),
        subtitle=_("Summary"),
        blocks=blocks,
        language=(own or "en").split("-")[0],
        footer=name,
        made=_("Made on %(day)s by %(who)s") % {"day": day, "who": by},
    )


urlpatterns = [
    path("patients/<str:patient>/programs", page, name="enrolments"),
    path("patients/<str:patient>/programs/enter", enter, name="enrolment-enter"),
    path("patients/<str:patient>/programs/<str:enrolment>/summary.pdf", paper, name="enrolment-paper"),
    path("patients/<str:patient>/programs/readings/<str:task>", reading, name="reading-decide"),
    path("patients/<str:patient>/programs/<str:enrolment>/<str:verb>", act, name="enrolment-act"),
]
