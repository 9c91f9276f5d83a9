"""Rasters in and out: population grids that GDAL reads, surfaces as Cloud-Optimised GeoTIFF.

Imported late: rasterio brings GDAL with it.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import RasterioIOError
from rasterio.io import MemoryFile

from mapping.analysis.density import Surface
from mapping.analysis.exposure import Raster
from mapping.errors import TooLarge, UnreadableFile
from mapping.formats.tables import written_beside
from mapping.geodesy import in_crs

MAX_CELLS = 100_000_000


def read_raster(path: Path) -> Raster:
    """The first band of a raster, NaN where it holds no data.

    Parameters
    ----------
    path : Path
        GeoTIFF or anything else GDAL reads, north up, with a CRS.

    Returns
    -------
    Raster

    Raises
    ------
    UnreadableFile
        If it cannot be read, has no CRS, or is turned or mirrored.
    TooLarge
        If it has over a hundred million cells.
    """
    try:
        with rasterio.open(path) as opened:
            return _read(opened, path.name)
    except RasterioIOError:
        raise UnreadableFile(f"{path.name} cannot be read as a raster.") from None


def raster_from(geotiff: bytes) -> Raster:
    """A raster from the bytes of a GeoTIFF that `cut_raster` made."""
    with MemoryFile(geotiff) as file, file.open() as opened:
        return _read(opened, "the population")


def _read(opened: rasterio.DatasetReader, name: str) -> Raster:
    _require_north_up(opened, name)
    transform = opened.transform
    if opened.width * opened.height > MAX_CELLS:
        raise TooLarge(f"{name} has over {MAX_CELLS:,} cells; cut out the town first.")
    band = opened.read(1, masked=True).astype(np.float64)
    return Raster(np.ma.filled(band, np.nan), transform.c, transform.f, transform.a, -transform.e, opened.crs.to_wkt())


def _require_north_up(opened: rasterio.DatasetReader, name: str) -> None:
    if opened.crs is None:
        raise UnreadableFile(f"{name} has no CRS; give it one, for example with gdal_edit.py -a_srs.")
    transform = opened.transform
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise UnreadableFile(f"{name} is turned or mirrored; warp it north up, for example by gdalwarp.")


def cut_raster(path: Path, area_gdf: gpd.GeoDataFrame) -> bytes:
    """The part of a raster that covers an area, as the bytes of a GeoTIFF.

    Parameters
    ----------
    path : Path
        As for `read_raster`; larger ones may be cut from.
    area_gdf : GeoDataFrame
        The ground, any CRS.

    Returns
    -------
    bytes

    Raises
    ------
    UnreadableFile
        If it cannot be read, has no CRS, is turned or mirrored, or does not reach the area.
    """
    try:
        with rasterio.open(path) as opened:
            _require_north_up(opened, path.name)
            west, south, east, north = in_crs(area_gdf, opened.crs.to_wkt()).total_bounds
            grid = opened.transform
            left, right = (int(np.floor((x - grid.c) / grid.a)) for x in (west, east))
            top, bottom = (int(np.floor((y - grid.f) / grid.e)) for y in (north, south))
            rows, columns = (max(top, 0), min(bottom + 1, opened.height)), (max(left, 0), min(right + 1, opened.width))
            if rows[0] >= rows[1] or columns[0] >= columns[1]:
                raise UnreadableFile(f"{path.name} does not reach the community.")
            band = opened.read(1, window=(rows, columns), masked=True).astype(np.float64)
            corner = Affine(grid.a, grid.b, grid.c + columns[0] * grid.a, grid.d, grid.e, grid.f + rows[0] * grid.e)
            profile = {"driver": "GTiff", "dtype": "float64", "count": 1, "nodata": np.nan, "compress": "deflate"}
            place = {"width": band.shape[1], "height": band.shape[0], "crs": opened.crs, "transform": corner}
    except RasterioIOError:
        raise UnreadableFile(f"{path.name} cannot be read as a raster.") from None
    with MemoryFile() as file:
        with file.open(**profile, **place) as made:
            made.write(np.ma.filled(band, np.nan), 1)
        geotiff = bytes(file.read())
    raster_from(geotiff)
    return geotiff


def write_cog(surface: Surface, crs: Any, path: Path) -> None:
    """A surface as Cloud-Optimised GeoTIFF with overviews.

    Parameters
    ----------
    surface : Surface
        Points per km²; each node becomes the centre of a cell.
    crs : Any
        Metric CRS of the surface.
    path : Path
        File to write; replaced if it is there.

    Raises
    ------
    InvalidInput
        If it cannot be written.
    """
    north = surface.south + (surface.values.shape[0] - 0.5) * surface.cell_m
    profile = {
        "driver": "COG",
        "dtype": "float32",
        "count": 1,
        "height": surface.values.shape[0],
        "width": surface.values.shape[1],
        "crs": crs,
        "transform": Affine(surface.cell_m, 0, surface.west - surface.cell_m / 2, 0, -surface.cell_m, north),
        "compress": "deflate",
        "predictor": "yes",
    }
    with written_beside(path) as beside, rasterio.open(beside, "w", **profile) as opened:
        opened.write(surface.values[::-1].astype(np.float32), 1)
        opened.set_band_description(1, "density per km²")
        opened.update_tags(units="1/km2", method="Gaussian kernel density")
