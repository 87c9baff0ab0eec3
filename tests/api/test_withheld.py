"""What is masked is said to be withheld, and nothing else is said of it; what is hidden is not there."""

from __future__ import annotations

from typing import Any

from tests.api.hub import HUB, Client
from tests.store.folk import observation

from baton.store import Store
from baton.store.labels import coding

WITHHELD = "Something about this patient is withheld."


def found(answer: Any) -> tuple[list[str], list[str]]:
    """The ids that came out, and what was said beside them."""
    entries = answer.json.get("entry", [])
    said = [entry["resource"]["issue"][0]["diagnostics"] for entry in entries if entry["search"]["mode"] == "outcome"]
    return [entry["resource"]["id"] for entry in entries if entry["search"]["mode"] != "outcome"], said


def test_a_search_that_names_the_patient_says_so(client: Client, store: Store) -> None:
    with store.change(HUB, because="a test") as change:
        for name, label in (("masked", "PSYTHPN"), ("hidden", "SDV"), ("open", None)):
            change.put({"resourceType": "Patient", "id": name, "name": [{"family": name}]})
            change.put(observation(name, id=f"{name}-1", **({"meta": {"security": [coding(label)]}} if label else {})))
            change.put(observation(name, id=f"{name}-2"))
    for path in (
        "Observation?patient=masked",
        "Observation?subject=Patient/masked&code=nothing",
        "Patient?_id=masked",
        "Patient/masked/$everything",
    ):
        ids, said = found(client("GET", path))
        assert said == [WITHHELD] and "masked-1" not in ids, path
    for path in (
        "Observation?patient=hidden",
        "Observation?patient=open",
        "Patient/hidden/$everything",
        "Observation",
        "Observation?code=8302-2",
    ):
        ids, said = found(client("GET", path))
        assert said == [] and not {"masked-1", "hidden-1"} & set(ids), path
    assert client("GET", "Observation?patient=masked&_total=accurate").json["total"] == 1
    answers = [
        client("GET", f"Observation/{each}{more}")
        for each in ("masked-1", "hidden-1", "nowhere")
        for more in ("", "/_history/1", "/_history")
    ]
    assert {answer.status for answer in answers} == {404}
    assert (
        len(
            {
                answer.body.replace(each.encode(), b"")
                for answer, each in zip(answers[::3], ("masked-1", "hidden-1", "nowhere"), strict=True)
            }
        )
        == 1
    )
