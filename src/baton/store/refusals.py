"""What was refused is recorded: a second statement, which only a refused reader waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baton.store.codes import TYPE_CODE, table
from baton.store.named import sql
from baton.store.who import OUTCOMES, Forbidden

if TYPE_CHECKING:
    from baton.store.view import View

NOT_THEIRS = "not theirs to see"


def not_theirs(view: View, type_: str, id_: str, what: str) -> None:
    """Somebody asked for a resource that is there and not theirs to see, or that is not there at all: only the first is recorded.

    Both take the same statement, so that its time tells nothing.
    """
    if view.who.role == "system":
        return
    said = {**view.look_params(what), "id": id_, "outcome": OUTCOMES["refused"], "detail": NOT_THEIRS}
    statement = sql("refused", type=TYPE_CODE[type_], table=table(type_)).encode()
    view.store.lines.read(lambda line: line.execute(statement, said, prepare=True))


def forbidden(view: View, error: BaseException | None, what: str, patients: tuple[int, ...] = ()) -> None:
    """Somebody was told that they may not: recorded once, with the sentence they were told."""
    if isinstance(error, Forbidden) and not error.noted:
        error.noted = True
        view.store.note_refusal(view.who, what, str(error), patients)
