"""Rows of a GeoPackage's first layer with places, a batch at a time."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from mapping.errors import GeodesyError, UnreadableFile
from mapping.formats.rows import BATCH_ROWS, Row, RowBatch
from mapping.geodesy import WGS84, in_crs

_MAGIC, _APPLICATIONS = b"SQLite format 3\x00", (b"GPKG", b"GP10", b"GP11")
_DAMAGED = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    ValueError,
)
_DECIMALS = 9  # a tenth of a millimetre


def read_layer_rows(path: Path) -> Iterator[RowBatch]:
    """The rows of a GeoPackage, in the order of their keys.

    Parameters
    ----------
    path : Path
        Looked at before GDAL is: what does not begin as a GeoPackage does is given to no driver.

    Raises
    ------
    UnreadableFile
        If it is none, is damaged, or holds no layer with places.
    GeodesyError
        If it does not say its CRS.

    Notes
    -----
    Each batch asks for the keys after the last one; to skip rows by their number would read them again and again.
    """
    with path.open("rb") as file:
        head = file.read(72)
    if not head.startswith(_MAGIC) or head[68:72] not in _APPLICATIONS:
        raise UnreadableFile(f"{path.name!r} is no GeoPackage.")
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        info = pyogrio.read_info(path, layer=layers[0]) if layers else {"driver": None}
    except _DAMAGED:
        raise UnreadableFile(f"{path.name!r} cannot be read; is it damaged?") from None
    if info["driver"] != "GPKG" or not info["fid_column"]:
        raise UnreadableFile(f"{path.name!r} holds no layer with places.")
    if info["crs"] is None:
        raise GeodesyError(f"{path.name!r} does not say its CRS.")
    key = '"' + info["fid_column"].replace('"', '""') + '"'
    done, last, is_more = 0, -(2**63), True
    while is_more:
        try:
            frame = _rows_after(path, layers[0], f"{key} > {last}")
        except _DAMAGED:
            raise UnreadableFile(f"{path.name!r} cannot be read from row {done + 1} on; is it damaged?") from None
        is_more = len(frame) == BATCH_ROWS
        rows = _rows(frame, done)
        done += len(rows)
        last = int(frame.index.max()) if rows else last
        yield RowBatch(rows, done / max(int(info["features"] or 0), done) if is_more else 1.0)


def _rows_after(path: Path, layer: str, after: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(
        path,
        layer=layer,
        where=after,
        max_features=BATCH_ROWS,
        fid_as_index=True,
        force_2d=True,
        datetime_as_string=True,
    )


def _rows(frame: gpd.GeoDataFrame, done: int) -> list[Row]:
    """Values as Python's own, geometry as GeoJSON in EPSG:4326; a Multi… of one part is that part."""
    degrees = in_crs(frame, WGS84)
    attributes = degrees.drop(columns=degrees.geometry.name).astype(object)
    records = attributes.where(attributes.notna(), None).to_dict("records")
    geometries = _geojson(np.asarray(degrees.geometry.array, dtype=object))
    return [
        Row(done + place, values, geometry)
        for place, (values, geometry) in enumerate(zip(records, geometries, strict=True), start=1)
    ]


def _geojson(shapes: Any) -> list[object]:
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all() and not shapely.is_empty(shapes).any():
        coordinates = shapely.get_coordinates(shapes).round(_DECIMALS).tolist()
        return [{"type": "Point", "coordinates": pair} for pair in coordinates]
    single = [shape.geoms[0] if getattr(shape, "geoms", None) and len(shape.geoms) == 1 else shape for shape in shapes]
    return [_one(shape) for shape in single]


def _one(shape: Any) -> object:
    if shape is None or shape.is_empty:
        return None
    mapped = json.loads(shapely.to_geojson(shape))
    if mapped["type"] in ("Point", "LineString"):
        rounded = shapely.get_coordinates(shape).round(_DECIMALS).tolist()
        return {"type": mapped["type"], "coordinates": rounded[0] if mapped["type"] == "Point" else rounded}
    return mapped
