"""Places from CSV, GeoJSON and GeoPackage files, and results back into them, by the ending of the name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from mapping.errors import GeodesyError, InvalidInput, UnreadableFile
from mapping.geodesy import WGS84, in_crs

EAST_NAMES, NORTH_NAMES = ("lon", "longitude", "lng", "x", "easting"), ("lat", "latitude", "y", "northing")
CSV, GEOJSON, GEOPACKAGE = (".csv",), (".geojson", ".json"), (".gpkg",)
READABLE = (*CSV, *GEOJSON, *GEOPACKAGE)


def read_places(path: Path, *, crs: str | None = None, skip_missing: bool = False) -> gpd.GeoDataFrame:
    """Rows with a place.

    Parameters
    ----------
    path : Path
        CSV with columns lon and lat (or x and y), GeoJSON, or GeoPackage (its first layer).
    crs : str, optional
        Of the coordinates where the file does not say; a CSV is taken for EPSG:4326. A GeoJSON says nothing: what is
        given here holds, where nothing is given EPSG:4326.
    skip_missing : bool
        Leave rows without a place out, rather than refuse the file.

    Returns
    -------
    GeoDataFrame
        With a CRS; the index counts the rows of the file from 0; every geometry there and finite; those that cross
        themselves are mended.

    Raises
    ------
    UnreadableFile
        If the file cannot be read, or rows have no place.
    GeodesyError
        If the CRS is not known.
    """
    ending = path.suffix.lower()
    if ending not in READABLE:
        raise UnreadableFile(f"{path.name!r} must end in .csv, .geojson or .gpkg.")
    if not path.is_file():
        raise UnreadableFile(f"{path.name!r} is not there.")
    frame = _read_csv(path, crs) if ending in CSV else _read_layer(path, crs)
    shapes = np.asarray(shapely.make_valid(np.asarray(frame.geometry.array, dtype=object)), dtype=object)
    bounds = shapely.bounds(shapes)
    is_placed = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & np.isfinite(bounds).all(axis=1)
    if not is_placed.all() and not skip_missing:
        first = int(np.flatnonzero(~is_placed)[0]) + 1
        raise UnreadableFile(
            f"{(~is_placed).sum()} of {len(frame)} rows of {path.name!r} have no place, the first in row {first} "
            "below the header; mend them, or leave them out with --skip-missing."
        )
    _require_likely(bounds[is_placed], frame.crs)
    return gpd.GeoDataFrame(frame.set_geometry(shapes, crs=frame.crs)[is_placed])


def _require_likely(bounds: NDArray[np.float64], crs: Any) -> None:
    """Refuse coordinates that cannot be, or can hardly be, in the CRS they are said to be in."""
    if crs.is_geographic and (np.abs(bounds) > (180, 90, 180, 90)).any():
        raise GeodesyError("Some coordinates are no degrees; say which CRS they are in with --crs, such as EPSG:32636.")
    if not crs.is_geographic and len(bounds) and (np.abs(bounds) <= (180, 90, 180, 90)).all():
        raise GeodesyError(f"The coordinates look like degrees, not like {crs.name}; leave --crs out.")


def _read_csv(path: Path, crs: str | None) -> gpd.GeoDataFrame:
    table = _table(path)
    names = {str(name).strip().lower(): name for name in table.columns}
    east = next((names[name] for name in EAST_NAMES if name in names), None)
    north = next((names[name] for name in NORTH_NAMES if name in names), None)
    if east is None or north is None:
        held = ", ".join(str(name) for name in table.columns)
        raise UnreadableFile(
            f"{path.name!r} needs columns lon and lat (degrees), or x and y with --crs; it has {held[:200]}."
        )
    places = [pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64) for name in (east, north)]
    is_there = np.isfinite(places).all(axis=0)
    points = np.full(len(table), None, dtype=object)
    points[is_there] = shapely.points(np.column_stack(places)[is_there])
    return _with_crs(gpd.GeoDataFrame(table, geometry=points), crs or f"EPSG:{WGS84}")


def _table(path: Path) -> pd.DataFrame:
    """A CSV as spreadsheets write it: in UTF-8 or Windows-1251, with commas, semicolons or tabs between.

    With semicolons or tabs a decimal comma is one.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name!r} cannot be read: {error.strerror}.") from None
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        decoded = text.decode("cp1251", errors="replace")
    header = decoded.split("\n", 1)[0]
    if not header.strip():
        raise UnreadableFile(f"{path.name!r} is empty, or does not begin with the names of its columns.")
    between = max((",", ";", "\t"), key=header.count)
    names = [name.strip().strip('"').lower() for name in header.strip().split(between)]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"{path.name!r} has more than one column {twice[0]!r}; drop or rename one.")
    try:
        return pd.read_csv(StringIO(decoded), sep=between, decimal="." if between == "," else ",")
    except ValueError:
        raise UnreadableFile(f"{path.name!r} cannot be read as CSV; do all rows have as many cells?") from None


