"""Walk every public GET route: no sentinel place, word or id of an unreleased or masked report may appear."""

import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import mapbox_vector_tile
import pytest
import shapely

from mapping.api.ogc_parameters import CRS
from mapping.app import ROUTERS
from mapping.geodesy import geometry_to_metric
from mapping.layers.categories import CATEGORIES
from mapping.layers.masking import mask_point
from mapping.services.analyses import request_analysis
from mapping.store import communities
from mapping.store.bare import InTransaction
from mapping.store.collections import COLLECTIONS
from mapping.store.database import Database
from mapping.store.tile_sets import BASEMAP, FEATURES, MAX_DATA_ZOOM
from mapping.worker import run_worker
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report
from tests.photographs import SECRET, telling_jpeg

SENTINELS = {
    "T1": ("harassment", (24.940880, 60.170223), True),
    "T2": ("gender_based_violence", (24.951357, 60.174682), True),
    "unpublished": ("broken_lamps", (24.937531, 60.163579), False),
}


LIST_QUERIES = (
    "view=table",
    "layer=dangerous_places",
    "category=harassment&since=2026-03",
    "category=gender_based_violence",
    "status=open&when=night&view=table",
    "after=2026-04_00000000-0000-0000-0000-000000000000",
)


async def _far_from_its_mask(database: Database, town: str) -> tuple[float, float]:
    """A T1 place of which the mask lies at least 30 m away; a masked place may be the true one by chance."""
    async with database.app.connect() as connection:
        community, secret = await communities.find_with_secret(InTransaction(connection), town)
    for step in range(100):
        lon, lat = round(24.940880 + step * 2e-4, 6), 60.170223
        place = geometry_to_metric(shapely.Point(lon, lat), community.epsg)
        if math.dist(mask_point((place.x, place.y), secret=secret), (place.x, place.y)) > 30:
            return lon, lat
    raise AssertionError("no such place")


@pytest.fixture
async def sentinel_ids(client: httpx.AsyncClient, town: str, database: Database) -> list[UUID]:
    SENTINELS["T1"] = ("harassment", await _far_from_its_mask(database, town), True)
    ids = []
    for name, (category, (lon, lat), is_published) in SENTINELS.items():
        report_id = new_id()
        payload = report_payload(
            category=category,
            geometry={"type": "Point", "coordinates": [lon, lat]},
            place=f"sentinel-{name}",
            description=f"sentinel-{name}",
            observed_at="2026-03-17T12:34:56+02:00",
        )
        answer = await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)
        assert answer.status_code == 201
        sending = {"Edit-Token": answer.json()["edit_token"]}
        photo = f"/api/communities/{town}/reports/{report_id}/photos/{report_id}"
        assert (await client.put(photo, content=telling_jpeg(), headers=sending)).status_code == 201
        if is_published:
            await moderate_report(database, town, report_id, "publish", actor="test")
        ids.append(report_id)
    await request_analysis(database, town)
    await run_worker(database, until_idle=True)
    return ids


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    side = 2**zoom
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return x, y


async def _addresses(client: httpx.AsyncClient, town: str, ids: list[UUID]) -> list[str]:
    """Every GET route of the application, its parameters filled in every way that could leak."""
    paths = {route.path for router in ROUTERS for route in router.routes if "GET" in route.methods}
    paths |= {"/api", "/openapi.json"}
    released = (await client.get(f"/api/communities/{town}/reports")).json()["features"]
    known = [str(report_id) for report_id in ids] + [feature["id"] for feature in released]
    paths = {path.replace("{tile_set}", name) for path in paths for name in FEATURES}
    addresses: list[str] = []
    for path in sorted(paths):
        for lang in ("en", "uk"):
            filled = path.replace("{slug}", town).replace("{lang}", lang).replace("{language}", lang)
            addresses += _filled(filled, town, known, lang)
    return sorted(set(addresses))


def _filled(path: str, town: str, known: list[str], lang: str) -> list[str]:
    if path.startswith("/ogc"):
        return _ogc_addresses(path, town, known)
    if path.startswith("/open311"):
        return _open311_addresses(path, town, known, lang)
    if path.endswith(("/places", "/stretch")):
        return _searches(path, lang)
    if path.startswith("/photos"):
        return [f"/photos/{report_id}/{size}.jpg" for report_id in known for size in ("large", "small")]
    if path.endswith("/list"):
        return [path, *(f"{path}?{query}" for query in LIST_QUERIES)]
    if "{z}" in path:
        return [f"{tile}?c={town}" for tile in _tiles_of_town(path, "{z}", "{x}", "{y}")]
    if "id}" in path:
        return [re.sub(r"\{\w*id\}", report_id, path) for report_id in known]
    return [f"{path}?lang={lang}&c={town}"]


