"""The accounting of disclosures (45 CFR 164.528): who was told what in six years, what the rule leaves out, whether it is free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from baton.duties import codes, reading
from baton.duties.privacy.consent_terms import PURPOSE
from baton.duties.privacy.disclosure import DISCLOSED
from baton.duties.privacy.packets import DISCLOSURE
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import permissions, privacy_clocks
from baton.rules.calendar import local_day, start_of_day
from baton.rules.tables import Row
from baton.store import View

MOST = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when, to whom, what, what for. Repeated disclosures to one party for one purpose are one line: first, last, how often."""

    when: datetime
    recipient: str
    address: str
    description: str
    purpose: str
    permission: str
    paper: str
    counts: bool
    by: str
    packet: str | None
    reference: str
    times: int = 1
    last: datetime | None = None

    @property
    def packet_id(self) -> str:
        """The id of the document that left, where one did."""
        return (self.packet or "").partition("/")[2]


@dataclass(frozen=True, slots=True)
class Accounting:
    """Six years: the lines the rule asks for, those it leaves out, and the rule's own lists of both."""

    patient: str
    since: date
    until: date
    listed: tuple[Entry, ...]
    left_out: tuple[Entry, ...]
    includes: tuple[Row, ...]
    excludes: tuple[Row, ...]
    free: bool
    source: str


def accounting(view: View, *, patient: str, day: date | None = None) -> Accounting:
    """The accounting of a patient ("Patient/id") as of a day (today when None). Raises NotFound when they are not theirs to see."""
    view.get(*patient.split("/", 1))
    until = day or local_day(view.now, view.zone)
    since = privacy_clocks.accounting_start(until)
    begins, ends = start_of_day(since, view.zone), start_of_day(until + timedelta(days=1), view.zone)
    with reading.seeing_all(view):
        said = view.find("Communication", patient=patient, category=f"{DISCLOSURE}|disclosure", sent=f"ge{since.isoformat()}", _count=MOST)
        earlier = view.find("Task", patient=patient, code=f"{codes.PROMISE}|accounting-request")
    entries = [found for each in said if (found := entry(each, view)) is not None and begins <= found.when < ends]
    includes, excludes = permissions.accounting_rule(until)
    asked = [moment.date() for each in earlier if (moment := reading.moment(each.get("authoredOn"), view.zone)) is not None]
    return Accounting(
        patient=patient,
        since=since,
        until=until,
        listed=summarised(each for each in entries if each.counts),
        left_out=tuple(sorted((each for each in entries if not each.counts), key=lambda each: each.when, reverse=True)),
        includes=includes,
        excludes=excludes,
        free=privacy_clocks.is_free(until, asked),
        source=privacy_clocks.source("accounting-years", until),
    )


def entry(communication: Resource, view: View) -> Entry | None:
    """A recorded disclosure as a line; None for what is none or was entered in error."""
    parts = extension(communication, DISCLOSED)
    when = reading.moment(communication.get("sent"), view.zone)
    if not isinstance(parts, list) or when is None or communication.get("status") == "entered-in-error":
        return None
    said: dict[str, Any] = {part["url"]: next((part[key] for key in part if key.startswith("value")), "") for part in parts}
    to: Resource = next(iter(communication.get("recipient", ())), {})
    packet = next((target(each.get("contentReference")) for each in communication.get("payload", ())), None)
    return Entry(
        when=when,
        recipient=str(to.get("display") or target(to) or ""),
        address=str(said.get("address", "")),
        description=str(said.get("description", "")),
        purpose=next((code for each in communication.get("reasonCode", ()) if (code := code_of(each, PURPOSE))), ""),
        permission=str(said.get("permission", "")),
        paper=str(said.get("paper", "")),
        counts=bool(said.get("counts")),
        by=str(communication.get("sender", {}).get("display", "")),
        packet=packet,
        reference=f"Communication/{communication['id']}",
    )


def summarised(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Lines newest first; repeats to one party for one purpose (164.528(b)(3)) as one, dated by the first, with how often and the last."""
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for each in sorted(entries, key=lambda one: one.when):
        groups.setdefault((each.recipient.casefold(), each.purpose, each.permission), []).append(each)
    return tuple(sorted((one_line(several) for several in groups.values()), key=lambda one: one.when, reverse=True))


def one_line(several: list[Entry]) -> Entry:
    """Several disclosures to one party for one purpose as one line."""
    first, last = several[0], several[-1]
    if len(several) == 1:
        return first
    described = "; ".join(dict.fromkeys(each.description for each in several))
    addresses = next((each.address for each in several if each.address), "")
    return Entry(
        first.when, first.recipient, addresses, described, first.purpose, first.permission, first.paper, first.counts, first.by,
        first.packet, first.reference, len(several), last.when,
    )  # fmt: skip
