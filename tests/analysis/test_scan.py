"""The circular scan against published clusters and its plain definition; false alarms; moving and turning the map."""

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from libpysal import examples

from mapping.analysis.scan import Cluster, circular_scan
from mapping.errors import AnalysisError


def plain_ratio(inside: float, expected: float, total: float) -> float:
    outside = total - inside
    if inside / expected <= outside / (total - expected):
        return 0.0
    beyond = outside * math.log(outside / (total - expected)) if outside else 0.0
    return inside * math.log(inside / expected) + beyond


def plain_circles(
    places: np.ndarray, counts: np.ndarray, population: np.ndarray, max_share: float
) -> list[tuple[float, int, int, list[int]]]:
    """The strongest circle of each centre: ratio, size, centre, members."""
    total, people = counts.sum(), population.sum()
    found = []
    for centre, middle in enumerate(places):
        far = [round(1000 * math.dist(middle, place)) for place in places]
        best: tuple[float, int, int, list[int]] = (0.0, 0, centre, [])
        for radius in sorted(set(far)):
            members = sorted((i for i in range(len(places)) if far[i] <= radius), key=lambda i: (far[i], i))
            share = population[members].sum() / people
            if share > max_share + 1e-9:
                break
            ratio = plain_ratio(counts[members].sum(), total * share, total) if share else 0.0
            if ratio > best[0] + 1e-12:
                best = (ratio, len(members), centre, members)
        found.append(best)
    return found


def plain_scan(
    places: np.ndarray, counts: np.ndarray, population: np.ndarray, max_share: float
) -> list[tuple[float, int, int, list[int]]]:
    kept: list[tuple[float, int, int, list[int]]] = []
    circles = plain_circles(places, counts, population, max_share)
    for circle in sorted(circles, key=lambda c: (-round(c[0], 9), c[1], c[2])):
        if circle[0] > 1e-9 and not any(set(circle[3]) & set(other[3]) for other in kept):
            kept.append(circle)
    return kept


