"""Errors on the wire: RFC 9457 problem+json for programs, Open311's form where it is spoken, a page for people.

Nothing that was sent is echoed.
"""

import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mapping.api.open311_documents import error_answer, is_open311
from mapping.api.rendering import error_page, prefers_page
from mapping.api.senders import PROOF_STATUS
from mapping.errors import RETRY_AFTER_S, DatabaseAway, FieldError, InvalidInput, MappingError, NotServed, TooMany
from mapping.languages import LANGUAGES

FOR_PROGRAMS = ("api", "ogc", "open311", "tiles", "photos", "static", "openapi.json", "healthz", "readyz")
FOR_EVERY_ORIGIN = ("ogc", "open311", "tiles")
FOR_FILES = "GET, HEAD"  # the methods of what is no route
PROBLEM_JSON = "application/problem+json"
_TEXT = {"type": "string"}
PROBLEM_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": {"type": "object", "properties": {"field": _TEXT, "reason": _TEXT}}},
    },
}
PROBLEM_WORDS = {
    400: "A parameter cannot be used, or is not known",
    404: "No such thing, or none that may be shown",
    409: "The id was used with other content, or the state does not allow this",
    413: "The body is too large",
    422: "Something sent breaks a rule; `errors` names each field",
    429: "More was sent than is taken in an hour; `Retry-After` says when the hour ends",
    503: "Database or worker does not answer; try again",
}
DATABASE_ERRORS = (psycopg.OperationalError, sa.exc.OperationalError, sa.exc.TimeoutError)
_log = logging.getLogger(__name__)


class _HttpError(MappingError):
    """An address or a method that is not served, or a body that the framework refuses."""

    code = "http"

    def __init__(self, status: int, title: str) -> None:
        super().__init__("The request cannot be answered this way.")
        self.status, self.title = status, title


def problem(error: MappingError) -> JSONResponse:
    """One RFC 9457 problem document; `type` is `/problems/{code}`."""
    return JSONResponse(
        {
            "type": f"/problems/{error.code}",
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
            "errors": [{"field": fault.field, "reason": fault.reason} for fault in error.errors],
        },
        status_code=error.status,
        media_type=PROBLEM_JSON,
    )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI is told of the errors a route may answer with; 503 always among them."""
    return {
        status: {"description": PROBLEM_WORDS[status], "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA}}}
        for status in (*statuses, 503)
    }


def _is_page(request: Request) -> bool:
    first, wants_page = request.url.path.split("/", 2)[1], prefers_page(request.headers.get("accept", ""))
    if first == "ogc" and request.method in ("GET", "HEAD"):
        asked = request.query_params.get("f")
        return asked == "html" or (asked is None and wants_page)
    return first in LANGUAGES or (first not in FOR_PROGRAMS and wants_page)


def _answer_program(request: Request, error: MappingError) -> Response:
    path = request.url.path
    response = error_answer(path, error) if is_open311(path) else problem(error)
    response.headers["Cache-Control"] = "no-store"
    if is_open311(path) or (request.method in ("GET", "HEAD") and path.split("/", 2)[1] in FOR_EVERY_ORIGIN):
        response.headers["Access-Control-Allow-Origin"] = "*"  # or a page elsewhere could not read what is wrong
    return response


def answer_error(request: Request, error: MappingError) -> Response:
    """An expected error as a page for people, or in the form of programs."""
    if _is_page(request):
        response: Response = error_page(request, error.status, error.errors if error.status == 400 else ())
    else:
        response = _answer_program(request, error)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
        response.headers[PROOF_STATUS] = error.proof
    if isinstance(error, NotServed):
        response.headers["Allow"] = error.allowed
    return response


async def _mapping_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MappingError)
    return answer_error(request, error)


def _reason(item: Mapping[str, Any]) -> str:
    """Why a parameter is refused; of a UUID, pydantic would quote a character."""
    return "must be a UUID" if item["type"].startswith("uuid") else str(item["msg"])


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [
        FieldError(".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]), _reason(item))
        for item in error.errors()
    ]
    if _is_page(request):
        return error_page(request, 404)
    return _answer_program(request, InvalidInput("A parameter breaks a rule.", fields))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if _is_page(request):
        return error_page(request, error.status_code)
    response = _answer_program(request, _HttpError(error.status_code, str(error.detail)))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(sorted(_methods(request))) or response.headers.get("allow", FOR_FILES)
    return response


def _methods(request: Request) -> set[str]:
    """Every method of an address: the routing knows those of the first route alone."""
    routes = [route for router in request.app.state.routers for route in router.routes]
    return {method for route in routes if route.path_regex.match(request.url.path) for method in route.methods}


def database_answer(request: Request, error: Exception) -> Response:
    """What is answered where the database is not there, or takes too long."""
    _log.error("database does not answer: %s", type(error).__name__)
    return answer_error(request, DatabaseAway())


async def _database_error(request: Request, error: Exception) -> Response:
    return database_answer(request, error)


async def _unexpected(request: Request, error: Exception) -> Response:
    trace = "".join(traceback.format_tb(error.__traceback__))
    _log.error("unexpected %s\n%s", type(error).__name__, trace)
    return answer_error(request, MappingError("The fault is ours. Try again; nothing was half-written."))


class UnexpectedErrors:
    """ASGI middleware: what nobody foresaw is answered here, so that no server logs its message.

    A database's message may quote what people sent; only the kind of error and where it arose are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and answer for what falls."""
        is_started = False

        async def noting(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:
            if scope["type"] != "http" or is_started:
                raise
            await (await _unexpected(Request(scope), error))(scope, receive, send)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the application take the one shape."""
    app.add_exception_handler(MappingError, _mapping_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    for error in DATABASE_ERRORS:
        app.add_exception_handler(error, _database_error)
