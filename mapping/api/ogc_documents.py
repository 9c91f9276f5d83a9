"""What OGC API Features says of itself: landing page, conformance, collections, queryables, OpenAPI.

What it says of tiles is in `ogc_tile_documents`.
Source: OGC 17-069r4, OGC 18-058r1, OGC 19-079r2, OGC 21-065r2, OGC 20-002r1.
"""

from typing import Any

from mapping.api.ogc_parameters import CRS, DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from mapping.api.problems import PROBLEM_JSON, PROBLEM_SCHEMA
from mapping.languages import LANGUAGES, Text
from mapping.layers.report_schema import report_feature_schema
from mapping.services.features import CollectionView

GEOJSON, JSON, HTML = "application/geo+json", "application/json", "text/html"
OPENAPI, SCHEMA = "application/vnd.oai.openapi+json;version=3.0", "application/schema+json"
ODBL = "https://opendatacommons.org/licenses/odbl/1-0/"
RELATION = "http://www.opengis.net/def/rel/ogc/1.0"
_FEATURES, _CQL2 = "http://www.opengis.net/spec/ogcapi-features", "http://www.opengis.net/spec/cql2/1.0/conf"
_TILES, _TMS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf", "http://www.opengis.net/spec/tms/2.0/conf"
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    *(f"{_FEATURES}-1/1.0/conf/{name}" for name in ("core", "geojson", "html", "oas30")),
    f"{_FEATURES}-2/1.0/conf/crs",
    *(
        f"{_FEATURES}-3/1.0/conf/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    f"{_FEATURES}-4/1.0/conf/create-replace-delete",
    *(
        f"{_CQL2}/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
        )
    ),
    *(f"{_TILES}/{name}" for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")),
    *(
        f"{_TMS}/{encoding}{name}"
        for name in ("tilematrixset", "tilematrixsetlimits", "tilesetmetadata")
        for encoding in ("", "json-")
    ),
)
WORDS = {
    "title": Text("Community Mapping: open data"),
    "description": Text("What communities have released, hotspots, and streets, as OGC API Features and Tiles."),
}


def link(href: str, rel: str, kind: str, title: str = "") -> dict[str, str]:
    """A link as OGC API writes it."""
    return {"href": href, "rel": rel, "type": kind, **({"title": title} if title else {})}


def self_links(here: str) -> list[dict[str, str]]:
    """Links of a resource to itself and to its page."""
    return [link(f"{here}?f=json", "self", JSON), link(f"{here}?f=html", "alternate", HTML)]


def _words(language: str) -> dict[str, str]:
    return {name: words.get(language) for name, words in WORDS.items()}


def landing(root: str, language: str) -> dict[str, Any]:
    """The landing page."""
    return {
        **_words(language),
        "links": [
            *self_links(root),
            link(f"{root}/api", "service-desc", OPENAPI, "OpenAPI 3.0"),
            link(f"{root}/api?f=html", "service-doc", HTML, "API"),
            link(f"{root}/conformance", "conformance", JSON),
            link(f"{root}/collections", "data", JSON),
            link(f"{root}/tileMatrixSets", f"{RELATION}/tiling-schemes", JSON),
        ],
    }


def conformance() -> dict[str, Any]:
    """The classes of conformance."""
    return {"conformsTo": list(CONFORMS_TO)}


