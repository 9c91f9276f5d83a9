"""Each method against the named peer in one process: agreement first, then the ratio of the best of several rounds."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pymannkendall
import shapely
from esda.getisord import G_Local
from KDEpy import FFTKDE
from sklearn.cluster import DBSCAN

from mapping.analysis.dbscan import dbscan
from mapping.analysis.density import kernel_density, kernel_density_at
from mapping.analysis.getis_ord import exact_p_values, getis_ord
from mapping.analysis.grids import HexagonGrid, SquareGrid, cell_counts
from mapping.analysis.hotspots import find_hotspots
from mapping.analysis.lattices import Lattice
from mapping.analysis.parameters import HotspotParameters
from mapping.analysis.trend import mann_kendall
from mapping.analysis.weights import contiguity_weights

ROUNDS = 5
SIDE = 447  # 199,809 cells
PERMUTATIONS, SOME = 999, 49


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    task: str
    peer: str
    peer_s: float
    ours_s: float
    target: float
    agreement: str


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest round."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def in_own_process(work: Callable[[], object]) -> float:
    """Most memory of a process that does nothing else, MB."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_peak_after, work).result()


def _peak_after(work: Callable[[], object]) -> float:
    """A process begins with the peak of the one that made it; the kernel forgets it when asked."""
    Path("/proc/self/clear_refs").write_text("5")
    work()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(status["VmHWM"].split()[0]) / 1024


def noise() -> tuple[np.ndarray, np.ndarray]:
    """Cells of a square lattice with clumped counts: negative binomial, mean 0.5, variance 3."""
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return np.column_stack([columns, rows]), np.random.default_rng(1).negative_binomial(0.1, 1 / 6, SIDE * SIDE)


def lattice_statistic() -> list[Row]:
    """Gi* on 200,000 cells; the statistic alone, and with the neighbours."""
    cells, counts = noise()
    values, grid = counts.astype(np.float64), SquareGrid(10.0)
    lattice = Lattice(grid, cells, 1)
    began = time.perf_counter()
    neighbours = libpysal.weights.lat2W(SIDE, SIDE, rook=False)
    making_s = time.perf_counter() - began
    peer = G_Local(values, neighbours, transform="B", permutations=0, star=True)
    gap = np.abs(getis_ord(values, lattice) - peer.Zs).max()
    assert gap <= 1e-12, gap
    peer_s = best(lambda: G_Local(values, neighbours, transform="B", permutations=0, star=True), 2)
    ours_s = best(lambda: getis_ord(values, lattice))
    both_s = best(lambda: getis_ord(values, Lattice(grid, cells, 1)))
    return [
        Row("Gi* on a lattice, 200k cells", "esda", peer_s, ours_s, 150, f"z {gap:.0e}"),
        Row("the same with its neighbours", "esda + libpysal", peer_s + making_s, both_s, 1500, f"z {gap:.0e}"),
    ]


def polygons() -> list[Row]:
    """Gi* on 22,500 hexagons as polygons, neighbours by shared corners."""
    rows, columns = np.divmod(np.arange(150 * 150), 150)
    shapes = HexagonGrid(100.0).polygons(np.column_stack([columns, rows]))
    shapes = shapely.set_precision(shapes, 1e-3)
    values = np.random.default_rng(4).gamma(1.0, 2.0, len(shapes))
    frame = gpd.GeoDataFrame(geometry=shapes, crs=32636)

    def peer() -> np.ndarray:
        near = libpysal.weights.Queen.from_dataframe(frame, use_index=False)
        return np.asarray(G_Local(values, near, transform="B", permutations=0, star=True).Zs)

    def ours() -> np.ndarray:
        return getis_ord(values, contiguity_weights(shapes).with_self())

    gap = np.abs(ours() - peer()).max()
    assert gap <= 1e-12, gap
    return [
        Row("Gi* on 22,500 polygons, with neighbours", "esda + libpysal", best(peer, 2), best(ours), 30, f"z {gap:.0e}")
    ]


