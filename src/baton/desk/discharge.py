"""Going home: the board of the unit, and the plan of one stay. Addresses carry opaque ids; words arrive in the body of a POST."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import discharge_words as words
from baton.desk import labels, slips
from baton.duties import parties
from baton.duties.discharge import board as discharge_board
from baton.duties.discharge import paper as discharge_paper
from baton.duties.discharge import scores as discharge_scores
from baton.duties.discharge import states
from baton.duties.discharge.board import Row, Stay
from baton.duties.discharge.handoff import Summary
from baton.duties.discharge.proofs import Proof
from baton.duties.discharge.scores import Scores
from baton.duties.discharge.states import Step
from baton.duties.scheduling import needs
from baton.duties.support import education
from baton.duties.team import teams
from baton.packs.lessons import library
from baton.rules import discharge_plan as rules
from baton.store import View
from baton.web.gate import Request, staff

MARKS = {"today": "soon", "blocked": "late", "no-day": "soon", "left": "wait", "green": "calm"}


@require_GET
@staff
def board(request: Request) -> HttpResponse:
    """Who goes home when, where to, what is in the way and what it has cost, who is missing, what is next."""
    shown = request.GET.get("show") if request.GET.get("show") in discharge_board.SHOWN else None
    with request.hub.store.view(request.who) as view:
        page = discharge_board.board(view, shown=shown)
        unplanned = () if shown else discharge_board.unplanned(view)
    context = {
        "unplanned": unplanned,
        "page": page,
        "tiles": [
            {
                "name": labels.word(words.SHOWN, name),
                "count": count,
                "mark": MARKS[name] if count else "",
                "link": "?" if shown == name else "?" + urlencode({"show": name}),
                "on": shown == name,
            }
            for name, count in page.counts
        ],
        "rows": [board_row(each) for each in page.rows],
        "causes": [(labels.word(words.CAUSES, cause), hours) for cause, hours in page.causes],
        "shown": shown,
    }
    return render(request, "discharge/board.html", context)


def board_row(row: Row) -> dict[str, Any]:
    """A row in words."""
    plan, latest = row.plan, row.plan.latest
    lace = next((each for each in plan.scores if each.code == "lace"), None)
    mark = "wait" if plan.state == "left" else "late" if row.open_blockers else "calm" if plan.green else "soon"
    return {
        "it": row,
        "mark": mark,
        "until": labels.moment(latest.until) if latest and plan.state == "planning" else "",
        "to": labels.word(words.DESTINATIONS, latest.to) if latest else "",
        "confidence": labels.word(words.CONFIDENCES, latest.confidence) if latest else "",
        "state": labels.word(words.STATES, plan.state),
        "score": f"LACE {lace.total}" if lace else "",
        "score_mark": words.BAND_MARKS.get(lace.band, "") if lace else "",
        "blockers": [labels.word(words.CAUSES, each.cause) for each in row.open_blockers],
        "missing": [labels.word(words.SIGNATURES, role) for role in plan.unsigned] if plan.state == "planning" else [],
        "next": next_words(row),
    }


def next_words(row: Row) -> str:
    """The next step as a sentence."""
    if row.next == "item":
        return labels.word(words.ITEMS, row.about)
    if row.next == "sign":
        return _("%(who)s is still to say yes") % {"who": labels.word(words.SIGNATURES, row.about)}
    return row.about if row.next == "blocker" else labels.word(words.NEXT, row.next)


@require_GET
@staff
def stay(request: Request, encounter: str) -> HttpResponse:
    """The plan of one stay."""
    with request.hub.store.view(request.who) as view:
        found = discharge_board.stay(view, encounter=encounter)
        scores = discharge_scores.scores(view, plan=found.row.plan)
        context = {**page_of(view, found, scores, request.who.person), "encounter": encounter}
    return render(request, "discharge/stay.html", context)


def page_of(view: View, found: Stay, scores: Scores, me: str) -> dict[str, Any]:
    """All of one stay in words."""
    plan, row = found.row.plan, found.row
    people = teams.colleagues(view)
    known = {reference for reference, _name in people}
    left = len(plan.steps) - len(plan.open_steps)
    return {
        "stay": found,
        "plan": plan,
        "row": board_row(row),
        "who_is": row.patient,
        "done": left,
        "all": len(plan.steps),
        "bars": bars(found),
        "steps": [step_row(each, found) for each in sorted(plan.steps, key=_open_first)],
        "blockers": [{"it": each, "cause": labels.word(words.CAUSES, each.cause)} for each in row.blockers],
        "open_results": [each for each in found.pending if not each.owned],
        "readers": [*found.owners, *(each for each in people if each[0] not in dict(found.owners))],
        "to_book": needs.listed(view, state="unscheduled", patient=plan.patient)
        if any(_no_visit(each, found) for each in plan.steps)
        else (),
        "owners": [*people, *(each for each in found.owners if each[0] not in known)],
        "me": me,
        "open_items": [(each.code, labels.word(words.ITEMS, each.code)) for each in plan.open_steps],
        "closed_items": [(each.code, labels.word(words.ITEMS, each.code)) for each in plan.steps if each.state != "open"],
        "signatures": signatures(found),
        "scores": score_rows(scores, found),
        "ps": ps_rows(scores),
        "inputs": scores.inputs,
        "until_is": labels.word(words.UNTIL, scores.inputs.until_is),
        "summaries": [
            {
                "it": each,
                "state": labels.word(words.SUMMARY, each.state),
                "mark": words.SUMMARY_MARKS[each.state],
                "proofs": proof_rows(each),
            }
            for each in found.summaries
        ],
        "log": [
            (each, labels.word(words.DESTINATIONS, each.to), labels.word(words.CONFIDENCES, each.confidence))
            for each in reversed(plan.expected)
        ],
        "causes": [(code, labels.word(words.CAUSES, code)) for code in rules.CAUSES],
        "destinations": [(code, labels.word(words.DESTINATIONS, code)) for code in rules.DESTINATIONS],
        "confidences": [(code, labels.word(words.CONFIDENCES, code)) for code in rules.CONFIDENCES],
        "unneeded": [(role, labels.word(words.SIGNATURES, role)) for role in plan.unsigned if rules.unneeded(role)],
        "taking_over": [each for each in _parties(view) if each[0] not in {reference for reference, _name in plan.accepting}],
        "lessons": [(code, library()[code].said(get_language()).title, why) for code, why in found.suggested],
        "to_teach": any(item.open for each in found.given for item in each.items),
        "taught": [(each, [item for item in each.items if item.open]) for each in found.given],
        "results": education.RESULTS,
        "language": labels.language_name(row.patient.language),
        "now": view.now.astimezone(view.zone),
        "is_open": plan.state in states.OPEN,
        "slip": slips.of(view, "plan-for-home", row.patient.id),
    }


def _no_visit(step: Step, found: Stay) -> bool:
    """Whether this is the item of the visits, and none is booked."""
    return step.code == "appointments" and step.state == "open" and step.code not in found.fresh


def proof_rows(summary: Summary) -> list[tuple[str, Proof]]:
    """How it is known where a summary is, in words, with the record itself."""
    return [(f"“{each.text}”" if each.typed else labels.word(words.PROOFS, each.kind), each) for each in summary.proofs]


def _open_first(step: Step) -> tuple[bool, bool]:
    """What is still to be done stands first, and of that what is to be done before leaving."""
    return step.state != "open", step.item.phase != "stay"


def _parties(view: View) -> list[tuple[str, str]]:
    return [(str(each.recipient.reference), each.recipient.name) for each in parties.organizations(view)]


def bars(found: Stay) -> list[tuple[str, int]]:
    """How much is done, open, and in the way, in percent of everything."""
    plan = found.row.plan
    late = len(found.row.open_blockers) + sum(not each.owned for each in found.pending)
    whole = len(plan.steps) + late or 1
    done = len(plan.steps) - len(plan.open_steps)
    shares = (round(100 * done / whole), round(100 * late / whole))
    return [("calm", shares[0]), ("late", shares[1])]


def step_row(step: Step, found: Stay) -> dict[str, Any]:
    """An item in words: what it is, why it stands as it does, whose it is."""
    fresh = step.code in found.fresh
    said = labels.word(words.EVIDENCE, step.item.evidence) if step.shown or fresh else ""
    owner = step.owner_name if step.owner else labels.word(words.OWNER_ROLES, step.item.owner)
    return {
        "it": step,
        "part": labels.word(words.PARTS, step.code),
        "what": labels.word(words.ITEMS, step.code),
        "set": step.item.set.upper(),
        "why": said or step.reason or "",
        "fresh": fresh,
        "owner": owner,
        "mark": {"done": "calm", "waived": "wait"}.get(step.state, "soon" if step.item.phase == "stay" or found.left else ""),
        "state": labels.word(words.STEP_STATES, "fresh" if fresh else step.state),
    }


def signatures(found: Stay) -> list[dict[str, Any]]:
    """Everybody who is asked, and what they said."""
    said = {each.role: each for each in found.row.plan.signatures}
    near = next((each.name for each in found.contacts if each.relation), "")
    suggested = {"patient": found.row.patient.name, "caregiver": near}
    return [
        {"role": role, "name": labels.word(words.SIGNATURES, role), "said": said.get(role), "hint": suggested.get(role, "")}
        for role in rules.SIGNATURES
    ]


def score_rows(scores: Scores, found: Stay) -> list[dict[str, Any]]:
    """LACE and both tables of HOSPITAL, each with its lines and with the other way of counting days."""
    kept = {(each.code, each.version): each for each in found.row.plan.scores}
    rows = []
    for code, version in discharge_scores.KEPT:
        one = scores.of(code, version)
        others = [each for each in (scores.lace if code == "lace" else scores.hospital) if each.version == version and each != one]
        rows.append(
            {
                "name": labels.word(words.SCORES, code),
                "version": version,
                "one": one,
                "band": labels.word(words.BANDS, one.band),
                "mark": words.BAND_MARKS[one.band],
                "variant": labels.word(words.VARIANTS, one.variant),
                "others": [
                    (labels.word(words.VARIANTS_SHORT, each.variant), each.total, labels.word(words.BANDS, each.band)) for each in others
                ],
                "lines": [(labels.word(words.LINES, each.name), _known(each.value), each.points) for each in one.points],
                "kept": kept.get((code, version)),
            }
        )
    return rows


def _known(value: Any) -> str:
    if value is None:
        return _("not known")
    return (_("yes") if value else _("no")) if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def ps_rows(scores: Scores) -> list[dict[str, Any]]:
    """The 8Ps: what the chart tells, and what each risk asks for."""
    return [
        {
            "code": each.code,
            "name": labels.word(words.PS, each.code),
            "there": each.there,
            "because": ", ".join(each.because),
            "then": "; ".join(labels.word(words.THEN, code) for code in each.then),
        }
        for each in scores.eight_ps
    ]


@require_GET
@staff
def paper(request: Request, encounter: str) -> HttpResponse:
    """The patient's copy as it would be, without its being given."""
    plan = states.plan_id(f"Encounter/{encounter}")
    with request.hub.store.view(request.who) as view:
        made = discharge_paper.preview(view, plan=plan, language=request.GET.get("language"))
    return pdf_answer(made)


def pdf_answer(made: bytes) -> HttpResponse:
    """A PDF shown by the browser; its name says nobody's."""
    return HttpResponse(made, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="plan-for-home.pdf"'})


@require_GET
@staff
def of_patient(request: Request, patient: str) -> HttpResponse:
    """The patient's open plan."""
    with request.hub.store.view(request.who) as view:
        found = discharge_board.of_patient(view, f"Patient/{patient}")
    if found is None:
        return redirect("patient", patient=patient)
    return redirect(reverse("discharge-stay", args=[str(found["encounter"]["reference"]).partition("/")[2]]))


urlpatterns = [
    path("discharge", board, name="discharge"),
    path("discharge/of/<str:patient>", of_patient, name="discharge-of-patient"),
    path("discharge/<str:encounter>", stay, name="discharge-stay"),
    path("discharge/<str:encounter>/paper.pdf", paper, name="discharge-paper"),
]
