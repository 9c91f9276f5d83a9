"""Challenges for a proof of work, with which a phone may send more than an address alone."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from mapping.api.problems import problem_responses
from mapping.services.proofs import make_challenge

router = APIRouter(prefix="/api/communities/{slug}", tags=["reports"])


@router.get("/challenge", responses=problem_responses(404, 422), summary="A challenge for a proof of work")
async def get_challenge(request: Request, slug: str) -> JSONResponse:
    """An ALTCHA challenge (PBKDF2/SHA-256), to be solved in the background and sent in the header Proof-Of-Work."""
    state = request.app.state
    challenge = await make_challenge(state.database, slug, state.settings)
    return JSONResponse(challenge, headers={"Cache-Control": "no-store"})