def exact_chance() -> list[Row]:
    """The chance of each of 200,000 cells; the peer draws, 49 times here and 999 times by proportion."""
    cells, counts = noise()
    values, lattice = counts.astype(np.float64), Lattice(SquareGrid(10.0), cells, 1)
    rng = np.random.default_rng(5)
    alarms = [np.mean(exact_p_values(rng.permutation(counts), lattice) <= 1e-3) for _ in range(20)]
    rate = float(np.mean(alarms))
    assert 0.5e-3 <= rate <= 1.05e-3, rate
    neighbours = libpysal.weights.lat2W(SIDE, SIDE, rook=False)

    def peer() -> object:
        return G_Local(values, neighbours, permutations=SOME, keep_simulations=False, **options)

    options = {"transform": "B", "star": True, "n_jobs": 1}
    G_Local(values[:400], libpysal.weights.lat2W(20, 20), permutations=9, **options)  # compiles
    bare_s = best(lambda: G_Local(values, neighbours, permutations=0, **options), 1)
    peer_s = bare_s + (best(peer, 1) - bare_s) * PERMUTATIONS / SOME
    ours_s = best(lambda: exact_p_values(counts, lattice))
    return [
        Row("exact p, 200k", "esda, 999 permutations", peer_s, ours_s, 300, f"false alarms {rate * 1e3:.2f}e-3 at 1e-3")
    ]


def hexagon_counts() -> list[Row]:
    """A million points in hexagons."""
    grid, points = HexagonGrid(100.0), np.random.default_rng(6).uniform(0, 20_000, (1_000_000, 2))
    cells, counts = cell_counts(grid, points)
    points_gdf = gpd.GeoDataFrame(geometry=shapely.points(points), crs=32636)
    hexagons_gdf = gpd.GeoDataFrame(geometry=grid.polygons(cells), crs=32636)

    def peer() -> pd.Series:
        joined: pd.Series = gpd.sjoin(points_gdf, hexagons_gdf, predicate="within")["index_right"]
        return joined.value_counts().sort_index()

    assert peer().tolist() == counts.tolist()
    ours_s = best(lambda: cell_counts(grid, points))
    return [Row("hexagon counts, 1M points", "geopandas.sjoin", best(peer, 2), ours_s, 50, "identical")]


