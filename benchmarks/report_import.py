"""100,000 reports from a file into PostGIS (target: 10,000 rows a second of points shown exactly)."""

import asyncio
import csv
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import shapely
import sqlalchemy as sa

from mapping.formats.osm import demo_extract_path
from mapping.services.communities import add_community
from mapping.services.imports import import_osm
from mapping.services.report_columns import Columns
from mapping.services.report_imports import ReportImport, import_reports
from mapping.settings import Settings
from mapping.store.database import Database, open_database

ROWS = 100_000
BOUNDS = (24.9351, 60.1641, 24.9535, 60.1792)


def _files(folder: Path) -> list[Path]:
    """The same places as CSV and GeoPackage."""
    rng, (west, south, east, north) = random.Random(1), BOUNDS
    places = [(round(rng.uniform(west, east), 7), round(rng.uniform(south, north), 7)) for _ in range(ROWS)]
    table, layer = folder / "reports.csv", folder / "reports.gpkg"
    with table.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "lon", "lat", "date", "description"])
        out.writerows([n, *place, f"2026-0{n % 9 + 1}-11", "Темно біля зупинки"] for n, place in enumerate(places))
    frame = gpd.GeoDataFrame(
        {"id": range(ROWS), "date": "2026-03-11", "description": "Темно біля зупинки"},
        geometry=shapely.points(places),
        crs=4326,
    )
    frame.to_file(layer, engine="pyogrio")
    return [table, layer]


async def _measure(database: Database, path: Path, words: str, category: str, *, again: bool, publish: bool) -> None:
    how = ReportImport(Columns(category_is=category), source=words, publish=publish)
    began = time.perf_counter()
    found = await import_reports(database, "bench", path, how)
    seconds = time.perf_counter() - began
    assert found.written is not None
    assert (found.refused, found.written.added, found.written.unchanged) == (0, *((0, ROWS) if again else (ROWS, 0)))
    assert found.written.published == (ROWS if publish else 0)
    what = f"{path.suffix[1:]}, {words}{', again' if again else ''}"
    print(f"| {what} | {seconds:.2f} | {ROWS / seconds:,.0f} |")


async def _run(folder: Path) -> None:
    database = open_database(Settings(data_dir=folder / "cluster"))
    try:
        await add_community(
            database, slug="bench", name={"en": "B", "uk": "Б"}, boundary=shapely.box(*BOUNDS), time_zone="Europe/Kyiv"
        )
        table, layer = _files(folder)
        print(f"| {ROWS:,} rows | s | rows/s |\n|---|---|---|")
        await _measure(database, table, "exact", "broken_lamps", again=False, publish=False)
        await _measure(database, table, "exact", "broken_lamps", again=True, publish=False)
        await _measure(database, layer, "exact, layer", "broken_lamps", again=False, publish=False)
        await _measure(database, table, "released at once", "broken_lamps", again=False, publish=True)
        await _measure(database, table, "masked", "harassment", again=False, publish=False)
        await import_osm(database, "bench", demo_extract_path())
        await _measure(database, table, "moved to streets", "broken_lamps", again=False, publish=False)
        async with database.app.connect() as connection:
            kept = await connection.scalar(sa.text("SELECT count(*) FROM mapping.reports"))
        assert kept == 5 * ROWS
    finally:
        await database.close()


def main() -> None:
    """Import a file in every way, and hold what is kept against what was in it."""
    with tempfile.TemporaryDirectory(prefix="cm-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        asyncio.run(_run(folder))
    unit = 1 if sys.platform == "darwin" else 1024
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20:.0f} MB")
