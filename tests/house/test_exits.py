"""Every way something leaves stands in docs/duties/exits.md with its rehearsal, record and test; a new one fails here until it does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton.duties.privacy.slips import EXITS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "baton"
PAGE = (ROOT / "docs" / "duties" / "exits.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]
LISTED = {found for row in ROWS for found in re.findall(r"`([\w/]+\.py::\w+)`", row[1])}
ANSWERS = {"HttpResponse", "FileResponse", "StreamingHttpResponse"}
NOT_PATIENTS = ("demo/", "bench/", "paper/")
"""The demo town, the measurements, and what sets papers for others."""


def leaves(call: ast.Call) -> bool:
    """Whether a call is one by which something can leave: announced, answered as a file, set as a paper, sent as a letter or by HTTP."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    given = {each.arg for each in call.keywords}
    return (
        name == "announce"
        or (name in ANSWERS and "content_type" in given)
        or (name == "pdf" and not owner)
        or (owner == "letters" and name in ("keep", "send"))
        or (owner.endswith("outgoing") and name == "send")
    )


def exits(source: str, place: str) -> Iterator[str]:
    """The places of a module by which something leaves, as "path::function" (the outermost one)."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and any(isinstance(each, ast.Call) and leaves(each) for each in ast.walk(node)):
            yield f"{place}::{node.name}"


FOUND = {
    found
    for path in SOURCE.rglob("*.py")
    if not (place := path.relative_to(SOURCE).as_posix()).startswith(NOT_PATIENTS)
    for found in exits(path.read_text(encoding="utf-8"), place)
}


def test_every_way_out_is_on_the_page() -> None:
    assert FOUND, "the walk finds something"
    missing = FOUND - LISTED
    assert not missing, f"{sorted(missing)}: say in docs/duties/exits.md what is shown before it leaves and what is recorded"


@pytest.mark.parametrize("listed", sorted(LISTED))
def test_every_place_on_the_page_is_there(listed: str) -> None:
    path, _, name = listed.partition("::")
    names = {node.name for node in ast.walk(ast.parse((SOURCE / path).read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}
    assert name in names


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_row_says_what_is_shown_and_recorded_and_names_its_test(row: list[str]) -> None:
    exit_, _place, to, shown, recorded, proof = row
    assert all((exit_, to, shown, recorded))
    path, _, name = re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", proof)[0].partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    assert not name or f"def {name}(" in source


def test_a_new_one_would_be_seen() -> None:
    assert list(exits("def out(change):\n    if 1:\n        change.announce('x', {})\n", "new.py")) == ["new.py::out"]
    assert list(exits("def out():\n    return HttpResponse(body, content_type='text/csv')\n", "new.py")) == ["new.py::out"]


def handed(source: str) -> Iterator[tuple[str, bool]]:
    """Every paper a module makes for a patient: its code, and whether it says how the paper reaches somebody not written to at home."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "handed":
            code = call.args[1]
            if isinstance(code, ast.Constant):
                yield str(code.value), len(call.args) == 4 or any(each.arg == "way" for each in call.keywords)


def test_every_paper_for_a_patient_is_decided_in_the_act_and_held_where_the_home_is_ruled_out() -> None:
    found = [each for path in SOURCE.rglob("*.py") for each in handed(path.read_text(encoding="utf-8"))]
    assert {code for code, _ in found} == {code for code, each in EXITS.items() if each.to == "patient"}
    assert all(says for _, says in found), found


def test_every_page_that_asks_how_a_paper_goes_holds_it() -> None:
    for path in (SOURCE / "desk").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and re.search(r"(?<!def )\b(slips\.)?way\(request\)", ast.unparse(node)):
                assert any("asks_how" in ast.unparse(each) for each in node.decorator_list), f"{path.name}: {node.name}"
