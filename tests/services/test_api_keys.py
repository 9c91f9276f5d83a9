"""Keys of programs: shown once, kept as hashes, open one community."""

import re
from uuid import uuid4

import pytest
import sqlalchemy as sa

from mapping.errors import Forbidden, InvalidInput, NotFound
from mapping.services.api_keys import add_key, check_key, list_keys, remove_key
from mapping.store.database import Database


async def test_a_key_opens_its_own_community_until_it_is_removed(
    database: Database, town: str, other_town: str
) -> None:
    key = await add_key(database, town, "city app")
    (kept,) = await list_keys(database, town)
    assert kept.name == "city app"
    assert await check_key(database, town, key) == kept.id
    for wrong in (None, "", key[:-1], key + "a", "\ud800", "\x00"):
        with pytest.raises(Forbidden):
            await check_key(database, town, wrong)
    with pytest.raises(Forbidden):
        await check_key(database, other_town, key)
    with pytest.raises(NotFound):
        await check_key(database, "nowhere", key)
    with pytest.raises(NotFound):
        await remove_key(database, other_town, kept.id)
    await remove_key(database, town, kept.id)
    with pytest.raises(Forbidden):
        await check_key(database, town, key)
    with pytest.raises(NotFound):
        await remove_key(database, town, uuid4())


async def test_a_key_is_random_and_nowhere_in_the_database(database: Database, town: str, community_id: int) -> None:
    keys = [await add_key(database, town, "same name") for _ in range(2)]
    assert keys[0] != keys[1]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", key) for key in keys)  # 256 bits
    async with database.app.connect() as connection:
        rows = await connection.execute(
            sa.text("SELECT api_keys::text AS row, key_hash FROM mapping.api_keys WHERE community_id = :id"),
            {"id": community_id},
        )
        kept = rows.all()
        assert len(kept) == 2
        for row in kept:
            assert len(bytes(row.key_hash)) == 32
            for key in keys:
                assert key not in row.row
                assert key.encode().hex() not in row.row


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "nul\x00", "\ud800"])
async def test_a_name_that_cannot_be_kept_is_refused(database: Database, town: str, name: str) -> None:
    with pytest.raises(InvalidInput):
        await add_key(database, town, name)
    assert await list_keys(database, town) == []
