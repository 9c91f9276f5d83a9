"""The collections of features the public may ask for: where they lie, and what may be told, asked for and filtered.

What is not named here cannot be reached by a query: names of columns never come from a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mapping.languages import LANGUAGES

Kind = Literal["string", "integer", "number", "boolean", "date"]


@dataclass(frozen=True)
class Property:
    """One property of a feature.

    Parameters
    ----------
    sql : str
        Expression over the row `item`.
    kind : str
        Type of its values; a date may be a month, and is compared as text.
    is_code : bool
        A text of ours, of letters, digits, hyphens, underscores and commas: nothing in it has to be escaped in JSON, to
        which constraints of the tables hold it.
    told_sql : str or None
        Expression over `item` and its community `town`, quicker where that is joined; None: `sql`.
    among_sql : str or None
        Condition that it is one of the texts of an array, for which `{}` stands; None: a comparison.
    """

    sql: str
    kind: Kind = "string"
    is_code: bool = False
    told_sql: str | None = None
    among_sql: str | None = None


@dataclass(frozen=True, eq=False)  # one is itself alone: what is written of it once is kept
class Collection:
    """Features of one kind.

    Parameters
    ----------
    name : str
        Its id.
    table : str
        In `public_release`.
    key : tuple of str
        Columns that name a row, in the order of the pages.
    key_kinds : tuple of str
        Their types in PostgreSQL.
    only : str
        Condition that every row of the collection meets.
    properties : mapping of Property
        By name, in the order they are told.
    date : str or None
        Name of the property that `datetime` asks for.
    """

    name: str
    table: str
    key: tuple[str, ...]
    key_kinds: tuple[str, ...]
    only: str
    properties: Mapping[str, Property]
    date: str | None = None

    @property
    def takes_reports(self) -> bool:
        """Whether its features are reports, which anyone may send."""
        return self.table == "reports"

    @property
    def id_sql(self) -> str:
        """The feature's id as text."""
        return " || '.' || ".join(f"item.{column}::text" for column in self.key)

    @property
    def order_sql(self) -> str:
        """The order of the pages."""
        return ", ".join(f"item.{column}" for column in self.key)


_COMMUNITY = {
    "community": Property(
        "(SELECT slug FROM public_release.communities WHERE id = item.community_id)",
        is_code=True,
        told_sql="town.slug",
        # By its number, which begins every key, and not by the name of each row's.
        among_sql="item.community_id = ANY(ARRAY(SELECT id FROM public_release.communities WHERE slug = ANY({})))",
    )
}
_REPORT = {
    **_COMMUNITY,
    "category": Property("item.category", is_code=True),
    "severity": Property("item.severity", "integer"),
    "when": Property("item.when_seen", is_code=True),
    "affected": Property("array_to_string(item.affected, ',')", is_code=True),
    "status": Property("item.status", is_code=True),
    "observed_on": Property("item.observed_on", "date", is_code=True),
    "radius_m": Property("item.radius_m", "number"),
    "place": Property("item.place"),
    "description": Property("item.description"),
    "confirmations": Property("item.confirmations", "integer"),
    "said_fixed": Property("item.said_fixed", "integer"),
    "said_not_fixed": Property("item.said_not_fixed", "integer"),
    "simulated": Property("item.is_simulated", "boolean"),
}
_STREET = {
    **_COMMUNITY,
    "name": Property("item.name"),
    "highway": Property("item.highway"),
    "lit": Property("item.lit"),
    "surface": Property("item.surface"),
    "sidewalk": Property("item.sidewalk"),
    "kerb": Property("item.kerb"),
    "wheelchair": Property("item.wheelchair"),
    "incline": Property("item.incline"),
    "length_m": Property("round(item.length_m::numeric, 1)", "number"),
    "osm_way_id": Property("item.osm_way_id", "integer"),
}


def _told(name: str, kind: Kind = "string") -> Property:
    cast = {"integer": "::int", "number": "::float8", "boolean": "::boolean"}.get(kind, "")
    return Property(f"(item.properties ->> '{name}'){cast}", kind)


_HOTSPOT = {
    **_COMMUNITY,
    "rank": Property("item.rank", "integer"),
    "rank_low": _told("rank_low", "integer"),
    "rank_high": _told("rank_high", "integer"),
    "score": _told("score", "number"),
    "badge": _told("badge"),
    "people": _told("reporters", "integer"),
    "people_rounded_down": _told("is_rounded", "boolean"),
    "trend": _told("trend"),
    **{f"name_{language}": Property(f"(item.properties #>> '{{texts,{language},name}}')") for language in LANGUAGES},
}


def _reports(layer: str) -> Collection:
    return Collection(layer, "reports", ("id",), ("uuid",), f"item.layer = '{layer}'", _REPORT, "observed_on")


_ALL = (
    _reports("dangerous_places"),
    _reports("unlit_streets"),
    _reports("accessibility_barriers"),
    _reports("resources"),
    Collection("hotspots", "hotspots", ("id",), ("uuid",), "true", _HOTSPOT),
    Collection(
        "streets",
        "street_segments",
        ("community_id", "osm_way_id", "segment"),
        ("integer", "bigint", "integer"),
        "true",
        _STREET,
    ),
)
COLLECTIONS: Mapping[str, Collection] = {collection.name: collection for collection in _ALL}
