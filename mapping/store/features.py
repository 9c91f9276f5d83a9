"""Pages of released features as the bytes of GeoJSON, each made by one query with bound values.

Written for the driver itself: statements of one text are prepared by it, and answers are passed on as they come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from mapping.store.bare import Rows
from mapping.store.collections import Collection, Kind, Property
from mapping.store.filters import Condition, Filter, filter_condition

COUNT_TO = 10_000
Box = tuple[float, float, float, float]
_BOUND: Mapping[Kind, str] = {
    "string": "text",
    "date": "text",
    "integer": "bigint",
    "number": "float8",
    "boolean": "boolean",
}
ROUNDING_M = 4  # PostGIS keeps bounds of geometries in single precision, at most 2 m beside
DECIMALS: Mapping[str, int] = {"CRS84": 7, "4326": 7, "3857": 2}  # of what is told: a centimetre
GEOMETRIES: Mapping[str, str] = {
    "CRS84": f"ST_AsGeoJSON(item.geometry, {DECIMALS['CRS84']})",
    "4326": f"ST_AsGeoJSON(ST_FlipCoordinates(item.geometry), {DECIMALS['4326']})",
    "3857": f"ST_AsGeoJSON(item.geom_3857, {DECIMALS['3857']}, 0)",
}


@dataclass(frozen=True)
class FeaturesQuery:
    """What is asked of a collection.

    Parameters
    ----------
    boxes : tuple of Box
        One of them has to be met: west, south, east, north in EPSG:3857; none asks nothing.
    days : tuple of str or None
        First and last, open where None.
    values : mapping
        What properties have to be, each of the property's kind.
    filter : Filter or None
        What else has to hold.
    crs : str
        Key of `GEOMETRIES`.
    limit, offset : int
        How many, and how many to pass over.
    after : tuple or None
        Key of the row before the first.
    """

    boxes: tuple[Box, ...] = ()
    days: tuple[str | None, str | None] = (None, None)
    values: Mapping[str, str | float | bool] = field(default_factory=dict)
    filter: Filter | None = None
    crs: str = "CRS84"
    limit: int = 100
    offset: int = 0
    after: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class FeaturesPage:
    """A page.

    Parameters
    ----------
    features : bytes
        Features with commas between, the inside of a JSON array in UTF-8.
    returned : int
        How many.
    next : str or None
        Id of the last feature, after which the next page begins, if there is one.
    matched : int or None
        How many meet the conditions, wherever the page begins; None if more than can be counted cheaply.
    """

    features: bytes
    returned: int
    next: str | None
    matched: int | None


_OF_TOWN = "JOIN public_release.communities AS town ON town.id = item.community_id"


def _json(told: Property) -> str:
    """A property of the rows `item` and `town` as the text of JSON, or NULL."""
    sql = told.told_sql or told.sql
    if told.is_code:
        return f"""'"' || {sql} || '"'"""
    return f"to_json({sql})::text" if told.kind in ("string", "date") else f"({sql})::text"


@cache
def _feature(collection: Collection, crs: str) -> str:
    """The text of one feature; ids hold digits, letters, hyphens and dots only.

    Written by hand: with `row_to_json` a page of a thousand takes a fifth longer.
    """
    members = " || ',".join(
        f""""{name}":' || coalesce({_json(told)}, 'null')""" for name, told in collection.properties.items()
    )
    return (
        f"""'{{"type":"Feature","id":"' || {collection.id_sql} || '","geometry":' || """
        f"""coalesce({GEOMETRIES[crs]}, 'null') || ',"properties":{{{members} || '}}}}'"""
    )


def _bbox_condition(boxes_3857: tuple[Box, ...]) -> Condition:
    """Features that meet one of some boxes."""
    if not boxes_3857:
        return Condition()
    parts: list[str] = []
    values: dict[str, float] = {}
    for number, corners in enumerate(boxes_3857):
        names = [f"b{number}{side}" for side in "wsen"]
        values |= dict(zip(names, corners, strict=True))
        envelope = f"ST_MakeEnvelope({', '.join(f'%({name})s' for name in names)}, 3857)"
        box = f"(SELECT {envelope})"  # as a query of its own it is made once, and not for every row
        meets = f"ST_Intersects(item.geom_3857, {box})"
        west, south, east, north = corners
        if min(east - west, north - south) > 2 * ROUNDING_M:  # what lies well within needs no closer look
            meets = f"(item.geom_3857 @ (SELECT ST_Expand({envelope}, -{ROUNDING_M})) OR {meets})"
        parts.append(f"(item.geom_3857 && {box} AND {meets})")
    return Condition("(" + " OR ".join(parts) + ")", values)


def _date_condition(collection: Collection, first: str | None, last: str | None) -> Condition:
    """Features whose day or month meets a span of days, open where an end is None."""
    if collection.date is None or first is last is None:
        return Condition()
    told = collection.properties[collection.date].sql
    parts: list[str] = []
    values: dict[str, str] = {}
    if first is not None:
        parts.append(f"{told} >= left(%(first)s, length({told}))")
        values["first"] = first
    if last is not None:
        parts.append(f"{told} <= %(last)s")
        values["last"] = last
    return Condition("(" + " AND ".join(parts) + ")", values)


