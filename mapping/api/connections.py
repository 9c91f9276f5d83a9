"""What uvicorn is told of connections: an answer's headers and its body are sent together."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGE = 2**14  # bytes: to copy more costs more than to send it by itself
MANY = 16  # parts of one step


class JoinedWrites:
    """A transport that sends at once what is written in one step of the loop.

    uvicorn writes the headers of an answer and then its body, each of which wakes the client: a seventh of the server's
    time for a small answer, and as much of the client's.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, part: bytes) -> None:
        """Send with what else is written now; something large is not copied."""
        if len(part) >= LARGE:
            self.flush()
            self._transport.write(part)
            return
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(part)
        if len(self._parts) >= MANY:
            self.flush()  # so that the transport can say when it is full

    def close(self) -> None:
        """Send what is written, then close."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send what is written so far."""
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(b"".join(parts))


class Connection(HttpToolsProtocol):
    """uvicorn's own protocol over such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection."""
        self._joined = JoinedWrites(transport)
        super().connection_made(self._joined)  # type: ignore[arg-type]

    def eof_received(self) -> None:
        """Answer a client that says it will send no more: the loop closes the transport next."""
        self._joined.flush()
        super().eof_received()
