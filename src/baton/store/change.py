"""A change: everything put and deleted in one block becomes true together, with its record, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from baton.fhir import dates
from baton.fhir import resource as fhir_resource
from baton.fhir.outcome import Issue
from baton.fhir.validate import check
from baton.store import bookings, glass, mac, panel, permit, programs, refusals, write
from baton.store.codes import TYPE_CODE, new_id
from baton.store.hold import Holding, Key, type_code
from baton.store.index import Indexed, index
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.view import View
from baton.store.who import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed, Resource, Stored, Who
from baton.store.write import Row

if TYPE_CHECKING:
    from baton.store.door import Store

Guard = Callable[[Resource | None, Resource | None, View], Iterable[Issue]]
Reaction = Callable[[Resource | None, Resource | None, View], Iterable[Resource]]

ROUNDS = 5
"""How often reactions may answer reactions before something must be wrong with them."""
_LATER = (psycopg.errors.UniqueViolation, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Change(Holding):
    """A view that can write. Nothing is true before the block ends; any exception leaves everything as it was."""

    def __init__(self, store: Store, who: Who, because: str, at: datetime | None) -> None:
        """Made by `Store.change`."""
        super().__init__(store, who)
        if at is not None:
            self.now = store.instant(at)
        self.because = because
        self._unanswered: dict[Key, tuple[Stored | None, Row]] = {}  # written, reactions not yet asked
        self._macs: list[bytes] = []
        self._announced: list[tuple[str, Mapping[str, Any]]] = []
        self._number = 0

    # --- writing ------------------------------------------------------------------------------------------------------------------

    def put(self, resource: Resource, *, if_match: int | None = None, unless_same: bool = False) -> Stored:
        """Create (an id is given when it has none) or update a resource. With `unless_same`, equal content makes no new version.

        Raises Invalid naming the element, PreconditionFailed when `if_match` is not the current version, NotFound when not theirs to see.
        """
        if self._guarding:
            raise RuntimeError("a guard decides, it does not write")
        issues = [issue for issue in check(resource) if issue.severity in ("error", "fatal")]
        if issues:
            raise Invalid(issues)
        type_, id_ = resource["resourceType"], resource.get("id")
        type_code(type_)
        current, patient, labels = self._current(type_, id_) if id_ else (None, None, 1)
        self.reach(type_, id_, "u" if current else "cu" if id_ else "c")
        _check_match(if_match, current, f"{type_}/{id_}")
        if unless_same and current and current.body is not None and _content(current.resource()) == _content(resource):
            return current
        return self._stage(type_, id_ or new_id(), current, patient, labels, resource)

    def put_all(self, resources: Iterable[Resource]) -> list[Stored]:
        """Put many at once: what has an id is locked in one go."""
        several = list(resources)
        self.hold((each["resourceType"], each["id"]) for each in several if each.get("id") and each.get("resourceType") in TYPE_CODE)
        return [self.put(each) for each in several]

    def delete(self, type_: str, id_: str, *, if_match: int | None = None) -> Stored:
        """Delete: a version without body; the history stays. What is deleted already gets no new version. Raises NotFound."""
        current, patient, labels = self._current(type_, id_)
        self.reach(type_, id_, "d")
        if current is None:
            raise NotFound(f"There is no {type_}/{id_}.")
        _check_match(if_match, current, f"{type_}/{id_}")
        if current.body is None:
            return current
        return self._stage(type_, id_, current, patient, labels, None)

    def announce(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Have the worker told once this change stands."""
        self._announced.append((topic, payload))

    def _stage(self, type_: str, id_: str, current: Stored | None, patient: int | None, labels: int, resource: Resource | None) -> Stored:
        staged = self._staged.get((type_, id_))
        version = staged.version if staged else current.version + 1 if current else 1
        at = max(self.now, current.last_updated) if current else self.now
        body, after, indexed = None, None, Indexed()
        if resource is not None:
            meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": _instant(at)}
            after = {"resourceType": type_, "id": id_, "meta": meta, **{k: v for k, v in resource.items() if k not in _OURS}}
            body = fhir_resource.dump(after)
            indexed = index(after, self.zone)
            if (security := permit.labelled(self, after, indexed, current, labels)) is not None:
                meta = {key: value for key, value in meta.items() if key != "security"} | ({"security": security} if security else {})
                after["meta"] = meta
                body, indexed = fhir_resource.dump(after), index(after, self.zone)
        row = Row(type_, id_, version, staged.before if staged else current, after, body, indexed, at)
        row.mac = mac.version_mac(self._store.key, type_, id_, version, at, body)
        row.was_patient = staged.was_patient if staged else patient
        row.was_labels = staged.was_labels if staged else labels
        row.free = self._reacting
        if held := self._held.get((type_, id_)):
            row.rid = held.rid
        if written := self._written.get((type_, id_)):
            row.rid = written.rid
        self._staged[type_, id_] = row
        return Stored(type_, id_, version, at, body)

    @property
    def written(self) -> int:
        """How many versions it has written so far: as long as it is the same, what was read of what it wrote still holds."""
        return len(self._macs)

    # --- becoming true ------------------------------------------------------------------------------------------------------------

    def _see(self) -> None:
        """Whatever asks the database must see what was put: write it (or, while guards speak, let them see it)."""
        if self._staged:
            if self._guarding:
                self._write()
            else:
                self._guard()
                self._write()

    def _guard(self) -> None:
        rows = list(self._staged.values())
        self._check_access(rows)
        self._guarding = True
        try:
            issues = [(issue, row) for row in rows for issue in self._objections(row)]
        finally:
            self._guarding = False
        wrong = [row for issue, row in issues if issue.severity in ("error", "fatal")]
        if wrong:
            refused = Invalid([issue for issue, row in issues if row is wrong[0]])
            refused.about = f"{wrong[0].type}/{wrong[0].id}"
            raise refused

    def _objections(self, row: Row) -> Iterable[Issue]:
        guards = self._store.guards(row.type)
        if guards:
            before = row.before.resource() if row.before and row.before.body is not None else None
            for guard in guards:
                yield from guard(before, row.after, self)

    def _check_access(self, rows: Sequence[Row]) -> None:
        if not (len(rows) == 1 and self._line is None and self._single(rows[0])):  # the single statement asks by itself
            permit.check(self, [row for row in rows if not row.judged])

    def _single(self, row: Row) -> bool:
        """Whether a staged resource may go in by the single statement, as far as its type and whoever writes it are concerned."""
        if row.before is not None or row.type in _KEPT or self.limits is not None or self._store.may is not None:
            return False
        moved = panel.moves(row, self.zone, self.now) or programs.moves(row, self.zone)
        return not moved and permit.single(self, row) is not None

    def _write(self) -> None:
        """Write what is staged, inside the transaction."""
        rows = list(self._staged.values())
        permit.check(self, [row for row in rows if not row.judged])  # those meant for the single statement, when a guard came before it
        line = self._open()
        number, rids = line.execute(sql("numbers").encode(), [sum(not row.rid for row in rows)], prepare=True).fetchone() or (0, None)
        self._number = self._number or number
        fresh = iter(rids or ())
        for row in rows:
            row.rid = row.rid or next(fresh)
        write.write(line, rows, change_id=self._number)
        panel.keep(line, rows, zone=self.zone, now=self.now)
        bookings.keep(line, rows, self.zone)
        programs.keep(line, rows, self.zone)
        glass.keep(line, rows)
        self._within_limits(rows)
        for row in rows:
            self._macs.append(row.mac)
            first = self._unanswered.get(row.key)
            self._unanswered[row.key] = (first[0] if first else row.before, row)
            self._written[row.key] = row
        self._staged.clear()

    def _within_limits(self, rows: Sequence[Row]) -> None:
        """Refuse what a program wrote and its scopes would not have let it reach. Raises Forbidden."""
        limits = self.who.limits
        if limits is None:
            return
        for row in rows:
            if row.free or row.after is None:
                continue
            condition = limits.condition(row.type, "u" if row.before else "cu")
            if condition != "true" and not self._reached(row.type, condition, [row.rid]):
                raise Forbidden(f"This {row.type} is not one that this app's scopes speak of.", expression=row.type)

    def _react(self) -> None:
        unanswered, self._unanswered = self._unanswered, {}
        self._reacting = True
        try:
            for before, row in unanswered.values():
                for reaction in self._wanting(row):
                    past = before.resource() if before and before.body is not None else None
                    for resource in reaction(past, row.after, self):
                        self.put(resource)
        finally:
            self._reacting = False

    def _wanting(self, row: Row) -> list[Reaction]:
        return [each for each in self._store.reactions(row.type) if getattr(each, "wants", _always)(row.after)]

    def commit(self) -> None:
        """Make it true: called once, by the end of the block. Raises Refused; then nothing is."""
        for _ in range(ROUNDS + 1):
            if self._staged:
                self._guard()
                if self._alone():
                    return
                if self._staged:  # a guard may have had it written already
                    self._write()
            if not self._unanswered:
                break
            self._react()
        else:
            raise Invalid(f"Reactions did not come to rest in {ROUNDS} rounds.", code="processing")
        if self._macs or self._announced:
            self._record()
        if self._line is not None:
            self._line.execute("commit")

    def _alone(self) -> bool:
        """The short way of a single new resource nobody reacts to: one statement."""
        if self._line is not None or len(self._staged) != 1 or self._announced:
            return False
        row = next(iter(self._staged.values()))
        asked = permit.single(self, row) if self._single(row) and not self._wanting(row) else None
        if asked is None:
            return False
        who, signed = self.who, self._change_mac([row.mac])

        def once(line: Line) -> bool:
            return write.create_one(line, row, who=who, because=self.because, change_mac=signed, asked=asked)

        def again(_lost: psycopg.Error) -> bool:
            try:
                return self._store.lines.once(once, _give_up)
            except psycopg.errors.UniqueViolation:  # the id is ours alone: it was done before the line was lost
                return True

        if not self._store.lines.once(once, again):
            raise permit.refusal(self, "write", row.type)
        self._staged.clear()
        return True

    def _change_mac(self, macs: Iterable[bytes]) -> bytes:
        who = self.who
        return mac.change_mac(self._store.key, self.now, who.person, who.on_behalf_of, self.because, who.entrance, who.purpose, macs)

    def _record(self) -> None:
        line, who = self._open(), self.who
        if not self._number:
            self._number = line.execute("select nextval('change_id')").fetchone()[0]  # type: ignore[index]
        values = [
            self._number,
            self.now,
            who.person,
            who.on_behalf_of,
            self.because,
            who.entrance,
            who.purpose,
            self._change_mac(self._macs),
        ]
        line.execute(sql("change").encode(), values, prepare=True)
        for topic, payload in self._announced:
            line.execute(sql("announce").encode(), [self._number, self.now, topic, Jsonb(payload)], prepare=True)

    def _refused(self, error: BaseException | None) -> None:
        rows = (*self._staged.values(), *self._written.values())
        about = sorted({row.patient for row in rows if row.patient is not None})
        refusals.forbidden(self, error, f"change: {self.because}", tuple(about))

    def __enter__(self) -> Change:
        """The change itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Commit, or roll back when the block raised. Raises Conflict when another change was in the way: trying again is safe."""
        try:
            if isinstance(error, _LATER):
                raise error
            if kind is None:
                self.commit()
            else:
                self._refused(error)
        except Forbidden as refused:
            self._refused(refused)
            raise
        except _LATER as late:
            raise Conflict("Someone else changed the same thing at the same moment; try again.") from late
        finally:
            if self._transaction is not None:
                self._transaction.__exit__(None, None, None)
                self._line = None
            if self._looked:
                self._store.note_look(self.who, self.now, sorted(self._looked), f"change: {self.because}")


_instant = lru_cache(maxsize=256)(dates.format_instant)
_OURS = frozenset({"resourceType", "id", "meta"})
_KEPT = panel.TYPES | {bookings.TYPE}
"""The types whose writing moves an index of its own: never written by the single statement."""


def _always(_after: Resource | None) -> bool:
    return True


def _give_up(error: psycopg.Error) -> bool:
    raise error


def _content(resource: Resource) -> Resource:
    meta = {key: value for key, value in resource.get("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    return {**resource, "meta": meta}


def _check_match(if_match: int | None, current: Stored | None, name: str) -> None:
    if if_match is None:
        return
    if current is None:
        raise PreconditionFailed(f"If-Match names version {if_match}; there is no {name}.")
    if current.version != if_match:
        raise PreconditionFailed(f"If-Match names version {if_match}; the current version of {name} is {current.version}.")
