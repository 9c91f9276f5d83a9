"""Keys with which programs of others send reports to one community: made, listed, removed, checked.

A key is random, of 256 bits, and shown once; its SHA-256 is kept, which needs no salt where nothing can be guessed.
"""

import hashlib
import secrets
from uuid import UUID, uuid4

from mapping.errors import FieldError, Forbidden, InvalidInput, NotFound
from mapping.layers.texts import REFUSED
from mapping.store import api_keys, communities
from mapping.store.api_keys import ApiKey
from mapping.store.database import Database

KEY_BYTES, MAX_NAME = 32, 80


def _key_hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


async def add_key(database: Database, slug: str, name: str) -> str:
    """Make a key for a program; this is the only time that it is told.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community that the key opens, and no other.
    name : str
        Who has it, to be told apart in the list.

    Raises
    ------
    NotFound
        If there is no such community.
    InvalidInput
        If the name cannot be used.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or REFUSED.search(name):
        raise InvalidInput("The name cannot be used.", [FieldError("name", f"1 to {MAX_NAME} letters")])
    key = secrets.token_urlsafe(KEY_BYTES)
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        await api_keys.insert(connection, community.id, uuid4(), name, _key_hash(key))
    return key


async def list_keys(database: Database, slug: str) -> list[ApiKey]:
    """The keys of a community, oldest first.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with database.app.connect() as connection:
        return await api_keys.every(connection, (await communities.find(connection, slug)).id)


async def remove_key(database: Database, slug: str, key_id: UUID) -> None:
    """Remove a key; nothing can be sent with it from now on.

    Raises
    ------
    NotFound
        If there is no such community, or no such key in it.
    """
    async with database.app.begin() as connection:
        community = await communities.find(connection, slug)
        if not await api_keys.delete(connection, community.id, key_id):
            raise NotFound("There is no key of this id in this community.")


async def check_key(database: Database, slug: str, key: str | None) -> UUID:
    """The id of the key that a program shows.

    Raises
    ------
    NotFound
        If there is no such community.
    Forbidden
        If it is none of this community's: absent, removed, made up or another community's, all told alike.
    """
    async with database.app.connect() as connection:
        community = await communities.find(connection, slug)
        key_id = await api_keys.find_id(connection, community.id, _key_hash(key or ""))
    if key_id is None:
        raise Forbidden("The key opens nothing here.", [FieldError("api_key", "is missing, or opens nothing here")])
    return key_id
