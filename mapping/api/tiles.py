"""Vector tiles over HTTP and their TileJSON; open to every origin, because they hold only what anyone may see."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from mapping.api.direct import Direct
from mapping.api.open_answers import is_known
from mapping.api.packing import takes
from mapping.api.problems import problem_responses
from mapping.layers.texts import SLUG
from mapping.services import tiles
from mapping.store.tile_sets import BASEMAP, FEATURES, MAX_DATA_ZOOM, OSM, TileSet
from mapping.store.tiles import Tile, TileKey, zoom_of_one_tile

MVT = "application/vnd.mapbox-vector-tile"
OPEN = {"Access-Control-Allow-Origin": "*"}
GROUND_S, RELEASED_S = 300, 2  # how long a client may keep a tile unasked; what is hidden has to go at once

router = APIRouter(prefix="/tiles", tags=["tiles"])
Slug = Annotated[str, Query(pattern=f"^{SLUG}$", description="Community.")]
AnySlug = Annotated[str | None, Query(pattern=f"^{SLUG}$", description="Community; without it, all of them.")]


def tile_response(tile: Tile, tile_set: TileSet, accept_encoding: str, if_none_match: str | None) -> Response:
    """A tile as an answer, packed if the client takes it so, or 304 if it has it already."""
    packed = tile.packed if takes(accept_encoding, "gzip") else None
    etag = tile.etag(packed=packed is not None)
    seconds = GROUND_S if tile_set is BASEMAP else RELEASED_S
    headers = {**OPEN, "Cache-Control": f"public, max-age={seconds}", "ETag": etag, "Vary": "Accept-Encoding"}
    if is_known(etag, if_none_match):
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(packed or tile.body, media_type=MVT, headers=headers)


async def tile_answer(request: Request, tile_set: TileSet, slug: str | None, key: TileKey) -> Response:
    """The tile that a client asks for; of all communities where no slug is given."""
    state = request.app.state
    tile = await tiles.read_tile(state.database, state.tile_memory, tile_set, slug, key)
    headers = request.headers
    return tile_response(tile, tile_set, headers.get("accept-encoding", ""), headers.get("if-none-match"))


async def _describe(request: Request, tile_set: TileSet, slug: str | None) -> JSONResponse:
    ground = await tiles.tile_ground(request.app.state.database, slug)
    west, south, east, north = ground.bounds
    zoom = max(tile_set.min_zoom, min(zoom_of_one_tile(ground.bounds), MAX_DATA_ZOOM))
    address = f"{str(request.base_url).rstrip('/')}/tiles/{tile_set.name}/{{z}}/{{x}}/{{y}}.mvt"
    told: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": ground.name,
        "tiles": [address if slug is None else f"{address}?c={slug}"],
        "scheme": "xyz",
        "minzoom": tile_set.min_zoom,
        "maxzoom": MAX_DATA_ZOOM,
        "bounds": ground.bounds,
        "center": [(west + east) / 2, (south + north) / 2, zoom],
        "vector_layers": tile_set.vector_layers(),
    }
    if tile_set.is_from_osm:
        told["attribution"] = OSM
    # The address in it is the one that was asked: not for a shared cache.
    return JSONResponse(told, headers={**OPEN, "Cache-Control": "private, max-age=300"})


@router.head("/basemap/{z}/{x}/{y}.mvt", include_in_schema=False)
@router.get("/basemap/{z}/{x}/{y}.mvt", summary="A tile of the basemap", responses=problem_responses(404, 422))
async def basemap(request: Request, z: int, x: int, y: int, c: Slug) -> Response:
    """Streets, water, buildings, land use and points of interest as a Mapbox vector tile; empty where nothing is."""
    return await tile_answer(request, BASEMAP, c, TileKey(z, x, y))


@router.head("/basemap.json", include_in_schema=False)
@router.get("/basemap.json", summary="TileJSON of the basemap", responses=problem_responses(404, 422))
async def basemap_tilejson(request: Request, c: Slug) -> JSONResponse:
    """Where the tiles are, what they hold and whom to name (TileJSON 3.0.0)."""
    return await _describe(request, BASEMAP, c)


@router.head("/{tile_set}/{z}/{x}/{y}.mvt", include_in_schema=False)
@router.get("/{tile_set}/{z}/{x}/{y}.mvt", summary="A tile of what is released", responses=problem_responses(404, 422))
async def features(request: Request, tile_set: str, z: int, x: int, y: int, c: AnySlug = None) -> Response:
    """Reports (up to zoom 11 counts in cells), hotspots or streets as a Mapbox vector tile; empty where nothing is."""
    return await tile_answer(request, tiles.find_tile_set(tile_set), c, TileKey(z, x, y))


@router.head("/{tile_set}.json", include_in_schema=False)
@router.get("/{tile_set}.json", summary="TileJSON of what is released", responses=problem_responses(404, 422))
async def features_tilejson(request: Request, tile_set: str, c: AnySlug = None) -> JSONResponse:
    """Where the tiles of reports, hotspots or streets are and what they hold (TileJSON 3.0.0)."""
    return await _describe(request, tiles.find_tile_set(tile_set), c)


async def _direct(request: Request, name: str, z: str, x: str, y: str) -> Response | None:
    """A tile of a known set, of a community or of all; whatever else is asked is left to the routes above."""
    tile_set, of = _SETS.get(name), _OF.fullmatch(request.scope["query_string"])
    if tile_set is None or of is None or (tile_set is BASEMAP and of[1] is None):
        return None
    slug = None if of[1] is None else of[1].decode()
    return await tile_answer(request, tile_set, slug, TileKey(int(z), int(x), int(y)))


_SETS = {BASEMAP.name: BASEMAP, **FEATURES}
_OF = re.compile(f"(?:c=({SLUG}))?".encode())
_TILE = re.compile(r"/tiles/(?P<name>[a-z_]+)/(?P<z>[0-9]{1,2})/(?P<x>[0-9]{1,7})/(?P<y>[0-9]{1,7})\.mvt")
DIRECT = (Direct(_TILE, _direct),)
