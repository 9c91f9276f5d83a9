"""The page of one released report, where anyone can say "I see this too", "it is fixed", "it is not fixed"."""

from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from mapping.api.forms import read_own_form
from mapping.api.rendering import Language, Slug, render, vocabulary_words
from mapping.api.senders import read_sender
from mapping.errors import FieldError, InvalidInput
from mapping.layers.states import STATUS_MEANINGS, STATUS_WORDS
from mapping.services.confirmations import confirm_report
from mapping.services.public_views import describe_layers, report_view

router = APIRouter(include_in_schema=False)


@router.get("/{lang}/c/{slug}/report/{public_id}", response_class=HTMLResponse)
async def show_report(request: Request, language: Language, slug: Slug, public_id: UUID) -> HTMLResponse:
    """One report in words, with a small map; hidden, confidential and absent ones answer alike."""
    return await _page(request, language, slug, public_id)


@router.post("/{lang}/c/{slug}/report/{public_id}", response_class=HTMLResponse)
async def send_word(request: Request, language: Language, slug: Slug, public_id: UUID) -> HTMLResponse:
    """Keep what somebody says of the report. Only who brings a phone's own token counts as one more person."""
    form = await read_own_form(request, max_fields=10)
    kind, token = str(form.get("kind", "")), str(form.get("reporter_token", "")) or None
    try:
        said_id = UUID(str(form.get("said_id", "")))
    except ValueError:
        raise InvalidInput("The form cannot be used.", [FieldError("said_id", "must be a UUID")]) from None
    await confirm_report(
        request.app.state.database,
        slug,
        public_id,
        said_id,
        kind,
        reporter_token=token,
        sender=await read_sender(request),
    )
    return await _page(request, language, slug, public_id, said=kind, is_counted=token is not None)


async def _page(
    request: Request, language: str, slug: str, public_id: UUID, *, said: str | None = None, is_counted: bool = False
) -> HTMLResponse:
    view = await report_view(request.app.state.database.public, slug, public_id, language)
    layer = next(layer for layer in describe_layers(language) if layer["code"] == view.report["layer"])
    status = view.report["status"]
    return render(
        request,
        "report.html",
        language,
        community=view.community,
        report=view.report,
        layer=layer,
        words=vocabulary_words(language),
        status=STATUS_WORDS[status].get(language),
        status_means=STATUS_MEANINGS[status].get(language),
        said=said,
        is_counted=is_counted,
        said_id=uuid4(),
        map_data={
            "slug": slug,
            "bbox": view.community["bbox"],
            "language": language,
            "symbol": layer["token"],
            "feature": view.feature,
        },
    )
