"""CQL2 trees as SQL conditions: every name from the collection's list, every value bound.

Source: OGC 21-065r2; the operators of `OPERATORS` and `SPATIAL` are those of the conformance classes that are declared.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from mapping.errors import FieldError, InvalidParameter
from mapping.geodesy import MAX_X_3857, MERCATOR_LATITUDE
from mapping.layers.days import day_of
from mapping.store.collections import Collection, Property

OPERATORS = frozenset(("=", "<>", "<", ">", "<=", ">="))
SPATIAL: Mapping[str, str] = {
    "s_intersects": "ST_Intersects",
    "s_within": "ST_Within",
    "s_contains": "ST_Contains",
    "s_equals": "ST_Equals",
    "s_touches": "ST_Touches",
    "s_overlaps": "ST_Overlaps",
    "s_crosses": "ST_Crosses",
}
UNSUPPORTED = frozenset((  # of CQL2, so that their names may be told to who used them
    "+", "-", "*", "/", "%", "^", "div", "accenti", "a_containedby", "a_contains", "a_equals", "a_overlaps", "t_after",
    "t_before", "t_contains", "t_disjoint", "t_during", "t_equals", "t_finishedby", "t_finishes", "t_intersects",
    "t_meets", "t_metby", "t_overlappedby", "t_overlaps", "t_startedby", "t_starts",
))  # fmt: skip
GEOMETRY = "geometry"
COLUMNS: Mapping[str, tuple[str, int]] = {  # that geometries in a CRS are held against, and its number
    "CRS84": ("item.geometry", 4326),
    "4326": ("item.geometry", 4326),
    "3857": ("item.geom_3857", 3857),
}
TEXTS = ("string", "date")
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


@dataclass
class Condition:
    """A condition over the row `item`.

    Parameters
    ----------
    sql : str
        With `%(name)s` where a value is bound.
    values : dict
        By name.
    """

    sql: str = "true"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """A filter.

    Parameters
    ----------
    tree : Any
        CQL2 JSON.
    crs : str
        Key of `COLUMNS`: in which geometries in the filter are; in 4326 they say latitude before longitude.
    """

    tree: Any
    crs: str = "CRS84"


def filter_condition(asked: Filter, collection: Collection) -> Condition:
    """The SQL of a filter.

    Parameters
    ----------
    asked : Filter
        The filter.
    collection : Collection
        Whose properties may be named.

    Raises
    ------
    InvalidParameter
        If a name, an operator or a value does not fit.
    """
    writer = _Writer(collection, asked.crs)
    return Condition(writer.condition(asked.tree), writer.values)


class _Writer:
    def __init__(self, collection: Collection, crs: str) -> None:
        self.collection, self.crs = collection, crs
        self.column, self.srid = COLUMNS[crs]
        self.values: dict[str, Any] = {}

    def condition(self, node: Any) -> str:
        """A part that is true or false."""
        if node is True or node is False:
            return "true" if node else "false"
        operator, arguments = _operation(node)
        if operator in ("and", "or"):
            if not arguments:
                raise _refused("'and' and 'or' need parts")
            return "(" + f" {operator} ".join(self.condition(part) for part in arguments) + ")"
        if operator in SPATIAL or operator == "s_disjoint":
            return self._spatial(operator, arguments)
        simple: Mapping[str, Callable[[list[Any]], str]] = {
            "not": lambda parts: f"(NOT {self.condition(_exactly(parts, 1)[0])})",
            "isNull": lambda parts: f"({self._side(_exactly(parts, 1)[0])[0]} IS NULL)",
            "between": self._between,
            "in": self._in,
            "like": self._like,
        }
        if operator in simple:
            return simple[operator](arguments)
        if operator in OPERATORS:
            return self._compared(operator, arguments)
        raise _unsupported(operator)

    def _bind(self, value: Any) -> str:
        name = f"f{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def _property(self, name: Any) -> Property:
        found = self.collection.properties.get(name) if isinstance(name, str) else None
        if found is None:
            raise _refused("names a property that this collection does not have; see its queryables")
        return found

    def _side(self, node: Any) -> tuple[str, str]:
        """SQL and kind of one side of a comparison."""
        if isinstance(node, dict) and set(node) == {"property"}:
            found = self._property(node["property"])
            return found.sql, found.kind
        if isinstance(node, dict) and node.get("op") == "casei":
            sql, kind = self._side(_exactly(_operation(node)[1], 1)[0])
            if kind not in TEXTS:
                raise _refused("'casei' needs text")
            return f"lower({sql})", "string"
        if isinstance(node, dict) and "op" in node:
            raise _unsupported(_operation(node)[0])
        value, kind = _literal(node)
        casts = {"string": "text", "date": "text", "number": "float8", "boolean": "boolean"}
        return f"{self._bind(value)}::{casts[kind]}", kind

    def _sides(self, nodes: list[Any]) -> list[str]:
        sides = [self._side(node) for node in nodes]
        kinds = {"string" if kind in TEXTS else "number" if kind == "integer" else kind for _, kind in sides}
        if len(kinds) != 1:
            raise _refused("compares values of different kinds")
        return [sql for sql, _ in sides]

    def _compared(self, operator: str, arguments: list[Any]) -> str:
        one, other = _exactly(arguments, 2)
        among = self._among(one, [other]) if operator == "=" else None
        if among is not None:
            return among
        left, right = self._sides([one, other])
        return f"({left} {operator} {right})"

    def _among(self, one: Any, others: list[Any]) -> str | None:
        """The condition of a property that has a quicker one than to be compared with each text."""
        if not (isinstance(one, dict) and set(one) == {"property"} and all(isinstance(text, str) for text in others)):
            return None
        among = self._property(one["property"]).among_sql
        if among is None:
            return None
        texts = [_literal(text)[0] for text in others]
        return f"({among.format(f'{self._bind(texts)}::text[]')})"

    def _between(self, arguments: list[Any]) -> str:
        value, low, high = self._sides(_exactly(arguments, 3))
        return f"({value} BETWEEN {low} AND {high})"

    def _in(self, arguments: list[Any]) -> str:
        one, many = _exactly(arguments, 2)
        if not isinstance(many, list) or not many:
            raise _refused("'in' needs a list of values")
        among = self._among(one, many)
        if among is not None:
            return among
        value, *others = self._sides([one, *many])
        return f"({value} IN ({', '.join(others)}))"

    def _like(self, arguments: list[Any]) -> str:
        sides = [self._side(node) for node in _exactly(arguments, 2)]
        if any(kind not in TEXTS for _, kind in sides):
            raise _refused("'like' needs text")
        pattern = arguments[1]
        while isinstance(pattern, dict) and pattern.get("op") == "casei":
            pattern = pattern["args"][0]
        if not isinstance(pattern, str) or (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            raise _refused("'like' needs a pattern of text, in which nothing is left to escape at its end")
        return f"({sides[0][0]} LIKE {sides[1][0]})"

    def _spatial(self, operator: str, arguments: list[Any]) -> str:
        one, other = _exactly(arguments, 2)
        is_first = isinstance(one, dict) and one.get("property") == GEOMETRY
        if not is_first and not (isinstance(other, dict) and other.get("property") == GEOMETRY):
            raise _refused(f"spatial operators need the property {GEOMETRY!r} and a geometry")
        shape = self._geometry(other if is_first else one)
        sides = (self.column, shape) if is_first else (shape, self.column)
        near = f"item.geom_3857 && ST_Transform(ST_Envelope({shape}), 3857)"
        if operator == "s_disjoint":
            return f"(NOT ({near} AND ST_Intersects({sides[0]}, {sides[1]})))"
        return f"({near} AND {SPATIAL[operator]}({sides[0]}, {sides[1]}))"

    def _geometry(self, node: Any) -> str:
        if isinstance(node, dict) and set(node) == {"bbox"}:
            corners = node["bbox"]
            if not isinstance(corners, list) or len(corners) not in (4, 6) or not all(map(_is_number, corners)):
                raise _refused("a bbox needs four numbers")
            half = len(corners) // 2
            (west, south), (east, north) = (self._position(corners[place : place + 2]) for place in (0, half))
            if south > north:
                raise _refused("a bbox must have its south below its north")
            if west > east and self.crs == "3857":
                raise _refused("a bbox in metres must have its west before its east")
            spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]  # over the antimeridian
            rings = [[[w, south], [e, south], [e, north], [w, north], [w, south]] for w, e in spans]
            node = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
        elif isinstance(node, dict) and node.get("type") in GEOMETRIES and "coordinates" in node:
            node = {"type": node["type"], "coordinates": self._positions(node["coordinates"])}
        else:
            raise _refused("a geometry is needed there")
        try:
            shape = shapely.from_geojson(json.dumps(node))
        except shapely.errors.GEOSException:
            raise _refused("a geometry needs enough positions, and rings that close") from None
        if not shape.is_valid:
            raise _refused("a geometry must not cross itself")
        return f"ST_GeomFromWKB({self._bind(shape.wkb)}, {self.srid})"

    def _positions(self, node: Any) -> Any:
        if isinstance(node, list) and node and all(isinstance(part, list) for part in node):
            return [self._positions(part) for part in node]
        if not isinstance(node, list) or len(node) not in (2, 3) or not all(map(_is_number, node)):
            raise _refused("positions of a geometry need two numbers")
        return self._position(node[:2])

    def _position(self, pair: list[float]) -> list[float]:
        if self.crs == "3857":
            if max(map(abs, pair)) > MAX_X_3857:
                raise _refused("positions must be metres within the square of Web Mercator")
            return pair
        longitude, latitude = reversed(pair) if self.crs == "4326" else pair
        if abs(longitude) > 180 or abs(latitude) > MERCATOR_LATITUDE:
            raise _refused("positions must be degrees, latitudes at most 85")
        return [longitude, latitude]


def _refused(reason: str) -> InvalidParameter:
    return InvalidParameter("The filter cannot be used.", [FieldError("filter", reason)])


def _unsupported(operator: str) -> InvalidParameter:
    if operator.lower() in UNSUPPORTED:
        return _refused(f"the operator {operator.lower()} is not supported")
    return _refused("has an operator where it cannot be, or a function; functions are not supported")


def _operation(node: Any) -> tuple[str, list[Any]]:
    if not isinstance(node, dict) or not isinstance(node.get("op"), str) or not isinstance(node.get("args"), list):
        raise _refused("a condition is needed there")
    return node["op"], node["args"]


def _exactly(arguments: list[Any], count: int) -> list[Any]:
    if len(arguments) != count:
        raise _refused(f"an operator needs {count} parts")
    return arguments


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _literal(node: Any) -> tuple[Any, str]:
    if isinstance(node, bool):
        return node, "boolean"
    if _is_number(node):
        return float(node), "number"
    if isinstance(node, str) and "\x00" not in node:
        return node, "string"
    if isinstance(node, dict) and len(node) == 1:
        kind, value = next(iter(node.items()))
        if kind in ("date", "timestamp") and isinstance(value, str):
            day = day_of(value)
            if day is None:
                raise _refused("has a date or a time that there is not; such as 2026-11-23 or 2026-11-23T00:00:00Z")
            return day, "date"
    raise _refused("a value of text, a number, true, false or a date is needed there")
