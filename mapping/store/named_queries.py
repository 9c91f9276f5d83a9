"""Queries that are longer than the code around them, kept as files in `queries`."""

from importlib.resources import files

import sqlalchemy as sa

_QUERIES = files("mapping.store") / "queries"


def query(name: str) -> sa.TextClause:
    """A query by its name."""
    return sa.text((_QUERIES / f"{name}.sql").read_text("utf-8"))
