"""Sixteen clients that ask a server, or the database itself, as fast as they are answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
import psycopg

CLIENTS, SECONDS, WARM_UP_S = 16, 2.0, 1.0
Request = Callable[[int], bytes]
Statement = Callable[[int], tuple[str, dict[str, object]]]


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


async def _ask(port: int, request: Request, allowed: set[bytes], until: float, first: int, spans: list[float]) -> int:
    """One client that keeps its connection; gives the number of the request it would send next."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**21)
    number = first
    while time.monotonic() < until:
        began = time.perf_counter()
        writer.write(request(number))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = head.split(b" ", 2)[1]
        assert status in allowed, head
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if b"content-length" in fields:
            await reader.readexactly(int(fields[b"content-length"]))
        elif status not in (b"204", b"304"):
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        spans.append(time.perf_counter() - began)
        number += CLIENTS
    writer.close()
    return number


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
        allowed = {str(status).encode() for status in statuses}
        until = time.monotonic() + seconds
        return spans, await asyncio.gather(*(_ask(port, request, allowed, until, n, spans) for n in numbers))

    before, numbers = asyncio.run(run(WARM_UP_S, [first + n for n in range(CLIENTS)]))
    spans, numbers = asyncio.run(run(SECONDS, numbers))
    p50, p99 = (1e3 * float(np.quantile(spans, share)) for share in (0.5, 0.99))
    return Rate(len(spans) / SECONDS, p50, p99, len(before) + len(spans), max(numbers))


def ask_database(conninfo: str, statement: Statement) -> float:
    """How many times a second the database answers bare statements, from as many connections."""

    async def repeat(connection: psycopg.AsyncConnection[tuple[object, ...]], until: float, first: int) -> int:
        count = 0
        while time.monotonic() < until:
            text, values = statement(first + count * CLIENTS)
            await (await connection.execute(text.encode(), values, binary=True)).fetchone()
            count += 1
        return count

    async def together(work: list[Awaitable[int]]) -> int:
        return sum(await asyncio.gather(*work))

    async def run() -> float:
        opened = [await psycopg.AsyncConnection.connect(conninfo, autocommit=True) for _ in range(CLIENTS)]
        await together([repeat(one, time.monotonic() + WARM_UP_S, n) for n, one in enumerate(opened)])
        until = time.monotonic() + SECONDS
        total = await together([repeat(one, until, n) for n, one in enumerate(opened)])
        for one in opened:
            await one.close()
        return total / SECONDS

    return asyncio.run(run())
