"""Communities that are known for a few seconds, over a real database."""

import pytest
import sqlalchemy as sa

from mapping.errors import NotFound
from mapping.store import known_communities
from mapping.store.communities import add
from mapping.store.database import Database
from mapping.store.known_communities import KnownCommunities
from tests.conftest import BOUNDARY

MOVE = sa.text("UPDATE public_release.communities SET time_zone = :zone WHERE slug = :slug")


async def _move(database: Database, slug: str, zone: str) -> None:
    async with database.app.begin() as connection:
        await connection.execute(MOVE, {"zone": zone, "slug": slug})


async def _zone(known: KnownCommunities, slug: str) -> str:
    return (await known.find_with_secret(slug))[0].time_zone


async def test_a_change_is_seen_once_what_is_known_is_too_old(
    database: Database, town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownCommunities(database.writer)
    before = await _zone(known, town)
    await _move(database, town, "Europe/London")
    assert await _zone(known, town) == before
    monkeypatch.setattr(known_communities, "KEPT_S", 0.0)
    late = KnownCommunities(database.writer)
    assert await _zone(late, town) == "Europe/London"
    await _move(database, town, "Europe/Paris")
    assert await _zone(late, town) == "Europe/Paris"


async def test_what_is_not_there_is_looked_for_each_time(database: Database) -> None:
    known = KnownCommunities(database.writer)
    for slug in ("not-yet", "No Slug", "nul\x00"):
        with pytest.raises(NotFound):
            await known.find_with_secret(slug)
    async with database.app.begin() as connection:
        await add(
            connection,
            slug="not-yet",
            name={"en": "Not yet"},
            boundary=BOUNDARY,
            time_zone="Europe/Kyiv",
            languages=("en",),
            is_simulated=True,
        )
    assert (await known.find_with_secret("not-yet"))[0].slug == "not-yet"


async def test_only_so_many_are_known(
    database: Database, town: str, other_town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_communities, "MOST_KEPT", 1)
    known = KnownCommunities(database.writer)
    before = await _zone(known, town)
    await known.find_with_secret(other_town)
    await _move(database, town, "Europe/London")
    assert await _zone(known, town) == "Europe/London" != before, "the one that was asked for first is forgotten"
