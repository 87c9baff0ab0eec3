"""A house for the tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import furnished
from tests.pages import House, house

from baton.store.postgres import Database

database = furnished.database
module_database = furnished.module_database


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for the tests of a module."""
    folder: Path = tmp_path_factory.mktemp("data")
    with house(module_database, folder) as opened:
        yield opened
