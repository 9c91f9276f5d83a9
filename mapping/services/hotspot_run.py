"""Carry out one recorded analysis run: read, find, keep, and release what may be shown.

Apart from `services.analyses`, because the statistics take a second to import and only the worker needs them.
"""

import asyncio
import hashlib
import json
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import Any
from uuid import UUID

import geopandas as gpd

from mapping import __version__
from mapping.errors import Conflict, NotFound
from mapping.services.hotspot_rows import compute_hotspots
from mapping.store import analyses, communities, frames, releases
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
        reports_gdf = await frames.reports_gdf(connection, community.id, run.as_of)
        streets_gdf = await frames.street_segments_gdf(connection, community.id)
        input_hash = _hash_input(reports_gdf, streets_gdf, community)
        if run.input_hash not in (None, input_hash):
            raise Conflict("What this run read has changed since; ask for a new run.")
        await analyses.set_run_state(connection, community.id, run_id, "running")
        previous_id = await analyses.latest_run_id(connection, community.id)
        previous_gdf = await frames.hotspots_gdf(connection, community.id, previous_id or run_id)
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        found = await asyncio.get_running_loop().run_in_executor(
            pool, compute_hotspots, reports_gdf, streets_gdf, previous_gdf, community, run
        )
    except Exception:
        async with database.app.begin() as connection:
            await analyses.set_run_state(connection, community.id, run_id, "failed")
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    async with database.app.begin() as connection:
        await analyses.finish_run(
            connection,
            run,
            parameters=found.parameters,
            input_hash=input_hash,
            result_hash=_hash_result(found.rows),
            code_version=__version__,
            summary=found.summary,
            hotspots=found.rows,
        )
        if await analyses.latest_run_id(connection, community.id) == run.id:
            await releases.replace_hotspots(connection, community.id, found.rows, found.summary)
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


def _hash_input(reports_gdf: gpd.GeoDataFrame, streets_gdf: gpd.GeoDataFrame, community: Community) -> bytes:
    digest = hashlib.sha256(community.boundary.wkb)
    for frame in (reports_gdf, streets_gdf[["name", "geometry"]]):
        for key, row in zip(frame.index, frame.itertuples(index=False), strict=True):
            digest.update(repr((key, *row[:-1])).encode())
            digest.update(row[-1].wkb)
    return digest.digest()


def _hash_result(hotspots: Sequence[Mapping[str, Any]]) -> bytes:
    """Over everything but the identities, which depend on the runs before."""
    digest = hashlib.sha256()
    for hotspot in hotspots:
        digest.update(json.dumps(hotspot["properties"], sort_keys=True).encode())
        digest.update(hotspot["geometry"].wkb)
    return digest.digest()
