"""What is asked for together is done together, and is the same as done one by one: tiles."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from mapping.errors import Unavailable
from mapping.store.bare import Rows
from mapping.store.batches import Batches
from mapping.store.database import Database
from mapping.store.networks import replace_network
from mapping.store.tile_sets import BASEMAP, MOST_AT_ONCE, REPORTS, STREETS, TileSet, make_tiles, most_at_once
from mapping.store.tiles import Tile, TileKey
from tests.towns import key_at, small_town

AROUND = [(across, down) for across in (-1, 0, 1) for down in (-1, 0, 1)]


class Watched:
    """The reader itself, with what it is asked; refuses to make more tiles at a time than it may."""

    def __init__(self, rows: Rows, most: int = MOST_AT_ONCE) -> None:
        self.rows, self.most = rows, most
        self.made: list[int] = []

    async def first_row(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any] | None:
        self.made.append(len(values["z"]))
        if len(values["z"]) > self.most:
            raise Unavailable("Too slow together.")
        return await self.rows.first_row(statement, values)


@pytest.fixture
async def keys(database: Database, community_id: int) -> list[TileKey]:
    async with database.app.begin() as connection:
        await replace_network(connection, community_id, small_town())
    middle = key_at(17)
    return [TileKey(17, middle.x + across, middle.y + down) for across, down in AROUND]


async def make(
    batches: Batches[TileKey, Tile], rows: Rows, tile_set: TileSet, community_id: int | None, key: TileKey
) -> Tile:
    work = partial(make_tiles, rows, tile_set, community_id)
    return await batches.ask((tile_set.name, community_id, key.z), key, work, most_at_once(tile_set, key))


async def ask(batches: Batches[TileKey, Tile], rows: Rows, community_id: int, keys: list[TileKey]) -> list[bytes]:
    found = await asyncio.gather(*(make(batches, rows, STREETS, community_id, key) for key in keys))
    return [tile.body for tile in found]


async def test_they_are_as_if_made_one_by_one(database: Database, community_id: int, keys: list[TileKey]) -> None:
    single = [(await make_tiles(database.reader, STREETS, community_id, [key]))[0].body for key in keys]
    assert len({*single}) > 2
    watched = Watched(database.reader)
    assert await ask(Batches(at_once=1), watched, community_id, keys) == single
    assert watched.made == [MOST_AT_ONCE, 1]
    watched = Watched(database.reader)
    assert await ask(Batches(at_once=9), watched, community_id, keys) == single


async def test_what_is_too_slow_together_is_made_alone_until_one_is_too_slow_by_itself(
    database: Database, community_id: int, keys: list[TileKey]
) -> None:
    watched = Watched(database.reader, most=1)
    bodies = await ask(Batches(at_once=1), watched, community_id, keys)
    assert len(bodies) == len(keys)
    assert watched.made == [MOST_AT_ONCE, *[1] * len(keys)]
    watched, batches = Watched(database.reader, most=0), Batches[TileKey, Tile](at_once=1)
    asked = [make(batches, watched, STREETS, community_id, key) for key in keys[:MOST_AT_ONCE]]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    assert watched.made == [MOST_AT_ONCE, 1]


@pytest.mark.parametrize("lanes", [1, 2, 3])
async def test_whoever_asks_when_the_last_worker_has_just_ended_is_answered(lanes: int) -> None:
    batches, gate = Batches[int, int](at_once=lanes), asyncio.Event()

    async def waiting(asked: Sequence[int]) -> Sequence[int]:
        await gate.wait()
        return asked

    async def then_ask() -> int:
        await gate.wait()
        return await batches.ask("next", -1, waiting, 1)

    first = [asyncio.ensure_future(batches.ask(number, number, waiting, 1)) for number in range(lanes)]
    late = asyncio.ensure_future(then_ask())
    await asyncio.sleep(0.01)
    gate.set()
    async with asyncio.timeout(2):
        assert await asyncio.gather(*first, late) == [*range(lanes), -1]


async def test_nobody_waits_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.store.batches.WAIT_S", 0.05)
    batches, gate = Batches[int, int](at_once=1), asyncio.Event()
    done: list[int] = []

    async def stuck(asked: Sequence[int]) -> Sequence[int]:
        done.extend(asked)
        await gate.wait()
        return asked

    answers = await asyncio.gather(
        *(batches.ask("one", number, stuck, 1) for number in range(3)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {Unavailable}
    gate.set()
    await asyncio.sleep(0.01)
    assert done == [0], "what nobody waits for any more is not done"
    assert await batches.ask("one", 7, stuck, 1) == 7


async def test_one_that_waited_too_long_takes_no_answer_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mapping.store.batches.WAIT_S", 0.2)
    batches, tried = Batches[int, int](at_once=1), []

    async def slow_alone(asked: Sequence[int]) -> Sequence[int]:
        tried.append([*asked])
        if len(asked) > 1:
            raise ValueError
        await asyncio.sleep(0.3 if asked == [0] else 0)
        return asked

    first = batches.ask("one", 9, slow_alone, 3)
    late, other = (batches.ask("one", number, slow_alone, 3) for number in range(2))
    assert await first == 9
    with pytest.raises(Unavailable):
        await late
    await asyncio.gather(other, return_exceptions=True)
    await asyncio.sleep(0.15)
    assert tried == [[9, 0, 1], [9], [0], [1]]


async def test_sets_towns_and_zooms_are_not_mixed_and_heavy_ones_not_joined(
    database: Database, community_id: int, keys: list[TileKey]
) -> None:
    watched, batches = Watched(database.reader), Batches[TileKey, Tile](at_once=1)
    far = [TileKey(8, x, 74) for x in (144, 145)]
    await asyncio.gather(
        *(make(batches, watched, STREETS, community_id, key) for key in keys[:3]),
        *(make(batches, watched, STREETS, community_id + 10**6, key) for key in keys[:2]),
        *(make(batches, watched, REPORTS, None, key) for key in keys[:4]),
        *(make(batches, watched, REPORTS, None, key) for key in far),
        *(make(batches, watched, BASEMAP, community_id, key) for key in keys[:2]),
        make(batches, watched, STREETS, community_id, key_at(14)),
    )
    assert sorted(watched.made) == [1, 1, 1, 1, 1, 2, 3, 4]


async def test_who_hangs_up_takes_nothing_from_the_others(
    database: Database, community_id: int, keys: list[TileKey]
) -> None:
    batches = Batches[TileKey, Tile](at_once=1)
    hasty, patient = [
        asyncio.ensure_future(make(batches, database.reader, STREETS, community_id, key)) for key in keys[:2]
    ]
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient).body is not None
    assert hasty.cancelled()
