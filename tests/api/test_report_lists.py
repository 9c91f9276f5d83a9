"""The list of released reports over HTTP: filters, pages, order, and what cannot be asked."""

import re
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from mapping.store.database import Database
from tests.released import release

LINK = re.compile(r'class="listed__name" href="/\w\w/c/[\w-]+/report/([0-9a-f-]{36})"')


async def _release_many(database: Database, community_id: int, rows: list[dict[str, object]]) -> list[UUID]:
    """Released reports in the given order, of which the last came last."""
    async with database.app.begin() as connection:
        ids = []
        for row in rows:
            changes = {name: value for name, value in row.items() if name != "observed_on"}
            ids.append(await release(connection, community_id, "POINT(24.94 60.17)", **changes))
            moved = sa.text("UPDATE public_release.reports SET observed_on = :day WHERE id = :id")
            await connection.execute(moved, {"day": row["observed_on"], "id": ids[-1]})
        return ids


async def test_pages_follow_each_other_and_leave_nothing_out(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    days = [f"2026-{month:02}-{day:02}" for month in (9, 11, 10) for day in range(1, 26)]
    ids = await _release_many(database, community_id, [{"observed_on": day} for day in days])
    address, seen = f"/en/c/{town}/list", []
    while address:
        page = await client.get(address)
        assert page.status_code == 200
        assert "75 marks" in page.text
        seen += LINK.findall(page.text)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    offered = re.findall(r'<option value="(\d{4}-\d{2})"', (await client.get(f"/en/c/{town}/list")).text)
    assert offered == ["2026-11", "2026-10", "2026-09"]
    month_of = {str(report_id): day[:7] for report_id, day in zip(ids, days, strict=True)}
    assert seen == sorted(month_of, key=lambda one: (-int(month_of[one].replace("-", "")), one))


async def test_the_order_within_a_month_tells_neither_day_nor_time(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    rows = [{"observed_on": f"2026-11-{day:02}", "id": UUID(int=day * 7919 % 31)} for day in range(1, 29)]
    await _release_many(database, community_id, rows)
    shown = LINK.findall((await client.get(f"/en/c/{town}/list")).text)
    assert shown == sorted(str(row["id"]) for row in rows)


async def test_each_filter_narrows_and_all_hold_together(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    lamp, old, danger, ramp = await _release_many(
        database,
        community_id,
        [
            {"observed_on": "2026-11-03"},
            {"observed_on": "2025-01-03", "status": "resolved"},
            {
                "observed_on": "2026-11",
                "category": "harassment",
                "layer": "dangerous_places",
                "tier": 1,
                "radius_m": 200,
            },
            {"observed_on": "2026-10-01", "category": "unusable_ramp", "layer": "accessibility_barriers"},
        ],
    )
    for query, expected in {
        "": {lamp, old, danger, ramp},
        "layer=unlit_streets": {lamp, old},
        "category=harassment": {danger},
        "when=night": {lamp, old, danger, ramp},
        "when=day": set(),
        "status=resolved": {old},
        "since=2026-11": {lamp, danger},
        "layer=unlit_streets&since=2026-01&status=open": {lamp},
        "layer=unlit_streets&category=harassment": set(),
        "layer=&category=&view=&after=": {lamp, old, danger, ramp},
    }.items():
        page = await client.get(f"/uk/c/{town}/list?{query}")
        assert page.status_code == 200, query
        assert {UUID(found) for found in LINK.findall(page.text)} == expected, query
        assert ("Жодна позначка не підходить" in page.text) == (not expected)
        table = await client.get(f"/uk/c/{town}/list?{query}&view=table")
        assert table.text.count("<tr>") == (len(expected) + 1 if expected else 0)


async def test_what_was_chosen_stays_in_the_form_and_in_the_other_language(
    client: httpx.AsyncClient, town: str
) -> None:
    page = (await client.get(f"/en/c/{town}/list?layer=unlit_streets&since=2024-02&lang=x")).text
    assert '<option value="unlit_streets" selected>' in page
    assert '<option value="2024-02" selected>February 2024</option>' in page
    assert f'hreflang="uk" href="/uk/c/{town}/list?layer=unlit_streets&amp;since=2024-02"' in page
    assert f'hreflang="en" href="/en/c/{town}/list?layer=unlit_streets&amp;since=2024-02"' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("layer=nowhere", "Layer: choose one from the list."),
        ("category=gender_based_violence", "What: choose one from the list."),
        ("when=%00", "When: choose one from the list."),
        ("status=hidden", "What became of it: choose one from the list."),
        ("since=2026-99", "Since: choose a month from the list."),
        ("since=%ED%A0%80", "Since: choose a month from the list."),
        ("view=map", "There are two ways to look: a list and a table."),
        ("after=" + "9" * 4000, "This page of the list is not there. Begin with the first one."),
        ("status=%3Cscript%3Ealert(1)%3C/script%3E", "What became of it: choose one from the list."),
    ],
)
async def test_a_bad_filter_is_named_in_words_and_never_our_fault(
    client: httpx.AsyncClient, town: str, query: str, words: str
) -> None:
    page = await client.get(
        f"/en/c/{town}/list?{query}&when=night" if "when" not in query else f"/en/c/{town}/list?{query}"
    )
    assert page.status_code == 422
    assert words in page.text
    assert 'href="/en/c/' + town + '/list"' in page.text
    assert "<script>alert" not in page.text
    assert LINK.findall(page.text) == []


async def test_a_town_without_marks_says_so_and_leads_on(client: httpx.AsyncClient, town: str) -> None:
    page = (await client.get(f"/en/c/{town}/list")).text
    assert "Nothing is marked here yet" in page
    assert f'href="/en/c/{town}/mark"' in page


async def test_another_town_sees_none_of_it(
    client: httpx.AsyncClient, town: str, other_town: str, database: Database, community_id: int
) -> None:
    await _release_many(database, community_id, [{"observed_on": "2026-11-03"}])
    assert LINK.findall((await client.get(f"/en/c/{other_town}/list")).text) == []
    assert len(LINK.findall((await client.get(f"/en/c/{town}/list")).text)) == 1
