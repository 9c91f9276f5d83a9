"""Photos over HTTP: send those of one's own report; see those that the group has released."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from mapping.api.open_answers import RELEASED, is_known
from mapping.api.problems import problem_responses
from mapping.api.senders import EditToken
from mapping.services import photos

ALONE = "default-src 'none'; sandbox"  # a photo opened by itself runs nothing and loads nothing
router = APIRouter(tags=["photos"])
_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {}} for kind in ("image/jpeg", "image/png", "image/webp")},
    }
}


@router.put(
    "/api/communities/{slug}/reports/{report_id}/photos/{photo_id}",
    status_code=201,
    openapi_extra=_BODY,
    responses={200: {"description": "It was sent before"}, **problem_responses(404, 409, 413, 422)},
    summary="Send a photo of one's own report",
)
async def put_photo(
    request: Request, slug: str, report_id: UUID, photo_id: UUID, edit_token: EditToken
) -> JSONResponse:
    """Keep a photo without anything but its pixels, for the working group; what it is, its bytes say."""
    state = request.app.state
    kept = await photos.keep_photo(
        state.database, state.photo_cleaner, slug, report_id, photo_id, edit_token, request.stream()
    )
    return JSONResponse(kept.photo, status_code=201 if kept.is_new else 200, headers={"Cache-Control": "no-store"})


@router.head("/photos/{name}/{size}.jpg", include_in_schema=False)
@router.get("/photos/{name}/{size}.jpg", summary="A released photo", responses=problem_responses(404, 422))
async def get_photo(
    request: Request, name: str, size: str, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """One size (`large`, `small`) of a photo that is released; asked for again each time, for it may be hidden."""
    database = request.app.state.database
    photo = await photos.public_photo(database.public, database, name, size)
    headers = {**RELEASED, "ETag": photo.etag, "Content-Security-Policy": ALONE}
    if is_known(photo.etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(photo.content, media_type="image/jpeg", headers=headers)