def _read_layer(path: Path, crs: str | None) -> gpd.GeoDataFrame:
    try:
        frame = gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError):
        raise UnreadableFile(f"{path.name!r} cannot be read; is it damaged?") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise UnreadableFile(f"{path.name!r} holds no geometry.")
    if crs is not None and path.suffix.lower() in GEOJSON:
        return _with_crs(gpd.GeoDataFrame(frame.set_crs(None, allow_override=True)), crs)
    if frame.crs is None and crs is None:
        raise GeodesyError(f"{path.name!r} does not say its CRS; say it with --crs, such as EPSG:32636.")
    if frame.crs is None:
        return _with_crs(frame, str(crs))
    if crs is not None and _with_crs(gpd.GeoDataFrame(geometry=[]), crs).crs != frame.crs:
        raise GeodesyError(f"{path.name!r} says that it is in {frame.crs.name}; leave --crs out.")
    return frame


def _with_crs(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    in_crs(gpd.GeoDataFrame(geometry=[], crs=WGS84), crs)  # refuses a CRS that is none, in our words
    return frame.set_crs(crs)


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A name to write to; moved into place when all went well, so that no half a file is left.

    Parameters
    ----------
    path : Path
        Replaced if it is there.

    Raises
    ------
    InvalidInput
        If it cannot be written.
    """
    beside = path.with_name(f".{path.stem}-part{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        why = getattr(error, "strerror", None) or "is there such a folder, and may you write to it?"
        raise InvalidInput(f"{path.name!r} cannot be written: {why}") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_result(result_gdf: gpd.GeoDataFrame, path: Path) -> None:
    """A result as a file: GeoJSON in EPSG:4326 (RFC 7946), GeoPackage in its own CRS, CSV with WKT in EPSG:4326.

    Parameters
    ----------
    result_gdf : GeoDataFrame
        Columns of plain values.
    path : Path
        Replaced if it is there; written beside and moved into place, so that no half a file is left.

    Raises
    ------
    InvalidInput
        If the ending is none of .geojson, .gpkg, .csv, or the file cannot be written.
    """
    writers: dict[str, Callable[[Path], object]] = {
        ".csv": lambda part: _as_csv(result_gdf).to_csv(part, index=False),
        ".gpkg": lambda part: result_gdf.to_file(part, driver="GPKG", layer="result", engine="pyogrio"),
        **dict.fromkeys(GEOJSON, lambda part: _write_geojson(result_gdf, part)),
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InvalidInput(f"Results are written as .geojson, .gpkg or .csv, not as {path.suffix!r}.")
    with written_beside(path) as beside:
        writer(beside)


def _as_csv(result_gdf: gpd.GeoDataFrame) -> pd.DataFrame:
    degrees = in_crs(result_gdf, WGS84)
    wkt = shapely.to_wkt(np.asarray(degrees.geometry.array, dtype=object), rounding_precision=7)
    return pd.DataFrame(result_gdf.drop(columns=result_gdf.geometry.name)).assign(wkt=wkt)


def _write_geojson(result_gdf: gpd.GeoDataFrame, path: Path) -> None:
    in_crs(result_gdf, WGS84).to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES", COORDINATE_PRECISION=7)
