"""Many reports at once: copied into a temporary table, held against what is there, moved over along a Hilbert curve.

All in the caller's transaction. Nothing is seen of an import before it is committed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.geodesy import WGS84
from mapping.store.networks import IMPORT_TIMEOUT_S
from mapping.store.reports import StoredReport

_COLUMNS = tuple(column.name for column in fields(StoredReport))
_SHAPES = ("geometry", "public_geometry")
_RELEASED = ("community_id", "id", "category", "layer", "tier", "radius_m", "place", "severity", "when_seen",
             "affected", "description", "observed_on", "status", "is_simulated")  # fmt: skip
_LOCK = 311  # any number that no other advisory lock of this program has as its first half


@dataclass(frozen=True)
class IncomingReport:
    """A row of a file as it would be kept, and the columns of its release where it is to be released at once."""

    row: int
    report: StoredReport
    released: Mapping[str, Any] | None


@dataclass(frozen=True)
class Clashes:
    """Numbers of rows whose id holds other content: in the same file, and among what is kept."""

    in_file: Sequence[int]
    kept: Sequence[int]


@dataclass(frozen=True)
class Written:
    """Rows by what became of them; `repeated` are the same as an earlier row of the file."""

    added: int
    unchanged: int
    repeated: int
    withdrawn: int
    published: int


async def open_import(connection: AsyncConnection, community_id: int) -> None:
    """Make the temporary tables; a second import into the same community waits for the first."""
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await connection.execute(sa.text(f"SET LOCAL {name} TO '{IMPORT_TIMEOUT_S}s'"))
    await connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK}, :id)"), {"id": community_id})
    await connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE incoming_reports ON COMMIT DROP AS SELECT {', '.join(_COLUMNS)}, 0 AS row_number"
            " FROM mapping.reports WITH NO DATA"
        )
    )
    await connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE incoming_releases ON COMMIT DROP AS SELECT {', '.join(_RELEASED)}"
            " FROM public_release.reports WITH NO DATA"
        )
    )


async def copy_reports(connection: AsyncConnection, incoming: Sequence[IncomingReport]) -> None:
    """Put a batch into the temporary tables."""
    await _copy(connection, "incoming_reports", (*_COLUMNS, "row_number"), _report_rows(incoming))
    releases = [row.released for row in incoming if row.released is not None]
    if releases:
        rows = (tuple(_plain(values[name]) for name in _RELEASED) for values in releases)
        await _copy(connection, "incoming_releases", _RELEASED, rows)


def _report_rows(incoming: Sequence[IncomingReport]) -> Iterable[tuple[Any, ...]]:
    """The tables' columns as COPY takes them; shapes are turned into bytes all at once."""
    shapes = []
    for name in _SHAPES:
        held = np.array([*(getattr(row.report, name) for row in incoming), None], dtype=object)
        shapes.append(shapely.to_wkb(shapely.set_srid(held, WGS84), hex=True, include_srid=True))
    for place, row in enumerate(incoming):
        values = {**vars(row.report), **{name: wkb[place] for name, wkb in zip(_SHAPES, shapes, strict=True)}}
        yield (*(_plain(values[name]) for name in _COLUMNS), row.row)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):  # codes of the vocabulary: letters and underscores
        return "{" + ",".join(value) + "}"
    return json.dumps(value) if isinstance(value, dict) else value


