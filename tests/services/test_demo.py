"""The demo town end to end: planted places come out on top, chance alone raises none, runs repeat bit for bit."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from mapping.analysis.hotspots import find_hotspots
from mapping.analysis.parameters import HotspotParameters
from mapping.errors import Conflict
from mapping.formats.osm import demo_extract_path, read_osm
from mapping.geodesy import geometry_to_metric
from mapping.layers.categories import CATEGORIES
from mapping.layers.scenarios import simulate_reports
from mapping.services.communities import DEMO
from mapping.services.demo import BOUNDARY, load_demo
from mapping.services.hotspot_run import run_analysis
from mapping.store import analyses, communities, frames
from mapping.store.database import Database
from mapping.web import data_dir
from mapping.worker import run_worker

EPSG = 32635
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def streets_gdf() -> gpd.GeoDataFrame:
    return read_osm(demo_extract_path()).streets.to_crs(EPSG)


def _hotspots(streets_gdf: gpd.GeoDataFrame, scenario: dict[str, object], seed: int) -> gpd.GeoDataFrame:
    area = geometry_to_metric(BOUNDARY, EPSG)
    simulated = simulate_reports(streets_gdf, area, scenario, np.random.default_rng(seed), NOW)
    released = [row for row in simulated if row["published"] and CATEGORIES[row["payload"]["category"]].tier < 2]
    payloads = [row["payload"] for row in released]
    frame = gpd.GeoDataFrame(
        {
            "reporter": [row["reporter"] for row in released],
            "layer": [CATEGORIES[payload["category"]].layer for payload in payloads],
            "category": [payload["category"] for payload in payloads],
            "severity": [payload["severity"] for payload in payloads],
            "when": [payload["when"] for payload in payloads],
            "affected": [tuple(payload["affected"]) for payload in payloads],
            "observed_at": pd.DatetimeIndex([payload["observed_at"] for payload in payloads]).tz_convert("UTC"),
        },
        index=[str(row["id"]) for row in released],
        geometry=[shapely.geometry.shape(payload["geometry"]) for payload in payloads],
        crs=4326,
    )
    return find_hotspots(
        frame.to_crs(EPSG),
        streets_gdf,
        area,
        parameters=HotspotParameters(bootstrap_draws=50),
        now=pd.Timestamp(NOW),
        rng=np.random.default_rng(1),
    ).hotspots


def test_the_planted_places_come_out_on_top(streets_gdf: gpd.GeoDataFrame) -> None:
    scenario = json.loads((data_dir() / "demo" / "scenario.json").read_text("utf-8"))
    found = _hotspots(streets_gdf, scenario, scenario["seed"])
    planted = {place["street"] for place in scenario["places"]}
    top = [set(names) for names in found["street_names"].head(len(planted))]
    assert all(names & planted for names in top)
    assert planted <= set().union(*top)


def test_a_town_without_clusters_raises_none(streets_gdf: gpd.GeoDataFrame) -> None:
    scenario = json.loads((data_dir() / "demo" / "no_clusters.json").read_text("utf-8"))
    raised = [len(_hotspots(streets_gdf, scenario, seed)) > 0 for seed in range(200)]
    assert sum(raised) <= 18  # one in twenty is promised; so many or more come by chance once in two hundred times


async def test_a_run_is_repeated_from_its_record_to_the_same_numbers(database: Database) -> None:
    await load_demo(database, demo_extract_path(), data_dir() / "demo" / "scenario.json", say=lambda line: None)
    async with database.app.connect() as connection:
        community = await communities.find(connection, DEMO)
    run_id = None
    while run_id is None:  # a job that failed, for want of a connection on a busy machine, is taken up again
        await run_worker(database, until_idle=True)
        async with database.app.connect() as connection:
            run_id = await analyses.latest_run_id(connection, community.id)
        await asyncio.sleep(1)
    async with database.app.connect() as connection:
        first = await analyses.find_run(connection, community.id, run_id)
        before = await frames.hotspots_gdf(connection, community.id, run_id)
    assert await run_analysis(database, DEMO, run_id) == 5
    async with database.app.connect() as connection:
        again = await analyses.find_run(connection, community.id, run_id)
        after = await frames.hotspots_gdf(connection, community.id, run_id)
    assert first is not None
    assert again is not None
    assert (again.input_hash, again.result_hash) == (first.input_hash, first.result_hash)
    pd.testing.assert_frame_equal(before, after)
    assert first.parameters["half_life_days"] == 365
    async with database.app.begin() as connection:
        read = (await frames.reports_gdf(connection, community.id, first.as_of)).index[0]
        changed = sa.text("UPDATE mapping.reports SET severity = severity % 4 + 1 WHERE id = :id")
        await connection.execute(changed, {"id": UUID(read)})
    with pytest.raises(Conflict, match="changed"):
        await run_analysis(database, DEMO, run_id)
    await load_demo(database, demo_extract_path(), data_dir() / "demo" / "scenario.json", say=lambda line: None)
