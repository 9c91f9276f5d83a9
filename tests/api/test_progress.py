"""What happened to what people said: numbers in fives where they must be, days only where five took a step."""

from datetime import date

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from mapping.services.progress import community_progress
from mapping.services.statuses import change_status
from mapping.store.database import Database
from mapping.store.progress import progress_counts, progress_received, refresh_progress
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

SECRET = "told to the group alone"


async def _send(
    client: httpx.AsyncClient, town: str, database: Database, category: str, *steps: str, reason: str | None = None
) -> None:
    report_id = new_id()
    payload = report_payload(category=category)
    assert (await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)).status_code == 201
    for step in steps:
        if step in ("publish", "hide", "reject"):
            await moderate_report(database, town, report_id, step, actor="test", reason=SECRET)
        else:
            await change_status(database, town, report_id, step, actor="test", reason=reason)


async def _refresh(database: Database, community_id: int, month: int = 1) -> None:
    async with database.app.begin() as connection:
        await refresh_progress(connection, community_id, date(2026, month, 17))


async def _move(database: Database, community_id: int, days: dict[str, list[int]]) -> None:
    """Have steps of the lamps be taken so many days later; histories are append-only, so the owner does it."""
    moved = sa.text(
        """UPDATE mapping.report_revisions AS revision SET at = at + make_interval(days => (:days)[lamp.place])
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM mapping.reports
            WHERE community_id = :community_id AND tier = 0) AS lamp
        WHERE revision.community_id = :community_id AND revision.report_id = lamp.id AND revision.action = :action"""
    ).bindparams(sa.bindparam("days", type_=sa.ARRAY(sa.Integer)))
    engine = create_async_engine(database.owner_url, poolclass=sa.pool.NullPool)
    async with engine.begin() as connection:
        for action, later in days.items():
            await connection.execute(moved, {"days": later, "community_id": community_id, "action": action})
    await engine.dispose()


async def test_numbers_of_lamps_are_exact_and_what_is_not_shown_is_in_fives(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    steps: tuple[str, ...]
    for steps in (("publish",), ("publish", "plan"), ("publish", "start", "resolve"), ("publish", "plan", "resolve")):
        await _send(client, town, database, "broken_lamps", *steps)
    await _send(client, town, database, "no_lamps", "publish", "close", reason="no_money")
    await _send(client, town, database, "no_lamps", "publish", "resolve", "reopen", reason=SECRET)
    for steps in (("publish", "hide"), ("reject",), (), ()):
        await _send(client, town, database, "no_lamps", *steps)
    await _refresh(database, community_id)
    exact = (await community_progress(database.public, town, "en")).exact
    assert (exact.received, exact.shown, exact.planned, exact.resolved, exact.closed) == (6, 6, 3, 2, 1)
    assert exact.reasons == [("There is no money for it now", 1)]
    await _send(client, town, database, "no_lamps")
    await _refresh(database, community_id, month=2)
    assert (await community_progress(database.public, town, "en")).exact.received == 11
    page = await client.get(f"/en/c/{town}/progress")
    assert page.status_code == 200
    assert "There is no money for it now" in page.text
    assert "At least 11 marks came in." in page.text
    assert SECRET not in page.text
    assert "Зараз на це немає грошей" in (await client.get(f"/uk/c/{town}/progress")).text


async def test_four_dangers_tell_as_much_as_none(
    client: httpx.AsyncClient, town: str, other_town: str, database: Database, community_id: int
) -> None:
    pages = []
    for count in range(5):
        await _refresh(database, community_id, month=1 + count)
        pages.append((await client.get(f"/en/c/{town}/progress")).text)
        for category in ("harassment", "gender_based_violence"):
            await _send(client, town, database, category, "publish", "plan")
        assert len(set(pages)) == 1, count
    await _refresh(database, community_id, month=6)
    told = (await community_progress(database.public, town, "en")).in_fives
    assert (told.received, told.shown, told.planned) == (10, 5, 5)
    async with database.public.connect() as connection:
        counts = {(count.tier, count.stage): count.reports for count in await progress_counts(connection, community_id)}
        received = await progress_received(connection, community_id)
    assert counts == {(1, "planned"): 5}
    assert received == {0: 0, 1: 5, 2: 5}


async def test_what_comes_in_within_a_month_is_told_in_the_next(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    """Who sends and withdraws confidential reports does not see the edge of a five move, nor so the next by anybody."""
    await _send(client, town, database, "broken_lamps", "publish")
    await _refresh(database, community_id)
    for _ in range(7):
        await _send(client, town, database, "gender_based_violence", "publish")
        await _send(client, town, database, "no_lamps")
        await _refresh(database, community_id)
        told = await community_progress(database.public, town, "en")
        assert (told.exact.received, told.in_fives.received) == (1, 0)
    await _send(client, town, database, "broken_lamps", "publish")
    await _refresh(database, community_id)
    assert (await community_progress(database.public, town, "en")).exact.received == 2, "what is shown is told"
    for _ in range(9):
        await _send(client, town, database, "gender_based_violence")
        await _send(client, town, database, "harassment", "reject")
    await _refresh(database, community_id, month=2)
    told = await community_progress(database.public, town, "en")
    assert (told.exact.received, told.exact.shown) == (7, 2)
    assert told.in_fives.received == 5, "what nobody has accepted counts nowhere"
    await _refresh(database, community_id, month=1)
    assert (await community_progress(database.public, town, "en")).exact.received == 7, "a late run changes nothing"


async def test_days_are_the_median_and_only_where_five_took_the_step(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    for number in range(5):
        steps = ("publish", "plan", "resolve") if number else ("publish", "plan")
        await _send(client, town, database, "broken_lamps", *steps)
    for _ in range(6):
        await _send(client, town, database, "harassment", "publish", "plan", "resolve")
    await _move(database, community_id, {"publish": [1, 2, 3, 40, 50], "plan": [11, 12, 15, 50, 61]})
    await _refresh(database, community_id)
    progress = await community_progress(database.public, town, "en")
    assert progress.median_days == {"publish": 3, "plan": 10}
    page = (await client.get(f"/en/c/{town}/progress")).text
    assert "Half of them were shown within 3 days." in page
    assert "within 10 days after they were shown" in page
    assert "at least five such marks are needed" in page
    assert "за 10 днів, відколи їх показали" in (await client.get(f"/uk/c/{town}/progress")).text