async def _copy(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    async with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY pg_temp.{table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            await copy.write_row(row)


async def find_clashes(connection: AsyncConnection) -> Clashes:
    """Rows whose id is used for other content, by earlier rows or by what is kept; asked after the last batch."""
    await connection.execute(sa.text("CREATE INDEX ON pg_temp.incoming_reports (id, row_number)"))
    for table in ("incoming_reports", "incoming_releases"):
        await connection.execute(sa.text(f"ANALYZE pg_temp.{table}"))
    in_file = await connection.execute(
        sa.text(
            """SELECT row_number FROM (
                SELECT row_number, body_hash, first_value(body_hash) OVER (PARTITION BY id ORDER BY row_number) AS first
                FROM pg_temp.incoming_reports
            ) AS compared WHERE body_hash <> first ORDER BY row_number"""
        )
    )
    kept = await connection.execute(
        sa.text(
            """SELECT row_number FROM pg_temp.incoming_reports AS incoming
            JOIN mapping.reports AS kept USING (community_id, id)
            WHERE kept.body_hash <> incoming.body_hash ORDER BY row_number"""
        )
    )
    return Clashes(list(in_file.scalars()), list(kept.scalars()))


async def drop_rows(connection: AsyncConnection, numbers: Sequence[int]) -> None:
    """Take rows out of the import again."""
    if numbers:
        statement = sa.text("DELETE FROM pg_temp.incoming_reports WHERE row_number = ANY(:numbers)")
        await connection.execute(statement, {"numbers": list(numbers)})


async def keep_incoming(connection: AsyncConnection, *, snap_within_m: float, actor: str, reason: str) -> Written:
    """Move over what is new, with its history; what is there or was withdrawn stays out.

    Parameters
    ----------
    connection : AsyncConnection
        In the transaction of `open_import`; rows that clash are dropped.
    snap_within_m : float
        Points shown exactly move to a street so near, as those of single reports do.
    actor : str
        Who publishes.
    reason : str
        Kept in the history of each report.

    Returns
    -------
    Written
    """
    withdrawn = await _leave_out(connection, "mapping.erasures AS kept", "kept.report_id = incoming.id")
    unchanged = await _leave_out(connection, "mapping.reports AS kept", "kept.id = incoming.id")
    earlier = "kept.id = incoming.id AND kept.row_number < incoming.row_number"
    repeated = await _leave_out(connection, "pg_temp.incoming_reports AS kept", earlier)
    await connection.execute(sa.text("ANALYZE pg_temp.incoming_reports"))
    added = await connection.execute(sa.text(_MOVE), {"within_m": snap_within_m})
    await connection.execute(sa.text(_SUBMITTED), {"reason": reason})
    published = await connection.execute(sa.text(_RELEASE))
    await connection.execute(sa.text(_PUBLISHED), {"reason": reason, "actor": actor})
    return Written(added.rowcount, unchanged, repeated, withdrawn, published.rowcount)


async def _leave_out(connection: AsyncConnection, table: str, is_same: str) -> int:
    """Delete incoming rows that have their like; gives how many."""
    deleted = await connection.execute(
        sa.text(
            f"DELETE FROM pg_temp.incoming_reports AS incoming WHERE EXISTS"
            f" (SELECT FROM {table} WHERE kept.community_id = incoming.community_id AND {is_same})"
        )
    )
    return int(deleted.rowcount)


_MOVED = ", ".join(f"incoming.{name}" for name in _COLUMNS if name != "public_geometry")
# PostGIS orders geometry along a Hilbert curve. The point a street gives is that of `releases.snap_to_street`.
_MOVE = f"""INSERT INTO mapping.reports ({_MOVED.replace("incoming.", "")}, public_geometry)
SELECT {_MOVED}, coalesce(street.point, incoming.public_geometry)
FROM pg_temp.incoming_reports AS incoming LEFT JOIN LATERAL (
    SELECT ST_Transform(ST_ClosestPoint(segment.geom_3857, sent.geom), 4326) AS point
    FROM public_release.street_segments AS segment,
        (SELECT ST_Transform(incoming.public_geometry, 3857) AS geom) AS sent
    WHERE segment.community_id = incoming.community_id
        AND ST_DWithin(
            segment.geom_3857, sent.geom, :within_m / cos(radians(ST_Y(ST_Centroid(incoming.public_geometry)))))
    ORDER BY segment.geom_3857 <-> sent.geom LIMIT 1
) AS street ON incoming.tier = 0 AND GeometryType(incoming.public_geometry) = 'POINT'
ORDER BY incoming.geometry"""
_SUBMITTED = """INSERT INTO mapping.report_revisions
    (community_id, report_id, revision, actor, action, reason, moderation, status)
SELECT community_id, id, 1, 'reporter:' || channel, 'submit', :reason, 'submitted', status
FROM pg_temp.incoming_reports"""
_RELEASE = f"""INSERT INTO public_release.reports ({", ".join(_RELEASED)}, geometry)
SELECT {", ".join(f"released.{name}" for name in _RELEASED)}, kept.public_geometry
FROM pg_temp.incoming_releases AS released
JOIN pg_temp.incoming_reports AS incoming ON incoming.public_id = released.id
JOIN mapping.reports AS kept ON kept.community_id = incoming.community_id AND kept.id = incoming.id
ORDER BY kept.public_geometry"""
_PUBLISHED = """INSERT INTO mapping.report_revisions
    (community_id, report_id, revision, actor, action, reason, moderation, status)
SELECT community_id, id, 2, :actor, 'publish', :reason, moderation, status
FROM pg_temp.incoming_reports WHERE moderation = 'published'"""
