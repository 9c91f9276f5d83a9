"""Places that come, stay and go are called so; noise is called nothing."""

import numpy as np
import pandas as pd
import pytest

from mapping.analysis.grids import HexagonGrid, unique_cells
from mapping.analysis.lattices import Lattice
from mapping.analysis.space_time import disjoint_windows, space_time
from mapping.errors import AnalysisError

CELLS, _ = unique_cells(np.stack(np.meshgrid(np.arange(30), np.arange(30)), axis=-1).reshape(-1, 2))
LATTICE = Lattice(HexagonGrid(50), CELLS, 1)


def noise(seed: int, windows: int = 10) -> np.ndarray:
    return np.random.default_rng(seed).poisson(0.2, (len(CELLS), windows))


def cell(q: int, r: int) -> int:
    return int(np.flatnonzero((np.array([q, r]) == CELLS).all(axis=1))[0])


def around(q: int, r: int) -> np.ndarray:
    """The cell and its six neighbours: a place in one single cell cannot stand out, since some cell must be first."""
    return LATTICE.within_reach(np.array([cell(q, r)]))


def test_new_lasting_growing_and_gone_places_have_their_names() -> None:
    counts = noise(1)
    counts[around(5, 5), -1] += 9
    counts[around(15, 5)] += 9
    counts[around(5, 15)] += 6 + np.arange(10)
    counts[around(15, 15), :9] += 9
    found = space_time(counts, LATTICE, max_q=0.05)
    assert found.category[cell(5, 5)] == "new"
    assert found.category[cell(15, 5)] in {"persistent", "diminishing", "intensifying"}
    assert found.category[cell(5, 15)] == "intensifying"
    assert found.category[cell(15, 15)] == "historical"
    assert found.trends.slope[cell(5, 15)] == pytest.approx(7, abs=0.5)
    assert found.trends.p_value[cell(5, 15)] < 0.001


def test_noise_is_mostly_nothing() -> None:
    found = space_time(noise(2), LATTICE, max_q=0.05)
    assert (found.category == "none").mean() > 0.99
    empty = space_time(np.zeros((len(CELLS), 3), dtype=int), LATTICE, max_q=0.05)
    assert (empty.category == "none").all()
    assert not empty.is_hot.any()
    assert not empty.is_cold.any()


def test_an_empty_place_among_many_marks_is_cold() -> None:
    counts = np.random.default_rng(3).poisson(6, (len(CELLS), 3))
    hole = np.abs(CELLS - 15).max(axis=1) <= 2
    counts[hole] = 0
    found = space_time(counts, LATTICE, max_q=0.05)
    assert found.is_cold[cell(15, 15)].all()
    assert not found.is_hot[cell(15, 15)].any()


def test_windows_end_together_and_do_not_overlap() -> None:
    end = pd.Timestamp("2026-10-01", tz="UTC")
    times = pd.Series([end, end - pd.Timedelta(days=29), end - pd.Timedelta(days=31), end - pd.Timedelta(days=95),
                       end + pd.Timedelta(days=1)])  # fmt: skip
    window, begins = disjoint_windows(times, 30, end=end)
    assert window.tolist() == [2, 2, 1, -1, -1]
    assert begins == [end - pd.Timedelta(days=days) for days in (90, 60, 30)]


def test_too_short_a_history_is_refused() -> None:
    end = pd.Timestamp("2026-10-01", tz="UTC")
    for times in ([end], [], [end + pd.Timedelta(days=400)]):
        with pytest.raises(AnalysisError, match="fewer than 3 windows"):
            disjoint_windows(pd.Series(times, dtype="datetime64[ns, UTC]"), 30, end=end)
    with pytest.raises(AnalysisError, match="a time"):
        disjoint_windows(pd.Series([end, pd.NaT]), 30, end=end)
    with pytest.raises(AnalysisError, match="at least 3 steps"):
        space_time(np.zeros((len(CELLS), 2), dtype=int), LATTICE, max_q=0.05)
