"""Translations: gathers every sentence the pages say, checks that each has its Spanish, and builds the one catalogue they are read from.

The Spanish stands in src/baton/web/locale/es/*.po, one file per duty, so that the words of a duty are found by its name.
`python scripts/translations.py` lists what is missing (as lines to be filled in) and writes django.mo; exit 1 when something is missing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib
from django.conf import settings

SOURCE = Path(__file__).parents[1] / "src" / "baton"
LOCALE = SOURCE / "web" / "locale"
ROOMS = ("web", "desk", "portal")
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "es",
    "Plural-Forms": "nplurals=2; plural=n != 1;",
}
SAYS = {"gettext": "m", "ngettext": "mp", "pgettext": "cm", "npgettext": "cmp"}
"""Functions that put a sentence into the reader's language, and what their first arguments are: context, message, plural."""
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(gettext|ngettext|pgettext|npgettext|_)\(\s*((?:{LITERAL}\s*,?\s*)+)")


class Said(NamedTuple):
    """A sentence as it is said in English."""

    context: str | None
    message: str
    plural: str | None


def said(kind: str, literals: list[str]) -> Said:
    """A sentence from the arguments of the function that says it."""
    given = dict(zip(SAYS[kind], literals, strict=False))
    return Said(given.get("c"), given["m"], given.get("p"))


def in_python(path: Path) -> Iterator[Said]:
    """What a module says, whatever name it imported the functions under."""
    tree = ast.parse(path.read_text())
    names = {
        alias.asname or alias.name: alias.name.removesuffix("_lazy")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and names.get(node.func.id) in SAYS:
            literals = [argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
            if literals:
                yield said(names[node.func.id], literals)


def in_template(path: Path) -> Iterator[Said]:
    """What a template says."""
    from django.utils.translation.template import templatize

    for found in CALL.finditer(templatize(path.read_text(), origin=str(path))):
        kind = "gettext" if found[1] == "_" else found[1]
        yield said(kind, [ast.literal_eval(literal) for literal in re.findall(LITERAL, found[2])])


def sentences() -> dict[Said, str]:
    """Every sentence of the pages, with the file it was first found in."""
    if not settings.configured:
        settings.configure()
    found: dict[Said, str] = {}
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*")):
            if path.suffix in (".py", ".html"):
                for one in in_python(path) if path.suffix == ".py" else in_template(path):
                    found.setdefault(one, str(path.relative_to(SOURCE)))
    return found


def catalogue() -> polib.POFile:
    """All the Spanish in one. Raises ValueError when two files translate the same sentence differently."""
    whole = polib.POFile()
    whole.metadata = HEADER
    seen: dict[tuple[str | None, str], polib.POEntry] = {}
    for path in sorted((LOCALE / "es").glob("*.po")):
        for entry in polib.pofile(str(path)):
            key = (entry.msgctxt, entry.msgid)
            if key not in seen:
                seen[key] = entry
            elif (entry.msgstr, entry.msgstr_plural) != (seen[key].msgstr, seen[key].msgstr_plural):
                raise ValueError(f"{path.name}: {entry.msgid!r} has two translations")
    whole.extend(seen[key] for key in sorted(seen, key=lambda key: (key[1], key[0] or "")))
    return whole


def missing(whole: polib.POFile) -> list[tuple[Said, str]]:
    """The sentences without Spanish."""
    known = {(entry.msgctxt, entry.msgid) for entry in whole if entry.translated()}
    return [(one, where) for one, where in sentences().items() if (one.context, one.message) not in known]


def unused(whole: polib.POFile) -> list[str]:
    """Spanish for what nobody says any more."""
    spoken = {(one.context, one.message) for one in sentences()}
    return [entry.msgid for entry in whole if (entry.msgctxt, entry.msgid) not in spoken]


def compiled(whole: polib.POFile) -> bytes:
    """The catalogue as the machine reads it: the same words, the same bytes."""
    return bytes(whole.to_binary())


def main() -> int:
    """List what is missing, write the catalogue."""
    whole = catalogue()
    lacking = missing(whole)
    for one, where in lacking:
        print(f"\n#: {where}")
        entry = polib.POEntry(msgctxt=one.context, msgid=one.message, msgstr="")
        if one.plural:
            entry = polib.POEntry(msgctxt=one.context, msgid=one.message, msgid_plural=one.plural, msgstr_plural={0: "", 1: ""})
        print(str(entry).strip())
    for message in unused(whole):
        print(f"nobody says {message!r} any more", file=sys.stderr)
    target = LOCALE / "es" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(compiled(whole))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
