"""Reports as the working group keeps them: insert once, find, change state with a revision, erase."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import shapely
import sqlalchemy as sa
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import WGS84
from mapping.store import tables
from mapping.store.bare import Rows
from mapping.store.limits import Claim, Counted, bytea


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

    @property
    def is_released(self) -> bool:
        """Whether anything of it is public now; a confidential report has no public id."""
        return self.moderation == "published" and self.public_id is not None


@dataclass(frozen=True)
class Revision:
    """One line of a report's history: when, its states after the change, and why; not who."""

    at: datetime
    moderation: str
    status: str
    reason: str | None


_reports = tables.reports
_SRID = f"SRID={WGS84};"
_SUBMIT = "SELECT outcomes, shown, are_proven, waits_s FROM mapping.submit_reports(%(sent)s::jsonb)"
_ADD_REVISION = sa.text(
    """INSERT INTO mapping.report_revisions
        (community_id, report_id, revision, actor, action, reason, moderation, status)
    SELECT :community_id, :report_id, count(*) + 1, :actor, :action, :reason, :moderation, :status
    FROM mapping.report_revisions WHERE community_id = :community_id AND report_id = :report_id"""
)


def _is_report(table: sa.Table, community_id: int, report_id: UUID) -> sa.ColumnElement[bool]:
    key = table.c.id if table is _reports else table.c.report_id
    return sa.and_(table.c.community_id == community_id, key == report_id)


def report_of_row(row: Mapping[str, Any]) -> StoredReport:
    """A report from the columns of `StoredReport`."""
    values = {**row, "affected": tuple(row["affected"])}
    for column in ("geometry", "public_geometry"):
        values[column] = None if row[column] is None else to_shape(row[column])
    return StoredReport(**values)


def _row(report: StoredReport) -> dict[str, Any]:
    values = {**vars(report), "affected": list(report.affected)}
    for column in ("geometry", "public_geometry"):
        values[column] = None if values[column] is None else from_shape(values[column], WGS84)
    return values


@dataclass(frozen=True)
class Submission:
    """A report that is to be kept, once.

    Parameters
    ----------
    report : StoredReport
        What is kept.
    actor : str
        Who sends it, as the history tells it.
    reporter_group : str or None
        The group a reporter named; kept apart from the report.
    snap_within_m : float or None
        The public place becomes the nearest point of a street within so many metres; None leaves it.
    claim : Claim or None
        What is counted of its sender; None is not counted.
    """

    report: StoredReport
    actor: str
    reporter_group: str | None
    snap_within_m: float | None
    claim: Claim | None

    @property
    def rank(self) -> tuple[int, list[bytes], bool, UUID]:
        """Its place among others: by what is locked for it, the most contended first."""
        others = [] if self.claim is None else sorted(self.claim.others)
        return self.report.community_id, others, self.claim is None or self.claim.nonce is None, self.report.id

    def document(self, place: str | None, public_place: str | None) -> dict[str, Any]:
        """As the function `mapping.keep_report` reads it; both places as hexadecimal WKB."""
        report = self.report
        values = {**vars(report), "id": str(report.id), "observed_at": report.observed_at.isoformat()}
        del values["public_id"]
        for column, wkb in (("geometry", place), ("public_geometry", public_place)):
            values[column] = None if wkb is None else _SRID + wkb
        for column in ("body_hash", "edit_token_hash", "reporter_key"):
            values[column] = None if values[column] is None else bytea(values[column])
        claim = None if self.claim is None else self.claim.document()
        return {**vars(self), "report": values, "claim": claim}


@dataclass(frozen=True)
class Submitted:
    """What became of a report that was sent.

    Parameters
    ----------
    outcome : str
        new; known, where the id is taken; erased, where it was and the report is gone; refused, where the sender's
        allowance is used up. Only a new one is written.
    shown : Geometry or None
        Its public place, EPSG:4326.
    counted : Counted
        Of its sender.
    """

    outcome: Literal["new", "known", "erased", "refused"]
    shown: BaseGeometry | None
    counted: Counted


async def submit(rows: Rows, sent: Sequence[Submission]) -> list[Submitted]:
    """Keep reports, each with the first line of its history, and count them for their senders, by one statement.

    Parameters
    ----------
    rows : Rows
        Of the application's role.
    sent : sequence of Submission
        What became of one is nothing to the others; where the statement fails, none is kept.

    Notes
    -----
    They are kept in one order everywhere, by sender. Two servers that are sent the same ids by other senders at the
    same time may still stop one another: the database ends that after a second, and each is then tried alone.
    """
    order = sorted(range(len(sent)), key=lambda number: sent[number].rank)
    # One call for all of them: for a point it costs ten times what its bytes do.
    places = shapely.to_wkb([[one.report.geometry, one.report.public_geometry] for one in sent], hex=True).tolist()
    documents = [sent[number].document(*places[number]) for number in order]
    row = await rows.first_row(_SUBMIT, {"sent": json.dumps(documents)})
    assert row is not None
    told = zip(order, zip(*row, strict=True), strict=True)
    kept = {number: _submitted(sent[number], places[number][1], *answer) for number, answer in told}
    return [kept[number] for number in range(len(sent))]


