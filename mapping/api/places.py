"""Streets, house numbers and places of a community, looked for over HTTP; answers are kept by nobody."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from mapping.api.communities import Language
from mapping.api.problems import problem_responses
from mapping.services import place_search, stretches

router = APIRouter(prefix="/api/communities/{slug}", tags=["places"])
GEOJSON = "application/geo+json"
NOT_KEPT = {"Cache-Control": "no-store"}
Text = Annotated[str, Query(description=f"A street, house number or place; at most {place_search.MAX_QUERY} letters.")]
END = "`longitude,latitude` beside the street, the number of a house at it, or the name of a street that crosses it."
Street = Annotated[str | None, Query(description="The street's name; needed where an end is a name.")]
Limit = Annotated[int, Query(ge=1, le=place_search.MAX_PLACES)]


@router.get("/places", summary="Look for an address or a place", responses=problem_responses(404, 422))
async def find_places(request: Request, slug: str, q: Text, lang: Language = "en", limit: Limit = 10) -> JSONResponse:
    """Points as GeoJSON, best first; words in any order, Cyrillic or Latin, abbreviated or misspelt."""
    found = await place_search.find_places(request.app.state.database.public, slug, q, lang, limit)
    return JSONResponse(found, media_type=GEOJSON, headers=NOT_KEPT)


@router.get("/streets/stretch", summary="A street from here to there", responses=problem_responses(404, 422))
async def find_stretch(
    request: Request,
    slug: str,
    start: Annotated[str, Query(alias="from", max_length=place_search.MAX_QUERY, description=END)],
    end: Annotated[str, Query(alias="to", max_length=place_search.MAX_QUERY, description=END)],
    street: Street = None,
) -> JSONResponse:
    """The line along a street between two places beside it, or two of its crossings or houses."""
    found = await stretches.street_stretch(request.app.state.database.public, slug, start, end, street)
    return JSONResponse(found, media_type=GEOJSON, headers=NOT_KEPT)
