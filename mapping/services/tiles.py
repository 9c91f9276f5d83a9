"""Tiles of a community's basemap, and what describes them."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from mapping.store import communities, tiles
from mapping.store.tiles import Tile, TileCache, TileKey


@dataclass(frozen=True)
class Ground:
    """What a TileJSON says of a community: its names by language and its bounds in degrees."""

    name: str
    bounds: tuple[float, float, float, float]


async def basemap_tile(engine: AsyncEngine, cache: TileCache, slug: str, key: TileKey) -> Tile:
    """One tile of the basemap, from memory if the network has not changed since it was made.

    Parameters
    ----------
    engine : AsyncEngine
        Of the public role.
    cache : TileCache
        Kept as long as the server runs.
    slug : str
        Community.
    key : TileKey
        Which tile.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        community_id, version = await tiles.network_version(connection, slug)

    async def make() -> Tile:
        async with engine.connect() as connection:
            return await tiles.basemap_tile(connection, community_id, key)

    return await cache.get(community_id, version, key, make)


async def basemap_ground(engine: AsyncEngine, slug: str) -> Ground:
    """Name and bounds of a community.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        community = await communities.find(connection, slug)
    return Ground(community.name["en"], community.bbox)
