"""A town with sentinels in it."""

import math
from uuid import UUID

import httpx
import pytest
import shapely

from mapping.geodesy import geometry_to_metric
from mapping.layers.masking import mask_point
from mapping.services.analyses import request_analysis
from mapping.store import communities
from mapping.store.bare import InTransaction
from mapping.store.database import Database
from mapping.worker import run_worker
from tests.factories import new_id, report_payload
from tests.house.crawl import OBSERVED_AT, SENTINELS
from tests.moderation import moderate_report
from tests.photographs import telling_jpeg


async def _far_from_its_mask(database: Database, town: str) -> tuple[float, float]:
    """A T1 place of which the mask lies at least 30 m away; a masked place may be the true one by chance."""
    async with database.app.connect() as connection:
        community, secret = await communities.find_with_secret(InTransaction(connection), town)
    for step in range(100):
        lon, lat = round(24.940880 + step * 2e-4, 6), 60.170223
        place = geometry_to_metric(shapely.Point(lon, lat), community.epsg)
        assert isinstance(place, shapely.Point)
        if math.dist(mask_point((place.x, place.y), secret=secret), (place.x, place.y)) > 30:
            return lon, lat
    raise AssertionError("no such place")


@pytest.fixture
async def sentinel_ids(client: httpx.AsyncClient, town: str, database: Database) -> list[UUID]:
    SENTINELS["T1"] = ("harassment", await _far_from_its_mask(database, town), True)
    ids = []
    for name, (category, (lon, lat), is_published) in SENTINELS.items():
        report_id = new_id()
        payload = report_payload(
            category=category,
            geometry={"type": "Point", "coordinates": [lon, lat]},
            place=f"sentinel-{name}",
            description=f"sentinel-{name}",
            observed_at=OBSERVED_AT,
        )
        answer = await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)
        assert answer.status_code == 201
        sending = {"Edit-Token": answer.json()["edit_token"]}
        photo = f"/api/communities/{town}/reports/{report_id}/photos/{report_id}"
        assert (await client.put(photo, content=telling_jpeg(), headers=sending)).status_code == 201
        if is_published:
            await moderate_report(database, town, report_id, "publish", actor="test")
        ids.append(report_id)
    await request_analysis(database, town)
    await run_worker(database, until_idle=True)
    return ids
