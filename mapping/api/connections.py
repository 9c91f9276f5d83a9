"""What uvicorn is told of connections: answers are sent in one piece, and requests have to begin in time and bounds."""

import asyncio
import fcntl
import sys
import termios
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGE = 2**16  # bytes: to copy more costs more than to send it by itself
MANY = 16  # parts of one step
HEAD_S = 10.0  # within which the head of a request has to be there, the first as soon as the connection is made
HEAD_BYTES = 2**16  # of a head that is not complete yet
READ_S, READ_BYTES = 30.0, 2**13  # whoever reads less of what waits for them in that time is left: 2 kbit/s
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
Part = bytes | bytearray | memoryview


class JoinedWrites(asyncio.Transport):
    """A transport that sends at once what is written in one step of the loop.

    uvicorn writes the headers of an answer and then its body, each of which wakes the client: a seventh of the server's
    time for a small answer, and as much of the client's. What else uvicorn asks of a transport is passed on.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[Part] = []
        self._written = 0
        self._watch: asyncio.TimerHandle | None = None

    def write(self, data: Part) -> None:
        """Send with what else is written now; something large is not copied."""
        if len(data) >= LARGE:
            self.flush()
            self._send(data)
            return
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)
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
            self._send(b"".join(parts))

    def _send(self, data: Part) -> None:
        self._transport.write(data)
        self._written += len(data)
        if self._watch is None and self._transport.get_write_buffer_size():
            self._look_again()

    def _look_again(self) -> None:
        self._watch = self._loop.call_later(READ_S, self._leave_if_unread, self._arrived())

    def _arrived(self) -> int:
        """Bytes that the client's system has taken: what ours keeps of them is freed in far greater steps."""
        kept = fcntl.ioctl(self._transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        return self._written - self._transport.get_write_buffer_size() - int.from_bytes(kept, sys.byteorder)

    def _leave_if_unread(self, before: int) -> None:
        """Break off where the client takes next to nothing of what waits for it in our memory."""
        self._watch = None
        if not self._transport.get_write_buffer_size():
            return
        if self._arrived() < before + READ_BYTES:
            self._transport.abort()
        else:
            self._look_again()

    def end_watch(self) -> None:
        """The connection is gone."""
        if self._watch is not None:
            self._watch.cancel()

    def abort(self) -> None:
        """Break off at once."""
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed, or will be once everything is sent."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have another protocol take what comes."""
        self._transport.set_protocol(protocol)

    def pause_reading(self) -> None:
        """Let what comes wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take what comes."""
        self._transport.resume_reading()


class Connection(HttpToolsProtocol):
    """uvicorn's own protocol over such a transport; whoever sends no request, or no end of its head, is left.

    So is whoever does not read: see `JoinedWrites`.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection."""
        assert isinstance(transport, asyncio.Transport)
        self._joined = JoinedWrites(transport)
        self._head_bytes, self._is_in_head = 0, True
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(HEAD_S, self._joined.close)
        super().connection_made(self._joined)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._end_deadline()
        self._joined.end_watch()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Called by the parser: a request begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Called by the parser: the head of a request is there."""
        self._is_in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read on, and hold a head that is not complete to its bounds."""
        super().data_received(data)
        if not (self._is_in_head or self._is_idle()):
            self._end_deadline()
            return
        self._head_bytes += len(data)
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_S, self._joined.close)
        if self._head_bytes > HEAD_BYTES and not self._joined.is_closing():
            self._joined.write(_TOO_LARGE)
            self._joined.close()

    def _is_idle(self) -> bool:
        """Whether what came is between requests: uvicorn has ended its own timer then, and sets no other."""
        return self.cycle.response_complete and self.timeout_keep_alive_task is None

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline, self._head_bytes = None, 0

    def eof_received(self) -> None:
        """Answer a client that says it will send no more: the loop closes the transport next."""
        self._joined.flush()
        super().eof_received()
