"""The two state axes of a report: who may see it (`moderation`) and what is done about it (`status`)."""

from collections.abc import Mapping
from types import MappingProxyType

from mapping.errors import Conflict
from mapping.languages import Text

CORRECTED = "corrected"  # by the person who made it: whatever was decided, the group looks again
MODERATION: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "submitted": {"publish": "published", "hide": "hidden", "reject": "rejected", CORRECTED: "submitted"},
        "published": {"hide": "hidden", CORRECTED: "submitted"},
        "hidden": {"publish": "published", "reject": "rejected", CORRECTED: "submitted"},
        "rejected": {"publish": "published", CORRECTED: "submitted"},
    }
)
STATUS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "open": {"plan": "planned", "start": "in_progress", "resolve": "resolved", "close": "closed_without_action"},
        "planned": {"start": "in_progress", "resolve": "resolved", "close": "closed_without_action"},
        "in_progress": {"resolve": "resolved", "close": "closed_without_action"},
        "resolved": {"reopen": "reopened"},
        "closed_without_action": {"reopen": "reopened"},
        "reopened": {
            "plan": "planned",
            "start": "in_progress",
            "resolve": "resolved",
            "close": "closed_without_action",
        },
    }
)
CLOSED = ("resolved", "closed_without_action")

STATUS_WORDS: Mapping[str, Text] = MappingProxyType(
    {
        "open": Text("Open"),
        "planned": Text("Planned"),
        "in_progress": Text("Being done"),
        "resolved": Text("Done"),
        "closed_without_action": Text("Closed without action"),
        "reopened": Text("Open again"),
    }
)
STATUS_MEANINGS: Mapping[str, Text] = MappingProxyType(
    {
        "open": Text("The working group has read it and shows it here. What to do is not decided yet."),
        "planned": Text("It is in the plan. Work has not begun."),
        "in_progress": Text("Somebody is working on it now."),
        "resolved": Text("Whoever did the work says it is done. You can say below whether that is so."),
        "closed_without_action": Text("It was closed, and nothing was done."),
        "reopened": Text("It was done or closed before, and is open again."),
    }
)
CLOSING_REASONS: Mapping[str, Text] = MappingProxyType(
    {
        "not_found": Text("Nothing of the kind was found there"),
        "told_twice": Text("The same was told before and is dealt with there"),
        "not_ours": Text("It belongs to somebody else, who has been told"),
        "no_money": Text("There is no money for it now"),
        "not_possible": Text("It cannot be done there"),
    }
)
"""Why a report was closed without action, by the code kept in its history: people read these words and no others."""


def _next(table: Mapping[str, Mapping[str, str]], current: str, action: str) -> str:
    following = table[current].get(action)
    if following is None:
        allowed = ", ".join(sorted(table[current]))
        raise Conflict(f"A report that is {current} does not allow this step; it allows: {allowed}.")
    return following


def next_moderation(current: str, action: str) -> str:
    """The state after publish, hide or reject, or after the report was corrected.

    Raises
    ------
    Conflict
        If the present state does not allow the action.
    """
    return _next(MODERATION, current, action)


def next_status(current: str, action: str) -> str:
    """The state after plan, start, resolve, close or reopen.

    Raises
    ------
    Conflict
        If the present state does not allow the action.
    """
    return _next(STATUS, current, action)
