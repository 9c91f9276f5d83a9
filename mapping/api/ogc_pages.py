"""Collections and features of OGC API as pages that a person can read: in words, in a language, on a map."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from mapping.api.ogc_answers import page_answer
from mapping.api.rendering import preferred_language
from mapping.services.feature_words import IN_FEW, described, name_of, title_of, told
from mapping.services.features import CollectionView, find_collection
from mapping.services.public_views import community_outlines
from mapping.store.collections import Collection

Feature = Mapping[str, Any]


async def collection_page(request: Request, view: CollectionView) -> Response:
    """What a collection is, and what may be asked for."""
    language = preferred_language(request)
    communities = await community_outlines(request.app.state.database.public, language)
    asked = described(view.name, language)
    return page_answer(request, "ogc_collection.html", view=view, asked=asked, communities=communities)


async def items_page(
    request: Request, view: CollectionView, features: Sequence[Feature], matched: int | None, following: str | None
) -> Response:
    """A page of features as a table and, where they are of one community, on its map.

    Parameters
    ----------
    request : Request
        Asked for the page.
    view : CollectionView
        Of which collection.
    features : sequence of dict
        GeoJSON features in CRS84.
    matched : int or None
        How many there are, if that is known.
    following : str or None
        Address of the next page.
    """
    found, language = find_collection(view.name), preferred_language(request)
    columns = [column for column in IN_FEW[found.table] if any(feature["properties"][column] for feature in features)]
    communities = await _communities_of(request, features, language)
    rows = [
        {
            "id": feature["id"],
            "name": name_of(found, feature["properties"], language),
            "told": [_in_words(column, feature, communities, language) for column in columns],
        }
        for feature in features
    ]
    return page_answer(
        request,
        "ogc_items.html",
        view=view,
        rows=rows,
        columns=[title_of(column, language) for column in columns],
        matched=matched,
        following=following,
        map_data=_map_data(found, features, communities, language),
        is_simulated=view.is_simulated or any(one["is_simulated"] for one in communities.values()),
    )


async def item_page(request: Request, view: CollectionView, feature: Feature) -> Response:
    """One feature, a GeoJSON feature in CRS84, with all that is told of it."""
    found, language = find_collection(view.name), preferred_language(request)
    communities = await _communities_of(request, [feature], language)
    facts = [
        (title_of(name, language), name, _in_words(name, feature, communities, language)) for name in found.properties
    ]
    slug = feature["properties"]["community"]
    home = f"/{language}/c/{slug}"
    return page_answer(
        request,
        "ogc_item.html",
        view=view,
        feature=feature,
        name=name_of(found, feature["properties"], language),
        facts=[fact for fact in facts if fact[2]],
        on_map=f"{home}/report/{feature['id']}" if found.takes_reports else home,
        map_data=_map_data(found, [feature], communities, language),
        is_simulated=view.is_simulated or any(one["is_simulated"] for one in communities.values()),
    )


async def _communities_of(request: Request, features: Sequence[Feature], language: str) -> dict[str, dict[str, Any]]:
    slugs = {feature["properties"]["community"] for feature in features}
    return await community_outlines(request.app.state.database.public, language, slugs)


def _in_words(name: str, feature: Feature, communities: Mapping[str, Any], language: str) -> str:
    value = feature["properties"][name]
    if name == "community" and value in communities:
        return str(communities[value]["name"])
    return told(name, value, language)


def _map_data(
    collection: Collection, features: Sequence[Feature], communities: Mapping[str, Any], language: str
) -> dict[str, Any] | None:
    """What the map draws, or None where nothing has a place or the features are of several communities."""
    drawn = [
        {
            "type": "Feature",
            "id": feature["id"],
            "geometry": feature["geometry"],
            "properties": {
                "name": name_of(collection, feature["properties"], language),
                "radius_m": feature["properties"].get("radius_m"),
            },
        }
        for feature in features
        if feature["geometry"] is not None
    ]
    if not drawn or len(communities) != 1:
        return None
    slug, community = next(iter(communities.items()))
    return {
        "collection": collection.name,
        "features": {"type": "FeatureCollection", "features": drawn},
        "slug": slug,
        "bbox": community["bbox"],
        "language": language,
    }
