"""Packs of vector tiles in one file: PMTiles, read by range requests or from a disk, without a server.

Source: PMTiles Version 3 Specification.
"""

import gzip
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from mapping.errors import FieldError, InvalidInput
from mapping.formats.tables import written_beside


@dataclass
class TilePack:
    """A pack that is being written.

    Parameters
    ----------
    writer : Writer
        Of the format's own package.
    tiles : int
        Written so far, empty ones not counted.
    zooms : set of int
        Of those.
    """

    writer: Writer
    tiles: int = 0
    zooms: set[int] = field(default_factory=set)

    def add(self, z: int, x: int, y: int, body: bytes) -> None:
        """Add a tile, packed by gzip; an empty one is left out, which readers take as empty."""
        if body:
            self.writer.write_tile(zxy_to_tileid(z, x, y), gzip.compress(body, mtime=0))
            self.tiles += 1
            self.zooms.add(z)

    def finish(self, bounds: tuple[float, float, float, float], center_zoom: int, metadata: dict[str, Any]) -> None:
        """Write header, directories and metadata.

        Parameters
        ----------
        bounds : tuple of float
            West, south, east, north in degrees; the middle is where a map opens.
        center_zoom : int
            And at which zoom.
        metadata : dict
            `name`, `attribution`, `vector_layers` and what else readers know.
        """
        west, south, east, north = (round(degrees * 1e7) for degrees in bounds)
        header = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.GZIP,
            "min_lon_e7": west,
            "min_lat_e7": south,
            "max_lon_e7": east,
            "max_lat_e7": north,
            "center_zoom": center_zoom,
            "center_lon_e7": (west + east) // 2,
            "center_lat_e7": (south + north) // 2,
        }
        self.writer.finalize(header, metadata)


def in_pack_order(keys: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Zoom, column and row of tiles in the order of the file: along a Hilbert curve, zoom by zoom."""
    return sorted(keys, key=lambda key: zxy_to_tileid(*key))


@contextmanager
def new_pack(path: Path) -> Iterator[TilePack]:
    """A pack that takes its name only when it is whole; what fails leaves what was there before.

    Raises
    ------
    InvalidInput
        If the name does not end in `.pmtiles` or the file cannot be written.
    """
    if path.suffix != ".pmtiles":
        raise InvalidInput("The pack needs another name.", [FieldError("file", "must end in .pmtiles")])
    with written_beside(path) as beside, beside.open("wb") as file:
        writer = Writer(file)
        with closing(writer.tile_f):  # it closes what it keeps tiles in only when it comes to its end
            yield TilePack(writer)
