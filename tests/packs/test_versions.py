"""What a pack says changes with its version: a hub in use refuses a program that changed under the same one, and would not start."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

import pytest

from baton.packs import assessments, loader

KNOWN = json.loads(Path(__file__).with_name("versions.json").read_text(encoding="utf-8"))
"""By "Type/id|version", the mark of what it said; a new version adds its line, and no line is ever changed."""
VERSIONED = [
    each for each in (*loader.everything(), *assessments.questionnaires()) if each["resourceType"] in ("PlanDefinition", "Questionnaire")
]


@pytest.mark.parametrize("resource", VERSIONED, ids=lambda each: f"{each['resourceType']}/{each['id']}")
def test_what_a_version_says_stays(resource):
    said = {key: value for key, value in resource.items() if key != "meta"}
    mark = blake2b(json.dumps(said, sort_keys=True, default=str).encode(), digest_size=8).hexdigest()
    name = f"{resource['resourceType']}/{resource['id']}|{resource['version']}"
    assert KNOWN.get(name) == mark, f'{name} says something else: give it another version, and versions.json the line "{name}": "{mark}"'
