"""What a feed of a community tells: newest released reports, changed hotspots; reads through the public role alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from mapping.languages import in_language
from mapping.layers.report_filters import ReportFilters
from mapping.services.public_views import public_hotspots
from mapping.services.report_lists import report_list

FEED_LENGTH = 200
TOLD_CHANGES = ("new", "grown", "shrunk")


@dataclass(frozen=True)
class CommunityNews:
    """The newest of a community in one language.

    `hotspots` are those that changed with the analysis of the day `changed_on`, each with its `change`; `gone` names
    those that are no longer listed since.
    """

    community: Mapping[str, Any]
    reports: Sequence[Mapping[str, Any]]
    hotspots: Sequence[Mapping[str, Any]]
    gone: Sequence[str]
    changed_on: str | None


async def community_news(engine: AsyncEngine, slug: str, language: str) -> CommunityNews:
    """The newest reports by month, and what the newest analysis changed.

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
    newest = await report_list(engine, slug, language, ReportFilters(), limit=FEED_LENGTH)
    ranked = await public_hotspots(engine, slug, language)
    spots = [{"id": feature["id"], **feature["properties"]} for feature in ranked["features"]]
    changes = ranked["summary"].get("changes") or {}
    return CommunityNews(
        community=newest.community,
        reports=newest.rows,
        hotspots=[spot for spot in spots if spot.get("change") in TOLD_CHANGES],
        gone=[in_language(names, language) for names in changes.get("gone", [])],
        changed_on=ranked["summary"]["computed_at"],
    )
