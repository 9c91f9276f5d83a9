"""Routes that are asked most, taken before FastAPI looks through its routers and without its injection.

For a single feature those cost more than the query. The same addresses stay registered with FastAPI, which describes
them.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def direct(path: str, endpoint: Callable[..., Awaitable[Response]]) -> Route:
    """A route for GET and HEAD that gives the endpoint the request and the parts of the path.

    Parameters
    ----------
    path : str
        As Starlette writes it; parts are text unless a convertor is named.
    endpoint : callable
        Takes the request, and every part of the path by name.
    """

    async def answer(request: Request) -> Response:
        return await endpoint(request, **request.path_params)

    return Route(path, answer, methods=["GET"], include_in_schema=False)
