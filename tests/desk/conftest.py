"""The desk's tests begin in a furnished house."""

from tests.furnished import database, module_database

__all__ = ["database", "module_database"]
