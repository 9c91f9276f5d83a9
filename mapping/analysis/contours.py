"""Outlines of a density surface: areas above some levels, for maps that draw areas and not pictures."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray

from mapping.analysis.density import Surface
from mapping.errors import AnalysisError

SHARES = (0.1, 0.25, 0.5, 0.75)


def density_areas(surface: Surface, crs: object, *, shares: tuple[float, ...] = SHARES) -> gpd.GeoDataFrame:
    """Areas at least as dense as given shares of the peak, one inside the other.

    Parameters
    ----------
    surface : Surface
        As `density.kernel_density` gives it.
    crs : Any
        Metric CRS of the surface.
    shares : tuple of float
        Of the peak, rising, between 0 and 1.

    Returns
    -------
    GeoDataFrame
        One row a share, in their order: share, density (points per km²) and geometry (MultiPolygon, metres). Empty
        where the surface is zero everywhere.

    Raises
    ------
    AnalysisError
        If the shares do not rise between 0 and 1.
    """
    if not shares or min(shares) <= 0 or max(shares) >= 1 or list(shares) != sorted(set(shares)):
        raise AnalysisError("Levels are shares of the peak: rising, between 0 and 1.")
    peak = float(surface.values.max(initial=0.0))
    if peak == 0:
        return gpd.GeoDataFrame({"share": [], "density": []}, geometry=[], crs=crs)
    rows, columns = surface.values.shape
    generator = contour_generator(
        surface.west + surface.cell_m * np.arange(columns),
        surface.south + surface.cell_m * np.arange(rows),
        surface.values,
        fill_type=FillType.OuterOffset,
    )
    shapes = []
    for share in shares:
        lines, offsets, *_ = generator.filled(share * peak, np.inf)
        outlines = zip(lines, offsets, strict=True)
        polygons = [_polygon(line, ends) for line, ends in outlines if line is not None and ends is not None]
        shapes.append(shapely.multipolygons(shapely.get_parts(shapely.union_all(shapely.make_valid(polygons)))))
    return gpd.GeoDataFrame(
        {"share": list(shares), "density": [share * peak for share in shares]}, geometry=shapes, crs=crs
    )


def _polygon(line: NDArray[np.float64], ends: NDArray[np.integer]) -> shapely.Polygon:
    """An outline and its holes, from one array of all their corners."""
    outline, *holes = (line[begin:end] for begin, end in pairwise(ends))
    return shapely.Polygon(outline, holes)
