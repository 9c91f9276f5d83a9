"""Sixteen clients that ask a server, or the database itself, as fast as they are answered."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg
import httptools
import numpy as np

from mapping.store.bare import numbered_statement

CLIENTS, SECONDS, WARM_UP_S = 16, 2.0, 1.0
Request = Callable[[int], bytes]
Statement = Callable[[int], tuple[str, Mapping[str, object]]]


@dataclass(frozen=True)
class Rate:
    """Answers a second, the median and 99th percentile of their milliseconds, and how many there were.

    `answered` counts those of the warm-up as well; `following` is the number of the first request not sent.
    """

    a_second: float
    p50_ms: float
    p99_ms: float
    answered: int
    following: int


def get(paths: list[str], headers: Callable[[int], str] = lambda _: "") -> Request:
    """Requests for some addresses, over and over; a header ends with its line."""
    made = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{headers(number)}\r\n".encode()
        for number, path in enumerate(paths)
    ]
    return lambda number: made[number % len(made)]


class _Client(asyncio.Protocol):
    """One client that keeps its connection and asks again when it is answered.

    It does as little as a client can: what it takes of the processor, the server and the database do without.
    """

    def __init__(self, request: Request, allowed: set[int], until: float, number: int, spans: list[float]) -> None:
        self._request, self._allowed, self._until, self._number, self._spans = request, allowed, until, number, spans
        self._parser = httptools.HttpResponseParser(self)
        self.following: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def itself(self) -> "_Client":
        """What the loop makes of a connection."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request(self._number))

    def on_message_complete(self) -> None:
        """Called by the parser: the whole answer is there."""
        now = time.perf_counter()
        self._spans.append(now - self._began)
        if self._parser.get_status_code() not in self._allowed:
            self.following.set_exception(AssertionError(f"answered with {self._parser.get_status_code()}"))
            self._transport.abort()
            return
        self._number += CLIENTS
        if now < self._until:
            self._ask()
        else:
            self.following.set_result(self._number)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.following.done():
            self.following.set_exception(error or ConnectionResetError("the server closed the connection"))


def ask_server(port: int, request: Request, *, statuses: tuple[int, ...] = (200,), first: int = 0) -> Rate:
    """How fast a server answers.

    Parameters
    ----------
    port : int
        Of the server on 127.0.0.1.
    request : callable
        The bytes of a request by its number.
    statuses : tuple of int
        One of which every answer must have.
    first : int
        Number of the first request.
    """

    async def run(seconds: float, numbers: list[int]) -> tuple[list[float], list[int]]:
        spans: list[float] = []
        loop, until = asyncio.get_running_loop(), time.perf_counter() + seconds
        clients = [_Client(request, {*statuses}, until, number, spans) for number in numbers]
        for client in clients:
            await loop.create_connection(client.itself, "127.0.0.1", port)
        return spans, [await client.following for client in clients]

    before, numbers = asyncio.run(run(WARM_UP_S, [first + n for n in range(CLIENTS)]))
    spans, numbers = asyncio.run(run(SECONDS, numbers))
    p50, p99 = (1e3 * float(np.quantile(spans, share)) for share in (0.5, 0.99))
    return Rate(len(spans) / SECONDS, p50, p99, len(before) + len(spans), max(numbers))


def ask_database(dsn: str, statement: Statement) -> float:
    """How many times a second the database answers bare statements from as many connections, by the same driver."""

    async def repeat(connection: asyncpg.Connection, until: float, first: int) -> int:
        count = 0
        while time.monotonic() < until:
            text, values = statement(first + count * CLIENTS)
            numbered, names = numbered_statement(text)
            await connection.fetchrow(numbered, *[values[name] for name in names])
            count += 1
        return count

    async def run() -> float:
        opened = [await asyncpg.connect(dsn) for _ in range(CLIENTS)]
        await asyncio.gather(*(repeat(one, time.monotonic() + WARM_UP_S, n) for n, one in enumerate(opened)))
        until = time.monotonic() + SECONDS
        total = sum(await asyncio.gather(*(repeat(one, until, n) for n, one in enumerate(opened))))
        for one in opened:
            await one.close()
        return total / SECONDS

    return asyncio.run(run())
