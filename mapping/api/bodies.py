"""Request bodies and headers on every route: a size limit, strict JSON, and the security headers."""

import asyncio
import json
from typing import Any, NoReturn

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mapping.api.problems import answer_error
from mapping.errors import FieldError, InvalidInput, TooLarge, TooSlow

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


BODY_SECONDS, PHOTO_SECONDS = 30, 180


def _raw(headers: dict[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers as ASGI carries them."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


_FOR_ALL = _raw({**SECURITY_HEADERS, "Content-Security-Policy": PAGE_POLICY})
# Of a file or a tile the policies of a page say nothing, and on a slow line headers cost time too.
_NO_PAGE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Access-Control-Allow-Origin": "*",
}
_FOR_TILES = _raw(_NO_PAGE)
_FOR_STATIC = _raw({**_NO_PAGE, "Cache-Control": "public, max-age=3600"})


def _headers_for(path: str) -> tuple[tuple[bytes, bytes], ...]:
    if path.startswith("/tiles/"):
        return _FOR_TILES
    return _FOR_STATIC if path.startswith("/static/") else _FOR_ALL


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


async def read_json(request: Request, kind: str = "application/json") -> Any:
    """The body as JSON; NaN, Infinity, bad UTF-8, doubled names and bottomless nesting are refused.

    The type has to be said: a foreign page can then send nothing in a visitor's name without asking first (CORS).

    Raises
    ------
    InvalidInput
        If the body is not JSON.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise InvalidInput("Send JSON.", [FieldError("Content-Type", f"must be {kind}")])
    body = await request.body()
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_refuse_doubles)
    except (ValueError, RecursionError):
        raise InvalidInput(
            "The body is not JSON that can be read.", [FieldError("body", "must be valid, finite, shallow JSON")]
        ) from None


class BodyLimit:
    """ASGI middleware that stops reading a body at a limit and answers 413."""

    def __init__(self, app: ASGIApp, max_bytes: int, max_photo_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_photo_bytes = max_photo_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body as it arrives."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        seen, is_whole = 0, False
        is_photo = scope["method"] == "PUT" and "/photos/" in scope["path"]
        seconds, most = (PHOTO_SECONDS, self.max_photo_bytes) if is_photo else (BODY_SECONDS, self.max_bytes)
        until = asyncio.get_running_loop().time() + seconds
        detail = f"At most {most} bytes are accepted."

        async def counted() -> Message:
            nonlocal seen, is_whole
            if is_whole:
                return await receive()  # what comes now is the client's going
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise TooSlow(f"A body has to arrive within {seconds} seconds.") from None
            seen += len(message.get("body", b""))
            if seen > most:
                raise TooLarge(detail)
            is_whole = not message.get("more_body", False)
            return message

        try:
            declared = dict(scope["headers"]).get(b"content-length", b"0")
            if not declared.isdigit() or int(declared) > most:
                raise TooLarge(detail)
            await self.app(scope, counted, send)
        except (TooLarge, TooSlow) as error:
            await answer_error(Request(scope), error)(scope, receive, send)


def _has_body(scope: Scope) -> bool:
    """Whether a body may follow (RFC 9112 section 6.3)."""
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


class SecurityHeaders:
    """ASGI middleware that sets the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what the route has not set itself."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {name for name, _ in message["headers"]}
                added = (pair for pair in _headers_for(scope["path"]) if pair[0] not in told)
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, with_headers)
