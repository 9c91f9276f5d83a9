"""What a list of released reports is narrowed to, held against the vocabulary; nothing hidden can be asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from mapping.errors import FieldError, InvalidInput
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.layers.states import STATUS
from mapping.layers.vocabulary import WHEN, Tier

_MONTH = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")
_KEY = re.compile(rf"({_MONTH.pattern})_([0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")

LISTED_CATEGORIES = tuple(code for code, category in CATEGORIES.items() if category.tier < Tier.T2)
"""Categories of which single reports may be seen."""

LISTED_LAYERS = tuple(
    code for code in LAYERS if any(CATEGORIES[category].layer == code for category in LISTED_CATEGORIES)
)
VIEWS = ("cards", "table")


@dataclass(frozen=True)
class PageKey:
    """Where a page of the list begins: after this report, by its month (`YYYY-MM`) and random public id."""

    month: str
    id: UUID

    def __str__(self) -> str:
        return f"{self.month}_{self.id}"


@dataclass(frozen=True)
class ReportFilters:
    """Conditions that all hold; None asks nothing. `since` is a month, `YYYY-MM`."""

    layer: str | None = None
    category: str | None = None
    when: str | None = None
    status: str | None = None
    since: str | None = None


@dataclass(frozen=True)
class ListRequest:
    """A page of the list as it was asked for."""

    filters: ReportFilters = ReportFilters()
    after: PageKey | None = None
    view: str = VIEWS[0]


_CODES: Mapping[str, tuple[str, ...]] = {
    "layer": LISTED_LAYERS,
    "category": LISTED_CATEGORIES,
    "when": tuple(WHEN),
    "status": tuple(STATUS),
    "view": VIEWS,
}


def read_list_request(asked: Mapping[str, str]) -> ListRequest:
    """The parameters of an address as conditions; empty ones ask nothing, unknown ones are passed over.

    Parameters
    ----------
    asked : mapping of str to str
        As they came.

    Raises
    ------
    InvalidInput
        If a value is none of those there are; every such field is named.
    """
    given = {name: text for name, text in asked.items() if text}
    faults = [
        FieldError(name, "one of " + ", ".join(codes))
        for name, codes in _CODES.items()
        if name in given and given[name] not in codes
    ]
    if "since" in given and not _MONTH.fullmatch(given["since"]):
        faults.append(FieldError("since", "a month, YYYY-MM"))
    key = _KEY.fullmatch(given.get("after", ""))
    if "after" in given and key is None:
        faults.append(FieldError("after", "the key of the link to the next page"))
    if faults:
        raise InvalidInput("The list cannot be narrowed this way.", faults)
    return ListRequest(
        filters=ReportFilters(**{name: given.get(name) for name in ("layer", "category", "when", "status", "since")}),
        after=None if key is None else PageKey(key[1], UUID(key[4])),
        view=given.get("view", VIEWS[0]),
    )
