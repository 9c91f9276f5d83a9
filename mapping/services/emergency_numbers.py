"""The numbers a community tells people to call: its own, else the country's."""

from collections.abc import Mapping

from mapping.errors import FieldError, InvalidInput
from mapping.layers.emergency_numbers import (
    DEFAULT_NUMBERS,
    MAX_DIGITS,
    MAX_LETTERS,
    MIN_DIGITS,
    is_number,
)
from mapping.store import communities
from mapping.store.communities import Community
from mapping.store.database import Database

_SETTING = "emergency_numbers"
_RULE = (
    f"{MIN_DIGITS} to {MAX_DIGITS} digits as people dial them, at most {MAX_LETTERS} letters: single spaces or hyphens "
    "between, a plus before"
)


def numbers_of(community: Community) -> dict[str, str]:
    """The numbers of a community by their codes, every one of them."""
    return {**DEFAULT_NUMBERS, **community.settings.get(_SETTING, {})}


async def read_numbers(database: Database, slug: str) -> dict[str, str]:
    """The numbers of a community.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with database.app.connect() as connection:
        return numbers_of(await communities.find(connection, slug))


async def set_numbers(database: Database, slug: str, changes: Mapping[str, str]) -> dict[str, str]:
    """Change some numbers of a community; pages tell the new ones at once.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    changes : mapping of str
        Numbers by code; an empty one goes back to the country's.

    Returns
    -------
    dict
        All numbers.

    Raises
    ------
    NotFound
        If there is no such community.
    InvalidInput
        If a code is unknown, or a number is none; nothing is changed.
    """
    if unknown := [code for code in changes if code not in DEFAULT_NUMBERS]:
        raise InvalidInput(
            f"There is no number {unknown[0]!r}; there are {', '.join(DEFAULT_NUMBERS)}.",
        )
    given = {code: number.strip() for code, number in changes.items()}
    if wrong := [code for code, number in given.items() if number and not is_number(number)]:
        raise InvalidInput("This is no number to call.", [FieldError(code, _RULE) for code in wrong])
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        kept = {**community.settings.get(_SETTING, {}), **given}
        kept = {code: number for code, number in kept.items() if number}
        await communities.set_setting(connection, community.id, _SETTING, kept)
    return {**DEFAULT_NUMBERS, **kept}
