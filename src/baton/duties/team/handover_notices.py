"""Patients are told who looks after them now: by the way they chose, in their language, with nothing in it but a link.

The link is signed and opens a page with a name, a telephone and days. It shows what holds when it is opened: what was undone is not shown.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.scheduling import notices
from baton.duties.team import handover_states as states
from baton.duties.team import looking_after, oncall
from baton.fhir.resource import Resource, code_of, human_name, target
from baton.rules.calendar import local_day
from baton.store import Gone, NotFound

if TYPE_CHECKING:
    from baton.store import Change, View

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("Somebody else answers your calls", "Hello. Somebody else answers your calls now. See who it is:"),
    "es": ("Otra persona atiende sus llamadas", "Hola. Otra persona atiende ahora sus llamadas. Vea quién es:"),
}
"""Subject and sentence by language: nothing in them says who, what or where."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page behind the link says. `until` is the last day on which they cover; None when it is for good."""

    patient: str
    name: str
    phone: str | None
    until: date | None
    then: str | None


def told(change: Change, handover: Resource) -> Resource:
    """The handover after its patient was told, which it keeps; as it was where they are not written to."""
    channel = tell(change, handover)
    if channel is None:
        return handover
    rest = [each for each in handover.get("output", ()) if code_of(each.get("type"), states.SYSTEM) != states.TOLD]
    return {**handover, "output": [*rest, {"type": codes.concept(states.SYSTEM, states.TOLD), "valueCode": channel}]}


def tell(change: Change, handover: Resource) -> str | None:
    """Have the patient told, unless they chose no way of writing or asked not to be written to. Returns by which way."""
    from baton.duties.patients import identity  # noqa: PLC0415 - kept near its only use

    patient = str(target(handover["for"]))
    with reading.seeing_all(change):
        person = reading.peek(change, patient)
    way = notices.way_to(person) if person else None
    if person is None or way is None:
        return None
    channel, address = way
    spoken = (identity.language(person) or "en").split("-")[0]
    subject, text = WORDS.get(spoken, WORDS["en"])
    payload = {"subject": subject, "text": text, "link": f"/w/{token(change, str(handover['id']))}"}
    return channel if notices.to_patient(change, patient, channel, address, payload) else None


def token(view: View, handover: str) -> str:
    """The signed link of a handover."""
    return f"{handover}.{base64.urlsafe_b64encode(hmac.digest(view.store.key, f'who|{handover}'.encode(), sha256)[:18]).decode()}"


def by_token(view: View, text: str) -> Shown:
    """Who looks after the patient whose link this is, as of now. Raises NotFound when it is forged or old."""
    id_ = text.rpartition(".")[0]
    if not hmac.compare_digest(token(view, id_).encode(), text.encode()):
        raise NotFound("This link does not work any more.")
    try:
        found = states.read(view.get("Task", id_), view)
    except (NotFound, Gone):
        raise NotFound("This link does not work any more.") from None
    old = (found.end or found.start or view.now) + timedelta(days=30)
    if old < view.now:
        raise NotFound("This link does not work any more.")
    team = reading.team_of(view, found.patient)[2]
    care_team = reading.peek(view, team)
    covering = looking_after.covering(care_team)
    person = covering or looking_after.after(care_team)
    who = reading.peek(view, person) or {}
    until = local_day(found.end - timedelta(days=1), view.zone) if covering and found.end and found.taker == covering else None
    then = reading.name_of(view, found.giver) if until and found.giver else None
    return Shown(found.patient, human_name(who), oncall.phone_of(who), until, then)
