"""How much may be sent in an hour: the one place of these rules.

With a proof of work a phone (by its own token) and an address may send much; without one an address may send what a
class of pupils sends in a lesson. What was sent before and comes again is never counted, nor are programs with keys,
imports and mobilizers: they come without a `Sender`. Of an address only a keyed hash is kept that changes hourly.

People who share an address share its allowance, and one may be the danger to another. It is whole at every full hour
and of a size drawn anew: what is taken in an hour tells nobody whether somebody else sent something.
"""

import hashlib
import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import TooMany
from mapping.services.proofs import ProofStatus, read_proof
from mapping.settings import Settings
from mapping.store import limits
from mapping.store.bare import InTransaction
from mapping.store.database import Database
from mapping.store.limits import Claim, Counted

WINDOW = timedelta(hours=1)
HOME_NETWORK = 64  # bits of an IPv6 address that one household or phone is given


@dataclass(frozen=True)
class Sender:
    """Who sends, as far as limits look: the address and the proof of work; `settings` has the limits."""

    address: str | None
    proof: str | None
    settings: Settings


@dataclass(frozen=True)
class Due:
    """What is to be counted of a sender, and what is said of the proof it brought."""

    claim: Claim
    proof: ProofStatus

    def settle(self, counted: Counted) -> ProofStatus:
        """What became of the proof.

        Raises
        ------
        TooMany
            If the allowance is used up; nothing may be kept then, and the same may be sent later.
        """
        is_spent = self.proof == "accepted" and not counted.is_proven
        proof: ProofStatus = "spent" if is_spent else self.proof
        if counted.wait_s > 0:
            raise TooMany(
                "More was sent from here in this hour than is taken. Nothing is lost: send the same later.",
                retry_after_s=math.ceil(counted.wait_s),
                proof=proof,
            )
        return proof


def due_of(secret: bytes, sender: Sender, reporter_token: str | None) -> Due:
    """What one thing counts for its sender.

    Parameters
    ----------
    secret : bytes
        The community's own.
    sender : Sender
        Who sends.
    reporter_token : str or None
        The phone's own random token.
    """
    proof, settings, network = read_proof(secret, sender.proof), sender.settings, _network(sender.address)
    begins = window_begins()
    others = [_addressed(secret, f"without proof|{network}", begins, settings.sent_without_proof)]
    proven = []
    if proof.nonce is not None:
        proven.append(_addressed(secret, f"address|{network}", begins, settings.sent_per_address))
        if reporter_token is not None:
            proven.append((sender_key(secret, f"phone|{reporter_token}", begins)[0], settings.sent_per_phone))
    return Due(Claim(dict(proven), dict(others), begins + WINDOW, proof.nonce, proof.expires_at), proof.status)


def window_begins() -> datetime:
    """When the allowances of now began: a full hour, which tells nothing of who sent when."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def _addressed(secret: bytes, name: str, begins: datetime, allowed: int) -> tuple[bytes, int]:
    key, drawn = sender_key(secret, name, begins)
    return key, room_of_address(allowed, drawn)


def room_of_address(allowed: int, drawn: int) -> int:
    """How much is taken from an address in an hour: `allowed` at least, twice as much at most, by a number `drawn`.

    Whoever uses it up cannot tell one thing sent by somebody else from a smaller draw.
    """
    return allowed + drawn % (allowed + 1)


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
    due = due_of(secret, sender, reporter_token)
    return due.settle(await limits.count_sent(InTransaction(connection), community_id, due.claim))


async def forget_senders(database: Database) -> int:
    """Delete what is no longer needed of senders and proofs; gives how many rows are gone."""
    async with database.app.begin() as connection:
        return await limits.forget(connection)


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


def sender_key(secret: bytes, name: str, begins: datetime) -> tuple[bytes, int]:
    """What is kept of a sender for the hour that begins then, and a number below 2^128 that nobody outside can know."""
    digest = hmac.digest(secret, f"sender|{begins.isoformat()}|{name}".encode(), hashlib.sha256)
    return digest[:16], int.from_bytes(digest[16:])
