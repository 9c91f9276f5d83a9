"""Tiles of the basemap: what each zoom holds, decoded; which keys there are; what the cache keeps."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import mapbox_vector_tile
import pytest
import sqlalchemy as sa
from shapely.geometry import shape
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import InvalidInput, MappingError, NotFound
from mapping.formats.osm import demo_extract_path, read_osm
from mapping.store.networks import replace_network
from mapping.store.tile_sets import BASEMAP, tiles_statement
from mapping.store.tiles import ENTRY_BYTES, Tile, TileCache, TileKey
from tests.towns import key_at, small_town

Decoded = dict[str, list[dict[str, Any]]]


async def made(connection: AsyncConnection, community_id: int, key: TileKey) -> Tile:
    """A tile of the basemap, of what this transaction alone sees."""
    found = await connection.exec_driver_sql(*tiles_statement(BASEMAP, community_id, [key]))
    return Tile(found.scalar_one()[0])


@pytest.fixture
async def decoded(connection: AsyncConnection, community_id: int) -> Callable[[int], Awaitable[Decoded]]:
    await replace_network(connection, community_id, small_town())

    async def at(z: int) -> Decoded:
        tile = await made(connection, community_id, key_at(z))
        layers = mapbox_vector_tile.decode(tile.body, default_options={"y_coord_down": True})
        assert all(layer["extent"] == 4096 for layer in layers.values())
        return {name: layer["features"] for name, layer in layers.items()}

    return at


def kinds(features: list[dict[str, Any]]) -> list[str]:
    return sorted(feature["properties"]["kind"] for feature in features)


async def test_far_out_only_main_roads_water_and_green(decoded: Callable[[int], Awaitable[Decoded]]) -> None:
    layers = await decoded(12)
    assert set(layers) <= {"roads", "water", "landuse"}
    assert kinds(layers["roads"]) == ["main"]
    assert set(kinds(layers.get("landuse", []))) <= {"green", "wood"}


async def test_streets_come_before_paths(decoded: Callable[[int], Awaitable[Decoded]]) -> None:
    assert kinds((await decoded(13))["roads"]) == ["main", "minor"]
    assert kinds((await decoded(14))["roads"]) == ["main", "minor", "path"]


async def test_buildings_and_names_come_close_up(decoded: Callable[[int], Awaitable[Decoded]]) -> None:
    assert not {"buildings", "pois"} & set(await decoded(14))
    assert kinds((await decoded(15))["pois"]) == ["park", "school"]
    layers = await decoded(15)
    assert len(layers["buildings"]) == 2  # the school's house is drawn too
    names = {f["properties"]["name"] for z in (16,) for f in (await decoded(z)).get("pois", [])}
    assert "Аптека" in names


async def test_attributes_are_few(decoded: Callable[[int], Awaitable[Decoded]]) -> None:
    layers = await decoded(15)
    assert set(layers) == {"landuse", "water", "buildings", "roads", "pois"}
    main = next(f for f in layers["roads"] if f["properties"]["kind"] == "main")
    assert main["properties"] == {"kind": "main", "name": "Головна вулиця", "highway": "primary", "lit": "yes"}
    assert {tuple(f["properties"]) for f in layers["buildings"]} == {()}
    assert {tuple(f["properties"]) for f in layers["water"]} == {()}
    assert kinds(layers["landuse"]) == ["green", "homes"]


async def test_a_street_cut_at_junctions_is_one_line_again(decoded: Callable[[int], Awaitable[Decoded]]) -> None:
    main = [f for f in (await decoded(15))["roads"] if f["properties"]["kind"] == "main"]
    assert [f["geometry"]["type"] for f in main] == ["LineString"]


async def test_a_river_mapped_as_a_line_is_a_narrow_area(decoded: Callable[[int], Awaitable[Decoded]]) -> None:
    river = shape((await decoded(15))["water"][0]["geometry"])
    assert river.geom_type == "Polygon"
    # 10 m wide at 60.17° north is 20.1 m of the projection; a tile of zoom 15 is 1,223 m with 4,096 units.
    west, south, east, north = river.bounds
    assert north - south == pytest.approx(20.1 / 1223 * 4096, abs=3)
    assert east - west > 300


async def test_an_empty_tile_has_no_bytes(connection: AsyncConnection, community_id: int) -> None:
    await replace_network(connection, community_id, small_town())
    assert (await made(connection, community_id, TileKey(10, 0, 0))).body == b""


async def test_tiles_of_another_community_hold_nothing_of_this(connection: AsyncConnection, community_id: int) -> None:
    await replace_network(connection, community_id, small_town())
    assert (await made(connection, community_id + 10**6, key_at(15))).body == b""


@pytest.mark.parametrize(("z", "held"), [(0, {"water"}), (22, {"landuse", "roads"})])
async def test_the_ends_of_the_pyramid(connection: AsyncConnection, community_id: int, z: int, held: set[str]) -> None:
    await replace_network(connection, community_id, small_town())
    tile = await made(connection, community_id, key_at(z))
    assert set(mapbox_vector_tile.decode(tile.body)) == held


@pytest.mark.parametrize("z", [13, 15, 16])
async def test_the_same_town_gives_the_same_bytes_by_any_plan(
    connection: AsyncConnection, community_id: int, z: int
) -> None:
    extract = await asyncio.to_thread(read_osm, demo_extract_path())
    await replace_network(connection, community_id, extract)
    key = key_at(z, 24.9443, 60.1715)
    first = await made(connection, community_id, key)
    assert len(first.body) > 4_000
    for way in ("enable_seqscan", "enable_indexscan", "enable_bitmapscan", "enable_hashagg"):
        await connection.execute(sa.text(f"SET LOCAL {way} = off"))
        assert (await made(connection, community_id, key)).body == first.body
    # Rows that an update has moved lie elsewhere in the table, where a scan meets them in another order.
    for table, column in (("places", "osm_id"), ("street_segments", "osm_way_id")):
        moved = f"UPDATE public_release.{table} SET name = name WHERE community_id = :id AND {column} % 2 = 0"
        await connection.execute(sa.text(moved), {"id": community_id})
    for way in ("enable_seqscan", "enable_indexscan", "enable_bitmapscan"):
        await connection.execute(sa.text(f"SET LOCAL {way} = on"))
        assert (await made(connection, community_id, key)).body == first.body


async def test_the_etag_follows_the_bytes(connection: AsyncConnection, community_id: int) -> None:
    empty = await made(connection, community_id, key_at(15))
    await replace_network(connection, community_id, small_town())
    first, second = [await made(connection, community_id, key_at(15)) for _ in range(2)]
    assert first == second
    assert first.packed is not None
    assert gzip.decompress(first.packed) == first.body
    etags = {first.etag(packed=True), first.etag(packed=False), empty.etag(packed=False)}
    assert len(etags) == 3
    assert all(etag.startswith('"') and etag.endswith('"') for etag in etags)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ((-1, 0, 0), InvalidInput),
        ((23, 0, 0), InvalidInput),
        ((10**9, 0, 0), InvalidInput),
        ((0, 1, 0), NotFound),
        ((3, 8, 0), NotFound),
        ((3, 0, 8), NotFound),
        ((3, -1, 0), NotFound),
        ((22, 0, 2**22), NotFound),
    ],
)
def test_keys_outside_the_pyramid_are_refused(key: tuple[int, int, int], error: type[MappingError]) -> None:
    with pytest.raises(error):
        TileKey(*key)


async def test_the_cache_makes_a_tile_once_for_all_who_ask() -> None:
    cache, made = TileCache(), []

    async def make() -> Tile:
        made.append(1)
        await asyncio.sleep(0.01)
        return Tile(b"bytes")

    tiles = await asyncio.gather(*(cache.get(1, 1, TileKey(0, 0, 0), make) for _ in range(5)))
    assert {tile.body for tile in tiles} == {b"bytes"}
    await cache.get(1, 1, TileKey(0, 0, 0), make)
    assert len(made) == 1
    await cache.get(1, 2, TileKey(0, 0, 0), make)  # a new version of the network
    await cache.get(2, 1, TileKey(0, 0, 0), make)  # another community
    assert len(made) == 3


async def test_the_cache_outlives_a_client_that_hangs_up() -> None:
    cache = TileCache()

    async def make() -> Tile:
        await asyncio.sleep(0.01)
        return Tile(b"bytes")

    hasty = asyncio.ensure_future(cache.get(1, 1, TileKey(0, 0, 0), make))
    patient = asyncio.ensure_future(cache.get(1, 1, TileKey(0, 0, 0), make))
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient).body == b"bytes"


async def test_the_cache_forgets_what_was_used_least_recently() -> None:
    cache, made = TileCache(max_bytes=2 * (ENTRY_BYTES + 20)), []

    async def ask(x: int) -> None:
        async def make() -> Tile:
            made.append(x)
            return Tile(b"0123456789")

        await cache.get(1, 1, TileKey(3, x, 0), make)

    for x in (0, 1, 0, 2, 0, 1):
        await ask(x)
    assert made == [0, 1, 2, 1]


async def test_empty_tiles_take_room_too() -> None:
    cache, made = TileCache(max_bytes=10 * ENTRY_BYTES), []

    async def make() -> Tile:
        made.append(1)
        return Tile(b"")

    for _ in range(2):
        for x in range(20):
            await cache.get(1, 1, TileKey(5, x, 0), make)
    assert len(made) == 40


async def test_a_tile_that_cannot_be_made_is_tried_again() -> None:
    cache = TileCache()

    async def fail() -> Tile:
        raise NotFound("Gone.")

    async def make() -> Tile:
        return Tile(b"bytes")

    with pytest.raises(NotFound):
        await cache.get(1, 1, TileKey(0, 0, 0), fail)
    assert (await cache.get(1, 1, TileKey(0, 0, 0), make)).body == b"bytes"
