"""Each method against the named peer in one process: agreement first, then the ratio of the best of several rounds."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pymannkendall

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


ROWS = (trend,)


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
