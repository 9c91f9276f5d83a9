"""Communities, their vocabulary and their ranked hotspots, as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from mapping import languages
from mapping.api.open_answers import RELEASED
from mapping.api.problems import problem_responses
from mapping.services import public_views

router = APIRouter(prefix="/api/communities", tags=["communities"])
Language = Annotated[languages.Language, Query(description="Language of the words.")]


@router.get("", summary="All communities", responses=problem_responses(422))
async def list_communities(request: Request, lang: Language = "en") -> dict[str, Any]:
    """Every community with its name, bounding box and number of released reports."""
    return {"communities": await public_views.list_communities(request.app.state.database.public, lang)}


@router.get("/{slug}/layers", summary="What can be put on the map", responses=problem_responses(404, 422))
async def list_layers(request: Request, slug: str, lang: Language = "en") -> dict[str, Any]:
    """Layers with their categories, in one language."""
    return {"layers": await public_views.community_layers(request.app.state.database.public, slug, lang)}


@router.get("/{slug}/hotspots", summary="Where it hurts most", responses=problem_responses(404, 422))
async def list_hotspots(request: Request, response: Response, slug: str, lang: Language = "en") -> dict[str, Any]:
    """Ranked hotspots as GeoJSON, with their evidence, doubt and words."""
    response.headers.update(RELEASED)
    return await public_views.public_hotspots(request.app.state.database.public, slug, lang)
