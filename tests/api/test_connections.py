"""Answers as they come over a connection, from a server on 127.0.0.1."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from mapping.api.connections import HEAD_BYTES, LARGE, MANY, Connection

PARTS = [b"first,", b"x" * (3 * LARGE), *[b"%d," % number for number in range(3 * MANY)], b"last"]

LARGE_BYTES = 8_000_000  # more than the system keeps of a connection


async def short(_: Request) -> PlainTextResponse:
    return PlainTextResponse("body")


async def parts(_: Request) -> StreamingResponse:
    async def told() -> AsyncIterator[bytes]:
        for part in PARTS:
            yield part

    return StreamingResponse(told())


async def large(_: Request) -> PlainTextResponse:
    return PlainTextResponse("x" * LARGE_BYTES)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/short", short), Route("/parts", parts), Route("/large", large)])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="error", lifespan="off"))
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


async def ask(port: int, *requests: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("".join(f"{request} HTTP/1.1\r\nHost: here\r\n\r\n" for request in requests[:-1]).encode())
    writer.write(f"{requests[-1]} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_headers_and_a_short_body_come_in_one_piece(port: int) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setblocking(False)
        for _ in range(20):
            await loop.sock_sendall(client, b"GET /short HTTP/1.1\r\nHost: here\r\n\r\n")
            piece = await loop.sock_recv(client, 10_000)
            assert piece.startswith(b"HTTP/1.1 200")
            assert piece.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize("path", ["/short", "/nothing"])
async def test_a_client_that_sends_no_more_is_answered(port: int, path: str) -> None:
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        writer.write_eof()
        assert (await reader.read()).startswith(b"HTTP/1.1 ")
        writer.close()


async def test_nothing_is_lost_or_crossed(port: int) -> None:
    answer = await ask(port, "HEAD /short", "GET /parts", "GET /nothing", "GET /short")
    assert answer.count(b"HTTP/1.1 ") == 4
    head, streamed, missing, last = answer.split(b"HTTP/1.1 ")[1:]
    assert head.endswith(b"\r\n\r\n")
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in PARTS)
    assert streamed.split(b"\r\n\r\n", 1)[1] == chunks + b"0\r\n\r\n"
    assert missing.endswith(b"Not Found")
    assert last.endswith(b"\r\n\r\nbody")
    assert b"connection: close" in last


@pytest.mark.parametrize(
    "sent", ["", "GET /short HT", "GET /short HTTP/1.1\r\nHost: here\r\n\r\nGET /short HTTP/1.1\r\nHo"]
)
async def test_whoever_sends_no_whole_head_is_left(port: int, monkeypatch: pytest.MonkeyPatch, sent: str) -> None:
    monkeypatch.setattr("mapping.api.connections.HEAD_S", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent.encode())
    async with asyncio.timeout(3):
        answer = await reader.read()
    assert answer.count(b"HTTP/1.1 200") == sent.count("\r\n\r\n")
    writer.close()


async def test_whoever_waits_between_requests_is_not(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.api.connections.HEAD_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"GET /short HTTP/1.1\r\nHost: here\r\n\r\n")
        assert (await reader.readuntil(b"body")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0.3)
    writer.close()


async def test_whoever_sends_line_ends_after_an_answer_is_left(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.api.connections.HEAD_S", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /short HTTP/1.1\r\nHost: here\r\n\r\n")
    await reader.readuntil(b"body")

    async def send() -> None:
        while True:
            writer.write(b"\r\n")
            await asyncio.sleep(0.05)

    sending = asyncio.ensure_future(send())
    async with asyncio.timeout(3):
        assert await reader.read() == b""
    sending.cancel()
    writer.close()


async def test_whoever_does_not_read_is_left_and_whoever_reads_slowly_is_not(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mapping.api.connections.READ_S", 0.4)
    loop = asyncio.get_running_loop()
    for waits_s, is_whole in (((), True), ([0.02] * 100, True), ([2.0], False)):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", port))
            await loop.sock_sendall(client, b"GET /large HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            read = 0
            waits = iter(waits_s)
            await asyncio.sleep(next(waits, 0))
            async with asyncio.timeout(30):
                with contextlib.suppress(ConnectionResetError):
                    while piece := await loop.sock_recv(client, 2**17):
                        read += len(piece)
                        await asyncio.sleep(next(waits, 0))
        assert (read > LARGE_BYTES) == is_whole, waits_s


async def test_a_head_without_end_is_refused(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /short HTTP/1.1\r\nHost: here\r\n")
    async with asyncio.timeout(5):
        for number in range(HEAD_BYTES // 1000 + 2):
            writer.write(b"X-%d: %b\r\n" % (number, b"x" * 1000))
            await asyncio.sleep(0)
        assert (await reader.readline()).startswith(b"HTTP/1.1 431")
    writer.close()
