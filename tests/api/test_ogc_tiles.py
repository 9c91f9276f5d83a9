"""OGC API Tiles over HTTP: what the standard asks for, the same tiles as `/tiles`, and what must be refused."""

from typing import Any

import httpx
import mapbox_vector_tile
import pytest

from mapping.services.tiles import refresh_grid
from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from mapping.store.networks import replace_network
from tests.api.problems import assert_problem
from tests.released import release, release_hotspot
from tests.tile_matrices import MATRICES, NORTH_M, TILE_PX, WEST_M, place_in_tiles
from tests.towns import small_town

MVT = "application/vnd.mapbox-vector-tile"
REGISTERED = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
SCALE_SET = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
VECTOR = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
LAMPS = "/ogc/collections/unlit_streets/tiles/WebMercatorQuad"
WORLD_M = 40_075_016.68557849
AT = {10: (582, 296), 15: (18654, 9484)}  # column and row over the small town


@pytest.fixture
async def filled(database: Database, town: str, community_id: int) -> str:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
        for step in range(3):
            await release(connection, community_id, f"POINT({24.9443 + step / 1e5} 60.1715)")
        masked = {"tier": 1, "radius_m": 200, "category": "harassment", "layer": "dangerous_places"}
        await release(connection, community_id, "POINT(24.9445 60.1716)", **masked)
        await release_hotspot(connection, community_id)
    await refresh_grid(database)
    return town


def one(document: dict[str, Any], rel: str) -> dict[str, Any]:
    (found,) = [link for link in document["links"] if link["rel"] == rel]
    return dict(found)


async def test_a_client_follows_links_to_a_tile(client: httpx.AsyncClient, filled: str) -> None:
    landing = (await client.get("/ogc")).json()
    schemes = (await client.get(one(landing, f"{SCHEME}s")["href"])).json()["tileMatrixSets"]
    assert [scheme["uri"] for scheme in schemes] == [REGISTERED]
    found = 0
    for collection in (await client.get("/ogc/collections")).json()["collections"]:
        listed = (await client.get(one(collection, VECTOR)["href"])).json()
        (entry,) = listed["tilesets"]
        assert entry["dataType"] == "vector"
        assert entry["tileMatrixSetURI"] == REGISTERED
        metadata = (await client.get(one(entry, "self")["href"])).json()
        assert metadata["tileMatrixSetURI"] == REGISTERED
        matrices = (await client.get(one(metadata, SCHEME)["href"])).json()["tileMatrices"]
        assert {limit["tileMatrix"] for limit in metadata["tileMatrixSetLimits"]} <= {m["id"] for m in matrices}
        template = one(metadata, "item")
        assert (template["templated"], template["type"]) == (True, MVT)
        column, row = AT[15]
        address = template["href"].format(tileMatrix=15, tileRow=row, tileCol=column)
        answer = await client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, MVT)
        held = set(mapbox_vector_tile.decode(answer.content))
        assert held <= {layer["id"] for layer in metadata["layers"]}
        found += len(held)
        for rel in ("alternate", "self", "http://www.opengis.net/def/rel/ogc/1.0/geodata"):
            hrefs = [link["href"] for link in metadata["links"] if link["rel"] == rel]
            assert [(await client.get(href)).status_code for href in hrefs] == [200] * max(len(hrefs), 1), rel
    assert found >= 4, "reports of two layers, hotspots and streets lie there"


