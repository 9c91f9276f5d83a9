"""One's own report over HTTP: seen with its token, corrected with it, and never linked to what was released before."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from mapping.errors import Conflict
from mapping.services.statuses import change_status
from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import CONSENTS, new_id, report_payload
from tests.moderation import moderate_report


async def _sent(client: httpx.AsyncClient, town: str, **changes: Any) -> tuple[UUID, str, dict[str, str]]:
    """Id, address and token header of a report that was sent."""
    report_id = new_id()
    path = f"/api/communities/{town}/reports/{report_id}"
    token = (await client.put(path, json=report_payload(**changes))).json()["edit_token"]
    return report_id, path, {"Edit-Token": token}


async def _publish(database: Database, town: str, report_id: UUID) -> UUID:
    report = await moderate_report(database, town, report_id, "publish", actor="test", reason="checked")
    assert report.public_id is not None
    return report.public_id


async def _released(client: httpx.AsyncClient, town: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/api/communities/{town}/reports")).json()["features"]
    return found


async def _queued_runs(database: Database, community_id: int) -> int:
    query = "SELECT count(*) FROM mapping.analysis_runs WHERE community_id = :id AND state = 'queued'"
    async with database.app.connect() as opened:
        return int((await opened.execute(sa.text(query), {"id": community_id})).scalar_one())


async def test_ones_own_report_tells_what_became_of_it(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, path, mine = await _sent(client, town, description="the lamp at the corner")
    first = await client.get(f"{path}/own", headers=mine)
    assert first.headers["cache-control"] == "no-store"
    own = first.json()
    day = own["received_at"]
    assert len(day) == 10
    assert own["public_id"] is None
    assert own["history"] == [{"on": day, "moderation": "submitted", "status": "open", "reason": None}]
    public_id = await _publish(database, town, report_id)
    await change_status(database, town, report_id, "resolve", actor="a name", reason="lamp replaced")
    own = (await client.get(f"{path}/own", headers=mine)).json()
    assert own["public_id"] == str(public_id)
    assert own["description"] == own["public_preview"]["description"] == "the lamp at the corner"
    assert own["history"][1:] == [
        {"on": day, "moderation": "published", "status": "open", "reason": "checked"},
        {"on": day, "moderation": "published", "status": "resolved", "reason": "lamp replaced"},
    ]
    assert "a name" not in (await client.get(f"{path}/own", headers=mine)).text
    await moderate_report(database, town, report_id, "hide", actor="test")
    assert (await client.get(f"{path}/own", headers=mine)).json()["public_id"] is None


async def test_what_no_token_opens_answers_alike(client: httpx.AsyncClient, town: str, other_town: str) -> None:
    _, path, mine = await _sent(client, town)
    absent = f"/api/communities/{town}/reports/{new_id()}"
    elsewhere = path.replace(town, other_town)
    wrong = {"Edit-Token": "x" * 43}
    body = report_payload(severity=1)
    answers = [
        await client.get(f"{path}/own", headers=wrong),
        await client.get(f"{path}/own", headers={"Edit-Token": ""}),
        await client.get(f"{absent}/own", headers=mine),
        await client.get(f"{elsewhere}/own", headers=mine),
        await client.put(path, json=body, headers=wrong),
        await client.put(path, json={"broken": True}, headers=wrong),
        await client.put(absent, json=body, headers=mine),
    ]
    await client.delete(path, headers=mine)
    answers += [await client.get(f"{path}/own", headers=mine), await client.put(path, json=body, headers=mine)]
    for answer in answers:
        assert_problem(answer, 404)
        assert answer.content == answers[0].content
    assert_problem(await client.get(f"{path}/own"), 422, "edit-token")


async def test_a_correction_replaces_everything_and_is_idempotent(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, path, mine = await _sent(client, town, reporter_group="young people")
    point = {"type": "Point", "coordinates": [24.9412, 60.1702]}
    body = report_payload(
        category="high_kerb", geometry=point, place="by the bank", severity=1, when="day", affected=[]
    )
    corrected = await client.put(path, json=body, headers=mine)
    assert corrected.status_code == 200
    assert "edit_token" not in corrected.json()
    again = await client.put(path, json=body, headers=mine)
    without_token = await client.put(path, json=body)
    assert again.json() == without_token.json() == corrected.json()
    assert_problem(await client.put(path, json=report_payload(reporter_group="young people")), 409)
    own = (await client.get(f"{path}/own", headers=mine)).json()
    for name in ("category", "geometry", "place", "severity", "when", "affected"):
        assert own[name] == body[name]
    assert len(own["history"]) == 2
    query = """SELECT (SELECT string_agg(actor || ':' || action, ' ' ORDER BY revision) FROM mapping.report_revisions
        WHERE report_id = :id), (SELECT count(*) FROM mapping.reporter_groups WHERE report_id = :id)"""
    async with database.app.connect() as opened:
        assert (await opened.execute(sa.text(query), {"id": report_id})).one() == (
            "reporter:web:submit reporter:corrected",
            0,
        )


async def test_a_correction_keeps_every_rule(client: httpx.AsyncClient, town: str) -> None:
    _, path, mine = await _sent(client, town)
    assert_problem(await client.put(path, json=report_payload(severity=7), headers=mine), 422, "severity")
    household = report_payload(category="single_parent")
    assert_problem(await client.put(path, json=household, headers=mine), 422, "category")
    assert len((await client.get(f"{path}/own", headers=mine)).json()["history"]) == 1


@pytest.mark.parametrize("decision", ["publish", "hide", "reject"])
async def test_a_decided_report_waits_again_once_corrected(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int, decision: str
) -> None:
    report_id, path, mine = await _sent(client, town)
    await moderate_report(database, town, report_id, decision, actor="test")
    async with database.app.begin() as opened:
        owned = {"id": community_id}
        await opened.execute(sa.text("DELETE FROM mapping.analysis_runs WHERE community_id = :id"), owned)
    corrected = await client.put(path, json=report_payload(severity=1), headers=mine)
    assert corrected.json()["moderation"] == "submitted"
    assert await _released(client, town) == []
    assert await _queued_runs(database, community_id) == (decision == "publish")
    await _publish(database, town, report_id)
    assert [feature["properties"]["severity"] for feature in await _released(client, town)] == [1]


MOVED = {"type": "Point", "coordinates": [24.9421, 60.1722]}


@pytest.mark.parametrize(
    ("category", "changes", "is_kept"),
    [
        ("broken_lamps", {"severity": 1}, True),
        ("broken_lamps", {"description": "other words"}, True),
        ("broken_lamps", {"geometry": MOVED}, False),
        ("broken_lamps", {"place": "elsewhere"}, False),
        ("broken_lamps", {"category": "harassment"}, False),
        ("harassment", {"severity": 1}, True),
        ("harassment", {"geometry": MOVED}, False),
        ("harassment", {"category": "broken_lamps"}, False),
    ],
)
async def test_nothing_links_a_new_release_with_an_old_one_about_something_else(
    client: httpx.AsyncClient, town: str, database: Database, category: str, changes: dict[str, Any], is_kept: bool
) -> None:
    report_id, path, mine = await _sent(client, town, category=category)
    before = await _publish(database, town, report_id)
    for person in "abcdef":
        await client.post(
            f"/api/communities/{town}/reports/{before}/confirmations",
            json={"kind": "seen_too", "id": str(uuid4())},
            headers={"Reporter-Token": person * 32},
        )
    await client.put(path, json=report_payload(**{"category": category, **changes}), headers=mine)
    assert_problem(await client.get(f"/api/communities/{town}/reports/{before}"), 404)
    after = await _publish(database, town, report_id)
    assert (after == before) == is_kept
    (shown,) = await _released(client, town)
    assert (shown["properties"]["confirmations"] > 0) == is_kept


async def test_a_lamp_that_becomes_a_danger_leaves_no_exact_place(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, path, mine = await _sent(client, town, place="sentinel-place", description="sentinel-words")
    await _publish(database, town, report_id)
    body = report_payload(category="harassment", place="sentinel-place", description="sentinel-words")
    preview = (await client.put(path, json=body, headers=mine)).json()["public_preview"]
    assert (preview["geometry"], preview["radius_m"]) == (None, 200)
    await _publish(database, town, report_id)
    listing = (await client.get(f"/api/communities/{town}/reports")).text
    assert "sentinel" not in listing
    assert not ("24.9443," in listing and "60.1715]" in listing)  # to six digits a mask shares both with nobody
    twin_id, _, _ = await _sent(client, town, category="harassment")
    await _publish(database, town, twin_id)
    first, second = await _released(client, town)
    assert first["geometry"] == second["geometry"], "the mask is that of the cell, as if it had been sent so"


async def test_a_report_that_becomes_confidential_is_gone(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, path, mine = await _sent(client, town)
    await _publish(database, town, report_id)
    await client.put(path, json=report_payload(category="gender_based_violence"), headers=mine)
    await moderate_report(database, town, report_id, "publish", actor="test")
    own = (await client.get(f"{path}/own", headers=mine)).json()
    assert (own["moderation"], own["public_id"]) == ("published", None)
    assert await _released(client, town) == []


async def test_consent_that_is_taken_back_ends_the_release(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, path, mine = await _sent(client, town)
    await _publish(database, town, report_id)
    assert len(await _released(client, town)) == 1
    kept_back = report_payload(consents={**CONSENTS, "publish": False})
    assert (await client.put(path, json=kept_back, headers=mine)).status_code == 200
    assert await _released(client, town) == []
    with pytest.raises(Conflict, match="did not agree"):
        await _publish(database, town, report_id)
    assert await _released(client, town) == []


async def test_corrections_at_once_make_one_revision_each_and_one_state(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    report_id, path, mine = await _sent(client, town)
    await _publish(database, town, report_id)
    bodies = [report_payload(severity=severity) for severity in (1, 2, 4, 1, 2, 4)]
    answers = await asyncio.gather(*(client.put(path, json=body, headers=mine) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert await _released(client, town) == []
    own = (await client.get(f"{path}/own", headers=mine)).json()
    assert own["moderation"] == "submitted"
    assert 2 + 3 <= len(own["history"]) <= 2 + 6
