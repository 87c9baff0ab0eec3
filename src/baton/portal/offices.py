"""An outside office answers a medical referral through its secure link (`by_link`): whom it is about, and what may be said now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as lazy

from baton.duties.referrals import office_links, referrals
from baton.duties.referrals.office_links import WHAT, Shown
from baton.portal import by_link
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change

SAYS: dict[str, Any] = {
    "accept": lazy("We accept"),
    "schedule": lazy("The visit is booked"),
    "reschedule": lazy("The visit is moved"),
    "interim-note": lazy("We have seen the patient"),
    "outcome": lazy("Done: the result follows or is here"),
    "no-show": lazy("The patient did not come"),
    "appointment-cancelled": lazy("The appointment was cancelled"),
    "confirm-cancellation": lazy("We confirm the cancellation"),
    "decline": lazy("We cannot take this"),
}
"""What can be said, in the order of the page."""
STATES: dict[str, Any] = {
    "received/2.0": lazy("waits for your answer"),
    "accepted/3.0": lazy("accepted"),
    "rejected/4.0": lazy("declined"),
    "in-progress/5.1": lazy("under way"),
    "in-progress/5.1.1": lazy("visit booked"),
    "in-progress/5.1.2": lazy("the patient did not come"),
    "in-progress/5.1.3": lazy("appointment cancelled"),
    "in-progress/5.1.4": lazy("seen, the result awaited"),
    "in-progress/5.2": lazy("we ask you to cancel it"),
    "cancelled/6.0": lazy("cancelled: nothing more to do"),
    "completed/7.0": lazy("completed"),
}
URGENCIES: dict[str, Any] = {
    "routine": lazy("routine"),
    "urgent": lazy("urgent"),
    "asap": lazy("as soon as possible"),
    "stat": lazy("at once"),
}
REFUSALS = (
    lazy("Say who you are."),
    lazy("Say why."),
    lazy("Say it in fewer words."),
    lazy("That cannot be said now."),
    lazy("Say when the visit is."),
    lazy("Say a time that is still to come."),
)
FIELDS = ("by", "reason", "note", "when")


def _said(change: Change, request: HttpRequest, link: str, code: str) -> Shown:
    by, reason, note, text = (request.POST.get(name, "") for name in FIELDS)
    try:
        when = datetime.fromisoformat(text).replace(tzinfo=change.zone) if text else None
    except ValueError:
        raise Invalid("Say when the visit is.", expression="Task.extension") from None
    what = request.POST.get("what", "")
    return office_links.answer(change, link=link, code=code, by=by, what=what, reason=reason, note=note, when=when)


def _context(found: Shown) -> dict[str, Any]:
    return {
        "it": found,
        "state": STATES.get(found.state, found.state),
        "urgency": URGENCIES[found.urgency],
        "language": by_link.language_name(found.language),
        "choices": [(code, words, code in referrals.REASONED) for code, words in SAYS.items() if code in found.moves],
        "dated": any(each in found.moves for each in referrals.DATED),
    }


PAGE = by_link.Page(
    what=WHAT,
    name="office",
    template="portal/office.html",
    fields=FIELDS,
    looked=lambda change, link, code: office_links.looked(change, link=link, code=code),
    answered=_said,
    context=_context,
)


urlpatterns = [PAGE.at("o", "office-link")]
