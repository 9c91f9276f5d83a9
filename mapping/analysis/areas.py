"""From cells to the shape a person recognises: neighbouring cells joined, drawn as the streets inside them."""

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.analysis.grids import Cells, Grid

STREET_BUFFER_M = 17.0
SMOOTHING_M = 12.0


def hotspot_shape(cells: Cells, grid: Grid, streets_gdf: gpd.GeoDataFrame) -> tuple[BaseGeometry, list[str]]:
    """The shape and the street names of a group of cells.

    Parameters
    ----------
    cells : ndarray of int64, shape (n, 2)
        The group.
    grid : Grid
        Whose cells.
    streets_gdf : GeoDataFrame
        Metric CRS; column name; LineStrings.

    Returns
    -------
    shape : Polygon or MultiPolygon
        The pieces of streets inside the cells, buffered 17 m; the smoothed cells where there is no street. The cells
        are fixed, so the shape tells no single mark's place.
    names : list of str
        Street names, the longest inside first.
    """
    ground = shapely.union_all(grid.polygons(cells))
    nearby = streets_gdf.iloc[np.sort(streets_gdf.sindex.query(ground, predicate="intersects"))]
    named = nearby[nearby["name"].notna()]
    pieces = (named if len(named) else nearby).geometry.intersection(ground)
    pieces = pieces[pieces.length > 1.0]
    lengths = pieces.length.groupby(named["name"].reindex(pieces.index)).sum() if len(named) else None
    names = [] if lengths is None else [str(name) for name in lengths.sort_values(ascending=False, kind="stable").index]
    if len(pieces) == 0:
        smoothing_m = min(SMOOTHING_M, grid.cell_size_m / 4)  # less than a lone cell's inner radius
        return ground.buffer(smoothing_m).buffer(-2 * smoothing_m).buffer(smoothing_m), names
    shape = shapely.union_all(pieces.to_numpy()).buffer(STREET_BUFFER_M)
    rounded = shape.buffer(SMOOTHING_M).buffer(-SMOOTHING_M)
    return shapely.simplify(rounded, 0.5), names
