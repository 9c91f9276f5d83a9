"""The page of hotspots and the Folium map in its frame."""

import re
import secrets
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mapping.api.rendering import Language, Slug, render, vocabulary_words
from mapping.services.public_views import CommunityView, community_view

router = APIRouter(include_in_schema=False)
Theme = Literal["auto", "day", "night"]

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


def frame_policy(origin: str, nonce: str) -> str:
    """Content-Security-Policy of the frame.

    Parameters
    ----------
    origin : str
        Scheme and host of this server. Named in full, because `'self'` does not match in a sandboxed frame.
    nonce : str
        Of the page's one inline script.

    Returns
    -------
    str
        Value of the header.
    """
    own = origin if _ORIGIN.fullmatch(origin) else "'none'"
    return (
        f"default-src 'none'; script-src {own} 'nonce-{nonce}'; style-src {own}; img-src {own} data:; "
        f"connect-src {own}; font-src {own}; base-uri 'none'; form-action 'none'; frame-ancestors {own}; "
        "sandbox allow-scripts"
    )


def _review_page(view: CommunityView, language: str, theme: str, nonce: str) -> str:
    """The map as a page; Folium is slow to import and waits for the first map."""
    from mapping.maps.review_map import ReviewMapData, review_map

    west, south, east, north = view.community["bbox"]
    data = ReviewMapData(
        slug=view.community["slug"],
        name=view.community["name"],
        bbox=(west, south, east, north),
        layers=view.layers,
        hotspots=view.hotspots_geojson,
        reports=view.reports_geojson,
        unlit=view.unlit_geojson,
        surface=view.analysis_layers["surface"],
        streets=view.analysis_layers["streets"],
        coverage=view.analysis_layers["coverage"],
        is_simulated=view.community["is_simulated"],
    )
    return review_map(data, language=language, theme=theme, nonce=nonce)


@router.get("/{lang}/c/{slug}/hotspots", response_class=HTMLResponse)
async def show_hotspots(request: Request, language: Language, slug: Slug) -> Response:
    """The ranked list in words, beside the map."""
    view = await community_view(request.app.state.database.public, slug, language)
    return render(
        request,
        "hotspots.html",
        language,
        view=view,
        community=view.community,
        layers={layer["code"]: layer for layer in view.layers},
        words=vocabulary_words(language),
    )


@router.get("/{lang}/c/{slug}/hotspots/how", response_class=HTMLResponse)
async def show_how(request: Request, language: Language, slug: Slug) -> Response:
    """How the order is made, what changed, and how good it has been."""
    view = await community_view(request.app.state.database.public, slug, language)
    return render(request, "how.html", language, view=view, community=view.community)


@router.get("/{lang}/c/{slug}/hotspots/map", response_class=HTMLResponse)
async def show_hotspots_map(request: Request, language: Language, slug: Slug, theme: Theme = "auto") -> HTMLResponse:
    """The Folium map, for a sandboxed frame of the page of hotspots."""
    view = await community_view(request.app.state.database.public, slug, language)
    nonce = secrets.token_urlsafe(16)
    page = await run_in_threadpool(_review_page, view, language, theme, nonce)
    policy = frame_policy(str(request.base_url).rstrip("/"), nonce)
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})
