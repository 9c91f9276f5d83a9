"""Reports as the working group keeps them: insert once, find, change state with a revision, erase."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class StoredReport:
    """One row of `mapping.reports`; geometries in EPSG:4326, times in UTC."""

    community_id: int
    id: UUID
    category: str
    layer: str
    tier: int
    geometry: BaseGeometry | None
    public_geometry: BaseGeometry | None
    place: str | None
    severity: int
    when_seen: str
    affected: tuple[str, ...]
    description: str | None
    answers: Mapping[str, Any]
    observed_at: datetime
    channel: str
    consents: Mapping[str, bool]
    moderation: str
    status: str
    body_hash: bytes
    edit_token_hash: bytes
    reporter_key: bytes | None
    public_id: UUID | None


_COLUMNS = """community_id, id, category, layer, tier, ST_AsBinary(geometry) AS geometry,
    ST_AsBinary(public_geometry) AS public_geometry, place, severity, when_seen, affected, description, answers,
    observed_at, channel, consents, moderation, status, body_hash, edit_token_hash, reporter_key, public_id"""

_INSERT = sa.text(
    """INSERT INTO mapping.reports (community_id, id, category, layer, tier, geometry, public_geometry, place, severity,
        when_seen, affected, description, answers, observed_at, channel, consents, body_hash, edit_token_hash,
        reporter_key)
    VALUES (:community_id, :id, :category, :layer, :tier, ST_GeomFromWKB(:geometry, 4326),
        ST_GeomFromWKB(:public_geometry, 4326), :place, :severity, :when_seen, :affected, :description,
        CAST(:answers AS jsonb), :observed_at, :channel, CAST(:consents AS jsonb), :body_hash, :edit_token_hash,
        :reporter_key)
    ON CONFLICT DO NOTHING RETURNING id"""
)


def _wkb(geometry: BaseGeometry | None) -> bytes | None:
    return None if geometry is None else bytes(geometry.wkb)


async def insert(connection: AsyncConnection, report: StoredReport) -> bool:
    """Insert a report and its first revision; False if the id is taken, and nothing is written."""
    values = {
        **vars(report),
        "geometry": _wkb(report.geometry),
        "public_geometry": _wkb(report.public_geometry),
        "affected": list(report.affected),
        "answers": json.dumps(dict(report.answers)),
        "consents": json.dumps(dict(report.consents)),
    }
    inserted = (await connection.execute(_INSERT, values)).first() is not None
    if inserted:
        await add_revision(connection, report, actor=f"reporter:{report.channel}", action="submit", reason=None)
    return inserted


async def find(
    connection: AsyncConnection, community_id: int, report_id: UUID, *, lock: bool = False
) -> StoredReport | None:
    """One report by its reporter's id, locked for the transaction if asked."""
    statement = f"SELECT {_COLUMNS} FROM mapping.reports WHERE community_id = :community_id AND id = :id"
    if lock:
        statement += " FOR UPDATE"
    row = (
        (await connection.execute(sa.text(statement), {"community_id": community_id, "id": report_id}))
        .mappings()
        .first()
    )
    if row is None:
        return None
    values = dict(row)
    for column in ("geometry", "public_geometry"):
        values[column] = None if row[column] is None else shapely.from_wkb(bytes(row[column]))
    for column in ("body_hash", "edit_token_hash", "reporter_key"):
        values[column] = None if row[column] is None else bytes(row[column])
    values["affected"] = tuple(row["affected"])
    return StoredReport(**values)


async def find_id_by_public_id(connection: AsyncConnection, community_id: int, public_id: UUID) -> UUID | None:
    """The reporter's id of a report that is released now under a public id."""
    statement = sa.text(
        """SELECT id FROM mapping.reports
        WHERE community_id = :community_id AND public_id = :id AND moderation = 'published'"""
    )
    found: UUID | None = (
        await connection.execute(statement, {"community_id": community_id, "id": public_id})
    ).scalar_one_or_none()
    return found


