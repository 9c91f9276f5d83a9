"""Tiles of reports, hotspots and streets over HTTP: what they hold, when they change, what is refused."""

import asyncio
import json
import time
from itertools import pairwise
from typing import Any

import httpx
import mapbox_vector_tile
import pytest

from mapping.services.own_reports import withdraw_report
from mapping.services.reports import submit_report
from mapping.services.tiles import refresh_grid
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.api.problems import assert_problem
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report
from tests.released import release, release_hotspot
from tests.tile_matrices import place_in_tiles, tile_side_m
from tests.towns import key_at, small_town

MVT = "application/vnd.mapbox-vector-tile"
PROMISED_S = 5
SETS = ("reports", "hotspots", "streets")


def address(tile_set: str, z: int, lon: float = 24.9443, lat: float = 60.1715) -> str:
    key = key_at(z, lon, lat)
    return f"/tiles/{tile_set}/{z}/{key.x}/{key.y}.mvt"


def decoded(answer: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MVT
    layers = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    assert all(layer["extent"] == 4096 for layer in layers.values())
    return {name: layer["features"] for name, layer in layers.items()}


@pytest.fixture
async def filled(database: Database, town: str, community_id: int) -> str:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
        for step in range(20):
            await release(connection, community_id, f"POINT({24.9443 + step / 1e5} 60.1715)")
        masked = {"tier": 1, "radius_m": 200, "category": "harassment", "layer": "dangerous_places"}
        await release(connection, community_id, "POINT(24.9445 60.1716)", **masked)
        await release(connection, community_id, None)
        await release_hotspot(connection, community_id)
    await refresh_grid(database)
    return town


async def test_reports_close_up_are_there_one_by_one(client: httpx.AsyncClient, filled: str) -> None:
    for z in (12, 14, 16):
        layers = decoded(await client.get(address("reports", z), params={"c": filled}))
        assert set(layers) == {"reports"}
        assert len(layers["reports"]) == 21
    features = [feature["properties"] for feature in layers["reports"]]
    listed = (await client.get(f"/api/communities/{filled}/reports", params={"limit": 100})).json()["features"]
    assert {feature["id"] for feature in features} == {f["id"] for f in listed if f["geometry"] is not None}
    exact = next(feature for feature in features if feature["layer"] == "unlit_streets")
    assert {**exact, "id": None} == {
        "id": None,
        "layer": "unlit_streets",
        "category": "no_lamps",
        "severity": 2,
        "status": "open",
    }
    assert [feature["radius_m"] for feature in features if feature["category"] == "harassment"] == [200]


@pytest.mark.parametrize("z", range(12))
async def test_far_out_reports_are_counted_in_cells(client: httpx.AsyncClient, filled: str, z: int) -> None:
    layers = decoded(await client.get(address("reports", z), params={"c": filled}))
    assert set(layers) == {"reports_grid"}
    counts: dict[str, int] = {}
    for feature in layers["reports_grid"]:
        assert set(feature["properties"]) == {"layer", "count"}
        counts[feature["properties"]["layer"]] = (
            counts.get(feature["properties"]["layer"], 0) + feature["properties"]["count"]
        )
        (ring,) = feature["geometry"]["coordinates"]
        assert {(x % 64, y % 64) for x, y in ring} == {(0, 0)}
        width = max(x for x, _ in ring) - min(x for x, _ in ring)
        assert width == 64
        assert width / 4096 * tile_side_m(z) > 305.74  # at zoom 11 as wide as a pixel of matrix 9, 305.748 m
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2
        assert area == 64 * 64  # an exterior ring by the specification, section 4.3.3.3
    assert counts == {"unlit_streets": 20, "dangerous_places": 1}


async def test_the_cell_is_where_the_report_is(client: httpx.AsyncClient, filled: str) -> None:
    for z in (3, 6, 11):
        layers = decoded(await client.get(address("reports", z), params={"c": filled}))
        x, y = (part % 1 * 4096 for part in place_in_tiles(z, 24.9443, 60.1715))
        rings = [f["geometry"]["coordinates"][0] for f in layers["reports_grid"]]
        assert any(
            min(a for a, _ in ring) <= x <= max(a for a, _ in ring)
            and min(b for _, b in ring) <= y <= max(b for _, b in ring)
            for ring in rings
        )


async def test_streets_and_hotspots(client: httpx.AsyncClient, filled: str) -> None:
    streets = decoded(await client.get(address("streets", 15), params={"c": filled}))["streets"]
    told = [feature["properties"] for feature in streets]
    assert {"name": "Головна вулиця", "highway": "primary", "lit": "yes"} in told
    assert {"name": "Side Street", "highway": "residential", "lit": "no"} in told
    assert len(told) == 3
    far = decoded(await client.get(address("streets", 12), params={"c": filled}))["streets"]
    assert [feature["properties"]["highway"] for feature in far] == ["primary"]
    for z in (8, 15):
        (hotspot,) = decoded(await client.get(address("hotspots", z), params={"c": filled}))["hotspots"]
        assert set(hotspot["properties"]) == {"id", "rank", "tier", "score", "step"}
        assert hotspot["properties"]["score"] == 85


async def test_without_a_community_all_are_there(
    client: httpx.AsyncClient, filled: str, other_town: str, database: Database
) -> None:
    report_id = new_id()
    await submit_report(database, other_town, report_id, report_payload())
    await moderate_report(database, other_town, report_id, "publish", actor="test")
    for z in (11, 15):
        await refresh_grid(database)
        both = decoded(await client.get(address("reports", z)))
        one = decoded(await client.get(address("reports", z), params={"c": filled}))
        other = decoded(await client.get(address("reports", z), params={"c": other_town}))

        def total(layers: dict[str, list[dict[str, Any]]]) -> int:
            return sum(f["properties"].get("count", 1) for features in layers.values() for f in features)

        assert total(one) == 21
        assert total(other) == 1
        assert total(both) >= 22


@pytest.mark.parametrize("tile_set", SETS)
async def test_headers(client: httpx.AsyncClient, filled: str, tile_set: str) -> None:
    path, plain = address(tile_set, 15), {"Accept-Encoding": "identity"}
    whole = await client.get(path, params={"c": filled}, headers=plain)
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.headers["cache-control"] == "public, max-age=2"
    etag = whole.headers["etag"]
    assert etag.startswith('"')
    head = await client.head(path, params={"c": filled}, headers=plain)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    assert head.headers["content-length"] == str(len(whole.content))
    for known in (etag, f"W/{etag}", "*"):
        answer = await client.get(path, params={"c": filled}, headers={**plain, "If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert answer.headers["access-control-allow-origin"] == "*"
    packed = await client.get(path, params={"c": filled}, headers={"Accept-Encoding": "gzip"})
    assert packed.content == whole.content
    assert (packed.headers.get("content-encoding") == "gzip") == (packed.headers["etag"] != etag)
    empty = await client.get(address(tile_set, 15, lon=10), params={"c": filled})
    assert (empty.status_code, empty.content) == (200, b"")


async def test_what_is_hidden_or_withdrawn_leaves_in_time(
    client: httpx.AsyncClient, database: Database, town: str
) -> None:
    hidden_id, withdrawn_id = new_id(), new_id()
    await submit_report(database, town, hidden_id, report_payload())
    sent = await submit_report(database, town, withdrawn_id, report_payload())
    assert sent.edit_token is not None
    for report_id in (hidden_id, withdrawn_id):
        await moderate_report(database, town, report_id, "publish", actor="test")
    await refresh_grid(database)

    async def total(z: int) -> int:
        layers = decoded(await client.get(address("reports", z), params={"c": town}))
        return sum(f["properties"].get("count", 1) for features in layers.values() for f in features)

    async def becomes(expected: int) -> None:
        began = time.monotonic()
        while [await total(9), await total(14)] != [expected, expected]:
            assert time.monotonic() - began < PROMISED_S - 2  # two more a client may keep what it has
            await asyncio.sleep(0.05)
            await refresh_grid(database)  # as the worker does every second

    await becomes(2)
    await moderate_report(database, town, hidden_id, "hide", actor="test")
    await becomes(1)
    await withdraw_report(database, town, withdrawn_id, sent.edit_token)
    await becomes(0)


async def test_the_etag_changes_only_with_the_tile(
    client: httpx.AsyncClient, database: Database, filled: str, community_id: int
) -> None:
    here, there = address("reports", 16), address("reports", 16, lon=24.959)

    async def etags() -> list[str]:
        return [(await client.get(path, params={"c": filled})).headers["etag"] for path in (here, there)]

    before = await etags()
    async with database.app.begin() as connection:
        await release(connection, community_id, "POINT(24.959 60.1715)")
    await asyncio.sleep(1.05)
    after = await etags()
    assert after[0] == before[0]
    assert after[1] != before[1]


async def test_a_kept_tile_costs_no_sql(
    client: httpx.AsyncClient, database: Database, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address("reports", 15)
    first = await client.get(path, params={"c": filled})

    def refuse(*_: object) -> None:
        raise AssertionError("SQL was asked for")

    monkeypatch.setattr(type(database.public), "connect", refuse)
    monkeypatch.setattr(type(database.reader), "first_row", refuse)
    for _ in range(20):
        assert (await client.get(path, params={"c": filled})).content == first.content


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/tiles/reports/99/0/0.mvt", {}, 422),
        ("/tiles/reports/-1/0/0.mvt", {}, 422),
        ("/tiles/streets/3/8/0.mvt", {}, 404),
        ("/tiles/hotspots/3/0/-1.mvt", {}, 404),
        ("/tiles/reports/3/NaN/0.mvt", {}, 422),
        ("/tiles/reports/3/0/99999999999999999999999.mvt", {}, 404),
        ("/tiles/nothing/3/0/0.mvt", {}, 404),
        ("/tiles/nothing.json", {}, 404),
        ("/tiles/reports/3/0/0.mvt", {"c": "no-such-town"}, 404),
        ("/tiles/reports/3/0/0.mvt", {"c": "\x00"}, 422),
        ("/tiles/reports/3/0/0.mvt", {"c": ""}, 422),
        ("/tiles/reports.json", {"c": "no-such-town"}, 404),
    ],
)
async def test_bad_requests(client: httpx.AsyncClient, path: str, params: dict[str, str], status: int) -> None:
    answer = await client.get(path, params=params)
    assert_problem(answer, status)


async def told_extent(client: httpx.AsyncClient) -> list[float]:
    """The extent that OGC API tells of all communities."""
    found = (await client.get("/ogc/collections/streets")).json()
    return list(found["extent"]["spatial"]["bbox"][0])


@pytest.mark.parametrize("tile_set", SETS)
async def test_tilejson(client: httpx.AsyncClient, filled: str, tile_set: str) -> None:
    for params in ({"c": filled}, {}):
        answer = await client.get(f"/tiles/{tile_set}.json", params=params)
        found = json.loads(answer.content)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert found["tilejson"] == "3.0.0"
        assert found["bounds"] == ([24.93, 60.16, 24.96, 60.18] if params else await told_extent(client))
        west, south, east, north = found["bounds"]
        assert found["center"][:2] == pytest.approx([(west + east) / 2, (south + north) / 2])
        assert found["minzoom"] <= found["center"][2] <= found["maxzoom"]
        assert (found["minzoom"], found["maxzoom"]) == (10 if tile_set == "streets" else 0, 16)
        held: dict[str, list[dict[str, Any]]] = {}
        for z in (9, 15):
            x, y = address(tile_set, z).removesuffix(".mvt").split("/")[-2:]
            held |= decoded(await client.get(found["tiles"][0].format(z=z, x=x, y=y)))
        assert {layer["id"] for layer in found["vector_layers"]} == set(held)
        for layer in found["vector_layers"]:
            told = {name for feature in held[layer["id"]] for name in feature["properties"]}
            assert set() < told <= set(layer["fields"])
        assert ("OpenStreetMap" in found.get("attribution", "")) == (tile_set == "streets")
