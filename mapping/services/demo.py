"""The demo town: real streets of central Helsinki, simulated reports, one analysis; safe to repeat."""

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import geometry_to_metric
from mapping.layers.scenarios import simulate_reports
from mapping.services.analyses import enqueue_analysis
from mapping.services.communities import DEMO, add_community
from mapping.services.imports import import_osm
from mapping.services.moderation import decide
from mapping.services.reports import keep_report
from mapping.store import analyses, communities, frames
from mapping.store.bare import InTransaction
from mapping.store.database import Database
from mapping.store.reports import Submission, Submitted, submit

NAME = {"en": "Central Helsinki (demo)", "uk": "Центр Гельсінкі (демо)"}
BOUNDARY = shapely.box(24.9351, 60.1641, 24.9535, 60.1792)  # the extract's own bounds


async def load_demo(database: Database, extract: Path, scenario_file: Path, *, say: Callable[[str], None]) -> None:
    """Bring the demo town to life; what is there already is left as it is.

    Parameters
    ----------
    database : Database
        Engines.
    extract : Path
        OSM extract with the town's streets.
    scenario_file : Path
        JSON scenario; see `data/README.md`.
    say : callable
        Takes one line of progress.
    """
    await add_community(
        database, slug=DEMO, name=NAME, boundary=BOUNDARY, time_zone="Europe/Helsinki", is_simulated=True
    )
    async with database.app.connect() as connection:
        community = await communities.find(connection, DEMO)
        is_loaded = await analyses.has_runs(connection, community.id)
    if community.network_version == 0:
        say("Importing the streets of central Helsinki")
        await import_osm(database, DEMO, extract)
    if is_loaded:
        return
    say("Placing the simulated reports and asking for the analysis")
    async with database.app.begin() as connection:
        await _place_reports(connection, json.loads(scenario_file.read_text("utf-8")))


async def _place_reports(connection: AsyncConnection, scenario: dict[str, Any]) -> None:
    """All or nothing: what is interrupted leaves no half town."""
    community, secret = await communities.find_with_secret(InTransaction(connection), DEMO)
    streets_gdf = await frames.street_segments_gdf(connection, community.id)
    epsg = community.epsg
    now = datetime.now(UTC)
    simulated = simulate_reports(
        streets_gdf.to_crs(epsg),
        geometry_to_metric(community.boundary, epsg),
        scenario,
        np.random.default_rng(int(scenario["seed"])),
        now,
    )
    rows = InTransaction(connection)

    async def keep(sent: Submission) -> Submitted:
        (submitted,) = await submit(rows, [sent])
        return submitted

    for report in simulated:
        await keep_report(
            keep,
            community,
            secret,
            report["id"],
            report["payload"],
            reporter_token=hashlib.sha256(report["reporter"].encode()).hexdigest(),
            channel="assisted",
            edit_token=secrets.token_urlsafe(32),
        )
        if report["published"]:
            await decide(connection, community, report["id"], "publish", actor="scenario", reason=None, revision=None)
    await enqueue_analysis(connection, community, now)
