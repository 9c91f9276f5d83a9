"""Photos of reports: kept for the group from the person who made the report, released by a decision of their own."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mapping.errors import Conflict, FieldError, InvalidInput, NotFound, Unavailable
from mapping.formats.photos import PhotoCleaner
from mapping.layers.vocabulary import Tier
from mapping.services.report_keys import find_own
from mapping.store import communities, photos, reports
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.photos import SIZES, PhotoFiles, StoredPhoto
from mapping.store.reports import StoredReport

MAX_PHOTOS = 3
_NAME = re.compile("[A-Za-z0-9_-]{43}")
ACTIONS = {"publish": "published", "hide": "hidden"}


@dataclass(frozen=True)
class KeptPhoto:
    """What the sender is told; `is_new` is false when it was sent before."""

    is_new: bool
    photo: dict[str, Any]


def _own_view(photo: StoredPhoto) -> dict[str, Any]:
    return {"id": str(photo.id), "width": photo.width, "height": photo.height, "moderation": photo.moderation}


def _known(kept: Sequence[StoredPhoto], photo_id: UUID, body_hash: bytes) -> KeptPhoto | None:
    """What was kept under this id before.

    Raises
    ------
    Conflict
        If that was another photo, or the report has as many as it may.
    """
    for photo in kept:
        if photo.id == photo_id:
            if photo.body_hash != body_hash:
                raise Conflict("This id was used for another photo; send this one under a new id.")
            return KeptPhoto(False, _own_view(photo))
    if len(kept) >= MAX_PHOTOS:
        raise Conflict(f"A report has at most {MAX_PHOTOS} photos.")
    return None


async def keep_photo(
    database: Database,
    cleaner: PhotoCleaner,
    slug: str,
    report_id: UUID,
    photo_id: UUID,
    edit_token: str,
    chunks: AsyncIterator[bytes],
) -> KeptPhoto:
    """Keep a photo of one's own report, cleaned, once however often it is sent; nobody sees it until it is released.

    Parameters
    ----------
    database : Database
        Engines and the folder of photos.
    cleaner : PhotoCleaner
        Decodes it.
    slug : str
        Community.
    report_id, photo_id : UUID
        Made by the phone.
    edit_token : str
        Of the report.
    chunks : async iterator of bytes
        The body; read only once the token is known to open the report.

    Returns
    -------
    KeptPhoto

    Raises
    ------
    NotFound
        If there is no such report, or the token does not open it: both answer alike.
    InvalidInput
        If the body is no photo that can be kept.
    Conflict
        If the id was used for another photo, or the report has three.
    Unavailable
        If it cannot be decoded in time, or stored.
    """
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
        await find_own(connection, community, report_id, edit_token)
    body = b"".join([chunk async for chunk in chunks])
    body_hash = hashlib.sha256(body).digest()
    async with database.app.connect() as connection:
        known = _known(await photos.of_report(connection, community.id, report_id), photo_id, body_hash)
    if known is not None:
        return known
    clean = await cleaner.clean(body)
    photo = StoredPhoto(
        community_id=community.id,
        report_id=report_id,
        id=photo_id,
        body_hash=body_hash,
        large_sha256=clean.large_sha256,
        small_sha256=clean.small_sha256,
        width=clean.width,
        height=clean.height,
        moderation="held",
        public_name=None,
    )
    async with database.app.begin() as connection:  # whoever withdraws the report meanwhile waits, and erases this too
        await find_own(connection, community, report_id, edit_token)
        known = _known(await photos.of_report(connection, community.id, report_id), photo_id, body_hash)
        if known is not None:
            return known
        await photos.insert(connection, photo)
        try:
            await asyncio.to_thread(PhotoFiles(database.photos_dir).write, photo, clean.large, clean.small)
        except OSError:
            raise Unavailable("The photo cannot be stored now; it is not kept. Try again later.") from None
    return KeptPhoto(True, _own_view(photo))


async def own_photos(connection: AsyncConnection, community: Community, report_id: UUID) -> list[dict[str, Any]]:
    """What became of the photos of a report, for the person who made it; `small` only where everyone may see it."""
    kept = await photos.of_report(connection, community.id, report_id)
    addresses = [None if photo.public_name is None else f"/photos/{photo.public_name}/small.jpg" for photo in kept]
    return [{**_own_view(photo), "small": small} for photo, small in zip(kept, addresses, strict=True)]


async def photos_to_review(database: Database, slug: str, report_id: UUID) -> list[tuple[StoredPhoto, str]]:
    """A report's photos with the path of each one's large file, for whoever decides on them.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    files = PhotoFiles(database.photos_dir)
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
        kept = await photos.of_report(connection, community.id, report_id)
    return [(photo, str(files.held(photo, "large"))) for photo in kept]


