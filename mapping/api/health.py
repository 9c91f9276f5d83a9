"""Whether the process is up (`/healthz`) and can serve (`/readyz`)."""

from fastapi import APIRouter, Request

from mapping.api.problems import problem_responses
from mapping.services.health import readiness

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="The process answers")
async def healthz() -> dict[str, str]:
    """Nothing is asked of the database here."""
    return {"status": "ok"}


@router.get("/readyz", summary="The service can do its work", responses=problem_responses())
async def readyz(request: Request) -> dict[str, str]:
    """Database, migrations and worker; 503 with the part that is missing."""
    return await readiness(request.app.state.database)
