"""The demo town: real streets of central Helsinki, simulated reports, one analysis; safe to repeat."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import shapely

from mapping.geodesy import geometry_to_metric
from mapping.layers.scenarios import simulate_reports
from mapping.services.analyses import request_analysis
from mapping.services.communities import add_community
from mapping.services.imports import import_osm
from mapping.services.moderation import moderate_report
from mapping.services.reports import community_epsg, submit_report
from mapping.store import analyses, communities, networks
from mapping.store.database import Database

SLUG = "demo"
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
        database, slug=SLUG, name=NAME, boundary=BOUNDARY, time_zone="Europe/Helsinki", is_simulated=True
    )
    async with database.app.connect() as connection:
        community = await communities.find(connection, SLUG)
        has_analysis = await analyses.latest_run_id(connection, community.id) is not None
    if community.network_version == 0:
        say("Importing the streets of central Helsinki")
        await import_osm(database, SLUG, extract)
    if has_analysis:
        return
    say("Placing the simulated reports")
    await _load_reports(database, json.loads(scenario_file.read_text("utf-8")))
    say("Asking for the analysis")
    await request_analysis(database, SLUG)


async def _load_reports(database: Database, scenario: dict[str, object]) -> None:
    async with database.app.connect() as connection:
        community = await communities.find(connection, SLUG)
        streets_gdf = await networks.street_segments_gdf(connection, community.id)
    epsg = community_epsg(community)
    simulated = simulate_reports(
        streets_gdf.to_crs(epsg),
        geometry_to_metric(community.boundary, epsg),
        scenario,
        np.random.default_rng(int(str(scenario["seed"]))),
        datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
    )
    for report in simulated:
        await submit_report(
            database,
            SLUG,
            report["id"],
            report["payload"],
            reporter_token=hashlib.sha256(report["reporter"].encode()).hexdigest(),
            channel="assisted",
        )
        if report["published"]:
            await moderate_report(database, SLUG, report["id"], "publish", actor="scenario")
