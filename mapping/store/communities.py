"""Communities: who they are, their ground, and the secret their masks are made with."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import NotFound
from mapping.geodesy import utm_epsg

_SLUG = re.compile("[a-z0-9](-?[a-z0-9]){0,62}")
_COLUMNS = """
    id, slug, name, ST_AsBinary(boundary) AS boundary, time_zone, languages, is_simulated, settings, network_version
"""


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


def _community(row: sa.RowMapping) -> Community:
    values = dict(row)
    values["boundary"] = shapely.from_wkb(bytes(row["boundary"]))
    values["languages"] = tuple(row["languages"])
    return Community(**values)


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
    if not is_slug(slug):
        raise NotFound("There is no community of this name here.")
    statement = sa.text(f"SELECT {_COLUMNS} FROM public_release.communities WHERE slug = :slug")
    row = (await connection.execute(statement, {"slug": slug})).mappings().first()
    if row is None:
        raise NotFound("There is no community of this name here.")
    return _community(row)


async def every(connection: AsyncConnection) -> list[Community]:
    """All communities by slug."""
    rows = await connection.execute(sa.text(f"SELECT {_COLUMNS} FROM public_release.communities ORDER BY slug"))
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
    community_id = (
        await connection.execute(
            sa.text(
                """INSERT INTO public_release.communities (slug, name, boundary, time_zone, languages, is_simulated)
                VALUES (:slug, CAST(:name AS jsonb), ST_Multi(ST_GeomFromWKB(:boundary, 4326)), :time_zone, :languages,
                    :is_simulated)
                RETURNING id"""
            ),
            {
                "slug": slug,
                "name": json.dumps(dict(name)),
                "boundary": boundary.wkb,
                "time_zone": time_zone,
                "languages": list(languages),
                "is_simulated": is_simulated,
            },
        )
    ).scalar_one()
    await connection.execute(
        sa.text("INSERT INTO mapping.community_secrets (community_id, mask_secret) VALUES (:id, :secret)"),
        {"id": community_id, "secret": secrets.token_bytes(32)},
    )
    return int(community_id)


async def mask_secret(connection: AsyncConnection, community_id: int) -> bytes:
    """The secret that seeds the community's masks; readable by the application's role alone."""
    statement = sa.text("SELECT mask_secret FROM mapping.community_secrets WHERE community_id = :id")
    return bytes((await connection.execute(statement, {"id": community_id})).scalar_one())
