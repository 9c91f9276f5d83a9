"""What other people say of a released report: I see this too, it is fixed, it is not fixed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.layers.states import CLOSED
from mapping.layers.vocabulary import CONFIRMATIONS
from mapping.store import tables
from mapping.store.reports import StoredReport, report_of_row

_said = tables.confirmations


@dataclass(frozen=True)
class Said:
    """How many people say what of a report; of "fixed" and "not fixed" each person's newest word counts."""

    seen_too: int
    fixed: int
    not_fixed: int


def _newest_words() -> sa.Subquery:
    """One row for each person and question: is it there too, is it fixed. Who is not known is left out."""
    asked = sa.case((_said.c.kind == "seen_too", 0), else_=1)
    person = (_said.c.community_id, _said.c.report_id, _said.c.reporter_key, asked)
    columns = (_said.c.community_id, _said.c.report_id, _said.c.kind)
    words = sa.select(*columns).where(_said.c.reporter_key.is_not(None)).ext(distinct_on(*person))
    return words.order_by(*person, _said.c.created_at.desc()).subquery()


async def add(
    connection: AsyncConnection,
    *,
    community_id: int,
    report_id: UUID,
    confirmation_id: UUID,
    kind: str,
    reporter_key: bytes | None,
) -> bool:
    """Note what somebody says; False if this person said the same before."""
    statement = upsert(_said).values(
        community_id=community_id,
        report_id=report_id,
        id=confirmation_id,
        kind=kind,
        reporter_key=reporter_key,
    )
    said = await connection.execute(statement.on_conflict_do_nothing().returning(_said.c.id))
    return said.first() is not None


async def count(connection: AsyncConnection, community_id: int, report_id: UUID) -> Said:
    """How many people say what of one report."""
    words = _newest_words()
    owned = sa.and_(words.c.community_id == community_id, words.c.report_id == report_id)
    rows = await connection.execute(sa.select(words.c.kind, sa.func.count()).where(owned).group_by(words.c.kind))
    counts: Mapping[str, int] = {kind: number for kind, number in rows}
    return Said(**{kind: counts.get(kind, 0) for kind in CONFIRMATIONS})


async def forget(connection: AsyncConnection, community_id: int, report_id: UUID) -> None:
    """Forget what was said of a report that is now about something else."""
    owned = sa.and_(_said.c.community_id == community_id, _said.c.report_id == report_id)
    await connection.execute(sa.delete(_said).where(owned))


async def in_doubt(
    connection: AsyncConnection, community_id: int, *, fixed_people: int
) -> list[tuple[StoredReport, Said]]:
    """Published reports that were reopened, or are open though so many people say they are fixed; oldest first."""
    kept, words = tables.reports, _newest_words()
    told = {kind: sa.func.count().filter(words.c.kind == kind).label(f"people_{kind}") for kind in CONFIRMATIONS}
    columns = [kept.c[field.name] for field in fields(StoredReport)]
    of_report = sa.and_(words.c.community_id == kept.c.community_id, words.c.report_id == kept.c.id)
    rows = await connection.execute(
        sa.select(*columns, *told.values())
        .select_from(kept.outerjoin(words, of_report))
        .where(kept.c.community_id == community_id, kept.c.moderation == "published", kept.c.status.not_in(CLOSED))
        .group_by(kept.c.community_id, kept.c.id)
        .having(sa.or_(kept.c.status == "reopened", told["fixed"].element >= fixed_people))
        .order_by(kept.c.created_at, kept.c.id)
    )
    return [
        (
            report_of_row({column.name: row[column.name] for column in columns}),
            Said(**{kind: row[f"people_{kind}"] for kind in CONFIRMATIONS}),
        )
        for row in rows.mappings()
    ]
