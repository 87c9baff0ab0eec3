"""The SQL of the store by name: every statement in sql/queries has a name and a sentence."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("sql") / "queries"
_BLOCK = re.compile(r"^-- name: (\w+)\n((?:-- [^\n]*\n)+)(.*?)(?=^-- name: |\Z)", re.M | re.S)


@cache
def queries() -> dict[str, tuple[str, str]]:
    """(sentence, statement) of every query by its name. Raises ValueError when a name comes twice."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.sql")):
        for name, sentence, statement in _BLOCK.findall(path.read_text(encoding="utf-8")):
            if name in found:
                raise ValueError(f"{path.name}: the query {name} is named twice")
            found[name] = (" ".join(line[3:] for line in sentence.splitlines()), statement.strip())
    return found


def sql(name: str, **literals: object) -> str:
    """The statement of that name, its {placeholders} filled with texts of our own making (type codes, clauses): never with input."""
    statement = queries()[name][1]
    for key, value in literals.items():
        statement = statement.replace("{" + key + "}", str(value))
    return statement
