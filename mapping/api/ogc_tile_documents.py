"""What OGC API Tiles says of itself: the tile matrix set, tile sets of collections, their part of OpenAPI.

The limits of a set are the tiles that the extent of all communities touches. Every other tile of its zooms is answered
too: a street that reaches over the edge of the ground, or nothing.
Source: OGC 20-057 (Tiles, Part 1: Core), OGC 17-083r4 (Two Dimensional Tile Matrix Set and Tile Set Metadata).
"""

from typing import Any

from mapping.api.ogc_documents import JSON, RELATION, SHOWN, get_operation, link, parameter, self_links
from mapping.api.ogc_parameters import CRS
from mapping.api.tiles import MVT
from mapping.geodesy import MAX_X_3857
from mapping.services.features import CollectionView
from mapping.store.tile_sets import MAX_DATA_ZOOM, TileLayer, TileSet
from mapping.store.tiles import Bounds, corner_tiles

WEB_MERCATOR_QUAD = "WebMercatorQuad"
TILE_PATH = "{tileMatrix}/{tileRow}/{tileCol}"
_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{WEB_MERCATOR_QUAD}"
_MATRICES = 25  # the registered set has the zooms 0 to 24
_TILE_PX, _PIXEL_M = 256, 0.00028  # of the standard's screen
_ODBL = "https://opendatacommons.org/licenses/odbl/1-0/"


def _matrix(zoom: int) -> dict[str, Any]:
    cell = 2 * MAX_X_3857 / (_TILE_PX * 2**zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell / _PIXEL_M,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-MAX_X_3857, MAX_X_3857],
        "tileWidth": _TILE_PX,
        "tileHeight": _TILE_PX,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }


def tile_matrix_set(root: str) -> dict[str, Any]:
    """The one tile matrix set there is, as it is registered."""
    return {
        "id": WEB_MERCATOR_QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": _URI,
        "crs": CRS["3857"],
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(_MATRICES)],
        "links": self_links(_matrix_set_address(root)),
    }


def tile_matrix_sets(root: str) -> dict[str, Any]:
    """The list of tile matrix sets."""
    entry = {
        "id": WEB_MERCATOR_QUAD,
        "uri": _URI,
        "crs": CRS["3857"],
        "links": [link(f"{_matrix_set_address(root)}?f=json", "self", JSON)],
    }
    return {"links": self_links(f"{root}/tileMatrixSets"), "tileMatrixSets": [entry]}


def _matrix_set_address(root: str) -> str:
    return f"{root}/tileMatrixSets/{WEB_MERCATOR_QUAD}"


def tiles_address(root: str, name: str) -> str:
    """Address of the tile set of a collection."""
    return f"{root}/collections/{name}/tiles/{WEB_MERCATOR_QUAD}"


def _in_short(view: CollectionView) -> dict[str, Any]:
    return {"title": view.title, "dataType": "vector", "crs": CRS["3857"], "tileMatrixSetURI": _URI}


def tile_sets(root: str, view: CollectionView) -> dict[str, Any]:
    """The list of tile sets of a collection."""
    links = [
        link(f"{tiles_address(root, view.name)}?f=json", "self", JSON),
        link(f"{_matrix_set_address(root)}?f=json", f"{RELATION}/tiling-scheme", JSON),
    ]
    here = f"{root}/collections/{view.name}/tiles"
    return {"links": self_links(here), "tilesets": [{**_in_short(view), "links": links}]}


def _limits(tile_set: TileSet, bounds: Bounds) -> list[dict[str, Any]]:
    zooms = range(tile_set.min_zoom, MAX_DATA_ZOOM + 1)
    return [
        {
            "tileMatrix": str(first.z),
            "minTileRow": first.y,
            "maxTileRow": last.y,
            "minTileCol": first.x,
            "maxTileCol": last.x,
        }
        for first, last in (corner_tiles(zoom, bounds) for zoom in zooms)
    ]


def _layer(tile_set: TileSet, layer: TileLayer) -> dict[str, Any]:
    fields = {name: {"description": words} for name, words in layer.fields.items()}
    least, most = tile_set.zooms(layer)
    return {
        "id": layer.name,
        "dataType": "vector",
        "minTileMatrix": str(least),
        "maxTileMatrix": str(most),
        "propertiesSchema": {"type": "object", "properties": fields},
    }


def tile_set_metadata(root: str, tiles_root: str, view: CollectionView, tile_set: TileSet) -> dict[str, Any]:
    """The metadata of a collection's tile set.

    Parameters
    ----------
    root : str
        Address of the landing page.
    tiles_root : str
        Address of the tiles outside OGC API, where the TileJSON is.
    view : CollectionView
        The collection.
    tile_set : TileSet
        Its tiles.
    """
    here = tiles_address(root, view.name)
    bounds = view.bounds or (-180.0, -90.0, 180.0, 90.0)
    told = {
        **_in_short(view),
        "description": view.description,
        "mediaTypes": [MVT],
        "tileMatrixSetLimits": _limits(tile_set, bounds),
        "boundingBox": {"lowerLeft": list(bounds[:2]), "upperRight": list(bounds[2:]), "crs": CRS["CRS84"]},
        "layers": [_layer(tile_set, layer) for layer in tile_set.layers],
        "links": [
            *self_links(here),
            {**link(f"{here}/{TILE_PATH}", "item", MVT), "templated": True},
            link(f"{_matrix_set_address(root)}?f=json", f"{RELATION}/tiling-scheme", JSON),
            link(f"{root}/collections/{view.name}?f=json", f"{RELATION}/geodata", JSON),
            link(f"{tiles_root}/{tile_set.name}.json", "alternate", JSON, "TileJSON"),
        ],
    }
    if tile_set.is_from_osm:
        told |= {"attribution": "© OpenStreetMap contributors", "license": _ODBL}
    return told


def _named(operation_id: str, path: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"operationId": operation_id, **path["get"]}}


def tile_paths(views: list[CollectionView]) -> dict[str, Any]:
    """The paths of OpenAPI that are about tiles, with the operation ids that the standard asks for."""
    one_set = parameter("tileMatrixSetId", {"schema": {"type": "string", "enum": [WEB_MERCATOR_QUAD]}}, "path")
    place = [parameter(name, {"schema": {"type": "integer", "minimum": 0}}, "path")
             for name in ("tileMatrix", "tileRow", "tileCol")]  # fmt: skip
    paths = {
        "/tileMatrixSets": _named("getTileMatrixSetsList", get_operation("Tile matrix sets", SHOWN)),
        "/tileMatrixSets/{tileMatrixSetId}": _named(
            "getTileMatrixSet", get_operation("A tile matrix set", [one_set, *SHOWN])
        ),
    }
    for view in views:
        here, prefix = f"/collections/{view.name}/tiles", f"{view.name}.collection.vector"
        tile = get_operation(f"A tile: {view.title}", [one_set, *place], MVT)
        tile["get"]["responses"]["200"]["content"] = {MVT: {"schema": {"type": "string", "format": "binary"}}}
        paths[here] = _named(f"{prefix}.getTileSetsList", get_operation(f"Tile sets: {view.title}", SHOWN))
        paths[f"{here}/{{tileMatrixSetId}}"] = _named(
            f"{prefix}.getTileSet", get_operation(f"A tile set: {view.title}", [one_set, *SHOWN])
        )
        paths[f"{here}/{{tileMatrixSetId}}/{TILE_PATH}"] = _named(f"{prefix}.getTile", tile)
    return paths
