"""One's own report, opened by the token it was answered with: what became of it, correction and withdrawal."""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.layers.reports import read_report
from mapping.layers.states import CORRECTED, next_moderation
from mapping.services.analyses import refresh_analysis
from mapping.services.limits import Sender, count_sent
from mapping.services.photos import hold_photos_of, own_photos
from mapping.services.proofs import ProofStatus
from mapping.services.releases import withdraw_release
from mapping.services.report_keys import find_own, hash_body
from mapping.services.report_views import own_view, preview
from mapping.services.reports import SubmittedReport, shown_geometry, stored_report
from mapping.store import communities, confirmations, photos, reports
from mapping.store.bare import InTransaction
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.photos import PhotoFiles, StoredPhoto
from mapping.store.reports import StoredReport

REPORTER = "reporter"


async def own_report(database: Database, slug: str, report_id: UUID, edit_token: str) -> dict[str, Any]:
    """A report, what the public sees of it, and its history by days, for the person who made it.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    report_id : UUID
        Made by the phone.
    edit_token : str
        Told once, when the report was new.

    Returns
    -------
    dict
        JSON values; `history` names nobody.

    Raises
    ------
    NotFound
        If there is no such report, or the token does not open it: both answer alike.
    """
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        report = await find_own(connection, community, report_id, edit_token)
        history = await reports.history(connection, community.id, report_id)
        kept = await own_photos(connection, community, report_id)
    zone = ZoneInfo(community.time_zone)
    lines = [
        {"on": _day(line.at, zone), "moderation": line.moderation, "status": line.status, "reason": line.reason}
        for line in history
    ]
    is_released = report.moderation == "published" and report.public_id is not None
    return {
        **own_view(report),
        "public_id": str(report.public_id) if is_released else None,
        "public_preview": preview(report, community),
        "photos": kept,
        "received_at": lines[0]["on"],
        "history": lines,
    }


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


async def correct_report(
    database: Database, slug: str, report_id: UUID, payload: object, *, edit_token: str, sender: Sender | None = None
) -> SubmittedReport:
    """Put other content in the place of a report's, for the person who made it; the group looks at it again.

    The same content once more changes nothing.

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
    edit_token : str
        Told once, when the report was new.
    sender : Sender, optional
        Who sends, for the limits; None is not limited.

    Returns
    -------
    SubmittedReport

    Raises
    ------
    InvalidInput
        If a field breaks a rule; nothing is written.
    NotFound
        If there is no such report, or the token does not open it: both answer alike.
    TooMany
        If a correction is more than is taken from the sender now; nothing is written.
    """
    proof: ProofStatus = "none"
    async with database.app.begin() as connection:
        community, secret = await communities.find_with_secret(InTransaction(connection), slug)
        report = await find_own(connection, community, report_id, edit_token)
        if not hmac.compare_digest(report.body_hash, hash_body(payload)):
            await hold_photos_of(connection, database, community, report_id)  # they were shown with what it said before
            report = await _correct(connection, community, secret, report, payload, edit_token)
            proof = await count_sent(connection, community.id, secret, sender, None)
        return SubmittedReport(False, own_view(report), None, preview(report, community), proof)


async def _correct(
    connection: AsyncConnection,
    community: Community,
    secret: bytes,
    old: StoredReport,
    payload: object,
    edit_token: str,
) -> StoredReport:
    draft = read_report(payload, boundary=community.boundary, now=datetime.now(UTC), channel=old.channel)
    new = stored_report(
        community,
        old.id,
        draft,
        shown=await shown_geometry(connection, community, draft, secret),
        body_hash=hash_body(payload),
        token=edit_token,
        key=old.reporter_key,
        channel=old.channel,
        now=old.observed_at,  # where the correction does not say when, it was when it was
    )
    new = replace(new, moderation=next_moderation(old.moderation, CORRECTED), status=old.status)
    if _is_about_the_same(old, new):
        new = replace(new, public_id=old.public_id)
    else:
        await confirmations.forget(connection, community.id, old.id)
    await withdraw_release(connection, old)
    await reports.replace(connection, new)
    await reports.set_reporter_group(connection, community.id, old.id, draft.reporter_group)
    await reports.add_revision(connection, new, actor=REPORTER, action=CORRECTED, reason=None)
    if old.is_released:
        await refresh_analysis(connection, community)
    return new


def _is_about_the_same(old: StoredReport, new: StoredReport) -> bool:
    """Whether the public id may stay: only where old and new release say the same of category and place.

    Otherwise one id would join them: the exact place of a lamp to the mask of the danger it became, or two masks
    whose circles narrow the place down between them.
    """
    return (old.category, old.geometry, old.place) == (new.category, new.geometry, new.place)


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
