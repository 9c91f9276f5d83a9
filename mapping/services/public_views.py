"""What public pages and routes show of a community; reads through the public role alone."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mapping.errors import NotFound
from mapping.languages import in_language
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.layers.masking import MASK_RADIUS_M
from mapping.layers.vocabulary import Tier
from mapping.services.emergency_numbers import numbers_of
from mapping.store import communities, releases
from mapping.store.communities import Community
from mapping.store.releases import ReleasedPage

NO_ANALYSIS: Mapping[str, Any] = {
    "hotspots": 0,
    "reports": 0,
    "reporters": 0,
    "since": None,
    "until": None,
    "enough_data": False,
    "computed_at": None,
}
PAGE_LIMIT = 500
ANALYSIS_LAYERS = ("surface", "streets", "coverage")


@dataclass(frozen=True)
class CommunityView:
    """Everything the public pages of one community show, in one language; released rows only.

    `reports` are at most `PAGE_LIMIT` of the `total_reports`; pages say so.
    """

    community: Mapping[str, Any]
    summary: Mapping[str, Any]
    hotspots: Sequence[Mapping[str, Any]]
    hotspots_geojson: Mapping[str, Any]
    total_reports: int
    reports: Sequence[Mapping[str, Any]]
    reports_geojson: Mapping[str, Any]
    unlit_geojson: Mapping[str, Any]
    analysis_layers: Mapping[str, Mapping[str, Any]]
    layers: Sequence[Mapping[str, Any]]


def describe_community(community: Community, language: str) -> dict[str, Any]:
    """A community's public record in one language."""
    west, south, east, north = community.bbox
    return {
        "slug": community.slug,
        "name": in_language(community.name, language),
        "bbox": [west, south, east, north],
        "centre": [(west + east) / 2, (south + north) / 2],
        "time_zone": community.time_zone,
        "languages": list(community.languages),
        "is_simulated": community.is_simulated,
        "numbers": numbers_of(community),
    }


def describe_layers(language: str) -> list[dict[str, Any]]:
    """The vocabulary in one language: layers with their categories, questions, hints; numbers to call as `{code}`."""
    return [
        {
            "code": layer.code,
            "title": layer.title.get(language),
            "short": layer.short.get(language),
            "symbol": layer.symbol,
            "token": layer.token,
            "categories": [
                {
                    "code": category.code,
                    "title": category.title.get(language),
                    "hint": category.hint.get(language),
                    "tier": int(category.tier),
                    "geometry_kinds": sorted(category.geometry_kinds),
                    "urgent": category.urgent,
                    "duplicate_radius_m": category.duplicate_radius_m,
                    "radius_m": MASK_RADIUS_M if category.tier == Tier.T1 else 0,
                    "questions": [
                        {
                            "code": question.code,
                            "title": question.title.get(language),
                            "answers": [[code, words.get(language)] for code, words in question.answers],
                        }
                        for question in category.questions
                    ],
                    "call_first": None if category.call_first is None else category.call_first.get(language),
                }
                for category in CATEGORIES.values()
                if category.layer == layer.code
            ],
        }
        for layer in LAYERS.values()
    ]


def _in_language(properties: Mapping[str, Any], language: str, *, simulated: bool) -> dict[str, Any]:
    """A hotspot's stored properties with its words in one language."""
    shown = {name: value for name, value in properties.items() if name != "texts"}
    shown |= in_language(properties["texts"], language)
    shown["simulated"] = simulated
    return shown


def _layer_in_language(features: Sequence[Mapping[str, Any]], language: str) -> dict[str, Any]:
    """A released layer of an analysis as a FeatureCollection with its words in one language."""
    spoken = [
        {
            **feature,
            "properties": {**feature["properties"], "words": in_language(feature["properties"]["texts"], language)},
        }
        for feature in features
    ]
    return {"type": "FeatureCollection", "features": spoken}


async def hotspot_features(connection: AsyncConnection, community: Community, language: str) -> dict[str, Any]:
    """The hotspots of a community as a GeoJSON FeatureCollection with its summary."""
    rows = await releases.hotspots(connection, community.id)
    summary = dict(await releases.hotspot_summary(connection, community.id) or NO_ANALYSIS)
    summary["simulated"] = community.is_simulated
    return {
        "type": "FeatureCollection",
        "summary": summary,
        "features": [
            {
                "type": "Feature",
                "id": str(row["id"]),
                "geometry": row["geometry"],
                "properties": _in_language(row["properties"], language, simulated=community.is_simulated),
            }
            for row in rows
        ],
    }


