"""Photos of reports: their rows, what of them is released, and the files they name."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from shutil import rmtree
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store import tables

SIZES = ("large", "small")
_photos, _released = tables.photos, tables.released_photos


@dataclass(frozen=True)
class StoredPhoto:
    """One row of `mapping.photos`; `body_hash` is of what was sent, the others of the cleaned files."""

    community_id: int
    report_id: UUID
    id: UUID
    body_hash: bytes
    large_sha256: bytes
    small_sha256: bytes
    width: int
    height: int
    moderation: str
    public_name: str | None

    def sha256(self, size: str) -> bytes:
        """The name of the file of one size."""
        return self.large_sha256 if size == "large" else self.small_sha256


def _of_report(community_id: int, report_id: UUID) -> sa.ColumnElement[bool]:
    return sa.and_(_photos.c.community_id == community_id, _photos.c.report_id == report_id)


async def of_report(connection: AsyncConnection, community_id: int, report_id: UUID) -> list[StoredPhoto]:
    """A report's photos in the order they came."""
    columns = [_photos.c[field.name] for field in fields(StoredPhoto)]
    statement = sa.select(*columns).where(_of_report(community_id, report_id))
    rows = await connection.execute(statement.order_by(_photos.c.created_at, _photos.c.id))
    return [StoredPhoto(**row) for row in rows.mappings()]


async def insert(connection: AsyncConnection, photo: StoredPhoto) -> None:
    """Keep the row of a new photo; the caller has locked its report."""
    await connection.execute(sa.insert(_photos).values(**vars(photo)))


async def set_moderation(connection: AsyncConnection, photo: StoredPhoto) -> None:
    """Write a photo's state and public name."""
    await connection.execute(
        sa.update(_photos)
        .where(_of_report(photo.community_id, photo.report_id), _photos.c.id == photo.id)
        .values(moderation=photo.moderation, public_name=photo.public_name)
    )


async def release(connection: AsyncConnection, photo: StoredPhoto, public_id: UUID) -> None:
    """Put a photo beside its released report, under its public name."""
    await connection.execute(
        sa.insert(_released).values(
            community_id=photo.community_id,
            report_id=public_id,
            name=photo.public_name,
            width=photo.width,
            height=photo.height,
            large_sha256=photo.large_sha256,
            small_sha256=photo.small_sha256,
        )
    )


async def unrelease(connection: AsyncConnection, community_id: int, names: Sequence[str]) -> None:
    """Take photos out of what the public sees."""
    await connection.execute(
        sa.delete(_released).where(_released.c.community_id == community_id, _released.c.name.in_(names))
    )


async def released_sha256(connection: AsyncConnection, name: str, size: str) -> bytes | None:
    """SHA-256 of a released photo's file of one size, or None if no such photo is released."""
    found: bytes | None = await connection.scalar(
        sa.select(_released.c[f"{size}_sha256"]).where(_released.c.name == name)
    )
    return found


class PhotoFiles:
    """The files: held ones in a folder of their report, named by content; released ones also under their public name.

    A released file is a second name of the held one, in a folder that tells nothing of reports.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def _folder(self, community_id: int, report_id: UUID) -> Path:
        return self.root / "held" / str(community_id) / str(report_id)

    def _make(self, folder: Path) -> None:
        """A folder below the root, which its owner alone may enter."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(parents=True, exist_ok=True)

    def held(self, photo: StoredPhoto, size: str) -> Path:
        """Where a photo's file of one size lies."""
        return self._folder(photo.community_id, photo.report_id) / f"{photo.sha256(size).hex()}.jpg"

    def released(self, name: str, size: str) -> Path:
        """Where a released photo's file of one size lies."""
        return self.root / "released" / f"{name}-{size}.jpg"

    def write(self, photo: StoredPhoto, large: bytes, small: bytes) -> None:
        """Write both files of a photo, each whole or not at all."""
        for size, content in zip(SIZES, (large, small), strict=True):
            path = self.held(photo, size)
            self._make(path.parent)
            part = path.with_suffix(f".{photo.id}.part")
            part.write_bytes(content)
            part.replace(path)

    def release(self, photo: StoredPhoto, name: str) -> None:
        """Give both files their public names."""
        for size in SIZES:
            path = self.released(name, size)
            self._make(path.parent)
            path.unlink(missing_ok=True)
            path.hardlink_to(self.held(photo, size))

    def unrelease(self, names: Sequence[str]) -> None:
        """Remove public names."""
        for name in names:
            for size in SIZES:
                self.released(name, size).unlink(missing_ok=True)

    def erase(self, community_id: int, report_id: UUID) -> None:
        """Remove every file of a report; public names first have to be removed by `unrelease`."""
        with suppress(FileNotFoundError):
            rmtree(self._folder(community_id, report_id))
