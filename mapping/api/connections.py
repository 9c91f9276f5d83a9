"""What uvicorn is told of connections: answers are sent in one piece, and requests have to begin in time and bounds."""

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGE = 2**16  # bytes: to copy more costs more than to send it by itself
MANY = 16  # parts of one step
HEAD_S = 10.0  # within which the head of a request has to be there, the first as soon as the connection is made
HEAD_BYTES = 2**16  # of a head that is not complete yet, beside what came together with a request before it
REST_S = 30.0  # within which the rest of a body has to be there whose request is answered already
READ_S, READ_BYTES = 120.0, 2**13  # whoever reads less of what waits for them in that time is left
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: what is not sent is thrown away
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
Part = bytes | bytearray | memoryview
RequestPart = Literal["none", "head", "body"]


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
            opened = self._transport.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)  # or the system would keep it all
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
    """uvicorn's own protocol over such a transport; whoever sends no request, or no end of one, is left.

    So is whoever does not read: see `JoinedWrites`.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection."""
        assert isinstance(transport, asyncio.Transport)
        self._joined = JoinedWrites(transport)
        self._part: RequestPart = "none"
        self._has_begun = self._is_mixed = False  # by what came last: a request, and with the end of another
        self._head_bytes = self._trailer_bytes = 0
        self._awaited: RequestPart | None = None
        self._deadline: asyncio.TimerHandle | None = None
        super().connection_made(self._joined)
        self._await("none")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._await(None)
        self._joined.end_watch()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Called by the parser: a request begins."""
        self._part, self._has_begun, self._trailer_bytes = "head", True, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser: a field of the head, or of the trailer after a body, which is never one of the head.

        uvicorn would add it to what the request is read by, and a sender forge an address a proxy had told.
        """
        if self._part == "head":
            super().on_header(name, value)
            return
        self._trailer_bytes += len(name) + len(value)
        if self._trailer_bytes > HEAD_BYTES:
            self._joined.abort()

    def on_headers_complete(self) -> None:
        """Called by the parser: the head of a request is there."""
        self._part, self._is_mixed = "body", True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Called by the parser: the whole request is there."""
        self._part, self._is_mixed = "none", True
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Read on, and hold what is not complete to its bounds."""
        self._has_begun = self._is_mixed = False
        super().data_received(data)
        awaited = self._what_is_awaited()
        if awaited != self._awaited or self._has_begun:
            self._await(awaited)
        if awaited == "head" and not self._is_mixed:
            self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and not self._is_answered():
            self.flow.pause_reading()  # until what came before is answered
        elif self._head_bytes > HEAD_BYTES and not self._joined.is_closing():
            self._joined.write(_TOO_LARGE)
            self._joined.close()

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _what_is_awaited(self) -> RequestPart | None:
        """The part of a request that somebody has to be waited for, but for bodies, which those who read them bound.

        Between requests uvicorn has a timer of its own; it ends it when anything comes, line ends too.
        """
        if self._part == "head":
            return "head"
        if not self._is_answered():
            return None
        return None if self._part == "none" and self.timeout_keep_alive_task is not None else self._part

    def _await(self, awaited: RequestPart | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._awaited, self._deadline, self._head_bytes = awaited, None, 0
        self._set_deadline()

    def _set_deadline(self) -> None:
        if self._awaited is not None:
            self._deadline = self.loop.call_later(REST_S if self._awaited == "body" else HEAD_S, self._leave)

    def _leave(self) -> None:
        """Close, unless something is being answered."""
        if self._is_answered():
            self._joined.close()
        else:
            self._set_deadline()

    def eof_received(self) -> Any:  # uvicorn's says None; the loop closes at once unless it is told True
        """Answer a client that says it will send no more; uvicorn closes a while after."""
        self._joined.flush()
        super().eof_received()
        is_whole = self._part != "body"  # or what is missing of it can never come
        return is_whole and not self._is_answered()
