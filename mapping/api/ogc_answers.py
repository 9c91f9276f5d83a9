"""What every resource of OGC API shares: JSON or a page, and the language."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from mapping.api.ogc_documents import JSON
from mapping.api.ogc_parameters import read_format, require_known
from mapping.api.open_answers import OPEN, answer
from mapping.api.rendering import preferred_language, render, said_otherwise
from mapping.languages import LANGUAGES

ROOT = "/ogc"


def root_address(request: Request) -> str:
    """Address of the landing page."""
    return f"{str(request.base_url).rstrip('/')}{ROOT}"


def read_as_page(request: Request, *known: str) -> bool:
    """Whether a page is asked for; parameters other than `f`, `lang` and the known ones are refused."""
    require_known(request.query_params, ("f", "lang", *known))
    return read_format(request.query_params, request.headers.get("accept", "")) == "html"


def json_answer(request: Request, document: Any, kind: str = JSON) -> Response:
    """A document as JSON."""
    return answer(request, json.dumps(document, ensure_ascii=False).encode(), kind)


def page_answer(request: Request, template: str, **context: Any) -> Response:
    """A page for people.

    Templates know the address of the landing page as `root`, and as `as_page` the query by which pages in the same
    language are asked for.
    """
    views = [context["view"]] if "view" in context else context.get("views", [])
    language = preferred_language(request)
    page = render(
        request,
        template,
        language,
        root=ROOT,
        as_page=f"f=html&lang={language}",
        in_languages={code: said_otherwise(request, f="html", lang=code) for code in LANGUAGES},
        as_json=said_otherwise(request, f="json"),
        **{"is_simulated": any(view.is_simulated for view in views), **context},
    )
    page.headers.update(OPEN)
    return page
