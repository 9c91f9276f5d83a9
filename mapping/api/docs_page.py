"""The page that shows an API's OpenAPI document, all of it served by ourselves."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from mapping.api.rendering import preferred_language, render, said_otherwise
from mapping.languages import LANGUAGES

_POLICY = (  # Swagger UI writes styles into its elements
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def docs_page(request: Request, document: str, title: str) -> HTMLResponse:
    """The page of one document, whose address is given."""
    addresses = {code: said_otherwise(request, lang=code) for code in LANGUAGES}
    language = preferred_language(request)
    page = render(request, "api.html", language, document=document, title=title, in_languages=addresses)
    page.headers["Content-Security-Policy"] = _POLICY
    return page
