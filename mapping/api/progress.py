"""The page that says what happened to what people said."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from mapping.api.rendering import Language, Slug, render
from mapping.services.progress import community_progress

router = APIRouter(include_in_schema=False)


@router.get("/{lang}/c/{slug}/progress", response_class=HTMLResponse)
async def show_progress(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """From received to done, as numbers, bars and sentences."""
    progress = await community_progress(request.app.state.database.public, slug, language)
    return render(request, "progress.html", language, community=progress.community, progress=progress)
