"""A town's people per cell, for the exposure of its hotspots."""

import asyncio
from pathlib import Path

import geopandas as gpd
import numpy as np

from mapping.errors import UnreadableFile
from mapping.formats.rasters import cut_raster, raster_from
from mapping.geodesy import WGS84
from mapping.services.analyses import refresh_analysis
from mapping.store import communities
from mapping.store.database import Database

MAX_SOURCE = 200


async def import_population(database: Database, slug: str, path: Path, *, source: str) -> float:
    """Keep the part of a raster of people per cell that covers a community; a new analysis follows.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    path : Path
        Raster that GDAL reads, people per cell.
    source : str
        Where the numbers come from, shown with them.

    Returns
    -------
    float
        People on the part that is kept.

    Raises
    ------
    NotFound
        If there is no such community.
    UnreadableFile
        If the file cannot be read, does not reach the community, or holds negative numbers.
    """
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
    ground = gpd.GeoDataFrame(geometry=[community.boundary], crs=WGS84)
    geotiff = await asyncio.to_thread(cut_raster, path, ground)
    people = raster_from(geotiff).values
    if np.nanmin(people, initial=0.0) < 0:
        raise UnreadableFile(f"{path.name!r} holds negative numbers of people; say in it which of them means no data.")
    async with database.app.begin() as connection:
        await communities.put_population(connection, community.id, geotiff, source[:MAX_SOURCE])
        await refresh_analysis(connection, community)
    return float(np.nansum(people))
