"""The parameters of OGC API Features and Tiles, read as the standard says: what is not known or cannot be is a 400.

Source: OGC 17-069r4 (Part 1: Core), clause 7.15; OGC 18-058r1 (Part 2: CRS), clauses 7 and 8; OGC 19-079r2 (Part 3:
Filtering), clauses 6 and 8; OGC 20-057 (Tiles, Part 1: Core), requirement /req/core/tc-error.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.datastructures import QueryParams

from mapping.api.rendering import prefers_page
from mapping.errors import FieldError, InvalidParameter, NotFound
from mapping.formats.filters import read_filter
from mapping.geodesy import MAX_X_3857, web_mercator
from mapping.languages import LANGUAGES
from mapping.layers.days import day_of
from mapping.services.features import queryables
from mapping.store.collections import Collection
from mapping.store.features import DECIMALS, Box, FeaturesQuery
from mapping.store.filters import Filter
from mapping.store.tile_sets import MAX_DATA_ZOOM, TileSet
from mapping.store.tiles import TileKey

DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET = 100, 1000, 100_000
CRS: Mapping[str, str] = {
    "CRS84": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "4326": "http://www.opengis.net/def/crs/EPSG/0/4326",
    "3857": "http://www.opengis.net/def/crs/EPSG/0/3857",
}
ITEMS = (
    "f",
    "lang",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "limit",
    "next",
    "offset",
    "filter",
    "filter-lang",
    "filter-crs",
)
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
Format = Literal["json", "html"]


@dataclass(frozen=True)
class ItemsRequest:
    """What was asked of a collection: the query, and the id of the feature after which the page begins."""

    query: FeaturesQuery
    after: str | None


def refused(name: str, reason: str) -> InvalidParameter:
    """The error of one parameter."""
    return InvalidParameter("A parameter cannot be used.", [FieldError(name, reason)])


def require_known(parameters: QueryParams, known: tuple[str, ...]) -> None:
    """Refuse parameters the resource does not know, and those said twice.

    Raises
    ------
    InvalidParameter
        If there is one.
    """
    names = [name for name, _ in parameters.multi_items()]
    if any(name not in known for name in names):
        reason = "may have only " + ", ".join(known) if known else "must be empty"
        raise InvalidParameter("A parameter is not known here.", [FieldError("query", reason)])
    if len(set(names)) < len(names):
        raise InvalidParameter("A parameter is said twice.", [FieldError("query", "may say each parameter once")])
    if parameters.get("lang", LANGUAGES[0]) not in LANGUAGES:
        raise refused("lang", "must be one of " + ", ".join(LANGUAGES))


def read_format(parameters: QueryParams, accept: str) -> Format:
    """HTML where a browser asks for it, else JSON.

    Raises
    ------
    InvalidParameter
        If `f` is another.
    """
    asked = parameters.get("f")
    if asked not in (None, "json", "html"):
        raise refused("f", "must be json or html")
    if asked is not None:
        return "html" if asked == "html" else "json"
    return "html" if prefers_page(accept) else "json"


def read_crs(parameters: QueryParams, name: str) -> str:
    """Key of `CRS`; CRS84 where nothing is said.

    Raises
    ------
    InvalidParameter
        If it is none of them.
    """
    asked = parameters.get(name)
    if asked is None:
        return "CRS84"
    found = next((key for key, uri in CRS.items() if asked == uri), None)
    if found is None:
        raise refused(name, "must be one of " + ", ".join(CRS.values()))
    return found


def read_tile_key(tile_set: TileSet, matrix: str, row: str, column: str) -> TileKey:
    """The tile that a path names.

    Raises
    ------
    InvalidParameter
        If a part is no whole number.
    NotFound
        If it is outside the zooms of the tile set.
    """
    parts = {"tileMatrix": matrix, "tileRow": row, "tileCol": column}
    for name, text in parts.items():
        if not _is_whole(text):
            raise refused(name, "must be a whole number, 0 or more")
    if not tile_set.min_zoom <= int(matrix) <= MAX_DATA_ZOOM:
        raise NotFound("There are no tiles at this zoom.")
    return TileKey(int(matrix), int(column), int(row))


def read_items(parameters: QueryParams, collection: Collection) -> ItemsRequest:
    """Everything that may be asked of a collection's items.

    Raises
    ------
    InvalidParameter
        If a parameter is unknown or breaks a rule.
    """
    require_known(parameters, (*ITEMS, *collection.properties))
    offset = _whole(parameters, "offset", 0, 0)
    if offset > MAX_OFFSET:
        raise refused("offset", f"must be at most {MAX_OFFSET}; follow the link to the next page")
    if "bbox-crs" in parameters and "bbox" not in parameters:
        raise refused("bbox-crs", "needs a bbox")
    if any("\x00" in value for value in parameters.values()):
        raise refused("query", "must not hold the character NUL")
    if "filter" not in parameters and ("filter-lang" in parameters or "filter-crs" in parameters):
        raise refused("filter", "is needed where its language or CRS is said")
    query = FeaturesQuery(
        boxes=_boxes(parameters["bbox"], read_crs(parameters, "bbox-crs")) if "bbox" in parameters else (),
        days=_days(parameters["datetime"]) if "datetime" in parameters else (None, None),
        values=_values(parameters, collection) if any(name in parameters for name in collection.properties) else {},
        filter=_filter(parameters) if "filter" in parameters else None,
        crs=read_crs(parameters, "crs"),
        limit=min(_whole(parameters, "limit", DEFAULT_LIMIT, 1), MAX_LIMIT),
        offset=offset,
    )
    return ItemsRequest(query, parameters.get("next"))


def _values(parameters: QueryParams, collection: Collection) -> dict[str, str | float | bool]:
    """What each queryable is asked to be, held against its schema."""
    schemas = queryables(collection.name)
    return {name: _value(name, parameters[name], schemas[name]) for name in schemas if name in parameters}


def _value(name: str, text: str, schema: Mapping[str, Any]) -> str | float | bool:
    kind, choices = schema["type"], schema.get("enum", [text])
    if text not in choices:
        raise refused(name, "must be one of " + ", ".join(choices))
    if kind == "integer" and _is_whole(text.removeprefix("-")) and abs(int(text)) < 2**63:
        return int(text)
    if kind == "number" and _NUMBER.fullmatch(text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "string":
        return text
    raise refused(name, f"must be of the type {kind}")


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _whole(parameters: QueryParams, name: str, otherwise: int, least: int) -> int:
    text = parameters.get(name)
    if text is None:
        return otherwise
    if not (_is_whole(text) and int(text) >= least):
        raise refused(name, f"must be a whole number, {least} or more")
    return int(text)


def _filter(parameters: QueryParams) -> Filter:
    language = parameters.get("filter-lang", "cql2-text")
    if language not in ("cql2-text", "cql2-json"):
        raise refused("filter-lang", "must be cql2-text or cql2-json")
    crs = read_crs(parameters, "filter-crs")
    tree = read_filter(parameters["filter"], "cql2-json" if language == "cql2-json" else "cql2-text")
    return Filter(tree, crs)


def _boxes(text: str, crs: str) -> tuple[Box, ...]:
    """One box in EPSG:3857, or two where it goes over the antimeridian.

    Wider by half of the last digit that is told: whoever asks for a place as it was told finds it.
    """
    try:
        if "_" in text or not text.isascii():
            raise ValueError
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise refused("bbox", "must be four or six numbers with commas between") from None
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise refused("bbox", "must be four or six finite numbers")
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    if crs == "4326":
        west, south, east, north = south, west, north, east
    if south > north:
        raise refused("bbox", "must have its south below its north")
    rounding = 0.5 * 10 ** -DECIMALS[crs]
    if crs == "3857":
        if west > east:
            raise refused("bbox", "must have its west before its east")
        return ((west - rounding, south - rounding, east + rounding, north + rounding),)
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise refused("bbox", "must be degrees")
    x_west, y_south = web_mercator(west - rounding, south - rounding)
    x_east, y_north = web_mercator(east + rounding, north + rounding)
    if west <= east:
        return ((x_west, y_south, x_east, y_north),)
    return (x_west, y_south, MAX_X_3857, y_north), (-MAX_X_3857, y_south, x_east, y_north)


def _days(text: str) -> tuple[str | None, str | None]:
    """First and last day of an instant or interval of RFC 3339."""
    ends = text.split("/")
    if len(ends) == 1:
        day = _day(ends[0])
        return day, day
    if len(ends) != 2:
        raise refused("datetime", "must be a time, or two with a slash between")
    first, last = (None if end in ("", "..") else _day(end) for end in ends)
    if first is not None and last is not None and first > last:
        raise refused("datetime", "must begin before it ends")
    return first, last


def _day(text: str) -> str:
    day = day_of(text)
    if day is None:
        raise refused("datetime", "must be as RFC 3339 says, with a time zone, such as 2026-11-23T00:00:00Z")
    return day
