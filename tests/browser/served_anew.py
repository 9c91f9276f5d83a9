"""The site at an address of its own, where files can be served anew while a page is open."""

import asyncio
import socket
from types import TracebackType

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HOP = {"connection", "content-encoding", "content-length", "host", "transfer-encoding"}


class ServedAnew:
    """Hands every request on to the site; what is `appended` to a path comes at the end of its body."""

    def __init__(self, site: str) -> None:
        self.appended: dict[str, bytes] = {}
        self._client = httpx.AsyncClient(base_url=site, timeout=30)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        methods = ["GET", "POST", "PUT", "DELETE"]
        application = Starlette(routes=[Route("/{path:path}", self._hand_on, methods=methods)])
        self._server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))

    async def _hand_on(self, request: Request) -> Response:
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = {name: value for name, value in request.headers.items() if name not in HOP}
        found = await self._client.request(request.method, address, headers=asked, content=await request.body())
        told = {name: value for name, value in found.headers.items() if name not in HOP}
        return Response(found.content + self.appended.get(request.url.path, b""), found.status_code, told)

    async def __aenter__(self) -> "ServedAnew":
        self._serving = asyncio.create_task(self._server.serve([self._socket]))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.should_exit = True
        await self._serving
        await self._client.aclose()
