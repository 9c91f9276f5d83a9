"""Vector tiles of the basemap, made by one query and kept in memory while the network stays the same."""

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import FieldError, InvalidInput, NotFound

MAX_ZOOM = 22
CACHE_BYTES = 64 * 2**20
WORTH_PACKING_BYTES = 300  # below, little is saved
ENTRY_BYTES = 600
_BASEMAP_TILE = sa.text((Path(__file__).parent / "queries" / "basemap_tile.sql").read_text("utf-8"))


@dataclass(frozen=True)
class TileKey:
    """A tile of the Web Mercator pyramid: zoom 0…22, column and row from the north-west, 0…2^z − 1.

    Raises
    ------
    InvalidInput
        If the zoom is out of range.
    NotFound
        If there is no such column or row at this zoom.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= MAX_ZOOM:
            raise InvalidInput("There are no tiles at this zoom.", [FieldError("z", f"0 to {MAX_ZOOM}")])
        if not (0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z):
            raise NotFound("There is no such tile at this zoom.")


@dataclass(frozen=True)
class Tile:
    """Bytes of one tile, and the same packed by gzip where that is worth it; each form has its own strong ETag."""

    body: bytes
    packed: bytes | None = None

    @cached_property
    def digest(self) -> str:
        """Half of the SHA-256 of the body, in hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()[:32]

    def etag(self, *, packed: bool) -> str:
        """The strong ETag of one form, in its quotes."""
        return f'"{self.digest}-gzip"' if packed else f'"{self.digest}"'


def _tile(body: bytes) -> Tile:
    return Tile(body, gzip.compress(body, mtime=0) if len(body) >= WORTH_PACKING_BYTES else None)


def _size(tile: Tile) -> int:
    """What a tile takes in the cache; an empty one too, or the sea would fill the memory."""
    return ENTRY_BYTES + len(tile.body) + len(tile.packed or b"")


async def network_version(connection: AsyncConnection, slug: str) -> tuple[int, int]:
    """Id of a community and the version of its network.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    statement = sa.text("SELECT id, network_version FROM public_release.communities WHERE slug = :slug")
    row = (await connection.execute(statement, {"slug": slug})).first()
    if row is None:
        raise NotFound("There is no community of this name here.")
    return int(row.id), int(row.network_version)


async def basemap_tile(connection: AsyncConnection, community_id: int, key: TileKey) -> Tile:
    """Make one tile of the basemap.

    Parameters
    ----------
    connection : AsyncConnection
        Of a role that may read `public_release`.
    community_id : int
        Whose streets and places.
    key : TileKey
        Which tile.

    Returns
    -------
    Tile
        Layers `landuse, water, buildings, roads, pois`, extent 4096; no bytes where there is nothing.

    Notes
    -----
    Below zoom 13 main roads, water and green; at 13 land use and streets as well; from 14 all ways; from 15
    buildings; from 16 every named point of interest. Watercourses are drawn as narrow areas, so that a layer
    holds one kind of geometry.
    Source: Mapbox Vector Tile Specification 2.1.
    """
    values = {"community_id": community_id, "z": key.z, "x": key.x, "y": key.y}
    return _tile(bytes((await connection.execute(_BASEMAP_TILE, values)).scalar_one()))


class TileCache:
    """Tiles used last, up to a number of bytes; one making at a time for each tile.

    Parameters
    ----------
    max_bytes : int
        Bytes kept together, packed forms included.
    """

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self.max_bytes = max_bytes
        self._tiles: OrderedDict[tuple[int, int, TileKey], Tile] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[int, int, TileKey], asyncio.Task[Tile]] = {}

    async def get(self, community_id: int, version: int, key: TileKey, make: Callable[[], Awaitable[Tile]]) -> Tile:
        """A kept tile, or a fresh one.

        Parameters
        ----------
        community_id, version : int
            Community and version of its network; tiles of older versions fall out as they are no longer asked for.
        key : TileKey
            Which tile.
        make : callable
            Makes the tile; called once however many ask at the same time.
        """
        place = (community_id, version, key)
        if place in self._tiles:
            self._tiles.move_to_end(place)
            return self._tiles[place]
        task = self._making.get(place)
        if task is None:
            task = asyncio.ensure_future(self._make(place, make))
            self._making[place] = task
        return await asyncio.shield(task)  # one client that hangs up must not take the tile from the others

    async def _make(self, place: tuple[int, int, TileKey], make: Callable[[], Awaitable[Tile]]) -> Tile:
        try:
            tile = await make()
        finally:
            del self._making[place]
        self._tiles[place] = tile
        self._bytes += _size(tile)
        while self._bytes > self.max_bytes and self._tiles:
            self._bytes -= _size(self._tiles.popitem(last=False)[1])
        return tile
