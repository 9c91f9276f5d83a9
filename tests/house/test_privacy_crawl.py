"""Walk every public GET route: no sentinel place, word or id of an unreleased or masked report may appear."""

import math
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import mapbox_vector_tile

from mapping.app import ROUTERS
from mapping.store.database import Database
from mapping.store.tile_sets import BASEMAP, FEATURES
from tests.factories import new_id, report_payload
from tests.house.crawl import (
    DAY,
    LIST_QUERIES,
    MONTH,
    REQUESTS_OF_THE_MONTH,
    SENTINELS,
    decoded,
    every_address,
    tile_at,
)
from tests.moderation import moderate_report
from tests.photographs import SECRET


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


async def test_the_crawl_asks_for_the_days_of_the_sentinels(
    client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]
) -> None:
    """Each query by date finds the one of them that is released; so it would find the others, were they told."""
    found = (await client.get(f"/open311/v2/requests.json?jurisdiction_id={town}&{REQUESTS_OF_THE_MONTH}")).json()
    assert [request["service_code"] for request in found] == ["harassment"]
    for query in LIST_QUERIES:
        page = (await client.get(f"/en/c/{town}/list?{query}")).text
        shown = re.findall(r"/report/([0-9a-f-]{36})", page)
        assert bool(shown) == ("gender_based_violence" not in query), query


async def test_nothing_unreleased_leaks(client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]) -> None:
    addresses = await every_address(client, town, sentinel_ids)
    assert len(addresses) > 50
    forbidden = [str(report_id) for report_id in sentinel_ids] + ["sentinel-", DAY, "12:34", "10:34"]
    answered = 0
    for address in addresses:
        response = await client.get(address)
        answered += response.status_code == 200
        assert "/photos/" not in address or response.status_code == 404
        assert SECRET not in response.content
        text = decoded(response) + " ".join(f"{name}: {value}" for name, value in response.headers.items())
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
    assert features[0]["properties"]["observed_on"] == MONTH
    assert features[0]["properties"]["radius_m"] == 200


async def test_no_tile_shows_a_true_place_at_any_zoom(
    client: httpx.AsyncClient, town: str, sentinel_ids: list[UUID]
) -> None:
    """Every tile over the town; of the grid, whose corners lie where they lie, what is counted."""
    seen, counted = 0, set()
    for name in (*FEATURES, BASEMAP.name):
        for zoom in range(17):
            (west, north), (east, south) = tile_at(24.93, 60.18, zoom), tile_at(24.96, 60.16, zoom)
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
