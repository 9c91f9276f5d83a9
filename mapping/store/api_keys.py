"""Keys of programs that send reports; of a key only its hash is kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store import tables

_keys = tables.api_keys


@dataclass(frozen=True)
class ApiKey:
    """A key as it is listed: never the key itself."""

    id: UUID
    name: str
    created_at: datetime


async def insert(connection: AsyncConnection, community_id: int, key_id: UUID, name: str, key_hash: bytes) -> None:
    """Keep the hash of a new key."""
    values = {"community_id": community_id, "id": key_id, "name": name, "key_hash": key_hash}
    await connection.execute(sa.insert(_keys).values(**values))


async def every(connection: AsyncConnection, community_id: int) -> list[ApiKey]:
    """The keys of a community, oldest first."""
    rows = await connection.execute(
        sa.select(_keys.c.id, _keys.c.name, _keys.c.created_at)
        .where(_keys.c.community_id == community_id)
        .order_by(_keys.c.created_at, _keys.c.id)
    )
    return [ApiKey(**row) for row in rows.mappings()]


async def find_id(connection: AsyncConnection, community_id: int, key_hash: bytes) -> UUID | None:
    """The id of a community's key by its hash."""
    found: UUID | None = await connection.scalar(
        sa.select(_keys.c.id).where(_keys.c.community_id == community_id, _keys.c.key_hash == key_hash)
    )
    return found


async def delete(connection: AsyncConnection, community_id: int, key_id: UUID) -> bool:
    """Remove a key; False if there is none of this id."""
    removed = await connection.execute(
        sa.delete(_keys).where(_keys.c.community_id == community_id, _keys.c.id == key_id).returning(_keys.c.id)
    )
    return removed.first() is not None
