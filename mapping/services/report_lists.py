"""The list of released reports in one language, narrowed and by pages; reads through the public role alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from mapping.layers.categories import CATEGORIES
from mapping.layers.report_filters import PageKey, ReportFilters
from mapping.services.public_views import describe_community
from mapping.store import communities
from mapping.store.report_lists import COUNT_LIMIT, count_matching, list_reports, released_months

PAGE_LENGTH = 30


@dataclass(frozen=True)
class ReportList:
    """One page of the list.

    `count` is what matches, at most `COUNT_LIMIT`; `is_more` tells of more. `months` are those a list may begin with.
    """

    community: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    next: PageKey | None
    count: int
    is_more: bool
    months: Sequence[str]


async def report_list(
    engine: AsyncEngine,
    slug: str,
    language: str,
    filters: ReportFilters,
    *,
    after: PageKey | None = None,
    limit: int = PAGE_LENGTH,
) -> ReportList:
    """One page of what is released of a community, newest month first.

    Parameters
    ----------
    engine : AsyncEngine
        Of the public role.
    slug : str
        Community.
    language : str
        A code of `LANGUAGES`.
    filters : ReportFilters
        What the list is narrowed to.
    after : PageKey, optional
        Where the page begins.
    limit : int
        Rows of a page.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        community = await communities.find(connection, slug)
        page = await list_reports(connection, community.id, filters, after=after, limit=limit)
        count = await count_matching(connection, community.id, filters)
        months = await released_months(connection, community.id)
    titled = [
        {**row, "id": str(row["id"]), "title": CATEGORIES[row["category"]].title.get(language)} for row in page.rows
    ]
    return ReportList(
        community=describe_community(community, language),
        rows=titled,
        next=page.next,
        count=min(count, COUNT_LIMIT),
        is_more=count > COUNT_LIMIT,
        months=months,
    )
