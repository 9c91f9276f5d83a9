"""The street network and places of a community, as imported from OpenStreetMap.

An import replaces everything at once, in the caller's transaction: readers see the old town or the new one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import NotFound
from mapping.geodesy import WGS84
from mapping.store.search import rebuild_search

if TYPE_CHECKING:
    import geopandas as gpd

IMPORT_TIMEOUT_S = 600  # an import of a city outlasts the limit that guards requests


class Network(Protocol):
    """Frames in EPSG:4326 with the columns of the tables of the same meaning, and `geometry`."""

    @property
    def streets(self) -> "gpd.GeoDataFrame":
        """Stretches of street between junctions."""

    @property
    def lamps(self) -> "gpd.GeoDataFrame":
        """Street lamps."""

    @property
    def crossings(self) -> "gpd.GeoDataFrame":
        """Crossings for people on foot."""

    @property
    def places(self) -> "gpd.GeoDataFrame":
        """Land use, water, buildings and points of interest."""

    @property
    def addresses(self) -> "gpd.GeoDataFrame":
        """Houses with their numbers."""


@dataclass(frozen=True)
class TableCounts:
    """Rows of one table that an import added, changed and removed."""

    added: int
    updated: int
    removed: int


@dataclass(frozen=True)
class NetworkCounts:
    """What an import changed, by table."""

    street_segments: TableCounts
    lamps: TableCounts
    crossings: TableCounts
    places: TableCounts
    addresses: TableCounts


@dataclass(frozen=True)
class _Table:
    """`keys` make a row's identity within a community; `values` are what an update may change beside the geometry."""

    name: str
    keys: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.keys, *self.values, "geometry")


_STREETS = _Table(
    "street_segments",
    ("osm_way_id", "segment"),
    ("name", "highway", "lit", "surface", "sidewalk", "kerb", "wheelchair", "incline", "length_m"),
)
_LAMPS = _Table("lamps", ("osm_id",), ())
_CROSSINGS = _Table("crossings", ("osm_id",), ("crossing", "tactile_paving", "kerb", "wheelchair", "button_sound"))
_PLACES = _Table("places", ("osm_type", "osm_id"), ("kind", "class", "name", "wheelchair"))
_ADDRESSES = _Table("addresses", ("osm_type", "osm_id", "number"), ("number_key", "street", "street_key"))


def _names(columns: Sequence[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{column}" for column in columns)


def _rows(table: _Table, frame: "gpd.GeoDataFrame") -> Iterator[tuple[Any, ...]]:
    """Rows along a Hilbert curve, so that neighbours on the ground are neighbours on the disk; None for missing."""
    if frame.empty:
        return
    ordered = frame.iloc[np.argsort(frame.hilbert_distance().to_numpy(), kind="stable")]
    wkb = shapely.to_wkb(shapely.set_srid(ordered.geometry.to_numpy(), WGS84), hex=True, include_srid=True)
    attributes = ordered[list(table.columns[:-1])].astype(object)
    attributes = attributes.where(attributes.notna(), None)
    for values, geometry in zip(attributes.itertuples(index=False, name=None), wkb, strict=True):
        yield (*values, geometry)


async def _copy(connection: AsyncConnection, table: _Table, frame: "gpd.GeoDataFrame") -> None:
    await connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS"
            f" SELECT {_names(table.columns)} FROM public_release.{table.name} WITH NO DATA"
        )
    )
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    async with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY pg_temp.incoming ({_names(table.columns)}) FROM STDIN") as copy,
    ):
        for row in _rows(table, frame):
            await copy.write_row(row)


async def _replace(
    connection: AsyncConnection, table: _Table, community_id: int, frame: "gpd.GeoDataFrame"
) -> TableCounts:
    await _copy(connection, table, frame)
    target, values = f"public_release.{table.name}", (*table.values, "geometry")
    is_same = " AND ".join(f"old.{key} = incoming.{key}" for key in table.keys)
    removed = await connection.execute(
        sa.text(
            f"DELETE FROM {target} AS old WHERE community_id = :community_id"
            f" AND NOT EXISTS (SELECT FROM pg_temp.incoming WHERE {is_same})"
        ),
        {"community_id": community_id},
    )
    # A row that is new has no earlier version to lock: its xmax is 0.
    written = await connection.execute(
        sa.text(
            f"""WITH written AS (
                INSERT INTO {target} AS old (community_id, {_names(table.columns)})
                SELECT :community_id, {_names(table.columns)} FROM pg_temp.incoming
                ON CONFLICT (community_id, {_names(table.keys)}) DO UPDATE
                SET {", ".join(f"{column} = excluded.{column}" for column in values)}
                WHERE ROW({_names(values, "old.")}) IS DISTINCT FROM ROW({_names(values, "excluded.")})
                RETURNING (xmax = 0) AS is_new
            )
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written"""
        ),
        {"community_id": community_id},
    )
    added, updated = written.one()
    await connection.execute(sa.text("DROP TABLE pg_temp.incoming"))
    return TableCounts(int(added), int(updated), int(removed.rowcount))


async def replace_network(connection: AsyncConnection, community_id: int, network: Network) -> NetworkCounts:
    """Make the stored network of a community equal to the one given; the caller commits.

    Parameters
    ----------
    connection : AsyncConnection
        Of the role `mapping_app`.
    community_id : int
        Whose network.
    network : Network
        For example an `OsmExtract`.

    Returns
    -------
    NetworkCounts
        Rows that are as before are counted nowhere.

    Raises
    ------
    NotFound
        If there is no such community.

    Notes
    -----
    Also makes the names anew that the search looks through, and counts up the community's `network_version`, by which
    tiles are cached. A second import of the same
    community waits for the first.
    """
    await connection.execute(sa.text(f"SET LOCAL statement_timeout TO '{IMPORT_TIMEOUT_S}s'"))
    version = await connection.execute(
        sa.text(
            "UPDATE public_release.communities SET network_version = network_version + 1 WHERE id = :id RETURNING id"
        ),
        {"id": community_id},
    )
    if version.first() is None:
        raise NotFound("There is no community of this id here.")
    counts = NetworkCounts(
        street_segments=await _replace(connection, _STREETS, community_id, network.streets),
        lamps=await _replace(connection, _LAMPS, community_id, network.lamps),
        crossings=await _replace(connection, _CROSSINGS, community_id, network.crossings),
        places=await _replace(connection, _PLACES, community_id, network.places),
        addresses=await _replace(connection, _ADDRESSES, community_id, network.addresses),
    )
    await rebuild_search(connection, community_id)
    return counts
