"""Communities: who they are, their ground, and the secret their masks are made with."""

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape, to_shape
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import NotFound
from mapping.geodesy import WGS84, utm_epsg
from mapping.layers.texts import SLUG
from mapping.store import tables
from mapping.store.bare import Rows

_SLUG = re.compile(SLUG)
_ALL = sa.select(tables.communities)
_BY_SLUG = _ALL.where(tables.communities.c.slug == sa.bindparam("asked_slug"))
_WITH_SECRETS = """SELECT array_agg(town.slug), array_agg(town.id), array_agg(town.name::text),
    array_agg(ST_AsBinary(town.boundary)), array_agg(town.time_zone), array_agg(array_to_string(town.languages, ',')),
    array_agg(town.is_simulated), array_agg(town.settings::text), array_agg(town.network_version),
    array_agg(kept.mask_secret)
FROM public_release.communities AS town JOIN mapping.community_secrets AS kept ON kept.community_id = town.id
WHERE town.slug = ANY(%(slugs)s)"""


@dataclass(frozen=True)
class Community:
    """A town: `boundary` in EPSG:4326, `name` by language code."""

    id: int
    slug: str
    name: Mapping[str, str]
    boundary: BaseGeometry
    time_zone: str
    languages: tuple[str, ...]
    is_simulated: bool
    settings: Mapping[str, Any]
    network_version: int

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = self.boundary.bounds
        return (west, south, east, north)

    @property
    def epsg(self) -> int:
        """The UTM zone the community is measured in."""
        centre = self.boundary.centroid
        return utm_epsg(centre.x, centre.y)


def _community(row: Mapping[Any, Any]) -> Community:
    return Community(**{**row, "boundary": to_shape(row["boundary"]), "languages": tuple(row["languages"])})


def is_slug(text: str) -> bool:
    """Whether a text can be the short name of a community."""
    return _SLUG.fullmatch(text) is not None


async def find(connection: AsyncConnection, slug: str) -> Community:
    """One community by its slug.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = (await connection.execute(_BY_SLUG, {"asked_slug": slug})).mappings().first() if is_slug(slug) else None
    if row is None:
        raise NotFound("There is no community of this name here.")
    return _community(row)


async def find_with_secret(rows: Rows, slug: str) -> tuple[Community, bytes]:
    """One community and the secret that seeds its masks; readable by the application's role alone.

    Raises
    ------
    NotFound
        If there is none.
    """
    found = (await find_with_secrets(rows, [slug]))[0]
    if found is None:
        raise NotFound("There is no community of this name here.")
    return found


async def find_with_secrets(rows: Rows, slugs: Sequence[str]) -> list[tuple[Community, bytes] | None]:
    """Communities and their secrets by one statement, None where there is none."""
    row = await rows.first_row(_WITH_SECRETS, {"slugs": [slug for slug in slugs if is_slug(slug)]})
    assert row is not None
    found = {} if row[0] is None else {told[0]: _with_secret(*told) for told in zip(*row, strict=True)}
    return [found.get(slug) for slug in slugs]


def _with_secret(
    slug: str,
    number: int,
    name: str,
    boundary: bytes,
    time_zone: str,
    languages: str,
    is_simulated: bool,
    settings: str,
    network_version: int,
    secret: bytes,
) -> tuple[Community, bytes]:
    community = Community(
        id=number,
        slug=slug,
        name=json.loads(name),
        boundary=_ground(bytes(boundary)),
        time_zone=time_zone,
        languages=tuple(languages.split(",")),
        is_simulated=is_simulated,
        settings=json.loads(settings),
        network_version=network_version,
    )
    return community, bytes(secret)


@lru_cache(maxsize=128)
def _ground(boundary: bytes) -> BaseGeometry:
    """A boundary by its WKB, made ready for many questions of what it covers."""
    ground = shapely.from_wkb(boundary)
    shapely.prepare(ground)
    return ground


@dataclass(frozen=True)
class Outline:
    """Of a community its name, where it is, and whether it is a demonstration; `bbox` as `Community.bbox`."""

    slug: str
    name: Mapping[str, str]
    bbox: tuple[float, float, float, float]
    is_simulated: bool


async def outlines(connection: AsyncConnection, slugs: Collection[str] | None = None) -> list[Outline]:
    """Communities of these names, or all, by slug, without their boundaries, which are large."""
    kept = tables.communities.c
    sides = [getattr(sa.func, name)(kept.boundary) for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")]
    statement = sa.select(kept.slug, kept.name, *sides, kept.is_simulated).order_by(kept.slug)
    if slugs is not None:
        statement = statement.where(kept.slug.in_(slugs))
    rows = await connection.execute(statement)
    return [Outline(slug, name, tuple(bbox), is_simulated) for slug, name, *bbox, is_simulated in rows]


async def every(connection: AsyncConnection) -> list[Community]:
    """All communities by slug."""
    rows = await connection.execute(_ALL.order_by(tables.communities.c.slug))
    return [_community(row) for row in rows.mappings()]


async def add(
    connection: AsyncConnection,
    *,
    slug: str,
    name: Mapping[str, str],
    boundary: BaseGeometry,
    time_zone: str,
    languages: tuple[str, ...],
    is_simulated: bool,
) -> int:
    """Add a community with a fresh mask secret; gives its id."""
    ground = MultiPolygon(list(shapely.get_parts(boundary)))
    added = await connection.execute(
        sa.insert(tables.communities)
        .values(
            slug=slug,
            name=dict(name),
            boundary=from_shape(ground, WGS84),
            time_zone=time_zone,
            languages=list(languages),
            is_simulated=is_simulated,
        )
        .returning(tables.communities.c.id)
    )
    community_id = int(added.scalar_one())
    await connection.execute(
        sa.insert(tables.community_secrets).values(community_id=community_id, mask_secret=secrets.token_bytes(32))
    )
    return community_id


async def set_setting(connection: AsyncConnection, community_id: int, name: str, value: Mapping[str, Any]) -> None:
    """Replace one of a community's settings; the others stay as they are."""
    known = tables.communities.c
    changed = known.settings.op("||")(sa.bindparam("changed", {name: dict(value)}, JSONB))
    await connection.execute(sa.update(tables.communities).where(known.id == community_id).values(settings=changed))


async def put_population(connection: AsyncConnection, community_id: int, geotiff: bytes, source: str) -> None:
    """Keep a community's raster of people per cell in place of the one before."""
    values = {"geotiff": geotiff, "source": source, "imported_at": sa.func.now()}
    statement = upsert(tables.populations).values(community_id=community_id, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["community_id"], set_=values))
