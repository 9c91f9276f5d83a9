"""Properties of released features in words: what each is called, and what its values mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mapping.analysis.sentences import BADGES, TRENDS
from mapping.languages import Text, called, in_figures, month_in_words
from mapping.layers.categories import CATEGORIES
from mapping.layers.states import STATUS_WORDS
from mapping.layers.vocabulary import AFFECTED, SEVERITIES, WHEN
from mapping.services.features import queryables
from mapping.store.collections import COLLECTIONS, Collection

_NAMED = Text("Name, %(tongue)s")
_TITLES: Mapping[str, Text] = {
    "community": Text("Community"),
    "category": Text("What it is"),
    "severity": Text("How bad it is"),
    "when": Text("When"),
    "affected": Text("Who finds it hardest here"),
    "status": Text("What became of it"),
    "observed_on": Text("Noticed"),
    "radius_m": Text("Somewhere within"),
    "place": Text("Where, in words"),
    "description": Text("In the words of the person who marked it"),
    "confirmations": Text("People who see this too"),
    "said_fixed": Text("People who say it is fixed"),
    "said_not_fixed": Text("People who say it is not fixed"),
    "simulated": Text("Simulated data"),
    "rank": Text("Rank"),
    "rank_low": Text("Rank, at best"),
    "rank_high": Text("Rank, at worst"),
    "score": Text("Score, of 100"),
    "badge": Text("Could it be chance?"),
    "people": Text("People who marked it"),
    "people_rounded_down": Text("People rounded down to fives"),
    "trend": Text("More or less often than before?"),
    "name": Text("Name"),
    "highway": Text("Kind of street"),
    "lit": Text("Lit"),
    "surface": Text("Surface"),
    "sidewalk": Text("Pavement"),
    "kerb": Text("Kerb"),
    "wheelchair": Text("With a wheelchair"),
    "incline": Text("Incline"),
    "length_m": Text("Length"),
    "osm_way_id": Text("Way in OpenStreetMap"),
}
_HINTS: Mapping[str, Text] = {
    "affected": Text("Some of %(codes)s, with commas between; compared as a whole, or in part by LIKE."),
    "observed_on": Text("A day, or a month where a day would tell too much."),
    "highway": Text("As OpenStreetMap writes it."),
}
_CODES: Mapping[str, Mapping[str, Text]] = {
    "category": {code: found.title for code, found in CATEGORIES.items()},
    "when": WHEN,
    "affected": AFFECTED,
    "status": STATUS_WORDS,
    "badge": BADGES,
    "trend": TRENDS,
}
_YES, _NO = Text("Yes"), Text("No")
_KINDS: Mapping[str, Text] = {
    "string": Text("Text"),
    "integer": Text("Whole number"),
    "number": Text("Number"),
    "boolean": Text("True or false"),
    "date": Text("Day or month"),
}
_METRES = Text("%(number)s m")
_OF_FOUR = Text("%(number)s of 4: %(words)s")
_NAMELESS = Text("Without a name")
IN_FEW: Mapping[str, tuple[str, ...]] = {
    "reports": ("observed_on", "status", "place", "community"),
    "hotspots": ("rank", "people", "badge", "community"),
    "street_segments": ("lit", "highway", "length_m", "community"),
}
"""By table the properties that tell most of a feature, the most telling first."""


@dataclass(frozen=True)
class Queryable:
    """What may be asked for: its name, title, kind and hint in words, and its codes with their words."""

    name: str
    title: str
    kind: str
    hint: str
    codes: Mapping[str, str]


def title_of(name: str, language: str) -> str:
    """What a property is called in one language."""
    if name.startswith("name_"):
        return _NAMED.get(language, tongue=called(name.removeprefix("name_")).name)
    return _TITLES[name].get(language)


def told(name: str, value: Any, language: str) -> str:
    """A property's value in words of one language; nothing where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return (_YES if value else _NO).get(language)
    if name == "affected":
        return ", ".join(AFFECTED[code].get(language) for code in value.split(","))
    if name in _CODES:
        return _CODES[name][value].get(language) if value in _CODES[name] else str(value)
    if name == "observed_on":
        return month_in_words(value, language)
    if name == "severity":
        return _OF_FOUR.get(language, number=value, words=SEVERITIES[value - 1].get(language))
    if name.endswith("_m"):
        return _METRES.get(language, number=in_figures(value, language))
    if name in ("lit", "wheelchair") and value in ("yes", "no"):
        return (_YES if value == "yes" else _NO).get(language)
    return str(value)


def name_of(collection: Collection, properties: Mapping[str, Any], language: str) -> str:
    """What a feature may be called in one language."""
    if collection.takes_reports:
        return told("category", properties["category"], language)
    name = properties.get(f"name_{language}") or properties.get("name") or properties.get("name_en")
    return name or _NAMELESS.get(language)


def described(name: str, language: str) -> list[Queryable]:
    """What may be asked for in a collection, in words of one language.

    Raises
    ------
    NotFound
        If there is no such collection.
    """
    schemas = queryables(name)
    return [
        Queryable(
            asked,
            title_of(asked, language),
            _KINDS[COLLECTIONS[name].properties[asked].kind].get(language),
            _HINTS[asked].get(language, codes=", ".join(AFFECTED)) if asked in _HINTS else "",
            {code: _CODES[asked][code].get(language) for code in schema.get("enum", [])},
        )
        for asked, schema in schemas.items()
    ]


def described_schemas(name: str, language: str) -> dict[str, dict[str, Any]]:
    """`queryables` with titles and hints in words of one language."""
    schemas = queryables(name)
    hints = {one.name: {"title": one.title} | ({"description": one.hint} if one.hint else {})
             for one in described(name, language)}  # fmt: skip
    return {asked: {**hints[asked], **schema} for asked, schema in schemas.items()}
