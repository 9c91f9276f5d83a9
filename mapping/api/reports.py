"""Reports over HTTP: send one's own, withdraw it, confirm another's, read what is released."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from mapping.api.bodies import read_json
from mapping.api.direct import Direct
from mapping.api.open_answers import RELEASED
from mapping.api.problems import problem_responses
from mapping.api.senders import PROOF_STATUS, EditToken, NeededReporterToken, ReporterToken, Sent, read_sender
from mapping.errors import FieldError, InvalidInput
from mapping.layers.report_schema import report_schema
from mapping.layers.texts import SLUG
from mapping.layers.vocabulary import CONFIRMATIONS
from mapping.services import confirmations, own_reports, public_views, reports

router = APIRouter(prefix="/api/communities/{slug}/reports", tags=["reports"])
GEOJSON = "application/geo+json"


def _takes(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_CONFIRMATION = {
    "type": "object",
    "required": ["kind", "id"],
    "properties": {
        "kind": {"enum": list(CONFIRMATIONS)},
        "id": {"type": "string", "format": "uuid", "description": "Made by the sender; sent twice, it counts once."},
    },
}


@router.put(
    "/{report_id}",
    status_code=201,
    openapi_extra=_takes(report_schema()),
    responses={
        200: {"description": "It was sent before, unchanged, or is corrected"},
        **problem_responses(404, 409, 413, 422, 429),
    },
    summary="Send a report",
)
async def put_report(
    request: Request,
    slug: str,
    report_id: UUID,
    sender: Sent,
    reporter_token: ReporterToken = None,
    edit_token: Annotated[str | None, Header(description="Opens a report one has sent, to correct it.")] = None,
    new_edit_token: Annotated[str | None, Header(description="The token that will open it, made by the phone.")] = None,
) -> JSONResponse:
    """Keep a report under the id the phone made: 201 with its token once, 200 when it is sent again or corrected."""
    database, payload = request.app.state.database, await read_json(request)
    if edit_token is None:
        submitted = await reports.submit_report(
            database,
            slug,
            report_id,
            payload,
            reporter_token=reporter_token,
            edit_token=new_edit_token,
            sender=sender,
        )
    else:
        submitted = await own_reports.correct_report(
            database, slug, report_id, payload, edit_token=edit_token, sender=sender
        )
    body = {**submitted.report, "public_preview": submitted.public_preview}
    if submitted.edit_token is not None:
        body["edit_token"] = submitted.edit_token
    headers = {"Cache-Control": "no-store", PROOF_STATUS: submitted.proof}
    return JSONResponse(body, status_code=201 if submitted.is_new else 200, headers=headers)


async def _direct(request: Request, slug: str, report_id: str) -> Response | None:
    """A report that is new or sent again; corrections are left to the route above."""
    headers = request.headers
    if "edit-token" in headers:
        return None
    sender = await read_sender(request, headers.get("proof-of-work"))
    token, new_edit_token = headers.get("reporter-token"), headers.get("new-edit-token")
    return await put_report(request, slug, UUID(report_id), sender, token, None, new_edit_token)


_REPORT = re.compile(
    f"/api/communities/(?P<slug>{SLUG})/reports/(?P<report_id>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
)
DIRECT = (Direct(_REPORT, _direct, methods=("PUT",)),)


@router.get("/{report_id}/own", responses=problem_responses(404, 422), summary="One's own report")
async def get_own_report(request: Request, slug: str, report_id: UUID, edit_token: EditToken) -> JSONResponse:
    """The report that the token in the header Edit-Token opens, and what became of it."""
    own = await own_reports.own_report(request.app.state.database, slug, report_id, edit_token)
    return JSONResponse(own, headers={"Cache-Control": "no-store"})


@router.delete(
    "/{report_id}",
    status_code=204,
    responses=problem_responses(404, 422),
    summary="Withdraw and erase one's own report",
)
async def delete_report(request: Request, slug: str, report_id: UUID, edit_token: EditToken) -> Response:
    """Erase the report that the token in the header Edit-Token opens."""
    await own_reports.withdraw_report(request.app.state.database, slug, report_id, edit_token)
    return Response(status_code=204)


@router.post(
    "/{public_id}/confirmations",
    openapi_extra=_takes(_CONFIRMATION),
    responses=problem_responses(404, 413, 422, 429),
    summary="I see this too, it is fixed, it is not fixed",
)
async def post_confirmation(
    request: Request, slug: str, public_id: UUID, reporter_token: NeededReporterToken, sender: Sent
) -> JSONResponse:
    """Say something of a released report: `{"kind": …, "id": client-made UUID}`; answers the public counts by kind."""
    body = await read_json(request)
    kind = body.get("kind") if isinstance(body, dict) else None
    try:
        confirmation_id = UUID(body["id"])
    except (ValueError, AttributeError, TypeError, KeyError):
        raise InvalidInput(
            "A confirmation needs an id, so that sent twice it counts once.", [FieldError("id", "must be a UUID")]
        ) from None
    confirmed = await confirmations.confirm_report(
        request.app.state.database,
        slug,
        public_id,
        confirmation_id,
        str(kind),
        reporter_token=reporter_token,
        sender=sender,
    )
    return JSONResponse(dict(confirmed.told), headers={PROOF_STATUS: confirmed.proof})


@router.get("", summary="Released reports, by pages", responses=problem_responses(404, 422))
async def list_reports(
    request: Request,
    slug: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: UUID | None = None,
) -> Response:
    """One page of GeoJSON; `next` is the address of the page after it."""
    page = await public_views.reports_page(request.app.state.database.public, slug, after=after, limit=limit)
    link = "null" if page.next is None else f'"/api/communities/{slug}/reports?limit={limit}&after={page.next}"'
    body = f'{{"type":"FeatureCollection","next":{link},"features":{page.features}}}'
    return Response(body, media_type=GEOJSON, headers=RELEASED)


@router.get("/{public_id}", summary="One released report", responses=problem_responses(404, 422))
async def get_report(request: Request, slug: str, public_id: UUID) -> Response:
    """One released report by its public id."""
    feature = await public_views.public_report(request.app.state.database.public, slug, public_id)
    return JSONResponse(feature, media_type=GEOJSON, headers=RELEASED)
