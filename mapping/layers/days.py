"""Days as programs write them."""

import re
from datetime import date, datetime

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)


def day_of(text: str) -> str | None:
    """The day of a date or of a time with its zone (RFC 3339), as `YYYY-MM-DD`; None if it is neither."""
    if not _WRITTEN.fullmatch(text):
        return None
    try:
        if len(text) == len("2026-11-23"):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.date().isoformat()
