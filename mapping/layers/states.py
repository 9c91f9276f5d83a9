"""The two state axes of a report: who may see it (`moderation`) and what is done about it (`status`)."""

from collections.abc import Mapping
from types import MappingProxyType

from mapping.errors import Conflict

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