async def _all_reports(connection: AsyncConnection, community: Community, language: str) -> dict[str, Any]:
    page = await releases.reports_page(connection, community.slug, after=None, limit=PAGE_LIMIT)
    features = json.loads(page.features)
    for feature in features:
        feature["properties"]["title"] = CATEGORIES[feature["properties"]["category"]].title.get(language)
    return {"type": "FeatureCollection", "features": features}


async def community_heading(engine: AsyncEngine, slug: str, language: str) -> dict[str, Any]:
    """A community's public record alone, for pages that show none of its marks.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        return describe_community(await communities.find(connection, slug), language)


async def community_layers(engine: AsyncEngine, slug: str, language: str) -> list[dict[str, Any]]:
    """The vocabulary in one language, with the numbers of a community.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    numbers = (await community_heading(engine, slug, language))["numbers"]
    layers = describe_layers(language)
    for category in (category for layer in layers for category in layer["categories"]):
        category["call_first"] = category["call_first"] and category["call_first"].format_map(numbers)
    return layers


async def community_view(engine: AsyncEngine, slug: str, language: str) -> CommunityView:
    """What the pages of one community need.

    Parameters
    ----------
    engine : AsyncEngine
        Of the public role.
    slug : str
        Community.
    language : str
        A code of `LANGUAGES`.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        community = await communities.find(connection, slug)
        hotspots = await hotspot_features(connection, community, language)
        reports = await _all_reports(connection, community, language)
        counts = await releases.count_reports(connection)
        shown = await releases.analysis_layers(connection, community.id)
        unlit = json.loads(await releases.unlit_streets(connection, community.id))
    return CommunityView(
        community=describe_community(community, language),
        summary=hotspots["summary"],
        hotspots=[{"id": feature["id"], **feature["properties"]} for feature in hotspots["features"]],
        hotspots_geojson=hotspots,
        total_reports=counts.get(community.id, 0),
        reports=[{"id": feature["id"], **feature["properties"]} for feature in reports["features"]],
        reports_geojson=reports,
        unlit_geojson=unlit,
        analysis_layers={kind: _layer_in_language(shown.get(kind, []), language) for kind in ANALYSIS_LAYERS},
        layers=describe_layers(language),
    )


async def community_outlines(
    engine: AsyncEngine, language: str, slugs: Collection[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Name, bbox and `is_simulated` of some communities, or of all, by slug."""
    async with engine.connect() as connection:
        return {
            one.slug: {"name": in_language(one.name, language), "bbox": one.bbox, "is_simulated": one.is_simulated}
            for one in await communities.outlines(connection, slugs)
        }


async def list_communities(engine: AsyncEngine, language: str) -> list[dict[str, Any]]:
    """All communities with the number of released reports."""
    async with engine.connect() as connection:
        counts = await releases.count_reports(connection)
        return [
            {**describe_community(community, language), "reports": counts.get(community.id, 0)}
            for community in await communities.every(connection)
        ]


async def reports_page(engine: AsyncEngine, slug: str, *, after: UUID | None, limit: int) -> ReleasedPage:
    """One page of released reports.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        return await releases.reports_page(connection, slug, after=after, limit=limit)


async def public_report(engine: AsyncEngine, slug: str, public_id: UUID) -> dict[str, Any]:
    """One released report as a GeoJSON feature.

    Raises
    ------
    NotFound
        If none is released under this id: hidden, withdrawn and absent answer alike.
    """
    async with engine.connect() as connection:
        feature = await releases.report_feature(connection, slug, public_id)
    if feature is None:
        raise NotFound("There is no such report.")
    return feature


@dataclass(frozen=True)
class ReportView:
    """One released report for its page: as GeoJSON, and its properties with the category in words."""

    community: Mapping[str, Any]
    feature: Mapping[str, Any]
    report: Mapping[str, Any]


async def report_view(engine: AsyncEngine, slug: str, public_id: UUID, language: str) -> ReportView:
    """What the page of one report needs.

    Raises
    ------
    NotFound
        If none is released under this id: hidden, withdrawn and absent answer alike.
    """
    feature = await public_report(engine, slug, public_id)
    title = CATEGORIES[feature["properties"]["category"]].title.get(language)
    return ReportView(
        community=await community_heading(engine, slug, language),
        feature=feature,
        report={"id": feature["id"], **feature["properties"], "title": title},
    )


async def public_hotspots(engine: AsyncEngine, slug: str, language: str) -> dict[str, Any]:
    """The released hotspots of a community with words in one language."""
    async with engine.connect() as connection:
        community = await communities.find(connection, slug)
        return await hotspot_features(connection, community, language)
