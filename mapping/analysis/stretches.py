"""The way along a street between two of its points; what "from here to there" means on a map.

The street is given as pieces that meet at equal end points. It may fork, run on two carriageways or be broken: the
shortest way is taken, and where the points lie on parts that do not meet there is none. Coordinates in metres.
"""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

DETOUR = 3.0  # a metre away from the point counts as so many along the street: the nearer carriageway is taken

_Node = tuple[float, float] | str


@dataclass(frozen=True)
class _Edge:
    """A piece of the street between two nodes, or the step from a point to it (no line)."""

    target: _Node
    cost: float
    line: shapely.LineString | None


def _node(position: Sequence[float]) -> _Node:
    """A position to the millimetre: what is cut twice meets again."""
    return round(position[0], 3), round(position[1], 3)


def _near(lines: Sequence[shapely.LineString], point: shapely.Point, slack_m: float) -> list[int]:
    """Pieces hardly farther from a point than the nearest one."""
    distances = shapely.distance(np.array(lines, dtype=object), point)
    return [int(number) for number in np.flatnonzero(distances <= distances.min() + slack_m)]


def _cut(line: shapely.LineString, places: Sequence[float]) -> list[shapely.LineString]:
    """A line cut at distances along it."""
    stops = sorted({0.0, line.length, *places})
    pieces = [substring(line, start, end) for start, end in itertools.pairwise(stops)]
    return [piece for piece in pieces if isinstance(piece, shapely.LineString)]


def _network(
    lines: Sequence[shapely.LineString], ends: dict[str, shapely.Point], slack_m: float
) -> dict[_Node, list[_Edge]]:
    """Pieces cut at the points nearest to both ends, and the steps from the ends to them."""
    edges: dict[_Node, list[_Edge]] = {name: [] for name in ends}
    cuts: dict[int, list[float]] = {}
    for name, point in ends.items():
        for number in _near(lines, point, slack_m):
            place = lines[number].project(point)
            cuts.setdefault(number, []).append(place)
            foot = lines[number].interpolate(place)
            node, cost = _node(foot.coords[0]), DETOUR * point.distance(foot)
            edges[name].append(_Edge(node, cost, None))
            edges.setdefault(node, []).append(_Edge(name, cost, None))
    for number, line in enumerate(lines):
        for piece in _cut(line, cuts.get(number, ())):
            first, last = _node(piece.coords[0]), _node(piece.coords[-1])
            edges.setdefault(first, []).append(_Edge(last, piece.length, piece))
            edges.setdefault(last, []).append(_Edge(first, piece.length, piece.reverse()))
    return edges


def _shortest(edges: dict[_Node, list[_Edge]], start: str, end: str) -> list[_Edge]:
    """Edges of the cheapest way; empty where there is none."""
    node: _Node
    came: dict[_Node, tuple[_Node, _Edge]] = {}
    costs: dict[_Node, float] = {start: 0.0}
    turn = itertools.count()
    waiting: list[tuple[float, int, _Node]] = [(0.0, next(turn), start)]
    while waiting:
        cost, _, node = heapq.heappop(waiting)
        if node == end:
            break
        if cost > costs[node]:
            continue
        for edge in edges[node]:
            further = cost + edge.cost
            if further < costs.get(edge.target, np.inf):
                costs[edge.target] = further
                came[edge.target] = (node, edge)
                heapq.heappush(waiting, (further, next(turn), edge.target))
    way: list[_Edge] = []
    node = end
    while node in came:
        node, edge = came[node]
        way.append(edge)
    return way[::-1]


def stretch_between(
    lines: Sequence[shapely.LineString], start: shapely.Point, end: shapely.Point, *, slack_m: float = 15.0
) -> shapely.LineString | None:
    """The shortest way along a street between the points of it that are nearest to two given ones.

    Parameters
    ----------
    lines : sequence of LineString
        The pieces of the street, coordinates in metres; at least one.
    start, end : Point
        Beside the street, same coordinates.
    slack_m : float
        Metres by which a piece may be farther than the nearest and still be the one that is meant.

    Returns
    -------
    LineString or None
        From start to end; None where the two lie on parts of the street that do not meet, or on one point of it.

    Notes
    -----
    Dijkstra's algorithm. Source: Dijkstra (1959), doi:10.1007/BF01386390.
    """
    way = _shortest(_network(lines, {"start": start, "end": end}, slack_m), "start", "end")
    pieces = [edge.line.coords for edge in way if edge.line is not None]
    if not pieces:
        return None
    positions = [position for position, _ in itertools.groupby(itertools.chain.from_iterable(pieces))]
    return shapely.LineString(positions)
