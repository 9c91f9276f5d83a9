"""Spatial weights of any places: which are neighbours, as sparse matrices.

Sources: Anselin & Rey (2014), Modern Spatial Econometrics in Practice, ch. 3 and 4.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.spatial import cKDTree

from mapping.analysis.points import checked_points
from mapping.errors import AnalysisError


class Weights:
    """Neighbourhoods of n places by a sparse matrix.

    Parameters
    ----------
    matrix : csr_array, shape (n, n)
        Finite weights, none negative; a place's own weight on the diagonal.

    Attributes
    ----------
    weights, squares : ndarray of float, shape (n,)
        Sum of each row and of its squares.

    Raises
    ------
    AnalysisError
        If the matrix is not square or a weight is negative or not finite.
    """

    def __init__(self, matrix: csr_array) -> None:
        if matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix.data).all() or (matrix.data < 0).any():
            raise AnalysisError("Weights must be a square matrix of finite numbers, none negative.")
        self.matrix = matrix
        self.weights = np.asarray(matrix.sum(axis=1), dtype=np.float64)
        self.squares = np.asarray(matrix.power(2).sum(axis=1), dtype=np.float64)

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Weighted sum of the values in each place's neighbourhood, shape (n,).

        Parameters
        ----------
        values : ndarray, shape (n,)
            One value a place.
        """
        return np.asarray(self.matrix @ values.astype(np.float64), dtype=np.float64)

    def with_self(self) -> "Weights":
        """The same with each place in its own neighbourhood, weight one, as Gi* asks."""
        return Weights(csr_array(self.matrix - _diagonal(self.matrix) + eye_array(self.matrix.shape[0], format="csr")))

    def without_self(self) -> "Weights":
        """The same with no place in its own neighbourhood, as Moran's I asks."""
        return Weights(csr_array(self.matrix - _diagonal(self.matrix)))

    def row_standardised(self) -> "Weights":
        """The same with rows that sum to one; rows without neighbours stay empty."""
        scale = np.divide(1.0, self.weights, out=np.zeros(len(self.weights)), where=self.weights > 0)
        scaled = self.matrix.copy()
        scaled.data = scaled.data * np.repeat(scale, np.diff(scaled.indptr))
        return Weights(scaled)


def _diagonal(matrix: csr_array) -> csr_array:
    count = matrix.shape[0]
    return csr_array((matrix.diagonal(), np.arange(count), np.arange(count + 1)), shape=matrix.shape)


def _binary(rows: NDArray[np.int64], columns: NDArray[np.int64], count: int) -> Weights:
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    matrix.data[:] = 1.0  # pairs met more than once were added up
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    return Weights(matrix)


def contiguity_weights(polygons: NDArray[np.object_]) -> Weights:
    """Queen contiguity: polygons that share a vertex, without themselves.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon, shape (n,)
        Any CRS; borders drawn with the same vertices on both sides.

    Returns
    -------
    Weights
        Ones.

    Raises
    ------
    AnalysisError
        If a geometry is missing, empty or no polygon, or a corner is not finite.
    """
    shapes = np.asarray(polygons, dtype=object)
    if shapely.is_missing(shapes).any() or shapely.is_empty(shapes).any():
        raise AnalysisError("Every polygon needs a shape; drop those that are missing or empty.")
    if (shapely.get_dimensions(shapes) != 2).any():
        raise AnalysisError("Only polygons touch; take distances between points or lines.")
    points, owners = shapely.get_coordinates(shapes, return_index=True)
    if not np.isfinite(points).all():
        raise AnalysisError("Corners of polygons must be finite.")
    vertices = (points + 0.0).view(np.complex128).ravel()  # adding zero makes −0 a zero
    _, vertex = np.unique(vertices, return_inverse=True)
    held = csr_array((np.ones(len(owners)), (owners, vertex)), shape=(len(shapes), len(vertices)))
    shared = (held @ held.T).tocoo()
    return _binary(shared.row, shared.col, len(shapes))


def distance_weights(points_m: NDArray[np.float64], threshold_m: float) -> Weights:
    """Places within a distance, without themselves.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Metres.
    threshold_m : float
        Metres, inclusive.

    Returns
    -------
    Weights
        Ones.

    Raises
    ------
    AnalysisError
        If a number is not finite or the threshold not positive.
    """
    points = checked_points(points_m)
    if not (np.isfinite(threshold_m) and threshold_m > 0):
        raise AnalysisError("The threshold must be a positive number of metres.")
    pairs = cKDTree(points).query_pairs(threshold_m, output_type="ndarray") if len(points) else np.zeros((0, 2), int)
    one, other = pairs[:, 0], pairs[:, 1]
    return _binary(np.concatenate([one, other]), np.concatenate([other, one]), len(points))


def nearest_weights(points_m: NDArray[np.float64], count: int) -> Weights:
    """The `count` nearest other places of each.

    Parameters
    ----------
    points_m : ndarray of float, shape (n, 2)
        Metres; more than `count`, no two alike (aggregate coincident points first).
    count : int
        One or more.

    Returns
    -------
    Weights
        Ones.

    Raises
    ------
    AnalysisError
        If there are too few places, or two in one spot.
    """
    points = checked_points(points_m)
    if not 1 <= count < len(points):
        raise AnalysisError("The number of neighbours must be at least one and less than the number of places.")
    if len(np.unique(points, axis=0)) < len(points):
        raise AnalysisError("Some places coincide; add their values up into one first.")
    near = cKDTree(points).query(points, count + 1)[1][:, 1:]
    return _binary(np.repeat(np.arange(len(points)), count), near.ravel(), len(points))
