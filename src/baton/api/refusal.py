"""Refusals of the interface itself, and every refusal turned into status, headers and issues.

Refused things come from three places: the interface (Refusal), the language (`fhir.outcome.Bad`) and the door (`store.Refused`).
All leave as an OperationOutcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from baton.fhir.outcome import Bad, Issue
from baton.store import Refused

Header = tuple[str, str]
REFUSALS = (Bad, Refused)


class Refusal(Exception):  # noqa: N818  it says no, nothing went wrong
    """The interface does not do this; carries the HTTP status, the issues, and extra headers (Allow)."""

    def __init__(self, status: int, code: str, text: str, expression: str | None = None, headers: Sequence[Header] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.issues: tuple[Issue, ...] = (Issue("error", code, text, expression),)
        self.headers = tuple(headers)


def status_of(error: Exception) -> int:
    """The HTTP status a refusal leaves with."""
    return int(getattr(error, "status", 0) or 400)


def issues_of(error: Exception) -> tuple[Issue, ...]:
    """The issues of a refusal, never none."""
    issues = tuple(getattr(error, "issues", ()) or ())
    return issues or (Issue("error", "processing", str(error) or "Refused.", None),)


def headers_of(error: Exception) -> tuple[Header, ...]:
    """The extra headers of a refusal."""
    return tuple(getattr(error, "headers", ()))


def inside(error: Exception, where: str, resource_type: str | None) -> Refusal:
    """The refusal with its expressions below `where`: "Patient.gender" becomes "Bundle.entry[3].resource.gender"."""
    moved = [replace(issue, expression=_moved(issue.expression, where, resource_type)) for issue in issues_of(error)]
    refusal = Refusal(status_of(error), "processing", str(error) or "Refused.", where, headers_of(error))
    refusal.issues = tuple(moved)
    return refusal


def _moved(expression: str | None, where: str, resource_type: str | None) -> str:
    if not expression:
        return where
    if expression.startswith("Bundle.entry["):
        return expression
    if resource_type and (expression == resource_type or expression.startswith((f"{resource_type}.", f"{resource_type}["))):
        return f"{where}.resource{expression[len(resource_type) :]}"
    if expression.startswith("request."):
        return f"{where}.{expression}"
    return where if expression[:1].islower() or " " in expression else f"{where}.resource.{expression}"
