"""Every address there is with real ids in it, what tells a patient on a page, and browsers of people who should see none of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from pypdf import PdfReader
from tests.security.conftest import Town
from tests.security.crawl import Page, pages
from tests.security.test_pages import routes

from baton import app
from baton.duties.contact import guests as portal_access
from baton.duties.patients import identity
from baton.duties.team import staff
from baton.fhir.resource import human_name
from baton.web import django as shell

EACH = 2  # addresses of one route
ENDS = re.compile(r"^/(sign-out|my/out|language|theme|static/|account/)")
"""What ends the session or changes only how pages look; accounts have tests of their own (tests/web)."""
TYPES = {
    "patient": "Patient", "task": "Task", "encounter": "Encounter", "thread": "Communication", "document": "DocumentReference",
    "id": "Task", "huddle": "Appointment", "batch": "Basic", "appointment": "Appointment", "need": "ServiceRequest",
    "given": "Communication", "consent": "Consent", "schedule": "Schedule", "response": "QuestionnaireResponse", "goal": "Goal",
    "visit": "Appointment", "plan": "CarePlan", "message": "Communication", "itinerary": "Basic", "enrolment": "EpisodeOfCare",
    "concern": "Task", "person": "RelatedPerson", "statement": "MedicationStatement", "slot": "Slot", "paper": "DocumentReference",
    "grant": "Consent", "entry": "Communication", "item": "Task", "difference": "MedicationRequest", "view": "Encounter",
}  # fmt: skip
"""Of which type an id of this name usually is, where no page led to the address."""


def tells(patients: Iterable[dict[str, Any]]) -> re.Pattern[str]:
    """What on a page tells one of these patients: the name either way round, the number, telephone, mailbox, street."""
    words = set[str]()
    for each in patients:
        name = each["name"][0]
        family, given = name.get("family", ""), " ".join(name.get("given", ()))
        words |= {human_name(each), f"{given} {family}", f"{family}, {given}", identity.mrn(each) or ""}
        words |= {point["value"] for point in each.get("telecom", ())} | {
            line for at in each.get("address", ()) for line in at.get("line", ())
        }
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if len(word) > 4))


class Addresses:
    """Real addresses by route, gathered from the links and forms of pages people come to."""

    def __init__(self) -> None:
        self.by_kind: dict[str, set[str]] = {}
        self.values: dict[str, list[str]] = {}

    def note(self, path: str, page: Page | None) -> None:
        """Keep where a page leads, the addresses of its forms too."""
        from django.urls import Resolver404, resolve

        for link in [path, *((page.links + page.forms) if page else ())]:
            target = urlsplit(urljoin(f"http://localhost{path}", link))
            try:
                found = resolve(target.path)
            except Resolver404:
                continue
            kept = self.by_kind.setdefault(found.route, set())
            if target.netloc == "localhost" and not ENDS.search(target.path) and len(kept) < EACH:
                kept.add(target.path + (f"?{target.query}" if target.query else ""))
            for name, value in found.kwargs.items():
                several = self.values.setdefault(name, [])
                if value not in several and len(several) < EACH:
                    several.append(value)

    def all(self, town: Town) -> list[str]:
        """One address at least of every route: as a page had it, else with ids of its names, else with what the store has of the type."""
        found = {each for several in self.by_kind.values() for each in several}
        for route in routes():
            if route.lstrip("/") not in self.by_kind and not ENDS.search(route):
                found.add(re.sub(r"<(?:\w+:)?(\w+)>", lambda place: quote(str(self.value(town, place[1]))), route))
        return sorted(each for each in found if "<" not in each)

    def value(self, town: Town, name: str) -> str:
        """Something real for a place of this name."""
        if name in self.values:
            return str(self.values[name][0])
        with town.hub.store.view(app.HUB) as view:
            several = view.find(TYPES.get(name, "Task"), _count="1")
        return str(several[0]["id"]) if several else "1"


def words(answer: Any) -> str:
    """What an answer says, a paper too."""
    content = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
    if content.startswith(b"%PDF"):
        return " ".join(each.extract_text() for each in PdfReader(io.BytesIO(content)).pages)
    return str(content.decode(errors="replace"))


def let_in(town: Town, patient: str, email: str) -> Any:
    """A browser in which a patient is in the portal, with both factors."""
    with town.hub.store.change(app.HUB, because="Let in") as change:
        portal_access.let_in(change, patient=f"Patient/{patient}", person=f"Patient/{patient}")
    browser = town.browser(None)
    from baton.web import guests
    from baton.web.models import Account, Guest

    account = Account.objects.filter(email=email).first() or Account.objects.create_user(email, practitioner="")
    Guest.objects.update_or_create(person=f"Patient/{patient}", defaults={"account": account})
    if not guests.card_left(account):
        guests.new_card(account)
    browser.force_login(account)
    session = browser.session
    session.update({guests.PROVED: "card", guests.PERSON: f"Patient/{patient}"})
    session.save()
    return browser


def gathered(town: Town) -> Addresses:
    """Where a coordinator and a supervisor of the house can come to."""
    shell.configure(town.hub.settings, town.hub.database.app_dsn)
    found = Addresses()
    for role in ("coordinator", "supervisor"):
        for path, _, _, page in pages(town.browser(town.people[role]), "/today", "/patients", each=EACH):
            found.note(path, page)
    return found


def joins(town: Town, email: str = "eli.ross@baton.example") -> str:
    """A coordinator joins another team, which has no patients yet: their e-mail address."""
    with town.hub.store.change(app.HUB, because="Another team") as change:
        person = staff.by_email(change, email=email) or staff.add(
            change, email=email, role="coordinator", team="Across town", name="Eli Ross"
        )
    shell.share_password(town.hub, {email: person}, "larkhaven-demo")
    return email
