"""Released features as OGC API Features asks for them: collections, pages, single ones."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from mapping.errors import FieldError, InvalidParameter, NotFound
from mapping.languages import Text
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.layers.states import STATUS
from mapping.layers.vocabulary import WHEN, Tier
from mapping.store import features
from mapping.store.bare import Rows
from mapping.store.collections import COLLECTIONS, Collection
from mapping.store.features import FeaturesPage, FeaturesQuery

TITLES: Mapping[str, Text] = {
    "hotspots": Text("Where it hurts most"),
    "streets": Text("Streets and their lighting"),
}
DESCRIPTIONS: Mapping[str, Text] = {
    "dangerous_places": Text(
        "Marks of dangerous places. Shown somewhere within radius_m of the true place, with the month only."
    ),
    "unlit_streets": Text("Marks of dark streets and broken lamps, in place."),
    "accessibility_barriers": Text("Marks of steps, kerbs and other barriers, in place."),
    "resources": Text("Marks of where help is, in place."),
    "hotspots": Text(
        "Areas where more marks gather than chance would put there, ranked with their doubt. Where dangers "
        "are among them, people are rounded down to fives and the shape is coarse."
    ),
    "streets": Text(
        "Stretches of street between junctions, from OpenStreetMap (ODbL), with what is known of their lighting."
    ),
}
STATUSES = tuple(STATUS)
_STREET_ID = re.compile(r"([0-9]{1,9})\.(-?[0-9]{1,18})\.([0-9]{1,9})")


@dataclass(frozen=True)
class CollectionView:
    """What is said of a collection.

    Parameters
    ----------
    name, title, description : str
        Its id, and what it is.
    bounds : tuple of float or None
        West, south, east, north of all communities, degrees.
    takes_reports : bool
        Whether reports can be sent to it.
    is_simulated : bool
        Whether what it holds is invented: every community is a demonstration.
    symbol : str or None
        Id of its symbol in symbols.svg, of marks alone.
    is_from_osm : bool
        Whether it is of OpenStreetMap, under the ODbL.
    """

    name: str
    title: str
    description: str
    bounds: tuple[float, float, float, float] | None
    takes_reports: bool
    is_simulated: bool
    symbol: str | None
    is_from_osm: bool


def find_collection(name: str) -> Collection:
    """A collection by its id.

    Raises
    ------
    NotFound
        If there is none.
    """
    if name not in COLLECTIONS:
        raise NotFound("There is no such collection.")
    return COLLECTIONS[name]


async def list_collections(reader: Rows, language: str) -> list[CollectionView]:
    """All collections, in words of one language."""
    found = await features.extent(reader)
    return [
        CollectionView(
            name,
            _title(name, language),
            DESCRIPTIONS[name].get(language),
            None if found is None else found.bounds,
            collection.takes_reports,
            found is not None and found.is_simulated,
            LAYERS[name].symbol if name in LAYERS else None,
            collection.table == "street_segments",
        )
        for name, collection in COLLECTIONS.items()
    ]


async def describe_collection(reader: Rows, name: str, language: str) -> CollectionView:
    """One collection, in words of one language.

    Raises
    ------
    NotFound
        If there is none.
    """
    find_collection(name)
    return next(view for view in await list_collections(reader, language) if view.name == name)


def _title(name: str, language: str) -> str:
    return TITLES[name].get(language) if name in TITLES else LAYERS[name].title.get(language)


def queryables(name: str) -> dict[str, dict[str, Any]]:
    """What may be asked for in a collection: JSON Schema by property.

    Raises
    ------
    NotFound
        If there is no such collection.
    """
    collection = find_collection(name)
    choices: dict[str, list[str]] = {}
    if name in LAYERS:
        told = [code for code, found in CATEGORIES.items() if found.layer == name and found.tier < Tier.T2]
        choices = {"category": told, "when": list(WHEN), "status": list(STATUSES)}
    found: dict[str, dict[str, Any]] = {}
    for asked, kept in collection.properties.items():
        found[asked] = {"type": "string"} if kept.kind == "date" else {"type": kept.kind}
        if asked in choices:
            found[asked]["enum"] = choices[asked]
    return found


def key_of(collection: Collection, feature_id: str) -> tuple[Any, ...]:
    """The key of a row by a feature's id.

    Raises
    ------
    NotFound
        If no feature can have such an id.
    """
    if collection.key == ("id",):
        try:
            return (UUID(feature_id),)
        except ValueError:
            raise NotFound("There is no such feature.") from None
    parts = _STREET_ID.fullmatch(feature_id)
    if parts is None:
        raise NotFound("There is no such feature.")
    return tuple(int(part) for part in parts.groups())


async def list_features(
    reader: Rows, collection: Collection, asked: FeaturesQuery, *, after: str | None
) -> FeaturesPage:
    """A page of features.

    Parameters
    ----------
    reader : Rows
        Of the public role.
    collection : Collection
        Of what.
    asked : FeaturesQuery
        Conditions, CRS, limit and offset.
    after : str, optional
        Id of the feature before the first.

    Raises
    ------
    InvalidParameter
        If `after` is no id of this collection.
    """
    if after is not None:
        try:
            asked = replace(asked, after=key_of(collection, after))
        except NotFound:
            raise InvalidParameter(
                "The page cannot be found.", [FieldError("next", "must be taken from the link to the next page")]
            ) from None
    return await features.features_page(reader, collection, asked)


async def find_feature(reader: Rows, collection: Collection, feature_id: str, crs: str) -> bytes:
    """One feature as the bytes of GeoJSON.

    Raises
    ------
    NotFound
        If it is not there or may not be shown.
    """
    key = key_of(collection, feature_id)
    found = await features.one_feature(reader, collection, key, crs)
    if found is None:
        raise NotFound("There is no such feature.")
    return found
