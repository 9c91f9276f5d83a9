"""Routes that are asked most, answered before the framework looks for them.

For a single feature or a kept tile that costs more than the answer. The same addresses stay registered with FastAPI,
which describes them, and answers whatever a direct endpoint leaves to it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mapping.api.problems import DATABASE_ERRORS, answer_error, database_answer
from mapping.errors import MappingError

Endpoint = Callable[..., Awaitable[Response | None]]


@dataclass(frozen=True)
class Direct:
    """An address for GET and HEAD.

    Parameters
    ----------
    path : Pattern
        Of the whole path, with a name for each part that the endpoint takes.
    endpoint : callable
        Takes the request and the parts as text; None leaves the answer to the framework.
    """

    path: re.Pattern[str]
    endpoint: Endpoint


class DirectRoutes:
    """ASGI middleware that answers some addresses itself."""

    def __init__(self, app: ASGIApp, routes: Sequence[Direct]) -> None:
        self.app = app
        self.routes = [(route.path.fullmatch, route.endpoint) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            for match, endpoint in self.routes:
                found = match(scope["path"])
                if found is not None:
                    response = await _answer(Request(scope), endpoint, found.groupdict())
                    if response is not None:
                        await _packing(response, scope)(scope, receive, send)
                        return
        await self.app(scope, receive, send)


def packing(app: ASGIApp) -> ASGIApp:
    """The same, packed by gzip for clients that take it where that is worth it."""
    return GZipMiddleware(app, minimum_size=600, compresslevel=5)


def _packing(response: Response, scope: Scope) -> ASGIApp:
    """The answer itself where nothing is to be packed: to find that out costs the library more than the answer."""
    is_taken = any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
    return packing(response) if is_taken and "content-encoding" not in response.headers else response


async def _answer(request: Request, endpoint: Endpoint, parts: dict[str, str]) -> Response | None:
    try:
        return await endpoint(request, **parts)
    except MappingError as error:
        return answer_error(request, error)
    except DATABASE_ERRORS as error:
        return database_answer(request, error)
