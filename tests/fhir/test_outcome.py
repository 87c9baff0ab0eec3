from baton.fhir import validate
from baton.fhir.outcome import Bad, Issue, error, operation_outcome, warning


def test_an_operation_outcome_is_valid_r4() -> None:
    issues = [error("value", "Patient.gender takes …", "Patient.gender"), warning("informational", "Mind this.")]
    outcome = operation_outcome(issues)
    assert validate.check(outcome) == []
    assert outcome["issue"][0] == {
        "severity": "error",
        "code": "value",
        "details": {"text": "Patient.gender takes …"},
        "diagnostics": "Patient.gender takes …",
        "expression": ["Patient.gender"],
    }


def test_of_nothing_it_says_that_all_is_well() -> None:
    outcome = operation_outcome([])
    assert outcome["issue"][0]["severity"] == "information" and validate.check(outcome) == []


def test_bad_carries_issues_and_a_status() -> None:
    issue = Issue("error", "invalid", "No.", "x")
    assert Bad(issue).issues == (issue,) and Bad(issue).status == 400 and str(Bad([issue, issue])) == "No.; No."
    assert Bad(iter([issue]), status=404).status == 404
