"""A public page of 100 reports against the bare SQL's time in the same process (target: at most 1.5 times)."""

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

from mapping.services.communities import add_community
from mapping.services.public_views import reports_page
from mapping.settings import Settings
from mapping.store import communities, releases
from mapping.store.database import Database, open_database

ROUNDS, LIMIT, REPORTS = 300, 100, 20_000


async def _fill(database: Database) -> int:
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
    return community_id


async def _measure(database: Database) -> None:
    community_id = await _fill(database)
    bare, served = [], []
    async with database.public.connect() as connection:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await communities.find(connection, "bench")
            rows = await releases.reports_page(connection, community_id, after=None, limit=LIMIT)
            bare.append(time.perf_counter() - began)
            began = time.perf_counter()
            features, following = await reports_page(database.public, "bench", after=None, limit=LIMIT)
            body = f'{{"features":[{",".join(features)}]}}'
            served.append(time.perf_counter() - began)
    parsed = json.loads(body)["features"]
    assert [feature["id"] for feature in parsed] == [str(row.id) for row in rows]
    assert following == rows[-1].id
    ratio = statistics.median(s / b for s, b in zip(served, bare, strict=True))
    print(
        f"bare SQL {statistics.median(bare) * 1e3:.2f} ms, page {statistics.median(served) * 1e3:.2f} ms, "
        f"ratio {ratio:.2f} (target <= 1.5)"
    )


def main() -> None:
    """Fill a fresh cluster, check the answer, print the ratio."""

    async def run() -> None:
        with tempfile.TemporaryDirectory(prefix="cm-bench-") as folder:
            Path(folder).chmod(0o755)
            database = open_database(Settings(data_dir=Path(folder) / "cluster"))
            try:
                await _measure(database)
            finally:
                await database.close()

    asyncio.run(run())
