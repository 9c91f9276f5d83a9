"""Reports from somebody else's file: the rules, masks and history of a report sent by a phone, many at a time.

A report's id is made of the community's secret, the source and the row's own id, so that a file read twice doubles
nothing, and nobody outside can tell from an id that they know whether a row was imported.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import FieldError, InvalidInput
from mapping.formats.report_faults import FaultWriter, RowFault
from mapping.formats.report_rows import read_report_rows
from mapping.formats.rows import Row, RowBatch
from mapping.layers.categories import CATEGORIES
from mapping.layers.masking import public_geometry
from mapping.layers.reports import ReportDraft, read_report
from mapping.layers.states import next_moderation
from mapping.services.analyses import refresh_analysis
from mapping.services.releases import released_values
from mapping.services.report_columns import Columns, ReportReader
from mapping.services.report_keys import hash_body
from mapping.services.reports import SNAP_WITHIN_M, stored_report
from mapping.store import communities, report_imports
from mapping.store.bare import InTransaction
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.report_imports import IncomingReport, Written

MAX_SOURCE, MAX_ACTOR = 200, 100
_READING_SHARE = 0.8  # of the time, measured; the rest is moving rows over
_IN_FILE = FieldError("id", "an earlier row of the file has this id and says something else")
_KEPT = FieldError("id", "was imported before and said something else then; what is kept stays")


@dataclass(frozen=True)
class ReportImport:
    """How an import is to be done.

    Parameters
    ----------
    columns : Columns
        What the table's columns mean.
    source : str, optional
        Name under which rows are known when they come again; by default the file's, without its ending.
    skip_bad : bool
        Keep good rows although others are refused; else nothing is kept.
    publish : bool
        Release at once what may be; else everything waits for review.
    errors : Path, optional
        CSV of all that is refused.
    actor : str
        Who publishes; kept in the history.
    """

    columns: Columns = field(default_factory=Columns)
    source: str | None = None
    skip_bad: bool = False
    publish: bool = False
    errors: Path | None = None
    actor: str = "import"


@dataclass(frozen=True)
class ImportedReports:
    """What became of a file: its rows, how many were refused, the first of the faults, and what was written if it was.

    `written` is None where rows were refused and nothing was kept.
    """

    rows: int
    refused: int
    first_faults: Sequence[RowFault]
    written: Written | None


async def import_reports(
    database: Database,
    slug: str,
    path: Path,
    how: ReportImport,
    progress: Callable[[float], None] = lambda done: None,
) -> ImportedReports:
    """Keep the reports of a file, in one transaction.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    path : Path
        See `formats.report_rows.read_report_rows`.
    how : ReportImport
        Columns, source, and what to do with bad rows.
    progress : callable
        Called with the share done, 0…1.

    Returns
    -------
    ImportedReports

    Raises
    ------
    NotFound
        If there is no such community.
    InvalidInput
        If the file or its columns cannot be used; nothing is written.
    """
    if how.errors is not None and how.errors.resolve() == path.resolve():
        raise InvalidInput("The list of errors would be written over the file that is read; give it another name.")
    now = datetime.now(UTC)
    async with database.app.connect() as connection, connection.begin() as transaction:
        community, secret = await communities.find_with_secret(InTransaction(connection), slug)
        await report_imports.open_import(connection, community.id)
        with FaultWriter(how.errors) as faults:
            rows = _Rows(community, secret, how, path, now, faults)
            batches = read_report_rows(path)
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                incoming = await asyncio.to_thread(rows.read, batch)
                if rows.is_wanted:
                    await report_imports.copy_reports(connection, incoming)
                progress(batch.share * _READING_SHARE)
            await _drop_clashes(connection, rows)
        if not rows.is_wanted:
            await transaction.rollback()
            return ImportedReports(rows.count, faults.rows, faults.first, None)
        reason = f"from {rows.source}"
        written = await report_imports.keep_incoming(
            connection, snap_within_m=SNAP_WITHIN_M, actor=how.actor[:MAX_ACTOR], reason=reason
        )
        if written.published:
            await refresh_analysis(connection, community)
    progress(1.0)
    return ImportedReports(rows.count, faults.rows, faults.first, written)


async def _drop_clashes(connection: AsyncConnection, rows: "_Rows") -> None:
    clashes = await report_imports.find_clashes(connection)
    found = {**dict.fromkeys(clashes.in_file, _IN_FILE), **dict.fromkeys(clashes.kept, _KEPT)}
    for number in sorted(found):
        rows.refuse(number, [found[number]])
    await report_imports.drop_rows(connection, sorted(found))


class _Rows:
    """Reads batches of one file; counts rows, and notes what is refused."""

    def __init__(
        self, community: Community, secret: bytes, how: ReportImport, path: Path, now: datetime, faults: FaultWriter
    ) -> None:
        self.source = (how.source or path.stem)[:MAX_SOURCE]
        self.count = 0
        self._community, self._secret, self._how, self._now, self._faults = community, secret, how, now, faults
        self._zone, self._epsg = ZoneInfo(community.time_zone), community.epsg
        self._family = UUID(bytes=self._keyed("import")[:16])
        self._reader: ReportReader | None = None
        shapely.prepare(community.boundary)

    def _keyed(self, purpose: str, value: str = "") -> bytes:
        told = json.dumps([purpose, self.source, value])
        return hmac.digest(self._secret, b"import|" + told.encode(), hashlib.sha256)

    @property
    def is_wanted(self) -> bool:
        """Whether good rows are still of use: not when one is refused and all belong together."""
        return self._how.skip_bad or not self._faults.rows

    def read(self, batch: RowBatch) -> list[IncomingReport]:
        """The good rows of a batch as they would be kept."""
        if self._reader is None:
            self._reader = ReportReader(self._how.columns, batch, self._zone)
        channel = "open311" if batch.is_open311 else "import"
        self.count += len(batch.rows)
        return list(self._good(self._reader, batch.rows, channel))

    def refuse(self, number: int, faults: Sequence[FieldError]) -> None:
        """Note what is wrong with a row, by the columns of the file."""
        assert self._reader is not None
        self._faults.add(number, [self._reader.told(fault) for fault in faults])

    def _good(self, reader: ReportReader, rows: list[Row], channel: str) -> Iterator[IncomingReport]:
        for row in rows:
            if row.fault is not None:
                self.refuse(row.number, [FieldError("row", row.fault)])
                continue
            key, payload = reader.row_key(row), reader.payload(row)
            try:
                if key is None:
                    raise InvalidInput("", [FieldError("id", "cannot be used: too long, or with odd characters")])
                draft = read_report(payload, boundary=self._community.boundary, now=self._now, channel=channel)
            except InvalidInput as error:
                self.refuse(row.number, error.errors)
                continue
            if self.is_wanted:
                yield self._incoming(reader, row, key, payload, draft, channel)

    def _incoming(
        self, reader: ReportReader, row: Row, key: str, payload: object, draft: ReportDraft, channel: str
    ) -> IncomingReport:
        tier, reporter = CATEGORIES[draft.category].tier, reader.reporter(row)
        geometry = draft.geometry
        shown = None if geometry is None else public_geometry(geometry, tier, self._secret, self._epsg)
        report = stored_report(
            self._community,
            uuid5(self._family, key),
            draft,
            shown=shown,
            body_hash=hash_body(payload),
            token=secrets.token_urlsafe(32),
            key=None if reporter is None else self._keyed("reporter", reporter),
            channel=channel,
            now=self._now,
        )
        report = replace(report, status=reader.status(row))
        if not (self._how.publish and draft.consents.publish):
            return IncomingReport(row.number, report, None)
        report = replace(report, moderation=next_moderation(report.moderation, "publish"), public_id=uuid4())
        released = released_values(report, self._community)
        return IncomingReport(row.number, report if released else replace(report, public_id=None), released)
