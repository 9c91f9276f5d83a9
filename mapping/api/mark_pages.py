"""Marking a place: the form, which works without scripts, and what stands beside it on a phone."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from babel import Locale
from babel.dates import format_date
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import FormData

from mapping.api.forms import NO_ANSWERS, Answers, faults_in_words, read_answers, read_own_form
from mapping.api.rendering import Language, Slug, render, vocabulary_words
from mapping.api.senders import read_sender
from mapping.errors import Conflict, InvalidInput, TooMany
from mapping.languages import translations
from mapping.layers.categories import CATEGORIES, LAYERS
from mapping.services.photos import MAX_PHOTOS
from mapping.services.public_views import community_heading, describe_layers
from mapping.services.reports import submit_report

FORM_VERSION = 1  # of what a phone may have kept of an older page

router = APIRouter(include_in_schema=False)


async def _form(
    request: Request,
    language: str,
    slug: str,
    answers: Answers,
    *,
    faults: Mapping[str, str] | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    community = await community_heading(request.app.state.database.public, slug, language)
    layers = [
        {**layer, "hint": LAYERS[layer["code"]].hint.get(language)}
        for layer in describe_layers(language)
        if layer["code"] != "vulnerable_households"
    ]
    return render(
        request,
        "mark.html",
        language,
        status_code=status_code,
        community=community,
        layers=layers,
        words=vocabulary_words(language),
        answers=answers,
        faults=faults or {},
        report_id=uuid4(),
        data=_script_data(community, language, layers),
    )


async def _form_for_later(request: Request, language: str, slug: str, answers: Answers, error: TooMany) -> HTMLResponse:
    words = translations(language).gettext(
        "Too many marks have come from here within this hour. Yours is not lost: send it again in the next one."
    )
    page = await _form(request, language, slug, answers, faults={"form": words}, status_code=error.status)
    page.headers["Retry-After"] = str(error.retry_after_s)
    return page


@router.get("/{lang}/c/{slug}/mark", response_class=HTMLResponse)
async def show_form(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """The plain form for marking a place."""
    return await _form(request, language, slug, NO_ANSWERS)


@router.post("/{lang}/c/{slug}/mark", response_class=HTMLResponse)
async def send_form(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """Keep the mark, or show the form again with what to mend and nothing lost."""
    form = await read_own_form(request, max_fields=60)
    answers, report_id = read_answers(form), _report_id(form)
    say = translations(language).gettext
    try:
        submitted = await submit_report(
            request.app.state.database,
            slug,
            report_id,
            answers.payload(say),
            reporter_token=answers.reporter_token,
            sender=await read_sender(request),
        )
    except InvalidInput as error:
        faults = faults_in_words(error.errors, translations(language))
        return await _form(request, language, slug, answers, faults=faults, status_code=422)
    except TooMany as error:
        return await _form_for_later(request, language, slug, answers, error)
    except Conflict as error:
        words = translations(language).gettext(
            "This mark was sent before. If this is another place, send it once more."
        )
        return await _form(request, language, slug, answers, faults={"form": words}, status_code=error.status)
    category = CATEGORIES[answers.category]
    layer = next(layer for layer in describe_layers(language) if layer["code"] == category.layer)
    return render(
        request,
        "marked.html",
        language,
        page="marked",
        community=await community_heading(request.app.state.database.public, slug, language),
        path=None,
        report_id=report_id,
        edit_token=submitted.edit_token,
        preview=submitted.public_preview,
        place=answers.place_words(say),
        title=category.title.get(language),
        layer=layer,
        call_first=None if category.call_first is None else category.call_first.get(language),
    )


def _report_id(form: FormData) -> UUID:
    try:
        return UUID(str(form.get("report_id")))
    except ValueError:
        return uuid4()


def _script_data(community: Mapping[str, Any], language: str, layers: list[dict[str, Any]]) -> dict[str, Any]:
    """What the scripts of the form know of the town and the vocabulary."""
    categories = {
        category["code"]: {
            **category,
            "layer": layer["code"],
            "symbol": layer["symbol"],
            "call_first": category["call_first"] is not None,  # the words stand in the page
        }
        for layer in layers
        for category in layer["categories"]
    }
    return {
        "slug": community["slug"],
        "bbox": community["bbox"],
        "language": language,
        "version": FORM_VERSION,
        "max_photos": MAX_PHOTOS,
        "severities": vocabulary_words(language)["severities"],
        "categories": categories,
    }


@router.get("/{lang}/c/{slug}/mine", response_class=HTMLResponse)
async def show_own_marks(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """The marks a phone keeps; the page itself knows of none."""
    community = await community_heading(request.app.state.database.public, slug, language)
    return render(request, "mine.html", language, community=community)


@router.get("/{lang}/c/{slug}/app.webmanifest")
async def manifest(request: Request, language: Language, slug: Slug) -> JSONResponse:
    """What a phone needs to put the form beside its other programs (W3C Web App Manifest)."""
    community = await community_heading(request.app.state.database.public, slug, language)
    say = translations(language).gettext
    page = f"/{language}/c/{slug}"
    icons = [
        {"src": f"/static/icons/app-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size, purpose in ((192, "any"), (512, "any"), (512, "maskable"))
    ]
    return JSONResponse(
        {
            "id": page,
            "name": f"{say('Community map')}: {community['name']}",
            "short_name": say("Community map"),
            "lang": language,
            "start_url": page,
            "scope": f"/{language}/",
            "display": "standalone",
            "background_color": "#EFF3F1",
            "theme_color": "#FFFFFF",
            "icons": icons,
        },
        media_type="application/manifest+json",
    )


@router.get("/{lang}/calendar", response_class=HTMLResponse)
async def show_calendar(request: Request, language: Language) -> HTMLResponse:
    """The page that “Hide” leads to: the days of this month, and no word of where one came from."""
    today = date.today()
    locale = Locale.parse(language)
    first = today.replace(day=1)
    following = (first.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).replace(day=1)
    days: list[int | None] = [None] * first.weekday() + list(range(1, (following - first).days + 1))
    days += [None] * (-len(days) % 7)
    return render(
        request,
        "calendar.html",
        language,
        month=format_date(first, "LLLL yyyy", locale=locale),
        names=[locale.days["stand-alone"]["abbreviated"][day] for day in range(7)],
        weeks=[days[row : row + 7] for row in range(0, len(days), 7)],
        today=today.day,
        path=None,
    )
