"""The door of HTTP: builds the application; pages, JSON, tiles and static files, nothing from elsewhere."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.middleware import Middleware

from mapping import __version__
from mapping.api import (
    challenges,
    communities,
    feeds,
    health,
    maps,
    mark_pages,
    ogc,
    ogc_reports,
    ogc_tiles,
    open311,
    pages,
    photos,
    places,
    progress,
    report_lists,
    report_pages,
    reports,
    tiles,
    withdrawals,
)
from mapping.api.bodies import BodyLimit, SecurityHeaders
from mapping.api.direct import DirectRoutes
from mapping.api.docs_page import docs_page
from mapping.api.packing import PackedFiles, Packing
from mapping.api.problems import UnexpectedErrors, add_problem_handlers
from mapping.formats.photos import PhotoCleaner
from mapping.services.tiles import TileMemory
from mapping.settings import Settings
from mapping.store.database import Database
from mapping.web import web_dir
from mapping.worker import end_worker, worker_task

DATA = (health, communities, places, reports, challenges, photos, tiles, ogc, ogc_reports, ogc_tiles, open311)
# Last, since `/{lang}` would take the addresses of others.
PAGES = (feeds, maps, mark_pages, report_lists, report_pages, progress, pages, withdrawals)
ROUTERS = tuple(module.router for module in (*DATA, *PAGES))


def create_app(settings: Settings, database: Database, *, with_worker: bool = True) -> FastAPI:
    """The ASGI application.

    Parameters
    ----------
    settings : Settings
        Limits.
    database : Database
        Open engines; the caller closes them.
    with_worker : bool
        Run a job worker beside the server.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker = asyncio.create_task(worker_task(database)) if with_worker else None
        try:
            yield
        finally:
            if worker is not None:
                await end_worker(worker)

    app = FastAPI(
        title="Community Mapping",
        version=__version__,
        summary="Where a town is unsafe, dark or hard to get through.",
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},  # it tells what is sent
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(UnexpectedErrors),
            Middleware(BodyLimit, max_bytes=settings.max_body_bytes, max_photo_bytes=settings.max_photo_bytes),
            Middleware(DirectRoutes, routes=(*tiles.DIRECT, *ogc.DIRECT, *reports.DIRECT)),
            Middleware(Packing),
        ],
    )
    app.state.database = database
    app.state.settings = settings
    app.state.photo_cleaner = PhotoCleaner()
    app.state.tile_memory = TileMemory()
    app.state.routers = ROUTERS
    add_problem_handlers(app)
    _add_docs_and_static(app, web_dir() / "static")  # before the pages: `/{lang}` would take their addresses
    for router in ROUTERS:
        app.include_router(router)
    return app


def _add_docs_and_static(app: FastAPI, static: Path) -> None:
    @app.get("/api", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return docs_page(request, "/openapi.json", "Community Mapping: API")

    @app.get("/sw.js", include_in_schema=False)
    async def service_worker() -> FileResponse:
        # At the root, so that it may serve every page; asked anew each time, so that a new one is seen at once.
        return FileResponse(static / "sw.js", media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    app.mount("/static", PackedFiles(directory=static), name="static")
