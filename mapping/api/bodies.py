"""Request bodies and headers on every route: a size limit, strict JSON, and the security headers."""

import json
from typing import Any, NoReturn

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mapping.api.problems import problem
from mapping.errors import FieldError, InvalidInput, TooLarge

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


async def read_json(request: Request) -> Any:
    """The body as JSON; NaN, Infinity, bad UTF-8 and bottomless nesting are refused.

    Raises
    ------
    InvalidInput
        If the body is not JSON.
    """
    body = await request.body()
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidInput(
            "The body is not JSON that can be read.", [FieldError("body", "must be valid, finite, shallow JSON")]
        ) from None


class BodyLimit:
    """ASGI middleware that stops reading a body at a limit and answers 413."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body as it arrives."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = 0
        detail = f"At most {self.max_bytes} bytes are accepted."

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_bytes:
                raise TooLarge(detail)
            return message

        try:
            declared = dict(scope["headers"]).get(b"content-length", b"0")
            if not declared.isdigit() or int(declared) > self.max_bytes:
                raise TooLarge(detail)
            await self.app(scope, counted, send)
        except TooLarge as error:
            await problem(error.status, error.code, error.title, error.detail)(scope, receive, send)


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
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                if scope["path"].startswith("/static/"):
                    headers.setdefault("Access-Control-Allow-Origin", "*")
                    headers.setdefault("Cache-Control", "public, max-age=3600")
            await send(message)

        await self.app(scope, receive, with_headers)
