"""What became of what people said, as a page shows it; every number is a sum of released counts."""

from collections.abc import Iterable, Mapping, Sequence
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


def stages(counts: Iterable[ProgressCount], language: str) -> Stages:
    """Sums of disjoint counts.

    Parameters
    ----------
    counts : iterable of ProgressCount
        Groups that share no report.
    language : str
        A code of `LANGUAGES`.
    """
    by_stage: dict[str, int] = {}
    by_reason: dict[str, int] = {}
    for count in counts:
        by_stage[count.stage] = by_stage.get(count.stage, 0) + count.reports
        if count.reason:
            by_reason[count.reason] = by_reason.get(count.reason, 0) + count.reports
    received = sum(by_stage.values())
    return Stages(
        received=received,
        shown=received - by_stage.get("kept", 0),
        planned=sum(by_stage.get(stage, 0) for stage in WORKED_ON),
        resolved=by_stage.get("resolved", 0),
        closed=by_stage.get("closed_without_action", 0),
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
        days = await progress.progress_days(connection, community.id)
    return Progress(
        community=describe_community(community, language),
        exact=stages((count for count in counts if count.tier == 0), language),
        in_fives=stages((count for count in counts if count.tier > 0), language),
        median_days={step.step: step.median_days for step in days},
    )
