"""How versions reach the tables: one statement for a single new resource, two or more COPYs for many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from baton.store import labels as security
from baton.store.codes import TYPE_CODE
from baton.store.index import Indexed, Promise
from baton.store.lines import Line
from baton.store.named import sql
from baton.store.who import Stored, Who

NONE = b"-infinity"
"""The principal date of what has none."""


@dataclass(slots=True, eq=False)
class Row:
    """One version on its way to the tables."""

    type: str
    id: str
    version: int
    before: Stored | None  # None: there never was one; a body of None: it was deleted
    after: dict[str, Any] | None  # None: a deletion
    body: bytes | None
    indexed: Indexed
    at: datetime  # never before that of the version before it
    mac: bytes = b""
    rid: int = 0  # 0: a new resource, numbered when written
    was_patient: int | None = None  # key of the patient it belonged to before
    was_labels: int = 1  # its labels before
    judged: bool = False  # whether it may be written was decided
    free: bool = False  # made by a reaction: nobody's panel is asked

    @property
    def key(self) -> tuple[str, str]:
        """(type, id)."""
        return self.type, self.id

    @property
    def labels(self) -> int:
        """Its labels; a deletion keeps those of what was deleted."""
        return self.indexed.labels if self.after is not None else self.was_labels

    @property
    def patient(self) -> int | None:
        """The key of whose it is; a deletion keeps that of what was deleted."""
        return self.indexed.patient if self.after is not None else self.was_patient

    @property
    def existed(self) -> bool:
        """Whether there was something to see before."""
        return self.before is not None and self.before.body is not None


# --- one new resource, one statement ---------------------------------------------------------------------------------------------------


def create_one(line: Line, row: Row, *, who: Who, because: str, change_mac: bytes, asked: tuple[Sequence[int] | None, int]) -> bool:
    """Write a single new resource with its change in autocommit; `asked` is what `Sight.writing` says. False when it may not be.

    Raises psycopg.Error.
    """
    teams, forbidding = asked
    indexed, stamp = row.indexed, row.at.isoformat().encode()
    patient = b"%d" % indexed.patient if indexed.patient is not None else None
    params: list[bytes | None] = [
        stamp,
        who.person.encode(),
        who.on_behalf_of.encode() if who.on_behalf_of else None,
        because.encode(),
        who.entrance.encode(),
        who.purpose.encode(),
        b"\\x" + change_mac.hex().encode(),
        None if teams is None else _array(teams),
        patient,
        row.id.encode(),
        b"\\x" + row.mac.hex().encode(),
        row.body,
        _date(indexed.date_lo),
        _date(indexed.date_hi),
        _array(indexed.tokens),
        b"%d" % forbidding,
        b"%d" % indexed.labels,
    ]
    more = ""
    if indexed.names:
        params_, values, texts = zip(*indexed.names, strict=True)
        params += [_array(params_), _text_array(values), _text_array(texts)]
        more += _more("create_names", row.type, len(params), "params", "values", "texts")
    if indexed.moments:
        params_, los, his = zip(*indexed.moments, strict=True)
        params += [_array(params_), _date_array(los), _date_array(his)]
        more += _more("create_moments", row.type, len(params), "params", "los", "his")
    if indexed.promise:
        params += _promise_params(indexed.promise)
        first = len(params) - 7
        types = ("bigint", "timestamptz", "timestamptz", "timestamptz", "boolean", "boolean", "text", "text")
        columns = ", ".join(f"${first + place}::{type_}" for place, type_ in enumerate(types))
        more += sql("create_promise").replace("({row}).*", columns)
    statement = _statement(TYPE_CODE[row.type], more)
    return line.quick(statement, params).ntuples == 1


_statements: dict[tuple[int, str], str] = {}


def _statement(type_code: int, more: str) -> str:
    found = _statements.get((type_code, more))
    if found is None:
        found = _statements[type_code, more] = sql("create", type=type_code, more=more)
    return found


_mores: dict[tuple[str, str, int], str] = {}


def _more(name: str, type_: str, last: int, *places: str) -> str:
    found = _mores.get((name, type_, last))
    if found is None:
        numbers = {place: f"${last - len(places) + 1 + index}" for index, place in enumerate(places)}
        found = _mores[name, type_, last] = sql(name, type=TYPE_CODE[type_], **numbers) + "\n"
    return found


def _promise_params(promise: Promise) -> list[bytes | None]:
    return [
        b"%d" % promise.owner if promise.owner is not None else None,
        promise.due.isoformat().encode(),
        _date(promise.asleep_until),
        promise.closed_at.isoformat().encode() if promise.closed_at else None,
        b"t" if promise.open else b"f",
        b"t" if promise.waiting else b"f",
        promise.code.encode(),
        promise.status.encode(),
    ]


def _date(moment: datetime | None) -> bytes:
    return moment.isoformat().encode() if moment is not None else NONE


def _array(numbers: Iterable[int]) -> bytes:
    return ("{" + ",".join(map(str, numbers)) + "}").encode()


def _date_array(moments: Iterable[datetime]) -> bytes:
    return ("{" + ",".join(moment.isoformat() for moment in moments) + "}").encode()


def _text_array(texts: Iterable[str]) -> bytes:
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return ("{" + ",".join(quoted) + "}").encode()


# --- many versions in one transaction --------------------------------------------------------------------------------------------------


def write(line: Line, rows: Sequence[Row], *, change_id: int) -> None:
    """Write numbered rows inside the transaction open on the line. Raises psycopg.Error."""
    _copy(
        line,
        "version_row (rid, change_id, at, version, type, id, mac, patient, labels, body)",
        (_version_line(row, change_id) for row in rows),
    )
    new = [row for row in rows if row.before is None]
    old = [row for row in rows if row.before is not None]
    if new:
        columns = "resource (rid, patient, date_lo, date_hi, last_updated, version, type, id, tokens, labels)"
        _copy(line, columns, (_pointer_line(row) for row in new))
    if old:
        _point(line, old)
    _copy(line, "name (rid, param, type, value, text)", _name_lines(rows))
    _copy(line, "moment (rid, lo, hi, param, type)", _moment_lines(rows))
    columns = "promise (rid, patient, labels, owner, due, asleep_until, closed_at, open, waiting, code, status)"
    _copy(line, columns, _promise_lines(rows))
    if labelled := {row.patient for row in rows if row.labels != security.ANY and row.patient is not None}:
        line.execute(sql("labelled_now").encode(), [sorted(labelled)], prepare=True)


def _copy(line: Line, columns: str, lines: Iterable[bytes]) -> None:
    data = b"".join(lines)
    if data:
        with line.cursor() as cursor, cursor.copy(f"copy {columns} from stdin") as copy:
            copy.write(data)


@lru_cache(maxsize=256)
def _stamp(at: datetime) -> str:
    """An instant as PostgreSQL reads it; the rows of one change share theirs."""
    return at.isoformat()


def _version_line(row: Row, change_id: int) -> bytes:
    key, patient = f"{row.rid}\t{change_id}\t{_stamp(row.at)}\t{row.version}\t{TYPE_CODE[row.type]}\t{row.id}", row.patient
    whose = "\\N" if patient is None else str(patient)
    head = f"{key}\t\\\\x{row.mac.hex()}\t{whose}\t{row.labels}\t".encode()
    if row.body is None:
        return head + b"\\N\n"
    return head + (row.body.replace(b"\\", b"\\\\") if b"\\" in row.body else row.body) + b"\n"


def _pointer_line(row: Row) -> bytes:
    indexed = row.indexed
    patient = "\\N" if indexed.patient is None else indexed.patient
    lo = indexed.date_lo.isoformat() if indexed.date_lo else "-infinity"
    hi = indexed.date_hi.isoformat() if indexed.date_hi else "-infinity"
    tokens = ",".join(map(str, indexed.tokens))
    head = f"{row.rid}\t{patient}\t{lo}\t{hi}\t{_stamp(row.at)}\t{row.version}\t{TYPE_CODE[row.type]}\t{row.id}"
    return f"{head}\t{{{tokens}}}\t{row.labels}\n".encode()


def _name_lines(rows: Iterable[Row]) -> Iterable[bytes]:
    for row in rows:
        for param, value, text in row.indexed.names:
            yield f"{row.rid}\t{param}\t{TYPE_CODE[row.type]}\t{_escaped(value)}\t{_escaped(text)}\n".encode()


def _moment_lines(rows: Iterable[Row]) -> Iterable[bytes]:
    for row in rows:
        for param, lo, hi in row.indexed.moments:
            yield f"{row.rid}\t{lo.isoformat()}\t{hi.isoformat()}\t{param}\t{TYPE_CODE[row.type]}\n".encode()


def _promise_lines(rows: Iterable[Row]) -> Iterable[bytes]:
    for row in rows:
        if promise := row.indexed.promise:
            whose = b"%d" % row.indexed.patient if row.indexed.patient is not None else None
            columns = [b"%d" % row.rid, whose, b"%d" % row.labels, *_promise_params(promise)]
            yield b"\t".join(b"\\N" if each is None else each for each in columns) + b"\n"


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _point(line: Line, rows: Sequence[Row]) -> None:
    """Move the pointers of resources that were there before, and forget their old index rows."""
    by_type: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_type[row.type].append(row)
    for type_, several in by_type.items():
        line.execute(
            sql("point", type=TYPE_CODE[type_]).encode(),
            [
                [row.at for row in several],
                [row.rid for row in several],
                [row.patient for row in several],
                [_date(row.indexed.date_lo).decode() for row in several],
                [_date(row.indexed.date_hi).decode() for row in several],
                [row.version for row in several],
                [row.after is None for row in several],
                [_array(row.indexed.tokens).decode() for row in several],
                [row.labels for row in several],
            ],
            prepare=True,
        )
    rids = [row.rid for row in rows]
    if raised := [row for row in rows if row.labels & ~row.was_labels]:
        line.execute(sql("raise_labels").encode(), [[row.rid for row in raised], [row.labels for row in raised]], prepare=True)
    line.execute(sql("unname").encode(), [rids], prepare=True)
    line.execute(sql("unmoment").encode(), [rids], prepare=True)
    if "Task" in by_type:
        line.execute(sql("unpromise").encode(), [rids], prepare=True)
