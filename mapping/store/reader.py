"""Bare connections of the public role, for answers that cost the database less than SQLAlchemy would cost beside it."""

import select
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncConnection

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class Reader:
    """A pool of connections that read, each statement by itself.

    Parameters
    ----------
    conninfo : str
        Address, role and options, as libpq writes them.
    size : int
        Connections at the most.
    """

    def __init__(self, conninfo: str, size: int) -> None:
        self._pool = AsyncConnectionPool(
            conninfo,
            min_size=0,
            max_size=size,
            timeout=5,
            open=False,
            check=_refuse_closed,
            kwargs={"autocommit": True},
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One of the connections, given back when its block ends.

        Raises
        ------
        psycopg.OperationalError
            If the database does not answer, or none is free for five seconds.
        """
        if self._pool.closed:
            await self._pool.open()
        async with self._pool.connection() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()


async def beneath(connection: AsyncConnection) -> Connection:
    """The driver's own connection below one of SQLAlchemy, in the same transaction."""
    bare = (await connection.get_raw_connection()).driver_connection
    assert isinstance(bare, psycopg.AsyncConnection)
    return bare


def is_closed(connection: Any) -> bool:
    """Whether the server has closed a psycopg connection: an idle socket has nothing to read.

    Costs microseconds, where asking the server costs a round trip of every request.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _refuse_closed(connection: Connection) -> None:
    if is_closed(connection):
        await connection.close()  # or the pool, which has not noticed, would offer it again
        raise psycopg.OperationalError


async def first_row(connection: Connection, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row of an answer, or None; of each text a statement is prepared by the driver."""
    return await (await connection.execute(statement.encode(), values, binary=True)).fetchone()
