"""Bringing a town's own data in: its street network from an OpenStreetMap extract."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mapping.errors import UnreadableFile
from mapping.formats.osm import read_osm
from mapping.store import communities, networks
from mapping.store.database import Database
from mapping.store.networks import NetworkCounts

_READING_SHARE = 0.7  # of the time, measured; the rest is writing


async def import_osm(
    database: Database, slug: str, path: Path, progress: Callable[[float], None] = lambda done: None
) -> NetworkCounts:
    """Replace a community's streets, lamps, crossings and places by those of a file.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    path : Path
        Extract named `.osm.pbf`, `.osm` or `.osm.gz`.
    progress : callable
        Called with the share done, 0…1, from another thread while the file is read.

    Returns
    -------
    NetworkCounts
        Rows added, updated and removed.

    Raises
    ------
    NotFound
        If there is no such community.
    UnreadableFile
        If the file cannot be read or holds no streets; what was stored before stays.
    """
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
    extract = await asyncio.to_thread(read_osm, path, lambda done: progress(done * _READING_SHARE))
    if extract.streets.empty:
        raise UnreadableFile(f"{path.name!r} holds no streets; give an extract that covers the community.")
    async with database.app.begin() as connection:
        counts = await networks.replace_network(connection, community.id, extract)
    progress(1.0)
    return counts
