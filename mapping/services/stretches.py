"""A street from here to there: two places beside it, houses at it, or the streets it crosses there."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.ops import nearest_points, substring
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mapping.analysis.stretches import stretch_between
from mapping.errors import FieldError, InvalidInput
from mapping.geodesy import geometry_to_metric, geometry_to_wgs84
from mapping.layers.addresses import name_key
from mapping.layers.reports import MAX_LINE_M, MAX_LINE_POINTS
from mapping.services.place_search import centre_of, read_search
from mapping.store import communities, search, streets
from mapping.store.communities import Community

WITHIN_M, MEETING_M = 100.0, 30.0  # of a street that is meant by a place beside it; of two streets that meet
UNNAMED_M = 10.0
MEANT = 10  # names that a text may mean
SAME_POINT = "the same point of the street as the other end"
_NUMBER = r"-?\d{1,3}(?:\.\d{1,15})?"
_POSITION = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")


@dataclass(frozen=True)
class _Street:
    """A street's pieces in metres of the community's zone, and its name if it has one."""

    name: str | None
    lines: list[shapely.LineString]


@dataclass(frozen=True)
class _End:
    """The points in metres that an end of a stretch may mean, and its name if it was named."""

    name: str | None
    points: list[shapely.Point]


def _line(line: shapely.LineString, community: Community) -> shapely.LineString:
    return shapely.LineString(geometry_to_metric(line, community.epsg).coords)


def _point(place: shapely.Point, community: Community) -> shapely.Point:
    return shapely.Point(geometry_to_metric(place, community.epsg).coords[0])


def _refused(field: str, reason: str) -> InvalidInput:
    return InvalidInput("There is no such stretch of a street.", [FieldError(field, reason)])


def _position(text: str, field: str) -> shapely.Point | None:
    """A longitude and latitude, or None for what is written otherwise."""
    found = _POSITION.fullmatch(text)
    if found is None:
        return None
    lon, lat = map(float, found.groups())
    if abs(lon) > 180 or abs(lat) > 85:
        raise _refused(field, "longitude,latitude in degrees")
    return shapely.Point(lon, lat)


def _place(text: str, field: str) -> shapely.Point:
    """A longitude and latitude where there has to be one."""
    position = _position(text, field)
    if position is None:
        raise _refused("street", "needed where an end is the name of a street")
    return position


async def _named(connection: AsyncConnection, community: Community, text: str, field: str) -> AsyncIterator[_Street]:
    """The streets that a text may mean, the one it means most first."""
    found = await search.find_names(connection, community.id, read_search(text, field), centre_of(community), MEANT)
    names = dict.fromkeys(found_name.name for found_name in found if found_name.kind == "street")
    for name in (name for name in names if name is not None):
        if lines := await streets.named(connection, community.id, name):
            yield _Street(name, [_line(line, community) for line in lines])


async def _meant(connection: AsyncConnection, community: Community, text: str) -> _Street:
    async for street in _named(connection, community, text, "street"):
        return street
    raise _refused("street", "no street of this name is known here")


async def _house(
    connection: AsyncConnection, community: Community, street: _Street, text: str, field: str
) -> _End | None:
    """A house at the street, or None for a text that has words of something else."""
    asked, key = read_search(text, field), name_key(street.name or "")
    if not asked.numbers or not set(asked.words) <= set(key.split()):
        return None
    found = await search.find_addresses(
        connection, community.id, [key], asked.numbers, centre_of(community), len(asked.numbers)
    )
    if not found:
        raise _refused(field, "no house of this number is known at the street")
    point = _point(shapely.Point(found[0].lon, found[0].lat), community)
    if _away_m(street, point) > WITHIN_M:
        raise _refused(field, f"not within {WITHIN_M:.0f} m of the street")
    return _End(found[0].number, [point])


async def _between(connection: AsyncConnection, community: Community, ends: dict[str, shapely.Point]) -> _Street:
    """The street beside which both places lie; else the piece of a street nearest to the first."""
    around = {}
    for field, point in ends.items():
        around[field] = await streets.near(connection, community.id, point, WITHIN_M)
        if not around[field]:
            raise _refused(field, f"no street within {WITHIN_M:.0f} m")
    away = [{piece.name or piece.line: piece.away_m for piece in reversed(pieces)} for pieces in around.values()]
    shared = [meant for meant in away[0] if meant in away[1]]
    nearest = around["from"][0]
    meant = min(shared, key=lambda each: _doubt(each, away), default=nearest.line)
    if isinstance(meant, str):
        lines = await streets.named(connection, community.id, meant)
        return _Street(meant, [_line(line, community) for line in lines])
    return _Street(nearest.name if meant is nearest.line else None, [_line(meant, community)])


def _doubt(meant: str | shapely.LineString, away: list[dict[str | shapely.LineString, float]]) -> float:
    """Metres of both places from a street; a path without a name has to be a little nearer to be meant."""
    return sum(each[meant] for each in away) + (0 if isinstance(meant, str) else UNNAMED_M)


def _crossings(street: _Street, other: _Street) -> list[shapely.Point]:
    """Where two streets meet, or come nearest if that is near enough."""
    one, two = shapely.union_all(street.lines), shapely.union_all(other.lines)
    shared = shapely.get_parts(shapely.intersection(one, two))
    meeting = [part.centroid for part in shared if not part.is_empty]
    if meeting or one.distance(two) > MEETING_M:
        return meeting
    return [nearest_points(one, two)[0]]


def _away_m(street: _Street, point: shapely.Point) -> float:
    return float(shapely.distance(np.array(street.lines, dtype=object), point).min())


async def _end(connection: AsyncConnection, community: Community, street: _Street, text: str, field: str) -> _End:
    """What an end of a stretch means: a place, a house at the street, or the likeliest name of those that cross it."""
    position = _position(text, field)
    if position is not None:
        point = _point(position, community)
        if _away_m(street, point) > WITHIN_M:
            raise _refused(field, f"not within {WITHIN_M:.0f} m of the street")
        return _End(None, [point])
    house = await _house(connection, community, street, text, field)
    if house is not None:
        return house
    reason = "no street of this name is known here"
    async for other in _named(connection, community, text, field):
        if other.name != street.name and (crossings := _crossings(street, other)):
            return _End(other.name, crossings)
        reason = "does not cross the street"
    raise _refused(field, reason)


def _straight(street: _Street, start: shapely.Point, end: shapely.Point) -> shapely.LineString:
    """Along the piece nearest to the start, as far towards the end as it goes."""
    piece = min(street.lines, key=start.distance)
    places = piece.project(start), piece.project(end)
    if places[0] == places[1]:
        raise _refused("to", SAME_POINT)
    return shapely.LineString(substring(piece, *places).coords)


def _thinned(line: shapely.LineString) -> shapely.LineString:
    """A line of no more positions than a report may have."""
    tolerance_m = 0.5
    while len(line.coords) > MAX_LINE_POINTS:
        line = shapely.LineString(line.simplify(tolerance_m).coords)
        tolerance_m *= 2
    return line


async def street_stretch(engine: AsyncEngine, slug: str, start: str, end: str, street: str | None) -> dict[str, Any]:
    """The line along a street between two of its points.

    Parameters
    ----------
    engine : AsyncEngine
        Of the public role.
    slug : str
        Community.
    start, end : str
        Each `longitude,latitude` (EPSG:4326) beside the street, the number of a house at it, or the name of a street
        that crosses it.
    street : str, optional
        Its name; needed where an end is a name, else found from the two places.

    Returns
    -------
    dict
        GeoJSON Feature with a LineString, EPSG:4326; properties `street`, `from` and `to` (what was named, as it is
        known here), `length_m` (metres) and `is_whole`: false where the two do not lie on one street, and the line runs
        along the piece nearest to the start alone.

    Raises
    ------
    InvalidInput
        If an end is not near a street, the streets do not cross, or the way is longer than a report's may be.
    NotFound
        If there is no such community.
    """
    async with engine.connect() as connection:
        community = await communities.find(connection, slug)
        if street is not None:
            along = await _meant(connection, community, street)
            first = await _end(connection, community, along, start, "from")
            last = await _end(connection, community, along, end, "to")
        else:
            places = {"from": _place(start, "from"), "to": _place(end, "to")}
            along = await _between(connection, community, places)
            first, last = (_End(None, [_point(place, community)]) for place in places.values())
    return await asyncio.to_thread(_feature, along, community, first, last)


def _feature(street: _Street, community: Community, first: _End, last: _End) -> dict[str, Any]:
    start, end = min(itertools.product(first.points, last.points), key=lambda pair: pair[0].distance(pair[1]))
    whole = stretch_between(street.lines, start, end)
    line = _straight(street, start, end) if whole is None else whole
    if line.length < 1:
        raise _refused("to", SAME_POINT)
    if line.length > MAX_LINE_M:
        raise _refused("to", f"at most {MAX_LINE_M:.0f} m along the street")
    is_whole = whole is not None and end.distance(line) <= WITHIN_M
    shown = geometry_to_wgs84(_thinned(line), community.epsg)
    properties = {
        "street": street.name,
        "from": first.name,
        "to": last.name,
        "length_m": round(line.length, 1),
        "is_whole": is_whole,
    }
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[round(x, 7), round(y, 7)] for x, y in shown.coords]},
        "properties": properties,
    }
