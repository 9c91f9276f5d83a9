"""From cells to the shape a person recognises: neighbouring cells joined, drawn as the streets inside them."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from mapping.analysis.hexagons import Cells, cell_polygons

STREET_BUFFER_M = 17.0
SMOOTHING_M = 12.0


def joined(chosen: NDArray[np.bool_], neighbours: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups of chosen cells that touch.

    Parameters
    ----------
    chosen : ndarray of bool, shape (n,)
        Which cells take part.
    neighbours : ndarray of int64, shape (n, m)
        Positions of the cell itself and its neighbours, −1 where there is none.

    Returns
    -------
    list of ndarray of int64
        Positions of the cells of each group, in the order of their first cell.
    """
    rows, slots = np.nonzero((neighbours >= 0) & chosen[:, None])
    columns = neighbours[rows, slots]
    both = chosen[columns]
    graph = coo_array((np.ones(both.sum()), (rows[both], columns[both])), shape=(len(chosen), len(chosen)))
    _, labels = connected_components(graph, directed=False)
    positions = np.flatnonzero(chosen)
    return [positions[labels[positions] == label] for label in dict.fromkeys(labels[positions].tolist())]


def hotspot_shape(cells: Cells, cell_size_m: float, streets_gdf: gpd.GeoDataFrame) -> tuple[BaseGeometry, list[str]]:
    """The shape and the street names of a group of cells.

    Parameters
    ----------
    cells : ndarray of int64, shape (n, 2)
        Axial coordinates.
    cell_size_m : float
        Width of the hexagons, metres.
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
    ground = shapely.union_all(cell_polygons(cells, cell_size_m))
    nearby = streets_gdf.iloc[np.sort(streets_gdf.sindex.query(ground, predicate="intersects"))]
    named = nearby[nearby["name"].notna()]
    pieces = (named if len(named) else nearby).geometry.intersection(ground)
    pieces = pieces[pieces.length > 1.0]
    lengths = pieces.length.groupby(named["name"].reindex(pieces.index)).sum() if len(named) else None
    names = [] if lengths is None else [str(name) for name in lengths.sort_values(ascending=False, kind="stable").index]
    if len(pieces) == 0:
        smoothing_m = min(SMOOTHING_M, cell_size_m / 4)  # less than a lone cell's inner radius
        return ground.buffer(smoothing_m).buffer(-2 * smoothing_m).buffer(smoothing_m), names
    shape = shapely.union_all(pieces.to_numpy()).buffer(STREET_BUFFER_M)
    rounded = shape.buffer(SMOOTHING_M).buffer(-SMOOTHING_M)
    return shapely.simplify(rounded, 0.5), names