def _searches(path: str, lang: str) -> list[str]:
    """Searches for what must not be found, and streets beside places that must not be known."""
    if path.endswith("/places"):
        return [f"{path}?q={quote(text)}&lang={lang}" for text in ("sentinel", "sentinel-T1", "Street 1")]
    places = [place for _, place, _ in SENTINELS.values()]
    return [f"{path}?from={lon},{lat}&to={lon + 1e-3},{lat}" for lon, lat in places]


def _ogc_addresses(path: str, town: str, known: list[str]) -> list[str]:
    """A resource of OGC API in every collection, CRS and form, and filtered by what must not be found."""
    named = [path.replace("{name}", name) for name in COLLECTIONS] if "{name}" in path else [path]
    if "{feature_id}" in path:
        return [one.replace("{feature_id}", report_id) for one in named for report_id in known]
    named = [one.replace("{tile_matrix_set}", "WebMercatorQuad") for one in named]
    if "{tile_matrix}" in path:
        return [tile for one in named for tile in _tiles_of_town(one, "{tile_matrix}", "{tile_col}", "{tile_row}")]
    queries = ["", "f=html"]
    if path.endswith("/items"):
        queries += [f"community={town}&crs={quote(uri)}" for uri in CRS.values()]
        queries += ["datetime=2026-03-16/2026-03-18", "limit=1&offset=1", f"filter=community%20%3D%20%27{town}%27"]
        for _, (lon, lat), _ in SENTINELS.values():
            queries.append(f"bbox={lon - 2e-4},{lat - 2e-4},{lon + 2e-4},{lat + 2e-4}")
    return [f"{one}?{query}" if query else one for one in named for query in queries]


def _open311_addresses(path: str, town: str, known: list[str], lang: str) -> list[str]:
    """A resource of Open311 in both forms; requests by date, by status, by service and by every id there is."""
    query = f"jurisdiction_id={town}&lang={lang}"
    queries = [query]
    if path.endswith("/requests.{form}"):
        span = "start_date=2026-03-01T00:00:00%2B02:00&end_date=2026-03-31T00:00:00%2B02:00"
        queries += [f"{query}&{span}", f"{query}&{span}&status=open", f"{query}&{span}&service_code=harassment"]
        queries += [f"{query}&service_code=gender_based_violence", f"{query}&service_request_id={','.join(known)}"]
    named = [re.sub(r"\{(\w*id|token)\}", report_id, path) for report_id in known]
    named = [path.replace("{service_code}", code) for code in CATEGORIES] if "{service_code}" in path else named
    return [f"{one.replace('{form}', form)}?{asked}" for one in named for form in ("xml", "json") for asked in queries]


def _tiles_of_town(path: str, *names: str) -> list[str]:
    """Addresses of every tile over the town, zoom 0 to 16; the names of zoom, column and row in the path."""
    addresses = []
    for zoom in range(MAX_DATA_ZOOM + 1):
        (west, north), (east, south) = _tile(24.93, 60.18, zoom), _tile(24.96, 60.16, zoom)
        for x, y in ((x, y) for x in range(west, east + 1) for y in range(north, south + 1)):
            filled = path
            for name, number in zip(names, (zoom, x, y), strict=True):
                filled = filled.replace(name, str(number))
            addresses.append(filled)
    return addresses


def _decoded(response: httpx.Response) -> str:
    if "vector-tile" in response.headers.get("content-type", "") and response.content:
        return str(mapbox_vector_tile.decode(response.content))
    return response.text


def _shows_place(text: str, lon: float, lat: float, metres: float = 5.0) -> bool:
    """Whether two neighbouring numbers, in either order, are a place within `metres` of this one.

    Both numbers together: a masked place may share its latitude with the true one by chance, never the place itself.
    """
    numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", text)]
    degrees = metres / 111_320
    is_lon = [abs(number - lon) < degrees / math.cos(math.radians(lat)) for number in numbers]
    is_lat = [abs(number - lat) < degrees for number in numbers]
    return any((a and d) or (b and c) for a, b, c, d in zip(is_lon, is_lat, is_lon[1:], is_lat[1:], strict=False))


def _corners(shape: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Every position of a geometry."""

    def walk(part: Any) -> Iterator[tuple[float, float]]:
        if isinstance(part[0], (list, tuple)):
            for inner in part:
                yield from walk(inner)
        else:
            yield part[0], part[1]

    yield from walk(shape["coordinates"])


def _degrees(zoom: int, x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a position counted in tiles."""
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**zoom))))
    return x / 2**zoom * 360 - 180, lat


def test_the_crawl_would_see_a_place_that_leaks() -> None:
    assert _shows_place("[24.94124,60.16988]", 24.941234, 60.169876)
    assert _shows_place('data-lat="60.169876" data-lon="24.941234"', 24.941234, 60.169876)
    assert not _shows_place("[24.941479,60.169897]", 24.941234, 60.169876)
    assert not _shows_place("[24.941234,60.171]", 24.941234, 60.169876)


