"""OGC API Features, Part 4 (create): reports are sent as features; nothing can be replaced or deleted here.

What was sent waits for the group's decision: it is no feature of the collection until then, and then under another id.
So the address told is not one among the items, but the one at which its sender holds the report.

Source: OGC 20-002r1, clause 6 (Create/Replace/Delete), clause 10 (Features).
"""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from mapping.api.bodies import read_json
from mapping.api.ogc_documents import GEOJSON, JSON
from mapping.api.ogc_parameters import CRS, refused, require_known
from mapping.api.problems import problem_responses
from mapping.api.senders import PROOF_STATUS, ReporterToken, Sent
from mapping.errors import NotServed
from mapping.services import features
from mapping.services.report_features import create_report

READS, CREATES = "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS, POST"
router = APIRouter(prefix="/ogc", tags=["ogc"])
_BODY = {"requestBody": {"required": True, "content": {GEOJSON: {"schema": {"type": "object"}}}}}


@router.options(
    "/collections/{name}/items",
    responses=problem_responses(404, 422),
    summary="OGC API: what can be done with features",
)
async def items_options(name: str) -> Response:
    """Methods that are served; reports can be created."""
    if features.find_collection(name).takes_reports:
        return Response(headers={"Allow": CREATES, "Accept-Post": f"{GEOJSON}, {JSON}"})
    return Response(headers={"Allow": READS})


@router.options(
    "/collections/{name}/items/{feature_id}",
    responses=problem_responses(404, 422),
    summary="OGC API: what can be done with a feature",
)
async def item_options(name: str, feature_id: str) -> Response:
    """Methods that are served: a feature is only read."""
    features.find_collection(name)
    return Response(headers={"Allow": READS})


@router.post(
    "/collections/{name}/items",
    status_code=201,
    openapi_extra=_BODY,
    responses={
        200: {"description": "It was sent before, unchanged"},
        **problem_responses(400, 404, 409, 413, 422, 429),
    },
    summary="OGC API: create a report",
)
async def create_item(
    request: Request,
    name: str,
    sender: Sent,
    reporter_token: ReporterToken = None,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Keep a report that is sent as a GeoJSON feature: 201 with its token once, 200 when it is sent again."""
    if not features.find_collection(name).takes_reports:
        raise NotServed("Features of this collection are only read.", READS)
    document = await _read_feature(request)
    created = await create_report(
        request.app.state.database, name, document, key=idempotency_key, reporter_token=reporter_token, sender=sender
    )
    here = f"{str(request.base_url).rstrip('/')}/api/communities/{created.slug}/reports/{created.id}"
    headers = {"Location": here, "Cache-Control": "no-store", PROOF_STATUS: created.submitted.proof}
    status = 201 if created.submitted.is_new else 200
    return JSONResponse(created.feature(), status_code=status, headers=headers, media_type=GEOJSON)


async def _read_feature(request: Request) -> object:
    """The body, where its type and CRS are such as are taken."""
    require_known(request.query_params, ())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (GEOJSON, JSON):
        raise refused("Content-Type", f"must be {GEOJSON} or {JSON}")
    if request.headers.get("content-crs", "").strip("<> ") not in ("", CRS["CRS84"]):
        raise refused("Content-Crs", f"must be {CRS['CRS84']}")
    return await read_json(request, kind)
