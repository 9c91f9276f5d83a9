"""The scripts, styles and symbols a Folium map loads: ours alone, and no more than it needs.

Folium names a dozen files on foreign servers. They are replaced once, when this module is imported, by
Leaflet from our own `/static/vendor`; Bootstrap, Font Awesome and the rest are left out because nothing here uses them.
`require_own_assets` refuses a page that still points elsewhere.
"""

import re
from functools import lru_cache

import folium

from mapping.errors import ForeignAsset
from mapping.web import web_dir

LEAFLET_JS = "/static/vendor/leaflet/leaflet.js"
LEAFLET_CSS = "/static/vendor/leaflet/leaflet.css"
PROTOMAPS_JS = "/static/vendor/protomaps-leaflet/protomaps-leaflet.js"
TOKENS_CSS = "/static/styles/tokens.css"
BASE_CSS = "/static/styles/base.css"
MARKS_CSS = "/static/styles/marks.css"
REVIEW_MAP_CSS = "/static/styles/review_map.css"
REVIEW_MAP_JS = "/static/modules/review_map.js"

BLANK_TILE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent pixel: a layer of it gives the map its deepest zoom without asking anyone for a tile."""

_LOADED = re.compile(
    r"""<(?:script|link|img|iframe|source|image|use)\b[^>]*?\s(?:src|href)\s*=\s*["']?\s*(?P<tag>[^"'\s>]+)"""
    r"""|url\(\s*["']?(?P<css>[^"')\s]+)"""
    r"""|(?:\bfrom|\bimport)\s*\(?\s*["'](?P<module>[^"']+)["']""",
    re.IGNORECASE,
)
_DATA = re.compile(r"_add\(\{.*\}\);$", re.MULTILINE)


def _rebind() -> None:
    folium.Map.default_js = [("leaflet", LEAFLET_JS), ("protomaps_leaflet", PROTOMAPS_JS)]
    folium.Map.default_css = [
        ("leaflet_css", LEAFLET_CSS),
        ("tokens_css", TOKENS_CSS),
        ("base_css", BASE_CSS),
        ("marks_css", MARKS_CSS),
        ("review_map_css", REVIEW_MAP_CSS),
    ]


_rebind()


def require_own_assets(page: str) -> str:
    """A page that loads nothing from anywhere but us.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    str
        The same page.

    Raises
    ------
    ForeignAsset
        If a script, style, image, frame or module is named by an address outside `/static/`.

    Notes
    -----
    The GeoJSON that Folium writes into the page is passed over: it is data, shown as text, and may well
    speak of addresses.
    """
    for match in _LOADED.finditer(_DATA.sub("", page)):
        address = match["tag"] or match["css"] or match["module"]
        if not address.startswith(("/static/", "#", "data:image/")):
            raise ForeignAsset(f"The map loads a file that is not ours: {address}")
    return page


@lru_cache(maxsize=1)
def sprite() -> str:
    """The drawing of the layer symbols, to be placed inside a page.

    Returns
    -------
    str
        SVG of `web/static/symbols.svg` from its root element on. A sandboxed frame has no origin, so that
        browsers refuse it a symbol of another document.
    """
    drawing = (web_dir() / "static" / "symbols.svg").read_text(encoding="utf-8")
    return drawing[drawing.index("<svg") :]
