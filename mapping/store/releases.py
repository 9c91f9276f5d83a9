"""The released side: what is put into `public_release`, and what public routes read from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import NotFound
from mapping.geodesy import WGS84
from mapping.store import tables
from mapping.store.communities import is_slug
from mapping.store.named_queries import query

RENEWED = ("status", "confirmations", "said_fixed", "said_not_fixed")
_REPORTS_PAGE = query("released_reports_page")
_UNLIT = query("unlit_streets")


async def put_report(connection: AsyncConnection, values: Mapping[str, Any], geometry: BaseGeometry | None) -> None:
    """Release one report, or replace what was released of it.

    Parameters
    ----------
    connection : AsyncConnection
        In the transaction that publishes.
    values : mapping
        The columns of `public_release.reports` but for the geometry.
    geometry : Geometry or None
        What may be shown, in EPSG:4326: exact for T0, masked for T1.
    """
    shown = None if geometry is None else from_shape(geometry, WGS84)
    statement = upsert(tables.released_reports).values(**values, geometry=shown)
    renewed = {name: statement.excluded[name] for name in RENEWED}
    await connection.execute(statement.on_conflict_do_update(index_elements=["community_id", "id"], set_=renewed))


async def renew_report(
    connection: AsyncConnection, community_id: int, public_id: UUID, values: Mapping[str, Any]
) -> None:
    """Write what changes of a report while it is released (`RENEWED`), if it is released."""
    released = tables.released_reports
    await connection.execute(
        sa.update(released)
        .where(released.c.community_id == community_id, released.c.id == public_id)
        .values({name: values[name] for name in RENEWED})
    )


async def remove_report(connection: AsyncConnection, community_id: int, public_id: UUID) -> None:
    """Take one report out of what the public sees."""
    released = tables.released_reports
    await connection.execute(
        sa.delete(released).where(released.c.community_id == community_id, released.c.id == public_id)
    )


@dataclass(frozen=True)
class ReleasedPage:
    """A page of released reports.

    Parameters
    ----------
    features : str
        JSON array of GeoJSON features, in the order of their public ids.
    next : UUID or None
        The key after which the next page begins, if there is one.
    """

    features: str
    next: UUID | None


async def reports_page(connection: AsyncConnection, slug: str, *, after: UUID | None, limit: int) -> ReleasedPage:
    """Released reports in the order of their random ids, after a key.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    values = {"slug": slug, "after": after or UUID(int=0), "limit": limit}
    row = (await connection.execute(_REPORTS_PAGE, values)).first() if is_slug(slug) else None
    if row is None:
        raise NotFound("There is no such community.")
    return ReleasedPage(row.features, row.next)


async def report_feature(connection: AsyncConnection, slug: str, public_id: UUID) -> dict[str, Any] | None:
    """One released report as a GeoJSON feature, or None."""
    before = UUID(int=max(public_id.int - 1, 0))
    page = json.loads((await reports_page(connection, slug, after=before, limit=1)).features)
    feature: dict[str, Any] | None = page[0] if page and page[0]["id"] == str(public_id) else None
    return feature


async def replace_hotspots(
    connection: AsyncConnection,
    community_id: int,
    hotspots: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    layers: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Put what the newest run found in the place of what the one before found.

    Parameters
    ----------
    connection : AsyncConnection
        In the transaction that finishes the run.
    community_id : int
        Community.
    hotspots : sequence of mapping
        `id`, `rank`, `properties` (dict) and `geometry` (MultiPolygon, EPSG:4326); only those that may be shown.
    summary : mapping
        What the page says above the list.
    layers : mapping
        By kind a list of GeoJSON features, EPSG:4326; only what may be shown.
    """
    shown = tables.released_layers
    await connection.execute(sa.delete(shown).where(shown.c.community_id == community_id))
    for kind, features in layers.items():
        values = {"community_id": community_id, "kind": kind, "features": list(features)}
        await connection.execute(sa.insert(shown).values(**values))
    released = tables.released_hotspots
    await connection.execute(sa.delete(released).where(released.c.community_id == community_id))
    rows = [
        {**hotspot, "community_id": community_id, "geometry": from_shape(hotspot["geometry"], WGS84)}
        for hotspot in hotspots
    ]
    if rows:
        await connection.execute(sa.insert(released), rows)
    statement = upsert(tables.hotspot_summaries).values(community_id=community_id, summary=dict(summary))
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["community_id"], set_={"summary": statement.excluded.summary})
    )


async def hotspots(connection: AsyncConnection, community_id: int) -> list[dict[str, Any]]:
    """Released hotspots in rank order: id, properties, geometry (GeoJSON dict, EPSG:4326)."""
    released = tables.released_hotspots
    geometry = sa.cast(sa.func.ST_AsGeoJSON(released.c.geometry, 6, type_=sa.Text), sa.JSON).label("geometry")
    rows = await connection.execute(
        sa.select(released.c.id, released.c.properties, geometry)
        .where(released.c.community_id == community_id)
        .order_by(released.c.rank, released.c.id)
    )
    return [dict(row) for row in rows.mappings()]


async def hotspot_summary(connection: AsyncConnection, community_id: int) -> dict[str, Any] | None:
    """What the page says above the list, or None if nothing has been analysed yet."""
    kept = tables.hotspot_summaries
    summary: dict[str, Any] | None = await connection.scalar(
        sa.select(kept.c.summary).where(kept.c.community_id == community_id)
    )
    return summary


async def analysis_layers(connection: AsyncConnection, community_id: int) -> dict[str, list[dict[str, Any]]]:
    """Released layers of the newest analysis: by kind a list of GeoJSON features, EPSG:4326."""
    shown = tables.released_layers
    rows = await connection.execute(
        sa.select(shown.c.kind, shown.c.features).where(shown.c.community_id == community_id)
    )
    return {kind: features for kind, features in rows}


async def count_reports(connection: AsyncConnection) -> dict[int, int]:
    """How many reports are released, by community id."""
    owner = tables.released_reports.c.community_id
    rows = await connection.execute(sa.select(owner, sa.func.count()).group_by(owner))
    return {community_id: count for community_id, count in rows}


async def unlit_streets(connection: AsyncConnection, community_id: int) -> str:
    """Streets that OpenStreetMap says are not lit, as the text of one GeoJSON FeatureCollection."""
    return str((await connection.execute(_UNLIT, {"community_id": community_id})).scalar_one())


async def snap_to_street(
    connection: AsyncConnection, community_id: int, point: shapely.Point, within_m: float
) -> BaseGeometry:
    """The nearest point of the street network within a distance, else the point itself (EPSG:4326)."""
    statement = sa.text(
        "SELECT ST_AsBinary(mapping.nearest_on_street(:community_id, ST_GeomFromWKB(:point, 4326), :within_m))"
    )
    values = {"point": point.wkb, "community_id": community_id, "within_m": within_m}
    found = (await connection.execute(statement, values)).scalar_one_or_none()
    return point if found is None else shapely.from_wkb(bytes(found))
