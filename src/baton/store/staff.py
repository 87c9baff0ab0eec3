"""Who someone is here: from the staff index, remembered for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from baton.fhir import resource as fhir_resource
from baton.store.codes import TYPE_CODE
from baton.store.lines import Line, Lines
from baton.store.named import sql
from baton.store.who import ROLES, Who

T = TypeVar("T")
MOST = 10_000


class Known(Generic[T]):
    """Answers remembered for some seconds of real time."""

    def __init__(self, seconds: float) -> None:
        """How long an answer stands."""
        self._seconds = seconds
        self._answers: dict[Hashable, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The answer remembered, or asked anew."""
        found = self._answers.get(key)
        now = time.monotonic()
        if found is not None and found[0] > now:
            return found[1]
        answer = ask()
        with self._lock:
            if len(self._answers) >= MOST:
                self._answers.clear()
            self._answers[key] = (now + self._seconds, answer)
        return answer


def who_is(lines: Lines, person: str, entrance: str, purpose: str, on_behalf_of: str | None) -> Who | None:
    """Who this person is by the roles that are active now: the most entitled role, and every team. None without a role of the house."""

    def ask(line: Line) -> Who | None:
        rows = line.execute(sql("staff_of").encode(), [person], prepare=True).fetchall()
        roles = [role for role, _ in rows if role in ROLES and role != "system"]
        if not roles:
            return None
        name = _name(line, person)
        if name is None:
            return None
        teams = tuple(dict.fromkeys(team for role, team in rows if team and role in ROLES))
        return Who(person, name, min(roles, key=ROLES.index), teams, entrance, purpose, on_behalf_of)

    return lines.read(ask)


def _name(line: Line, person: str) -> str | None:
    """The name of a person who exists; None when they do not, or were deleted, or are not active."""
    parts = fhir_resource.split(person)
    if parts is None or parts[0] not in TYPE_CODE:
        return None
    row = line.execute(sql("body", type=TYPE_CODE[parts[0]]).encode(), [parts[1]], prepare=True).fetchone()
    if row is None:
        return None
    resource = fhir_resource.parse(row[0])
    return fhir_resource.human_name(resource) or person if resource.get("active", True) else None
