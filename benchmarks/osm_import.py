"""A country's OSM extract into PostGIS (target: Liechtenstein 2013 under 30 s and 1 GB), again, and tiles from it."""

import asyncio
import math
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import mapbox_vector_tile
import shapely

from mapping.formats.osm import OsmExtract, demo_extract_path, read_osm
from mapping.services.communities import add_community
from mapping.settings import Settings
from mapping.store.database import Database, open_database
from mapping.store.networks import replace_network
from mapping.store.tile_sets import BASEMAP, make_tiles
from mapping.store.tiles import TileKey

EXTRACT = Path(__file__).parents[1].parent / "shared" / "data" / "osm" / "liechtenstein_2013-08-03.osm.pbf"
ZOOMS = range(10, 18)
ROUNDS = 5


def _keys(extract: OsmExtract, z: int) -> list[TileKey]:
    """Tiles at five street ends spread over the town."""
    ends = shapely.get_coordinates(extract.streets.geometry.iloc[:: len(extract.streets) // 5].to_numpy())[:5]
    columns = [int((lon + 180) / 360 * 2**z) for lon, _ in ends]
    rows = [int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z) for _, lat in ends]
    return [TileKey(z, x, y) for x, y in zip(columns, rows, strict=True)]


async def _measure_import(database: Database, community_id: int, extract: OsmExtract) -> None:
    expected = [len(frame) for frame in (extract.streets, extract.lamps, extract.crossings, extract.places)]
    for name, fresh in (("write", True), ("write again, unchanged", False)):
        began = time.perf_counter()
        async with database.app.begin() as connection:
            counts = await replace_network(connection, community_id, extract)
        seconds = time.perf_counter() - began
        tables = (counts.street_segments, counts.lamps, counts.crossings, counts.places)
        assert [table.added for table in tables] == (expected if fresh else [0] * 4)
        assert all(table.updated == table.removed == 0 for table in tables)
        print(f"{name}: {seconds:.2f} s, {sum(expected)} rows")


async def _measure_tiles(database: Database, community_id: int, extract: OsmExtract) -> None:
    for z in ZOOMS:
        seconds, sizes = [], []
        for key in _keys(extract, z) * ROUNDS:
            began = time.perf_counter()
            (tile,) = await make_tiles(database.reader, BASEMAP, community_id, [key])
            seconds.append(time.perf_counter() - began)
            sizes.append(len(tile.body))
            assert z < 14 or "roads" in mapbox_vector_tile.decode(tile.body)
        middle, worst = statistics.median(seconds) * 1e3, max(seconds) * 1e3
        print(f"tile z{z}: median {middle:.1f} ms, worst {worst:.1f} ms, largest {max(sizes) / 1024:.1f} kB")


def main() -> None:
    """Read, write, write again, then make tiles without the cache; every answer is checked."""
    path = EXTRACT if EXTRACT.is_file() else demo_extract_path()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    extract = read_osm(path)
    print(f"read {path.name}: {time.perf_counter() - began:.2f} s, {len(extract.streets)} street segments")
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory {peak * unit / 2**20:.0f} MB, {before * unit / 2**20:.0f} MB of it before reading")

    async def run() -> None:
        with tempfile.TemporaryDirectory(prefix="cm-bench-") as folder:
            Path(folder).chmod(0o755)
            database = open_database(Settings(data_dir=Path(folder) / "cluster"))
            try:
                community_id = await add_community(
                    database,
                    slug="bench",
                    name={"en": "B", "uk": "Б"},
                    boundary=shapely.box(*extract.bounds),
                    time_zone="Europe/Kyiv",
                )
                await _measure_import(database, community_id, extract)
                await _measure_tiles(database, community_id, extract)
            finally:
                await database.close()

    asyncio.run(run())
