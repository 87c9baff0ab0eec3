"""Which medicine is which, and whether two doses are the same: the worked examples, and every ingredient once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from baton.demo.clinical import DRUGS
from baton.rules import drugs
from baton.rules.tables import table

DAY = date(2026, 11, 23)


@pytest.mark.parametrize("example", table("drugs").examples, ids=str)
def test_examples(example: dict[str, Any]) -> None:
    if "dose" in example:
        assert drugs.compare(tuple(example["a"]), tuple(example["b"])) == example["dose"]
        assert drugs.compare(tuple(example["b"]), tuple(example["a"])) == example["dose"]
    else:
        found = drugs.ingredient([example["rxcui"]] if "rxcui" in example else [], example["text"], DAY)
        assert (found.code, found.sure) == (example["ingredient"], example["sure"])


def test_no_code_means_two_ingredients_and_every_class_asked_about_has_some() -> None:
    rows = [row for row in table("drugs").rows if row.values["kind"] == "ingredient"]
    codes = [code for row in rows for code in (row.values["rxcui"], *row.values["products"])]
    assert len(codes) == len(set(codes)) and len({row.code for row in rows}) == len(rows)
    assert drugs.duplicates(DAY) <= {row.values["class"] for row in rows}


@pytest.mark.parametrize("drug", DRUGS, ids=str)
def test_the_code_and_the_name_of_every_medicine_of_the_town_agree(drug: str) -> None:
    ordered = DRUGS[drug]
    by_code, by_name = drugs.ingredient([ordered.rxnorm], "", DAY), drugs.ingredient([], ordered.text, DAY)
    assert by_code.sure and by_code == by_name
