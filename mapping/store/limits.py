"""What each sender has used of its allowance, and the proofs of work that are spent."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store import tables

_TAKE = sa.text(
    """INSERT INTO mapping.allowances AS kept (community_id, sender, used_until)
    SELECT :community_id, taken.sender, now() + make_interval(secs => taken.every_s)
    FROM unnest(CAST(:senders AS bytea[]), CAST(:every_s AS float8[])) AS taken (sender, every_s)
    ORDER BY taken.sender
    ON CONFLICT (community_id, sender) DO UPDATE
    SET used_until = greatest(kept.used_until, now()) + (excluded.used_until - now())
    WHERE greatest(kept.used_until, now()) + (excluded.used_until - now()) / 2
        <= now() + make_interval(secs => :window_s)
    RETURNING sender"""
)


async def take(
    connection: AsyncConnection, community_id: int, every_s: Mapping[bytes, float], window_s: float
) -> float:
    """Take one of each sender's allowance, in one statement.

    Parameters
    ----------
    connection : AsyncConnection
        In the transaction of what is sent; it has to be rolled back where the allowance is used up.
    community_id : int
        Community.
    every_s : mapping of bytes to float
        By sender the seconds after which one more is free: `window_s` divided by how many a window allows.
    window_s : float
        So far ahead a sender may use what becomes free later.

    Returns
    -------
    float
        Seconds until the allowance of every sender has one again; 0 if it had, and one was taken.

    Notes
    -----
    The generic cell rate algorithm (ITU-T I.371): one time for each sender, until which everything is used. Rows are
    taken in the order of their keys, so that no two transactions wait for one another.
    """
    senders = sorted(every_s)
    values = {"community_id": community_id, "senders": senders, "every_s": [every_s[key] for key in senders]}
    taken = await connection.execute(_TAKE, {**values, "window_s": window_s})
    refused = set(senders) - {bytes(sender) for sender in taken.scalars()}
    if not refused:
        return 0.0
    kept = tables.allowances
    left_s = sa.extract("epoch", kept.c.used_until - sa.func.now())
    owned = sa.and_(kept.c.community_id == community_id, kept.c.sender.in_(refused))
    rows = await connection.execute(sa.select(kept.c.sender, left_s).where(owned))
    return max((float(left) + every_s[bytes(sender)] / 2 - window_s for sender, left in rows), default=1.0)


async def spend_proof(connection: AsyncConnection, community_id: int, nonce: bytes, expires_at: datetime) -> bool:
    """Note that a proof is spent; False if it was before. Who spends it at the same moment waits for the first."""
    spent = tables.spent_proofs
    statement = upsert(spent).values(community_id=community_id, nonce=nonce, expires_at=expires_at)
    noted = await connection.execute(statement.on_conflict_do_nothing().returning(spent.c.nonce))
    return noted.first() is not None


async def forget(connection: AsyncConnection) -> int:
    """Delete allowances that are whole again and proofs that have expired; gives how many rows are gone."""
    ends = (tables.allowances.c.used_until, tables.spent_proofs.c.expires_at)
    gone = [await connection.execute(sa.delete(end.table).where(end < sa.func.now())) for end in ends]
    return sum(result.rowcount for result in gone)
