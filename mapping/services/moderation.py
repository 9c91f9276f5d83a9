"""The group's decisions on a report: who may see it, and what is done about it; each leaves a revision."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import Changed, Conflict, FieldError, InvalidInput
from mapping.layers.states import next_moderation
from mapping.services.analyses import refresh_analysis
from mapping.services.photos import hold_photos_of
from mapping.services.releases import release_report, released_values, withdraw_release
from mapping.services.report_keys import find_locked
from mapping.store import communities, confirmations, reports
from mapping.store.communities import Community
from mapping.store.confirmations import Said
from mapping.store.database import Database
from mapping.store.reports import StoredReport

FIXED_PEOPLE = 3  # so many who say that it is fixed put an open report before the working group


@dataclass(frozen=True)
class ReportAsRead:
    """A report as somebody reads it who will decide; `revision` is what the decision names."""

    report: StoredReport
    revision: int


async def moderate_report(
    database: Database,
    slug: str,
    report_id: UUID,
    action: str,
    *,
    actor: str,
    reason: str | None = None,
    revision: int | None = None,
) -> StoredReport:
    """Publish, hide or reject one report, and its release with it, in one transaction.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    report_id : UUID
        The reporter's id.
    action : str
        publish, hide or reject.
    actor : str
        Who decides.
    reason : str, optional
        Why, in words.
    revision : int, optional
        The one that was read; to publish it is needed: nobody publishes what they have not seen.

    Returns
    -------
    StoredReport
        As it is now.

    Raises
    ------
    InvalidInput
        If it would be published without saying which revision was read.
    Changed
        If it was changed since that revision.
    NotFound
        If there is no such report.
    Conflict
        If its state does not allow the step, or its maker did not agree to publication.
    """
    if action == "publish" and revision is None:
        raise InvalidInput("To publish a report, say which revision you have read.", [FieldError("revision", "needed")])
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        if action != "publish":
            await hold_photos_of(connection, database, community, report_id)
        before = await find_locked(connection, community, report_id)
        report = await decide(connection, community, report_id, action, actor=actor, reason=reason, revision=revision)
        if before.is_released or report.is_released:  # a run for anything else would tell that it was decided on
            await refresh_analysis(connection, community)
        return report


async def report_as_read(database: Database, slug: str, report_id: UUID) -> ReportAsRead:
    """One report as it is now, for who will decide on it.

    Raises
    ------
    NotFound
        If there is no such community or report.
    """
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        report = await find_locked(connection, community, report_id)  # so that report and revision belong together
        return ReportAsRead(report, await reports.latest_revision(connection, community.id, report_id))


async def reports_to_review(database: Database, slug: str) -> list[ReportAsRead]:
    """Reports nobody has decided on yet, oldest first.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
        return [ReportAsRead(*row) for row in await reports.awaiting_review(connection, community.id)]


async def reports_in_doubt(database: Database, slug: str) -> list[tuple[StoredReport, Said]]:
    """Published reports whose status residents question: reopened, or open and said to be fixed; oldest first.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
        return await confirmations.in_doubt(connection, community.id, fixed_people=FIXED_PEOPLE)


async def decide(
    connection: AsyncConnection,
    community: Community,
    report_id: UUID,
    action: str,
    *,
    actor: str,
    reason: str | None,
    revision: int | None,
) -> StoredReport:
    """`moderate_report` within a transaction of the caller's."""
    report = await find_locked(connection, community, report_id)
    if revision not in (None, await reports.latest_revision(connection, community.id, report_id)):
        raise Changed("This report was changed since you read it. Read it again, then decide.")
    report = replace(report, moderation=next_moderation(report.moderation, action))
    if report.moderation == "published":
        if not report.consents["publish"]:
            raise Conflict("The person who made this report did not agree to its publication.")
        if released_values(report, community) is not None:
            report = await release_report(connection, report, community)
    else:
        await withdraw_release(connection, report)
    await reports.set_states(connection, report)
    await reports.add_revision(connection, report, actor=actor, action=action, reason=reason)
    return report
