"""What every resource of OGC API shares: GET and HEAD, JSON or a page, the language, ETags; open to every origin."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from mapping.api.ogc_documents import JSON
from mapping.api.ogc_parameters import read_format, require_known
from mapping.api.pages import preferred_language, render
from mapping.api.problems import problem_responses

ROOT = "/ogc"
OPEN = {"Access-Control-Allow-Origin": "*", "Vary": "Accept, Accept-Language, Accept-Encoding"}
Endpoint = Callable[..., Awaitable[Response]]


def resource(router: APIRouter, path: str, summary: str) -> Callable[[Endpoint], Endpoint]:
    """A route for GET, and the same for HEAD."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.head(path, include_in_schema=False)(endpoint)
        router.get(path, summary=summary, responses=problem_responses(400, 404, 422))(endpoint)
        return endpoint

    return register


def root_address(request: Request) -> str:
    """Address of the landing page."""
    return f"{str(request.base_url).rstrip('/')}{ROOT}"


def is_html(request: Request, *known: str) -> bool:
    """Whether a page is asked for; parameters other than `f` and the known ones are refused."""
    require_known(request.query_params, ("f", *known))
    return read_format(request.query_params, request.headers.get("accept", "")) == "html"


def answer(request: Request, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Response:
    """An answer with its ETag, or 304 if the client has it."""
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {**OPEN, **(headers or {}), "ETag": etag}
    if etag.removeprefix("W/") in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=kind, headers=told)


def json_answer(request: Request, document: Any, kind: str = JSON) -> Response:
    """A document as JSON."""
    return answer(request, json.dumps(document, ensure_ascii=False).encode(), kind)


def page_answer(request: Request, template: str, **context: Any) -> Response:
    """A page for people; templates know the address of the landing page as `root`."""
    page = render(request, template, preferred_language(request), root=ROOT, **context)
    page.headers.update(OPEN)
    return page
