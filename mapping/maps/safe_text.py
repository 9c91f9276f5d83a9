"""The one way by which what people wrote gets onto a map.

Folium's pop-ups and tool-tips run HTML, `${…}` and back-ticks in the text they are given, even where they
promise not to. So no text is ever handed to them: it travels as GeoJSON properties, which are JSON with `<`, `>`,
`&` and `'` escaped, and `review_map.js` puts it in place by `textContent`. Nothing else may make a pop-up.

branca compiles what it has rendered once more as a Jinja template, unsandboxed: text with `{{` in it would run as
Python in the server. So no brace that opens is handed to it either: another character stands for it until the page is
whole.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import folium
from folium.utilities import JsCode
from markupsafe import Markup, escape

from mapping.layers.texts import UNSEEN

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BRACE = "\ue07b"  # stands for {; of the private use area
_EMPTY: Mapping[str, Any] = {"type": "FeatureCollection", "features": []}


def plain(value: Any) -> Any:
    """A JSON value whose text holds no control characters, overrides of direction or lone surrogates, and no brace.

    `with_braces` puts the braces into the page that is made of it.

    Parameters
    ----------
    value : Any
        Text, number, list or mapping.

    Returns
    -------
    Any
        The same shape; the input is not changed.
    """
    if isinstance(value, str):
        return UNSEEN.sub("", value).replace(BRACE, "").replace("{", BRACE)
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    return value


def with_braces(page: str) -> str:
    """A page, rendered for the last time, with its braces: in strings of scripts, and between tags."""
    return page.replace(json.dumps(BRACE)[1:-1], "\\u007b").replace(BRACE, "&#123;")


def in_page(text: str) -> Markup:
    """Text as it may stand between tags or in a quoted attribute of a page."""
    return escape(plain(text))


def text_features(collection: Mapping[str, Any] | None, shown: Sequence[str]) -> dict[str, Any]:
    """A FeatureCollection that carries only the named properties, cleaned.

    Parameters
    ----------
    collection : mapping, optional
        GeoJSON, EPSG:4326; absent counts as empty.
    shown : sequence of str
        Names of the properties that the map shows; all others stay behind.

    Returns
    -------
    dict
        GeoJSON FeatureCollection; features without a geometry are left out.
    """
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": plain(str(feature.get("id", number))),
                "geometry": plain(feature["geometry"]),
                "properties": {
                    name: plain(value) for name, value in feature.get("properties", {}).items() if name in shown
                },
            }
            for number, feature in enumerate((collection or _EMPTY)["features"])
            if feature.get("geometry") is not None
        ],
    }


def drawn_layer(
    data: dict[str, Any],
    *,
    name: str,
    pane: str,
    style: str,
    describe: str,
    point: str | None = None,
    show: bool = True,
) -> folium.GeoJson:
    """One Folium layer drawn and described by functions of `review_map.js`.

    Parameters
    ----------
    data : dict
        FeatureCollection made by `text_features`.
    name : str
        What the layer control calls it; our own words.
    pane : str
        Leaflet pane of lines and areas.
    style, describe, point : str
        Names of the functions that give the style of a line or area, take each feature in hand, and turn a
        point into a layer.
    show : bool
        Whether it is on when the map opens.

    Returns
    -------
    folium.GeoJson
        To be added to a map.
    """
    for function in (style, describe, point):
        if function is not None and not _IDENTIFIER.fullmatch(function):
            raise ValueError("a drawing function is named by a plain identifier")
    points: dict[str, Any] = {} if point is None else {"point_to_layer": JsCode(f"drawing.{point}")}
    return folium.GeoJson(
        data,
        # Leaflet writes the name into the control as HTML.
        name=str(in_page(name)),
        pane=pane,
        show=show,
        style=JsCode(f"drawing.{style}"),
        on_each_feature=JsCode(f"drawing.{describe}"),
        **points,
    )
