"""OGC API Features: Part 1 (core, GeoJSON, HTML, OpenAPI 3.0), Part 2 (CRS), Part 3 (queryables, CQL2 filters).

Released features only, through the role that can read nothing else; open to every origin.
"""

import json
import re
from dataclasses import replace
from urllib.parse import quote, unquote_plus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from mapping import __version__
from mapping.api import ogc_documents as documents
from mapping.api.direct import Direct
from mapping.api.docs_page import docs_page
from mapping.api.ogc_answers import (
    ROOT,
    json_answer,
    page_answer,
    read_as_page,
    root_address,
)
from mapping.api.ogc_documents import GEOJSON, HTML, link
from mapping.api.ogc_pages import collection_page, item_page, items_page
from mapping.api.ogc_parameters import CRS, read_crs, read_format, read_items
from mapping.api.ogc_tile_documents import tile_paths
from mapping.api.open_answers import answer, resource
from mapping.api.rendering import preferred_language
from mapping.services import features
from mapping.services.feature_words import described_schemas
from mapping.services.features import CollectionView
from mapping.store.collections import COLLECTIONS

router = APIRouter(prefix=ROOT, tags=["ogc"])


async def _views(request: Request) -> list[CollectionView]:
    return await features.list_collections(request.app.state.database.reader, preferred_language(request))


@resource(router, "", "OGC API: landing page")
@router.get("/", include_in_schema=False)
async def landing(request: Request) -> Response:
    """Where everything is."""
    if read_as_page(request):
        return page_answer(request, "ogc_landing.html", views=await _views(request), service=root_address(request))
    return json_answer(request, documents.landing(root_address(request), preferred_language(request)))


@resource(router, "/conformance", "OGC API: conformance classes")
async def conformance(request: Request) -> Response:
    """What is conformed to."""
    if read_as_page(request):
        return page_answer(request, "ogc_conformance.html", classes=documents.CONFORMS_TO)
    return json_answer(request, documents.conformance())


@resource(router, "/api", "OGC API: OpenAPI 3.0")
async def openapi(request: Request) -> Response:
    """The API definition, or its page."""
    if read_as_page(request):
        return docs_page(request, f"{ROOT}/api?f=json&lang={preferred_language(request)}", "OGC API")
    asked = {name: features.queryables(name) for name in COLLECTIONS}
    views = await _views(request)
    document = documents.openapi(root_address(request), views, asked, preferred_language(request), __version__)
    document["paths"] |= tile_paths(views)
    return json_answer(request, document, documents.OPENAPI)


@resource(router, "/collections", "OGC API: collections")
async def collections(request: Request) -> Response:
    """All collections."""
    as_page, views = read_as_page(request), await _views(request)
    if as_page:
        return page_answer(request, "ogc_landing.html", views=views, service=root_address(request))
    return json_answer(request, documents.collections(root_address(request), views))


async def _view(request: Request, name: str) -> CollectionView:
    return await features.describe_collection(request.app.state.database.reader, name, preferred_language(request))


@resource(router, "/collections/{name}", "OGC API: a collection")
async def collection(request: Request, name: str) -> Response:
    """One collection."""
    features.find_collection(name)
    as_page, view = read_as_page(request), await _view(request, name)
    if as_page:
        return await collection_page(request, view)
    return json_answer(request, documents.collection(root_address(request), view))


@resource(router, "/collections/{name}/queryables", "OGC API: what may be asked for")
async def queryables(request: Request, name: str) -> Response:
    """Properties that filters may name, as JSON Schema."""
    features.find_collection(name)
    as_page, view = read_as_page(request), await _view(request, name)
    if as_page:
        return await collection_page(request, view)
    asked = described_schemas(name, preferred_language(request))
    return json_answer(request, documents.queryables(root_address(request), view, asked), documents.SCHEMA)


class _Asked:
    """The address of a request, taken apart once for the links that lead on from it."""

    def __init__(self, request: Request) -> None:
        self.root = root_address(request)
        self._path = f"{self.root.removesuffix(ROOT)}{quote(request.scope['path'])}"
        asked = request.scope["query_string"].decode("utf-8", "replace")
        self._parameters = [(unquote_plus(part.partition("=")[0]), part) for part in asked.split("&") if part]

    def address(self, without: tuple[str, ...] = (), **added: str) -> str:
        """The address asked for, without some parameters and with others in their place."""
        kept = [part for name, part in self._parameters if name not in without and name not in added]
        query = "&".join([*kept, *(f"{name}={value}" for name, value in added.items())])
        return f"{self._path}?{query}" if query else self._path

    def links(self, name: str) -> list[dict[str, str]]:
        """Of a page of features or of one: itself, as a page to read, and its collection."""
        return [
            link(self.address(), "self", GEOJSON),
            link(self.address(f="html"), "alternate", HTML),
            link(f"{self.root}/collections/{name}", "collection", documents.JSON),
        ]


@resource(router, "/collections/{name}/items", "OGC API: features of a collection")
async def items(request: Request, name: str) -> Response:
    """A page of features: `bbox`, `datetime`, `filter` (CQL2), `limit`, `crs`, and each queryable as a parameter."""
    found = features.find_collection(name)
    asked = read_items(request.query_params, found)
    as_page = read_format(request.query_params, request.headers.get("accept", "")) == "html"
    query = replace(asked.query, crs="CRS84") if as_page else asked.query
    page = await features.list_features(request.app.state.database.reader, found, query, after=asked.after)
    here = _Asked(request)
    following = None if page.next is None else here.address(without=("offset",), next=page.next)
    if as_page:
        shown = json.loads(b"[" + page.features + b"]")
        return await items_page(request, await _view(request, name), shown, page.matched, following)
    links = here.links(name)
    if following is not None:
        links.append(link(following, "next", GEOJSON))
    counted = "" if page.matched is None else f'"numberMatched":{page.matched},'
    head = f'{{"type":"FeatureCollection",{counted}"numberReturned":{page.returned},"links":{json.dumps(links)},'
    body = b"".join((head.encode(), b'"features":[', page.features, b"]}"))
    return answer(request, body, GEOJSON, {"Content-Crs": f"<{CRS[asked.query.crs]}>"})


@resource(router, "/collections/{name}/items/{feature_id}", "OGC API: one feature")
async def item(request: Request, name: str, feature_id: str) -> Response:
    """One feature by its id."""
    found = features.find_collection(name)
    as_page = read_as_page(request, "crs")
    crs = read_crs(request.query_params, "crs")
    crs_told = "CRS84" if as_page else crs
    told = await features.find_feature(request.app.state.database.reader, found, feature_id, crs_told)
    if as_page:
        return await item_page(request, await _view(request, name), json.loads(told))
    body = told[:-1] + f',"links":{json.dumps(_Asked(request).links(name))}}}'.encode()
    return answer(request, body, GEOJSON, {"Content-Crs": f"<{CRS[crs]}>"})


DIRECT = (
    Direct(re.compile(f"{ROOT}/collections/(?P<name>[^/]+)/items/(?P<feature_id>[^/]+)"), item),
    Direct(re.compile(f"{ROOT}/collections/(?P<name>[^/]+)/items"), items),
)
