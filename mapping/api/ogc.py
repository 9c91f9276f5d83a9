"""OGC API Features: Part 1 (core, GeoJSON, HTML, OpenAPI 3.0), Part 2 (CRS), Part 3 (queryables, CQL2 filters).

Released features only, through the role that can read nothing else; open to every origin.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response

from mapping import __version__
from mapping.api import ogc_documents as documents
from mapping.api.direct import direct
from mapping.api.ogc_documents import GEOJSON, HTML, link
from mapping.api.ogc_parameters import CRS, read_crs, read_format, read_items, require_known
from mapping.api.pages import render
from mapping.api.problems import problem_responses
from mapping.services import features
from mapping.services.features import CollectionView
from mapping.store.collections import COLLECTIONS

ROOT = "/ogc"
OPEN = {"Access-Control-Allow-Origin": "*", "Vary": "Accept, Accept-Language, Accept-Encoding"}
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
router = APIRouter(prefix=ROOT, tags=["ogc"])
Endpoint = Callable[..., Awaitable[Response]]


def _resource(path: str, summary: str) -> Callable[[Endpoint], Endpoint]:
    """A route for GET, and the same for HEAD."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.head(path, include_in_schema=False)(endpoint)
        router.get(path, summary=summary, responses=problem_responses(400, 404, 422))(endpoint)
        return endpoint

    return register


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{ROOT}"


def _language(request: Request) -> str:
    """Ukrainian where a browser asks for it first."""
    return "uk" if request.headers.get("accept-language", "").strip().lower().startswith("uk") else "en"


def _is_html(request: Request, *known: str) -> bool:
    require_known(request.query_params, ("f", *known))
    return read_format(request.query_params, request.headers.get("accept", "")) == "html"


def _answer(request: Request, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Response:
    """An answer with its ETag, or 304 if the client has it."""
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {**OPEN, **(headers or {}), "ETag": etag}
    if etag.removeprefix("W/") in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=kind, headers=told)


def _json(request: Request, document: Any, kind: str = documents.JSON) -> Response:
    return _answer(request, json.dumps(document, ensure_ascii=False).encode(), kind)


def _page(request: Request, template: str, **context: Any) -> Response:
    page = render(request, template, _language(request), **context)
    page.headers.update(OPEN)
    return page


async def _views(request: Request) -> list[CollectionView]:
    return await features.list_collections(request.app.state.database.public, _language(request))


@_resource("", "OGC API: landing page")
@router.get("/", include_in_schema=False)
async def landing(request: Request) -> Response:
    """Where everything is."""
    if _is_html(request):
        return _page(request, "ogc_landing.html", root=ROOT, views=await _views(request))
    return _json(request, documents.landing(_root(request), _language(request)))


@_resource("/conformance", "OGC API: conformance classes")
async def conformance(request: Request) -> Response:
    """What is conformed to."""
    if _is_html(request):
        return _page(request, "ogc_conformance.html", root=ROOT, classes=documents.CONFORMS_TO)
    return _json(request, documents.conformance())


@_resource("/api", "OGC API: OpenAPI 3.0")
async def openapi(request: Request) -> Response:
    """The API definition, or its page."""
    if _is_html(request):
        page = get_swagger_ui_html(
            openapi_url=f"{ROOT}/api?f=json",
            title="OGC API",
            swagger_js_url="/static/vendor/swagger-ui-dist/swagger-ui-bundle.js",
            swagger_css_url="/static/vendor/swagger-ui-dist/swagger-ui.css",
            swagger_favicon_url="/static/symbols.svg",
        )
        page.headers["Content-Security-Policy"] = DOCS_POLICY
        return page
    asked = {name: features.queryables(name) for name in COLLECTIONS}
    document = documents.openapi(_root(request), await _views(request), asked, _language(request), __version__)
    return _json(request, document, documents.OPENAPI)


@_resource("/collections", "OGC API: collections")
async def collections(request: Request) -> Response:
    """All collections."""
    is_html, views = _is_html(request), await _views(request)
    if is_html:
        return _page(request, "ogc_landing.html", root=ROOT, views=views)
    return _json(request, documents.collections(_root(request), views))


