"""Bare connections, for statements that cost the database less than SQLAlchemy would cost beside it."""

import asyncio
import contextlib
import logging
import re
import select
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import DatabaseAway

# What libpq reads itself, and the server would not know.
_OF_LIBPQ = ("connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
             "tcp_user_timeout", "channel_binding", "gssencmode", "client_encoding")  # fmt: skip
# A connection that the server has closed while it was idle: what is told of it depends on how much was read of that.
_CLOSED = (asyncpg.ConnectionDoesNotExistError, asyncpg.InternalClientError, asyncpg.InterfaceError)
# What psycopg calls operational: too slow for a timeout, going down, out of room, in one another's way, or closed.
_AWAY = (
    *_CLOSED,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.ProgramLimitExceededError,
    asyncpg.exceptions.PostgresSystemError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.ObjectNotInPrerequisiteStateError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,
    TimeoutError,
)
WAIT_S, CONNECT_S = 5, 5
STATEMENTS = (
    24  # prepared a connection: half a megabyte of the server's memory each, and every filter is one of its own
)
_NAMED = re.compile(r"%\((\w+)\)s|%%")
_log = logging.getLogger(__name__)


class Rows(Protocol):
    """What answers a statement with its first row: a pool, one snapshot of it, or a transaction of SQLAlchemy."""

    async def first_row(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of an answer, or None; the statement has `%(name)s` where a value is bound."""


class BarePool:
    """A pool of connections; each statement is a transaction by itself.

    What is asked may be asked again where a connection turns out to be closed: a statement that writes has to be one
    that may come twice.

    Parameters
    ----------
    url : sqlalchemy.URL
        Address and role; what else its query holds is set when a connection begins.
    size : int
        Connections at the most.
    timeout_s : float
        Within which a statement has to be answered, whatever has become of the server.
    """

    def __init__(self, url: sa.URL, size: int, timeout_s: float) -> None:
        told = url.set(drivername="postgresql").difference_update_query(_OF_LIBPQ)
        self._dsn, self._timeout_s = told.render_as_string(hide_password=False), timeout_s
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Any] = []
        self._is_closed = False

    async def first_row(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of an answer, or None; a statement is prepared once a connection.

        Raises
        ------
        DatabaseAway
            If the database does not answer in time, or no connection is free within five seconds.
        """
        with _said_if_away():
            try:
                return await self._first_row(statement, values)
            except _CLOSED:
                return await self._first_row(statement, values)

    async def _first_row(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        connection = await self._take()
        try:
            return await _first_row(connection, statement, values)
        except _CLOSED as error:
            if not isinstance(error, ValueError):  # a value that the driver cannot write leaves it as it is
                for closed in (connection, *self._idle):  # one that was closed is seldom the only one
                    closed.terminate()
            raise
        finally:
            self._give_back(connection)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Rows]:
        """Rows of the database as it is now, however long it takes to ask for them; raises as `first_row`."""
        with _said_if_away():
            connection = await self._take()
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield _Snapshot(connection)
            except BaseException:
                connection.terminate()  # broken off while it began, the transaction would go on with the next user
                raise
            finally:
                self._give_back(connection)

    async def _take(self) -> Any:
        """The connection used last, or a new one."""
        async with asyncio.timeout(WAIT_S) if self._slots.locked() else contextlib.nullcontext():
            await self._slots.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
            return await asyncpg.connect(
                self._dsn,
                command_timeout=self._timeout_s,
                timeout=CONNECT_S,
                statement_cache_size=STATEMENTS,
                max_cached_statement_lifetime=0,
            )
        except BaseException as error:
            self._slots.release()
            if isinstance(error, OSError):  # of which TimeoutError is one
                raise _unavailable(error) from error
            raise

    def _give_back(self, connection: Any) -> None:
        """What was broken off is waited for by the driver, before it asks the next thing."""
        self._slots.release()
        if self._is_closed:
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append(connection)

    async def close(self) -> None:
        """Close the connections, those in use when they are given back; one that does not answer is broken off."""
        self._is_closed = True
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.close(timeout=CONNECT_S)
            except (TimeoutError, *_CLOSED):
                connection.terminate()


class _Snapshot:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def first_row(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        return await _first_row(self._connection, statement, values)


class InTransaction:
    """Statements within the transaction of a connection of SQLAlchemy."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def first_row(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of an answer, or None."""
        return (await self._connection.exec_driver_sql(statement, dict(values))).first()


async def _first_row(connection: Any, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
    text, names = numbered_statement(statement)
    row: Sequence[Any] | None = await connection.fetchrow(text, *[values[name] for name in names])
    return row


@lru_cache(maxsize=1024)
def numbered_statement(statement: str) -> tuple[str, tuple[str, ...]]:
    """A statement with `$1`, `$2`, … for its `%(name)s`, and the names in that order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] is None:
            return "%"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _NAMED.sub(number, statement), tuple(names)


@contextlib.contextmanager
def _said_if_away() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        if isinstance(error, ValueError):  # a value that the driver cannot write: the fault is ours
            raise
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> DatabaseAway:
    _log.error("database does not answer: %s", type(error).__name__)
    return DatabaseAway()


def is_closed(connection: Any) -> bool:
    """Whether the server has closed a psycopg connection: an idle socket has nothing to read.

    Costs microseconds, where asking the server costs a round trip of every request.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
