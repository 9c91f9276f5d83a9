"""The table of servers: what misses its target is said, in what is printed and in the page that is written from it."""

import re
from pathlib import Path

import pytest

from benchmarks.over_http.load import Rate
from benchmarks.over_http.table import BARE, HEAD, Target, lines, marked

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"
AIM = Target({"tipg": 3, "pygeoapi": 500, BARE: 0.85}, most_cpu_ms=0.45)


def _rate(a_second: float) -> Rate:
    return Rate(a_second, 1.5, 1_234.5, 100, 100)


def test_what_is_missed_is_said_beside_the_number() -> None:
    best = {"ours": _rate(1_000), "tipg": _rate(400), "pygeoapi": _rate(2)}
    cpu_ms = {"ours": 0.456, "tipg": 2.0, "pygeoapi": 30.0}
    assert list(lines("tile, made", best, cpu_ms, 2_000, AIM)) == [
        "| tile, made | ours | 1,000.0 | 1.5 | 1,234.5 | 0.46 **missed** |  "
        "| tipg ≥ 3×, pygeoapi ≥ 500×, bare ≥ 0.85, CPU ≤ 0.45 ms |",
        "|  | tipg | 400.0 | 1.5 | 1,234.5 | 2.00 | 2.5× **missed** |  |",
        "|  | pygeoapi | 2.0 | 1.5 | 1,234.5 | 30.00 | 500.0× |  |",
        "| | bare SQL | 2,000.0 | | | | 0.50 **missed** | |",
    ]


def test_what_is_reached_is_told_plainly() -> None:
    best = {"ours": _rate(1_000), "tipg": _rate(333)}
    told = "\n".join(lines("one item", best, {"ours": 0.45, "tipg": 0.1}, 1_100, AIM))
    assert "missed" not in told
    assert "0.91" in told


def test_what_has_no_target_misses_none() -> None:
    told = list(lines("kept", {"ours": _rate(1), "tipg": _rate(1_000)}, {"ours": 9.0, "tipg": 0.1}, None, Target()))
    assert told == [
        "| kept | ours | 1.0 | 1.5 | 1,234.5 | 9.00 |  |  |",
        "|  | tipg | 1,000.0 | 1.5 | 1,234.5 | 0.10 | 0.0× |  |",
    ]


@pytest.mark.parametrize(("ratio", "told"), [(2.999, "3.0× **missed**"), (3.0, "3.0×"), (1_234.5, "1,234.5×")])
def test_what_is_measured_counts_and_not_what_is_printed(ratio: float, told: str) -> None:
    assert AIM.ratio("tipg", ratio) == told
    assert marked("301 MB", is_reached=False) == "301 MB **missed**"


def test_the_page_says_missed_where_its_numbers_miss() -> None:
    """Each ratio of the page against the target of its workload."""
    table = PAGE.read_text("utf-8").split(f"{HEAD}\n")[1].split("\n\n")[0]
    least: dict[str, str] = {}
    judged = 0
    for row in table.splitlines():
        work, server, *_, ratio, target = (cell.strip() for cell in row[1:-1].split("|"))
        least = dict(re.findall(r"(\w+) ≥ ([\d.]+)", target)) if work else least
        aim = least.get(server.removesuffix(" SQL"))
        if aim is not None:
            number = float(ratio.split("×")[0].split(" ")[0].replace(",", ""))
            is_rounded_to_it = number == float(aim)
            assert is_rounded_to_it or ratio.endswith("**missed**") == (number < float(aim)), row
            judged += 1
        else:
            assert "missed" not in ratio
    assert judged >= 15
