"""How fast the hub is, beside what PostgreSQL alone does with the same statements in the same run, and why where it is not fast enough."""

from baton.bench.report import run

__all__ = ["run"]