def small(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places on a coarse grid: many at equal distance, some in one place, some without population."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 26))
    population = np.where(rng.random(size) < 0.2, 0.0, rng.gamma(1, 100, size))
    population[0] = 50.0
    return rng.integers(0, 6, (size, 2)) * 100.0, rng.poisson(population / 60), population


def scattered(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    population = rng.gamma(2, 100, size)
    return rng.uniform(0, 3000, (size, 2)), rng.multinomial(4 * size, population / population.sum()), population


def same(one: list[Cluster], other: list[Cluster]) -> None:
    assert [(c.centre, c.observed, c.p_value) for c in one] == [(c.centre, c.observed, c.p_value) for c in other]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.members, b.members)
        assert a.radius_m == pytest.approx(b.radius_m, abs=2e-3)
        assert a.log_likelihood_ratio == pytest.approx(b.log_likelihood_ratio, rel=1e-9)


def test_sudden_infant_deaths_in_north_carolina() -> None:
    counties = gpd.read_file(examples.get_path("sids2.shp")).set_crs(4267).to_crs(32119)
    middles = counties.geometry.centroid
    deaths, births = counties.SID74 + counties.SID79, counties.BIR74 + counties.BIR79
    found = circular_scan(
        np.column_stack([middles.x, middles.y]),
        deaths.to_numpy(np.int64),
        births.to_numpy(np.float64),
        rng=np.random.default_rng(1),
        max_p=0.05,
    )
    names = [set(counties.NAME[cluster.members]) for cluster in found]
    assert names[0] >= {"Bladen", "Hoke", "Robeson", "Scotland"}
    assert len(names[0]) <= 6
    assert found[0].p_value == 0.001
    assert names[1] >= {"Halifax", "Hertford", "Northampton"}
    assert found[1].p_value == 0.001


@pytest.mark.parametrize("max_share", [0.5, 0.2])
def test_clusters_agree_with_the_plain_definition(max_share: float) -> None:
    compared = 0
    for seed in range(60):
        places, counts, population = small(seed)
        found = circular_scan(
            places, counts, population, max_share=max_share, simulations=1, rng=np.random.default_rng(0)
        )
        expected = plain_scan(places, counts, population, max_share) if counts.sum() else []
        assert [cluster.members.tolist() for cluster in found] == [members for *_, members in expected]
        for cluster, (ratio, _, centre, members) in zip(found, expected, strict=True):
            assert cluster.log_likelihood_ratio == pytest.approx(ratio, rel=1e-9)
            assert (cluster.centre, cluster.observed) == (centre, counts[members].sum())
            assert cluster.radius_m == pytest.approx(math.dist(places[centre], places[members[-1]]), abs=1e-3)
            rate = population[members].sum() / population.sum()
            assert cluster.expected == pytest.approx(rate * counts.sum(), rel=1e-9)
        compared += len(found)
    assert compared > 100


def test_p_values_are_ranks_among_plain_maxima() -> None:
    compared = 0
    for seed in range(5):
        places, counts, population = small(seed + 100)
        total = int(counts.sum())
        if total == 0 or len(places) < 2:
            continue
        simulations = 150  # more than one block of datasets
        found = circular_scan(places, counts, population, simulations=simulations, rng=np.random.default_rng(seed))
        rng = np.random.default_rng(seed)
        inhabited = population > 0
        maxima = []
        for _ in range(simulations):
            drawn = np.zeros(len(places), dtype=np.int64)
            drawn[inhabited] = rng.multinomial(total, population[inhabited] / population.sum())
            maxima.append(max(ratio for ratio, *_ in plain_circles(places, drawn, population, 0.5)))
        for cluster in found:
            stronger = sum(ratio >= cluster.log_likelihood_ratio - 1e-8 for ratio in maxima)
            assert cluster.p_value == (1 + stronger) / (simulations + 1)
        compared += len(found)
    assert compared > 5


def test_false_alarms_are_as_rare_as_promised() -> None:
    runs, p_values = 600, []
    for seed in range(runs):
        places, counts, population = scattered(seed, 40)
        found = circular_scan(places, counts, population, simulations=99, rng=np.random.default_rng(seed + 1000))
        p_values.append(found[0].p_value)
    for level in (0.05, 0.1, 0.5):
        alarms = sum(p_value <= level for p_value in p_values)
        assert abs(alarms - level * runs) <= 3 * math.sqrt(runs * level * (1 - level))


def test_a_planted_cluster_is_found() -> None:
    places, counts, population = scattered(3, 300)
    is_inside = np.hypot(*(places - places[17]).T) < 350
    rate = counts.sum() / population.sum()
    counts = counts + np.random.default_rng(4).poisson(3 * rate * population * is_inside)
    first = circular_scan(places, counts, population, rng=np.random.default_rng(5))[0]
    planted, members = set(np.flatnonzero(is_inside)), set(first.members)
    assert len(planted & members) / len(planted | members) > 0.8
    assert first.p_value == 0.001
    is_member = np.isin(np.arange(len(places)), first.members)
    inside, outside = (counts[chosen].sum() / population[chosen].sum() for chosen in (is_member, ~is_member))
    assert first.relative_risk == pytest.approx(inside / outside, rel=1e-9)


def test_clusters_come_by_strength_and_apart() -> None:
    places, counts, population = scattered(6, 200)
    found = circular_scan(places, counts, population, simulations=49, rng=np.random.default_rng(0))
    assert len(found) > 3
    ratios = [cluster.log_likelihood_ratio for cluster in found]
    assert ratios == sorted(ratios, reverse=True)
    members = np.concatenate([cluster.members for cluster in found])
    assert len(np.unique(members)) == len(members)
    limit = found[1].p_value
    fewer = circular_scan(places, counts, population, simulations=49, rng=np.random.default_rng(0), max_p=limit)
    same(fewer, [cluster for cluster in found if cluster.p_value <= limit])


@pytest.mark.parametrize("make", [lambda: scattered(7, 80), lambda: small(4)])
def test_moving_and_turning_the_map_changes_nothing(make: Any) -> None:
    places, counts, population = make()

    def scan(where: np.ndarray) -> list[Cluster]:
        return circular_scan(where, counts, population, simulations=99, rng=np.random.default_rng(8))

    turn = np.array([[math.cos(0.7), -math.sin(0.7)], [math.sin(0.7), math.cos(0.7)]])
    expected = scan(places)
    assert expected
    same(scan(places + np.array([500_000.0, 5_800_000.0])), expected)
    same(scan(places @ turn.T), expected)


def test_the_same_seed_gives_the_same_answer() -> None:
    places, counts, population = scattered(9, 60)
    one, other = (circular_scan(places, counts, population, rng=np.random.default_rng(10)) for _ in range(2))
    assert one
    same(one, other)


def test_places_at_one_point_go_together() -> None:
    places = np.array([[0.0, 0], [0, 0], [900, 0], [900, 0], [0, 900]])
    first = circular_scan(places, np.array([6, 5, 1, 0, 1]), np.full(5, 10.0), rng=np.random.default_rng(0))[0]
    assert first.members.tolist() == [0, 1]
    assert first.radius_m == 0


def test_nothing_outside_is_an_infinite_risk() -> None:
    places = np.array([[0.0, 0], [900, 0], [0, 900]])
    first = circular_scan(places, np.array([9, 0, 0]), np.array([1.0, 2, 3]), rng=np.random.default_rng(0))[0]
    assert first.relative_risk == math.inf
    assert first.log_likelihood_ratio == pytest.approx(9 * math.log(6))


@pytest.mark.parametrize("size", [0, 1, 5])
def test_where_nothing_can_stand_out_there_is_no_cluster(size: int) -> None:
    places, counts = np.arange(2.0 * size).reshape(size, 2), np.full(size, 3 if size == 1 else 0)
    assert circular_scan(places, counts, np.ones(size), rng=np.random.default_rng(0)) == []
    assert circular_scan(places, 0 * counts, np.zeros(size), rng=np.random.default_rng(0)) == []


GOOD: dict[str, Any] = {
    "places_m": np.array([[0.0, 0], [1, 0], [5, 5]]),
    "counts": np.array([1, 2, 3]),
    "population": np.array([10.0, 20, 30]),
}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"places_m": np.zeros((3, 3))}, "pairs"),
        ({"places_m": np.zeros(6)}, "pairs"),
        ({"places_m": np.array([[0, 0], [1, math.nan], [5, 5]])}, "finite metres"),
        ({"places_m": np.array([[0, 0], [1, math.inf], [5, 5]])}, "finite metres"),
        ({"places_m": np.array([[0, 0], [1, 1e300], [5, 5]])}, "finite metres"),
        ({"counts": np.array([1, 2])}, "one count"),
        ({"counts": np.array([[1], [2], [3]])}, "one count"),
        ({"population": np.array([1.0, 2])}, "one count"),
        ({"counts": np.array([1, -2, 3])}, "whole numbers"),
        ({"counts": np.array([1, 2.5, 3])}, "whole numbers"),
        ({"counts": np.array([1, math.nan, 3])}, "whole numbers"),
        ({"counts": np.array([1, math.inf, 3])}, "whole numbers"),
        ({"counts": np.array([2**31, 1, 1])}, "larger units"),
        ({"population": np.array([1.0, -2, 3])}, "not negative"),
        ({"population": np.array([1.0, math.nan, 3])}, "finite"),
        ({"population": np.array([1.0, math.inf, 3])}, "finite"),
        ({"population": np.array([1.0, 0, 3])}, "population is zero"),
        ({"max_share": 0.0}, "share"),
        ({"max_share": 0.51}, "share"),
        ({"max_share": math.nan}, "share"),
        ({"simulations": 0}, "simulation"),
        ({"simulations": 100_000_000}, "fewer simulations"),
        ({"max_p": -0.1}, "p-value"),
        ({"max_p": 1.1}, "p-value"),
        ({"max_p": math.nan}, "p-value"),
        ({"places_m": np.zeros((20_001, 2)), "counts": np.ones(20_001), "population": np.ones(20_001)}, "cells"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnalysisError, match=sentence):
        circular_scan(**(GOOD | changed), rng=np.random.default_rng(0))
