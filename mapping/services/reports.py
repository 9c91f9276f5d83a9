"""Reports as they are sent: held against every rule, masked, kept once."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import Conflict
from mapping.layers.categories import CATEGORIES
from mapping.layers.masking import public_geometry
from mapping.layers.reports import ReportDraft, read_report
from mapping.layers.vocabulary import Tier
from mapping.services.limits import Sender, due_of
from mapping.services.proofs import ProofStatus
from mapping.services.report_keys import checked_token, hash_body, reporter_key, token_hash
from mapping.services.report_views import own_view, preview
from mapping.store import releases, reports
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.reports import StoredReport, Submission, Submitted

SNAP_WITHIN_M = 20.0
MOST_AT_ONCE = 16  # reports of one transaction


@dataclass(frozen=True)
class SubmittedReport:
    """What a phone is told: `edit_token` only when the report is new, `public_preview` always, and of its proof."""

    is_new: bool
    report: Mapping[str, Any]
    edit_token: str | None
    public_preview: Mapping[str, Any]
    proof: ProofStatus = "none"


def _shown(community: Community, draft: ReportDraft, secret: bytes) -> tuple[BaseGeometry | None, float | None]:
    """The public place of a report: a T1 place masked, a T0 place as it is, and how far a T0 point is to be snapped."""
    if draft.geometry is None:
        return None, None
    tier = CATEGORIES[draft.category].tier
    shown = public_geometry(draft.geometry, tier, secret, community.epsg)
    return shown, SNAP_WITHIN_M if tier == Tier.T0 and isinstance(shown, shapely.Point) else None


async def shown_geometry(
    connection: AsyncConnection, community: Community, draft: ReportDraft, secret: bytes
) -> BaseGeometry | None:
    """The public place of a report: a T0 point snapped to the street, a T1 place masked (EPSG:4326)."""
    shown, snap_within_m = _shown(community, draft, secret)
    if snap_within_m is None or not isinstance(shown, shapely.Point):
        return shown
    return await releases.snap_to_street(connection, community.id, shown, snap_within_m)


def stored_report(
    community: Community,
    report_id: UUID,
    draft: ReportDraft,
    *,
    shown: BaseGeometry | None,
    body_hash: bytes,
    token: str,
    key: bytes | None,
    channel: str,
    now: datetime,
) -> StoredReport:
    """The row that is kept of a report that keeps every rule: submitted, open, not released."""
    category = CATEGORIES[draft.category]
    return StoredReport(
        community_id=community.id,
        id=report_id,
        category=draft.category,
        layer=category.layer,
        tier=int(category.tier),
        geometry=draft.geometry,
        public_geometry=shown,
        place=draft.place,
        severity=draft.severity,
        when_seen=draft.when,
        affected=tuple(draft.affected),
        description=draft.description,
        answers=dict(draft.answers),
        observed_at=draft.observed_at or now,
        channel=channel,
        consents=vars(draft.consents),
        moderation="submitted",
        status="open",
        body_hash=body_hash,
        edit_token_hash=token_hash(token),
        reporter_key=key,
        public_id=None,
    )


async def submit_report(
    database: Database,
    slug: str,
    report_id: UUID,
    payload: object,
    *,
    reporter_token: str | None = None,
    channel: str = "web",
    edit_token: str | None = None,
    sender: Sender | None = None,
) -> SubmittedReport:
    """Keep a report, once, however often it is sent.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    report_id : UUID
        Made by the phone.
    payload : object
        The JSON that was sent; see `layers.reports.read_report`.
    reporter_token : str, optional
        The phone's own random token; only a keyed hash of it is kept.
    channel : str
        How the report came: web, assisted, workshop, …
    edit_token : str, optional
        Made by the phone, so that it can open the report even if the answer is lost; by default one is made here.
    sender : Sender, optional
        Who sends, for the limits; None is not limited.

    Returns
    -------
    SubmittedReport

    Raises
    ------
    InvalidInput
        If a field breaks a rule; nothing is written.
    Conflict
        If the id was used with other content, or for a report that was withdrawn.
    NotFound
        If there is no such community.
    TooMany
        If a new report is more than is taken from the sender now; nothing is written.
    """
    community, secret = await database.known_communities.find_with_secret(slug)
    token = secrets.token_urlsafe(32) if edit_token is None else checked_token(edit_token, "New-Edit-Token")

    async def keep(sent: Submission) -> Submitted:
        return await database.submissions.ask("reports", sent, partial(reports.submit, database.writer), MOST_AT_ONCE)

    kept = await keep_report(
        keep,
        community,
        secret,
        report_id,
        payload,
        reporter_token=reporter_token,
        channel=channel,
        edit_token=token,
        sender=sender,
    )
    if kept is not None:
        return kept
    async with database.app.connect() as connection:
        known = await reports.find(connection, community.id, report_id)
    if known is None or not hmac.compare_digest(known.body_hash, hash_body(payload)):
        raise Conflict("This id was used for another report; send this one under a new id.")
    # A connection that broke after this very request was kept has it asked again: nobody else knows this token.
    is_ours = edit_token is None and hmac.compare_digest(known.edit_token_hash, token_hash(token))
    return SubmittedReport(is_ours, own_view(known), token if is_ours else None, preview(known, community))


async def keep_report(
    keep: Callable[[Submission], Awaitable[Submitted]],
    community: Community,
    secret: bytes,
    report_id: UUID,
    payload: object,
    *,
    reporter_token: str | None,
    channel: str,
    edit_token: str,
    sender: Sender | None = None,
) -> SubmittedReport | None:
    """`submit_report` however it is kept (`store.reports.submit`); None if the id is taken."""
    now = datetime.now(UTC)
    draft = read_report(payload, boundary=community.boundary, now=now, channel=channel)
    shown, snap_within_m = _shown(community, draft, secret)
    report = stored_report(
        community,
        report_id,
        draft,
        shown=shown,
        body_hash=hash_body(payload),
        token=edit_token,
        key=reporter_key(secret, reporter_token),
        channel=channel,
        now=now,
    )
    due = None if sender is None else due_of(secret, sender, reporter_token)
    submitted = await keep(
        Submission(
            report, f"reporter:{channel}", draft.reporter_group, snap_within_m, None if due is None else due.claim
        )
    )
    if submitted.outcome == "erased":
        raise Conflict("This report was withdrawn; make a new one with a new id.")
    if submitted.outcome == "known":
        return None
    proof = "none" if due is None else due.settle(submitted.counted)
    if submitted.shown is not report.public_geometry:
        report = replace(report, public_geometry=submitted.shown)
    return SubmittedReport(True, own_view(report), edit_token, preview(report, community), proof)
