"""Cells of a CSV that nobody's spreadsheet may take for a formula."""

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def neutral_cell(value: object) -> object:
    """A value as it may stand in a CSV.

    Parameters
    ----------
    value : object
        Numbers stay numbers.

    Returns
    -------
    object
        A text that begins with `= + - @`, tab, CR or NUL has an apostrophe before it; NUL is taken out.
    """
    if not isinstance(value, str) or not value.startswith(_BEGINNINGS):
        return value.replace("\x00", "") if isinstance(value, str) else value
    return "'" + value.replace("\x00", "")
