"""Vector tiles of the basemap over HTTP, and their TileJSON; open to every origin, because they hold OSM data only."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from mapping.api.problems import problem_responses
from mapping.layers.texts import SLUG
from mapping.services import tiles
from mapping.store.tiles import TileCache, TileKey

MVT = "application/vnd.mapbox-vector-tile"
MAX_DATA_ZOOM = 16  # nothing is added beyond; clients enlarge these tiles
OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
FIELDS: dict[str, dict[str, str]] = {
    "landuse": {"kind": "homes, green, wood, field or works"},
    "water": {},
    "buildings": {},
    "roads": {"kind": "main, minor or path", "name": "name", "highway": "OSM highway", "lit": "OSM lit"},
    "pois": {"kind": "OSM value", "name": "name"},
}

router = APIRouter(prefix="/tiles", tags=["tiles"])
Slug = Annotated[str, Query(pattern=f"^{SLUG}$", description="Community.")]


def _cache(request: Request) -> TileCache:
    """The cache of this application, made when it is first needed."""
    state = request.app.state
    if not hasattr(state, "tile_cache"):
        state.tile_cache = TileCache()
    cache: TileCache = state.tile_cache
    return cache


def _is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether a client's If-None-Match names this tile (weak comparison, RFC 9110 section 13.1.2)."""
    if if_none_match is None:
        return False
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in known or etag in known


@router.head("/basemap/{z}/{x}/{y}.mvt", include_in_schema=False)
@router.get("/basemap/{z}/{x}/{y}.mvt", summary="A tile of the basemap", responses=problem_responses(404, 422))
async def basemap(request: Request, z: int, x: int, y: int, c: Slug) -> Response:
    """Streets, water, buildings, land use and points of interest as a Mapbox vector tile; empty where nothing is."""
    database = request.app.state.database
    tile = await tiles.basemap_tile(database.public, _cache(request), c, TileKey(z, x, y))
    packed = tile.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    etag = tile.etag(packed=packed is not None)
    headers = {**OPEN, "ETag": etag, "Vary": "Accept-Encoding"}
    if _is_known(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(packed or tile.body, media_type=MVT, headers=headers)


@router.head("/basemap.json", include_in_schema=False)
@router.get("/basemap.json", summary="TileJSON of the basemap", responses=problem_responses(404, 422))
async def basemap_tilejson(request: Request, c: Slug) -> JSONResponse:
    """Where the tiles are, what they hold and whom to name (TileJSON 3.0.0)."""
    ground = await tiles.basemap_ground(request.app.state.database.public, c)
    west, south, east, north = ground.bounds
    layers: list[dict[str, Any]] = [{"id": name, "fields": fields} for name, fields in FIELDS.items()]
    return JSONResponse(
        {
            "tilejson": "3.0.0",
            "name": ground.name,
            "tiles": [f"{str(request.base_url).rstrip('/')}/tiles/basemap/{{z}}/{{x}}/{{y}}.mvt?c={c}"],
            "scheme": "xyz",
            "minzoom": 0,
            "maxzoom": MAX_DATA_ZOOM,
            "bounds": ground.bounds,
            "center": [(west + east) / 2, (south + north) / 2, 14],
            "attribution": '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>',
            "vector_layers": layers,
        },
        headers={**OPEN, "Cache-Control": "private, max-age=300"},  # the address in it is the one that was asked
    )
