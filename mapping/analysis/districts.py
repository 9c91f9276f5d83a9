"""Districts of any shape against each other: which stand out with their neighbours, and which stand out alone.

Gi* looks at a district with those it touches; local Moran's I finds the ones unlike their neighbours. Without exposure
the counts are exchangeable under the hypothesis, which suits districts of equal size; with exposure every resident,
visit or metre has the same rate, which suits the rest. Caveat: borders are drawn by administrations, and a small place
that hurts disappears in a large district; places themselves are better where they are known.
Sources: see `getis_ord`, `moran` and `rates`.
"""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from mapping.analysis.getis_ord import exact_p_values, getis_ord, q_values
from mapping.analysis.moran import exact_local_p_values, local_moran, morans_i
from mapping.analysis.rates import checked_exposure, empirical_bayes, excess_p_values
from mapping.analysis.weights import Weights, contiguity_weights
from mapping.errors import AnalysisError
from mapping.geodesy import require_metric

MAX_Q = 0.05
STANDINGS = ("together", "alone", "quiet", "none")


def compare_districts(
    districts_gdf: gpd.GeoDataFrame,
    events: NDArray[np.int64],
    exposure: NDArray[np.float64] | None = None,
    *,
    max_q: float = MAX_Q,
    strict: bool = False,
) -> gpd.GeoDataFrame:
    """Gi*, local Moran and shrunken rates of districts.

    Parameters
    ----------
    districts_gdf : GeoDataFrame
        Polygons in a metric CRS; neighbours are those that share a vertex.
    events : ndarray of int64, shape (n,)
        Counted in each, zero or more.
    exposure : ndarray of float, shape (n,), optional
        Residents, visits, metres of street: what events would follow if nothing were the matter.
    max_q : float
        Largest share of false alarms among what is said to stand out.
    strict : bool
        Benjamini-Yekutieli in place of Benjamini-Hochberg.

    Returns
    -------
    GeoDataFrame
        On the index of `districts_gdf`: geometry, events, expected (events at the mean count or rate), shrunken_rate
        (events per unit of exposure, empirical Bayes; the count without exposure), neighbours (how many), gi_star,
        p_value and q_value of the neighbourhood, local_moran, quadrant, own_p_value and own_q_value (of the outlier),
        standing: "together" with its neighbours, "alone" (much among little), "quiet" (little among much) or "none".

    Raises
    ------
    GeodesyError
        If the CRS is missing or not in metres.
    AnalysisError
        If a geometry is missing, counts are not whole, or exposure does not fit them.
    """
    require_metric(districts_gdf)
    counts = np.asarray(events)
    if counts.shape != (len(districts_gdf),) or not np.issubdtype(counts.dtype, np.integer):
        raise AnalysisError("There must be one whole count for each district.")
    if len(counts) and counts.min() < 0:
        raise AnalysisError("Counts cannot be negative.")
    near = contiguity_weights(np.asarray(districts_gdf.geometry.array, dtype=object))
    if exposure is None:
        rates = counts.astype(np.float64)
        expected = np.full(len(counts), rates.mean() if len(counts) else 0.0)
        p_value, own_p = exact_p_values(counts, near.with_self()), exact_local_p_values(counts, near)
    else:
        _, base = checked_exposure(counts, exposure)
        rates = empirical_bayes(counts, base)
        share = base / base.sum() if base.any() else base
        expected = share * counts.sum()
        p_value, own_p = _rate_p_values(counts, share, near)
    moran = local_moran(rates, near.row_standardised())
    q_value, own_q = q_values(p_value, strict=strict), q_values(own_p, strict=strict)
    is_odd = (own_q <= max_q) & (q_value > max_q)
    standing = np.select(
        [q_value <= max_q, is_odd & (moran.quadrant == "high-low"), is_odd & (moran.quadrant == "low-high")],
        STANDINGS[:3],
        default=STANDINGS[3],
    )
    return gpd.GeoDataFrame(
        {
            "events": counts,
            "expected": expected,
            "shrunken_rate": rates,
            "neighbours": near.weights.astype(np.int64),
            "gi_star": getis_ord(rates, near.with_self()),
            "p_value": p_value,
            "q_value": q_value,
            "local_moran": moran.statistic,
            "quadrant": moran.quadrant,
            "own_p_value": own_p,
            "own_q_value": own_q,
            "standing": standing,
        },
        index=districts_gdf.index,
        geometry=districts_gdf.geometry.array,
        crs=districts_gdf.crs,
    )


def _rate_p_values(
    counts: NDArray[np.int64], share: NDArray[np.float64], near: Weights
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance of each neighbourhood's events, and of each district's own, too many or too few, at one rate."""
    total, around = int(counts.sum()), near.with_self()
    together = excess_p_values(around.sums(counts).astype(np.int64), np.minimum(around.sums(share), 1.0), total)
    many = excess_p_values(counts, share, total)
    few = excess_p_values(total - counts, 1.0 - share, total)
    return together, np.minimum(2 * np.minimum(many, few), 1.0)


def likeness(compared_gdf: gpd.GeoDataFrame) -> float:
    """Moran's I of the shrunken rates: above zero where like lies beside like.

    Parameters
    ----------
    compared_gdf : GeoDataFrame
        Of `compare_districts`.
    """
    near = contiguity_weights(np.asarray(compared_gdf.geometry.array, dtype=object)).row_standardised()
    return morans_i(compared_gdf["shrunken_rate"].to_numpy(), near)
