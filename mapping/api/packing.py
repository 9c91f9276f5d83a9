"""Answers and files packed for clients that take them so."""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def takes(accept_encoding: str, coding: str) -> bool:
    """Whether a client that says so takes a coding by its name (RFC 9110 section 12.5.3)."""
    for part in accept_encoding.replace(" ", "").lower().split(","):
        name, _, weight = part.partition(";q=")
        if name == coding:
            return weight.rstrip("0.") != "" if weight else True
    return False


class Packing:
    """ASGI middleware that packs by gzip where the client takes it and it is worth it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer packed, or as it is: for the library to find that out costs more than many an answer."""
        is_taken = scope["type"] == "http" and any(
            name == b"accept-encoding" and takes(value.decode("latin-1"), "gzip") for name, value in scope["headers"]
        )
        if not is_taken:
            await self.app(scope, receive, send)
            return

        async def varying_once(message: Message) -> None:
            if message["type"] == "http.response.start":
                _name_once(MutableHeaders(raw=message["headers"]))
            await send(message)

        await GZipMiddleware(self.app, minimum_size=600, compresslevel=5)(scope, receive, varying_once)


def _name_once(headers: MutableHeaders) -> None:
    """Leave out of `Vary` what the library adds although it is there."""
    vary = headers.get("vary", "")
    if vary.count("Accept-Encoding") > 1:
        headers["Vary"] = ", ".join(dict.fromkeys(vary.replace(" ", "").split(",")))


class PackedFiles(StaticFiles):
    """Files that are there packed too (`.br`), for browsers that take them so."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, packed where it may be."""
        is_taken = takes(Headers(scope=scope).get("accept-encoding", ""), "br")
        packed, found = await asyncio.to_thread(self.lookup_path, f"{path}.br") if is_taken else ("", None)
        if found is None:
            return await super().get_response(path, scope)
        response = self.file_response(packed, found, scope)
        response.headers.update({"Content-Encoding": "br", "Vary": "Accept-Encoding"})
        return response
