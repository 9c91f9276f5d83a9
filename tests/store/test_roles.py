"""The public role reads the released schema and nothing else; histories are append-only."""

import pytest
import sqlalchemy as sa

from mapping.store.database import Database


async def _tables(database: Database, schema: str) -> list[str]:
    async with database.app.connect() as connection:
        rows = await connection.execute(
            sa.text("SELECT table_name FROM information_schema.tables WHERE table_schema = :s"), {"s": schema}
        )
        return [row.table_name for row in rows]


async def test_the_public_role_reads_only_what_is_released(database: Database) -> None:
    private = await _tables(database, "mapping")
    assert {"reports", "community_secrets", "confirmations", "procrastinate_jobs"} <= set(private)
    for table in private:
        async with database.public.connect() as connection:
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                await connection.execute(sa.text(f'SELECT * FROM mapping."{table}" LIMIT 1'))
    for table in await _tables(database, "public_release"):
        async with database.public.connect() as connection:
            await connection.execute(sa.text(f'SELECT * FROM public_release."{table}" LIMIT 1'))


async def test_the_public_role_writes_nothing(database: Database) -> None:
    released = await _tables(database, "public_release")
    assert {"reports", "hotspots", "communities", "street_segments"} <= set(released)
    for table in released:
        async with database.public.connect() as connection:
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                await connection.execute(sa.text(f'DELETE FROM public_release."{table}"'))


@pytest.mark.parametrize("table", ["report_revisions", "erasures"])
async def test_histories_cannot_be_rewritten(database: Database, table: str) -> None:
    for statement in (f"DELETE FROM mapping.{table}", f"TRUNCATE mapping.{table}"):
        async with database.app.connect() as connection:
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                await connection.execute(sa.text(statement))


async def test_every_key_begins_with_the_community(database: Database) -> None:
    async with database.app.connect() as connection:
        rows = await connection.execute(
            sa.text(
                """SELECT conrelid::regclass::text AS "table", (SELECT attname FROM pg_attribute
                    WHERE attrelid = conrelid AND attnum = conkey[1]) AS first
                FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace
                WHERE nspname IN ('mapping', 'public_release') AND contype IN ('p', 'f')
                    AND conrelid::regclass::text NOT LIKE '%procrastinate%'"""
            )
        )
        firsts = {row.table: row.first for row in rows if row.table != "public_release.communities"}
    assert firsts
    assert set(firsts.values()) == {"community_id"}
