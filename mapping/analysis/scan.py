"""Where is the rate too high: Kulldorff's circular spatial scan for counts given a population.

Sources: Kulldorff (1997), doi:10.1080/03610929708831995 (statistic, Poisson model); Dwass (1957),
doi:10.1214/aoms/1177707045 (p-values by rank among random datasets).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.analysis.compiled import compiled
from mapping.errors import AnalysisError

MAX_PLACES = 20_000
MAX_DRAWS = 200_000_000  # places times simulations: 800 MB
MAX_TOTAL = 2**31 - 1
FARTHEST_M = 1e8  # beyond this a coordinate is not in metres on Earth
MAX_SHARE = 0.5
MM_PER_M = 1000.0
LANES = 128  # datasets scanned side by side: more share the way through the circles, fewer fit the cache
AT_ONCE = 1_000_000
ROUNDING = 1e-9  # sums of the same numbers in another order differ by less


@dataclass(frozen=True)
class Cluster:
    """A circle in which more was counted than its population explains.

    Parameters
    ----------
    members : ndarray of int64, shape (k,)
        Positions of the places inside, nearest to the centre first; at equal distance in the order given.
    centre : int
        Position of the place in the middle.
    radius_m : float
        Distance of the farthest member, metres; zero for a cluster in one place.
    observed : int
        Counted inside.
    expected : float
        Would be counted inside if the rate were the same everywhere.
    relative_risk : float
        Rate inside by rate outside; infinite where nothing was counted outside.
    log_likelihood_ratio : float
        Kulldorff's statistic, positive.
    p_value : float
        Share of datasets, the observed one among them, whose strongest circle is at least as strong as this one.
        Adjusted for having looked at all circles; conservative for all clusters after the first.
    """

    members: NDArray[np.int64]
    centre: int
    radius_m: float
    observed: int
    expected: float
    relative_risk: float
    log_likelihood_ratio: float
    p_value: float


def circular_scan(
    places_m: NDArray[np.float64],
    counts: NDArray[np.int64],
    population: NDArray[np.float64],
    *,
    max_share: float = MAX_SHARE,
    simulations: int = 999,
    rng: np.random.Generator,
    max_p: float = 1.0,
) -> list[Cluster]:
    """Find circles with a high rate, the most likely one first.

    Parameters
    ----------
    places_m : ndarray of float, shape (n, 2)
        Easting and northing, metres; at most 20,000 places.
    counts : ndarray of int, shape (n,)
        Events counted in each place.
    population : ndarray of float, shape (n,)
        What the counts are to be compared with, in any unit: residents, visits, metres of street.
    max_share : float
        Largest share of the population in one circle, above 0, at most 0.5.
    simulations : int
        Random datasets for the p-values; 999 gives p-values down to 0.001.
    rng : numpy.random.Generator
        Source of the random datasets.
    max_p : float
        Clusters with a larger p-value are left out, 0…1.

    Returns
    -------
    list of Cluster
        By falling likelihood ratio, no two with a common member. Empty where nothing was counted, or where there are
        fewer than two places.

    Raises
    ------
    AnalysisError
        If a number is not finite or negative, something was counted where the population is zero, a parameter is out
        of its range, or there are too many places.

    Notes
    -----
    Circles are centred on each place. Distances are taken to the millimetre; places equally far enter together. A
    place with more than `max_share` of the population is in no circle. Each centre offers its strongest circle, the
    smallest one if several are equally strong, and a circle is left out if it overlaps a stronger one in the list.
    Random datasets share the observed total out in proportion to the population.
    """
    places, events, people = _checked(places_m, counts, population)
    _check_parameters(len(places), max_share, simulations, max_p)
    total = int(events.sum())
    if total == 0 or len(places) < 2:
        return []
    expected = people * (total / people.sum())
    limit = max_share * total * (1 + ROUNDING)
    draws = list(_random_datasets(people, total, simulations, rng))
    maxima = [np.zeros(drawn.shape[1]) for drawn in draws]
    ratios, sizes = np.zeros(len(places)), np.zeros(len(places), dtype=np.int64)
    step = max(1, AT_ONCE // len(places))
    for begin in range(0, len(places), step):
        centres = np.arange(begin, min(begin + step, len(places)))
        order, distances = _neighbours(places, centres)
        is_circle = np.ones(order.shape, dtype=np.bool_)
        is_circle[:, :-1] = distances[:, 1:] != distances[:, :-1]
        _strongest_circles(order, is_circle, expected, limit, events, total, ratios[centres[0] :], sizes[centres[0] :])
        for drawn, strongest in zip(draws, maxima, strict=True):
            _raise_maxima(order, is_circle, expected, limit, drawn, total, strongest)
    p_values = _p_values(ratios, np.concatenate(maxima))
    return _apart(places, events, expected, ratios, sizes, p_values, max_p)


def _checked(
    places_m: NDArray[np.float64], counts: NDArray[np.int64], population: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    places = np.asarray(places_m, dtype=np.float64)
    counted, people = np.asarray(counts, dtype=np.float64), np.asarray(population, dtype=np.float64)
    if places.size == 0:
        places = places.reshape(0, 2)
    if places.ndim != 2 or places.shape[1] != 2 or not (np.abs(places) <= FARTHEST_M).all():
        raise AnalysisError("Places must be pairs of finite metres; project them, and drop those without a place.")
    if counted.shape != (len(places),) or people.shape != (len(places),):
        raise AnalysisError("Give one count and one population for each place.")
    if not (np.isfinite(counted).all() and (counted >= 0).all() and (counted == np.floor(counted)).all()):
        raise AnalysisError("Counts must be whole numbers, not negative; put zero where nothing was counted.")
    if counted.sum() > MAX_TOTAL:
        raise AnalysisError(f"More than {MAX_TOTAL} events cannot be scanned; count them in larger units.")
    if not (np.isfinite(people).all() and (people >= 0).all()):
        raise AnalysisError("Populations must be finite and not negative; put zero where nobody is.")
    if (counted[people == 0] > 0).any():
        raise AnalysisError("Something was counted where the population is zero; correct it or drop those places.")
    return places, counted.astype(np.int64), people


def _check_parameters(count: int, max_share: float, simulations: int, max_p: float) -> None:
    if not 0 < max_share <= MAX_SHARE:
        raise AnalysisError(f"The largest share of the population must be above 0 and at most {MAX_SHARE}.")
    if simulations < 1:
        raise AnalysisError("A p-value needs at least one simulation; 999 is usual.")
    if not 0 <= max_p <= 1:
        raise AnalysisError("The largest p-value must be between 0 and 1.")
    if count > MAX_PLACES:
        raise AnalysisError(f"More than {MAX_PLACES} places cannot be scanned; join them into cells first.")
    if count * simulations > MAX_DRAWS:
        raise AnalysisError("So many simulations of so many places need too much memory; take fewer simulations.")


def _random_datasets(
    people: NDArray[np.float64], total: int, simulations: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int32]]:
    """Datasets of the same total under an equal rate, one a column, in blocks."""
    # The last category gets what rounding leaves over, so it must not be one without population.
    inhabited = np.flatnonzero(people)
    shares = people[inhabited] / people.sum()
    for begin in range(0, simulations, LANES):
        drawn = np.zeros((len(people), min(LANES, simulations - begin)), dtype=np.int32)
        drawn[inhabited] = rng.multinomial(total, shares, size=drawn.shape[1]).T
        yield drawn


def _neighbours(places: NDArray[np.float64], centres: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All places by distance from each centre, and the distances in millimetres."""
    across, up = (places[centres, None, axis] - places[None, :, axis] for axis in (0, 1))
    keys = np.rint(np.hypot(across, up) * MM_PER_M).astype(np.int64)
    # Distance and position in one number: sorting numbers is several times faster than sorting positions.
    keys *= len(places)
    keys += np.arange(len(places))
    keys.sort(axis=1)
    distances, order = np.divmod(keys, len(places))
    return order, distances


