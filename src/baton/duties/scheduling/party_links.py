"""The link with which somebody who takes part in an appointment sees when it is now, and says that they know it or cannot be there.

It names a date and a street, never the patient nor what it is about. Only the link of the newest notice works, until the date is over.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from baton.duties import codes, promises, reading
from baton.duties.scheduling import terms
from baton.fhir.resource import Resource, target
from baton.store import Gone, Invalid, NotFound

if TYPE_CHECKING:
    from baton.duties.scheduling.told import Known, Notice
    from baton.store import Change, View

KNOWN, CANNOT = "known", "cannot"
"""What can be said: that they know it and will be there, or that they cannot."""
OVER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says: what happened, which time it had, what it has now; whether anything can be answered, and what was."""

    party: str
    kind: str
    was: datetime | None
    start: datetime
    end: datetime | None
    status: str
    place: str | None
    accepted: bool
    declined: bool
    may_decline: bool


def token(view: View, notice: str, party: str) -> str:
    """The signed end of the link of one party of a notice."""
    return f"{notice}.{_signed(view, notice, party)}"


def _signed(view: View, notice: str, party: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(view.store.key, f"party|{notice}|{party}".encode(), sha256)[:18]).decode()


def opened(view: View, link: str) -> tuple[Notice, Known, Resource]:
    """The notice, who of it the link is for, and the appointment now. Raises NotFound when it is forged, over, or there is a newer one."""
    from baton.duties.scheduling import told  # noqa: PLC0415  it asks us for the link

    id_, _, signature = link.rpartition(".")
    try:
        found = view.get("Communication", id_)
        notice = told.read(found, view) if told.is_notice(found) else None
        appointment = view.get("Appointment", notice.appointment) if notice else {}
    except (NotFound, Gone):
        raise NotFound("This link does not work any more.") from None
    signed = ((each, _signed(view, id_, each.ref).encode()) for each in (notice.parties if notice else ()))
    party = next((each for each, right in signed if hmac.compare_digest(right, signature.encode("ascii", "replace"))), None)
    end = reading.moment(appointment.get("end") or appointment.get("start"), view.zone)
    if notice is None or party is None or end is None or end + OVER < view.now:
        raise NotFound("This link does not work any more.")
    newest = next(each for each in told.of(view, notice.appointment) if each.of(party.ref))
    if newest.id != notice.id:
        raise NotFound("This link does not work any more.")
    return notice, party, appointment


def shown(view: View, link: str) -> Shown:
    """What the page says. Raises NotFound as `opened`."""
    notice, party, appointment = opened(view, link)
    mine = [each for each in appointment.get("participant", ()) if target(each.get("actor")) == party.ref]
    start = reading.moment(appointment["start"], view.zone)
    assert start is not None
    places = terms.actors(appointment, "Location")
    theirs = "cancelled" if party.kind == "cancelled" else str(appointment["status"])
    return Shown(
        party=party.ref,
        kind=party.kind,
        was=notice.was,
        start=start,
        end=reading.moment(appointment.get("end"), view.zone),
        status=theirs,
        place=target(places[-1]) if places else None,
        accepted=party.has("accepted"),
        declined=any(each.get("status") == "declined" for each in mine),
        may_decline=bool(mine) and theirs == "booked",
    )


def looked(change: Change, *, link: str) -> Shown:
    """Somebody opened it and asked to be shown: from now on it counts as read."""
    from baton.duties.scheduling import told  # noqa: PLC0415  it asks us for the link

    notice, party, _ = opened(change, link)
    told.receipt(change, notice.id, who=party.ref, kind="read", evidence="link")
    return shown(change, link)


def answer(change: Change, *, link: str, said: str) -> Shown:
    """They know it; or they cannot be there, and somebody owes the visit another person or time. Raises NotFound, Invalid."""
    from baton.duties.scheduling import told  # noqa: PLC0415  it asks us for the link

    notice, party, appointment = opened(change, link)
    now = shown(change, link)
    if said == KNOWN and not now.declined:
        told.receipt(change, notice.id, who=party.ref, kind="accepted", evidence="link")
        if now.may_decline:
            change.put(_answered(appointment, party.ref, "accepted"), unless_same=True)
    elif said == CANNOT and now.may_decline and not now.declined:
        told.receipt(change, notice.id, who=party.ref, kind="read", evidence="link")
        change.put(_answered(appointment, party.ref, "declined"))
        what = f"{party.name} cannot come on {now.start:%Y-%m-%d %H:%M}: find somebody else or another time"
        owed = promises.by_hand(change, patient=str(terms.patient_of(appointment)), what=what, due=told.seen_to_by(change, now.start))
        change.put({**owed, "id": codes.derived_id("party-cannot", notice.id, party.ref)})
    else:
        raise Invalid("That cannot be said now.", expression="Appointment.participant.status")
    return shown(change, link)


def _answered(appointment: Resource, party: str, status: str) -> Resource:
    several = [{**each, "status": status} if target(each.get("actor")) == party else each for each in appointment["participant"]]
    return {**appointment, "participant": several}
