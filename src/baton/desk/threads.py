"""Messages: the threads of one's patients, whose turn it is in each, one thread, and the forms that write in it.

Addresses carry opaque ids; what is written travels in the body of a POST, and comes back into the form when it is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from baton.desk import labels, posting, thread_parties
from baton.desk import message_words as words
from baton.desk.patient_forms import OFFERED
from baton.duties import reading, working_days
from baton.duties.contact import thread_notices, threads
from baton.duties.contact.threads import Thread
from baton.duties.patients import identity, network
from baton.duties.records import documents
from baton.duties.referrals import states as referral_states
from baton.duties.team import teams
from baton.fhir.resource import human_name
from baton.rules import messages as rules
from baton.rules.calendar import add_business_days, local_day
from baton.store import Invalid, View
from baton.uploads import Upload
from baton.web.gate import Request, staff

OWN = ("turn", "topic", "whose", "closed")
SHOWN = 100
REFERENCE = re.compile(r"[A-Za-z]+/[A-Za-z0-9.-]{1,64}")


# --- the list ---------------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def index(request: Request) -> HttpResponse:
    """Every open thread, unanswered first; narrowed by whose turn it is, what it is about, and whose it is."""
    own = {name: str(request.GET[name]) for name in OWN if request.GET.get(name)}
    with request.hub.store.view(request.who) as view:
        found = threads.rows(view, open=not own.get("closed"))
        now = view.now.astimezone(view.zone)
    mine = [each for each in found if own.get("whose") != "mine" or each.owner == request.who.name]
    topical = [each for each in mine if own.get("topic") in (None, each.topic)]
    shown = [each for each in topical if own.get("turn") in (None, each.turn)]
    turns, topics = Counter(each.turn for each in topical), Counter(each.topic for each in mine)
    context = {
        "rows": [row(each, now) for each in shown[:SHOWN]],
        "further": len(shown) > SHOWN,
        "own": own,
        "turns": [(code, labels.word(words.TURNS, code), turns[code], _narrowed(own, "turn", code)) for code in words.TURNS],
        "topics": [(code, labels.word(words.TOPICS, code), topics[code], _narrowed(own, "topic", code)) for code in words.TOPICS],
        "mine": _narrowed(own, "whose", "mine"),
        "closed": _narrowed({name: value for name, value in own.items() if name != "turn"}, "closed", "1"),
        "late": sum(1 for each in found if each.due and each.due <= now),
    }
    return render(request, "threads/index.html", context)


def row(thread: Thread, now: Any) -> dict[str, Any]:
    """A thread as a row: with the urgency of what is owed about it."""
    mark, due = words.due_tag(thread, now)
    return {"thread": thread, "mark": mark, "due": due or labels.word(words.TURNS, thread.turn)}


def _narrowed(own: dict[str, str], name: str, value: str) -> str:
    kept = {key: other for key, other in own.items() if key != name}
    return "?" + urlencode(kept if own.get(name) == value else {**kept, name: value})


# --- one thread -------------------------------------------------------------------------------------------------------------------------


@require_GET
@staff
def thread(request: Request, thread: str) -> HttpResponse:
    """One thread, and what can be done in it."""
    return page(request, thread)


def page(request: Request, thread: str, *, given: dict[str, Any] | None = None, wrong: str = "") -> HttpResponse:
    """The thread; with what was typed and why it was refused, when it was."""
    with request.hub.store.view(request.who) as view:
        found = threads.shown(view, thread)
        person = view.get("Patient", found.patient_id)
        people = network.of_patient(view, found.patient)
        reach = [(ref, name, labels.word(words.NOTICES, thread_notices.how(view, found.patient, ref))) for ref, name in found.people]
        colleagues = teams.colleagues(view)
        writes = view.decide("write", "Communication", patient=found.patient).allowed
        now, due = view.now.astimezone(view.zone), next_day(view, found.patient)
        referral = _referral(view, found)
        offices = thread_parties.context(view, found)
    here = {ref for ref, _ in found.people}
    mark, words_due = words.due_tag(found, now)
    context = {
        "thread": found,
        "patient": found.patient_id,
        "who_is": identity.identity(person, now.date()),
        "said": [{"message": each, "known": words.known(each), "what": threads.first_words(each.text)} for each in found.messages],
        "writes": writes,
        "referral": referral,
        "mark": mark,
        "due": words_due,
        "reach": reach,
        **offices,
        "joining": [
            (ref, name)
            for ref, name in ((found.patient, human_name(person)), *((each.ref, each.name) for each in people))
            if ref not in here
        ],
        "colleagues": colleagues,
        "me": request.who.person,
        "next_day": due.isoformat(),
        "today": now.date().isoformat(),
        "evidence": [(code, labels.word(words.EVIDENCE, code)) for code in words.BY_HAND],
        "receipts": [(code, labels.word(words.RECEIPTS, code)) for code in rules.RECEIPTS],
        "languages": languages(None if offices["asks_office"] else identity.language(person)),
        "given": given or {},
        "wrong": wrong,
    }
    return render(request, "threads/thread.html", context, status=422 if wrong else 200)


def _referral(view: View, thread: Thread) -> str:
    """The id of the referral a thread is about, the one that runs now; empty when it is about none."""
    asked = [each for each in thread.about if each.startswith("ServiceRequest/")]
    found = [each for ref in asked for each in view.find("Task", focus=ref) if referral_states.is_referral(each)]
    return str(max(found, key=lambda each: str(each.get("authoredOn")))["id"]) if found else ""


def next_day(view: View, patient: str) -> date:
    """The next day on which the patient's team is at work: what a promise made now is proposed for."""
    team, _, _ = reading.team_of(view, patient)
    return add_business_days(local_day(view.now, view.zone), 1, working_days.calendar(view, team)).value


