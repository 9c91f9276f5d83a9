"""Tiles that are asked for while the database is busy are made together, by one statement."""

import asyncio
import os
from collections import OrderedDict
from dataclasses import dataclass, field

from mapping.errors import Unavailable
from mapping.store.reader import Rows
from mapping.store.tile_sets import TileSet, make_tiles
from mapping.store.tiles import Tile, TileKey

AT_ONCE = (os.cpu_count() or 1) + 1  # statements: one is told to us while the others are worked at
MOST = 8  # tiles of a statement: so many small ones cost the database what two cost one by one


@dataclass
class _Waiting:
    """Tiles of one set, one community and one zoom."""

    tile_set: TileSet
    community_id: int | None
    asked: list[tuple[TileKey, asyncio.Future[Tile]]] = field(default_factory=list)


class TileBatches:
    """Makes tiles; as many statements run as the database has use for, and each takes what waits.

    Parameters
    ----------
    at_once : int
        Statements at the same time.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: OrderedDict[tuple[str, int | None, int], _Waiting] = OrderedDict()
        self._workers: set[asyncio.Task[None]] = set()

    async def make(self, rows: Rows, tile_set: TileSet, community_id: int | None, key: TileKey) -> Tile:
        """A tile as `make_tiles` makes it.

        Raises
        ------
        Unavailable
            If the database does not answer, or takes too long for this tile.
        """
        found: asyncio.Future[Tile] = asyncio.get_running_loop().create_future()
        alike = self._waiting.setdefault((tile_set.name, community_id, key.z), _Waiting(tile_set, community_id))
        alike.asked.append((key, found))
        if len(self._workers) < self._at_once:
            worker = asyncio.ensure_future(self._work(rows))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await found

    async def _work(self, rows: Rows) -> None:
        """Make what waits, whoever waits longest first, until nothing does."""
        while self._waiting:
            name, waiting = self._waiting.popitem(last=False)
            # Counts of a far zoom are work enough for a statement of their own.
            most = 1 if waiting.tile_set.counts(waiting.asked[0][0]) else MOST
            batch = waiting.asked[:most]
            del waiting.asked[:most]
            if waiting.asked:
                self._waiting[name] = waiting
            await _make(rows, waiting.tile_set, waiting.community_id, batch)


async def _make(
    rows: Rows, tile_set: TileSet, community_id: int | None, batch: list[tuple[TileKey, asyncio.Future[Tile]]]
) -> None:
    try:
        tiles = await make_tiles(rows, tile_set, community_id, [key for key, _ in batch])
    except Unavailable as error:
        if len(batch) == 1:
            _tell(batch[0][1], error)
        else:  # what is too slow together may be quick enough by itself
            for one in batch:
                await _make(rows, tile_set, community_id, [one])
    except Exception as error:
        for _, found in batch:
            _tell(found, error)
    else:
        for (_, found), tile in zip(batch, tiles, strict=True):
            if not found.done():
                found.set_result(tile)


def _tell(found: asyncio.Future[Tile], error: Exception) -> None:
    if not found.done():
        found.set_exception(error)
