"""OGC API Tiles, Part 1: each collection as vector tiles in WebMercatorQuad; the tiles are those of `/tiles`."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from mapping.api import ogc_tile_documents as documents
from mapping.api.ogc_answers import ROOT, json_answer, page_answer, read_as_page, root_address
from mapping.api.ogc_parameters import read_tile_key, require_known
from mapping.api.open_answers import resource
from mapping.api.rendering import preferred_language
from mapping.api.tiles import tile_answer
from mapping.errors import NotFound
from mapping.services import features
from mapping.services.features import CollectionView
from mapping.services.tiles import find_tile_set

router = APIRouter(prefix=ROOT, tags=["ogc"])


def _require_matrix_set(name: str) -> None:
    if name != documents.WEB_MERCATOR_QUAD:
        raise NotFound("There is no such tile matrix set.")


async def _view(request: Request, name: str) -> CollectionView:
    return await features.describe_collection(request.app.state.database.reader, name, preferred_language(request))


def _page(request: Request, view: CollectionView) -> Response:
    address = f"{documents.tiles_address(root_address(request), view.name)}/{documents.TILE_PATH}"
    return page_answer(request, "ogc_tiles.html", view=view, tile_set=find_tile_set(view.name), address=address)


@resource(router, "/tileMatrixSets", "OGC API: tile matrix sets")
async def tile_matrix_sets(request: Request) -> Response:
    """How tiles may be cut: in one way."""
    root = root_address(request)
    if read_as_page(request):
        return page_answer(request, "ogc_tile_matrix_set.html", matrix_set=documents.tile_matrix_set(root))
    return json_answer(request, documents.tile_matrix_sets(root))


@resource(router, "/tileMatrixSets/{tile_matrix_set}", "OGC API: a tile matrix set")
async def tile_matrix_set(request: Request, tile_matrix_set: str) -> Response:
    """Its zooms, cell sizes and scales."""
    _require_matrix_set(tile_matrix_set)
    found = documents.tile_matrix_set(root_address(request))
    if read_as_page(request):
        return page_answer(request, "ogc_tile_matrix_set.html", matrix_set=found)
    return json_answer(request, found)


@resource(router, "/collections/{name}/tiles", "OGC API: tile sets of a collection")
async def tile_sets(request: Request, name: str) -> Response:
    """A collection has one, in WebMercatorQuad."""
    as_page, view = read_as_page(request), await _view(request, name)
    if as_page:
        return _page(request, view)
    return json_answer(request, documents.tile_sets(root_address(request), view))


@resource(router, "/collections/{name}/tiles/{tile_matrix_set}", "OGC API: a tile set")
async def tile_set(request: Request, name: str, tile_matrix_set: str) -> Response:
    """What its tiles hold and where they are."""
    _require_matrix_set(tile_matrix_set)
    as_page, view = read_as_page(request), await _view(request, name)
    if as_page:
        return _page(request, view)
    root = root_address(request)
    tiles_root = f"{root.removesuffix(ROOT)}/tiles"
    return json_answer(request, documents.tile_set_metadata(root, tiles_root, view, find_tile_set(name)))


@resource(router, "/collections/{name}/tiles/{tile_matrix_set}/{tile_matrix}/{tile_row}/{tile_col}", "OGC API: a tile")
async def tile(
    request: Request, name: str, tile_matrix_set: str, tile_matrix: str, tile_row: str, tile_col: str
) -> Response:
    """A Mapbox vector tile of all communities; empty where nothing is. Row before column, as OGC counts."""
    features.find_collection(name)
    _require_matrix_set(tile_matrix_set)
    require_known(request.query_params, ())
    found = find_tile_set(name)
    return await tile_answer(request, found, None, read_tile_key(found, tile_matrix, tile_row, tile_col))
