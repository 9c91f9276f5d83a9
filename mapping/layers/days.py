"""Days as programs write them."""

from datetime import date, datetime


def day_of(text: str) -> str | None:
    """The day of a date or of a time with its zone (RFC 3339), as `YYYY-MM-DD`; None if it is neither."""
    try:
        if len(text) == len("2026-11-23"):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.date().isoformat()
