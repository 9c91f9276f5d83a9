"""The basemap over HTTP: bytes, headers, what is refused."""

import asyncio

import httpx
import mapbox_vector_tile
import pytest

from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.towns import small_town

TILE = "/tiles/basemap/15/18654/9484.mvt"
MVT = "application/vnd.mapbox-vector-tile"


@pytest.fixture
async def mapped(database: Database, town: str, community_id: int) -> str:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    return town


async def test_a_tile(client: httpx.AsyncClient, mapped: str) -> None:
    answer = await client.get(TILE, params={"c": mapped})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MVT
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "max-age" in answer.headers["cache-control"]
    assert "roads" in mapbox_vector_tile.decode(answer.content)


async def test_a_known_tile_is_not_sent_again(client: httpx.AsyncClient, mapped: str) -> None:
    etag = (await client.get(TILE, params={"c": mapped})).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await client.get(TILE, params={"c": mapped}, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert answer.headers["access-control-allow-origin"] == "*"
    assert (await client.get(TILE, params={"c": mapped}, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_packed_and_plain_tiles_have_their_own_etags(client: httpx.AsyncClient, mapped: str) -> None:
    packed = await client.get(TILE, params={"c": mapped}, headers={"Accept-Encoding": "br, gzip"})
    plain = await client.get(TILE, params={"c": mapped}, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "accept-encoding" in packed.headers["vary"].lower()


async def test_head_has_the_headers_without_the_body(client: httpx.AsyncClient, mapped: str) -> None:
    plain = {"Accept-Encoding": "identity"}
    whole = await client.get(TILE, params={"c": mapped}, headers=plain)
    head = await client.head(TILE, params={"c": mapped}, headers=plain)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["content-length"] == str(len(whole.content))


async def test_where_nothing_is_the_tile_is_empty(client: httpx.AsyncClient, mapped: str) -> None:
    answer = await client.get("/tiles/basemap/10/0/0.mvt", params={"c": mapped})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == MVT


async def test_an_import_changes_the_tile(
    client: httpx.AsyncClient, database: Database, town: str, community_id: int
) -> None:
    """Within the second for which a version that was looked up is good."""
    before = await client.get(TILE, params={"c": town})
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    await asyncio.sleep(1.05)
    after = await client.get(TILE, params={"c": town}, headers={"If-None-Match": before.headers["etag"]})
    assert before.content == b""
    assert after.status_code == 200
    assert after.content


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (TILE, {}, 422),
        (TILE, {"c": "no-such-town"}, 404),
        (TILE, {"c": "\x00"}, 422),
        (TILE, {"c": "x" * 5000}, 422),
        ("/tiles/basemap/23/0/0.mvt", {"c": "demo"}, 422),
        ("/tiles/basemap/-1/0/0.mvt", {"c": "demo"}, 422),
        ("/tiles/basemap/3/8/0.mvt", {"c": "demo"}, 404),
        ("/tiles/basemap/3/NaN/0.mvt", {"c": "demo"}, 422),
        ("/tiles/basemap/3/1.5/0.mvt", {"c": "demo"}, 422),
        ("/tiles/basemap.json", {"c": "no-such-town"}, 404),
        ("/tiles/basemap.json", {}, 422),
    ],
)
async def test_bad_requests(client: httpx.AsyncClient, path: str, params: dict[str, str], status: int) -> None:
    assert (await client.get(path, params=params)).status_code == status


async def test_tilejson_says_where_the_tiles_are(client: httpx.AsyncClient, mapped: str) -> None:
    answer = await client.get("/tiles/basemap.json", params={"c": mapped})
    found = answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert found["tilejson"] == "3.0.0"
    assert found["bounds"] == [24.93, 60.16, 24.96, 60.18]
    assert "OpenStreetMap" in found["attribution"]
    assert {layer["id"] for layer in found["vector_layers"]} == {"landuse", "water", "buildings", "roads", "pois"}
    url = found["tiles"][0].format(z=15, x=18654, y=9484)
    assert (await client.get(url)).content
