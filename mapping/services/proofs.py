"""Proof of work: a phone computes for a moment in the background, and may then send more than an address alone may.

The ALTCHA library signs challenges and checks answers, and takes an answer as often as it comes; here each is spent
once (`store.limits.count_sent`), by the nonce, which the signature covers.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import altcha

from mapping.settings import Settings
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
    _, secret = await database.known_communities.find_with_secret(slug)
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


@dataclass(frozen=True)
class Proof:
    """A proof of work as far as it can be seen without what was spent before.

    Parameters
    ----------
    status : str
        What becomes of it: accepted only if it was not spent before.
    nonce : bytes or None
        By which it is known, of one that would be accepted.
    expires_at : datetime or None
        And when it needs no longer be known.
    """

    status: ProofStatus
    nonce: bytes | None = None
    expires_at: datetime | None = None


def read_proof(secret: bytes, proof: str | None) -> Proof:
    """Check an answer to a challenge.

    Parameters
    ----------
    secret : bytes
        The community's own.
    proof : str or None
        Base64 of the JSON `{"challenge": …, "solution": {"counter": …, "derivedKey": …}}`.
    """
    if proof is None:
        return Proof("none")
    try:
        if len(proof) > LONGEST_PROOF:
            return Proof("invalid")
        payload = altcha.Payload.from_base64(proof)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Proof("invalid")
    signs, answers = _keys(secret)
    if not altcha.verify_solution(payload, signs, hmac_key_secret=answers).verified:
        return Proof("invalid")
    parameters = payload.challenge.parameters
    expires_at = datetime.fromtimestamp(int(parameters.expires_at or 0), UTC)
    return Proof("accepted", bytes.fromhex(parameters.nonce), expires_at)
