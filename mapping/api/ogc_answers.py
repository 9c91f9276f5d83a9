"""What every resource of OGC API shares: JSON or a page, and the language."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from mapping.api.ogc_documents import JSON
from mapping.api.ogc_parameters import read_format, require_known
from mapping.api.open_answers import OPEN, answer
from mapping.api.rendering import preferred_language, render

ROOT = "/ogc"


def root_address(request: Request) -> str:
    """Address of the landing page."""
    return f"{str(request.base_url).rstrip('/')}{ROOT}"


def is_html(request: Request, *known: str) -> bool:
    """Whether a page is asked for; parameters other than `f` and the known ones are refused."""
    require_known(request.query_params, ("f", *known))
    return read_format(request.query_params, request.headers.get("accept", "")) == "html"


def json_answer(request: Request, document: Any, kind: str = JSON) -> Response:
    """A document as JSON."""
    return answer(request, json.dumps(document, ensure_ascii=False).encode(), kind)


def page_answer(request: Request, template: str, **context: Any) -> Response:
    """A page for people; templates know the address of the landing page as `root`."""
    views = [context["view"]] if "view" in context else context.get("views", [])
    context["is_simulated"] = any(view.is_simulated for view in views)
    page = render(request, template, preferred_language(request), root=ROOT, **context)
    page.headers.update(OPEN)
    return page
