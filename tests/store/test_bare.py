"""The pool of bare connections, on the real database."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import asyncpg
import pytest
import sqlalchemy as sa

from mapping.errors import DatabaseAway
from mapping.store.bare import BarePool
from mapping.store.database import Database

PID = "SELECT pg_backend_pid(), pg_sleep(%(seconds)s)"
SIZE = 3


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[BarePool]:
    opened = BarePool(sa.make_url(database.owner_url), SIZE, 5)
    yield opened
    await opened.close()


async def pid(pool: BarePool, seconds: float = 0) -> int:
    row = await pool.first_row(PID, {"seconds": seconds})
    assert row is not None
    return int(row[0])


async def test_one_at_a_time_takes_one_connection_and_there_are_never_more_than_its_size(pool: BarePool) -> None:
    assert len({await pid(pool) for _ in range(5)}) == 1
    together = await asyncio.gather(*(pid(pool, 0.05) for _ in range(4 * SIZE)))
    assert len({*together}) == SIZE


async def test_whoever_finds_no_connection_free_is_told(pool: BarePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.store.bare.WAIT_S", 0.05)
    answers = await asyncio.gather(*(pid(pool, 0.4) for _ in range(SIZE + 1)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(DatabaseAway) == 1
    assert await pid(pool)


async def test_an_error_and_whoever_hangs_up_cost_no_connection(pool: BarePool) -> None:
    for _ in range(2 * SIZE):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await pool.first_row("SELECT 1 / %(zero)s::integer", {"zero": 0})
        hasty = asyncio.ensure_future(pid(pool, 30))
        await asyncio.sleep(0.02)
        hasty.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hasty
    async with asyncio.timeout(2):
        assert await asyncio.gather(*(pid(pool) for _ in range(SIZE)))


async def test_a_value_that_cannot_be_written_is_no_fault_of_the_connection(pool: BarePool) -> None:
    before = await pid(pool)
    with pytest.raises(asyncpg.DataError):
        await pool.first_row("SELECT %(number)s::integer", {"number": "many"})
    assert await pid(pool) == before


async def test_a_snapshot_sees_what_was_there_when_it_began(pool: BarePool, community_id: int) -> None:
    count = "SELECT count(*) FROM mapping.erasures WHERE community_id = %(town)s"
    erase = "INSERT INTO mapping.erasures (community_id, report_id) VALUES (%(town)s, gen_random_uuid()) RETURNING 1"
    town = {"town": community_id}
    async with pool.snapshot() as rows:
        before = await rows.first_row(count, town)
        await pool.first_row(erase, town)
        assert await rows.first_row(count, town) == before == (0,)
    assert await pool.first_row(count, town) == (1,)


async def test_a_snapshot_that_is_broken_off_leaves_no_transaction(pool: BarePool) -> None:
    async def look() -> None:
        async with pool.snapshot() as rows:
            await rows.first_row(PID, {"seconds": 0})

    for number in range(30):
        hasty = asyncio.ensure_future(look())
        await asyncio.sleep(0.0005 * (number % 6))
        hasty.cancel()
        await asyncio.gather(hasty, return_exceptions=True)
    for _ in range(SIZE):
        row = await pool.first_row("SELECT current_setting('transaction_read_only')", {})
        assert row == ("off",)


async def test_a_connection_in_use_is_closed_when_it_is_given_back(database: Database, pool: BarePool) -> None:
    asked = asyncio.ensure_future(pid(pool, 0.2))
    await asyncio.sleep(0.05)
    await pool.close()
    backend = await asked
    other = BarePool(sa.make_url(database.owner_url), 1, 5)
    is_there = "SELECT count(*) FROM pg_stat_activity WHERE pid = %(pid)s"
    async with asyncio.timeout(3):
        while await other.first_row(is_there, {"pid": backend}) != (0,):
            await asyncio.sleep(0.02)
    await other.close()


async def test_a_server_that_does_not_answer_is_left_all_the_same(
    database: Database, pool: BarePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.cluster is None:
        pytest.skip("only a process of the embedded cluster may be stopped")
    monkeypatch.setattr("mapping.store.bare.CONNECT_S", 0.3)
    backend = await pid(pool)
    os.kill(backend, signal.SIGSTOP)
    try:
        async with asyncio.timeout(3):
            await pool.close()
    finally:
        os.kill(backend, signal.SIGCONT)
