"""How good hotspots are: how much of what happened later they catch, beside simple ways of choosing the same ground.

Sources: Chainey, Tompson & Uhlig (2008), doi:10.1057/palgrave.sj.8350066 (PAI, the hit rate per share of ground);
Hunt (2016), Do crime hot spots move?, American University (PEI*, PAI as a share of the best possible on as much
ground); Levine (2008), doi:10.1057/sj.2008.6 (RRI, whether a hotspot keeps its share).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.density import REACH, density_on, kernel_density
from mapping.analysis.getis_ord import exact_p_values, getis_ord, q_values
from mapping.analysis.grids import Cells, Grid, cell_keys
from mapping.analysis.lattices import Lattice
from mapping.errors import AnalysisError

ENOUGH_NODES = 10_000_000


@dataclass(frozen=True)
class Catch:
    """What chosen ground caught of a later period.

    Parameters
    ----------
    caught : int
        Later events on the chosen cells.
    hit_rate : float
        As a share of all later events.
    ground_share : float
        Chosen cells as a share of all.
    pai : float
        Prediction accuracy index: hit rate over share of ground; 1 is no better than chance.
    pei : float
        PEI*: caught events as a share of the most that as many cells could catch.
    rri : float
        Recapture rate index: later over earlier share of events on the chosen cells; below 1 they cooled. Zero where
        there was nothing to recapture.
    """

    caught: int
    hit_rate: float
    ground_share: float
    pai: float
    pei: float
    rri: float


def catch(chosen: NDArray[np.bool_], earlier: NDArray[np.int64], later: NDArray[np.int64]) -> Catch:
    """What chosen cells catch.

    Parameters
    ----------
    chosen : ndarray of bool, shape (n,)
        The ground.
    earlier, later : ndarray of int64, shape (n,)
        Events of the period the choice was made from, and of the one after.

    Returns
    -------
    Catch
        Zeros where nothing was chosen.

    Raises
    ------
    AnalysisError
        If there are no later events, a number is negative, or the shapes differ.
    """
    if not chosen.shape == earlier.shape == later.shape:
        raise AnalysisError("Chosen cells and events of both periods must have one shape.")
    if min(later.min(initial=0), earlier.min(initial=0)) < 0:
        raise AnalysisError("Numbers of events cannot be negative.")
    total = int(later.sum())
    if total == 0:
        raise AnalysisError("There are no events in the later period; choose an earlier date to split at.")
    count = int(chosen.sum())
    caught, most = int(later[chosen].sum()), int(np.sort(later)[::-1][:count].sum())
    hit_rate, ground_share = caught / total, count / len(chosen)
    before = int(earlier[chosen].sum()) / max(int(earlier.sum()), 1)
    return Catch(
        caught,
        hit_rate,
        ground_share,
        hit_rate / ground_share if count else 0.0,
        caught / most if most else 0.0,
        hit_rate / before if before else 0.0,
    )


def compare_with_naive(
    earlier_m: NDArray[np.float64],
    later_m: NDArray[np.float64],
    *,
    grid: Grid,
    ground: Cells,
    rings: int,
    max_q: float,
) -> dict[str, Catch]:
    """Hotspots of one period held against the next, beside raw counts and a density surface on as much ground.

    Parameters
    ----------
    earlier_m, later_m : ndarray of float, shape (n, 2)
        Events of the period to learn from and of the one held back, metres; those off the ground are left out.
    grid : Grid
        Cells.
    ground : ndarray of int64, shape (m, 2)
        Cells that count, each once.
    rings : int
        Reach of the neighbourhoods of Gi*; the surface's bandwidth is as wide.
    max_q : float
        Largest share of false alarms among the hotspot cells.

    Returns
    -------
    dict
        Catch by name: "hotspots" (significant cells), "counts" (as many cells, the fullest) and "density" (as many,
        the densest). Ties go to the first cell.

    Raises
    ------
    AnalysisError
        If nothing happened later on this ground.
    """
    earlier, later = _on_ground(grid, ground, earlier_m), _on_ground(grid, ground, later_m)
    lattice = Lattice(grid, ground, rings)
    is_hot = q_values(exact_p_values(earlier, lattice)) <= max_q
    is_hot &= getis_ord(earlier, lattice) > 0
    chosen = int(is_hot.sum())
    bandwidth_m = grid.cell_size_m * (rings + 0.5)
    held = earlier > 0
    centres = grid.centres(ground)
    density = np.zeros(len(ground))
    if held.any():
        extent = np.ptp(centres[held], axis=0) + 2 * REACH * bandwidth_m
        node_m = max(bandwidth_m / 5, float(np.sqrt(extent.prod() / ENOUGH_NODES)))
        weights = earlier[held].astype(np.float64)
        density = density_on(kernel_density(centres[held], bandwidth_m, cell_m=node_m, weights=weights), centres)
    return {
        "hotspots": catch(is_hot, earlier, later),
        "counts": catch(_highest(earlier, chosen), earlier, later),
        "density": catch(_highest(density, chosen), earlier, later),
    }


def _on_ground(grid: Grid, ground: Cells, points_m: NDArray[np.float64]) -> NDArray[np.int64]:
    cells = grid.cells_of(points_m)
    if len(ground) == 0:
        raise AnalysisError("There is no ground to look at; give an area with streets or cells.")
    keys, asked = cell_keys(ground), cell_keys(cells)
    order = np.argsort(keys)
    found = order[np.minimum(np.searchsorted(keys, asked, sorter=order), len(keys) - 1)]
    return np.bincount(found[keys[found] == asked], minlength=len(ground))


def _highest(values: NDArray[np.generic], count: int) -> NDArray[np.bool_]:
    chosen = np.zeros(len(values), dtype=np.bool_)
    chosen[np.argsort(-values.astype(np.float64), kind="stable")[:count]] = True
    return chosen
