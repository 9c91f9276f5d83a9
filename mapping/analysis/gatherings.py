"""Where marks gather more than chance would put them: public ones on fine cells, what is told of people on coarse ones.

The two are searched apart, so that no mark about people moves what public marks give, and joined where they touch.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from mapping.analysis.disclosure import TOLD_GRID, ToldVoices
from mapping.analysis.getis_ord import exact_p_values, q_values
from mapping.analysis.grids import Cells, Grid, ground_cells, rings_within, sample_points, unique_cells
from mapping.analysis.lattices import Lattice
from mapping.analysis.parameters import HotspotParameters
from mapping.analysis.rates import excess_p_values

MIN_TOGETHER = 2
SAMPLE_M, BESIDE_M = 10.0, 8.0
NO_CELLS: Cells = np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Gathering:
    """Cells that make one hotspot.

    Parameters
    ----------
    public : ndarray of int64, shape (n, 2)
        Cells of the fine grid in which public marks gather.
    told : ndarray of int64, shape (m, 2)
        Cells of `disclosure.TOLD_GRID` in which what is told of people gathers.
    q_value : float
        The smallest among them; NaN where nothing was tested.
    """

    public: Cells
    told: Cells
    q_value: float


def in_cells(voices: pd.DataFrame, cells: Cells) -> NDArray[np.bool_]:
    """Which voices (columns q, r) lie in one of the cells, shape (voices,)."""
    places = pd.MultiIndex.from_frame(voices[["q", "r"]])
    return np.asarray(places.isin(pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])), dtype=np.bool_)


def public_gatherings(
    voices: pd.DataFrame,
    grid: Grid,
    area: BaseGeometry,
    streets: NDArray[np.object_],
    parameters: HotspotParameters,
    *,
    is_tested: bool,
) -> list[Gathering]:
    """Where public marks gather, by the exact test of Gi*.

    Parameters
    ----------
    voices : DataFrame
        As `one_voice` gives them.
    grid : Grid
        Whose cells they are in.
    area : Polygon or MultiPolygon
        The community's ground, metres.
    streets : ndarray of geometry
        Cells without a street or a mark take no part.
    parameters : HotspotParameters
        Reach, level, procedure.
    is_tested : bool
        Whether there are marks enough to test; else each cell with two people within reach gathers.
    """
    if len(voices) == 0:
        return []
    cells, _ = unique_cells(np.vstack([ground_cells(grid, area, streets), voices[["q", "r"]].to_numpy()]))
    rings = rings_within(grid.cell_size_m, parameters.reach_m)
    lattice = Lattice(grid, cells, rings)
    people = voices.drop_duplicates(["q", "r", "reporter"]).groupby(["q", "r"]).size()
    counts = _by_cell(people, cells)
    if is_tested:
        q_cells = q_values(exact_p_values(counts, lattice), strict=parameters.strict)
        chosen = q_cells <= parameters.max_q
    else:
        q_cells, chosen = np.full(len(cells), np.nan), lattice.sums(counts) >= MIN_TOGETHER
    groups = lattice.joined(chosen, bridge=rings // 2)
    found = [Gathering(cells[group], NO_CELLS, float(q_cells[group].min())) for group in groups]
    return [one for one in found if voices["reporter"][in_cells(voices, one.public)].nunique() >= MIN_TOGETHER]


def told_gatherings(
    told: ToldVoices,
    area: BaseGeometry,
    streets: NDArray[np.object_],
    parameters: HotspotParameters,
    *,
    is_tested: bool,
) -> list[Gathering]:
    """Where what is told of people gathers, by the exact binomial test of each coarse cell.

    Parameters
    ----------
    told : ToldVoices
        People by cell.
    area, streets, parameters
        As for `public_gatherings`.
    is_tested : bool
        Whether there are marks enough to test; else each cell that is told of gathers.

    Notes
    -----
    Under the hypothesis each mark falls on any cell with a street alike, or on any metre of street alike: for each
    cell the one that makes it likelier. People are rounded down and the total up, so that chances are no smaller than
    those of the full counts.
    """
    held, people = told.cells()
    if len(held) == 0:
        return []
    cells, _ = unique_cells(np.vstack([ground_cells(TOLD_GRID, area, streets), held]))
    counts = _by_cell(people, cells)
    if is_tested:
        p_values = excess_p_values(counts, _shares(cells, streets), told.marks)
        q_cells = q_values(p_values, strict=parameters.strict)
        chosen = q_cells <= parameters.max_q
    else:
        q_cells, chosen = np.full(len(cells), np.nan), counts > 0
    groups = Lattice(TOLD_GRID, cells, 1).joined(chosen)
    return [Gathering(NO_CELLS, cells[group], float(q_cells[group].min())) for group in groups]


def _shares(cells: Cells, streets: NDArray[np.object_]) -> NDArray[np.float64]:
    """Share of each cell of all cells or of all streets, whichever is larger, shape (n,).

    A street counts in all cells within `BESIDE_M` of it, so that one along the edge of cells counts on both sides.
    """
    alike = np.full(len(cells), 1 / len(cells))
    if len(streets) == 0:
        return alike
    along = sample_points(streets, SAMPLE_M)
    around = np.arange(6) * np.pi / 3
    aside = BESIDE_M * np.column_stack([np.cos(around), np.sin(around)])
    held, samples = unique_cells(TOLD_GRID.cells_of(np.vstack([along, *(along + step for step in aside)])))
    index = pd.MultiIndex.from_arrays([held[:, 0], held[:, 1]])
    lengths = _by_cell(pd.Series(samples, index=index), cells)
    return np.asarray(np.maximum(alike, lengths / max(int(lengths.sum()), 1)))


def _by_cell(people: "pd.Series[int]", cells: Cells) -> NDArray[np.int64]:
    index = pd.MultiIndex.from_arrays([cells[:, 0], cells[:, 1]])
    return np.asarray(people.reindex(index, fill_value=0), dtype=np.int64)


def joined(public: list[Gathering], told: list[Gathering], grid: Grid) -> list[Gathering]:
    """Gatherings of both kinds, those that touch made one, in the order of their first."""
    owner = {(int(q), int(r)): len(public) + n for n, one in enumerate(told) for q, r in one.told}
    pairs = [
        (n, owner[cell])
        for n, one in enumerate(public)
        for cell in map(tuple, unique_cells(TOLD_GRID.cells_of(grid.centres(one.public)))[0].tolist())
        if cell in owner
    ]
    every = [*public, *told]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    touching = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(every), len(every)))
    _, labels = connected_components(touching, directed=False)
    return [
        Gathering(
            np.vstack([every[n].public for n in group]),
            np.vstack([every[n].told for n in group]),
            min(every[n].q_value for n in group),
        )
        for group in (np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist()))
    ]
