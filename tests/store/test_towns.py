"""Communities that are known for a few seconds, over a real database."""

import asyncio

import pytest
import sqlalchemy as sa

from mapping.store import towns
from mapping.store.database import Database
from mapping.store.towns import Towns

RENAME = sa.text("UPDATE public_release.communities SET time_zone = :zone WHERE slug = :slug")


async def _rename(database: Database, slug: str, zone: str) -> None:
    async with database.app.begin() as connection:
        await connection.execute(RENAME, {"zone": zone, "slug": slug})


async def _zone(known: Towns, slug: str) -> str:
    found = await known.find(slug)
    assert found is not None
    return found[0].time_zone


async def test_a_change_is_seen_once_what_is_known_is_too_old(
    database: Database, town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(towns, "KEPT_S", 0.3)
    known = Towns(database.writer)
    before = await _zone(known, town)
    await _rename(database, town, "Europe/London")
    assert await _zone(known, town) == before
    await asyncio.sleep(0.35)
    assert await _zone(known, town) == "Europe/London"


async def test_what_is_not_there_is_looked_for_each_time(database: Database, town: str) -> None:
    known = Towns(database.writer)
    assert [await known.find("nowhere"), await known.find("No Slug")] == [None, None]
    assert not known._kept
    assert await known.find(town) is not None


async def test_only_so_many_are_known(
    database: Database, town: str, other_town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(towns, "MOST_KEPT", 1)
    known = Towns(database.writer)
    for slug in (town, other_town):
        await known.find(slug)
    assert list(known._kept) == [other_town]
