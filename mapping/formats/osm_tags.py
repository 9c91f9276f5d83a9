"""What OSM tags mean here: which ways are walked, which places are kept, and how names are cleaned.

Tagging follows the OSM wiki; where an object carries several meanings, one is kept, because places are
keyed by their OSM id: water and green before amenities, amenities before buildings and land use.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mapping.layers.addresses import house_number_key, name_key
from mapping.layers.texts import UNSEEN

LONGEST_VALUE = 255  # the limit of the OSM database; longer values are not from there

CARRIAGEWAYS = frozenset(
    {"trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service", "road"}
    | {"trunk_link", "primary_link", "secondary_link", "tertiary_link"}
)
PATHS = frozenset({"pedestrian", "footway", "path", "steps", "cycleway", "track", "bridleway"})
STREET_TAGS = ("name", "highway", "lit", "surface", "sidewalk", "kerb", "wheelchair", "incline")
CROSSING_TAGS = ("crossing", "tactile_paving", "kerb", "wheelchair")

POI_KEYS = ("amenity", "healthcare", "shop", "tourism", "social_facility", "office", "leisure")
PUBLIC_OFFICES = frozenset({"government", "ngo", "association", "employment_agency", "charity"})
HALLS = frozenset({"sports_centre", "fitness_centre", "stadium", "dance", "swimming_pool"})
STREET_FURNITURE = frozenset(
    {"parking", "parking_space", "parking_entrance", "bicycle_parking", "motorcycle_parking", "bench", "waste_basket"}
)
NEEDED_WITHOUT_NAME = frozenset(
    {"police", "hospital", "clinic", "doctors", "pharmacy", "fire_station", "school", "kindergarten", "college"}
    | {"university", "library", "community_centre", "townhall", "social_facility", "post_office", "shelter"}
    | {"toilets", "drinking_water", "water_point", "bus_station", "courthouse"}
)
LOCALITIES = frozenset({"city", "town", "village", "hamlet", "suburb", "quarter", "neighbourhood"})
STOPS = {("highway", "bus_stop"): "bus_stop", ("railway", "tram_stop"): "tram_stop", ("railway", "station"): "station"}

_LAND: Mapping[str, Mapping[str, frozenset[str]]] = {
    "water": {
        "natural": frozenset({"water", "bay"}),
        "waterway": frozenset({"riverbank", "dock"}),
        "landuse": frozenset({"reservoir", "basin"}),
    },
    "green": {
        "leisure": frozenset({"park", "garden", "pitch", "playground", "golf_course", "common", "dog_park"}),
        "landuse": frozenset({"grass", "village_green", "recreation_ground", "cemetery", "allotments", "flowerbed"}),
        "natural": frozenset({"grassland"}),
    },
    "wood": {"natural": frozenset({"wood", "scrub"}), "landuse": frozenset({"forest"})},
    "homes": {"landuse": frozenset({"residential"})},
    "field": {
        "landuse": frozenset({"farmland", "farm", "farmyard", "meadow", "orchard", "vineyard", "field", "greenfield"}),
        "natural": frozenset({"heath"}),
    },
    "works": {"landuse": frozenset({"industrial", "commercial", "retail", "railway", "garages", "quarry", "depot"})},
}
_BEFORE_AMENITIES, _AFTER_BUILDINGS = ("water", "green", "wood"), ("homes", "field", "works")
WATERCOURSES = frozenset({"river", "stream", "canal", "drain", "ditch"})


class Meaning(NamedTuple):
    """The kind of a place (`public_release.places.kind`) and the tag value it was read from."""

    kind: str
    value: str


class Address(NamedTuple):
    """A house number at a street, as written and in the spelling it is compared by."""

    number: str
    number_key: str
    street: str
    street_key: str


def cleaned(value: str | None) -> str | None:
    """A tag value without NUL, control and direction-override characters, on one line.

    Parameters
    ----------
    value : str or None
        As read from the file.

    Returns
    -------
    str or None
        At most 255 characters; None if nothing readable is left.

    Notes
    -----
    Joiners (U+200C, U+200D) stay: some scripts need them.
    """
    if value is None or (value.isascii() and value.isprintable() and value == value.strip()):
        return value[:LONGEST_VALUE] if value else None
    kept = UNSEEN.sub(" ", value)
    return " ".join(kept.split())[:LONGEST_VALUE] or None


def is_walkable(tags: Mapping[str, str]) -> bool:
    """Whether a way is a street or path that people on foot use.

    Carriageways stay even where `foot` forbids them, because the pavement beside them is seldom a way of its own;
    motorways, roads for motor traffic only, closed paths and areas (`area=yes`) do not.
    """
    highway = tags.get("highway")
    if tags.get("area") == "yes":
        return False
    if highway in CARRIAGEWAYS:
        return tags.get("motorroad") != "yes" and tags.get("access") != "no"
    if highway in PATHS:
        foot = tags.get("foot", tags.get("access", "yes"))
        return foot not in ("no", "private", "use_sidepath")
    return False


def sidewalk(tags: Mapping[str, str]) -> str | None:
    """The `sidewalk` of a street, also where it is tagged by side."""
    if "sidewalk" in tags:
        return cleaned(tags["sidewalk"])
    both, left, right = (tags.get(f"sidewalk:{side}") for side in ("both", "left", "right"))
    if both is not None:
        return "both" if both == "yes" else cleaned(both)
    sides = [side for side, value in (("left", left), ("right", right)) if value not in (None, "no")]
    if len(sides) == 2:
        return "both" if left == right == "yes" else cleaned(left)
    if sides:
        return sides[0]
    return "no" if left == right == "no" else None


def _land(tags: Mapping[str, str], kinds: tuple[str, ...]) -> Meaning | None:
    for kind in kinds:
        for key, values in _LAND[kind].items():
            if tags.get(key) in values:
                return Meaning(kind, tags[key])
    return None


def _amenity(tags: Mapping[str, str]) -> Meaning | None:
    for (key, stopping), stop in STOPS.items():
        if tags.get(key) == stopping:
            return Meaning("amenity", stop)
    for key in POI_KEYS:
        value = tags.get(key)
        if value is None or value in STREET_FURNITURE:
            continue
        if (key == "office" and value not in PUBLIC_OFFICES) or (key == "leisure" and value not in HALLS):
            continue
        if "name" in tags or value in NEEDED_WITHOUT_NAME:
            return Meaning("amenity", value)
    return None


def _square(tags: Mapping[str, str]) -> Meaning | None:
    """A named square or pedestrian area: by such names people find their way."""
    is_square = tags.get("place") == "square" or (tags.get("highway") == "pedestrian" and tags.get("area") == "yes")
    return Meaning("amenity", "square") if is_square and "name" in tags else None


def is_building(tags: Mapping[str, str]) -> bool:
    """Whether an area is a building, or a part of one, above ground."""
    return tags.get("building", tags.get("building:part", "no")) != "no" and tags.get("location") != "underground"


def _locality(tags: Mapping[str, str]) -> Meaning | None:
    is_named = tags.get("place") in LOCALITIES and "name" in tags
    return Meaning("locality", tags["place"]) if is_named else None


def node_meaning(tags: Mapping[str, str]) -> Meaning | None:
    """What a tagged node is as a place, if it is kept."""
    return _locality(tags) or _amenity(tags)


def area_meaning(tags: Mapping[str, str]) -> Meaning | None:
    """What an area is as a place, if it is kept."""
    if tags.get("location") == "underground":
        return _amenity(tags)
    if is_building(tags):
        return _amenity(tags) or Meaning("building", tags.get("building", "yes"))
    return _land(tags, _BEFORE_AMENITIES) or _amenity(tags) or _square(tags) or _land(tags, _AFTER_BUILDINGS)


def line_meaning(tags: Mapping[str, str]) -> Meaning | None:
    """What an open way is as a place: a watercourse above ground, if it is one."""
    if tags.get("waterway") in WATERCOURSES and tags.get("tunnel", "no") == "no":
        return Meaning("water", tags["waterway"])
    return None


def addresses(tags: Mapping[str, str]) -> list[Address]:
    """The addresses of an object: several where its house number lists them («12;14»); villages may lack streets."""
    street = cleaned(tags.get("addr:street", tags.get("addr:place")))
    found: dict[str, Address] = {}
    for written in (tags.get("addr:housenumber") or "").replace(",", ";").split(";"):
        number, key = cleaned(written), house_number_key(written)
        if street is not None and number is not None and key:
            found.setdefault(number, Address(number, key, street, name_key(street)))
    return list(found.values())
