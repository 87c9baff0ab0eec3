"""What was wrong, said so that the sender can mend it: FHIR OperationOutcome and its issues."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. `code` is an R4 issue-type; `expression` names the element or the search parameter, None when there is none."""

    severity: Severity
    code: str
    text: str
    expression: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The issue as an element of OperationOutcome.issue."""
        issue: dict[str, Any] = {"severity": self.severity, "code": self.code, "details": {"text": self.text}, "diagnostics": self.text}
        if self.expression:
            issue["expression"] = [self.expression]
        return issue


def error(code: str, text: str, expression: str | None = None) -> Issue:
    """An issue of severity error."""
    return Issue("error", code, text, expression)


def warning(code: str, text: str, expression: str | None = None) -> Issue:
    """An issue of severity warning: stored all the same."""
    return Issue("warning", code, text, expression)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The OperationOutcome of these issues; of none, one that says all is well (the element must not be empty)."""
    found = [issue.as_dict() for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": found or [Issue("information", "informational", "All OK").as_dict()]}


class Bad(Exception):  # noqa: N818  it is raised about what came in, and `except Bad` reads as it is said
    """What came in cannot be used: it carries the issues to answer with, and the HTTP status that fits."""

    def __init__(self, issues: Iterable[Issue] | Issue, status: int = 400) -> None:
        self.issues: tuple[Issue, ...] = (issues,) if isinstance(issues, Issue) else tuple(issues)
        self.status = status
        super().__init__("; ".join(issue.text for issue in self.issues))