def _submitted(
    sent: Submission, asked: str | None, outcome: Any, shown: bytes | None, is_proven: bool, wait_s: float
) -> Submitted:
    """What became of one; its public place is read anew only if it was moved to a street."""
    is_moved = shown is not None and shown.hex().upper() != asked
    place = shapely.from_wkb(shown) if is_moved else sent.report.public_geometry
    return Submitted(outcome, place, Counted(is_proven, wait_s))


async def replace(connection: AsyncConnection, report: StoredReport) -> None:
    """Write every column of a report that the caller has locked."""
    owned = _is_report(_reports, report.community_id, report.id)
    await connection.execute(sa.update(_reports).where(owned).values(**_row(report)))


async def find(
    connection: AsyncConnection, community_id: int, report_id: UUID, *, lock: bool = False
) -> StoredReport | None:
    """One report by its reporter's id, locked for the transaction if asked."""
    columns = [_reports.c[field.name] for field in fields(StoredReport)]
    statement = sa.select(*columns).where(_is_report(_reports, community_id, report_id))
    row = (await connection.execute(statement.with_for_update() if lock else statement)).mappings().first()
    return None if row is None else report_of_row(dict(row))


async def find_id_by_public_id(connection: AsyncConnection, community_id: int, public_id: UUID) -> UUID | None:
    """The reporter's id of a report that is released now under a public id."""
    found: UUID | None = await connection.scalar(
        sa.select(_reports.c.id).where(
            _reports.c.community_id == community_id,
            _reports.c.public_id == public_id,
            _reports.c.moderation == "published",
        )
    )
    return found


async def add_revision(
    connection: AsyncConnection, report: StoredReport, *, actor: str, action: str, reason: str | None
) -> None:
    """Append one line to a report's history: its states after the change, who made it and why."""
    await connection.execute(
        _ADD_REVISION,
        {
            "community_id": report.community_id,
            "report_id": report.id,
            "actor": actor,
            "action": action,
            "reason": reason,
            "moderation": report.moderation,
            "status": report.status,
        },
    )


async def history(connection: AsyncConnection, community_id: int, report_id: UUID) -> list[Revision]:
    """What became of a report since it was sent, in order."""
    kept = tables.report_revisions
    columns = [kept.c[field.name] for field in fields(Revision)]
    rows = await connection.execute(
        sa.select(*columns).where(_is_report(kept, community_id, report_id)).order_by(kept.c.revision)
    )
    return [Revision(**row) for row in rows.mappings()]


async def set_states(connection: AsyncConnection, report: StoredReport) -> None:
    """Write both state axes and the public id of a report that the caller has locked."""
    await connection.execute(
        sa.update(_reports)
        .where(_is_report(_reports, report.community_id, report.id))
        .values(moderation=report.moderation, status=report.status, public_id=report.public_id)
    )


async def set_reporter_group(
    connection: AsyncConnection, community_id: int, report_id: UUID, group: str | None
) -> None:
    """Keep the group a reporter named, or none, apart from the report; for checking balance only."""
    groups = tables.reporter_groups
    if group is None:
        await connection.execute(sa.delete(groups).where(_is_report(groups, community_id, report_id)))
        return
    statement = upsert(groups).values(community_id=community_id, report_id=report_id, reporter_group=group)
    key = ["community_id", "report_id"]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"reporter_group": statement.excluded.reporter_group})
    )


async def erase(connection: AsyncConnection, community_id: int, report_id: UUID) -> None:
    """Delete a report with its history, photos' records and confirmations, and note the id in the ledger."""
    await connection.execute(sa.delete(_reports).where(_is_report(_reports, community_id, report_id)))
    await connection.execute(
        upsert(tables.erasures).values(community_id=community_id, report_id=report_id).on_conflict_do_nothing()
    )


async def latest_revision(connection: AsyncConnection, community_id: int, report_id: UUID) -> int:
    """The number of a report's newest revision: whatever changes it adds one."""
    kept = tables.report_revisions
    newest = sa.select(sa.func.max(kept.c.revision)).where(_is_report(kept, community_id, report_id))
    return int(await connection.scalar(newest) or 0)


async def awaiting_review(connection: AsyncConnection, community_id: int) -> list[tuple[StoredReport, int]]:
    """Reports nobody has decided on yet with their newest revisions, oldest first."""
    columns, kept = [_reports.c[field.name] for field in fields(StoredReport)], tables.report_revisions
    newest = (
        sa.select(sa.func.max(kept.c.revision))
        .where(kept.c.community_id == _reports.c.community_id, kept.c.report_id == _reports.c.id)
        .scalar_subquery()
    )
    rows = await connection.execute(
        sa.select(*columns, newest.label("revision"))
        .where(_reports.c.community_id == community_id, _reports.c.moderation == "submitted")
        .order_by(_reports.c.created_at, _reports.c.id)
    )
    return [
        (report_of_row({column.name: row[column.name] for column in columns}), row["revision"])
        for row in rows.mappings()
    ]
