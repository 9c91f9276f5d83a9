"""What people say of released reports: once each, told so that nobody learns who spoke, and what it sets going."""

import asyncio
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from mapping.services.moderation import reports_in_doubt
from mapping.services.statuses import change_status
from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


async def _published(client: httpx.AsyncClient, town: str, database: Database, category: str) -> tuple[UUID, str]:
    """The reporter's id of a published report, and the address of its confirmations."""
    report_id = new_id()
    path = f"/api/communities/{town}/reports"
    await client.put(f"{path}/{report_id}", json=report_payload(category=category))
    report = await moderate_report(database, town, report_id, "publish", actor="test")
    return report_id, f"{path}/{report.public_id}/confirmations"


async def _say(client: httpx.AsyncClient, address: str, kind: str, person: str) -> httpx.Response:
    said = {"kind": kind, "id": str(new_id())}
    return await client.post(address, json=said, headers={"Reporter-Token": person * 32})


async def _released(client: httpx.AsyncClient, address: str) -> dict[str, object]:
    found: dict[str, object] = (await client.get(address.removesuffix("/confirmations"))).json()["properties"]
    return found


async def _revisions(database: Database, report_id: UUID) -> list[tuple[str, str, str]]:
    query = "SELECT actor, action, status FROM mapping.report_revisions WHERE report_id = :id ORDER BY revision"
    async with database.app.connect() as opened:
        return [tuple(row) for row in await opened.execute(sa.text(query), {"id": report_id})]


async def test_confirmations_count_people_once(client: httpx.AsyncClient, town: str, database: Database) -> None:
    report_id = new_id()
    await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload())
    await moderate_report(database, town, report_id, "publish", actor="test")
    listing = f"/api/communities/{town}/reports"
    public_id = (await client.get(listing)).json()["features"][0]["id"]
    for token, expected in (("a" * 32, 1), ("a" * 32, 1), ("b" * 32, 2)):
        answer = await client.post(
            f"{listing}/{public_id}/confirmations",
            json={"kind": "seen_too", "id": str(new_id())},
            headers={"Reporter-Token": token},
        )
        assert answer.json() == {"seen_too": expected, "fixed": 0, "not_fixed": 0}
    confirm, mine = f"{listing}/{public_id}/confirmations", {"Reporter-Token": "c" * 32}
    assert_problem(await client.post(confirm, json={"kind": "seen_too"}, headers=mine), 422, "id")
    liked = {"kind": "like", "id": str(new_id())}
    assert_problem(await client.post(confirm, json=liked, headers=mine), 422, "kind")
    once = {"kind": "seen_too", "id": str(new_id())}
    assert_problem(await client.post(confirm, json=once), 422, "reporter-token")
    for _ in range(2):
        assert (await client.post(confirm, json=once, headers=mine)).json()["seen_too"] == 3
    assert (await client.get(listing)).json()["features"][0]["properties"]["confirmations"] == 3


async def test_three_who_say_fixed_put_it_before_the_group(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, address = await _published(client, town, database, "broken_lamps")
    for person in "aab":
        await _say(client, address, "fixed", person)
    assert await reports_in_doubt(database, town) == []
    last = await _say(client, address, "fixed", "c")
    assert last.json() == {"seen_too": 0, "fixed": 3, "not_fixed": 0}
    ((report, said),) = await reports_in_doubt(database, town)
    assert (report.id, report.status, said.fixed) == (report_id, "open", 3)
    assert (await _released(client, address))["said_fixed"] == 3
    assert (await _say(client, address, "not_fixed", "c")).json() == {"seen_too": 0, "fixed": 2, "not_fixed": 1}
    assert await reports_in_doubt(database, town) == []


@pytest.mark.parametrize("ending", ["resolve", "close"])
async def test_one_who_says_not_fixed_opens_it_again_once(
    client: httpx.AsyncClient, town: str, database: Database, ending: str
) -> None:
    report_id, address = await _published(client, town, database, "broken_lamps")
    await change_status(database, town, report_id, ending, actor="test", reason="no_money")
    before = await _released(client, address)
    assert before["status"] in ("resolved", "closed_without_action")
    answers = await asyncio.gather(*(_say(client, address, "not_fixed", person) for person in "abcdefgh"))
    assert {answer.status_code for answer in answers} == {200}
    shown = await _released(client, address)
    assert (shown["status"], shown["said_not_fixed"]) == ("reopened", 8)
    revisions = await _revisions(database, report_id)
    assert [line for line in revisions if line[0] == "resident"] == [("resident", "reopen", "reopened")]
    assert [report.id for report, _ in await reports_in_doubt(database, town)] == [report_id]
    await change_status(database, town, report_id, "resolve", actor="test")
    await _say(client, address, "not_fixed", "a")
    assert (await _released(client, address))["status"] == "resolved", "the same person opens it once"
    await _say(client, address, "not_fixed", "z")
    assert (await _released(client, address))["status"] == "reopened"


async def test_of_dangers_counts_are_told_in_fives(client: httpx.AsyncClient, town: str, database: Database) -> None:
    _, address = await _published(client, town, database, "harassment")
    for number, person in enumerate("abcdef", start=1):
        for kind in ("seen_too", "fixed"):
            answer = await _say(client, address, kind, person)
            told = number - number % 5
            assert answer.json()[kind] == told
            shown = await _released(client, address)
            assert shown["confirmations" if kind == "seen_too" else "said_fixed"] == told


async def test_a_step_that_the_status_does_not_allow_changes_nothing(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, address = await _published(client, town, database, "broken_lamps")
    for step in ("plan", "start", "resolve", "reopen", "plan"):
        await change_status(database, town, report_id, step, actor="test", reason=None)
    assert (await _released(client, address))["status"] == "planned"
    steps = [(action, status) for _, action, status in await _revisions(database, report_id)][2:]
    assert steps == [
        ("plan", "planned"),
        ("start", "in_progress"),
        ("resolve", "resolved"),
        ("reopen", "reopened"),
        ("plan", "planned"),
    ]
