"""What of a report leaves the group: decided here, once, for every public output."""

from dataclasses import replace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.layers.masking import mask_radius_m
from mapping.layers.vocabulary import Tier
from mapping.store import confirmations, releases
from mapping.store.communities import Community
from mapping.store.confirmations import Said
from mapping.store.reports import StoredReport

SAID_STEP = 5


def released_values(report: StoredReport, community: Community) -> dict[str, Any] | None:
    """The public columns of a report, or None if nothing of it may be shown.

    Notes
    -----
    T0: exact place, words, day. T1: masked place, month, no words (they could undo the mask).
    T2, or no consent to publish: nothing.
    """
    if report.tier == Tier.T2 or not (report.consents["store"] and report.consents["publish"]):
        return None
    is_exact = report.tier == Tier.T0
    observed = report.observed_at.astimezone(ZoneInfo(community.time_zone))
    return {
        "community_id": report.community_id,
        "id": report.public_id,
        "category": report.category,
        "layer": report.layer,
        "tier": report.tier,
        "radius_m": None if is_exact or report.geometry is None else mask_radius_m(report.geometry, community.epsg),
        "place": report.place if is_exact else None,
        "severity": report.severity,
        "when_seen": report.when_seen,
        "affected": list(report.affected),
        "description": report.description if is_exact else None,
        "observed_on": observed.strftime("%Y-%m-%d" if is_exact else "%Y-%m"),
        "status": report.status,
        "is_simulated": community.is_simulated,
    }


async def release_report(connection: AsyncConnection, report: StoredReport, community: Community) -> StoredReport:
    """Write what may be shown of a published report, under its public id; gives the report with that id."""
    if report.public_id is None:
        report = replace(report, public_id=uuid4())
    values = released_values(report, community)
    if values is not None:
        said = await confirmations.count(connection, community.id, report.id)
        told = released_counts(said, report.tier)
        await releases.put_report(connection, {**values, **told}, report.public_geometry)
    return report


def released_counts(said: Said, tier: int) -> dict[str, int]:
    """The public counts of what people say of a report.

    Notes
    -----
    T0: as they are. T1: rounded down to a multiple of five, so that whoever only watches the number does not learn
    when one more person spoke of a danger; what it does not hold against is in decision 014.
    """
    step = 1 if tier == Tier.T0 else SAID_STEP
    return {
        "confirmations": said.seen_too - said.seen_too % step,
        "said_fixed": said.fixed - said.fixed % step,
        "said_not_fixed": said.not_fixed - said.not_fixed % step,
    }


async def renew_release(connection: AsyncConnection, report: StoredReport) -> dict[str, int]:
    """Write a released report's status and counts as they are now; gives the counts."""
    told = released_counts(await confirmations.count(connection, report.community_id, report.id), report.tier)
    if report.public_id is not None:
        await releases.renew_report(
            connection, report.community_id, report.public_id, {"status": report.status, **told}
        )
    return told


async def withdraw_release(connection: AsyncConnection, report: StoredReport) -> None:
    """Take a report out of what the public sees, if it is there."""
    if report.public_id is not None:
        await releases.remove_report(connection, report.community_id, report.public_id)
