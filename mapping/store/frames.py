"""What an analysis reads, as GeoDataFrames; apart from the rest of the store, because servers need no pandas."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import WGS84
from mapping.layers.states import CLOSED
from mapping.store import tables

_STREET_COLUMNS = ("osm_way_id", "segment", "name", "highway", "lit", "surface", "sidewalk", "kerb", "wheelchair",
                   "incline", "length_m")  # fmt: skip


def _as_wkb(table: sa.Table) -> sa.Label[bytes]:
    """Bytes, which shapely reads a thousand at a time."""
    return sa.func.ST_AsBinary(table.c.geometry, type_=sa.LargeBinary).label("geometry")


def _shapes(rows: Sequence[Any]) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(np.array([bytes(row.geometry) for row in rows], dtype=object)), dtype=object)


async def hotspots_gdf(connection: AsyncConnection, community_id: int, run_id: UUID) -> gpd.GeoDataFrame:
    """The hotspots a run found: index id (str), columns rank, reporters, names (dict by language), in EPSG:4326."""
    kept = tables.hotspots
    statement = (
        sa.select(kept.c.id, kept.c.rank, kept.c.reporters, kept.c.properties["texts"].label("texts"), _as_wkb(kept))
        .where(kept.c.community_id == community_id, kept.c.run_id == run_id)
        .order_by(kept.c.rank, kept.c.id)
    )
    rows = (await connection.execute(statement)).all()
    return gpd.GeoDataFrame(
        {
            "rank": [row.rank for row in rows],
            "reporters": [row.reporters for row in rows],
            "names": [{language: text["name"] for language, text in row.texts.items()} for row in rows],
        },
        index=pd.Index([str(row.id) for row in rows], name="id", dtype=object),
        geometry=_shapes(rows),
        crs=WGS84,
    )


def _last_published(kept: sa.Table) -> sa.ScalarSelect[datetime]:
    made = tables.report_revisions
    of_report = sa.and_(made.c.community_id == kept.c.community_id, made.c.report_id == kept.c.id)
    return sa.select(sa.func.max(made.c.at)).where(of_report, made.c.action == "publish").scalar_subquery()


async def reports_gdf(connection: AsyncConnection, community_id: int, as_of: datetime) -> gpd.GeoDataFrame:
    """What an analysis may count: released reports with a place, in the order of their ids.

    Hotspots are of those that are open; trends need those that are closed as well.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, true places; index report id (str); columns reporter (str), layer, category, severity,
        when, affected (tuple), observed_at (UTC), is_open, sent_at (UTC), may_repeat (sent from a phone without a
        token), published_at (UTC; of such the last time they were, of others when they were sent). T2 and unreleased
        reports are not among them.
    """
    kept = tables.reports
    reporter = sa.func.coalesce(sa.func.encode(kept.c.reporter_key, "hex"), sa.cast(kept.c.id, sa.Text))
    is_unknown = sa.and_(kept.c.reporter_key.is_(None), kept.c.channel == "web")
    may_repeat = is_unknown.label("may_repeat")
    published_at = sa.case((is_unknown, _last_published(kept)), else_=kept.c.created_at).label("published_at")
    columns = (kept.c.id, kept.c.layer, kept.c.category, kept.c.severity, kept.c.when_seen, kept.c.affected,
               kept.c.observed_at, kept.c.status, kept.c.created_at, may_repeat,
               published_at)  # fmt: skip
    statement = (
        sa.select(*columns, reporter.label("reporter"), _as_wkb(kept))
        .where(
            kept.c.community_id == community_id,
            kept.c.moderation == "published",
            kept.c.tier < 2,
            kept.c.consents["publish"].as_boolean(),
            kept.c.geometry.is_not(None),
            kept.c.observed_at <= as_of,
        )
        .order_by(kept.c.id)
    )
    rows = (await connection.execute(statement)).all()
    return gpd.GeoDataFrame(
        {
            "reporter": [row.reporter for row in rows],
            "layer": [row.layer for row in rows],
            "category": [row.category for row in rows],
            "severity": np.array([row.severity for row in rows], dtype=np.int64),
            "when": [row.when_seen for row in rows],
            "affected": [tuple(row.affected) for row in rows],
            "observed_at": pd.DatetimeIndex([row.observed_at for row in rows], tz="UTC"),
            "sent_at": pd.DatetimeIndex([row.created_at for row in rows], tz="UTC"),
            "published_at": pd.DatetimeIndex([row.published_at or row.created_at for row in rows], tz="UTC"),
            "may_repeat": np.array([row.may_repeat for row in rows], dtype=np.bool_),
            "is_open": np.array([row.status not in CLOSED for row in rows], dtype=np.bool_),
        },
        index=pd.Index([str(row.id) for row in rows], name="id", dtype=object),
        geometry=_shapes(rows),
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
    streets = tables.street_segments
    statement = (
        sa.select(*(streets.c[name] for name in _STREET_COLUMNS), _as_wkb(streets))
        .where(streets.c.community_id == community_id)
        .order_by(streets.c.osm_way_id, streets.c.segment)
    )
    rows = (await connection.execute(statement)).all()
    frame = pd.DataFrame(rows, columns=[*_STREET_COLUMNS, "geometry"], dtype=object).drop(columns="geometry")
    frame = frame.astype({"osm_way_id": "int64", "segment": "int64", "length_m": "float64"})
    return gpd.GeoDataFrame(frame, geometry=_shapes(rows), crs=WGS84)


async def population(connection: AsyncConnection, community_id: int) -> bytes | None:
    """The community's raster of people per cell as GeoTIFF, or None."""
    kept = tables.populations
    found = await connection.scalar(sa.select(kept.c.geotiff).where(kept.c.community_id == community_id))
    return None if found is None else bytes(found)
