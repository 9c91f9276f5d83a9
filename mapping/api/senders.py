"""Who sends a report or a confirmation, for the limits; and the tokens by which a phone is known."""

from typing import Annotated

from fastapi import Depends, Header, Request

from mapping.services.limits import Sender

PROOF_STATUS = "Proof-Of-Work-Status"


async def read_sender(
    request: Request,
    proof_of_work: Annotated[
        str | None, Header(description="Base64 of a solved ALTCHA challenge; each counts once.")
    ] = None,
) -> Sender:
    """The address a request comes from, as the server sees it behind trusted proxies, and its proof of work."""
    address = None if request.client is None else request.client.host
    return Sender(address=address, proof=proof_of_work, settings=request.app.state.settings)


Sent = Annotated[Sender, Depends(read_sender)]
_REPORTER = Header(description="The phone's own random token: one person counts once.")
_OPENS = Header(description="Opens a report that one has sent.")
NeededReporterToken = Annotated[str, _REPORTER]
ReporterToken = Annotated[str | None, _REPORTER]
EditToken = Annotated[str, _OPENS]
