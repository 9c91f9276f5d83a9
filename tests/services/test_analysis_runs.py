"""Runs of a community's analysis: its own numbers, what is kept and released, what changed, the same again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import rasterio
import sqlalchemy as sa
from affine import Affine

from mapping.analysis.parameters import HotspotParameters
from mapping.errors import AnalysisError, InvalidInput, UnreadableFile
from mapping.services.analyses import request_analysis
from mapping.services.analysis_settings import read_parameters, set_parameters
from mapping.services.hotspot_rows import told_reasons
from mapping.services.hotspot_run import run_analysis
from mapping.services.populations import import_population
from mapping.services.reports import submit_report
from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

LON, LAT = 24.945, 60.170


async def mark(database: Database, town: str, person: str, lon: float, lat: float, **changes: Any) -> UUID:
    """A published mark of a person."""
    report_id = new_id()
    where = {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    payload = report_payload(geometry=where, **changes)
    await submit_report(database, town, report_id, payload, reporter_token=f"token-of-{person}-000000000000")
    await moderate_report(database, town, report_id, "publish", actor="council")
    return report_id


async def gathering(database: Database, town: str, people: int, *, first: int = 0, lon: float = LON) -> list[UUID]:
    """Marks of so many people within some 20 m."""
    rng = np.random.default_rng(first)
    return [
        await mark(database, town, f"p{first + n}", lon + rng.normal(0, 1e-4), LAT + rng.normal(0, 5e-5))
        for n in range(people)
    ]


async def spread(database: Database, town: str, people: int = 24) -> None:
    """Marks all over the town, each by another person."""
    rng = np.random.default_rng(9)
    for n in range(people):
        await mark(database, town, f"s{n}", rng.uniform(24.932, 24.958), rng.uniform(60.162, 60.178))


async def run(database: Database, town: str, ahead: int = 0) -> UUID:
    run_id = await request_analysis(database, town, now=datetime.now(UTC) + timedelta(seconds=1 + ahead))
    await run_analysis(database, town, run_id)
    return run_id


async def released(database: Database, community_id: int, table: str, column: str) -> list[Any]:
    async with database.public.connect() as connection:
        rows = await connection.execute(
            sa.text(f"SELECT {column} FROM public_release.{table} WHERE community_id = :id"), {"id": community_id}
        )
        return [row[0] for row in rows]


async def test_a_run_releases_its_layers_and_repeats_to_the_same_numbers(
    database: Database, town: str, community_id: int
) -> None:
    await spread(database, town)
    await gathering(database, town, 14)
    run_id = await run(database, town)
    query = sa.text("SELECT result_hash FROM mapping.analysis_runs WHERE id = :id")
    async with database.app.connect() as connection:
        first = (await connection.execute(query, {"id": run_id})).scalar_one()
    kinds = await released(database, community_id, "analysis_layers", "kind")
    assert sorted(kinds) == ["coverage", "streets", "surface"]
    await run_analysis(database, town, run_id)
    async with database.app.connect() as connection:
        assert (await connection.execute(query, {"id": run_id})).scalar_one() == first
    (hotspot,) = await released(database, community_id, "hotspots", "properties")
    assert hotspot["reporters"] >= 13
    assert hotspot["change"] is None
    assert (hotspot["tier"], hotspot["tier_size"], hotspot["trend"]) == (1, 1, "unknown")


async def test_what_changed_is_told(database: Database, town: str, community_id: int) -> None:
    await spread(database, town)
    kept = await gathering(database, town, 12)
    gone = await gathering(database, town, 12, first=40, lon=LON + 0.009)
    await run(database, town)
    for report_id in gone:
        await moderate_report(database, town, report_id, "hide", actor="council")
    await gathering(database, town, 6, first=80)
    await run(database, town, ahead=1)
    (hotspot,) = await released(database, community_id, "hotspots", "properties")
    assert hotspot["change"] == "grown"
    (summary,) = await released(database, community_id, "hotspot_summaries", "summary")
    changes = summary["changes"]
    assert (changes["new"], changes["grown"], changes["shrunk"], len(changes["gone"])) == (0, 1, 0, 1)
    assert set(changes["gone"][0]) == {"en", "uk"}
    assert len(kept) == 12


async def test_layers_tell_of_no_fewer_than_five_people(database: Database, town: str, community_id: int) -> None:
    dangers = {"category": "harassment", "affected": ["women"]}
    rng = np.random.default_rng(2)
    for n in range(4):
        await mark(database, town, f"d{n}", LON + rng.normal(0, 1e-4), LAT + rng.normal(0, 5e-5), **dangers)
    await run(database, town)
    features = await released(database, community_id, "analysis_layers", "features")
    kinds = await released(database, community_id, "analysis_layers", "kind")
    layers = dict(zip(kinds, features, strict=True))
    assert layers["surface"] == []
    assert layers["streets"] == []
    assert {feature["properties"]["level"] for feature in layers["coverage"]} == {"few"}
    assert await released(database, community_id, "hotspots", "properties") == []


async def test_four_dangers_among_lamps_move_nothing(database: Database, town: str, community_id: int) -> None:
    """Not the surface, the streets or the coverage, no hotspot; of the summary the number of marks, by five."""
    await gathering(database, town, 9)
    await spread(database, town)
    columns = (("analysis_layers", "features"), ("hotspots", "properties"), ("hotspot_summaries", "summary"))
    told = []
    for people in (0, 4):
        for n in range(people):
            await mark(database, town, f"p{n}", LON + 4e-4, LAT, category="harassment", affected=["women"], severity=4)
        await run(database, town, ahead=people)
        told.append([await released(database, community_id, *column) for column in columns])
    (layers, hotspots, (summary,)), (layers_after, hotspots_after, (after,)) = told
    assert layers[0]
    assert layers_after == layers
    assert [{**hotspot, "change": None} for hotspot in hotspots_after] == hotspots
    assert after["reports"] == summary["reports"] + 5
    ours = ("hotspots", "reporters", "since", "until", "enough_data", "cell_size_m", "held_out")
    assert {name: after[name] for name in ours} == {name: summary[name] for name in ours}


async def test_one_person_more_seldom_shows(database: Database, town: str, community_id: int) -> None:
    """Of six who speak of dangers five are told of, on the street and in the hotspot; the sixth moves no number."""
    danger = {"category": "harassment", "affected": ["women"]}
    told: list[tuple[Any, ...]] = []
    for people in (5, 6):
        for n in range(people - 5 if told else 0, people):
            await mark(database, town, f"d{n}", LON + 2e-5 * n, LAT, **danger)
        await run(database, town, ahead=people)
        (hotspot,) = await released(database, community_id, "hotspots", "properties")
        kinds = await released(database, community_id, "analysis_layers", "kind")
        features = await released(database, community_id, "analysis_layers", "features")
        told.append((hotspot["reporters"], hotspot["reports"], hotspot["texts"]["en"]["reasons"],
                     features[kinds.index("streets")], features[kinds.index("surface")]))  # fmt: skip
    assert told[0] == told[1]
    assert told[0][0] == 5
    assert told[0][2][0]["at_least"]
    assert told[0][4] == []
    assert "q_value" not in hotspot
    assert "At least 5 people" in hotspot["texts"]["en"]["words"][1]


async def test_coverage_does_not_tell_of_one_afraid(database: Database, town: str, community_id: int) -> None:
    for n in range(4):
        await mark(database, town, f"l{n}", LON, LAT)
    await mark(database, town, "afraid", LON, LAT, category="harassment", affected=["women"])
    await run(database, town)
    kinds = await released(database, community_id, "analysis_layers", "kind")
    features = await released(database, community_id, "analysis_layers", "features")
    levels = {feature["properties"]["level"] for feature in features[kinds.index("coverage")]}
    assert levels == {"few"}


def test_a_danger_that_few_named_is_told_by_its_layer() -> None:
    theft = {"layer": "dangerous_places", "category": "theft_or_robbery", "people": 5}
    lamps = {"layer": "unlit_streets", "category": "no_lamps", "people": 2}
    hotspot = {"reasons": [theft, lamps], "other_people": {"dangerous_places": 10}}
    rows = told_reasons(hotspot, "en", HotspotParameters())
    assert [(row["category"], row["people"], row["at_least"]) for row in rows] == [
        (None, 10, True),
        ("theft_or_robbery", 5, True),
        ("no_lamps", 2, False),
    ]


async def test_each_community_has_its_own_numbers(database: Database, town: str, other_town: str) -> None:
    found = await set_parameters(database, town, {"weights": "[0.5, 0.5, 0, 0, 0]", "half_life_days": "90"})
    assert tuple(found["weights"]) == (0.5, 0.5, 0, 0, 0)
    assert (await read_parameters(database, town))["half_life_days"] == 90
    assert (await read_parameters(database, other_town))["half_life_days"] == 365
    await spread(database, town)
    run_id = await run(database, town)
    query = sa.text("SELECT parameters FROM mapping.analysis_runs WHERE id = :id")
    async with database.app.connect() as connection:
        assert (await connection.execute(query, {"id": run_id})).scalar_one()["half_life_days"] == 90
    await set_parameters(database, town, {"half_life_days": ""})
    assert (await read_parameters(database, town))["half_life_days"] == 365


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("weights", "[1, 1, 0, 0, 0]", AnalysisError),
        ("min_reporters", "1", InvalidInput),
        ("private_layers", "[]", InvalidInput),
        ("nonsense", "1", InvalidInput),
        ("reach_m", '"many"', InvalidInput),
        ("reach_m", "-1", AnalysisError),
        ("max_q", "NaN", AnalysisError),
    ],
)
async def test_numbers_that_make_no_sense_are_refused(
    database: Database, town: str, name: str, value: str, error: type[Exception]
) -> None:
    before = await read_parameters(database, town)
    with pytest.raises(error):
        await set_parameters(database, town, {name: value})
    assert await read_parameters(database, town) == before


def written(path: Path, *, west: float, north: float, people: float) -> Path:
    """A raster of so many people in each of its cells, a thousandth of a degree wide."""
    with rasterio.open(
        path, "w", driver="GTiff", width=60, height=60, count=1, dtype="float32", crs="EPSG:4326", nodata=-1,
        transform=Affine(0.001, 0, west, 0, -0.001, north),
    ) as opened:  # fmt: skip
        opened.write(np.full((60, 60), people, dtype=np.float32), 1)
    return path


async def test_people_who_live_near_are_counted(
    database: Database, town: str, community_id: int, tmp_path: Path
) -> None:
    path = written(tmp_path / "people.tif", west=24.915, north=60.2, people=12)
    assert await import_population(database, town, path, source="a test") > 1000
    await spread(database, town)
    await gathering(database, town, 14)
    await run(database, town)
    (hotspot,) = await released(database, community_id, "hotspots", "properties")
    assert hotspot["people_near"] > 100
    far = written(tmp_path / "far.tif", west=10, north=50, people=1)
    with pytest.raises(UnreadableFile, match="does not reach"):
        await import_population(database, town, far, source="a test")
