"""A view: everything one person may see, each sight of a patient recorded. It cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from psycopg.pq.abc import PGresult

from baton.fhir import query as fhir_query
from baton.fhir.outcome import Bad
from baton.store import access, audit_event, history, people, refusals, search, worklist
from baton.store.codes import TYPE_CODE, key64, table
from baton.store.index import NEVER
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.sight import Param, Sight, relationships, sight
from baton.store.who import Forbidden, Gone, Invalid, NotFound, Page, PromiseRow, Resource, Standing, Stored, Who

if TYPE_CHECKING:
    from baton.store.access import Decision
    from baton.store.conditions import Where
    from baton.store.door import Store
    from baton.store.limits import Limits

T = TypeVar("T")


class View:
    """What `who` may see, now or (`at`) as it was known at a past instant."""

    def __init__(self, store: Store, who: Who, at: datetime | None, *, still: bool = False) -> None:
        """Made by `Store.view`. Raises Forbidden for a role the house does not know."""
        if not who.known:
            store.note_refusal(who, "view", "no role here", ())
            raise Forbidden(f"{who.name or who.person} has no role here.")
        if who.limits is not None and at is not None:
            raise Forbidden("An app sees the present.")
        self._store = store
        self.who = who
        self.now = store.now()
        self.at = store.instant(at) if at is not None else None
        self.zone: ZoneInfo = store.zone
        self._sight = sight(who)
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
            self.now.isoformat().encode(),
            who.person.encode(),
            who.entrance.encode(),
            who.purpose.encode(),
            f"read {name}".encode(),
            who.own_role.encode(),
            who.on_behalf_of.encode() if who.on_behalf_of else None,
        ]
        if self.at is not None and version is None:
            form, asked = "stored_at", [self.at.isoformat().encode()]
        else:
            form, asked = ("stored", []) if version is None else ("stored_version", [b"%d" % version])
        statement, more = _stored(self.sight, form, type_)
        params += [*asked, *more]
        result = self._ask(lambda line: line.quick(statement, params))
        if result.ntuples == 0:
            if type_ == "AuditEvent" and version in (None, 1):
                return audit_event.stored(self, id_)
            refusals.not_theirs(self, type_, id_, f"read {name}")
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

    def compartment(self, patient_id: str, types: Sequence[str], *, per_type: int = 200, listing: bool = False) -> history.Chart:
        """A patient's resources of these types, newest first, `per_type` of each; `listing`: as a row of a list. Raises NotFound."""
        self._themselves()
        return history.compartment(self, patient_id, types, per_type, "worklist" if listing else f"chart Patient/{patient_id}")

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
        self._themselves()
        return worklist.standings(self, patients)

    def pressing(self, state: str, **filters: Any) -> list[Resource]:
        """The patients with a promise in this state, the most pressing first: see `worklist.pressing`."""
        self._themselves()
        return worklist.pressing(self, state, **filters)

    def promises_closed(self, owners: Sequence[str] | None = None, **filters: Any) -> list[PromiseRow]:
        """Promises closed since an instant, the latest first: see `worklist.closed`."""
        self._themselves()
        return worklist.closed(self, owners, **filters)

    def promises_due(self, owners: Sequence[str], first: datetime, last: datetime) -> int:
        """How many open promises of these owners are due from one instant to another."""
        self._themselves()
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
    def sight(self) -> Sight:
        """What is seen: that of `who`, who may be lent another for a while (`reading.seeing_all`)."""
        if self._sight.who is not self.who:
            self._sight = sight(self.who)
        return self._sight

    def seen(self, row: str, params: dict[str, Any], types: Iterable[int] = (), *, hashed: bool = False) -> str:
        """The condition that a row (with patient, labels and, for several types, type) is theirs to see; its values go into `params`."""
        return self.sight.condition(types, row, _named(params), self.now, hashed=hashed)

    def masked(self, row: str, params: dict[str, Any]) -> str:
        """The condition that a row is withheld from them and they may know it; its values go into `params`."""
        return self.sight.withheld(row, _named(params), self.now)

    def ask(self, statement: str, params: Any = None, *, prepare: bool = False, hashing: bool = False) -> list[tuple[Any, ...]]:
        """The rows of a read statement, after everything that was put before it was written; `hashing`: it counts many rows by groups."""
        self._see()
        return self._ask(lambda line: (line.hashed if hashing else line.execute)(statement.encode(), params, prepare=prepare).fetchall())

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
            if versions:  # whose it was then counts too
                where.limit(limits.condition(type_, verbs, versions=True, row="v"))

    def _themselves(self) -> None:
        if self.limits is not None:
            raise Forbidden("This is not for apps.")

    def may_see(self, patient: int) -> bool:
        """Whether this patient (key) is theirs to see."""
        params: dict[str, Any] = {"patient": patient}
        condition = self.seen("r", params, [TYPE_CODE["Patient"]])
        return bool(self.ask(sql("sees_patient", type=TYPE_CODE["Patient"], seen=condition), params, prepare=True)[0][0])

    def relationships(self, patient: str) -> tuple[str, ...]:
        """How who looks stands to this patient ("Patient/<id>"): what `access.decide` asks for. Empty when not at all."""
        key = key64(patient)
        rows = self.ask(sql("standing"), {"patients": [key], "keys": list(self.sight.keys), "now": self.now}, prepare=True)
        return tuple(sorted(relationships(self.who, ((each, team) for each, team, _ in rows if team is not None)).get(key, ())))

    def decide(self, interaction: str, type_: str, *, patient: str | None = None, labels: int | Iterable[str] = 1) -> Decision:
        """`access.decide` with the relationships looked up: may this be done to a resource of this type, patient and labels?"""
        held = ("unowned",) if patient is None else self.relationships(patient)
        return access.decide(self.who, interaction, type_, relationships=held, labels=labels)

    def withheld(self, patient: str) -> bool:
        """Whether something about this patient ("Patient/<id>") is withheld that may be known to be: what to say on a page, never more."""
        if self.limits is not None and not self.limits.about(patient):
            return False
        return history.withheld(self, key64(patient))

    def look_params(self, what: str) -> dict[str, Any]:
        """The columns of a look, for statements that record their own."""
        who = self.who
        said = {"who": who.person, "entrance": who.entrance, "purpose": who.purpose, "role": who.own_role, "on_behalf_of": who.on_behalf_of}
        return {"at": self.now, "what": what + who.through, **said}

    def _see(self) -> None:
        """A view has nothing unwritten."""

    def _ask(self, ask: Callable[[Line], T]) -> T:
        if self._line is None and self._still is not None:
            self._line = self._still.__enter__()
        wall, now = self.sight.wall, self.now

        def behind_the_wall(line: Line) -> T:
            line.stand(wall, now)
            return ask(line)

        return behind_the_wall(self._line) if self._line is not None else self._store.lines.read(behind_the_wall)

    def __enter__(self) -> View:
        """The view itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """The looks stand even when the page failed; a refusal is recorded too."""
        if error is not None:
            refusals.forbidden(self, error, "view")
        if self._still is not None and self._line is not None:
            try:
                if not self._line.dead:
                    self._line.execute("commit")
            finally:
                self._still.__exit__(None, None, None)
                self._line = None


def _named(params: dict[str, Any]) -> Param:
    """Placeholders by name, each value in `params` under a name of its own."""

    def named(name: str, value: str, cast: str) -> str:
        unused = next(f"{name}_{number}" for number in range(len(params) + 1) if params.get(f"{name}_{number}", value) == value)
        params[unused] = value
        return f"%({unused})s::{cast}"

    return named


@lru_cache(maxsize=8192)
def _stored(seen: Sight, form: str, type_: str) -> tuple[str, tuple[bytes, ...]]:
    """The statement that reads one resource of a type for somebody, and the values of the condition that they may see it."""
    values: list[bytes] = []
    before = {"stored": 8, "stored_at": 9, "stored_version": 9}[form]

    def numbered(name: str, value: str, cast: str) -> str:
        if name == "access_now":
            return "$2::timestamptz"
        values.append(value.encode())
        return f"${before + len(values)}::{cast}"

    code = TYPE_CODE[type_]
    conditions = {row: seen.condition([code], row, numbered, NEVER) for row in (("r", "v") if form != "stored" else ("r",))}
    return sql(form, type=code, table=table(type_), seen=conditions["r"], seen_then=conditions.get("v", "")), tuple(values)


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
