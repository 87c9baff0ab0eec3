"""One hub for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.smart.flow import Flow, make

from baton.store.postgres import Database


@pytest.fixture(scope="module")
def flow(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    made = make(module_database, tmp_path_factory.mktemp("data"))
    yield made
    made.store.close()
