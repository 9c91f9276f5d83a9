"""A public page of 100 reports, the whole request, against the bare SQL in the same process (target: at most 1.5)."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import shapely
import sqlalchemy as sa

from mapping.app import create_app
from mapping.services.communities import add_community
from mapping.settings import Settings
from mapping.store import releases
from mapping.store.database import Database, open_database

ROUNDS, LIMIT, REPORTS = 300, 100, 20_000
PLAIN = {"Accept-Encoding": "identity"}


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


async def _measure(database: Database, settings: Settings) -> None:
    await _fill(database)
    bare, served = [], []
    transport = httpx.ASGITransport(app=create_app(settings, database, with_worker=False))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://bench") as client,
        database.public.connect() as connection,
    ):
        for _ in range(ROUNDS):
            began = time.perf_counter()
            rows = await releases.reports_page(connection, "bench", after=None, limit=LIMIT)
            bare.append(time.perf_counter() - began)
            began = time.perf_counter()
            answer = await client.get(f"/api/communities/bench/reports?limit={LIMIT}", headers=PLAIN)
            served.append(time.perf_counter() - began)
    parsed = answer.json()
    assert [feature["id"] for feature in parsed["features"]] == [str(row.id) for row in rows]
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
