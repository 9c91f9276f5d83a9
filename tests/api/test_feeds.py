"""The feed over HTTP: public days alone, stable names, gone with what is hidden."""

from typing import Any
from uuid import UUID, uuid4

import feedparser
import httpx
import sqlalchemy as sa

from mapping.store.database import Database
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report

HOTSPOT = """INSERT INTO public_release.hotspots (community_id, id, rank, properties, geometry)
    VALUES (:community_id, :id, 1, CAST(:properties AS jsonb),
        ST_Multi(ST_MakeEnvelope(24.944, 60.170, 24.946, 60.171, 4326)))"""
SUMMARY = """INSERT INTO public_release.hotspot_summaries (community_id, summary)
    VALUES (:community_id, CAST(:summary AS jsonb))"""


async def _publish(client: httpx.AsyncClient, town: str, database: Database, **changes: Any) -> UUID:
    report_id = new_id()
    payload = report_payload(observed_at="2026-11-03T22:15:00+02:00", **changes)
    assert (await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)).status_code == 201
    await moderate_report(database, town, report_id, "publish", actor="test")
    return report_id


async def test_a_feed_tells_days_and_months_and_no_finer_time(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    lamp = await _publish(client, town, database, place="by the <school>")
    await _publish(client, town, database, category="harassment", place="secret-place")
    await _publish(client, town, database, category="gender_based_violence")
    answer = await client.get(f"/en/c/{town}/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    read = feedparser.parse(answer.content)
    assert not read.bozo
    told = {entry.title: entry for entry in read.entries}
    assert set(told) == {"Lamps do not work, by the <school>", "People bother others"}
    assert told["Lamps do not work, by the <school>"].updated == "2026-11-03T00:00:00Z"
    assert told["People bother others"].updated == "2026-11-01T00:00:00Z"
    assert "secret" not in answer.text
    for entry in read.entries:
        assert entry.id.startswith(f"tag:testserver,2026:{town}/en/report/")
        assert str(lamp) not in entry.id
        assert (await client.get(entry.link)).status_code == 200


async def test_a_reader_that_has_it_gets_nothing_and_the_hidden_is_gone(
    client: httpx.AsyncClient, town: str, database: Database
) -> None:
    path, lamp = f"/uk/c/{town}/feed.atom", await _publish(client, town, database)
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    waiting = new_id()
    await client.put(f"/api/communities/{town}/reports/{waiting}", json=report_payload())
    assert (await client.get(path)).headers["etag"] == first.headers["etag"]
    await moderate_report(database, town, lamp, "hide", actor="test")
    gone = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert gone.status_code == 200
    assert feedparser.parse(gone.content).entries == []


async def test_changed_hotspots_are_told_by_the_day_of_the_count(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    spot_id = uuid4()
    texts = '{"name": "Main street", "words": ["Many people."], "badge_words": "sure"}'
    properties = f'{{"rank": 1, "change": "grown", "texts": {{"en": {texts}, "uk": {texts}}}}}'
    summary = '{"computed_at": "2026-11-20", "changes": {"gone": [{"en": "Old gate", "uk": "Стара брама"}]}}'
    async with database.app.begin() as connection:
        values = {"community_id": community_id, "id": spot_id, "properties": properties}
        await connection.execute(sa.text(HOTSPOT), values)
        await connection.execute(sa.text(SUMMARY), {"community_id": community_id, "summary": summary})
    read = feedparser.parse((await client.get(f"/uk/c/{town}/feed.atom")).content)
    assert not read.bozo
    assert [entry.title for entry in read.entries] == [
        "Людей більше, ніж було: Main street",
        "Більше не серед найболючіших місць",
    ]
    assert {entry.updated for entry in read.entries} == {"2026-11-20T00:00:00Z"}
    assert read.entries[0].id == f"tag:testserver,2026:{town}/uk/hotspot/{spot_id}/grown/2026-11-20"
    assert read.entries[1].summary == "Стара брама"


async def test_pages_lead_to_the_feed_and_to_the_other_language(client: httpx.AsyncClient, town: str) -> None:
    for page in ("", "/list", "/progress", "/hotspots", "/mark"):
        text = (await client.get(f"/en/c/{town}{page}")).text
        assert f'type="application/atom+xml" title="Town: new on the map" href="/en/c/{town}/feed.atom"' in text
        assert f'<link rel="alternate" hreflang="uk" href="/uk/c/{town}{page}">' in text
        assert f'<link rel="alternate" hreflang="en" href="/en/c/{town}{page}">' in text
    assert (await client.get("/en/c/nowhere/feed.atom")).status_code == 404
