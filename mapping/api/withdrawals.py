"""The page on which a person erases a mark with the number and code it was sent with; works without scripts."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from mapping.api.forms import read_own_form
from mapping.api.rendering import Language, Slug, render
from mapping.errors import NotFound
from mapping.services.own_reports import withdraw_report
from mapping.services.public_views import community_heading

router = APIRouter(include_in_schema=False)


@router.get("/{lang}/c/{slug}/withdraw", response_class=HTMLResponse)
async def show_withdrawal(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """The form that asks for number and code."""
    return await _page(request, language, slug)


@router.post("/{lang}/c/{slug}/withdraw", response_class=HTMLResponse)
async def send_withdrawal(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """Erase the mark, or say that number and code open none: a wrong number and a wrong code answer alike."""
    form = await read_own_form(request, max_fields=10)
    number, code = (str(form.get(name, "")).strip() for name in ("number", "code"))
    try:
        await withdraw_report(request.app.state.database, slug, UUID(number), code)
    except (ValueError, NotFound):
        return await _page(request, language, slug, number=number, is_wrong=True)
    return await _page(request, language, slug, is_done=True)


async def _page(
    request: Request, language: str, slug: str, *, number: str = "", is_wrong: bool = False, is_done: bool = False
) -> HTMLResponse:
    community = await community_heading(request.app.state.database.public, slug, language)
    return render(
        request,
        "withdraw.html",
        language,
        status_code=422 if is_wrong else 200,
        community=community,
        number=number,
        is_wrong=is_wrong,
        is_done=is_done,
    )
