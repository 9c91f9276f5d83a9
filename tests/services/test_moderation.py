"""Who publishes names what they have read: what was corrected meanwhile is never published unseen."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from mapping.errors import Changed, Conflict, InvalidInput, NotFound
from mapping.services.moderation import moderate_report, report_as_read, reports_to_review
from mapping.services.own_reports import correct_report, withdraw_report
from mapping.services.reports import submit_report
from mapping.store import frames, reports
from mapping.store.database import Database
from tests.factories import new_id, report_payload

CORRECTED = report_payload(description="names a neighbour")


async def sent(database: Database, town: str) -> tuple[UUID, str]:
    report_id = new_id()
    token = (await submit_report(database, town, report_id, report_payload())).edit_token
    assert token is not None
    return report_id, token


async def released(database: Database, community_id: int) -> list[str | None]:
    """What the public reads of a community's reports."""
    async with database.public.connect() as connection:
        rows = await connection.execute(
            sa.text("SELECT description FROM public_release.reports WHERE community_id = :id"), {"id": community_id}
        )
        return list(rows.scalars())


async def publish(database: Database, town: str, report_id: UUID, revision: int | None) -> None:
    await moderate_report(database, town, report_id, "publish", actor="test", revision=revision)


async def test_what_was_corrected_since_is_read_again(database: Database, town: str, community_id: int) -> None:
    report_id, token = await sent(database, town)
    (waiting,) = await reports_to_review(database, town)
    assert (waiting.report.id, waiting.revision) == (report_id, 1)
    await correct_report(database, town, report_id, CORRECTED, edit_token=token)
    with pytest.raises(Changed, match="Read it again"):
        await publish(database, town, report_id, waiting.revision)
    assert await released(database, community_id) == []
    again = await report_as_read(database, town, report_id)
    assert (again.report.description, again.revision) == ("names a neighbour", 2)
    assert (await reports_to_review(database, town))[0] == again
    await publish(database, town, report_id, again.revision)
    assert await released(database, community_id) == ["names a neighbour"]


async def test_the_revision_is_named(database: Database, town: str, other_town: str) -> None:
    report_id, _ = await sent(database, town)
    with pytest.raises(InvalidInput) as refusal:
        await publish(database, town, report_id, None)
    assert [error.field for error in refusal.value.errors] == ["revision"]
    for wrong in (0, 2, 10**9):
        with pytest.raises(Changed):
            await publish(database, town, report_id, wrong)
    with pytest.raises(NotFound):
        await publish(database, other_town, report_id, 1)
    with pytest.raises(NotFound):
        await report_as_read(database, other_town, report_id)
    await publish(database, town, report_id, 1)
    with pytest.raises(Changed):
        await publish(database, town, report_id, 1)
    with pytest.raises(Conflict):
        await publish(database, town, report_id, 2)


async def test_an_analysis_knows_when_it_was_published_last(database: Database, town: str, community_id: int) -> None:
    report_id, _ = await sent(database, town)
    await publish(database, town, report_id, 1)
    await moderate_report(database, town, report_id, "hide", actor="test")
    await publish(database, town, report_id, 3)
    async with database.app.connect() as connection:
        (row,) = (await frames.reports_gdf(connection, community_id, datetime.now(UTC))).itertuples()
        at = sa.text("SELECT at FROM mapping.report_revisions WHERE report_id = :id AND revision = 4")
        assert row.may_repeat
        assert row.published_at == await connection.scalar(at, {"id": report_id})
        assert row.published_at > row.sent_at


async def test_hiding_waits_for_nobody_to_read(database: Database, town: str, community_id: int) -> None:
    report_id, _ = await sent(database, town)
    await publish(database, town, report_id, 1)
    with pytest.raises(Changed):
        await moderate_report(database, town, report_id, "hide", actor="test", revision=1)
    await moderate_report(database, town, report_id, "hide", actor="test")
    assert await released(database, community_id) == []


async def test_a_correction_that_is_being_written_wins(database: Database, town: str, community_id: int) -> None:
    """The one who publishes waits at the lock, and is told once the correction is there."""
    report_id, token = await sent(database, town)
    async with database.app.begin() as holding:
        await reports.find(holding, community_id, report_id, lock=True)
        correcting = asyncio.create_task(correct_report(database, town, report_id, CORRECTED, edit_token=token))
        await _waits(database, 1)
        publishing = asyncio.create_task(publish(database, town, report_id, 1))
        await _waits(database, 2)
    await correcting
    with pytest.raises(Changed):
        await publishing
    assert await released(database, community_id) == []


async def test_at_the_same_moment_nothing_unread_is_published(database: Database, town: str, community_id: int) -> None:
    """Twenty times both at once, from connections of their own: whoever is first, the correction is not public."""
    told: list[object] = []
    for _ in range(20):
        report_id, token = await sent(database, town)
        told += await asyncio.gather(
            publish(database, town, report_id, 1),
            correct_report(database, town, report_id, CORRECTED, edit_token=token),
            return_exceptions=True,
        )
        assert (await report_as_read(database, town, report_id)).report.moderation == "submitted"
    assert all(isinstance(answer, Changed) for answer in told if isinstance(answer, BaseException))
    assert await released(database, community_id) == []


async def _waits(database: Database, number: int) -> None:
    """Until so many connections wait for a lock."""
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(200):
        async with database.app.connect() as connection:
            if await connection.scalar(waiting) >= number:
                return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{number} connections did not come to wait for a lock")


async def runs(database: Database, community_id: int) -> int:
    async with database.app.connect() as connection:
        found = sa.text("SELECT count(*) FROM mapping.analysis_runs WHERE community_id = :id")
        return int((await connection.execute(found, {"id": community_id})).scalar_one())


@pytest.mark.parametrize("category", ["gender_based_violence", "broken_lamps"])
async def test_what_was_never_public_moves_no_analysis(
    database: Database, town: str, community_id: int, category: str
) -> None:
    """A run is seen in the hotspots: it would tell that a confidential report was decided on or withdrawn."""
    is_confidential = category == "gender_based_violence"
    for steps in (["publish", "hide", "reject"] if is_confidential else ["reject"], []):
        report_id = new_id()
        sent = await submit_report(database, town, report_id, report_payload(category=category))
        for step in steps:
            await moderate_report(
                database, town, report_id, step, actor="test", revision=None if step != "publish" else 1
            )
        assert sent.edit_token is not None
        await withdraw_report(database, town, report_id, sent.edit_token)
    assert await runs(database, community_id) == 0


async def test_what_becomes_public_or_leaves_it_is_analysed(database: Database, town: str, community_id: int) -> None:
    report_id = new_id()
    await submit_report(database, town, report_id, report_payload())
    await moderate_report(database, town, report_id, "publish", actor="test", revision=1)
    assert await runs(database, community_id) == 1
