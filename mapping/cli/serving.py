"""`mapping serve` and `mapping demo`: pages and API, with a worker beside."""

import asyncio
import contextlib
import gc
import os
import socket
import webbrowser
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import rich
import typer
import uvicorn

from mapping.api.connections import Connection
from mapping.app import create_app
from mapping.cli.connected import do_nothing, settings_of
from mapping.errors import Unavailable
from mapping.services.communities import DEMO
from mapping.settings import Settings
from mapping.store.database import Database, open_database
from mapping.web import data_dir

MAX_CONNECTIONS = 1000  # more are answered 503 at once
Host = Annotated[str | None, typer.Option(help="Address to listen on; default MAPPING_HOST, else 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port; default MAPPING_PORT, else 8000.")]


def listen(settings: Settings) -> socket.socket:
    """The server's socket, opened before anything else is started: a port in use is said at once."""
    try:
        listening = socket.create_server((settings.host, settings.port), reuse_port=False)
    except OSError as error:
        raise Unavailable(
            f"Port {settings.port} of {settings.host} cannot be used ({os.strerror(error.errno or 0)}); "
            "choose another with --port."
        ) from None
    # asyncio sets it only where the socket says that it is TCP, which this one does not; without it an answer in two
    # pieces waits 40 ms for the client's acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _serve(settings: Settings, prepare: Callable[[Database], Coroutine[Any, Any, None]], opened: str | None) -> None:
    async def run() -> None:
        listening = listen(settings)
        database = open_database(settings)
        try:
            await prepare(database)
            server = uvicorn.Server(
                uvicorn.Config(
                    create_app(settings, database),
                    http=Connection,
                    access_log=False,
                    log_level="warning",
                    server_header=False,
                    forwarded_allow_ips=settings.trusted_proxies,
                    timeout_graceful_shutdown=10,
                    limit_concurrency=MAX_CONNECTIONS,
                )
            )
            supervising = asyncio.create_task(database.supervise())
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            while not (server.started or serving.done()):
                await asyncio.sleep(0.02)
            gc.freeze()  # what is loaded stays: looking through it all again would hold every answer up for 80 ms
            if server.started:
                address = f"http://{settings.host}:{settings.port}"
                rich.print(f"[bold green]Ready:[/] {address}/en/c/{DEMO} · {address}/uk/c/{DEMO}  (Ctrl-C stops)")
                if opened is not None:
                    webbrowser.open(address + opened)
            await serving
            supervising.cancel()
        finally:
            await database.close()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


def serve(host: Host = None, port: Port = None) -> None:
    """Serve pages and API, with a worker beside. Example: mapping serve --port 8123."""
    _serve(settings_of(host, port), do_nothing, None)


def demo(
    port: Port = None,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
) -> None:
    """Serve a demo town with simulated reports. Example: mapping demo --port 8123 --no-browser."""

    async def prepare(database: Database) -> None:
        from mapping.formats.osm import demo_extract_path
        from mapping.services.demo import load_demo

        scenario = data_dir() / "demo" / "scenario.json"
        await load_demo(database, demo_extract_path(), scenario, say=lambda line: rich.print(f"[dim]▸[/] {line}"))

    rich.print("[dim]▸[/] Starting the database")
    _serve(settings_of(None, port), prepare, f"/en/c/{DEMO}" if browser else None)
