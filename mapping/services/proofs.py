"""Proof of work: a phone computes for a moment in the background, and may then send more than an address alone may.

The ALTCHA library signs challenges and checks answers, and takes an answer as often as it comes; here each is spent
once (`store.limits.spend_proof`), by the nonce, which the signature covers.
"""

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime
from typing import Any, Literal

import altcha
from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.settings import Settings
from mapping.store import communities, limits
from mapping.store.database import Database

ALGORITHM = "PBKDF2/SHA-256"
ITERATIONS = 1000  # of each try: few enough to check at once, enough that a phone's own code does the work
LONGEST_PROOF = 2000
ProofStatus = Literal["none", "accepted", "spent", "invalid"]


def _keys(secret: bytes) -> tuple[bytes, bytes]:
    """What signs challenges and what signs their answers, of one community."""
    return (
        hmac.digest(secret, b"proof|challenge", hashlib.sha256),
        hmac.digest(secret, b"proof|answer", hashlib.sha256),
    )


async def make_challenge(database: Database, slug: str, settings: Settings) -> dict[str, Any]:
    """A new ALTCHA challenge of a community.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    settings : Settings
        How many tries an answer takes, and how long the challenge holds.

    Returns
    -------
    dict
        `parameters` and `signature`, as the phone sends them back with its answer.

    Raises
    ------
    NotFound
        If there is no such community.
    """
    async with database.app.connect() as connection:
        _, secret = await communities.find_with_secret(connection, slug)
    signs, answers = _keys(secret)
    fewest = settings.proof_tries // 2
    challenge = altcha.create_challenge(
        ALGORITHM,
        ITERATIONS,
        counter=fewest + secrets.randbelow(settings.proof_tries - fewest),
        expires_at=int(time.time()) + settings.proof_lifetime_s,
        hmac_secret=signs,
        hmac_key_secret=answers,
    )
    return challenge.to_dict()


async def spend_proof(connection: AsyncConnection, community_id: int, secret: bytes, proof: str | None) -> ProofStatus:
    """Check an answer to a challenge and spend it, in the transaction of what is sent with it.

    Parameters
    ----------
    connection : AsyncConnection
        Rolled back, it leaves the proof unspent.
    community_id : int
        Community.
    secret : bytes
        Its secret.
    proof : str or None
        Base64 of the JSON `{"challenge": …, "solution": {"counter": …, "derivedKey": …}}`.
    """
    if proof is None:
        return "none"
    try:
        if len(proof) > LONGEST_PROOF:
            return "invalid"
        payload = altcha.Payload.from_base64(proof)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "invalid"
    signs, answers = _keys(secret)
    if not altcha.verify_solution(payload, signs, hmac_key_secret=answers).verified:
        return "invalid"
    parameters = payload.challenge.parameters
    expires_at = datetime.fromtimestamp(int(parameters.expires_at or 0), UTC)
    is_first = await limits.spend_proof(connection, community_id, bytes.fromhex(parameters.nonce), expires_at)
    return "accepted" if is_first else "spent"
