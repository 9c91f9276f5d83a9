"""What an analysis reads, as GeoDataFrames; apart from the rest of the store, because servers need no pandas."""

from datetime import datetime
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import WGS84

_STREET_COLUMNS = ("osm_way_id", "segment", "name", "highway", "lit", "surface", "sidewalk", "kerb", "wheelchair",
                   "incline", "length_m")  # fmt: skip


async def hotspots_gdf(connection: AsyncConnection, community_id: int, run_id: UUID) -> gpd.GeoDataFrame:
    """The hotspots a run found: index id (str), column rank, geometry in EPSG:4326."""
    rows = (
        await connection.execute(
            sa.text(
                """SELECT id, rank, ST_AsBinary(geometry) AS geometry FROM mapping.hotspots
                WHERE community_id = :community_id AND run_id = :run_id ORDER BY rank, id"""
            ),
            {"community_id": community_id, "run_id": run_id},
        )
    ).all()
    return gpd.GeoDataFrame(
        {"rank": [row.rank for row in rows]},
        index=pd.Index([str(row.id) for row in rows], name="id", dtype=object),
        geometry=np.array([shapely.from_wkb(bytes(row.geometry)) for row in rows], dtype=object),
        crs=WGS84,
    )


async def reports_gdf(connection: AsyncConnection, community_id: int, as_of: datetime) -> gpd.GeoDataFrame:
    """What an analysis may count: released reports with a place, in the order of their ids.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, true places; index report id (str); columns reporter (str), layer, category, severity,
        when, affected (tuple), observed_at (UTC). T2 and unreleased reports are not among them.
    """
    rows = (
        await connection.execute(
            sa.text(
                """SELECT id, coalesce(encode(reporter_key, 'hex'), id::text) AS reporter, layer, category, severity,
                    when_seen, affected, observed_at, ST_AsBinary(geometry) AS geometry
                FROM mapping.reports
                WHERE community_id = :community_id AND moderation = 'published' AND tier < 2
                    AND (consents ->> 'publish')::boolean AND geometry IS NOT NULL AND observed_at <= :as_of
                    AND status NOT IN ('resolved', 'closed_without_action')
                ORDER BY id"""
            ),
            {"community_id": community_id, "as_of": as_of},
        )
    ).all()
    return gpd.GeoDataFrame(
        {
            "reporter": [row.reporter for row in rows],
            "layer": [row.layer for row in rows],
            "category": [row.category for row in rows],
            "severity": np.array([row.severity for row in rows], dtype=np.int64),
            "when": [row.when_seen for row in rows],
            "affected": [tuple(row.affected) for row in rows],
            "observed_at": pd.DatetimeIndex([row.observed_at for row in rows], tz="UTC"),
        },
        index=pd.Index([str(row.id) for row in rows], name="id", dtype=object),
        geometry=np.array([shapely.from_wkb(bytes(row.geometry)) for row in rows], dtype=object),
        crs=WGS84,
    )


async def street_segments_gdf(connection: AsyncConnection, community_id: int) -> gpd.GeoDataFrame:
    """Street segments of a community.

    Parameters
    ----------
    connection : AsyncConnection
        Of any role that may read `public_release`.
    community_id : int
        Whose streets.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, by way and segment; columns `osm_way_id, segment, name, highway, lit, surface, sidewalk, kerb,
        wheelchair, incline, length_m` (metres) and `geometry` (LineString); empty where nothing was imported.
    """
    result = await connection.execute(
        sa.text(
            f"SELECT {', '.join(_STREET_COLUMNS)}, ST_AsBinary(geometry) AS geometry"
            " FROM public_release.street_segments WHERE community_id = :community_id ORDER BY osm_way_id, segment"
        ),
        {"community_id": community_id},
    )
    frame = pd.DataFrame(result.all(), columns=[*_STREET_COLUMNS, "geometry"], dtype=object)
    frame = frame.astype({"osm_way_id": "int64", "segment": "int64", "length_m": "float64"})
    geometry = shapely.from_wkb(np.array([bytes(wkb) for wkb in frame.pop("geometry")], dtype=object))
    return gpd.GeoDataFrame(frame, geometry=np.asarray(geometry, dtype=object), crs=WGS84)
