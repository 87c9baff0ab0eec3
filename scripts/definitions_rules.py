"""Compiles the simple invariants of R4 (FHIRPath over an element's own children) to small trees. Part of build_definitions.py.

A tree is ["has", name] | ["is", name, [values]] | ["not", tree] | ["and" | "or" | "xor" | "implies", tree, tree].
An invariant outside this little grammar compiles to None: it is left out, or checked by hand in baton.fhir.invariants.
"""

import re

TOKEN = re.compile(
    r"\s*(?:(?P<has>[a-z]\w*)\.(?P<how>exists|empty)\(\)"
    r"|\((?P<sum>[a-z]\w*\.count\(\)(?:\s*\+\s*[a-z]\w*\.count\(\))+)\)\s*>\s*0"
    r"|(?P<name>(?!and\b|or\b|xor\b|implies\b|not\b)[a-z]\w*)\s*(?P<op>!=|=|\bin\b)\s*(?P<value>'[^']*'|true|false|\([^()]*\))"
    r"|(?P<not>\.not\(\))|(?P<word>and|or|xor|implies)\b|(?P<paren>[()]))"
)
LOOSEST_FIRST = ("implies", "or", "xor", "and")


class NotSimpleError(Exception):
    """The expression goes beyond an element's own children."""


def compile_rule(expression: str, names: set[str]) -> list | None:
    try:
        tokens = _tokens(expression, names)
        tree = _level(tokens, 0)
    except (NotSimpleError, IndexError):
        return None
    return None if tokens else tree


def _tokens(expression: str, names: set[str]) -> list:
    tokens: list = []
    at = 0
    text = expression.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise NotSimpleError
        tokens.append(_token(found, names))
        at = found.end()
    return tokens


def _token(found: re.Match, names: set[str]) -> list | str:
    if found["sum"]:
        return _any([["has", _known(name, names)] for name in re.findall(r"([a-z]\w*)\.count", found["sum"])])
    if found["has"]:
        has = ["has", _known(found["has"], names)]
        return has if found["how"] == "exists" else ["not", has]
    if found["name"]:
        values = [{"true": True, "false": False}.get(each, each.strip("'")) for each in re.findall(r"'[^']*'|true|false", found["value"])]
        same = ["is", _known(found["name"], names), values]
        return ["not", same] if found["op"] == "!=" else same
    return found["not"] or found["word"] or found["paren"]


def _known(name: str, names: set[str]) -> str:
    if name not in names:
        raise NotSimpleError
    return name


def _any(trees: list) -> list:
    return trees[0] if len(trees) == 1 else ["or", trees[0], _any(trees[1:])]


def _level(tokens: list, depth: int) -> list:
    if depth == len(LOOSEST_FIRST):
        return _term(tokens)
    tree = _level(tokens, depth + 1)
    while tokens and tokens[0] == LOOSEST_FIRST[depth]:
        tokens.pop(0)
        tree = [LOOSEST_FIRST[depth], tree, _level(tokens, depth + 1)]
    return tree


def _term(tokens: list) -> list:
    tree = tokens.pop(0)
    if tree == "(":
        tree = _level(tokens, 0)
        if tokens.pop(0) != ")":
            raise NotSimpleError
    elif isinstance(tree, str):
        raise NotSimpleError
    while tokens and tokens[0] == ".not()":
        tokens.pop(0)
        tree = ["not", tree]
    return tree