def _equal_condition(collection: Collection, asked: Mapping[str, str | float | bool]) -> Condition:
    """Features of which properties have the values asked for, each of the property's kind."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    for number, (name, value) in enumerate(asked.items()):
        told, bound = collection.properties[name], f"%(q{number})s"
        values[f"q{number}"] = value if told.among_sql is None else [value]
        if told.among_sql is None:
            parts.append(f"{told.sql} = {bound}::{_BOUND[told.kind]}")
        else:
            parts.append(told.among_sql.format(f"{bound}::text[]"))
    return Condition(" AND ".join(parts) or "true", values)


def _conditions(collection: Collection, asked: FeaturesQuery) -> list[Condition]:
    """All of them must hold; names of their values differ."""
    conditions = [
        _equal_condition(collection, asked.values),
        _bbox_condition(asked.boxes),
        _date_condition(collection, *asked.days),
    ]
    if asked.filter is not None:
        conditions.append(filter_condition(asked.filter, collection))
    return [condition for condition in conditions if condition.sql != "true"]


def _where(collection: Collection, conditions: Iterable[Condition]) -> tuple[str, dict[str, Any]]:
    sql, values = [collection.only], dict[str, Any]()
    for condition in conditions:
        sql.append(condition.sql)
        values |= condition.values
    return " AND ".join(sql), values


def _after(collection: Collection, after: tuple[Any, ...] | None) -> Condition:
    if after is None:
        return Condition()
    names = [f"k{number}" for number in range(len(after))]
    bound = ", ".join(f"%({name})s::{kind}" for name, kind in zip(names, collection.key_kinds, strict=True))
    return Condition(f"({collection.order_sql}) > ({bound})", dict(zip(names, after, strict=True)))


def page_statement(collection: Collection, asked: FeaturesQuery) -> tuple[str, dict[str, Any]]:
    """The statement of a page and its values.

    It gives one row: the text, the number of rows, the last id, and the number of rows that meet the conditions.

    Parameters
    ----------
    collection : Collection
        Of what.
    asked : FeaturesQuery
        Which rows, in which CRS.

    Raises
    ------
    InvalidParameter
        If the filter does not fit the collection.
    """
    conditions = _conditions(collection, asked)
    where, values = _where(collection, [*conditions, _after(collection, asked.after)])
    everywhere, _ = _where(collection, conditions)
    statement = f"""WITH page AS (
        SELECT row_number() OVER (ORDER BY {collection.order_sql}) AS place, {collection.id_sql} AS id,
            {_feature(collection, asked.crs)} AS feature
        FROM (
            SELECT item.* FROM public_release.{collection.table} AS item WHERE {where}
            ORDER BY {collection.order_sql} LIMIT %(limit)s + 1 OFFSET %(offset)s
        ) AS item {_OF_TOWN}
        ORDER BY {collection.order_sql}
    )
    SELECT convert_to(string_agg(feature, ',') FILTER (WHERE place <= %(limit)s), 'UTF8'), count(*),
        max(id) FILTER (WHERE place = %(limit)s),
        CASE WHEN count(*) > %(limit)s OR {"true" if asked.after or asked.offset else "false"} THEN (
            SELECT count(*) FROM (
                SELECT FROM public_release.{collection.table} AS item WHERE {everywhere} LIMIT {COUNT_TO + 1}
            ) AS counted
        ) ELSE count(*) END
    FROM page"""
    return statement, {**values, "limit": asked.limit, "offset": asked.offset}


async def features_page(rows: Rows, collection: Collection, asked: FeaturesQuery) -> FeaturesPage:
    """A page of a collection.

    Parameters
    ----------
    rows : Rows
        Of the public role.
    collection : Collection
        Of what.
    asked : FeaturesQuery
        Which rows, in which CRS.
    """
    row = await rows.first_row(*page_statement(collection, asked))
    assert row is not None
    features, found, last, matched = row
    return FeaturesPage(
        features or b"",
        min(found, asked.limit),
        last if found > asked.limit else None,
        matched if matched <= COUNT_TO else None,
    )


async def one_feature(rows: Rows, collection: Collection, key: tuple[Any, ...], crs: str) -> bytes | None:
    """One feature by its key as the bytes of GeoJSON, or None."""
    bound = {f"k{number}": part for number, part in enumerate(key)}
    same = " AND ".join(
        f"item.{column} = %(k{number})s::{kind}"
        for number, (column, kind) in enumerate(zip(collection.key, collection.key_kinds, strict=True))
    )
    statement = (
        f"SELECT convert_to({_feature(collection, crs)}, 'UTF8') FROM public_release.{collection.table} AS item "
        f"{_OF_TOWN} WHERE {collection.only} AND {same}"
    )
    row = await rows.first_row(statement, bound)
    return None if row is None else bytes(row[0])


@dataclass(frozen=True)
class Extent:
    """Of all communities: bounds (west, south, east, north) in degrees, and whether each is a demonstration."""

    bounds: tuple[float, float, float, float]
    is_simulated: bool


async def extent(rows: Rows) -> Extent | None:
    """The extent of all communities, or None where there are none."""
    statement = """SELECT ST_XMin(extent), ST_YMin(extent), ST_XMax(extent), ST_YMax(extent), is_simulated
        FROM (
            SELECT ST_Extent(boundary) AS extent, bool_and(is_simulated) AS is_simulated FROM public_release.communities
        ) AS every"""
    row = await rows.first_row(statement, {})
    if row is None or row[0] is None:
        return None
    west, south, east, north = map(float, row[:4])
    return Extent((west, south, east, north), bool(row[4]))
