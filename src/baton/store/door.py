"""The one door to everything stored."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from psycopg import OperationalError

from baton.store.apps import Apps, Holder, digest
from baton.store.change import Change, Guard, Reaction
from baton.store.codes import key64
from baton.store.lines import Lines
from baton.store.named import sql
from baton.store.permit import Labeller, May
from baton.store.staff import Known, guest, who_is
from baton.store.view import View
from baton.store.who import OUTCOMES, Who

T = TypeVar("T")


class Store:
    """Views and changes of one database. Safe to share between threads; each thread has connections of its own."""

    def __init__(
        self,
        dsn: str,
        *,
        clock: Callable[[], datetime],
        zone: ZoneInfo,
        key: bytes,
        guards: Mapping[str, Sequence[Guard]] | None = None,
        reactions: Mapping[str, Sequence[Reaction]] | None = None,
        labellers: Sequence[Labeller] = (),
        may: May | None = None,
    ) -> None:
        """`dsn` is the entrances' role; `clock` the hub's; `zone` for dates without offset; `key` (kept outside the database) signs.

        Guards and reactions are by resource type, "*" for all types. Labellers say how a resource must be labelled; `may` refuses what
        somebody's role allows and something else about them does not.
        """
        self.labellers = tuple(labellers)
        self.may = may
        self.zone = zone
        self.key = key if 16 <= len(key) <= 64 else sha256(key).digest()
        self.lines = Lines(dsn)
        self._clock = clock
        self._guards = {type_: list(several) for type_, several in (guards or {}).items()}
        self._reactions = {type_: list(several) for type_, several in (reactions or {}).items()}
        self._known: Known[Who | None] = Known(seconds=2)
        self.labelled: Known[bool] = Known(seconds=2)  # whether anything about a patient (key) ever carried a label
        self.crowds: Known[int] = Known(seconds=60)  # how many patients somebody sees, where they are thousands
        self._tokens: Known[Holder | None] = Known(seconds=2)
        self.apps = Apps(self)

    def view(self, who: Who, *, at: datetime | None = None, still: bool = False) -> View:
        """A view for a `with` block; `at` = as known on; `still` = every read sees the same moment. Raises Forbidden."""
        return View(self, who, at, still=still)

    def change(self, who: Who, *, because: str, at: datetime | None = None) -> Change:
        """A change for a `with` block: commits at its end, rolls back on any exception; `at` dates it. Raises Forbidden."""
        return Change(self, who, because, at)

    def now(self) -> datetime:
        """The hub's clock: aware UTC, whole milliseconds, as FHIR instants say it."""
        return self.instant(self._clock())

    def instant(self, at: datetime) -> datetime:
        """An aware datetime as the store keeps it. Raises ValueError for a naive one."""
        if at.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        at = at.astimezone(UTC)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def guards(self, type_: str) -> Sequence[Guard]:
        """The guards of a type."""
        return [*self._guards.get(type_, ()), *self._guards.get("*", ())] if self._guards else ()

    def reactions(self, type_: str) -> Sequence[Reaction]:
        """The reactions of a type."""
        return [*self._reactions.get(type_, ()), *self._reactions.get("*", ())] if self._reactions else ()

    # --- who ----------------------------------------------------------------------------------------------------------------------

    def who(self, person: str, *, entrance: str, purpose: str = "TREAT", on_behalf_of: str | None = None) -> Who | None:
        """Who this person ("Practitioner/<id>") is here by the staff index; None when they have no role. At most 2 s behind."""
        key = (person, entrance, purpose, on_behalf_of)
        return self._known.get(key, lambda: who_is(self.lines, self.now(), person, entrance, purpose, on_behalf_of))

    def guest(self, person: str) -> Who | None:
        """Who a patient, or somebody a patient lets in ("Patient/<id>", "RelatedPerson/<id>"), is in the portal now; None: nobody."""
        return guest(self.lines, self.now(), person)

    def issue_token(self, person: str, minutes: int) -> str:
        """A bearer token for the API, shown once: only its hash is kept."""
        token = secrets.token_urlsafe(32)
        now = self.now()
        values = [digest(token), person, now, now + timedelta(minutes=minutes), None, None]
        with self.lines.transaction() as line:
            line.execute(sql("new_token").encode(), values)
            line.execute("commit")
        return token

    def who_of_token(self, token: str, *, entrance: str = "api") -> Who | None:
        """Whose token this is; None when it is nobody's or over. At most 2 s behind."""
        holder = self._tokens.get(token, lambda: self.apps.holder(token))
        if holder is None:
            return None
        who = self.who(holder.person, entrance=entrance)
        return replace(who, limits=holder.limits) if who is not None and holder.limits is not None else who

    # --- housekeeping -------------------------------------------------------------------------------------------------------------

    def note_look(self, who: Who, at: datetime, patients: Sequence[int], what: str) -> None:
        """Record a look (keys of patients) outside any transaction."""
        self._note(at, patients, who, what, None, None)

    def note_refusal(self, who: Who, what: str, detail: str, patients: Sequence[int]) -> None:
        """Record that somebody was refused (keys of patients)."""
        self._note(self.now(), patients, who, what, OUTCOMES["refused"], detail)

    def note_event(
        self, person: Who | str, what: str, outcome: str = "success", detail: str = "", patients: Sequence[str] = (), **who: Any
    ) -> None:
        """Record what was neither a look nor a change: "sign-in", "export", "print", "message", "refused …". Never what somebody typed.

        `person` is a Who, or a reference (then `entrance`, `role`, `purpose`, `on_behalf_of` may be given); `outcome` is one of
        `who.OUTCOMES`; `patients` are references. Raises ValueError for an outcome that is none.
        """
        if outcome not in OUTCOMES:
            raise ValueError(f"{outcome!r} is no outcome; there are {', '.join(OUTCOMES)}")
        acting = person if isinstance(person, Who) else Who(person, "", who.pop("role", ""), (), who.pop("entrance", "desk"), **who)
        self._note(self.now(), sorted({key64(patient) for patient in patients}), acting, what, OUTCOMES[outcome], detail or None)

    def _note(self, at: datetime, patients: Sequence[int], who: Who, what: str, outcome: int | None, detail: str | None) -> None:
        values = [at, list(patients), who.person, who.entrance, who.purpose, what, who.own_role or None, who.on_behalf_of, outcome, detail]
        self.lines.read(lambda line: line.execute(sql("look").encode(), values, prepare=True))

    def answers(self) -> bool:
        """Whether the database answers: for readiness checks."""
        try:
            self.lines.read(lambda line: line.execute("select 1").fetchone())
        except OperationalError:
            return False
        return True

    def close(self) -> None:
        """Hang up all connections."""
        self.lines.close()
