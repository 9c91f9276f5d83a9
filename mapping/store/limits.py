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
    proven, others : mapping of bytes to int
        How much is taken by sender until `ends`, where the proof of work was not spent before, and where it was or
        there is none.
    ends : datetime
        When the allowances are whole again.
    nonce : bytes or None
        Of the proof of work.
    nonce_until : datetime or None
        When it needs no longer be known.
    """

    proven: Mapping[bytes, int]
    others: Mapping[bytes, int]
    ends: datetime
    nonce: bytes | None = None
    nonce_until: datetime | None = None

    def document(self) -> dict[str, Any]:
        """As the database reads a `mapping.claim`."""
        return {
            "nonce": None if self.nonce is None else bytea(self.nonce),
            "nonce_until": None if self.nonce_until is None else self.nonce_until.isoformat(),
            "proven": [bytea(sender) for sender in self.proven],
            "proven_most": list(self.proven.values()),
            "others": [bytea(sender) for sender in self.others],
            "others_most": list(self.others.values()),
            "ends": self.ends.isoformat(),
        }


@dataclass(frozen=True)
class Counted:
    """Whether a proof was spent, and the seconds until the allowance is whole again: 0 if one was taken of it."""

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
    """
    row = await rows.first_row(_COUNT, {"town": community_id, "claim": json.dumps(claim.document())})
    assert row is not None
    return Counted(*row)


async def forget(connection: AsyncConnection) -> int:
    """Delete allowances of hours gone by and proofs that have expired; gives how many rows are gone."""
    ends = (tables.allowances.c.ends, tables.spent_proofs.c.expires_at)
    gone = [await connection.execute(sa.delete(end.table).where(end < sa.func.now())) for end in ends]
    return sum(result.rowcount for result in gone)
