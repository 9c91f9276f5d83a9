"""The search of streets, house numbers and places in what a community has imported; nobody else is asked.

What people look for is where they live: it is compared and forgotten, neither stored nor logged.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mapping.errors import FieldError, InvalidInput
from mapping.layers.addresses import AddressQuery, read_query
from mapping.layers.place_words import PLACE_CLASSES, PLACE_KINDS
from mapping.layers.texts import REFUSED
from mapping.store import communities, search
from mapping.store.communities import Community
from mapping.store.search import FoundAddress, FoundName

MAX_QUERY, MAX_PLACES = 100, 50
_UNREADABLE = "\ufffd"  # what bytes that are no UTF-8 become on their way in


def read_search(text: str, field: str = "q") -> AddressQuery:
    """A search text as a query.

    Raises
    ------
    InvalidInput
        If it is empty, too long or holds characters that are none of a name.
    """
    reason = None
    if len(text) > MAX_QUERY:
        reason = f"at most {MAX_QUERY} characters"
    elif REFUSED.search(text) or _UNREADABLE in text:
        reason = "has characters that no name has"
    query = read_query("" if reason else text)
    if not (query.words or query.types or query.numbers):
        raise InvalidInput("This cannot be looked for.", [FieldError(field, reason or "needs a letter or a digit")])
    return query


def centre_of(community: Community) -> tuple[float, float]:
    """Longitude and latitude of the middle of a community."""
    west, south, east, north = community.bbox
    return (west + east) / 2, (south + north) / 2


async def find_places(engine: AsyncEngine, slug: str, text: str, language: str, limit: int) -> dict[str, Any]:
    """Streets, house numbers and places that answer a search text, best first.

    Parameters
    ----------
    engine : AsyncEngine
        Of the public role.
    slug : str
        Community.
    text : str
        As typed: any order, Cyrillic or Latin, abbreviations, slips of the finger.
    language : str
        A code of `LANGUAGES`: of the kinds in words.
    limit : int
        At most so many.

    Returns
    -------
    dict
        GeoJSON FeatureCollection of points, EPSG:4326; properties `name, kind, words` (the kind in words)`, street,
        number, locality`.

    Raises
    ------
    InvalidInput
        If the text cannot be looked for.
    NotFound
        If there is no such community.
    """
    query = read_search(text)
    async with engine.connect() as connection:
        community = await communities.find(connection, slug)
        names = await search.find_names(connection, community.id, query, centre_of(community), limit)
        houses = await _houses(connection, community, names, query, limit)
    features: list[dict[str, Any]] = []
    for name in names:
        if name.kind == "street":  # its houses once, before it
            features += [_address(house, language) for house in houses.pop(name.key, [])]
        features.append(_place(name, language))
    return {"type": "FeatureCollection", "features": features[:limit]}


async def _houses(
    connection: AsyncConnection, community: Community, names: list[FoundName], query: AddressQuery, limit: int
) -> dict[str, list[FoundAddress]]:
    """Houses at the streets found, by the street's key; a number that is part of the street's name is no house's."""
    streets = list(dict.fromkeys(name.key for name in names if name.kind == "street"))
    numbers = [number for number in query.numbers if streets and number not in streets[0].split()]
    if not streets or not numbers:
        return {}
    found = await search.find_addresses(
        connection, community.id, streets, numbers, centre_of(community), limit + len(numbers)
    )
    houses: dict[str, list[FoundAddress]] = {}
    for house in found:
        houses.setdefault(house.street_key, []).append(house)
    return houses


def _feature(lon: float, lat: float, **properties: str | None) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _address(house: FoundAddress, language: str) -> dict[str, Any]:
    return _feature(
        house.lon,
        house.lat,
        name=f"{house.street}, {house.number}",
        kind="address",
        words=PLACE_KINDS["address"].get(language),
        street=house.street,
        number=house.number,
        locality=house.locality,
    )


def _place(found: FoundName, language: str) -> dict[str, Any]:
    words = PLACE_CLASSES.get(found.place_class or "", PLACE_KINDS[found.kind]).get(language)
    return _feature(
        found.lon,
        found.lat,
        name=found.name or words,
        kind=found.kind,
        words=words,
        street=found.name if found.kind == "street" else None,
        number=None,
        locality=found.locality,
    )
