"""The basemap in one file: the same bytes as over HTTP, read by the format's own reader and by GDAL."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
import sqlalchemy as sa
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType

from mapping.errors import InvalidInput, NotFound
from mapping.formats.osm import demo_extract_path
from mapping.services import tile_packs
from mapping.services.imports import import_osm
from mapping.services.tile_packs import export_basemap
from mapping.store.database import Database
from mapping.store.networks import replace_network
from mapping.store.tile_sets import BASEMAP
from mapping.store.tiles import TileKey, tiles_within, zoom_of_one_tile
from tests.conftest import BOUNDARY
from tests.towns import key_at, small_town


@pytest.fixture
async def mapped(database: Database, town: str, community_id: int) -> str:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    return town


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Any]:
    """Open a pack; closed at the end."""
    opened = []

    def reading(path: Path) -> Any:
        opened.append(path.open("rb"))
        return MmapSource(opened[-1])

    yield reading
    for file in opened:
        file.close()


async def test_every_tile_is_the_one_that_is_served(
    client: httpx.AsyncClient, database: Database, town: str, tmp_path: Path, read: Any
) -> None:
    await import_osm(database, town, demo_extract_path())
    shares: list[float] = []
    packed = await export_basemap(database, town, tmp_path / "town.pmtiles", max_zoom=16, progress=shares.append)
    source = read(tmp_path / "town.pmtiles")
    held = {key: gzip.decompress(body) for key, body in all_tiles(source)}
    every = list(tiles_within(BOUNDARY.bounds, 16))
    for key in every:
        served = await client.get(f"/tiles/basemap/{key.z}/{key.x}/{key.y}.mvt", params={"c": town})
        assert held.pop((key.z, key.x, key.y), b"") == served.content
    assert held == {}
    assert packed.places == len(every) == len(shares)
    assert 40 < packed.tiles <= packed.places
    header = Reader(source).header()
    assert (packed.zooms[0], packed.zooms[-1]) == (header["min_zoom"], header["max_zoom"]) == (2, 16)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


async def test_what_the_pack_says_of_itself(database: Database, mapped: str, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "town.pmtiles"
    packed = await export_basemap(database, mapped, path, max_zoom=15)
    reader = Reader(read(path))
    header, metadata = reader.header(), reader.metadata()
    assert (header["tile_type"], header["tile_compression"]) == (TileType.MVT, Compression.GZIP)
    assert (header["min_zoom"], header["max_zoom"], header["center_zoom"]) == (0, 15, 14)
    assert header["addressed_tiles_count"] == packed.tiles
    assert header["clustered"]
    bounds = [header[f"{end}_{axis}_e7"] / 1e7 for end in ("min", "max") for axis in ("lon", "lat")]
    assert bounds == pytest.approx(BOUNDARY.bounds)
    assert (header["center_lon_e7"], header["center_lat_e7"]) == (249450000, 601700000)
    assert metadata["name"] == "Town"
    assert "© OpenStreetMap contributors, ODbL" in metadata["attribution"]
    assert {layer["id"] for layer in metadata["vector_layers"]} == {layer.name for layer in BASEMAP.layers}
    assert {layer["maxzoom"] for layer in metadata["vector_layers"]} == {15}
    assert list(tmp_path.iterdir()) == [path]


async def test_gdal_reads_the_pack(database: Database, mapped: str, tmp_path: Path) -> None:
    if "PMTiles" not in pyogrio.list_drivers():
        pytest.skip("this GDAL is older than 3.8 and knows no PMTiles")
    path = tmp_path / "town.pmtiles"
    await export_basemap(database, mapped, path, max_zoom=15)
    assert {layer for layer, _ in pyogrio.list_layers(path)} == {layer.name for layer in BASEMAP.layers}
    roads = pyogrio.read_dataframe(path, layer="roads", ZOOM_LEVEL=15).to_crs(4326)
    assert "Головна вулиця" in set(roads["name"])
    assert set(roads["kind"]) == {"main", "minor", "path"}
    west, south, east, north = roads.total_bounds
    assert (west, south, east, north) == pytest.approx((24.944, 60.17, 24.946, 60.171), abs=1e-4)


async def test_a_pack_of_far_zooms_names_no_buildings(
    database: Database, mapped: str, tmp_path: Path, read: Any
) -> None:
    await export_basemap(database, mapped, tmp_path / "far.pmtiles", max_zoom=13)
    reader = Reader(read(tmp_path / "far.pmtiles"))
    assert [layer["id"] for layer in reader.metadata()["vector_layers"]] == ["landuse", "water", "roads"]
    assert reader.header()["center_zoom"] == 13


async def test_what_fails_leaves_the_old_pack(
    database: Database, mapped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "town.pmtiles"
    path.write_bytes(b"the old one")

    async def fails(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(tile_packs, "make_tiles", fails)
    with pytest.raises(sa.exc.OperationalError):
        await export_basemap(database, mapped, path, max_zoom=5)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


async def test_what_cannot_be_packed_is_said(database: Database, town: str, tmp_path: Path) -> None:
    path = tmp_path / "town.pmtiles"
    with pytest.raises(NotFound):
        await export_basemap(database, "no-such-town", path, max_zoom=15)
    with pytest.raises(InvalidInput, match="mapping import osm"):
        await export_basemap(database, town, path, max_zoom=15)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_cannot_be_written_is_said(database: Database, mapped: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        await export_basemap(database, mapped, tmp_path / "absent" / "town.pmtiles", max_zoom=15)
    with pytest.raises(InvalidInput) as refused:
        await export_basemap(database, mapped, tmp_path / "town.mbtiles", max_zoom=15)
    assert refused.value.errors[0].reason == "must end in .pmtiles"


def test_tiles_within_a_box_reach_into_it() -> None:
    """One at zoom 0, at least one at each more; the corners' own tiles among them, and over the edge none."""
    keys = list(tiles_within(BOUNDARY.bounds, 16))
    assert keys[0] == TileKey(0, 0, 0)
    assert {key.z for key in keys} == set(range(17))
    west, south, east, north = BOUNDARY.bounds
    corners = {key_at(16, lon, lat) for lon in (west, east) for lat in (south, north)}
    deepest = {key for key in keys if key.z == 16}
    assert corners <= deepest
    assert {key.x for key in deepest} == set(range(min(k.x for k in corners), max(k.x for k in corners) + 1))
    assert len(list(tiles_within((-180.0, -90.0, 180.0, 90.0), 3))) == 1 + 4 + 16 + 64


def test_a_box_is_no_larger_than_a_tile_of_its_zoom() -> None:
    assert zoom_of_one_tile((-180.0, -90.0, 180.0, 90.0)) == 0
    assert zoom_of_one_tile((24.93, 60.16, 24.96, 60.18)) == 13
    assert zoom_of_one_tile((24.93, 60.16, 24.93, 60.16)) == 22