def density() -> list[Row]:
    """A million points on 1000 × 1000 nodes; both held against the exact kernel."""
    rng = np.random.default_rng(2)
    centres = rng.uniform(800, 4200, (40, 2))
    points = np.clip(centres[rng.integers(0, 40, 1_000_000)] + rng.normal(0, 150, (1_000_000, 2)), 1, 4989)
    bandwidth, cell, side = 60.0, 5.0, 1000
    axis = cell * np.arange(side)
    nodes = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    bounds = (0.0, 0.0, axis[-2], axis[-2])

    def peer() -> np.ndarray:
        found = FFTKDE(kernel="gaussian", bw=bandwidth).fit(points).evaluate(nodes)
        return np.asarray(found).reshape(side, side).T

    def ours() -> np.ndarray:
        return kernel_density(points, bandwidth, cell_m=cell, bounds_m=bounds).values

    found, theirs = ours(), peer() * len(points) * 1e6
    some = rng.choice(side * side, 200, replace=False)
    exact = kernel_density_at(points, nodes[some], bandwidth)
    our_error, their_error = (
        np.abs(surface[some % side, some // side] - exact).max() / found.max() for surface in (found, theirs)
    )
    assert our_error <= 5e-5, our_error
    agreement = f"error of the peak {our_error:.0e}, the peer's {their_error:.0e}"
    return [Row("density, 1M points, 1000²", "KDEpy FFTKDE", best(peer, 3), best(ours), 5, agreement)]


def blobs() -> np.ndarray:
    """A million points: two thousand places of 30 m, and three in ten anywhere on 20 × 20 km."""
    rng = np.random.default_rng(7)
    near = rng.uniform(0, 20_000, (2000, 2))[rng.integers(0, 2000, 700_000)] + rng.normal(0, 30, (700_000, 2))
    return np.vstack([near, rng.uniform(0, 20_000, (300_000, 2))])


def _dbscan_of_blobs() -> object:
    return dbscan(blobs(), eps_m=25.0, min_points=5)


def duplicates() -> list[Row]:
    """DBSCAN of a million points; labels of border points are free."""
    points = blobs()
    found = dbscan(points, eps_m=25.0, min_points=5)
    began = time.perf_counter()
    peer = DBSCAN(eps=25.0, min_samples=5).fit(points)
    peer_s = time.perf_counter() - began
    is_core = np.zeros(len(points), dtype=bool)
    is_core[peer.core_sample_indices_] = True
    assert (found.is_core == is_core).all()
    assert ((found.labels < 0) == (peer.labels_ < 0)).all()
    pairs = np.unique(np.column_stack([found.labels[is_core], peer.labels_[is_core]]), axis=0)
    assert len(pairs) == found.labels.max() + 1 == peer.labels_.max() + 1
    ours_s = best(lambda: dbscan(points, eps_m=25.0, min_points=5), 7)
    memory = in_own_process(_dbscan_of_blobs)
    assert memory < 1024, memory
    return [
        Row("DBSCAN, 1M points", "scikit-learn", peer_s, ours_s, 80, f"core, noise, partition equal; {memory:.0f} MB")
    ]


def trend() -> list[Row]:
    """10,000 series of 24 steps."""
    series = np.random.default_rng(1).poisson(3, (10_000, 24))
    found = mann_kendall(series)
    peers = [pymannkendall.original_test(values) for values in series[:500]]
    assert [peer.s for peer in peers] == found.score[:500].tolist()
    gap = max(abs(peer.p - found.p_value[row]) for row, peer in enumerate(peers))
    assert gap < 1e-12
    peer_s = best(lambda: [pymannkendall.original_test(values) for values in series[:500]], 3) * len(series) / 500
    return [
        Row("Mann-Kendall, 10k × 24", "pymannkendall", peer_s, best(lambda: mann_kendall(series)), 500, f"p {gap:.0e}")
    ]


def town(count: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, shapely.Polygon]:
    """So many reports of as many people along streets, on a ground that grows with them; one in fifty of one place."""
    side = 20.0 * np.sqrt(count)
    rng = np.random.default_rng(8)
    lines = [shapely.LineString([(0, at), (side, at)]) for at in np.arange(50, side, 200)]
    lines += [shapely.LineString([(at, 0), (at, side)]) for at in np.arange(50, side, 200)]
    street = shapely.get_coordinates(np.array(lines)).reshape(-1, 2, 2)[rng.integers(0, len(lines), count)]
    share = rng.random((count, 1))
    points = street[:, 0] * (1 - share) + street[:, 1] * share + rng.normal(0, 4, (count, 2))
    points = np.clip(points, 1, side - 1)
    points[: count // 50] = street[0, 0] * 0.5 + street[0, 1] * 0.5 + rng.normal(0, 20, (count // 50, 2))
    reports_gdf = gpd.GeoDataFrame(
        {
            "reporter": np.arange(count).astype(str),
            "layer": "unlit_streets",
            "category": "broken_lamps",
            "severity": rng.integers(1, 5, count),
            "when": "night",
            "affected": [()] * count,
            "observed_at": pd.Timestamp("2026-10-01", tz="UTC"),
        },
        index=np.char.zfill(np.arange(count).astype(str), 8),
        geometry=shapely.points(points),
        crs=32635,
    )
    streets_gdf = gpd.GeoDataFrame({"name": [f"Street {n}" for n in range(len(lines))]}, geometry=lines, crs=32635)
    return reports_gdf, streets_gdf, shapely.box(0, 0, side, side)


def analyse(count: int) -> float:
    """Seconds of the whole search for hotspots."""
    reports_gdf, streets_gdf, area = town(count)
    began = time.perf_counter()
    find_hotspots(
        reports_gdf,
        streets_gdf,
        area,
        parameters=HotspotParameters(bootstrap_draws=100),
        now=pd.Timestamp("2026-11-01", tz="UTC"),
        rng=np.random.default_rng(1),
    )
    return time.perf_counter() - began


def growth() -> None:
    """Time per report from a thousand to a million, and the memory of the million."""
    print("\n| Reports | Whole analysis, s | Per report, µs |\n|---|---|---|")
    analyse(1000)
    for count in (1000, 10_000, 100_000, 1_000_000):
        seconds = min(analyse(count) for _ in range(3 if count < 100_000 else 1))
        print(f"| {count:,} | {seconds:.2f} | {1e6 * seconds / count:.0f} |", flush=True)
    print(f"\nMemory of a process that analyses a million reports: {in_own_process(_million):.0f} MB (target < 1,536).")


def _million() -> object:
    return analyse(1_000_000)


ROWS = (lattice_statistic, polygons, exact_chance, hexagon_counts, density, duplicates, trend)


def main() -> None:
    """Print the tables as Markdown."""
    warnings.simplefilter("ignore")  # the peers'
    print("| Task | Peer | Peer, s | Ours, s | Ratio | Target | Agreement |\n|---|---|---|---|---|---|---|")
    for make in ROWS:
        for row in make():
            print(
                f"| {row.task} | {row.peer} | {row.peer_s:.3f} | {row.ours_s:.4f} | {row.peer_s / row.ours_s:,.0f}× "
                f"| ≥ {row.target:,.0f}× | {row.agreement} |",
                flush=True,
            )
    growth()
