"""What PostgreSQL knows about the tables: gathered at once after a great deal came in, which autovacuum would do a minute later."""

from __future__ import annotations

import psycopg

GROWING = ("promise", "panel", "name", "moment", "resource", "version")


def gather(owner_dsn: str) -> None:
    """Tell the planner how the tables are now, so that the first pages after a big load are as quick as the later ones."""
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze) " + ", ".join(GROWING))
