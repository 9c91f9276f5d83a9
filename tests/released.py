"""Released reports and hotspots put straight into the released schema, for tests of tiles."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_REPORT = sa.text(
    """INSERT INTO public_release.reports (community_id, id, category, layer, tier, geometry, radius_m, severity,
        when_seen, affected, observed_on, status)
    VALUES (:community_id, :id, :category, :layer, :tier, ST_GeomFromText(:geometry, 4326), :radius_m, :severity,
        'night', '{}', '2026-11', :status)"""
)
_HOTSPOT = sa.text(
    """INSERT INTO public_release.hotspots (community_id, id, rank, properties, geometry)
    VALUES (:community_id, :id, 1, '{"tier": 1, "score": 85, "step": 5, "names": {"en": "kept out"}}',
        ST_Multi(ST_MakeEnvelope(24.944, 60.170, 24.946, 60.171, 4326)))"""
)


async def release(connection: AsyncConnection, community_id: int, geometry: str | None, **changes: Any) -> UUID:
    """One released report at a place in WKT, or without one."""
    report_id: UUID = changes.pop("id", uuid4())
    values = {
        "id": report_id,
        "category": "no_lamps",
        "layer": "unlit_streets",
        "tier": 0,
        "radius_m": None,
        "severity": 2,
        "status": "open",
    }
    await connection.execute(_REPORT, {"community_id": community_id, "geometry": geometry, **values, **changes})
    return report_id


async def release_hotspot(connection: AsyncConnection, community_id: int) -> UUID:
    """One released hotspot in the small town."""
    hotspot_id = uuid4()
    await connection.execute(_HOTSPOT, {"community_id": community_id, "id": hotspot_id})
    return hotspot_id
