"""A public page of 100 reports, the whole request, against the bare SQL in the same process (target: at most 1.5)."""

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import numpy as np
import shapely
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.types import Message

from mapping.app import create_app
from mapping.services.communities import add_community
from mapping.settings import Settings
from mapping.store import releases
from mapping.store.database import Database, open_database

ROUNDS, LIMIT, REPORTS = 300, 100, 20_000


async def _fill(database: Database) -> None:
    community_id = await add_community(
        database,
        slug="bench",
        name={"en": "B", "uk": "Б"},
        boundary=shapely.box(24.9, 60.1, 25.0, 60.2),
        time_zone="Europe/Kyiv",
    )
    rng = np.random.default_rng(1)
    rows = [
        {"c": community_id, "id": uuid4(), "x": 24.9 + x / 10, "y": 60.1 + y / 10} for x, y in rng.random((REPORTS, 2))
    ]
    async with database.app.begin() as connection:
        await connection.execute(
            sa.text(
                """INSERT INTO public_release.reports (community_id, id, category, layer, tier, geometry, severity,
                    when_seen, affected, observed_on, status)
                VALUES (:c, :id, 'no_lamps', 'unlit_streets', 0, ST_Point(:x, :y, 4326), 2, 'night', '{}',
                    '2026-11-01', 'open')"""
            ),
            rows,
        )


async def _get(app: FastAPI, path: str, query: str) -> bytes:
    """One request straight to the application: what a client costs is not the server's."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"bench")],
        "client": ("127.0.0.1", 1),
        "server": ("bench", 80),
    }
    await app(scope, receive, send)
    assert messages[0]["status"] == 200
    return b"".join(message.get("body", b"") for message in messages[1:])


async def _measure(database: Database, settings: Settings) -> None:
    await _fill(database)
    bare, served = [], []
    app = create_app(settings, database, with_worker=False)
    async with database.public.connect() as connection:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            page = await releases.reports_page(connection, "bench", after=None, limit=LIMIT)
            bare.append(time.perf_counter() - began)
            began = time.perf_counter()
            answer = await _get(app, "/api/communities/bench/reports", f"limit={LIMIT}")
            served.append(time.perf_counter() - began)
    parsed = json.loads(answer)
    assert len(parsed["features"]) == LIMIT
    assert parsed["features"] == json.loads(page.features)
    assert parsed["next"] is not None
    ratio = statistics.median(served) / statistics.median(bare)
    print(
        f"bare SQL {statistics.median(bare) * 1e3:.2f} ms, whole request {statistics.median(served) * 1e3:.2f} ms, "
        f"ratio {ratio:.2f} (target <= 1.5)"
    )


def main() -> None:
    """Fill a fresh cluster, check the answer, print the ratio."""

    async def run() -> None:
        with tempfile.TemporaryDirectory(prefix="cm-bench-") as folder:
            Path(folder).chmod(0o755)
            settings = Settings(data_dir=Path(folder) / "cluster")
            database = open_database(settings)
            try:
                await _measure(database, settings)
            finally:
                await database.close()

    asyncio.run(run())