async def _view(request: Request, name: str) -> CollectionView:
    return await features.describe_collection(request.app.state.database.public, name, _language(request))


@_resource("/collections/{name}", "OGC API: a collection")
async def collection(request: Request, name: str) -> Response:
    """One collection."""
    features.find_collection(name)
    is_html, view = _is_html(request), await _view(request, name)
    if is_html:
        return _page(request, "ogc_collection.html", root=ROOT, view=view, asked=features.queryables(name))
    return _json(request, documents.collection(_root(request), view))


@_resource("/collections/{name}/queryables", "OGC API: what may be asked for")
async def queryables(request: Request, name: str) -> Response:
    """Properties that filters may name, as JSON Schema."""
    features.find_collection(name)
    is_html, view = _is_html(request), await _view(request, name)
    asked = features.queryables(name)
    if is_html:
        return _page(request, "ogc_collection.html", root=ROOT, view=view, asked=asked)
    return _json(request, documents.queryables(_root(request), view, asked), documents.SCHEMA)


def _address(request: Request, **changed: str | None) -> str:
    """The address asked for with some parameters changed, or taken out where None."""
    kept = {**dict(request.query_params), **changed}
    asked = urlencode({name: value for name, value in kept.items() if value is not None})
    return f"{str(request.base_url).rstrip('/')}{request.url.path}" + (f"?{asked}" if asked else "")


@_resource("/collections/{name}/items", "OGC API: features of a collection")
async def items(request: Request, name: str) -> Response:
    """A page of features: `bbox`, `datetime`, `filter` (CQL2), `limit`, `crs`, and each queryable as a parameter."""
    found = features.find_collection(name)
    asked = read_items(request.query_params, found)
    is_html = read_format(request.query_params, request.headers.get("accept", "")) == "html"
    page = await features.list_features(request.app.state.database.public, found, asked.query, after=asked.after)
    following = None if page.next is None else _address(request, next=page.next, offset=None)
    if is_html:
        shown = json.loads(b"[" + page.features + b"]")
        view = await _view(request, name)
        return _page(
            request, "ogc_items.html", root=ROOT, view=view, features=shown, matched=page.matched, following=following,
            columns=[column for column in found.properties if column not in ("description", "simulated")],
        )  # fmt: skip
    links = [link(_address(request), "self", GEOJSON), link(_address(request, f="html"), "alternate", HTML),
             link(f"{_root(request)}/collections/{name}", "collection", documents.JSON)]  # fmt: skip
    if following is not None:
        links.append(link(following, "next", GEOJSON))
    counted = "" if page.matched is None else f'"numberMatched":{page.matched},'
    head = f'{{"type":"FeatureCollection",{counted}"numberReturned":{page.returned},"links":{json.dumps(links)},'
    body = b"".join((head.encode(), b'"features":[', page.features, b"]}"))
    return _answer(request, body, GEOJSON, {"Content-Crs": f"<{CRS[asked.crs]}>"})


@_resource("/collections/{name}/items/{feature_id}", "OGC API: one feature")
async def item(request: Request, name: str, feature_id: str) -> Response:
    """One feature by its id."""
    found = features.find_collection(name)
    is_html = _is_html(request, "crs")
    crs = read_crs(request.query_params, "crs")
    told = await features.find_feature(request.app.state.database.public, found, feature_id, crs)
    if is_html:
        return _page(request, "ogc_item.html", root=ROOT, view=await _view(request, name), feature=json.loads(told))
    links = [link(_address(request), "self", GEOJSON), link(_address(request, f="html"), "alternate", HTML),
             link(f"{_root(request)}/collections/{name}", "collection", documents.JSON)]  # fmt: skip
    body = told[:-1] + f',"links":{json.dumps(links)}}}'.encode()
    return _answer(request, body, GEOJSON, {"Content-Crs": f"<{CRS[crs]}>"})


DIRECT = (
    direct(f"{ROOT}/collections/{{name}}/items/{{feature_id}}", item),
    direct(f"{ROOT}/collections/{{name}}/items", items),
)