@compiled
def _log_likelihood_ratio(inside: float, expected: float, total: float) -> float:
    if inside <= expected:
        return 0.0
    ratio = inside * np.log(inside / expected)
    if inside < total:
        ratio += (total - inside) * np.log((total - inside) / (total - expected))
    return float(ratio)


@compiled
def _strongest_circles(
    order: NDArray[np.int64],
    is_circle: NDArray[np.bool_],
    expected: NDArray[np.float64],
    limit: float,
    counts: NDArray[np.int64],
    total: int,
    ratios: NDArray[np.float64],
    sizes: NDArray[np.int64],
) -> None:
    """Put into `ratios` and `sizes` the strongest circle of each row's centre, and how many places it holds."""
    for row in range(order.shape[0]):
        inside, mean = 0, 0.0
        for step in range(order.shape[1]):
            inside += counts[order[row, step]]
            mean += expected[order[row, step]]
            if mean > limit:
                break
            if is_circle[row, step]:
                ratio = _log_likelihood_ratio(inside, mean, total)
                if ratio > ratios[row]:
                    ratios[row], sizes[row] = ratio, step + 1


@compiled
def _raise_maxima(
    order: NDArray[np.int64],
    is_circle: NDArray[np.bool_],
    expected: NDArray[np.float64],
    limit: float,
    draws: NDArray[np.int32],
    total: int,
    maxima: NDArray[np.float64],
) -> None:
    """Raise `maxima` to the strongest circle of each column of `draws`.

    For e <= c <= total - e the ratio is at most (c - e)² / (2 e (1 - e / total)), by its second derivative in c. Only
    circles that could be stronger by this bound, or where c is beyond its range, are worth two logarithms.
    """
    lanes = draws.shape[1]
    inside, roots = np.empty(lanes, dtype=np.int32), np.sqrt(maxima)
    lowest = roots.min()
    for row in range(order.shape[0]):
        inside[:] = 0
        mean = 0.0
        for step in range(order.shape[1]):
            place = order[row, step]
            mean += expected[place]
            if mean > limit:
                break
            highest = inside[0]
            for lane in range(lanes):
                inside[lane] += draws[place, lane]
                highest = max(highest, inside[lane])
            spread = np.sqrt(2 * mean * (1 - mean / total)) * (1 - ROUNDING)
            if not is_circle[row, step] or highest <= min(mean + lowest * spread, total - mean):
                continue
            for lane in range(lanes):
                if inside[lane] > min(mean + roots[lane] * spread, total - mean):
                    maxima[lane] = max(maxima[lane], _log_likelihood_ratio(inside[lane], mean, total))
                    roots[lane] = np.sqrt(maxima[lane])
            lowest = roots.min()


