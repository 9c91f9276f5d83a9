"""How a hotspot behaves over disjoint windows of time, in the categories of Esri's emerging hot spot analysis.

Source: Esri, ArcGIS Pro, "How Emerging Hot Spot Analysis works". Windows are disjoint here: overlapping ones make the
steps of a series depend on each other and the trend test too bold.
"""

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.trend import mann_kendall
from mapping.errors import AnalysisError

OFTEN = 0.9
CATEGORIES = (
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
    "none",
)


def emerging_categories(
    strength: NDArray[np.generic],
    is_hot: NDArray[np.bool_],
    is_cold: NDArray[np.bool_],
    *,
    max_p: float = 0.05,
) -> NDArray[np.str_]:
    """The category of each cell.

    Parameters
    ----------
    strength : ndarray, shape (n, steps)
        Gi* of each cell in each window, oldest first.
    is_hot, is_cold : ndarray of bool, shape (n, steps)
        Whether the cell was a significant hot or cold spot in the window.
    max_p : float
        Largest p-value of the Mann-Kendall test that counts as a trend.

    Returns
    -------
    ndarray of str, shape (n,)
        One of `CATEGORIES`: new (hot in the last window only), consecutive (hot in the last windows without a
        gap, never before), intensifying, persistent, diminishing (hot nine times in ten and in the last window,
        getting stronger, neither, weaker), sporadic (hot now, and on and off before), oscillating (hot now, cold
        before), historical (hot nine times in ten, not in the last window), none.

    Raises
    ------
    AnalysisError
        If the shapes differ, or there are fewer than three windows.
    """
    if not strength.shape == is_hot.shape == is_cold.shape:
        raise AnalysisError("Strength, hot and cold must have one shape: cells by windows.")
    trend = mann_kendall(strength)
    steps = strength.shape[1]
    is_rising = (trend.p_value <= max_p) & (trend.z > 0)
    is_falling = (trend.p_value <= max_p) & (trend.z < 0)
    times_hot = is_hot.sum(axis=1)
    is_often, hot_now = times_hot >= OFTEN * steps, is_hot[:, -1]
    run = np.cumprod(is_hot[:, ::-1], axis=1).sum(axis=1)  # windows without a gap up to the last
    rules = [
        hot_now & (times_hot == 1),
        hot_now & ~is_often & (run == times_hot),
        hot_now & is_often & is_rising,
        hot_now & is_often & is_falling,
        hot_now & is_often,
        hot_now & is_cold.any(axis=1),
        hot_now,
        is_often,
    ]
    names = ["new", "consecutive", "intensifying", "diminishing", "persistent", "oscillating", "sporadic", "historical"]
    return np.select(rules, names, default="none")
