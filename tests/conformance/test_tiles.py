"""Vector tiles as real clients read them: GDAL's MVT and OGCAPI drivers, beside mapbox-vector-tile."""

import asyncio
from typing import Any

import httpx
import mapbox_vector_tile
import pyogrio
import pytest

from mapping.geodesy import web_mercator
from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from mapping.store.networks import replace_network
from mapping.store.tile_sets import BASEMAP, FEATURES
from tests.released import release_hotspot
from tests.towns import key_at, small_town

WORLD_M = 40_075_016.68557849


@pytest.fixture
async def mapped(served: tuple[str, str], database: Database, community_id: int) -> tuple[str, str]:
    """The served town, with streets, places and one more hotspot."""
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
        await release_hotspot(connection, community_id)
    await asyncio.sleep(1.05)  # for which the server may hold what it looked up
    return served


@pytest.mark.parametrize("zoom", [0, 8, 11, 12, 14, 16])
async def test_gdal_and_the_plain_decoder_read_the_same(mapped: tuple[str, str], zoom: int) -> None:
    address, town = mapped
    key, held = key_at(zoom), 0
    async with httpx.AsyncClient(base_url=address) as client:
        for name in (BASEMAP.name, *FEATURES):
            path = f"/tiles/{name}/{zoom}/{key.x}/{key.y}.mvt"
            body = (await client.get(path, params={"c": town})).content
            plain = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
            if body:
                held += await asyncio.to_thread(_compare, f"MVT:{address}{path}?c={town}", plain, zoom, key.x, key.y)
    assert held >= 3


def _compare(source: str, plain: dict[str, Any], zoom: int, x: int, y: int) -> int:
    """Hold GDAL's reading against the plain one, layer by layer; gives how many features there are."""
    options = {"Z": zoom, "X": x, "Y": y, "CLIP": False}
    assert {layer for layer, _ in pyogrio.list_layers(source)} == set(plain)
    side, held = WORLD_M / 2**zoom, 0
    west, north = x * side - WORLD_M / 2, WORLD_M / 2 - y * side
    for layer, told in plain.items():
        frame = pyogrio.read_dataframe(source, layer=layer, **options)
        assert frame.crs.to_epsg() == 3857
        assert len(frame) == len(told["features"]) > 0
        for row, feature in zip(frame.itertuples(), told["features"], strict=True):
            for field, value in feature["properties"].items():
                assert getattr(row, field) == value
        assert frame.geometry.is_valid.all() or layer == "buildings"
        bounds, buffer = frame.total_bounds, side * 256 / 4096
        assert west - buffer <= bounds[0] <= bounds[2] <= west + side + buffer
        assert north - side - buffer <= bounds[1] <= bounds[3] <= north + buffer
        held += len(frame)
    return held


async def test_gdal_reads_a_zoom_as_one_set(mapped: tuple[str, str]) -> None:
    """As the page about QGIS says: layers and bounds by the TileJSON, tiles by what their addresses end with."""
    address, town = mapped

    def read(name: str, layer: str, of: str) -> Any:
        told = {"TILE_EXTENSION": f"mvt{of}", "METADATA_FILE": f"{address}/tiles/{name}.json{of}"}
        return pyogrio.read_dataframe(f"MVT:{address}/tiles/{name}/14", layer=layer, **told)

    def walk() -> None:
        roads = read("basemap", "roads", f"?c={town}")
        assert roads.crs.to_epsg() == 3857
        assert "Головна вулиця" in set(roads["name"])
        assert "Головна вулиця" in set(read("streets", "streets", f"?c={town}")["name"])
        assert len(read("reports", "reports", f"?c={town}")) >= 120

    await asyncio.to_thread(walk)


async def test_gdal_finds_tiles_by_ogc_api(mapped: tuple[str, str]) -> None:
    """GDAL takes the extent of vector tiles in the units of the matrix set, so that it is said here in metres.

    Else it takes degrees for metres, and finds no near zoom within the limits of the set.
    """
    address, _ = mapped
    (west, south), (east, north) = web_mercator(24.939, 60.169), web_mercator(24.953, 60.172)
    box = {"MINX": west, "MINY": south, "MAXX": east, "MAXY": north}

    def read(name: str, zoom: int) -> Any:
        return pyogrio.read_dataframe(f"OGCAPI:{address}/ogc/collections/{name}", layer=f"Zoom level {zoom}", **box)

    def walk() -> None:
        for name in COLLECTIONS:
            source = f"OGCAPI:{address}/ogc/collections/{name}"
            for zoom in range(FEATURES[name].min_zoom, 17):
                told = pyogrio.read_info(source, layer=f"Zoom level {zoom}", **box)
                assert told["layer_name"] == f"Zoom level {zoom}"
        lamps = read("unlit_streets", 14)
        assert set(lamps["layer"]) == {"unlit_streets"}
        assert len(lamps) >= 120
        assert lamps.crs.to_epsg() == 3857
        assert set(read("dangerous_places", 14)["category"]) >= {"harassment"}
        assert read("unlit_streets", 10)["count"].sum() >= 120
        assert "Головна вулиця" in set(read("streets", 15)["name"])
        assert 1 in set(read("hotspots", 14)["rank"])

    await asyncio.to_thread(walk)
