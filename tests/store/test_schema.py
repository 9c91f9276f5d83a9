"""What the migrations make is what `store.tables` describes."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2.alembic_helpers import include_object
from sqlalchemy.ext.asyncio import create_async_engine

from mapping.store import tables
from mapping.store.database import Database


async def _differences(database: Database, metadata: sa.MetaData) -> list[Any]:
    """Tables, columns, types, nullability, defaults, keys and indexes; alembic does not compare check constraints."""

    def is_ours(thing: Any, name: str | None, kind: str, is_reflected: bool, other: Any) -> bool:
        if kind == "table" and (name or "").startswith("procrastinate_"):
            return False
        return bool(include_object(thing, name, kind, is_reflected, other))

    def compare(connection: sa.Connection) -> list[Any]:
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name in ("mapping", "public_release"),
            "include_object": is_ours,
            "compare_type": True,
            "compare_server_default": True,
        }
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return found

    engine = create_async_engine(database.owner_url, poolclass=sa.pool.NullPool)
    async with engine.connect() as connection:
        await connection.execute(sa.text("SET search_path TO public"))
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


async def test_migrations_make_the_described_tables(database: Database) -> None:
    assert await _differences(database, tables.metadata) == []


async def test_a_difference_would_be_seen(database: Database) -> None:
    other = sa.MetaData()
    for table in tables.metadata.tables.values():
        table.to_metadata(other)
    other.tables["mapping.reports"].append_column(sa.Column("forgotten", sa.Text))
    other.tables["mapping.photos"].c.width.nullable = True
    found = await _differences(database, other)
    kinds = {change[0] if isinstance(change, tuple) else change[0][0] for change in found}
    assert kinds == {"add_column", "modify_nullable"}
