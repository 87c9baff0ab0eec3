"""Tests of the house itself: sizes, words, papers, locks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src" / "baton").rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 350, 60


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text()
    if not text.strip():
        return
    assert ast.get_docstring(ast.parse(text)), "a module starts with a sentence that says what it is for"
    assert len(text.splitlines()) <= MODULE_LINES, f"over {MODULE_LINES} lines: the design is asking for something"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_functions_stay_small_and_public_ones_are_documented(path: Path) -> None:
    for function in functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION_LINES, f"{function.name} has {length} lines"
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    return [ROOT / line for line in listed if line and (ROOT / line).is_file()]


def test_no_registry_address_and_no_path_of_somebodys_machine() -> None:
    forbidden = re.compile(
        r"pypi\.org|files\.pythonhosted|registry\.npmjs|extra-index-url|(?<!emit-)find-links|/root/|(?<![\w.])/work/|/home/\w"
    )
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".in", ".html", ".css", ".js", ".sql", ".sh", ""} and path != Path(__file__):
            hit = forbidden.search(path.read_text(errors="replace"))
            assert not hit, f"{name(path)}: {hit.group() if hit else ''}"


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_locked_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.M)
    assert pins and text.count("==") >= len(pins)
    for block in re.split(r"\n(?=[a-z0-9])", text):
        if re.match(r"[a-z0-9]", block):
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_every_dependency_says_why_it_is_here() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for before, line in zip(lines, lines[1:], strict=False):
        if re.match(r'^  "[a-z].*",$', line) and "baton." not in line:
            assert before.strip().startswith("#"), f"no comment above {line.strip()}"


def test_every_module_of_a_duty_is_named_on_a_dutys_page() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs" / "duties").glob("*.md"))
    for path in sorted((ROOT / "src" / "baton" / "duties").rglob("*.py")):
        shown = path.relative_to(ROOT / "src" / "baton").as_posix()
        beside = path.parent.name != "duties" and f"`{path.name}`" in pages and f"`duties/{path.parent.name}/" in pages
        assert path.stem == "__init__" or f"`{shown}`" in pages or beside, f"no page of docs/duties says what {shown} is for"


def test_the_papers_are_there() -> None:
    for paper in ("README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"):
        assert (ROOT / paper).is_file(), paper
    assert len((ROOT / "ARCHITECTURE.md").read_text().split()) < 900, "one page"


def test_rules_cite_their_sources() -> None:
    data = sorted((ROOT / "src" / "baton" / "rules").rglob("*.json"))
    assert data, "rules keep their numbers as data"
    for path in data:
        text = json.dumps(json.loads(path.read_text()))
        assert '"source"' in text or '"sources"' in text, f"{name(path)} cites nothing"
        assert '"effective' in text, f"{name(path)} has no effective dates"


def test_only_the_store_speaks_sql() -> None:
    speaks = re.compile(
        r"\bimport psycopg|\bfrom psycopg|\b(select|insert into|update|delete from)\s+\w+.*\b(from|where|values|set)\b", re.I
    )
    for path in MODULES:
        room = path.relative_to(ROOT / "src" / "baton").parts[0]
        if room in {"duties", "rules", "packs", "desk", "api", "fhir", "portal"}:
            code = "\n".join(line for line in path.read_text().splitlines() if "psycopg" in line or "execute(" in line)
            assert not speaks.search(code) and "execute(" not in code, f"{name(path)} speaks SQL"


def test_every_template_is_free_of_inline_script_and_style() -> None:
    for path in (ROOT / "src" / "baton").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), f"{name(path)} has inline script"
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text), f"{name(path)} has inline style or handlers"


def test_the_last_line_of_every_text_ends() -> None:
    for path in tracked():
        if path.suffix in {".py", ".md", ".sql", ".html", ".css", ".js"} and path.stat().st_size:
            assert path.read_bytes().endswith(b"\n"), name(path)
