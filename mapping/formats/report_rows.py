"""Rows of other people's reports from CSV, GeoJSON and GeoPackage, in batches; what they mean is decided elsewhere.

CSV and GeoPackage are never held whole. GeoJSON is, and so is limited in size. By its first bytes a GeoPackage must be
one before GDAL opens it: no other driver is ever reached, whatever a file is named.
"""

import codecs
import csv
import json
from collections.abc import Iterator
from io import TextIOBase, TextIOWrapper
from pathlib import Path
from typing import Any

from mapping.errors import GeodesyError, UnreadableFile
from mapping.formats.open311 import read_requests_json, read_requests_xml
from mapping.formats.report_layers import read_layer_rows
from mapping.formats.rows import BATCH_ROWS, Row, RowBatch

MAX_CELL = 100_000  # characters; the csv module's own limit is a little higher
MAX_LINE = 1_000_000
MAX_BATCH_CHARACTERS = 16_000_000
MAX_JSON_BYTES = 200_000_000
READABLE = (".csv", ".geojson", ".json", ".gpkg", ".xml")
_SEPARATORS = (",", ";", "\t")


def read_report_rows(path: Path) -> Iterator[RowBatch]:
    """The rows of a file, by the ending of its name.

    Parameters
    ----------
    path : Path
        `.csv`, `.geojson`, `.json` (GeoJSON or Open311), `.gpkg` or `.xml` (Open311).

    Returns
    -------
    iterator of RowBatch
        In the order of the file; geometry in EPSG:4326.

    Raises
    ------
    UnreadableFile
        If the file is not there, damaged, too large, or of another kind than its name says.
    GeodesyError
        If a GeoPackage does not say its CRS.
    """
    ending = path.suffix.lower()
    if ending not in READABLE:
        raise UnreadableFile(f"{path.name!r} must end in {', '.join(READABLE)}.")
    if not path.is_file():
        raise UnreadableFile(f"{path.name!r} is not there, or is no file.")
    try:
        if ending == ".csv":
            yield from _csv_batches(path)
        elif ending == ".gpkg":
            yield from read_layer_rows(path)
        elif ending == ".xml":
            yield from _batches(((None, values) for values in read_requests_xml(path)), None, is_open311=True)
        else:
            yield from _json_batches(path)
    except OSError as error:
        raise UnreadableFile(f"{path.name!r} cannot be read: {error.strerror}.") from None


def _batches(found: Iterator[tuple[object, Any]], total: int | None, *, is_open311: bool) -> Iterator[RowBatch]:
    """Rows of geometry and values; the share is unknown (0) where no total is."""
    rows: list[Row] = []
    for number, (geometry, values) in enumerate(found, start=1):
        is_row = isinstance(values, dict)
        rows.append(Row(number, values if is_row else {}, geometry, None if is_row else "is no object"))
        if len(rows) == BATCH_ROWS:
            yield RowBatch(rows, number / total if total else 0.0, is_open311=is_open311)
            rows = []
    yield RowBatch(rows, 1.0, is_open311=is_open311)


def _json_batches(path: Path) -> Iterator[RowBatch]:
    if path.stat().st_size > MAX_JSON_BYTES:
        limit = MAX_JSON_BYTES // 1_000_000
        raise UnreadableFile(
            f"{path.name!r} is larger than {limit} MB; save it as GeoPackage or CSV, which have no limit."
        )
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableFile(f"{path.name!r} cannot be read as JSON in UTF-8; is it damaged?") from None
    requests = read_requests_json(found)
    if requests is not None:
        yield from _batches(((None, values) for values in requests), len(requests), is_open311=True)
        return
    features = found.get("features") if isinstance(found, dict) and found.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise UnreadableFile(f"{path.name!r} holds neither a GeoJSON FeatureCollection nor Open311 requests.")
    if "crs" in found and "CRS84" not in str(found["crs"]) and "4326" not in str(found["crs"]):
        raise GeodesyError(f"{path.name!r} says that it is in another CRS; GeoJSON is read in EPSG:4326 (RFC 7946).")
    yield from _batches(map(_feature, features), len(features), is_open311=False)