def languages(own: str | None) -> list[tuple[str, str]]:
    """Languages a message may be in: the patient's own first."""
    return [(code, labels.language_name(code)) for code in dict.fromkeys([*([own] if own else []), *OFFERED])]


def said(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()


def written(request: Request) -> dict[str, Any]:
    """What a form that writes a message holds; it is shown again when it is refused."""
    return {
        "text": said(request, "text"),
        "language": said(request, "language"),
        "readers": request.POST.getlist("readers"),
        "to": said(request, "to"),
        "asks": bool(said(request, "asks")),
        "aloud": bool(said(request, "aloud")),
        "topic": said(request, "topic"),
        "subject": said(request, "subject"),
        "about": said(request, "about"),
    }


def files(request: Request) -> list[Upload]:
    """The files that go with a message, checked. Raises Invalid with the sentence that says why one does not come in."""
    return [documents.checked(str(each.name), each.read(), str(each.content_type or "")) for each in request.FILES.getlist("files")]


def why(refused: Invalid) -> str:
    """Why something was refused, as one sentence after the other."""
    return " ".join(dict.fromkeys(labels.refusal(issue.text) for issue in refused.issues))


@require_http_methods(["POST"])
@staff
def say(request: Request, thread: str) -> HttpResponse:
    """Write in it: to those chosen, or among staff."""
    given = written(request)
    try:
        with request.hub.store.change(request.who, because="A message") as change:
            threads.say(
                change, thread, text=given["text"], language=given["language"] or None, audience=given["readers"],
                to=[given["to"]] if given["to"] else [], wants_answer=given["asks"], aloud=given["aloud"], files=files(request),
            )  # fmt: skip
    except Invalid as refused:
        return page(request, thread, given=given, wrong=why(refused))
    notices.success(request, _("Sent.") if given["readers"] else _("Noted among staff."))
    return back(request, thread)


def back(request: Request, thread: str) -> HttpResponse:
    """To the end of the thread."""
    response = redirect("thread", thread=thread)
    response["Location"] += "#answer"
    return response


posted = posting.form(back)


@posted
def promise(request: Request, thread: str) -> str:
    """A promise of a message, with an owner and a day."""
    try:
        due = date.fromisoformat(said(request, "due"))
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None
    with request.hub.store.change(request.who, because="A promise because of a message") as change:
        threads.promise(change, said(request, "message"), what=said(request, "what"), due=due, owner=said(request, "owner") or None)
    return _("The promise is on the list.")


@posted
def receipt(request: Request, thread: str) -> str:
    """Somebody got, read or accepted a message, and this is how it is known."""
    kind = said(request, "kind")
    with request.hub.store.change(request.who, because=f"A message was {kind}") as change:
        threads.receipt(change, said(request, "message"), kind=kind, who=said(request, "who"), evidence=said(request, "evidence"))
    return _("Noted, with the time and how you know.")


@posted
def invite(request: Request, thread: str) -> str:
    """Somebody takes part from now on."""
    with request.hub.store.change(request.who, because="Somebody takes part in a thread") as change:
        threads.invite(change, thread, person=said(request, "person"))
    return _("They read what is written from now on.")


@posted
def unneeded(request: Request, thread: str) -> str:
    """No answer is needed."""
    with request.hub.store.change(request.who, because="No answer is needed") as change:
        threads.no_answer(change, thread, reason=said(request, "reason"))
    return _("Closed, with your reason.")


@posted
def close(request: Request, thread: str) -> str:
    """All is said."""
    with request.hub.store.change(request.who, because="A thread was closed") as change:
        threads.close(change, thread, reason=said(request, "reason"))
    return _("The thread is closed. A new message opens it again.")


@posted
def withdraw(request: Request, thread: str) -> str:
    """A message was written in error."""
    with request.hub.store.change(request.who, because="A message was taken back") as change:
        threads.take_back(change, said(request, "message"), reason=said(request, "reason"))
    return _("Taken back: nobody outside reads it any more.")


# --- a new one --------------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff
def new(request: Request, patient: str) -> HttpResponse:
    """A new thread with a patient, their family, or about them among staff."""
    asked: dict[str, Any] = {
        "topic": request.GET.get("topic", ""),
        "about": request.GET.get("about", ""),
        "readers": [f"Patient/{patient}"],
    }
    given, wrong = written(request) if request.method == "POST" else asked, ""
    if not REFERENCE.fullmatch(str(given["about"])):
        given["about"] = ""
    if request.method == "POST":
        try:
            with request.hub.store.change(request.who, because="A thread was begun") as change:
                made = threads.start(
                    change, patient=patient, topic=given["topic"], audience=given["readers"], text=given["text"], subject=given["subject"],
                    about=[given["about"]] if given["about"] else [], language=given["language"] or None,
                    to=[given["to"]] if given["to"] else [], wants_answer=given["asks"], aloud=given["aloud"],
                    files=files(request),
                )  # fmt: skip
            notices.success(request, _("Sent.") if given["readers"] else _("Noted among staff."))
            return redirect("thread", thread=made.id)
        except Invalid as refused:
            wrong = why(refused)
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        people = network.of_patient(view, f"Patient/{patient}")
        how = labels.word(words.NOTICES, thread_notices.how(view, f"Patient/{patient}", f"Patient/{patient}"))
        colleagues, now = teams.colleagues(view), view.now.astimezone(view.zone)
    context = {
        "patient": patient,
        "who_is": identity.identity(person, now.date()),
        "people": people,
        "self_ref": f"Patient/{patient}",
        "how": how,
        "me": request.who.person,
        "colleagues": colleagues,
        "topics": [(code, labels.word(words.TOPICS, code)) for code in words.TOPICS],
        "languages": languages(identity.language(person)),
        "given": given,
        "wrong": wrong,
    }
    return render(request, "threads/new.html", context, status=422 if wrong else 200)


urlpatterns = [
    path("threads", index, name="threads"),
    path("threads/new/<str:patient>", new, name="thread-new"),
    path("threads/<str:thread>", thread, name="thread"),
    *(
        path(f"threads/<str:thread>/{view.__name__}", view, name=f"thread-{view.__name__}")
        for view in (say, promise, receipt, invite, unneeded, close, withdraw)
    ),
]
