"""The page that shows an API's OpenAPI document, all of it served by ourselves."""

from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

_VENDOR = "/static/vendor/swagger-ui-dist/swagger-ui"
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def docs_page(openapi_url: str, title: str) -> HTMLResponse:
    """The page of one document."""
    page = get_swagger_ui_html(
        openapi_url=openapi_url,
        title=title,
        swagger_js_url=f"{_VENDOR}-bundle.js",
        swagger_css_url=f"{_VENDOR}.css",
        swagger_favicon_url="/static/symbols.svg",
    )
    page.headers["Content-Security-Policy"] = _POLICY
    return page