def _feature(feature: object) -> tuple[object, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return None, None
    values = feature.get("properties") or {}
    if isinstance(values, dict) and isinstance(feature.get("id"), str | int):
        values = {"id": feature["id"], **values}
    return _plain(feature.get("geometry")), values


def _plain(geometry: object) -> object:
    """A geometry without height and further members; one in a Multi… alone is itself. What is odd stays as it is."""
    if not isinstance(geometry, dict) or not isinstance(geometry.get("coordinates"), list):
        return geometry
    kind, coordinates = geometry.get("type"), geometry["coordinates"]
    if kind in ("MultiPoint", "MultiLineString") and len(coordinates) == 1:
        kind, coordinates = str(kind)[5:], coordinates[0]
    if kind == "Point":
        coordinates = coordinates[:2]
    elif kind == "LineString" and isinstance(coordinates, list):
        coordinates = [position[:2] if isinstance(position, list) else position for position in coordinates]
    return {"type": kind, "coordinates": coordinates}


def _encoding(path: Path) -> str:
    """UTF-8, UTF-16 with its mark, or else Windows-1251; the whole file is looked at, a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        piece = file.read(2**20)
        if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            while piece:
                decoder.decode(piece)
                piece = file.read(2**20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1251"
    return "utf-8-sig"


def _lines(file: TextIOBase, name: str) -> Iterator[str]:
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise UnreadableFile(f"{name!r} has a line of more than {MAX_LINE:,} characters; is it a CSV?")
        yield line


def _header(line: str, name: str) -> tuple[list[str], str]:
    """Names of the columns, and what stands between cells."""
    between = max(_SEPARATORS, key=line.count)
    names = [column.strip() for column in next(csv.reader([line], delimiter=between), [])]
    if not any(names):
        raise UnreadableFile(f"{name!r} is empty, or does not begin with the names of its columns.")
    lowered = [column.lower() for column in names if column]
    twice = sorted({column for column in lowered if lowered.count(column) > 1})
    if twice:
        raise UnreadableFile(f"{name!r} has a column twice; drop or rename one (column {lowered.index(twice[0]) + 1}).")
    return names, between


def _csv_batches(path: Path) -> Iterator[RowBatch]:
    """A CSV as spreadsheets write it: in UTF-8, UTF-16 or Windows-1251, with commas, semicolons or tabs between."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw, TextIOWrapper(raw, _encoding(path), "replace", newline="") as file:
        lines = _lines(file, path.name)
        names, between = _header(next(lines, ""), path.name)
        rows: list[Row] = []
        number = characters = 0
        try:
            for cells in csv.reader(lines, delimiter=between):
                number += 1
                if not any(cells):
                    continue
                rows.append(_csv_row(number, names, cells))
                characters += sum(map(len, cells))
                if len(rows) == BATCH_ROWS or characters > MAX_BATCH_CHARACTERS:
                    yield RowBatch(rows, min(raw.tell() / size, 1.0), has_decimal_comma=between != ",")
                    rows, characters = [], 0
        except csv.Error:
            raise UnreadableFile(
                f"{path.name!r}: row {number + 1} below the header cannot be read; is a quotation mark left open?"
            ) from None
        yield RowBatch(rows, 1.0, has_decimal_comma=between != ",")


def _csv_row(number: int, names: list[str], cells: list[str]) -> Row:
    if len(cells) > len(names) and any(cells[len(names) :]):
        return Row(number, {}, fault="more cells than the header has names")
    if max(map(len, cells)) > MAX_CELL:
        return Row(number, {}, fault=f"a cell of more than {MAX_CELL:,} characters")
    return Row(number, dict(zip(names, cells, strict=False)))
