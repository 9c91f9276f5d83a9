"""Steps of the work: allowed ones are shown and leave a revision, others change nothing."""

from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from mapping.errors import Conflict, InvalidInput, NotFound
from mapping.services.statuses import change_status
from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


async def _published(client: httpx.AsyncClient, town: str, database: Database, **changes: Any) -> UUID:
    report_id = new_id()
    sent = await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload(**changes))
    assert sent.status_code == 201
    await moderate_report(database, town, report_id, "publish", actor="test")
    return report_id


async def test_a_step_is_shown_and_kept(client: httpx.AsyncClient, town: str, database: Database) -> None:
    report_id = await _published(client, town, database)
    for action, status in (("plan", "planned"), ("start", "in_progress"), ("resolve", "resolved")):
        report = await change_status(database, town, report_id, action, actor="council")
        assert report.status == status
        released = (await client.get(f"/api/communities/{town}/reports")).json()["features"]
        assert [feature["properties"]["status"] for feature in released] == [status]
    async with database.app.connect() as connection:
        history = sa.text("SELECT action, status FROM mapping.report_revisions WHERE report_id = :r ORDER BY revision")
        rows = [tuple(row) for row in await connection.execute(history, {"r": report_id})]
    assert rows[2:] == [("plan", "planned"), ("start", "in_progress"), ("resolve", "resolved")]


async def test_closing_needs_a_reason_that_people_can_read(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id = await _published(client, town, database)
    for reason in (None, "the neighbour Ivan objects"):
        with pytest.raises(InvalidInput):
            await change_status(database, town, report_id, "close", actor="council", reason=reason)
    closed = await change_status(database, town, report_id, "close", actor="council", reason="no_money")
    assert closed.status == "closed_without_action"


async def test_what_is_not_published_or_not_there_takes_no_step(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id = new_id()
    await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload())
    with pytest.raises(Conflict):
        await change_status(database, town, report_id, "plan", actor="council")
    with pytest.raises(NotFound):
        await change_status(database, town, new_id(), "plan", actor="council")


async def test_a_confidential_report_is_worked_on_and_not_shown(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id = await _published(client, town, database, category="gender_based_violence")
    assert (await change_status(database, town, report_id, "plan", actor="officer")).status == "planned"
    assert (await client.get(f"/api/communities/{town}/reports")).json()["features"] == []
