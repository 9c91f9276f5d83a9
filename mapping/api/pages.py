"""The start page and the community's page: its map, and the same as a list."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mapping.api.rendering import Language, Slug, preferred_language, render, vocabulary_words
from mapping.services.public_views import community_view, list_communities

router = APIRouter(include_in_schema=False)
DRAWN = ("layer", "title", "place", "severity", "when", "observed_on", "description", "radius_m")


@router.get("/")
async def show_home(request: Request) -> RedirectResponse:
    """To the start page in the browser's language."""
    return RedirectResponse(f"/{preferred_language(request)}", status_code=307, headers={"Vary": "Accept-Language"})


@router.get("/{lang}", response_class=HTMLResponse)
async def show_start(request: Request, language: Language) -> Response:
    """The communities to choose from; with one only, straight to it."""
    communities = await list_communities(request.app.state.database.public, language)
    if len(communities) == 1:
        return RedirectResponse(f"/{language}/c/{communities[0]['slug']}", status_code=307)
    return render(request, "start.html", language, communities=communities)


@router.get("/{lang}/c/{slug}", response_class=HTMLResponse)
async def show_community(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """The map and the same as a list."""
    view = await community_view(request.app.state.database.public, slug, language)
    return render(
        request,
        "community.html",
        language,
        view=view,
        community=view.community,
        layers={layer["code"]: layer for layer in view.layers},
        words=vocabulary_words(language),
        map_data={
            "slug": slug,
            "bbox": view.community["bbox"],
            "language": language,
            "titles": {layer["code"]: layer["title"] for layer in view.layers},
            "words": vocabulary_words(language),
            "hotspots": view.hotspots_geojson,
            "reports": _as_drawn(view.reports_geojson),
            "unlit": view.unlit_geojson,
        },
    )


def _as_drawn(reports: Mapping[str, Any]) -> dict[str, Any]:
    """Of released reports what the map draws and says, and nothing more: a page has to come over a slow line."""
    features = [
        {
            "type": "Feature",
            "geometry": feature["geometry"],
            "properties": {name: said for name in DRAWN if (said := feature["properties"][name]) is not None},
        }
        for feature in reports["features"]
    ]
    return {"type": "FeatureCollection", "features": features}