async def test_nothing_unreleased_leaks(client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]) -> None:
    addresses = await _addresses(client, town, sentinel_ids)
    assert len(addresses) > 50
    forbidden = [str(report_id) for report_id in sentinel_ids] + ["sentinel-", "2026-03-17", "12:34", "10:34"]
    answered = 0
    for address in addresses:
        response = await client.get(address)
        answered += response.status_code == 200
        assert "/photos/" not in address or response.status_code == 404
        assert SECRET not in response.content
        text = _decoded(response) + " ".join(f"{name}: {value}" for name, value in response.headers.items())
        asked = re.sub(r"[?].*", "", address)
        if "/tokens/" in asked:  # whoever holds a token is told which
            asked = asked.rpartition("/")[2].partition(".")[0]
        for secret in forbidden:
            assert secret not in text.replace(asked, ""), f"{address} shows {secret}"
        for name, (_, place, _) in SENTINELS.items():
            assert not _shows_place(text, *place), f"{address} shows where the {name} report truly is"
    assert answered > 40


async def test_hidden_ids_answer_as_absent_ones_do(
    client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]
) -> None:
    paths = {route.path for router in ROUTERS for route in router.routes if "GET" in route.methods}
    by_id = [path for path in paths if re.search(r"\{(public|feature)_id\}", path) and "{slug}" in path]
    assert len(by_id) >= 2
    for path in by_id:
        for lang in ("en", "uk"):
            filled = path.replace("{slug}", town).replace("{lang}", lang)
            absent = await client.get(re.sub(r"\{\w*id\}", str(new_id()), filled))
            for hidden in sentinel_ids:
                answer = await client.get(re.sub(r"\{\w*id\}", str(hidden), filled))
                assert (answer.status_code, answer.content) == (404, absent.content)


async def test_no_list_tells_in_which_order_reports_came(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    for day in range(1, 13):
        report_id = new_id()
        payload = report_payload(observed_at=f"2026-03-{day:02}T12:00:00+02:00")
        await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)
        await moderate_report(database, town, report_id, "publish", actor="test")
    for path in (f"/en/c/{town}/list", f"/en/c/{town}/list?view=table", f"/en/c/{town}/feed.atom"):
        found = re.findall(r'<(?:a|link) [^>]*href="[^"]*/report/([0-9a-f-]{36})"', (await client.get(path)).text)
        assert len(found) == 12, path
        assert found == sorted(found), path


async def test_a_masked_report_is_there_but_elsewhere(
    client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]
) -> None:
    features = (await client.get(f"/api/communities/{town}/reports")).json()["features"]
    assert [feature["properties"]["category"] for feature in features] == ["harassment"]
    lon, lat = features[0]["geometry"]["coordinates"]
    true_lon, true_lat = SENTINELS["T1"][1]
    east_m = (lon - true_lon) * 111_320 * math.cos(math.radians(true_lat))
    north_m = (lat - true_lat) * 111_320
    assert 29 < math.hypot(east_m, north_m) <= 200
    assert features[0]["properties"]["observed_on"] == "2026-03"
    assert features[0]["properties"]["radius_m"] == 200


async def test_no_tile_shows_a_true_place_at_any_zoom(
    client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]
) -> None:
    """Every tile over the town; of the grid, whose corners lie where they lie, what is counted."""
    seen, counted = 0, set()
    for name in (*FEATURES, BASEMAP.name):
        for zoom in range(17):
            (west, north), (east, south) = _tile(24.93, 60.18, zoom), _tile(24.96, 60.16, zoom)
            for x, y in ((x, y) for x in range(west, east + 1) for y in range(north, south + 1)):
                answer = await client.get(f"/tiles/{name}/{zoom}/{x}/{y}.mvt?c={town}")
                assert answer.status_code == 200
                layers = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
                assert "gender_based_violence" not in str(layers)
                for layer, held in layers.items():
                    for feature in held["features"]:
                        if layer == "reports_grid":
                            counted.add((zoom, feature["properties"]["layer"], feature["properties"]["count"]))
                            continue
                        assert feature["properties"].get("id") not in {str(report_id) for report_id in sentinel_ids}
                        seen += layer == "reports"
                        for across, down in _corners(feature["geometry"]):
                            shown = _degrees(zoom, x + across / 4096, y + down / 4096)
                            for _, place, _ in SENTINELS.values():
                                assert not _shows_place(f"{shown[0]:.8f} {shown[1]:.8f}", *place), (name, zoom)
    assert counted == {(zoom, "dangerous_places", 1) for zoom in range(12)}
    assert seen >= 5
