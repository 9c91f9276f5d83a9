"""The names that the search of addresses looks through: made anew by an import, read by the public role.

Both sides are folded by `layers.addresses`; PostgreSQL compares folded words by their trigrams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.languages import LANGUAGES
from mapping.layers.addresses import AddressQuery, name_key
from mapping.layers.place_words import PLACE_CLASSES
from mapping.store.named_queries import query

_SOURCES, _NAMES, _ADDRESSES = map(query, ("search_sources", "search_names", "search_addresses"))
_COLUMNS = "community_id, id, kind, class, name, key, class_key, words, locality, locality_key, geometry"
LEAST_LIKENESS = 0.4  # of the words asked for and a name, on average; below, nothing is meant


@dataclass(frozen=True)
class FoundName:
    """A street, place or locality; `name` is None of places that have none; longitude and latitude in degrees."""

    kind: str
    place_class: str | None
    name: str | None
    key: str
    locality: str | None
    lon: float
    lat: float


@dataclass(frozen=True)
class FoundAddress:
    """A house at a street; longitude and latitude in degrees."""

    street: str
    street_key: str
    number: str
    locality: str | None
    lon: float
    lat: float


def _row(community_id: int, number: int, source: sa.RowMapping) -> tuple[Any, ...]:
    place_class = PLACE_CLASSES.get(source["class"])
    key = name_key(source["name"] or "")
    class_key = "" if place_class is None else name_key(" ".join(place_class.get(each) for each in LANGUAGES))
    return (
        community_id,
        number,
        *(source[column] for column in ("kind", "class", "name")),
        key,
        class_key,
        f"{key} {class_key}".strip(),
        source["locality"],
        name_key(source["locality"] or ""),
        bytes(source["geometry"]).hex(),
    )


async def rebuild_search(connection: AsyncConnection, community_id: int) -> None:
    """Make the names of a community anew from its streets, places and addresses; the caller commits."""
    await connection.execute(
        sa.text("DELETE FROM public_release.search_names WHERE community_id = :id"), {"id": community_id}
    )
    sources = (await connection.execute(_SOURCES, {"community_id": community_id})).mappings().all()
    rows = (_row(community_id, number, source) for number, source in enumerate(sources))
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    async with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY public_release.search_names ({_COLUMNS}) FROM STDIN") as copy,
    ):
        for row in rows:
            if row[7]:  # nothing to find it by: no name, and a class without words
                await copy.write_row(row)


async def find_names(
    connection: AsyncConnection, community_id: int, query: AddressQuery, centre: tuple[float, float], limit: int
) -> list[FoundName]:
    """Names that answer a query, best first; among equals those nearer to `centre` (degrees).

    Notes
    -----
    Where there is no word, the kind of street is looked for, and where there is none of these, the number.
    """
    words = query.words or query.types or query.numbers
    extra = [word for word in (*query.types, *query.numbers) if word not in words]
    values = {
        "community_id": community_id,
        "words": list(words),
        "extra": extra,
        "whole": " ".join((*words, *extra)),
        "least": LEAST_LIKENESS,
        "lon": centre[0],
        "lat": centre[1],
        "limit": limit,
    }
    rows = await connection.execute(_NAMES, values)
    return [FoundName(row.kind, row[1], row.name, row.key, row.locality, row.lon, row.lat) for row in rows]


async def find_addresses(
    connection: AsyncConnection,
    community_id: int,
    streets: Sequence[str],
    numbers: Sequence[str],
    centre: tuple[float, float],
    limit: int,
) -> list[FoundAddress]:
    """Houses of these numbers (`house_number_key`) at these streets (`name_key`), in the order of the streets."""
    values = {
        "community_id": community_id,
        "streets": list(streets),
        "numbers": list(numbers),
        "lon": centre[0],
        "lat": centre[1],
        "limit": limit,
    }
    rows = await connection.execute(_ADDRESSES, values)
    return [FoundAddress(*row) for row in rows]
