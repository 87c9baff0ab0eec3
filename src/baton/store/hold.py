"""Reading for a decision: what a change has read it has locked, and it sees its own writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from baton.store import access, refusals
from baton.store import labels as security
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.sight import HUB, Sight, relationships, sight
from baton.store.view import View
from baton.store.who import Gone, NotFound, Stored, Who
from baton.store.write import Row

if TYPE_CHECKING:
    from baton.store.door import Store
    from baton.store.limits import Limits

Key = tuple[str, str]


@dataclass(slots=True)
class _Held:
    """A pointer this change has locked."""

    rid: int
    patient: int | None
    labels: int
    stored: Stored | None  # None: row security hid it


class Holding(View):
    """The reading half of a change: a transaction opened when first needed, and what it holds."""

    def __init__(self, store: Store, who: Who) -> None:
        """Made by `Change`."""
        super().__init__(store, who, None)
        self._staged: dict[Key, Row] = {}  # put, not written
        self._written: dict[Key, Row] = {}  # the newest written of each
        self._held: dict[Key, _Held | None] = {}
        self._standings: dict[int, tuple[frozenset[str], int]] = {}  # by patient: how this person stands to them; the patient's labels
        self._looked: set[int] = set()
        self._transaction: AbstractContextManager[Line] | None = None
        self._reacting = False
        self._guarding = False

    def stored(self, type_: str, id_: str, version: int | None = None) -> Stored:
        """As `View.stored`, the newest version locked until the change ends, and as this change has left it."""
        if version is not None:
            return super().stored(type_, id_, version)
        found, patient, _ = self._current(type_, id_)
        self.reach(type_, id_, "r")
        if found is None:
            raise NotFound(f"There is no {type_}/{id_}.")
        if found.body is None:
            raise Gone(f"{type_}/{id_} was deleted.")
        if patient is not None:
            self._looked.add(patient)
        return found

    @property
    def sight(self) -> Sight:
        """As a view's; guards and reactions see everything: what must hold holds whoever asks."""
        return HUB if self._reacting or self._guarding else super().sight

    @property
    def limits(self) -> Limits | None:
        """As a view's; what the house itself does in answer is not the program's doing."""
        return None if self._reacting or self._guarding else self.who.limits

    def reach(self, type_: str, id_: str | None, verbs: str) -> None:
        """Make sure that a program's scopes reach a resource already locked (if it is there) as it is. Raises NotFound, Forbidden."""
        limits = self.limits
        if limits is None:
            return
        condition = limits.condition(type_, verbs)
        held = self._held.get((type_, id_ or ""))
        if held is None or (type_, id_) in self._staged or condition == "true":  # what is staged is judged when it is written
            return
        if not self._reached(type_, condition, [held.rid]):
            raise NotFound(f"There is no {type_}/{id_}.")

    def _reached(self, type_: str, condition: str, rids: Sequence[int]) -> set[int]:
        statement = sql("reached", table=table(type_), type=type_code(type_), condition=condition)
        return {rid for (rid,) in self._open().execute(statement.encode(), [list(rids)])}

    def hold(self, references: Iterable[Key]) -> None:
        """Lock many resources at once, whether they exist or not: what follows then asks the database no more about them."""
        by_type: dict[str, list[str]] = {}
        for type_, id_ in references:
            if (type_, id_) not in self._held and (type_, id_) not in self._written:
                by_type.setdefault(type_, []).append(id_)
        for type_ in sorted(by_type):
            self._hold(type_, by_type[type_])

    def take_turns(self, about: str) -> None:
        """Whoever else decides about this waits until the change ends; what they made true is seen from here on."""
        self._open().execute("select pg_advisory_xact_lock(%s)", [key64(f"turn {about}")], prepare=True)

    def _current(self, type_: str, id_: str) -> tuple[Stored | None, int | None, int]:
        """The newest version in this change's eyes, the key of its patient and its labels. Hides what is not theirs to see."""
        key = (type_, id_)
        row = self._staged.get(key) or self._written.get(key)
        if row is not None:
            return Stored(type_, id_, row.version, row.at, row.body), row.patient, row.labels
        free = self.sight.everything
        if key not in self._held:
            self._hold(type_, [id_])
            if self._held[key] is None:  # two who make the same id at once take turns
                self._open().execute("select pg_advisory_xact_lock(%s)", [key64(f"{type_}/{id_}")], prepare=True)
                self._hold(type_, [id_])
        held = self._held[key]
        if held is None:
            return None, None, security.ANY
        if held.stored is None and free:  # held for somebody who may not see it, asked for by the house
            self._hold(type_, [id_])
            held = self._held[key]
        if held is None or held.stored is None or not (free or self.decided("see", type_, held.patient, held.labels).allowed):
            refusals.not_theirs(self, type_, id_, f"read {type_}/{id_}")
            raise NotFound(f"There is no {type_}/{id_}.")
        return held.stored, held.patient, held.labels

    def _hold(self, type_: str, ids: Sequence[str]) -> None:
        code, line = type_code(type_), self._open()
        line.stand(self.sight.wall, self.now)
        rows = line.execute(sql("hold", type=code).replace("$1", "%s").encode(), [list(ids)], prepare=True).fetchall()
        late = [row[0] for row in rows if not row[7]]
        bodies = {rid: (at, body) for rid, at, body in line.execute(sql("bodies", type=code).encode(), [late])} if late else {}
        for id_ in ids:
            self._held[type_, id_] = None
        for rid, id_, version, patient, labels, at, body, complete in rows:
            if not complete:
                at, body = bodies.get(rid, (None, None))
            stored = Stored(type_, id_, version, at, body.encode() if body is not None else None) if at is not None else None
            self._held[type_, id_] = _Held(rid, patient, labels, stored)

    def decided(self, interaction: str, type_: str, patient: int | None, labels: int, kind: str = "") -> access.Decision:
        """The decision about a resource of this patient, kind and with these labels, for the one who answers for this change.

        What limits the program that acts for them is asked apart: see `reach`.
        """
        who = self.who if self.who.limits is None else replace(self.who, limits=None)
        if patient is None:
            return access.decide(who, interaction, type_, relationships=("unowned",), labels=labels, kind=kind)
        self.stand([patient])
        held, reaching = self._standings[patient]
        return access.decide(who, interaction, type_, relationships=held, labels=labels | reaching, kind=kind)

    def stand(self, patients: Iterable[int]) -> None:
        """Look up how they stand to these patients, unless it is known."""
        unknown = [key for key in dict.fromkeys(patients) if key not in self._standings]
        if not unknown:
            return
        asked = {"patients": unknown, "keys": list(sight(self.who).keys), "now": self.now}
        rows = self._open().execute(sql("standing").encode(), asked, prepare=True).fetchall()
        found = relationships(self.who, ((patient, team) for patient, team, _ in rows if team is not None))
        labels = {patient: reaching for patient, team, reaching in rows if team is None}
        for key in unknown:
            self._standings[key] = (frozenset(found.get(key, ())), labels.get(key, 0))

    def now_stands(self, patient: int, relationship: str) -> None:
        """Whoever registers a patient stands to them before any index says so."""
        self._standings[patient] = (frozenset({relationship}), 0)

    def _open(self) -> Line:
        if self._line is None:
            self._transaction = self._store.lines.transaction()
            self._line = self._transaction.__enter__()
        return self._line


def type_code(type_: str) -> int:
    """The code of a resource type. Raises NotFound for none of R4's."""
    try:
        return TYPE_CODE[type_]
    except KeyError:
        raise NotFound(f"There is no resource type {type_}.", code="not-supported") from None