async def test_the_matrix_set_is_the_registered_one(client: httpx.AsyncClient, town: str) -> None:
    found = (await client.get("/ogc/tileMatrixSets/WebMercatorQuad")).json()
    assert (found["id"], found["uri"]) == ("WebMercatorQuad", REGISTERED)
    assert found["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    assert (found["orderedAxes"], found["wellKnownScaleSet"]) == (["X", "Y"], SCALE_SET)
    for matrix, (zoom, (scale, cell, width)) in zip(found["tileMatrices"], enumerate(MATRICES), strict=True):
        assert matrix == {
            "id": str(zoom),
            "scaleDenominator": pytest.approx(scale, rel=1e-12),
            "cellSize": pytest.approx(cell, rel=1e-12),
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": pytest.approx([WEST_M, NORTH_M], rel=1e-12),
            "tileWidth": TILE_PX,
            "tileHeight": TILE_PX,
            "matrixWidth": width,
            "matrixHeight": width,
        }


def test_the_tiles_asked_for_here_are_those_over_the_small_town() -> None:
    assert {zoom: tuple(map(int, place_in_tiles(zoom, 24.9443, 60.1715))) for zoom in AT} == AT


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("zoom", AT)
async def test_tiles_are_those_of_the_other_address(
    client: httpx.AsyncClient, filled: str, name: str, zoom: int
) -> None:
    column, row = AT[zoom]
    path = f"/ogc/collections/{name}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"
    answer, known = await client.get(path), await client.get(f"/tiles/{name}/{zoom}/{column}/{row}.mvt")
    assert answer.content == known.content
    assert answer.headers["etag"] == known.headers["etag"]
    assert answer.headers["access-control-allow-origin"] == "*"
    again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    nothing = await client.get(f"/ogc/collections/{name}/tiles/WebMercatorQuad/{zoom}/0/0")
    assert (nothing.status_code, nothing.content, nothing.headers["content-type"]) == (200, b"", MVT)


@pytest.mark.parametrize("zoom", AT)
async def test_a_collection_holds_its_own_layer_only(client: httpx.AsyncClient, filled: str, zoom: int) -> None:
    column, row = AT[zoom]
    held: dict[str, dict[str, int]] = {}
    for name in ("reports", "unlit_streets", "dangerous_places", "resources"):
        answer = await client.get(f"/tiles/{name}/{zoom}/{column}/{row}.mvt", params={"c": filled})
        held[name] = {}
        for layer in mapbox_vector_tile.decode(answer.content).values():
            for feature in layer["features"]:
                told = feature["properties"]
                held[name][told["layer"]] = held[name].get(told["layer"], 0) + told.get("count", 1)
    assert held == {
        "reports": {"unlit_streets": 3, "dangerous_places": 1},
        "unlit_streets": {"unlit_streets": 3},
        "dangerous_places": {"dangerous_places": 1},
        "resources": {},
    }


async def test_limits_say_which_tiles_there_are(client: httpx.AsyncClient, town: str) -> None:
    here = "/ogc/collections/streets/tiles/WebMercatorQuad"
    metadata = (await client.get(here)).json()
    limits = {int(limit["tileMatrix"]): limit for limit in metadata["tileMatrixSetLimits"]}
    assert list(limits) == [10, 11, 12, 13, 14, 15, 16]
    box = (await client.get("/ogc/collections/streets")).json()["extent"]["spatial"]["bbox"][0]
    for zoom, limit in limits.items():
        (left, bottom), (right, top) = place_in_tiles(zoom, *box[:2]), place_in_tiles(zoom, *box[2:])
        side, rows = MATRICES[zoom][2], [limit["minTileRow"], limit["maxTileRow"]]
        assert [limit["minTileCol"], limit["maxTileCol"]] == [int(left), int(right)]
        assert rows == [int(top), int(bottom)]
        column = limit["maxTileCol"]
        assert (await client.get(f"{here}/{zoom}/{rows[1]}/{column}")).status_code == 200
        assert_problem(await client.get(f"{here}/{zoom}/{side}/{column}"), 404)
        assert_problem(await client.get(f"{here}/{zoom}/{rows[1]}/{side}"), 404)
    for zoom in (9, 17):
        assert_problem(await client.get(f"{here}/{zoom}/0/0"), 404)
    assert "OpenStreetMap" in metadata["attribution"]
    assert "odbl" in metadata["license"]


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        (f"{LAMPS}/99/0/0", 404, None),
        (f"{LAMPS}/10/0/1024", 404, None),
        (f"{LAMPS}/10/1024/0", 404, None),
        (f"{LAMPS}/-1/0/0", 400, "tileMatrix"),
        (f"{LAMPS}/x/0/0", 400, "tileMatrix"),
        (f"{LAMPS}/10/1.5/0", 400, "tileRow"),
        (f"{LAMPS}/10/0/NaN", 400, "tileCol"),
        (f"{LAMPS}/10/0/%00", 400, "tileCol"),
        (f"{LAMPS}/10/0/{'9' * 400}", 400, "tileCol"),
        (f"{LAMPS}/10/0/0?f=png", 400, "query"),
        (f"{LAMPS}?collections=streets", 400, "query"),
        (f"{LAMPS}?f=xml", 400, "f"),
        ("/ogc/collections/nothing/tiles", 404, None),
        ("/ogc/collections/nothing/tiles/WebMercatorQuad", 404, None),
        ("/ogc/collections/nothing/tiles/WebMercatorQuad/10/0/0", 404, None),
        ("/ogc/collections/basemap/tiles", 404, None),
        ("/ogc/collections/unlit_streets/tiles/WorldCRS84Quad", 404, None),
        ("/ogc/collections/unlit_streets/tiles/WorldCRS84Quad/10/0/0", 404, None),
        ("/ogc/tileMatrixSets/WorldCRS84Quad", 404, None),
        ("/ogc/tileMatrixSets?f=xml", 400, "f"),
    ],
)
async def test_bad_requests(client: httpx.AsyncClient, town: str, path: str, status: int, field: str | None) -> None:
    answer = await client.get(path)
    assert_problem(answer, status, field)
    assert bool(answer.json()["errors"]) == (field is not None)


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize(
    "path",
    [
        "/ogc/tileMatrixSets",
        "/ogc/tileMatrixSets/WebMercatorQuad",
        "/ogc/collections/streets/tiles",
        "/ogc/collections/hotspots/tiles/WebMercatorQuad",
    ],
)
async def test_pages_for_people(client: httpx.AsyncClient, town: str, path: str, language: str) -> None:
    headers = {"Accept": "text/html,application/xhtml+xml;q=0.9", "Accept-Language": language}
    page = await client.get(path, headers=headers)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert f'lang="{language}"' in page.text
    assert "WebMercatorQuad" in page.text
    assert page.headers["access-control-allow-origin"] == "*"


async def test_the_api_tells_every_path_of_tiles(client: httpx.AsyncClient, town: str) -> None:
    document = (await client.get("/ogc/api")).json()
    tiles = {path: found["get"]["operationId"] for path, found in document["paths"].items() if "ile" in path}
    assert set(tiles) == {"/tileMatrixSets", "/tileMatrixSets/{tileMatrixSetId}"}.union(
        *(
            {
                f"/collections/{name}/tiles",
                f"/collections/{name}/tiles/{{tileMatrixSetId}}",
                f"/collections/{name}/tiles/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
            }
            for name in COLLECTIONS
        )
    )
    assert len(set(tiles.values())) == len(tiles)
    assert tiles["/collections/streets/tiles"].endswith(".collection.vector.getTileSetsList")


async def test_the_classes_are_told(client: httpx.AsyncClient) -> None:
    told = (await client.get("/ogc/conformance")).json()["conformsTo"]
    for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30"):
        assert f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}" in told
    assert "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits" in told
    assert len(set(told)) == len(told)
