"""Routes that are asked most, answered before the framework looks for them.

For a single feature or a kept tile that costs more than the answer. The same addresses stay registered with FastAPI,
which describes them, and answers whatever a direct endpoint leaves to it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mapping.api.packing import Packing
from mapping.api.problems import DATABASE_ERRORS, answer_error, database_answer
from mapping.errors import MappingError

Endpoint = Callable[..., Awaitable[Response | None]]


@dataclass(frozen=True)
class Direct:
    """An address.

    Parameters
    ----------
    path : Pattern
        Of the whole path, with a name for each part that the endpoint takes.
    endpoint : callable
        Takes the request and the parts as text; None leaves the answer to the framework.
    methods : tuple of str
        Any other is left to the framework.
    """

    path: re.Pattern[str]
    endpoint: Endpoint
    methods: tuple[str, ...] = ("GET", "HEAD")


class DirectRoutes:
    """ASGI middleware that answers some addresses itself."""

    def __init__(self, app: ASGIApp, routes: Sequence[Direct]) -> None:
        self.app = app
        methods = {method for route in routes for method in route.methods}
        self.routes = {
            method: [(route.path.fullmatch, route.endpoint) for route in routes if method in route.methods]
            for method in methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http":
            for match, endpoint in self.routes.get(scope["method"], ()):
                found = match(scope["path"])
                if found is not None:
                    response = await _answer(Request(scope, receive), endpoint, found.groupdict())
                    if response is not None:
                        is_packed = "content-encoding" in response.headers
                        await (response if is_packed else Packing(response))(scope, receive, send)
                        return
        await self.app(scope, receive, send)


async def _answer(request: Request, endpoint: Endpoint, parts: dict[str, str]) -> Response | None:
    try:
        return await endpoint(request, **parts)
    except MappingError as error:
        return answer_error(request, error)
    except DATABASE_ERRORS as error:
        return database_answer(request, error)
