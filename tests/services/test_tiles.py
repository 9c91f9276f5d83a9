"""The upkeep of counts: by a worker within the promised time, without anyone waiting, in spite of trouble."""

import asyncio
import time

import pytest
import sqlalchemy as sa

from mapping.services import tiles
from mapping.services.tiles import keep_grid
from mapping.store.database import Database
from mapping.worker import run_worker
from tests.released import release

PLACE = "POINT(24.94 60.17)"


async def _count(database: Database, community_id: int) -> int:
    statement = "SELECT coalesce(sum(reports), 0) FROM public_release.report_grid WHERE z = 5 AND community_id = :id"
    async with database.public.connect() as connection:
        return int((await connection.execute(sa.text(statement), {"id": community_id})).scalar_one())


async def _becomes(database: Database, community_id: int, expected: int) -> None:
    began = time.monotonic()
    while await _count(database, community_id) != expected:
        assert time.monotonic() - began < 2
        await asyncio.sleep(0.02)


async def test_a_running_worker_counts_within_two_seconds(database: Database, community_id: int) -> None:
    worker = asyncio.create_task(run_worker(database))
    for expected in (1, 2):
        async with database.app.begin() as connection:
            await release(connection, community_id, PLACE)
        await _becomes(database, community_id, expected)
    worker.cancel()
    await asyncio.wait([worker])
    async with database.app.begin() as connection:
        await release(connection, community_id, PLACE)
    await asyncio.sleep(1.2)
    assert await _count(database, community_id) == 2  # whoever kept the grid went with the worker


async def test_two_who_release_do_not_wait_for_each_other(database: Database, community_id: int) -> None:
    async with database.app.begin() as first:
        await release(first, community_id, PLACE)
        async with asyncio.timeout(2), database.app.begin() as second:
            await release(second, community_id, PLACE)
        await tiles.refresh_grid(database)
        assert await _count(database, community_id) == 1  # the first has not committed
    await tiles.refresh_grid(database)
    assert await _count(database, community_id) == 2


async def test_two_who_count_at_once_lose_nothing(database: Database, community_id: int) -> None:
    async def publish() -> None:
        for _ in range(20):
            async with database.app.begin() as connection:
                await release(connection, community_id, PLACE)

    async def count() -> None:
        for _ in range(20):
            await tiles.refresh_grid(database)

    await asyncio.gather(publish(), publish(), count(), count())
    await tiles.refresh_grid(database)
    assert await _count(database, community_id) == 40


async def test_the_upkeep_outlasts_a_failure(
    database: Database, community_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh, failures = tiles.refresh_grid, [sa.exc.OperationalError("", None, Exception())]

    async def falling(asked: Database) -> int:
        if failures:
            raise failures.pop()
        return await refresh(asked)

    monkeypatch.setattr(tiles, "refresh_grid", falling)
    keeping = asyncio.create_task(keep_grid(database, every_s=0.05))
    async with database.app.begin() as connection:
        await release(connection, community_id, PLACE)
    await _becomes(database, community_id, 1)
    assert failures == []
    keeping.cancel()
