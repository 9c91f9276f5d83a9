"""Each method against the named peer in one process: agreement first, then the ratio of the best of several rounds."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pymannkendall
from KDEpy import FFTKDE

from mapping.analysis.density import kernel_density, kernel_density_at
from mapping.analysis.trend import mann_kendall

ROUNDS = 5


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


def trend() -> Row:
    """10,000 series of 24 steps."""
    series = np.random.default_rng(1).poisson(3, (10_000, 24))
    found = mann_kendall(series)
    peers = [pymannkendall.original_test(values) for values in series[:500]]
    assert [peer.s for peer in peers] == found.score[:500].tolist()
    gap = max(abs(peer.p - found.p_value[row]) for row, peer in enumerate(peers))
    assert gap < 1e-12
    peer_s = best(lambda: [pymannkendall.original_test(values) for values in series[:500]], 3) * len(series) / 500
    ours_s = best(lambda: mann_kendall(series))
    return Row("Mann-Kendall, 10k × 24", "pymannkendall", peer_s, ours_s, 500, f"p {gap:.0e}")


def density() -> Row:
    """A million points on 1000 × 1000 nodes; both held against the exact kernel."""
    rng = np.random.default_rng(2)
    centres = rng.uniform(800, 4200, (40, 2))
    points = np.clip(centres[rng.integers(0, 40, 1_000_000)] + rng.normal(0, 150, (1_000_000, 2)), 1, 4989)
    bandwidth, cell, side = 60.0, 5.0, 1000
    axis = cell * np.arange(side)
    nodes = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    bounds = (0.0, 0.0, axis[-2], axis[-2])

    def peer() -> np.ndarray:
        return FFTKDE(kernel="gaussian", bw=bandwidth).fit(points).evaluate(nodes).reshape(side, side).T

    def ours() -> np.ndarray:
        return kernel_density(points, bandwidth, cell_m=cell, bounds_m=bounds).values

    scale = len(points) * 1e6
    found, theirs = ours(), peer() * scale
    assert found.shape == theirs.shape
    some = rng.choice(side * side, 200, replace=False)
    exact = kernel_density_at(points, nodes[some], bandwidth)
    peak = found.max()
    our_error, their_error = (
        np.abs(surface[some % side, some // side] - exact).max() / peak for surface in (found, theirs)
    )
    assert our_error <= 5e-5, our_error
    agreement = f"error of the peak {our_error:.0e}, the peer's {their_error:.0e}"
    return Row("Density, 1M points, 1000²", "KDEpy FFTKDE", best(peer, 3), best(ours), 5, agreement)


ROWS = (trend, density)


def main() -> None:
    """Print the table as Markdown."""
    print("| Task | Peer | Peer, s | Ours, s | Ratio | Target | Agreement |\n|---|---|---|---|---|---|---|")
    for make in ROWS:
        row = make()
        print(
            f"| {row.task} | {row.peer} | {row.peer_s:.3f} | {row.ours_s:.4f} | {row.peer_s / row.ours_s:.0f}× "
            f"| ≥ {row.target:.0f}× | {row.agreement} |",
            flush=True,
        )
