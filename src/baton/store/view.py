"""A view: everything one person may see, each sight of a patient recorded. It cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from psycopg.pq.abc import PGresult

from baton.fhir import query as fhir_query
from baton.fhir.outcome import Bad
from baton.store import audit_event, history, people, search, worklist
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.who import Forbidden, Gone, Invalid, NotFound, Page, PromiseRow, Resource, Standing, Stored, Who

if TYPE_CHECKING:
    from baton.store.conditions import Where
    from baton.store.door import Store
    from baton.store.limits import Limits

T = TypeVar("T")


class View:
    """What `who` may see, now or (`at`) as it was known at a past instant."""

    def __init__(self, store: Store, who: Who, at: datetime | None, *, still: bool = False) -> None:
        """Made by `Store.view`. Raises Forbidden for a role the house does not know."""
        if not who.known:
            raise Forbidden(f"{who.name or who.person} has no role here.")
        if who.limits is not None and at is not None:
            raise Forbidden("An app sees the present.")
        self._store = store
        self.who = who
        self.now = store.now()
        self.at = store.instant(at) if at is not None else None
        self.zone: ZoneInfo = store.zone
        self._line: Line | None = None
        self._still: AbstractContextManager[Line] | None = None
        if still:
            self._still = store.lines.transaction("begin isolation level repeatable read", durable=False)

    # --- one resource -------------------------------------------------------------------------------------------------------------

    def get(self, type_: str, id_: str) -> Resource:
        """A resource, parsed; the look is recorded when it is a patient's. Raises NotFound (also when not theirs to see) and Gone."""
        return self.stored(type_, id_).resource()

    def stored(self, type_: str, id_: str, version: int | None = None) -> Stored:
        """A resource as its bytes, the current or the named version. Raises NotFound (also when not theirs to see) and Gone."""
        code = TYPE_CODE.get(type_)
        if code is None:
            raise NotFound(f"There is no resource type {type_}.", code="not-supported")
        if self.limits is not None:
            return search.one(self, type_, id_, version)
        who, name = self.who, f"{type_}/{id_}"
        params: list[bytes | None] = [
            id_.encode(),
            None if who.sees_everyone else _array(self.teams),
            self.now.isoformat().encode(),
            who.person.encode(),
            who.entrance.encode(),
            who.purpose.encode(),
            f"read {name}".encode(),
            who.role.encode(),
            who.on_behalf_of.encode() if who.on_behalf_of else None,
        ]
        if self.at is not None and version is None:
            statement = sql("stored_at", type=code, table=table(type_))
            params.append(self.at.isoformat().encode())
        elif version is None:
            statement = _stored(type_)
        else:
            statement = sql("stored", type=code, table=table(type_), version="$10::integer")
            params.append(b"%d" % version)
        result = self._ask(lambda line: line.quick(statement, params))
        if result.ntuples == 0:
            if type_ == "AuditEvent" and version in (None, 1):
                return audit_event.stored(self, id_)
            raise NotFound(f"There is no {name}.")
        found, at, body = result.get_value(0, 0), result.get_value(0, 1), result.get_value(0, 2)
        if body is None:
            raise Gone(f"{name} was deleted.")
        return Stored(type_, id_, int(found or 0), datetime.fromisoformat((at or b"").decode()), body)

    # --- many ---------------------------------------------------------------------------------------------------------------------

    def search(self, query: fhir_query.Query) -> Page:
        """One page of a search, with what it includes. Raises Invalid naming the parameter that is not supported."""
        return search.search(self, query)

    def find(self, type_: str, **params: Any) -> list[Resource]:
        """The resources a FHIR search finds, parsed: find("Task", patient="Patient/1", status="requested,accepted", _count=5).

        "-" in a parameter is written "_", a modifier after two: code__not="x". Without _count, all up to 1,000. Raises Invalid.
        """
        pairs = [(_param(name), text) for name, value in params.items() if value is not None for text in _texts(value)]
        if "_count" not in params:
            pairs.append(("_count", "1000"))
        try:
            query = fhir_query.parse(type_, pairs)
        except Bad as bad:
            raise Invalid(bad.issues) from None
        return [stored.resource() for stored in self.search(query).entries]

    def compartment(self, patient_id: str, types: Sequence[str], *, per_type: int = 200) -> dict[str, list[Resource]]:
        """A patient's resources of these types, newest first, at most `per_type` of each. Raises NotFound (also when not theirs)."""
        self._themselves()
        return history.compartment(self, patient_id, types, per_type)

    def everything(self, patient_id: str, *, count: int = 200, cursor: str | None = None) -> Page:
        """The patient and all of their compartment, the patient first, then newest first. Raises NotFound."""
        return history.everything(self, patient_id, count, cursor)

    def history(
        self, type_: str | None = None, id_: str | None = None, *, since: datetime | None = None, count: int = 50, cursor: str | None = None
    ) -> Page:
        """Versions, newest first: of one resource, of a type, or of all. Deletions are entries without a body. Raises NotFound."""
        return history.history(self, type_, id_, since, count, cursor)

    # --- people and promises ------------------------------------------------------------------------------------------------------

    def promises(self, owners: Sequence[str] | None = None, **filters: Any) -> list[PromiseRow]:
        """Open promises, the earliest due first: see `worklist.promises`."""
        self._themselves()
        return worklist.promises(self, owners, **filters)

    def promise_tally(self, owners: Sequence[str] | None = None, **filters: Any) -> dict[str, dict[str, int]]:
        """How many promises there are of each kind in each state: see `worklist.tally`."""
        self._themselves()
        return worklist.tally(self, owners, **filters)

    def promise_counts(self, owners: Sequence[str] | None = None, **filters: Any) -> dict[str, int]:
        """How many promises there are in each state: see `worklist.counts`."""
        self._themselves()
        return worklist.counts(self, owners, **filters)

    def standings(self, patients: Sequence[str]) -> dict[str, Standing]:
        """For each of these patients with anything open, how much and what is due first: see `worklist.standings`."""
        return worklist.standings(self, patients)

    def pressing(self, state: str, **filters: Any) -> list[Resource]:
        """The patients with a promise in this state, the most pressing first: see `worklist.pressing`."""
        return worklist.pressing(self, state, **filters)

    def promises_closed(self, owners: Sequence[str] | None = None, **filters: Any) -> list[PromiseRow]:
        """Promises closed since an instant, the latest first: see `worklist.closed`."""
        return worklist.closed(self, owners, **filters)

    def promises_due(self, owners: Sequence[str], first: datetime, last: datetime) -> int:
        """How many open promises of these owners are due from one instant to another."""
        return worklist.due_between(self, owners, first, last)

    def patients_in_care(self) -> int:
        """How many patients this person may see."""
        self._themselves()
        return worklist.in_care(self)

    def patients(self, text: str, limit: int = 20) -> list[tuple[float, Stored]]:
        """Patients meant by what was typed, the likeliest first: see `people.patients`."""
        self._themselves()
        return people.patients(self, text, limit)

    def people(self, text: str, limit: int = 20) -> list[tuple[float, Stored]]:
        """Practitioners meant by what was typed, the likeliest first."""
        self._themselves()
        return people.people(self, text, limit)

    def look(self, patients: Iterable[str], what: str) -> None:
        """Record that these patients ("Patient/<id>" each) were shown: for pages made of rows no other read recorded."""
        keys = sorted({key64(patient if "/" in patient else f"Patient/{patient}") for patient in patients})
        if keys:
            self._store.note_look(self.who, self.now, keys, what)

    # --- for the modules that read on its behalf ----------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        """The store it looks into."""
        return self._store

    @property
    def teams(self) -> list[int]:
        """The keys of the teams of who looks."""
        return [key64(team) for team in self.who.teams]

    def ask(self, statement: str, params: Any = None, *, prepare: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a read statement, after everything that was put before it was written."""
        self._see()
        return self._ask(lambda line: line.execute(statement.encode(), params, prepare=prepare).fetchall())

    def rows(self, statement: str, params: Sequence[bytes | None]) -> list[tuple[bytes | None, ...]]:
        """The rows, as bytes, of a read statement with $1 parameters in text form, planned for exactly these."""
        result = self.result(statement, params)
        columns = range(result.nfields)
        return [tuple(result.get_value(row, column) for column in columns) for row in range(result.ntuples)]

    def result(self, statement: str, params: Sequence[bytes | None], *, planned: bool = False) -> PGresult:
        """The same, unread; `planned`: one plan for all values will do, so keep it."""
        self._see()
        return self._ask(lambda line: line.quick(statement, params) if planned else line.once(statement, params))

    @property
    def limits(self) -> Limits | None:
        """What the program that looks for this person is limited to; None when there is none, or when the house itself looks."""
        return self.who.limits

    def narrow(self, where: Where, type_: str, verbs: str, *, versions: bool = False) -> None:
        """Narrow conditions on rows of a type to what the program's scopes let it do. Raises Forbidden naming the scope that is missing."""
        limits = self.limits
        if limits is not None:
            where.limit(limits.condition(type_, verbs, versions=versions))

    def _themselves(self) -> None:
        if self.limits is not None:
            raise Forbidden("This is not for apps.")

    def may_see(self, patient: int) -> bool:
        """Whether this patient (key) is theirs to see."""
        return self.who.sees_everyone or bool(self.ask(sql("on_panel"), [patient, self.teams], prepare=True)[0][0])

    def look_params(self, what: str) -> dict[str, Any]:
        """The columns of a look, for statements that record their own."""
        who = self.who
        said = {"who": who.person, "entrance": who.entrance, "purpose": who.purpose, "role": who.role, "on_behalf_of": who.on_behalf_of}
        return {"at": self.now, "what": what, **said}

    def _see(self) -> None:
        """A view has nothing unwritten."""

    def _ask(self, ask: Callable[[Line], T]) -> T:
        if self._line is None and self._still is not None:
            self._line = self._still.__enter__()
        return ask(self._line) if self._line is not None else self._store.lines.read(ask)

    def __enter__(self) -> View:
        """The view itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """The looks stand even when the page failed."""
        if self._still is not None and self._line is not None:
            try:
                if not self._line.dead:
                    self._line.execute("commit")
            finally:
                self._still.__exit__(None, None, None)
                self._line = None


@cache
def _stored(type_: str) -> str:
    return sql("stored", type=TYPE_CODE[type_], table=table(type_), version="r.version")


def _array(numbers: Sequence[int]) -> bytes:
    return ("{" + ",".join(map(str, numbers)) + "}").encode()


def _param(name: str) -> str:
    if name.startswith("_"):
        return "_" + name[1:].replace("__", ":").replace("_", "-")
    return name.replace("__", ":").replace("_", "-")


def _texts(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [_text(each) for each in value]
    return [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
