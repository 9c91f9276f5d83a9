"""Who may open a report, and whose it is: tokens, what is kept of them, and the report found by them."""

import hashlib
import hmac
import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import FieldError, InvalidInput, NotFound
from mapping.store import reports
from mapping.store.communities import Community
from mapping.store.reports import StoredReport

MIN_TOKEN, MAX_TOKEN = 22, 200


def reporter_key(secret: bytes, token: str | None) -> bytes | None:
    """What is kept of a phone's own random token, so that one person counts once: a keyed hash.

    Raises
    ------
    InvalidInput
        If the token is too short to be random, or too long.
    """
    if token is None:
        return None
    checked_token(token, "Reporter-Token")
    return hmac.digest(secret, b"reporter|" + token.encode(), hashlib.sha256)


def checked_token(token: str, header: str) -> str:
    """A token that a phone made, if it may be random.

    Raises
    ------
    InvalidInput
        If it is too short to be random, or too long.
    """
    if not (MIN_TOKEN <= len(token) <= MAX_TOKEN and token.isascii() and token.isprintable()):
        reason = f"{MIN_TOKEN} to {MAX_TOKEN} printable ASCII characters"
        raise InvalidInput(f"The header {header} is not usable.", [FieldError(header, reason)])
    return token


def token_hash(token: str) -> bytes:
    """What is kept of the token that opens a report."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def hash_body(payload: object) -> bytes:
    """By which a report that is sent again is known to be the same."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()


async def find_locked(connection: AsyncConnection, community: Community, report_id: UUID) -> StoredReport:
    """The report of an id, locked for the transaction of whoever decides on it.

    Raises
    ------
    NotFound
        If there is none.
    """
    report = await reports.find(connection, community.id, report_id, lock=True)
    if report is None:
        raise NotFound("There is no report of this id.")
    return report


async def find_own(connection: AsyncConnection, community: Community, report_id: UUID, edit_token: str) -> StoredReport:
    """The report that a token opens, locked for the transaction.

    Raises
    ------
    NotFound
        If there is no such report, or the token does not open it: both answer alike.
    """
    report = await reports.find(connection, community.id, report_id, lock=True)
    expected = report.edit_token_hash if report is not None else bytes(32)
    if not hmac.compare_digest(expected, token_hash(edit_token)) or report is None:
        raise NotFound("There is no report of this id that this token opens.")
    return report
