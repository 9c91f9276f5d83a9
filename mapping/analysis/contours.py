"""Outlines of a density surface: areas above some levels, for maps that draw areas and not pictures."""

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray

from mapping.analysis.density import Surface
from mapping.errors import AnalysisError


def density_areas(surface: Surface, crs: object, *, levels: Sequence[float]) -> gpd.GeoDataFrame:
    """Areas at least as dense as given levels, one inside the other.

    Parameters
    ----------
    surface : Surface
        As `density.kernel_density` gives it.
    crs : Any
        Metric CRS of the surface.
    levels : sequence of float
        Points per km², positive and rising.

    Returns
    -------
    GeoDataFrame
        One row for each level that is reached, in their order: level (its position), density (points per km²) and
        geometry (MultiPolygon, metres).

    Raises
    ------
    AnalysisError
        If the levels are not positive and rising.
    """
    if len(levels) == 0 or not min(levels) > 0 or list(levels) != sorted(set(levels)):
        raise AnalysisError("Levels of density must be positive and rising.")
    reached = [level for level in levels if level < surface.values.max(initial=0.0)]
    rows, columns = surface.values.shape
    generator = contour_generator(
        surface.west + surface.cell_m * np.arange(columns),
        surface.south + surface.cell_m * np.arange(rows),
        surface.values,
        fill_type=FillType.OuterOffset,
    )
    shapes = []
    for level in reached:
        lines, offsets, *_ = generator.filled(level, np.inf)
        outlines = zip(lines, offsets, strict=True)
        polygons = [_polygon(line, ends) for line, ends in outlines if line is not None and ends is not None]
        shapes.append(shapely.multipolygons(shapely.get_parts(shapely.union_all(shapely.make_valid(polygons)))))
    return gpd.GeoDataFrame({"level": range(len(reached)), "density": reached}, geometry=shapes, crs=crs)


def _polygon(line: NDArray[np.float64], ends: NDArray[np.integer]) -> shapely.Polygon:
    """An outline and its holes, from one array of all their corners."""
    outline, *holes = (line[begin:end] for begin, end in pairwise(ends))
    return shapely.Polygon(outline, holes)
