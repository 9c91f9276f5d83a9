"""What became of what people said, as a page shows it; every number is a sum of released counts."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from mapping.layers.states import CLOSING_REASONS
from mapping.services.public_views import describe_community
from mapping.store import communities, progress
from mapping.store.progress import ProgressCount

WORKED_ON = ("planned", "in_progress", "resolved")


@dataclass(frozen=True)
class Stages:
    """Numbers of reports, each part of the one before but for `closed`, which stands apart.

    `reasons` are those of `closed` that are known, in words, most frequent first.
    """

    received: int
    shown: int
    planned: int
    resolved: int
    closed: int
    reasons: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Progress:
    """What the page shows: `exact` of lamps, barriers and resources, `in_fives` of what is dangerous or confidential.

    `median_days` by step: publish, plan, resolve; a step that is not there was taken by too few.
    """

    community: Mapping[str, Any]
    exact: Stages
    in_fives: Stages
    median_days: Mapping[str, int]


def stages(counts: Collection[ProgressCount], received: Mapping[int, int], language: str) -> Stages:
    """Sums of disjoint counts.

    Parameters
    ----------
    counts : collection of ProgressCount
        Groups that share no report.
    received : mapping of int to int
        What had come in by tier when it was last counted; less than what is shown since is not told.
    language : str
        A code of `LANGUAGES`.
    """
    by_tier, by_stage, by_reason = Counter[int](), Counter[str](), Counter[str]()
    for count in counts:
        by_tier[count.tier] += count.reports
        by_stage[count.stage] += count.reports
        if count.reason:
            by_reason[count.reason] += count.reports
    return Stages(
        received=sum((by_tier | Counter(received)).values()),
        shown=by_tier.total(),
        planned=sum(by_stage[stage] for stage in WORKED_ON),
        resolved=by_stage["resolved"],
        closed=by_stage["closed_without_action"],
        reasons=[
            (CLOSING_REASONS[code].get(language), number)
            for code, number in sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
        ],
    )


async def community_progress(engine: AsyncEngine, slug: str, language: str) -> Progress:
    """What became of what people of a community said.

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
        counts = await progress.progress_counts(connection, community.id)
        received = await progress.progress_received(connection, community.id)
        days = await progress.progress_days(connection, community.id)

    def part(tiers: Set[int]) -> Stages:
        came_in = {tier: number for tier, number in received.items() if tier in tiers}
        return stages([count for count in counts if count.tier in tiers], came_in, language)

    return Progress(
        community=describe_community(community, language),
        exact=part({0}),
        in_fives=part({1, 2}),
        median_days={step.step: step.median_days for step in days},
    )
