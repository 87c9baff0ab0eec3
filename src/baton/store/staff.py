"""Who someone is here: from the staff index, remembered for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from baton.fhir import resource as fhir_resource
from baton.store.codes import TYPE_CODE, key64
from baton.store.lines import Line, Lines
from baton.store.named import sql
from baton.store.sight import HUB, sight
from baton.store.who import STAFF, Who

T = TypeVar("T")
MOST = 10_000
_CLOSER = ("assigned", "covering", "mentoring")


class Known(Generic[T]):
    """Answers remembered for some seconds of real time."""

    def __init__(self, seconds: float) -> None:
        """How long an answer stands."""
        self._seconds = seconds
        self._answers: dict[Hashable, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[], T], *, worth: Callable[[T], bool] | None = None) -> T:
        """The answer remembered, or asked anew; what is not `worth` remembering is not."""
        found = self._answers.get(key)
        now = time.monotonic()
        if found is not None and found[0] > now:
            return found[1]
        answer = ask()
        if worth is not None and not worth(answer):
            return answer
        with self._lock:
            if len(self._answers) >= MOST:
                self._answers.clear()
            self._answers[key] = (now + self._seconds, answer)
        return answer


def who_is(lines: Lines, now: datetime, person: str, entrance: str, purpose: str, on_behalf_of: str | None) -> Who | None:
    """Who this person is by the roles that hold now: the most entitled role, and every team. None without a role of the house."""

    def ask(line: Line) -> Who | None:
        line.stand(HUB.wall, now)
        statement = sql("staff_of", type=TYPE_CODE["PractitionerRole"]).encode()
        found = line.execute(statement, [person, now, now], prepare=True).fetchall()
        rows = [row for row in found if row[0] in STAFF and row[0] != "system"]
        if not rows:
            return None
        name = _name(line, person)
        if name is None:
            return None
        stands: dict[str, str] = {}
        for _role, team, relationship, _id in rows:
            if team and _CLOSER.index(relationship) <= _CLOSER.index(stands.get(team, "mentoring")):
                stands[team] = relationship
        role = min((row[0] for row in rows), key=STAFF.index)
        covering, mentoring = (tuple(team for team, stand in stands.items() if stand == each) for each in ("covering", "mentoring"))
        also = tuple(dict.fromkeys(f"PractitionerRole/{row[3]}" for row in rows if row[3]))
        return Who(person, name, role, tuple(stands), entrance, purpose, on_behalf_of, covering, mentoring, also)

    return lines.read(ask)


def guest(lines: Lines, now: datetime, person: str) -> Who | None:
    """Who a patient, or somebody a patient lets in, is in the portal now; None when no Consent in force lets them in."""

    def ask(line: Line) -> Who | None:
        line.stand(HUB.wall, now)
        role = "patient" if person.startswith("Patient/") else "related"
        purpose = "PATRQT" if role == "patient" else "FAMRQT"
        who = Who(person, "", role, (), "portal", purpose)
        body, name = _body(line, person), _name(line, person)
        if body is None or name is None:
            return None
        patient = person if role == "patient" else fhir_resource.target(body.get("patient"))
        if patient is None:
            return None
        asked = {"patients": [key64(patient)], "keys": list(sight(who).keys), "now": now}
        let_in = any(team is not None for _, team, _ in line.execute(sql("standing").encode(), asked, prepare=True).fetchall())
        return replace(who, name=name, on_behalf_of=patient) if let_in else None

    return lines.read(ask)


def _name(line: Line, person: str) -> str | None:
    """The name of a person who exists; None when they do not, or were deleted, or are not active."""
    resource = _body(line, person)
    return fhir_resource.human_name(resource) or person if resource is not None and resource.get("active", True) else None


def _body(line: Line, reference: str) -> dict[str, Any] | None:
    parts = fhir_resource.split(reference)
    if parts is None or parts[0] not in TYPE_CODE:
        return None
    row = line.execute(sql("body", type=TYPE_CODE[parts[0]]).encode(), [parts[1]], prepare=True).fetchone()
    return fhir_resource.parse(row[0]) if row is not None else None