def _p_values(ratios: NDArray[np.float64], maxima: NDArray[np.float64]) -> NDArray[np.float64]:
    ordered = np.sort(maxima)
    # Counts are whole, so equal strength is common and must not be lost to rounding.
    stronger = len(ordered) - np.searchsorted(ordered, ratios * (1 - ROUNDING), side="left")
    return np.asarray((1 + stronger) / (len(ordered) + 1), dtype=np.float64)


def _apart(
    places: NDArray[np.float64],
    counts: NDArray[np.int64],
    expected: NDArray[np.float64],
    ratios: NDArray[np.float64],
    sizes: NDArray[np.int64],
    p_values: NDArray[np.float64],
    max_p: float,
) -> list[Cluster]:
    """The centres' circles from the strongest down, without those that overlap one before."""
    total = int(counts.sum())
    is_taken = np.zeros(len(places), dtype=np.bool_)
    clusters = []
    # Ratios of circles with the same members differ by rounding, which must not choose among them.
    for centre in np.lexsort((sizes, -np.round(ratios, 9))):
        if ratios[centre] <= ROUNDING or p_values[centre] > max_p:
            break
        if is_taken[centre]:
            continue
        order, distances = (found[0] for found in _neighbours(places, np.array([centre])))
        members = order[: sizes[centre]]
        if is_taken[members].any():
            continue
        is_taken[members] = True
        inside, mean = int(counts[members].sum()), float(expected[members].sum())
        outside = (total - inside) / (total - mean)
        clusters.append(
            Cluster(
                members=members.copy(),
                centre=int(centre),
                radius_m=float(distances[sizes[centre] - 1] / MM_PER_M),
                observed=inside,
                expected=mean,
                relative_risk=inside / mean / outside if outside > 0 else float("inf"),
                log_likelihood_ratio=float(ratios[centre]),
                p_value=float(p_values[centre]),
            )
        )
    return clusters
