"""What each sender has used of its allowance, and the proofs of work that are spent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.store import tables
from mapping.store.bare import Rows

_COUNT = """SELECT is_proven, wait_s
FROM mapping.count_sent(%(town)s, jsonb_populate_record(NULL::mapping.claim, %(claim)s::jsonb))"""


def bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them from text."""
    return "\\x" + value.hex()


@dataclass(frozen=True)
class Claim:
    """What is to be counted of one thing that is sent.

    Parameters
    ----------
    proven, others : mapping of bytes to float
        By sender the seconds after which one more is free, where the proof of work was not spent before, and where it
        was or there is none.
    window_s : float
        So far ahead a sender may use what becomes free later.
    nonce : bytes or None
        Of the proof of work.
    nonce_until : datetime or None
        When it needs no longer be known.
    """

    proven: Mapping[bytes, float]
    others: Mapping[bytes, float]
    window_s: float
    nonce: bytes | None = None
    nonce_until: datetime | None = None

    def document(self) -> dict[str, Any]:
        """As the database reads a `mapping.claim`."""
        return {
            "nonce": None if self.nonce is None else bytea(self.nonce),
            "nonce_until": None if self.nonce_until is None else self.nonce_until.isoformat(),
            "proven": [bytea(sender) for sender in self.proven],
            "proven_every_s": list(self.proven.values()),
            "others": [bytea(sender) for sender in self.others],
            "others_every_s": list(self.others.values()),
            "window_s": self.window_s,
        }


@dataclass(frozen=True)
class Counted:
    """Whether a proof was spent, and the seconds until one more is taken: 0 if it was taken."""

    is_proven: bool = False
    wait_s: float = 0.0


async def count_sent(rows: Rows, community_id: int, claim: Claim) -> Counted:
    """Spend a proof of work and take one of each sender's allowance.

    Parameters
    ----------
    rows : Rows
        In the transaction of what is sent; it has to be rolled back where the allowance is used up.
    community_id : int
        Community: each counts for itself.
    claim : Claim
        What is counted.

    Notes
    -----
    The generic cell rate algorithm (ITU-T I.371): see the function `mapping.count_sent`.
    """
    row = await rows.first_row(_COUNT, {"town": community_id, "claim": json.dumps(claim.document())})
    assert row is not None
    return Counted(*row)


async def forget(connection: AsyncConnection) -> int:
    """Delete allowances that are whole again and proofs that have expired; gives how many rows are gone."""
    ends = (tables.allowances.c.used_until, tables.spent_proofs.c.expires_at)
    gone = [await connection.execute(sa.delete(end.table).where(end < sa.func.now())) for end in ends]
    return sum(result.rowcount for result in gone)
