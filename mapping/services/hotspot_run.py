"""Carry out one recorded analysis run: read, find, keep, and release what may be shown.

Apart from `services.analyses`, because the statistics take a second to import and only the worker needs them.
"""

import asyncio
import hashlib
import json
import logging
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import Any
from uuid import UUID

import geopandas as gpd

from mapping import __version__
from mapping.errors import Conflict, NotFound
from mapping.formats.rasters import raster_from
from mapping.services.hotspot_rows import ComputedRun, RunInput, compute_hotspots
from mapping.store import analyses, communities, frames, progress, releases
from mapping.store.communities import Community
from mapping.store.database import Database

_log = logging.getLogger(__name__)


async def run_analysis(database: Database, slug: str, run_id: UUID) -> int:
    """Carry out a recorded run; running it again gives the same numbers.

    Returns
    -------
    int
        How many hotspots were found.

    Raises
    ------
    NotFound
        If there is no such run.
    Conflict
        If the run was done before and what it read has changed since.
    """
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        run = await analyses.find_run(connection, community.id, run_id)
        if run is None:
            raise NotFound("There is no such analysis run.")
        await progress.refresh_progress(connection, community.id, run.as_of.date())
        reports_gdf = await frames.reports_gdf(connection, community.id, run.as_of)
        streets_gdf = await frames.street_segments_gdf(connection, community.id)
        geotiff = await frames.population(connection, community.id)
        input_hash = _hash_input(reports_gdf, streets_gdf, community, geotiff)
        if run.input_hash not in (None, input_hash):
            raise Conflict("What this run read has changed since; ask for a new run.")
        await analyses.set_run_state(connection, community.id, run_id, "running")
        previous = await analyses.run_before(connection, run)
        previous_gdf = await frames.hotspots_gdf(connection, community.id, previous.id if previous else run_id)
    given = RunInput(
        reports_gdf,
        streets_gdf,
        previous_gdf if previous else previous_gdf.iloc[:0],
        previous.as_of if previous else None,
        None if geotiff is None else raster_from(geotiff),
    )
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        found = await asyncio.get_running_loop().run_in_executor(pool, compute_hotspots, given, community, run)
    except Exception:
        async with database.app.begin() as connection:
            await analyses.set_run_state(connection, community.id, run_id, "failed")
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    rows = [_with_change(row) for row in found.rows]
    summary = {**found.summary, "changes": found.changes}
    async with database.app.begin() as connection:
        await analyses.finish_run(
            connection,
            run,
            parameters=found.parameters,
            input_hash=input_hash,
            result_hash=_hash_result(found),
            code_version=__version__,
            summary=summary,
            hotspots=rows,
            layers=found.layers,
        )
        if await analyses.latest_run_id(connection, community.id) == run.id:
            await releases.replace_hotspots(connection, community.id, rows, summary, found.layers)
    _log.info("analysis of %s: %d hotspots", slug, len(found.rows))
    return len(found.rows)


def _end_with_parent() -> None:
    """In the computing process: do not outlive a worker that was killed, whose result nobody waits for."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _with_change(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the change against the run before among its properties."""
    kept = {name: value for name, value in row.items() if name != "change"}
    return {**kept, "properties": {**row["properties"], "change": row["change"]}}


def _hash_input(
    reports_gdf: gpd.GeoDataFrame, streets_gdf: gpd.GeoDataFrame, community: Community, geotiff: bytes | None
) -> bytes:
    digest = hashlib.sha256(community.boundary.wkb)
    digest.update(geotiff or b"")
    for frame in (reports_gdf, streets_gdf[["name", "geometry"]]):
        for key, row in zip(frame.index, frame.drop(columns="geometry").itertuples(index=False), strict=True):
            digest.update(repr((key, *row)).encode())
        for shape in frame.geometry.to_wkb():
            digest.update(shape)
    return digest.digest()


def _hash_result(found: ComputedRun) -> bytes:
    """Over everything but identities and changes, which depend on the runs before."""
    digest = hashlib.sha256(json.dumps([found.layers, found.summary], sort_keys=True).encode())
    for hotspot in found.rows:
        digest.update(json.dumps(hotspot["properties"], sort_keys=True).encode())
        digest.update(hotspot["geometry"].wkb)
    return digest.digest()
