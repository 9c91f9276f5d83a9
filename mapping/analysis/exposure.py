"""How many people live where: a population raster summed over areas, its cells shared by the area they have in common.

Source: Baston, exactextract, whose shares are exact; Freire et al. (2016), GHS-POP, for what such rasters hold. Caveat:
where people live is not where they walk.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray

from mapping.errors import AnalysisError
from mapping.geodesy import in_crs


@dataclass(frozen=True)
class Raster:
    """Numbers on a north-up grid.

    Parameters
    ----------
    values : ndarray of float, shape (rows, columns)
        The first row is the northernmost; NaN where nothing is known.
    west, north : float
        Outer corner, in units of the CRS.
    cell_width, cell_height : float
        Positive, in units of the CRS.
    crs : Any
        What pyproj takes for a CRS.
    """

    values: NDArray[np.float64]
    west: float
    north: float
    cell_width: float
    cell_height: float
    crs: Any

    def __post_init__(self) -> None:
        """Refuse what is no raster: GDAL ends the process on a corner that is no number."""
        numbers = (self.west, self.north, self.cell_width, self.cell_height)
        if self.values.ndim != 2 or 0 in self.values.shape or not np.isfinite(numbers).all():
            raise AnalysisError("A raster needs rows and columns, and a finite corner and cell size.")
        if not (self.cell_width > 0 and self.cell_height > 0) or self.crs is None or np.isinf(self.values).any():
            raise AnalysisError("A raster needs positive cells, a CRS, and numbers that are finite or missing.")


def people_within(areas_gdf: gpd.GeoDataFrame, population: Raster) -> NDArray[np.float64]:
    """People in each area.

    Parameters
    ----------
    areas_gdf : GeoDataFrame
        Polygons in any CRS.
    population : Raster
        People per cell, not per km².

    Returns
    -------
    ndarray of float, shape (n,)
        Zero where the raster knows nothing or does not reach.

    Raises
    ------
    GeodesyError
        If the areas have no CRS.
    AnalysisError
        If an area is missing, empty or invalid, or the raster holds negative numbers.
    """
    if np.nanmin(population.values, initial=0.0) < 0:
        raise AnalysisError("The raster holds negative numbers of people; say which of them means no data.")
    shapes = in_crs(areas_gdf[[areas_gdf.geometry.name]], population.crs)
    polygons = np.asarray(shapes.geometry.array, dtype=object)
    if not (shapely.is_valid(polygons) & ~shapely.is_empty(polygons)).all():  # missing ones are not valid
        raise AnalysisError("Every area needs a valid shape; mend or drop those without.")
    rows, columns = population.values.shape
    east, south = population.west + columns * population.cell_width, population.north - rows * population.cell_height
    source = NumPyRasterSource(
        np.nan_to_num(population.values, nan=0.0),
        population.west,
        south,
        east,
        population.north,
        srs_wkt=shapes.crs.to_wkt(),
    )
    if len(shapes) == 0:
        return np.zeros(0)
    found = exact_extract(source, shapes.reset_index(drop=True), "sum", output="pandas")
    return np.asarray(found["sum"].fillna(0.0), dtype=np.float64)
