"""Plain functions that make what tests need."""

from typing import Any
from uuid import UUID, uuid4

CONSENTS = {"store": True, "working_group": True, "police": False, "publish": True}


def report_payload(**changes: Any) -> dict[str, Any]:
    """A report as a phone sends it, with some fields changed."""
    payload: dict[str, Any] = {
        "category": "broken_lamps",
        "geometry": {"type": "Point", "coordinates": [24.9443, 60.1715]},
        "severity": 3,
        "when": "night",
        "affected": ["children"],
        "consents": dict(CONSENTS),
    }
    payload.update(changes)
    return {name: value for name, value in payload.items() if value is not ...}


def mark_form(**changes: Any) -> dict[str, Any]:
    """The form as a person without scripts sends it, with some fields changed; `...` leaves one out."""
    fields: dict[str, Any] = {
        "report_id": str(uuid4()),
        "category": "broken_lamps",
        "place": "by the school",
        "severity": "3",
        "when": "night",
        "affected": ["children", "women"],
        "publish": "yes",
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not ...}


def new_id() -> UUID:
    """A client-made id."""
    return uuid4()
