"""How much may be sent in an hour: the one place of these rules.

With a proof of work a phone (by its own token) and an address may send much; without one an address may send what a
class of pupils sends in a lesson. What was sent before and comes again is never counted, nor are programs with keys,
imports and mobilizers: they come without a `Sender`. Of an address only a keyed hash is kept that changes daily.
"""

import hashlib
import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import TooMany
from mapping.services.proofs import ProofStatus, spend_proof
from mapping.settings import Settings
from mapping.store import limits
from mapping.store.database import Database

WINDOW_S = 3600
HOME_NETWORK = 64  # bits of an IPv6 address that one household or phone is given


@dataclass(frozen=True)
class Sender:
    """Who sends, as far as limits look: the address and the proof of work; `settings` has the limits."""

    address: str | None
    proof: str | None
    settings: Settings


async def count_sent(
    connection: AsyncConnection, community_id: int, secret: bytes, sender: Sender | None, reporter_token: str | None
) -> ProofStatus:
    """Count one thing that is sent, last in its transaction.

    Parameters
    ----------
    connection : AsyncConnection
        Of the transaction that keeps what is sent.
    community_id : int
        Community: each counts for itself.
    secret : bytes
        The community's own.
    sender : Sender or None
        None is not counted.
    reporter_token : str or None
        The phone's own random token.

    Returns
    -------
    ProofStatus
        What became of the proof.

    Raises
    ------
    TooMany
        If the allowance is used up; nothing is kept, the proof is not spent, and the same may be sent later.
    """
    if sender is None:
        return "none"
    proof = await spend_proof(connection, community_id, secret, sender.proof)
    allowed = _allowed(sender, reporter_token, has_proof=proof == "accepted")
    today = datetime.now(UTC).date()
    every_s = {sender_key(secret, name, today): WINDOW_S / number for name, number in allowed.items()}
    wait_s = await limits.take(connection, community_id, every_s, WINDOW_S)
    if wait_s > 0:
        raise TooMany(
            "More was sent from here in the last hour than is taken. Nothing is lost: send the same later.",
            retry_after_s=math.ceil(wait_s),
            proof=proof,
        )
    return proof


async def forget_senders(database: Database) -> int:
    """Delete what is no longer needed of senders and proofs; gives how many rows are gone."""
    async with database.app.begin() as connection:
        return await limits.forget(connection)


def _allowed(sender: Sender, reporter_token: str | None, *, has_proof: bool) -> dict[str, int]:
    """By a sender's name how much it may send in an hour."""
    network, settings = _network(sender.address), sender.settings
    if not has_proof:
        return {f"without proof|{network}": settings.sent_without_proof}
    allowed = {f"address|{network}": settings.sent_per_address}
    if reporter_token is not None:
        allowed[f"phone|{reporter_token}"] = settings.sent_per_phone
    return allowed


def _network(address: str | None) -> str:
    """An address as limits see it: of IPv6 the network alone, for every phone has billions of addresses."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, HOME_NETWORK), strict=False))
    return str(found)


def sender_key(secret: bytes, name: str, day: date) -> bytes:
    """What is kept of a sender for one day."""
    return hmac.digest(secret, f"sender|{day.isoformat()}|{name}".encode(), hashlib.sha256)[:16]
