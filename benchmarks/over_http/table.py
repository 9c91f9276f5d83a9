"""The table of servers that are compared: a line for each, and beside each number that misses its target the word."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.over_http.load import Rate

BARE = "bare"
HEAD = (
    "| Workload | Server | Answers a second | p50, ms | p99, ms | CPU, ms | Ours is | Target |\n"
    "|---|---|---|---|---|---|---|---|"
)


def marked(number: str, *, is_reached: bool) -> str:
    """A number as it is printed; "missed" stands beside it where its target is not reached."""
    return number if is_reached else f"{number} **missed**"


@dataclass(frozen=True)
class Target:
    """How many times as many answers ours should give as each peer does, and as the bare SQL; the most it may cost.

    Parameters
    ----------
    least : mapping of str to float
        The least ratio by the name of a server, and by `BARE`.
    most_cpu_ms : float or None
        Processor time of our server for one request.
    """

    least: Mapping[str, float] = field(default_factory=dict)
    most_cpu_ms: float | None = None

    def __str__(self) -> str:
        said = [
            f"{name} ≥ {ratio:.2f}" if name == BARE else f"{name} ≥ {ratio:g}×" for name, ratio in self.least.items()
        ]
        return ", ".join(said if self.most_cpu_ms is None else [*said, f"CPU ≤ {self.most_cpu_ms:.2f} ms"])

    def ratio(self, name: str, ratio: float) -> str:
        """How many times as many answers as another gives."""
        number = f"{ratio:.2f}" if name == BARE else f"{ratio:,.1f}×"
        return marked(number, is_reached=ratio >= self.least.get(name, 0.0))

    def cpu(self, cpu_ms: float) -> str:
        """Processor time of our server for one request."""
        return marked(f"{cpu_ms:.2f}", is_reached=self.most_cpu_ms is None or cpu_ms <= self.most_cpu_ms)


def lines(
    work: str, best: Mapping[str, Rate], cpu_ms: Mapping[str, float], bare: float | None, target: Target
) -> Iterator[str]:
    """The lines of one workload.

    Parameters
    ----------
    work : str
        What was asked for.
    best : mapping of str to Rate
        Ours first.
    cpu_ms : mapping of str to float
        Processor time for a request, by the same names.
    bare : float or None
        Answers a second of the bare SQL, where that was asked.
    target : Target
        What should be reached.
    """
    (first, ours), *peers = best.items()

    def told(name: str, rate: Rate, cpu: str) -> str:
        return f"{name} | {rate.a_second:,.1f} | {rate.p50_ms:,.1f} | {rate.p99_ms:,.1f} | {cpu}"

    yield f"| {work} | {told(first, ours, target.cpu(cpu_ms[first]))} |  | {target} |"
    for name, rate in peers:
        ratio = target.ratio(name, ours.a_second / rate.a_second)
        yield f"|  | {told(name, rate, f'{cpu_ms[name]:.2f}')} | {ratio} |  |"
    if bare is not None:
        yield f"| | bare SQL | {bare:,.1f} | | | | {target.ratio(BARE, ours.a_second / bare)} | |"
