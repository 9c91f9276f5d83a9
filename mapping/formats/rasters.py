"""Rasters in and out: population grids that GDAL reads, surfaces as Cloud-Optimised GeoTIFF.

Imported late: rasterio brings GDAL with it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import RasterioIOError

from mapping.analysis.density import Surface
from mapping.analysis.exposure import Raster
from mapping.errors import TooLarge, UnreadableFile

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
            if opened.crs is None:
                raise UnreadableFile(f"{path.name} has no CRS; give it one, for example with gdal_edit.py -a_srs.")
            transform = opened.transform
            if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
                raise UnreadableFile(f"{path.name} is turned or mirrored; warp it north up, for example by gdalwarp.")
            if opened.width * opened.height > MAX_CELLS:
                raise TooLarge(f"{path.name} has over {MAX_CELLS:,} cells; cut out the town first.")
            band = opened.read(1, masked=True).astype(np.float64)
            return Raster(
                np.ma.filled(band, np.nan), transform.c, transform.f, transform.a, -transform.e, opened.crs.to_wkt()
            )
    except RasterioIOError:
        raise UnreadableFile(f"{path.name} cannot be read as a raster.") from None


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
    with rasterio.open(path, "w", **profile) as opened:
        opened.write(surface.values[::-1].astype(np.float32), 1)
        opened.set_band_description(1, "density per km²")
        opened.update_tags(units="1/km2", method="Gaussian kernel density")