def collection(root: str, view: CollectionView) -> dict[str, Any]:
    """One collection."""
    here = f"{root}/collections/{view.name}"
    licence = [link(ODBL, "license", HTML, "ODbL 1.0")] if view.is_from_osm else []
    bounds = list(view.bounds) if view.bounds else [-180, -90, 180, 90]
    return {
        "id": view.name,
        "title": view.title,
        "description": view.description,
        "itemType": "feature",
        "extent": {
            "spatial": {"bbox": [bounds], "crs": CRS["CRS84"]},
            "temporal": {"interval": [[None, None]], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"},
        },
        "crs": list(CRS.values()),
        "storageCrs": CRS["CRS84"],
        "links": [
            *self_links(here),
            link(f"{here}/items", "items", GEOJSON, view.title),
            link(f"{here}/items?f=html", "items", HTML, view.title),
            link(f"{here}/queryables", f"{RELATION}/queryables", SCHEMA),
            link(f"{here}/tiles", f"{RELATION}/tilesets-vector", JSON),
            *licence,
        ],
        **({"attribution": "© OpenStreetMap contributors"} if view.is_from_osm else {}),
    }


def collections(root: str, views: list[CollectionView]) -> dict[str, Any]:
    """All collections."""
    return {
        "links": self_links(f"{root}/collections"),
        "crs": list(CRS.values()),
        "collections": [collection(root, view) for view in views],
    }


def queryables(root: str, view: CollectionView, properties: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What may be asked for in a collection, as JSON Schema."""
    shape = {"format": "geometry-any", "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{view.name}/queryables",
        "type": "object",
        "title": view.title,
        "description": view.description,
        "properties": {"geometry": shape, **properties},
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_SENT_WITH: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {"type": "string", "format": "uuid", "description": "The id where the feature has none."},
    "Reporter-Token": {"type": "string", "description": "The phone's own random token: one person counts once."},
    "Proof-Of-Work": {
        "type": "string",
        "description": "An answer to a challenge: more is taken with it.",
    },
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "f": {"schema": {"type": "string", "enum": ["json", "html"]}},
    "lang": {"schema": {"type": "string", "enum": list(LANGUAGES)}},
    "bbox": {
        "schema": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        "style": "form",
        "explode": False,
    },
    "bbox-crs": {"schema": {"type": "string", "enum": list(CRS.values())}},
    "crs": {"schema": {"type": "string", "enum": list(CRS.values())}},
    "datetime": {"schema": _TEXT},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}},
    "next": {"schema": _TEXT},
    "offset": {"schema": {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}},
    "filter": {"schema": _TEXT},
    "filter-lang": {"schema": {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}},
    "filter-crs": {"schema": {"type": "string", "enum": list(CRS.values())}},
}


SHOWN = [{"name": name, "in": "query", "required": False, **_PARAMETERS[name]} for name in ("f", "lang")]


def get_operation(summary: str, parameters: list[dict[str, Any]], kind: str = JSON) -> dict[str, Any]:
    """A path of OpenAPI that answers GET with a document and with a page."""
    failed = {"description": "A problem", "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA}}}
    answer = {
        "description": summary,
        "content": {kind: {"schema": {"type": "object"}}, HTML: {"schema": _TEXT}},
    }
    return {"get": {"summary": summary, "parameters": parameters, "responses": {"200": answer, "default": failed}}}


def _post(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    failed = {"description": "A problem", "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA}}}
    address = {"description": "Where its sender holds it; nobody can read it there.", "schema": _TEXT}
    kept = {"content": {GEOJSON: {"schema": {"type": "object"}}}, "headers": {"Location": address}}
    sent = {kind: {"schema": _for_openapi_30(schema)} for kind in (GEOJSON, JSON)}
    answers = {
        "201": {"description": "It is kept; the answer holds its edit_token, once", **kept},
        "200": {"description": "It was sent before, unchanged", **kept},
        "default": failed,
    }
    headers = [parameter(name, {"schema": found}, "header") for name, found in _SENT_WITH.items()]
    body = {"required": True, "content": sent}
    return {"post": {"summary": summary, "parameters": headers, "requestBody": body, "responses": answers}}


def _for_openapi_30(schema: Any) -> Any:
    """A JSON Schema in the words of OpenAPI 3.0, which knows neither `const` nor the type null."""
    if isinstance(schema, list):
        return [_for_openapi_30(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _for_openapi_30(part) for name, part in schema.items()}
    if "const" in told:
        told["enum"] = [told.pop("const")]
    if isinstance(told.get("type"), list):
        (told["type"],) = (kind for kind in told["type"] if kind != "null")
        told["nullable"] = True
    if {"type": "null"} in told.get("oneOf", []):
        told["oneOf"] = [{**part, "nullable": True} for part in told["oneOf"] if part != {"type": "null"}]
    return told


def parameter(name: str, found: dict[str, Any], place: str = "query") -> dict[str, Any]:
    """A parameter of OpenAPI."""
    return {"name": name, "in": place, "required": place == "path", **found}


def openapi(
    root: str,
    views: list[CollectionView],
    properties: dict[str, dict[str, dict[str, Any]]],
    language: str,
    version: str,
) -> dict[str, Any]:
    """The API as OpenAPI 3.0.

    Parameters
    ----------
    root : str
        Address of the landing page.
    views : list of CollectionView
        All collections.
    properties : dict
        Queryables of each, by its id.
    language : str
        A code of `LANGUAGES`.
    version : str
        Of this software.
    """
    paths = {
        "/": get_operation("Landing page", SHOWN),
        "/conformance": get_operation("Conformance", SHOWN),
        "/api": get_operation("This document", SHOWN, OPENAPI),
        "/collections": get_operation("Collections", SHOWN),
    }
    for view in views:
        here = f"/collections/{view.name}"
        asked = [{"name": name, "in": "query", "schema": {"type": found["type"]}}
                 for name, found in properties[view.name].items()]  # fmt: skip
        items = [parameter(name, found) for name, found in _PARAMETERS.items()]
        one = [
            parameter("featureId", {"schema": _TEXT}, "path"),
            *(parameter(n, _PARAMETERS[n]) for n in ("f", "lang", "crs")),
        ]
        paths[here] = get_operation(view.title, SHOWN)
        paths[f"{here}/queryables"] = get_operation(f"Queryables: {view.title}", SHOWN, SCHEMA)
        paths[f"{here}/items"] = get_operation(f"Features: {view.title}", [*items, *asked], GEOJSON)
        if view.takes_reports:
            paths[f"{here}/items"] |= _post(f"Send a report: {view.title}", report_feature_schema(view.name))
        paths[f"{here}/items/{{featureId}}"] = get_operation(f"One feature: {view.title}", one, GEOJSON)
    return {
        "openapi": "3.0.3",
        "info": {"version": version, **_words(language)},
        "servers": [{"url": root}],
        "paths": paths,
    }
