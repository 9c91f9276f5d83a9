"""Sentinels that must not be told, and every address at which they could be."""

import math
import re
from urllib.parse import quote
from uuid import UUID

import httpx
import mapbox_vector_tile

from mapping.api.ogc_parameters import CRS
from mapping.app import ROUTERS
from mapping.layers.categories import CATEGORIES
from mapping.store.collections import COLLECTIONS
from mapping.store.tile_sets import FEATURES, MAX_DATA_ZOOM

SENTINELS = {
    "T1": ("harassment", (24.940880, 60.170223), True),
    "T2": ("gender_based_violence", (24.951357, 60.174682), True),
    "unpublished": ("broken_lamps", (24.937531, 60.163579), False),
}
OBSERVED_AT = "2011-03-17T12:34:56+02:00"
MONTH, DAY = OBSERVED_AT[:7], OBSERVED_AT[:10]
REQUESTS_OF_THE_MONTH = f"start_date={MONTH}-01T00:00:00%2B02:00&end_date={MONTH}-31T00:00:00%2B02:00"
LIST_QUERIES = (
    "view=table",
    "layer=dangerous_places",
    f"category=harassment&since={MONTH}",
    "category=gender_based_violence",
    "status=open&when=night&view=table",
    "after=2011-04_00000000-0000-0000-0000-000000000000",
)


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    side = 2**zoom
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return x, y


async def every_address(client: httpx.AsyncClient, town: str, ids: list[UUID]) -> list[str]:
    """Every GET route of the application, its parameters filled in every way that could leak."""
    paths = {route.path for router in ROUTERS for route in router.routes if "GET" in route.methods}
    paths |= {"/api", "/openapi.json"}
    released = (await client.get(f"/api/communities/{town}/reports")).json()["features"]
    known = [str(report_id) for report_id in ids] + [feature["id"] for feature in released]
    paths = {path.replace("{tile_set}", name) for path in paths for name in FEATURES}
    found: list[str] = []
    for path in sorted(paths):
        for lang in ("en", "uk"):
            filled = path.replace("{slug}", town).replace("{lang}", lang).replace("{language}", lang)
            found += _filled(filled, town, known, lang)
    return sorted(set(found))


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
        queries += [f"datetime={MONTH}-16/{MONTH}-18", "limit=1&offset=1", f"filter=community%20%3D%20%27{town}%27"]
        for _, (lon, lat), _ in SENTINELS.values():
            queries.append(f"bbox={lon - 2e-4},{lat - 2e-4},{lon + 2e-4},{lat + 2e-4}")
    return [f"{one}?{query}" if query else one for one in named for query in queries]


def _open311_addresses(path: str, town: str, known: list[str], lang: str) -> list[str]:
    """A resource of Open311 in both forms; requests by date, by status, by service and by every id there is."""
    query = f"jurisdiction_id={town}&lang={lang}"
    queries = [query]
    if path.endswith("/requests.{form}"):
        span = f"{query}&{REQUESTS_OF_THE_MONTH}"
        queries += [span, f"{span}&status=open", f"{span}&service_code=harassment"]
        queries += [f"{query}&service_code=gender_based_violence", f"{query}&service_request_id={','.join(known)}"]
    named = [re.sub(r"\{(\w*id|token)\}", report_id, path) for report_id in known]
    named = [path.replace("{service_code}", code) for code in CATEGORIES] if "{service_code}" in path else named
    return [f"{one.replace('{form}', form)}?{asked}" for one in named for form in ("xml", "json") for asked in queries]


def _tiles_of_town(path: str, *names: str) -> list[str]:
    """Addresses of every tile over the town, zoom 0 to 16; the names of zoom, column and row in the path."""
    addresses = []
    for zoom in range(MAX_DATA_ZOOM + 1):
        (west, north), (east, south) = tile_at(24.93, 60.18, zoom), tile_at(24.96, 60.16, zoom)
        for x, y in ((x, y) for x in range(west, east + 1) for y in range(north, south + 1)):
            filled = path
            for name, number in zip(names, (zoom, x, y), strict=True):
                filled = filled.replace(name, str(number))
            addresses.append(filled)
    return addresses


def decoded(response: httpx.Response) -> str:
    if "vector-tile" in response.headers.get("content-type", "") and response.content:
        return str(mapbox_vector_tile.decode(response.content))
    return response.text