async def moderate_photos(
    database: Database,
    slug: str,
    report_id: UUID,
    photo_id: UUID | None,
    action: str,
    *,
    actor: str,
    reason: str | None,
) -> list[StoredPhoto]:
    """Publish or hide a photo of a report, or all of them, in one transaction with a line of its history.

    Parameters
    ----------
    database : Database
        Engines and the folder of photos.
    slug : str
        Community.
    report_id : UUID
        The reporter's id.
    photo_id : UUID or None
        One of them; None: all, to hide them. Each is published by itself, so that none is shown that came unseen.
    action : str
        publish or hide.
    actor : str
        Who decides.
    reason : str or None
        Why, in words.

    Returns
    -------
    list of StoredPhoto
        Those decided on, as they are now.

    Raises
    ------
    InvalidInput
        If it would be published without saying which.
    NotFound
        If there is no such report or photo.
    Conflict
        If the report is not published, or of people: its photos are never shown.
    """
    if action == "publish" and photo_id is None:
        raise InvalidInput("To publish a photo, say which you have looked at.", [FieldError("photo_id", "needed")])
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        report = await reports.find(connection, community.id, report_id, lock=True)
        kept = await photos.of_report(connection, community.id, report_id)
        chosen = [photo for photo in kept if photo_id in (None, photo.id)]
        if report is None or not chosen:
            raise NotFound("There is no such photo.")
        if action == "publish":
            _refuse_unshown(report)
        changed = [photo for photo in chosen if photo.moderation != ACTIONS[action]]
        decided = await _decide(connection, database, report, changed, action)
        if changed:
            await reports.add_revision(connection, report, actor=actor, action=f"{action} photos", reason=reason)
    return [*decided, *(photo for photo in chosen if photo not in changed)]


def _refuse_unshown(report: StoredReport) -> None:
    if report.tier != Tier.T0:
        raise Conflict("Photos of reports about people are never shown.")
    if report.moderation != "published" or report.public_id is None:
        raise Conflict("Publish the report first; its photos are shown with it.")


async def _decide(
    connection: AsyncConnection, database: Database, report: StoredReport, chosen: Sequence[StoredPhoto], action: str
) -> list[StoredPhoto]:
    if action == "hide":
        return await hide_photos(connection, database, chosen, "hidden")
    files, decided = PhotoFiles(database.photos_dir), []
    assert report.public_id is not None
    for photo in chosen:
        shown = replace(photo, moderation="published", public_name=secrets.token_urlsafe(32))
        await photos.set_moderation(connection, shown)
        await photos.release(connection, shown, report.public_id)
        await asyncio.to_thread(files.release, shown, str(shown.public_name))
        decided.append(shown)
    return decided


async def hide_photos(
    connection: AsyncConnection, database: Database, chosen: Sequence[StoredPhoto], moderation: str
) -> list[StoredPhoto]:
    """Take photos out of what the public sees, and give them a state; their public names are never used again."""
    names = [photo.public_name for photo in chosen if photo.public_name is not None]
    hidden = [replace(photo, moderation=moderation, public_name=None) for photo in chosen]
    if chosen:
        await photos.unrelease(connection, chosen[0].community_id, names)
    for photo in hidden:
        await photos.set_moderation(connection, photo)
    await asyncio.to_thread(PhotoFiles(database.photos_dir).unrelease, names)
    return hidden


async def hold_photos_of(
    connection: AsyncConnection, database: Database, community: Community, report_id: UUID
) -> None:
    """Have a report that is no longer shown show no photo; each waits to be looked at again."""
    kept = await photos.of_report(connection, community.id, report_id)
    await hide_photos(connection, database, [photo for photo in kept if photo.moderation == "published"], "held")


@dataclass(frozen=True)
class PublicPhoto:
    """A released photo's file of one size: where it lies, and its strong entity tag."""

    content: bytes
    etag: str


async def public_photo(engine: AsyncEngine, database: Database, name: str, size: str) -> PublicPhoto:
    """A released photo by its public name.

    Raises
    ------
    NotFound
        If none is released under this name: hidden, erased and absent answer alike.
    """
    digest = None
    if size in SIZES and _NAME.fullmatch(name):
        async with engine.connect() as connection:
            digest = await photos.released_sha256(connection, name, size)
    if digest is None:
        raise NotFound("There is no such photo.")
    try:
        content = await asyncio.to_thread(PhotoFiles(database.photos_dir).released(name, size).read_bytes)
    except FileNotFoundError:
        raise NotFound("There is no such photo.") from None
    return PublicPhoto(content, f'"{digest.hex()}"')
