"""The FHIR interface as a WSGI application of its own, for a real server process: the database is named by the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from tests.api.hub import make_store

from baton.api import application
from baton.settings import Settings
from baton.store.postgres import Database


def wsgi() -> Callable[..., Iterable[Any]]:
    """The application of one server process."""
    dsn = os.environ["BATON_TEST_DSN"]
    return application(make_store(Database(dsn, dsn)), Settings())
