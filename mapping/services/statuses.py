"""What is done about a report: planned, begun, done, closed, opened again; each step leaves a revision."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import Conflict, FieldError, InvalidInput
from mapping.layers.states import CLOSING_REASONS, next_status
from mapping.services.analyses import refresh_analysis
from mapping.services.releases import renew_release
from mapping.services.report_keys import find_locked
from mapping.store import communities, reports
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.reports import StoredReport


async def change_status(
    database: Database, slug: str, report_id: UUID, action: str, *, actor: str, reason: str | None = None
) -> StoredReport:
    """Take one step with a published report, and show it where the report is shown, in one transaction.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    report_id : UUID
        The reporter's id.
    action : str
        plan, start, resolve, close or reopen.
    actor : str
        Who decides.
    reason : str, optional
        To close, a code of `CLOSING_REASONS`, which people will read in words; else words for the history.

    Returns
    -------
    StoredReport
        As it is now.

    Raises
    ------
    InvalidInput
        If a report would be closed without one of the reasons.
    NotFound
        If there is no such report.
    Conflict
        If it is not published, or its state does not allow the step.
    """
    if action == "close" and reason not in CLOSING_REASONS:
        allowed = "one of " + ", ".join(CLOSING_REASONS)
        raise InvalidInput("To close a report, say why.", [FieldError("reason", allowed)])
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        report = await find_locked(connection, community, report_id)
        if report.moderation != "published":
            raise Conflict("Only a published report is worked on; publish it first.")
        return await take_step(connection, community, report, action, actor=actor, reason=reason)


async def take_step(
    connection: AsyncConnection,
    community: Community,
    report: StoredReport,
    action: str,
    *,
    actor: str,
    reason: str | None,
) -> StoredReport:
    """`change_status` of a published report that the caller has locked."""
    report = replace(report, status=next_status(report.status, action))
    await reports.set_states(connection, report)
    await reports.add_revision(connection, report, actor=actor, action=action, reason=reason)
    await renew_release(connection, report)
    if report.is_released:
        await refresh_analysis(connection, community)
    return report
