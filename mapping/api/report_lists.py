"""The map in words: a list or table of released reports, narrowed by a form that works without scripts."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from mapping.api.rendering import Language, Slug, render, vocabulary_words
from mapping.errors import InvalidInput
from mapping.languages import translations
from mapping.layers.report_filters import (
    LISTED_CATEGORIES,
    LISTED_LAYERS,
    ListRequest,
    PageKey,
    read_list_request,
)
from mapping.layers.states import STATUS_WORDS
from mapping.services.public_views import describe_layers
from mapping.services.report_lists import ReportList, report_list

router = APIRouter(include_in_schema=False)


def _words_of_faults(_: Callable[[str], str]) -> Mapping[str, str]:
    return {
        "layer": _("Layer: choose one from the list."),
        "category": _("What: choose one from the list."),
        "when": _("When: choose one from the list."),
        "status": _("What became of it: choose one from the list."),
        "since": _("Since: choose a month from the list."),
        "view": _("There are two ways to look: a list and a table."),
        "after": _("This page of the list is not there. Begin with the first one."),
    }


def _choices(language: str) -> dict[str, Any]:
    """What the form offers: layers with their categories, and the words of a status."""
    layers = [layer for layer in describe_layers(language) if layer["code"] in LISTED_LAYERS]
    for layer in layers:
        layer["categories"] = [one for one in layer["categories"] if one["code"] in LISTED_CATEGORIES]
    return {
        "layers": {layer["code"]: layer for layer in layers},
        "titles": {one["code"]: one["title"] for layer in layers for one in layer["categories"]},
        "words": vocabulary_words(language),
        "statuses": {code: text.get(language) for code, text in STATUS_WORDS.items()},
    }


class ListAddresses:
    """Addresses of the same list otherwise: the next page, the other view, everything.

    Parameters
    ----------
    path : str
        Of the list.
    asked : ListRequest
        What is shown now.
    """

    def __init__(self, path: str, asked: ListRequest) -> None:
        self.path = path
        self.asked = asked

    def _with(self, *, view: str, after: PageKey | None) -> str:
        given = {**vars(self.asked.filters), "view": None if view == "cards" else view, "after": after}
        query = urlencode({name: str(value) for name, value in given.items() if value is not None})
        return f"{self.path}?{query}" if query else self.path

    def following(self, key: PageKey) -> str:
        """The page that begins after a key."""
        return self._with(view=self.asked.view, after=key)

    def viewed_as(self, view: str) -> str:
        """The same page as cards or as a table."""
        return self._with(view=view, after=self.asked.after)

    def first(self) -> str:
        """The first page of the same list."""
        return self._with(view=self.asked.view, after=None)


@router.get("/{lang}/c/{slug}/list", response_class=HTMLResponse)
async def show_list(request: Request, language: Language, slug: Slug) -> HTMLResponse:
    """The list; a filter that is none is named in words, and nothing is listed."""
    faults: Mapping[str, str] = {}
    try:
        asked = read_list_request(request.query_params)
    except InvalidInput as error:
        named = {fault.field for fault in error.errors}
        words = _words_of_faults(translations(language).gettext)
        faults = {field: words[field] for field in words if field in named}
        asked = read_list_request({name: text for name, text in request.query_params.items() if name not in named})
    found = await report_list(request.app.state.database.public, slug, language, asked.filters, after=asked.after)
    return _page(request, language, found, asked, faults)


def _page(
    request: Request, language: str, found: ReportList, asked: ListRequest, faults: Mapping[str, str]
) -> HTMLResponse:
    path = f"/{language}/c/{found.community['slug']}/list"
    addresses = ListAddresses(path, asked)
    return render(
        request,
        "list.html",
        language,
        status_code=422 if faults else 200,
        community=found.community,
        path=addresses.viewed_as(asked.view).removeprefix(f"/{language}"),
        found=found,
        asked=asked,
        chosen={name: value or "" for name, value in vars(asked.filters).items()},
        is_narrowed=any(vars(asked.filters).values()),
        faults=faults,
        addresses=addresses,
        **_choices(language),
    )
