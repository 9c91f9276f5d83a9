"""Tiles of the basemap and of what is released, what describes them, and the upkeep of their counts."""

import asyncio
import logging
import os
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa

from mapping.errors import NotFound
from mapping.store import communities, features, release_versions
from mapping.store.batches import Batches
from mapping.store.database import Database
from mapping.store.release_versions import GRID_BATCH, ReleaseVersions
from mapping.store.tile_sets import FEATURES, TileSet, make_tiles, most_at_once
from mapping.store.tiles import Bounds, Tile, TileCache, TileKey

UPKEEP_EVERY_S = 1.0
CORES = os.cpu_count() or 1
WORLD = (-180.0, -85.0511, 180.0, 85.0511)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TileMemory:
    """What a server keeps of tiles as long as it runs, and how it makes them.

    Small tiles are made `together`, and leave a core to the server, which has as much to do with them as the database.
    Those that are work enough for a statement `alone` have one told to us while the others are worked at.
    """

    cache: TileCache = field(default_factory=TileCache)
    versions: ReleaseVersions = field(default_factory=ReleaseVersions)
    together: Batches[TileKey, Tile] = field(default_factory=lambda: Batches(at_once=max(1, CORES - 1)))
    alone: Batches[TileKey, Tile] = field(default_factory=lambda: Batches(at_once=CORES + 1))


@dataclass(frozen=True)
class Ground:
    """What a TileJSON says of a community, or of all: name, and bounds in degrees."""

    name: str
    bounds: Bounds


def find_tile_set(name: str) -> TileSet:
    """The tile set of this name, other than the basemap.

    Raises
    ------
    NotFound
        If there is none.
    """
    if name not in FEATURES:
        raise NotFound("There are no tiles of this name.")
    return FEATURES[name]


async def read_tile(database: Database, memory: TileMemory, tile_set: TileSet, slug: str | None, key: TileKey) -> Tile:
    """One tile, from memory if nothing in it may have changed since it was made.

    Parameters
    ----------
    database : Database
        Asked as the public role.
    memory : TileMemory
        Kept as long as the server runs.
    tile_set : TileSet
        Which kind.
    slug : str or None
        Community; None: all of them.
    key : TileKey
        Which tile.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    scope = await memory.versions.get(database.public, slug)

    def make() -> asyncio.Future[Tile]:
        alike = (tile_set.name, scope.community_id, key.z)
        work = partial(make_tiles, database.reader, tile_set, scope.community_id)
        most = most_at_once(tile_set, key)
        return (memory.alone if most == 1 else memory.together).ask(alike, key, work, most)

    version = scope.versions[tile_set.version_name(key)]
    return await memory.cache.get((tile_set.name, scope.community_id), version, key, make)


async def tile_ground(database: Database, slug: str | None) -> Ground:
    """Name and bounds of a community, or of all; the world where there are none.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    if slug is None:
        every = await features.extent(database.reader)
        return Ground("All communities", WORLD if every is None else every.bounds)
    async with database.public.connect() as connection:
        community = await communities.find(connection, slug)
    return Ground(community.name["en"], community.bbox)


async def refresh_grid(database: Database) -> int:
    """Count every cell again that releases have noted, in batches; gives how many notes were taken."""
    total = 0
    while True:
        async with database.app.begin() as connection:
            taken = await release_versions.refresh_report_grid(connection)
        total += taken
        if taken < GRID_BATCH:
            return total


async def keep_grid(database: Database, *, every_s: float = UPKEEP_EVERY_S) -> None:
    """Look for noted cells every second until cancelled; while the database is away, go on trying."""
    while True:
        try:
            await refresh_grid(database)
        except sa.exc.SQLAlchemyError as error:
            _log.warning("counts of tiles wait: %s", type(error).__name__)
        await asyncio.sleep(every_s)