async def add_revision(
    connection: AsyncConnection, report: StoredReport, *, actor: str, action: str, reason: str | None
) -> None:
    """Append one line to a report's history: its states after the change, who made it and why."""
    await connection.execute(
        sa.text(
            """INSERT INTO mapping.report_revisions
                (community_id, report_id, revision, actor, action, reason, moderation, status)
            SELECT :community_id, :id, count(*) + 1, :actor, :action, :reason, :moderation, :status
            FROM mapping.report_revisions WHERE community_id = :community_id AND report_id = :id"""
        ),
        {
            "community_id": report.community_id,
            "id": report.id,
            "actor": actor,
            "action": action,
            "reason": reason,
            "moderation": report.moderation,
            "status": report.status,
        },
    )


async def set_states(connection: AsyncConnection, report: StoredReport) -> None:
    """Write both state axes and the public id of a report that the caller has locked."""
    await connection.execute(
        sa.text(
            """UPDATE mapping.reports SET moderation = :moderation, status = :status, public_id = :public_id
            WHERE community_id = :community_id AND id = :id"""
        ),
        {
            "moderation": report.moderation,
            "status": report.status,
            "public_id": report.public_id,
            "community_id": report.community_id,
            "id": report.id,
        },
    )


async def set_reporter_group(connection: AsyncConnection, community_id: int, report_id: UUID, group: str) -> None:
    """Keep the group a reporter named, apart from the report; for checking balance only."""
    await connection.execute(
        sa.text("INSERT INTO mapping.reporter_groups VALUES (:community_id, :report_id, :reporter_group)"),
        {"community_id": community_id, "report_id": report_id, "reporter_group": group},
    )


async def is_erased(connection: AsyncConnection, community_id: int, report_id: UUID) -> bool:
    """Whether a report of this id was withdrawn and erased."""
    statement = sa.text(
        "SELECT EXISTS (SELECT FROM mapping.erasures WHERE community_id = :community_id AND report_id = :id)"
    )
    return bool((await connection.execute(statement, {"community_id": community_id, "id": report_id})).scalar_one())


async def erase(connection: AsyncConnection, community_id: int, report_id: UUID) -> None:
    """Delete a report with its history, photos' records and confirmations, and note the id in the ledger."""
    values = {"community_id": community_id, "id": report_id}
    await connection.execute(
        sa.text("DELETE FROM mapping.reports WHERE community_id = :community_id AND id = :id"), values
    )
    await connection.execute(
        sa.text(
            """INSERT INTO mapping.erasures (community_id, report_id) VALUES (:community_id, :id)
            ON CONFLICT DO NOTHING"""
        ),
        values,
    )


async def add_confirmation(
    connection: AsyncConnection,
    *,
    community_id: int,
    report_id: UUID,
    confirmation_id: UUID,
    kind: str,
    reporter_key: bytes | None,
) -> bool:
    """Note that somebody else saw it, or says it is or is not fixed; False if the same was said before."""
    statement = sa.text(
        """INSERT INTO mapping.confirmations (community_id, report_id, id, kind, reporter_key)
        VALUES (:community_id, :report_id, :id, :kind, :reporter_key) ON CONFLICT DO NOTHING RETURNING id"""
    )
    values = {
        "community_id": community_id,
        "report_id": report_id,
        "id": confirmation_id,
        "kind": kind,
        "reporter_key": reporter_key,
    }
    return (await connection.execute(statement, values)).first() is not None


async def count_confirmations(connection: AsyncConnection, community_id: int, report_id: UUID) -> int:
    """How many said "I see this too"."""
    statement = sa.text(
        """SELECT count(*) FROM mapping.confirmations
        WHERE community_id = :community_id AND report_id = :id AND kind = 'seen_too'"""
    )
    return int((await connection.execute(statement, {"community_id": community_id, "id": report_id})).scalar_one())
