"""Streets of a community as lines: near a point, or of a name."""

from dataclasses import dataclass

import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_NEAR = sa.text(
    """WITH sent AS (
        SELECT ST_Transform(ST_Point(:lon, :lat, 4326), 3857) AS geom, 1 / cos(radians(:lat)) AS stretch
    )
    SELECT name, ST_AsBinary(geometry) AS line, ST_Distance(geom_3857, sent.geom) / stretch AS away_m
    FROM public_release.street_segments, sent
    WHERE community_id = :community_id AND ST_DWithin(geom_3857, sent.geom, :within_m * stretch)
    ORDER BY away_m, osm_way_id, segment LIMIT 50"""
)
_NAMED = sa.text(
    """SELECT ST_AsBinary(geometry) AS line FROM public_release.street_segments
    WHERE community_id = :community_id AND name = :name ORDER BY osm_way_id, segment LIMIT 5000"""
)


@dataclass(frozen=True)
class NearStreet:
    """A piece of a street near a point: `line` in EPSG:4326, `away_m` in metres; few pieces lack a name."""

    name: str | None
    line: shapely.LineString
    away_m: float


def _line(wkb: bytes) -> shapely.LineString:
    line = shapely.from_wkb(bytes(wkb))
    assert isinstance(line, shapely.LineString)
    return line


async def near(
    connection: AsyncConnection, community_id: int, point: shapely.Point, within_m: float
) -> list[NearStreet]:
    """Pieces of streets around a point (EPSG:4326), the nearest first; at most fifty."""
    values = {"community_id": community_id, "lon": point.x, "lat": point.y, "within_m": within_m}
    rows = await connection.execute(_NEAR, values)
    return [NearStreet(row.name, _line(row.line), row.away_m) for row in rows]


async def named(connection: AsyncConnection, community_id: int, name: str) -> list[shapely.LineString]:
    """Pieces of the streets that are written exactly so, EPSG:4326."""
    rows = await connection.execute(_NAMED, {"community_id": community_id, "name": name})
    return [_line(row.line) for row in rows]
