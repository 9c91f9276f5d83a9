"""Open311 GeoReport v2 and its discovery, in XML and JSON; errors in the form of Open311.

Reading goes through the public role, and is open to every origin. Sending needs a key of the community.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from mapping.api import open_answers
from mapping.api.forms import read_form
from mapping.api.open311_documents import ERRORS, ROOT, VERSION, Format, answer, discovery
from mapping.api.open311_parameters import MAX_FIELDS, in_sent_names, read_filter, read_ids, read_language, read_sent
from mapping.api.rendering import preferred_language
from mapping.errors import FieldError, InvalidInput, NotFound
from mapping.languages import LANGUAGES
from mapping.services import open311, open311_services

# A program in a page elsewhere may read what it is answered.
_READABLE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Edit-Token"}
router = APIRouter(prefix=ROOT, tags=["open311"], responses=ERRORS)
V2 = f"/{VERSION}"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def read_format(form: str) -> Format:
    """The form that an address ends with.

    Raises
    ------
    NotFound
        If it is neither xml nor json.
    """
    if form == "json":
        return "json"
    if form == "xml":
        return "xml"
    raise NotFound("Addresses end with .xml or .json.")


def asked_language(
    request: Request,
    lang: Annotated[str | None, Query(description="Language of the words: " + ", ".join(LANGUAGES) + ".")] = None,
) -> str:
    """The language of `lang`, else the one the client prefers."""
    return read_language(lang) if lang else preferred_language(request)


_resource = partial(open_answers.resource, router, errors={})  # told of the whole router already
Form = Annotated[Format, Depends(read_format)]
Language = Annotated[str, Depends(asked_language)]
Jurisdiction = Annotated[str | None, Query(description="Short name of the community.")]
Asked = Annotated[str | None, Query()]


def _open(request: Request, response: Response) -> Response:
    """The same for every origin, with its ETag; 304 to who has it."""
    return open_answers.answer(request, bytes(response.body), response.headers["content-type"])


@_resource("/discovery.{form}", "Open311: where it is")
async def discover(request: Request, form: Form) -> Response:
    """The discovery document."""
    return _open(request, answer(form, "discovery", discovery(str(request.base_url).rstrip("/"))))


@_resource(f"{V2}/services.{{form}}", "Open311: services")
async def list_services(
    request: Request, form: Form, language: Language, jurisdiction_id: Jurisdiction = None
) -> Response:
    """What can be reported."""
    engine = request.app.state.database.public
    return _open(
        request, answer(form, "services", await open311_services.list_services(engine, jurisdiction_id, language))
    )


@_resource(f"{V2}/services/{{service_code}}.{{form}}", "Open311: a service")
async def describe_service(
    request: Request, service_code: str, form: Form, language: Language, jurisdiction_id: Jurisdiction = None
) -> Response:
    """What a service asks."""
    engine = request.app.state.database.public
    found = await open311_services.describe_service(engine, jurisdiction_id, service_code, language)
    return _open(request, answer(form, "service_definition", found))


@_resource(f"{V2}/requests.{{form}}", "Open311: released requests")
async def list_requests(
    request: Request,
    form: Form,
    language: Language,
    jurisdiction_id: Jurisdiction = None,
    service_request_id: Annotated[
        str | None, Query(description="Ids with commas between; others are not heeded.")
    ] = None,
    service_code: Asked = None,
    start_date: Asked = None,
    end_date: Asked = None,
    status: Asked = None,
    page: Asked = None,
    page_size: Asked = None,
) -> Response:
    """Released reports, newest first: the last 90 days, or a span of at most 90 days."""
    engine = request.app.state.database.public
    if service_request_id:
        found = await open311.find_requests(engine, jurisdiction_id, read_ids(service_request_id), language)
    else:
        asked = read_filter(request.query_params, datetime.now(UTC))
        found = await open311.list_requests(engine, jurisdiction_id, asked, language)
    return _open(request, answer(form, "service_requests", found))


@_resource(f"{V2}/requests/{{service_request_id}}.{{form}}", "Open311: a released request")
async def get_request(
    request: Request, service_request_id: str, form: Form, language: Language, jurisdiction_id: Jurisdiction = None
) -> Response:
    """One released report by its public id."""
    engine = request.app.state.database.public
    found = await open311.find_requests(engine, jurisdiction_id, [service_request_id], language)
    if not found:
        raise NotFound("There is no such request.")
    return _open(request, answer(form, "service_requests", found))


_TEXT = {"type": "string"}
_FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["jurisdiction_id", "service_code"],
    "properties": {
        **{name: _TEXT for name in ("jurisdiction_id", "api_key", "service_code", "address_string", "description")},
        "lat": {"type": "number"},
        "long": {"type": "number"},
        "device_id": {"type": "string", "description": "One person counts once; only a keyed hash is kept."},
    },
    "additionalProperties": {"type": "string", "description": "attribute[code]: see the service's definition."},
}


@router.post(
    f"{V2}/requests.{{form}}",
    status_code=201,
    summary="Open311: send a request",
    openapi_extra={"requestBody": {"required": True, "content": {FORMS[0]: {"schema": _FORM_SCHEMA}}}},
)
async def post_request(
    request: Request,
    form: Form,
    language: Language,
    api_key: Annotated[str | None, Header(description="The key, where the form has none.")] = None,
    idempotency_key: Annotated[str | None, Header(description="The same again makes nothing new.")] = None,
) -> Response:
    """Keep a report, and tell the token with which to ask for it once it was looked at."""
    _refuse_other_bodies(request)
    sent = read_sent(await read_form(request, MAX_FIELDS), api_key, idempotency_key)
    try:
        kept, edit_token = await open311.submit_request(
            request.app.state.database, sent.jurisdiction_id, sent.api_key, sent.request, language
        )
    except InvalidInput as error:
        raise in_sent_names(error) from None
    response = answer(form, "service_requests", [kept], 200 if edit_token is None else 201)
    response.headers.update({"Cache-Control": "no-store", **_READABLE})
    if edit_token is not None:
        response.headers["Edit-Token"] = edit_token
    return response


def _refuse_other_bodies(request: Request) -> None:
    if "api_key" in request.query_params:
        where = "belongs in the form or the header Api-Key: addresses are logged"
        raise InvalidInput("The key is not safe there.", [FieldError("api_key", where)])
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        raise InvalidInput("Send a form.", [FieldError("Content-Type", "must be " + " or ".join(FORMS))])


@router.get(f"{V2}/tokens/{{token}}.{{form}}", summary="Open311: what became of it")
async def get_token(
    request: Request, token: str, form: Form, language: Language, jurisdiction_id: Jurisdiction = None
) -> Response:
    """The public id of a report that was sent, once it is released; else that it waits."""
    found = await open311.find_token(request.app.state.database, jurisdiction_id, token, language)
    response = answer(form, "service_requests", [found])
    response.headers["Cache-Control"] = "no-store"
    return response
