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

LATE = b"GET /late HTTP/1.1\r\nHost: here\r\n\r\n"
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


async def headers(request: Request) -> PlainTextResponse:
    await request.body()
    return PlainTextResponse(str(request.headers.items()))


async def late(_: Request) -> PlainTextResponse:
    await asyncio.sleep(0.3)
    return PlainTextResponse("x" * LARGE_BYTES)


ROUTES = [Route(f"/{endpoint.__name__}", endpoint) for endpoint in (short, parts, large, late)]
ROUTES.append(Route("/headers", headers, methods=["POST"]))


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = Starlette(routes=ROUTES)
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


async def test_the_rest_of_a_body_is_no_head(port: int) -> None:
    """A request may be answered before its body is there; what follows on the connection is answered as ever."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"PUT /short HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n")
    assert (await reader.readuntil(b"Method Not Allowed\r\n")).startswith(b"HTTP/1.1 405")
    await reader.readuntil(b"\r\n\r\nMethod Not Allowed")
    for _ in range(20):
        writer.write(b"x" * 10_000)
        await asyncio.sleep(0.01)
    writer.write(b"GET /short HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_whoever_sends_no_rest_of_a_body_is_left(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.api.connections.REST_S", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"PUT /short HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n")
    await reader.readuntil(b"\r\n\r\nMethod Not Allowed")
    writer.write(b"x")
    async with asyncio.timeout(3):
        assert await reader.read() == b""
    writer.close()


async def test_many_requests_and_the_beginning_of_another_are_no_large_head(port: int) -> None:
    one = b"GET /short HTTP/1.1\r\nHost: here\r\n\r\n"
    count = 2 * HEAD_BYTES // len(one)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(one * count + one[:10])
    await asyncio.sleep(0.2)
    writer.write(one[10:].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    answers = await reader.read()
    assert answers.count(b"HTTP/1.1 200") == count + 1
    writer.close()


async def test_heads_that_come_in_time_are_never_cut(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.api.connections.HEAD_S", 0.5)
    one = b"GET /short HTTP/1.1\r\nHost: here\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(one[:10])
    for _ in range(6):
        await asyncio.sleep(0.2)
        writer.write(one[10:] + one[:10])
        assert (await reader.readuntil(b"body")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_what_is_no_request_leaves_no_trace(port: int, caplog: pytest.LogCaptureFixture) -> None:
    for odd in (b"CONNECT a:80 HTTP/1.1\r\n\r\n", b"GET http:// HTTP/1.1\r\nHost: h\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(odd)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_client_that_sends_no_more_gets_all_of_a_large_answer(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /late HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    writer.write_eof()
    assert len(await reader.read()) > LARGE_BYTES
    writer.close()


async def test_a_trailer_says_nothing_of_the_request(port: int) -> None:
    """What follows a body is no part of its head: an address or a token there would be believed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST /headers HTTP/1.1\r\nHost: here\r\nConnection: close\r\nX-Forwarded-For: 9.9.9.9\r\n"
    writer.write(
        head + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nToken: t\r\n\r\n"
    )
    answer = await reader.read()
    assert b"9.9.9.9" in answer
    assert b"6.6.6.6" not in answer
    assert b"token" not in answer.lower()
    writer.close()


@pytest.mark.parametrize(
    "before", [b"POST /short HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", LATE + b"GET"]
)
async def test_fields_without_end_are_not_taken(port: int, before: bytes) -> None:
    """Neither in a trailer nor while something is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(before + (b" /short HTTP/1.1\r\nHost: here\r\n" if before.endswith(b"GET") else b""))
    sent = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(3):
            while sent < 20_000_000:
                writer.write(b"X-a: " + b"x" * 10_000 + b"\r\n")
                await writer.drain()
                sent += 10_000
    assert sent < 15_000_000, "what the systems on both sides keep of a connection, and no more"
    writer.transport.abort()
    del reader


async def test_a_client_gone_within_its_body_is_left_at_once(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /headers HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nabc")
    writer.write_eof()
    async with asyncio.timeout(3):
        assert await reader.read() == b""
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
