"""What anyone says of a released report: I see this too, it is fixed, it is not fixed."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mapping.errors import FieldError, InvalidInput, NotFound
from mapping.layers.states import CLOSED
from mapping.layers.vocabulary import CONFIRMATIONS, Tier
from mapping.services.limits import Sender, count_sent
from mapping.services.proofs import ProofStatus
from mapping.services.releases import renew_release
from mapping.services.report_keys import reporter_key
from mapping.services.statuses import take_step
from mapping.store import communities, confirmations, reports
from mapping.store.bare import InTransaction
from mapping.store.communities import Community
from mapping.store.database import Database
from mapping.store.reports import StoredReport

RESIDENT = "resident"


@dataclass(frozen=True)
class Confirmed:
    """By kind how many people say so, as it is told in public; and what became of the proof of work."""

    told: Mapping[str, int]
    proof: ProofStatus


async def confirm_report(
    database: Database,
    slug: str,
    public_id: UUID,
    confirmation_id: UUID,
    kind: str,
    *,
    reporter_token: str | None,
    sender: Sender | None = None,
) -> Confirmed:
    """Note what a person says of a released report; "not fixed" opens a closed one again.

    Parameters
    ----------
    database : Database
        Engines.
    slug : str
        Community.
    public_id : UUID
        Of the released report.
    confirmation_id : UUID
        Made by the sender.
    kind : str
        seen_too, fixed or not_fixed.
    reporter_token : str or None
        The phone's own random token: each person says each thing once. Without it what is said is kept for the working
        group, and counted nowhere.
    sender : Sender, optional
        Who sends, for the limits; None is not limited.

    Returns
    -------
    Confirmed

    Raises
    ------
    InvalidInput
        If the kind is unknown, or the token is none.
    NotFound
        If no such report is released.
    TooMany
        If it is more than is taken from the sender now; nothing is written.
    """
    if kind not in CONFIRMATIONS:
        raise InvalidInput(
            "This kind of confirmation is unknown.", [FieldError("kind", "one of " + ", ".join(CONFIRMATIONS))]
        )
    async with database.app.begin() as connection:
        community, secret = await communities.find_with_secret(InTransaction(connection), slug)
        report = await _released(connection, community, public_id)
        is_new = await confirmations.add(
            connection,
            community_id=community.id,
            report_id=report.id,
            confirmation_id=confirmation_id,
            kind=kind,
            reporter_key=reporter_key(secret, reporter_token),
        )
        if is_new and kind == "not_fixed" and report.status in CLOSED:
            report = await take_step(connection, community, report, "reopen", actor=RESIDENT, reason=None)
        told = await renew_release(connection, report)
        proof: ProofStatus = "none"
        if is_new:
            proof = await count_sent(connection, community.id, secret, sender, reporter_token)
        return Confirmed(dict(zip(CONFIRMATIONS, told.values(), strict=True)), proof)


async def _released(connection: AsyncConnection, community: Community, public_id: UUID) -> StoredReport:
    """The report behind a public id, locked for the transaction and looked at again under the lock."""
    report_id = await reports.find_id_by_public_id(connection, community.id, public_id)
    report = None if report_id is None else await reports.find(connection, community.id, report_id, lock=True)
    if report is None or report.moderation != "published" or report.public_id != public_id or report.tier == Tier.T2:
        raise NotFound("There is no such report.")
    return report
