"""The two engines: what their connections survive."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mapping.store.database import Database


async def _server_process(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one())


async def test_a_connection_the_server_closed_is_opened_anew(database: Database) -> None:
    owner = create_async_engine(database.owner_url, poolclass=sa.pool.NullPool)
    for engine in (database.app, database.public):
        closed = await _server_process(engine)
        async with owner.connect() as connection:
            done = await connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": closed})
            assert done.scalar_one()
        assert await _server_process(engine) != closed
    await owner.dispose()
