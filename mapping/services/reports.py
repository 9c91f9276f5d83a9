"""Reports from the people who make them: submit once, withdraw."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import Conflict, FieldError, InvalidInput, NotFound
from mapping.layers.categories import CATEGORIES
from mapping.layers.masking import public_geometry
from mapping.layers.reports import ReportDraft, read_report
from mapping.layers.vocabulary import Tier
from mapping.services.analyses import refresh_analysis
from mapping.services.limits import Sender, due_of
from mapping.services.proofs import ProofStatus
from mapping.services.releases import released_values, withdraw_release
from mapping.store import communities, photos, releases, reports
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.photos import PhotoFiles, StoredPhoto
from mapping.store.reports import StoredReport, Submission, Submitted

SNAP_WITHIN_M = 20.0
MOST_AT_ONCE = 16  # reports of one transaction
MIN_TOKEN, MAX_TOKEN = 22, 200


@dataclass(frozen=True)
class SubmittedReport:
    """What a phone is told: `edit_token` only when the report is new, `public_preview` always, and of its proof."""

    is_new: bool
    report: Mapping[str, Any]
    edit_token: str | None
    public_preview: Mapping[str, Any]
    proof: ProofStatus = "none"


def reporter_key(secret: bytes, token: str | None) -> bytes | None:
    """What is kept of a phone's own random token, so that one person counts once: a keyed hash.

    Raises
    ------
    InvalidInput
        If the token is too short to be random, or too long.
    """
    if token is None:
        return None
    checked_token(token, "Reporter-Token")
    return hmac.digest(secret, b"reporter|" + token.encode(), hashlib.sha256)


def checked_token(token: str, header: str) -> str:
    """A token that a phone made, if it may be random.

    Raises
    ------
    InvalidInput
        If it is too short to be random, or too long.
    """
    if not (MIN_TOKEN <= len(token) <= MAX_TOKEN and token.isascii() and token.isprintable()):
        reason = f"{MIN_TOKEN} to {MAX_TOKEN} printable ASCII characters"
        raise InvalidInput(f"The header {header} is not usable.", [FieldError(header, reason)])
    return token


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def hash_body(payload: object) -> bytes:
    """By which a report that is sent again is known to be the same."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()


async def find_locked(connection: AsyncConnection, community: Community, report_id: UUID) -> StoredReport:
    """The report of an id, locked for the transaction of whoever decides on it.

    Raises
    ------
    NotFound
        If there is none.
    """
    report = await reports.find(connection, community.id, report_id, lock=True)
    if report is None:
        raise NotFound("There is no report of this id.")
    return report


async def find_own(connection: AsyncConnection, community: Community, report_id: UUID, edit_token: str) -> StoredReport:
    """The report that a token opens, locked for the transaction.

    Raises
    ------
    NotFound
        If there is no such report, or the token does not open it: both answer alike.
    """
    report = await reports.find(connection, community.id, report_id, lock=True)
    expected = report.edit_token_hash if report is not None else bytes(32)
    if not hmac.compare_digest(expected, _token_hash(edit_token)) or report is None:
        raise NotFound("There is no report of this id that this token opens.")
    return report


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
        edit_token_hash=_token_hash(token),
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
    found = await database.towns.find(slug)
    if found is None:
        raise NotFound("There is no community of this name here.")
    community, secret = found
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
    is_ours = edit_token is None and hmac.compare_digest(known.edit_token_hash, _token_hash(token))
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


def preview(report: StoredReport, community: Community) -> dict[str, Any]:
    """What others would see of a report once the group has published it.

    Of a masked place only the radius: whoever could try places and read their masks could turn every mask back.
    """
    values = released_values(report, community)
    if values is None:
        return {"shown": False, "geometry": None}
    shown = {
        name: values[name]
        for name in ("category", "layer", "severity", "affected", "place", "description", "observed_on", "radius_m")
    }
    geometry = report.public_geometry if report.tier == Tier.T0 else None
    return {
        "shown": True,
        **shown,
        "when": report.when_seen,
        "geometry": None if geometry is None else shapely.geometry.mapping(geometry),
    }


def own_view(report: StoredReport) -> dict[str, Any]:
    """A report as the person who made it sees it."""
    return {
        "id": str(report.id),
        "category": report.category,
        "geometry": None if report.geometry is None else shapely.geometry.mapping(report.geometry),
        "place": report.place,
        "severity": report.severity,
        "when": report.when_seen,
        "affected": list(report.affected),
        "description": report.description,
        "answers": dict(report.answers),
        "observed_at": report.observed_at.isoformat(),
        "consents": dict(report.consents),
        "moderation": report.moderation,
        "status": report.status,
    }


def _erase_files(files: PhotoFiles, community_id: int, report_id: UUID, kept: Sequence[StoredPhoto]) -> None:
    """Before the rows are gone for good: what is interrupted between leaves no file behind."""
    files.unrelease([photo.public_name for photo in kept if photo.public_name is not None])
    files.erase(community_id, report_id)


async def withdraw_report(database: Database, slug: str, report_id: UUID, edit_token: str) -> None:
    """Erase a report for the person who made it, and take it out of what the public sees.

    Raises
    ------
    NotFound
        If there is no such report, or the token does not open it: both answer alike.
    """
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        report = await find_own(connection, community, report_id, edit_token)
        kept = await photos.of_report(connection, community.id, report_id)
        await withdraw_release(connection, report)
        await reports.erase(connection, community.id, report_id)
        await asyncio.to_thread(_erase_files, PhotoFiles(database.photos_dir), community.id, report_id, kept)
        if report.is_released:
            await refresh_analysis(connection, community)
