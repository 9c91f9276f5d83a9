"""The shapes of the vocabulary: tiers, layers, categories, questions."""

from dataclasses import dataclass
from enum import IntEnum

from mapping.languages import Text


class Tier(IntEnum):
    """Who may see a report: T0 everyone exactly, T1 everyone masked, T2 nobody but as counts."""

    T0 = 0
    T1 = 1
    T2 = 2


@dataclass(frozen=True)
class Question:
    """A question of a category with the answers that may be given, by code."""

    code: str
    title: Text
    answers: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Layer:
    """A layer of the map: words, symbol id in symbols.svg, colour token of the stylesheet."""

    code: str
    title: Text
    short: Text
    hint: Text
    symbol: str
    token: str


@dataclass(frozen=True)
class Category:
    """One kind of report; its code is the Open311 service_code. `duplicate_radius_m` in metres.

    `call_first` names numbers by their codes of `EMERGENCY_NUMBERS`, in braces.
    """

    code: str
    layer: str
    title: Text
    hint: Text
    tier: Tier
    geometry_kinds: frozenset[str]
    questions: tuple[Question, ...]
    duplicate_radius_m: float
    urgent: bool = False
    call_first: Text | None = None


POINT = frozenset({"Point"})
POINT_OR_LINE = frozenset({"Point", "LineString"})

CONFIRMATIONS = ("seen_too", "fixed", "not_fixed")  # what anyone may say of a released report
SEVERITIES = (
    Text("Awkward"),
    Text("Unpleasant, I go round"),
    Text("I am afraid here"),
    Text("Someone was hurt"),
)
WHEN = {
    "day": Text("By day"),
    "night": Text("After dark"),
    "always": Text("Always"),
}
AFFECTED = {
    "women": Text("Women"),
    "children": Text("Children"),
    "older_people": Text("Older people"),
    "people_with_disabilities": Text("People with disabilities"),
    "displaced_people": Text("Displaced people"),
    "young_people": Text("Young people"),
    "everyone": Text("Everyone"),
}
YES_NO = (("yes", Text("Yes")), ("no", Text("No")), ("unknown", Text("I don’t know")))
