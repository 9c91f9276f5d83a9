"""Keys and bytes of vector tiles, and the memory in which they are kept while what they show stays the same."""

import asyncio
import gzip
import hashlib
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product

from mapping.errors import FieldError, InvalidInput, NotFound
from mapping.geodesy import EARTH_RADIUS_M, web_mercator

MAX_ZOOM = 22
CACHE_BYTES = 64 * 2**20
WORTH_PACKING_BYTES = 300  # below, little is saved
PACKING_LEVEL = 5  # 9 takes three times as long and saves a fiftieth
ENTRY_BYTES = 600
Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees, EPSG:4326


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


def tile_at(z: int, longitude: float, latitude: float) -> TileKey:
    """The tile of a zoom that holds a position in degrees, EPSG:4326; beyond the edge of the world the last one."""
    x, y = web_mercator(longitude, latitude)
    half_m, last = math.pi * EARTH_RADIUS_M, 2**z - 1
    column, row = (int((part + half_m) / (2 * half_m) * 2**z) for part in (x, -y))
    return TileKey(z, max(0, min(column, last)), max(0, min(row, last)))


def corner_tiles(z: int, bounds: Bounds) -> tuple[TileKey, TileKey]:
    """The north-western and the south-eastern of the tiles of a zoom that reach into a box."""
    west, south, east, north = bounds
    return tile_at(z, west, north), tile_at(z, east, south)


def zoom_of_one_tile(bounds: Bounds) -> int:
    """The last zoom at which a box is no larger than a tile."""
    (west, south), (east, north) = web_mercator(*bounds[:2]), web_mercator(*bounds[2:])
    side_m = max(east - west, north - south, 2 * math.pi * EARTH_RADIUS_M / 2**MAX_ZOOM)
    return int(math.log2(2 * math.pi * EARTH_RADIUS_M / side_m))


def tiles_within(bounds: Bounds, max_zoom: int) -> Iterator[TileKey]:
    """Every tile from zoom 0 to the last that reaches into a box."""
    for z in range(max_zoom + 1):
        first, last = corner_tiles(z, bounds)
        for x, y in product(range(first.x, last.x + 1), range(first.y, last.y + 1)):
            yield TileKey(z, x, y)


@dataclass(frozen=True)
class Tile:
    """Bytes of one tile, and the same packed by gzip where that is worth it; each form has its own strong ETag."""

    body: bytes

    @cached_property
    def packed(self) -> bytes | None:
        """The body packed, once somebody takes it so; None where that saves little."""
        is_worth_it = len(self.body) >= WORTH_PACKING_BYTES
        return gzip.compress(self.body, PACKING_LEVEL, mtime=0) if is_worth_it else None

    @cached_property
    def digest(self) -> str:
        """Half of the SHA-256 of the body, in hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()[:32]

    def etag(self, *, packed: bool) -> str:
        """The strong ETag of one form, in its quotes."""
        return f'"{self.digest}-gzip"' if packed else f'"{self.digest}"'


def _size(tile: Tile) -> int:
    """What a tile takes in the cache, with room to pack; an empty one too, or the sea would fill the memory."""
    return ENTRY_BYTES + 2 * len(tile.body)


class TileCache:
    """Tiles used last, of any tile set, up to a number of bytes; one making at a time for each tile.

    Parameters
    ----------
    max_bytes : int
        Bytes kept together, packed forms included.
    """

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self.max_bytes = max_bytes
        self._tiles: OrderedDict[tuple[Hashable, TileKey], tuple[Hashable, Tile]] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[Hashable, Hashable, TileKey], asyncio.Future[Tile]] = {}

    def kept(self, owner: Hashable, version: Hashable, key: TileKey) -> Tile | None:
        """A kept tile of this very version, or None."""
        found = self._tiles.get((owner, key))
        if found is None or found[0] != version:
            return None
        self._tiles.move_to_end((owner, key))
        return found[1]

    async def get(self, owner: Hashable, version: Hashable, key: TileKey, make: Callable[[], Awaitable[Tile]]) -> Tile:
        """A kept tile, or a fresh one.

        Parameters
        ----------
        owner : hashable
            Whose tile: the tile set and the community.
        version : hashable
            Of what the tile is made of, read before the tile is made; a tile of another version is replaced.
        key : TileKey
            Which tile.
        make : callable
            Makes the tile; called once however many ask at the same time.
        """
        found = self.kept(owner, version, key)
        if found is not None:
            return found
        place = (owner, version, key)
        making = self._making.get(place)
        if making is None:
            making = asyncio.ensure_future(make())
            self._making[place] = making
            making.add_done_callback(partial(self._keep, place))
        return await asyncio.shield(making)  # one client that hangs up must not take the tile from the others

    def _keep(self, place: tuple[Hashable, Hashable, TileKey], made: asyncio.Future[Tile]) -> None:
        del self._making[place]
        if made.cancelled() or made.exception() is not None:
            return
        (owner, version, key), tile = place, made.result()
        before = self._tiles.pop((owner, key), None)
        if before is not None:
            self._bytes -= _size(before[1])
        self._tiles[owner, key] = (version, tile)
        self._bytes += _size(tile)
        while self._bytes > self.max_bytes and self._tiles:
            self._bytes -= _size(self._tiles.popitem(last=False)[1][1])
