"""What two people do at once never leaves a report in public that one of them took back; bursts make one run."""

import asyncio
from uuid import UUID

import pytest
import sqlalchemy as sa

from mapping.errors import Conflict, NotFound
from mapping.services.confirmations import confirm_report
from mapping.services.moderation import decide
from mapping.services.own_reports import withdraw_report
from mapping.services.reports import SubmittedReport, submit_report
from mapping.store import communities, reports
from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


async def _released(database: Database, community_id: int) -> list[UUID]:
    async with database.public.connect() as connection:
        rows = await connection.execute(
            sa.text("SELECT id FROM public_release.reports WHERE community_id = :id"), {"id": community_id}
        )
        return list(rows.scalars())


async def _published(database: Database, town: str) -> tuple[UUID, UUID, str]:
    report_id = new_id()
    submitted = await submit_report(database, town, report_id, report_payload())
    report = await moderate_report(database, town, report_id, "publish", actor="test")
    assert report.public_id is not None
    assert submitted.edit_token is not None
    return report_id, report.public_id, submitted.edit_token


async def test_a_confirmation_during_hiding_does_not_show_the_report_again(
    database: Database, town: str, community_id: int
) -> None:
    report_id, public_id, _ = await _published(database, town)
    async with database.app.begin() as connection:
        community = await communities.find(connection, town)
        await decide(connection, community, report_id, "hide", actor="test", reason=None, revision=None)
        confirmation = confirm_report(database, town, public_id, new_id(), "seen_too", reporter_token="a" * 32)
        confirming = asyncio.create_task(confirmation)
        await asyncio.sleep(0.3)
        assert not confirming.done()
    with pytest.raises(NotFound):
        await confirming
    assert await _released(database, community_id) == []


async def test_a_report_sent_again_during_its_erasure_stays_erased(
    database: Database, town: str, community_id: int
) -> None:
    report_id, _, token = await _published(database, town)
    async with database.app.begin() as connection:
        await reports.find(connection, community_id, report_id, lock=True)
        erasing = asyncio.create_task(withdraw_report(database, town, report_id, token))
        await asyncio.sleep(0.2)
        sending = [asyncio.create_task(submit_report(database, town, report_id, report_payload())) for _ in range(3)]
        await asyncio.sleep(0.2)
    await erasing
    for sent in await asyncio.gather(*sending, return_exceptions=True):
        assert isinstance(sent, Conflict) or (isinstance(sent, SubmittedReport) and not sent.is_new)
    with pytest.raises(Conflict):
        await submit_report(database, town, report_id, report_payload())
    assert await _released(database, community_id) == []
    async with database.app.connect() as connection:
        assert await reports.find(connection, community_id, report_id) is None


async def test_a_burst_of_decisions_asks_for_one_run_soon(database: Database, town: str, community_id: int) -> None:
    for _ in range(3):
        report_id, _, token = await _published(database, town)
    await moderate_report(database, town, report_id, "hide", actor="test")
    await withdraw_report(database, town, report_id, token)
    async with database.app.connect() as connection:
        runs = await connection.execute(
            sa.text("SELECT count(*) FROM mapping.analysis_runs WHERE community_id = :id"), {"id": community_id}
        )
        jobs = await connection.execute(
            sa.text(
                """SELECT extract(epoch FROM scheduled_at - now()) FROM mapping.procrastinate_jobs
                WHERE args ->> 'slug' = :slug"""
            ),
            {"slug": town},
        )
        assert runs.scalar_one() == 1
        (seconds,) = jobs.scalars()
        assert 5 < seconds <= 30
