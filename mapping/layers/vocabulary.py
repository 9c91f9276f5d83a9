"""The shapes of the vocabulary: texts in two languages, tiers, layers, categories, questions."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class Text:
    """The same words in every language of the program."""

    en: str
    uk: str

    def get(self, language: str) -> str:
        """The words in one language; English where it is unknown."""
        return self.uk if language == "uk" else self.en


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
    Text("Awkward", "Незручно"),
    Text("Unpleasant, I go round", "Неприємно, обходжу"),
    Text("I am afraid here", "Страшно тут ходити"),
    Text("Someone was hurt", "Хтось уже постраждав"),
)
WHEN = {
    "day": Text("By day", "Вдень"),
    "night": Text("After dark", "Коли темно"),
    "always": Text("Always", "Завжди"),
}
AFFECTED = {
    "women": Text("Women", "Жінкам"),
    "children": Text("Children", "Дітям"),
    "older_people": Text("Older people", "Літнім людям"),
    "people_with_disabilities": Text("People with disabilities", "Людям з інвалідністю"),
    "displaced_people": Text("Displaced people", "Переселенцям"),
    "young_people": Text("Young people", "Молоді"),
    "everyone": Text("Everyone", "Усім"),
}
YES_NO = (("yes", Text("Yes", "Так")), ("no", Text("No", "Ні")), ("unknown", Text("I don’t know", "Не знаю")))
