"""Answers of open data: for every origin, with an ETag, for GET and HEAD alike."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from mapping.api.problems import problem_responses

OPEN = {"Access-Control-Allow-Origin": "*", "Vary": "Accept, Accept-Language, Accept-Encoding"}
RELEASED = {"Cache-Control": "no-cache"}  # asked for again each time: what is hidden is gone
Endpoint = Callable[..., Awaitable[Response]]
Errors = dict[int | str, dict[str, Any]]
PROBLEMS = problem_responses(400, 404, 422)


def resource(router: APIRouter, path: str, summary: str, errors: Errors = PROBLEMS) -> Callable[[Endpoint], Endpoint]:
    """A route for GET, and the same for HEAD; `errors` is what OpenAPI is told of them."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.head(path, include_in_schema=False)(endpoint)
        router.get(path, summary=summary, responses=errors)(endpoint)
        return endpoint

    return register


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether a client's If-None-Match names this ETag (weak comparison, RFC 9110 section 13.1.2)."""
    if if_none_match is None:
        return False
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in known or etag.removeprefix("W/") in known


def answer(request: Request, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Response:
    """An answer with its ETag, or 304 if the client has it."""
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {**OPEN, **RELEASED, **(headers or {}), "ETag": etag}
    if is_known(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=kind, headers=told)
