"""The threat model names tests that exist, and what `make check` is said to ask is asked."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "security.md").read_text())))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_the_threat_model_names_exists(path: str, name: str) -> None:
    assert (ROOT / path).is_file(), path
    functions = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)}
    assert not name or name in functions, f"{path} has no {name}"


def test_every_threat_has_a_test() -> None:
    rows = [line for line in (ROOT / "docs" / "security.md").read_text().splitlines() if re.match(r"\| [STRIDE] \|", line)]
    assert {row[2] for row in rows} == set("STRIDE")
    assert all("`tests/" in row for row in rows)


def test_check_asks_for_unsafe_habits_and_known_holes() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]
    assert "bandit" in recipe and "scripts/audit.sh" in recipe


@pytest.mark.parametrize(
    ("answers", "code", "says"),
    [
        ("echo 'No known vulnerabilities found'", 0, "no known vulnerabilities"),
        ("echo 'Found 2 known vulnerabilities in 1 package'; exit 1", 1, "Found 2"),
        ("echo 'requests.exceptions.ConnectionError: unreachable'; exit 1", 0, "NOT AUDITED"),
        ("echo 'x Dependency could not be audited: x (1)'", 0, "NOT AUDITED: 1 of"),
        ("echo 'something else'; exit 2", 1, "something else"),
    ],
)
def test_the_audit_never_passes_in_silence(tmp_path: Path, answers: str, code: int, says: str) -> None:
    pretended = tmp_path / "python"
    pretended.write_text(f"#!/bin/sh\n{answers}\n")
    pretended.chmod(0o755)
    done = subprocess.run([ROOT / "scripts" / "audit.sh", pretended], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == code and says in done.stdout
