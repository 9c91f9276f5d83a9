"""The working group's map: hotspots, reports by layer, unlit streets and help, as one Folium page.

The page is meant for `<iframe sandbox="allow-scripts">`: it has no origin, holds its data in itself and asks the
server only for its own scripts and for public basemap tiles. Points are drawn from one GeoJSON per layer; no Python
object is made for any of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Figure, MacroElement
from folium.map import CustomPane, Layer
from folium.template import Template

from mapping.maps import assets, safe_text
from mapping.maps.legend import Legend
from mapping.maps.words import words

THEMES = ("auto", "day", "night")
DEEPEST_ZOOM = 20
PANES = {"coverage": 403, "surface": 404, "masks": 405, "hotspots": 410, "trends": 412, "streets": 420, "edges": 428,
         "dark": 430, "lamps": 432, "labels": 450, "symbols": 620, "plates": 640}  # fmt: skip
"""From below, by z-index: what is on the base, areas, lines, labels, symbols, plates."""

HOTSPOT_SHOWN = ("rank", "name", "step", "badge_words", "reasons")
REPORT_SHOWN = ("layer", "title", "severity", "when", "observed_on", "radius_m", "place", "description")
TRENDS = ("rising", "steady", "easing")
WORDS_SHOWN = ("step", "level", "words", "trend")
UNLIT_SHOWN = ("layer", "name", "osm", *REPORT_SHOWN)


@dataclass(frozen=True)
class ReviewMapData:
    """What the map shows; released data only when the map is public.

    Parameters
    ----------
    slug, name : str
        The community.
    bbox : tuple of float
        West, south, east, north; degrees, EPSG:4326.
    layers : sequence of mapping
        Layers of the vocabulary in the page's language: code, title, symbol.
    hotspots, reports, unlit : mapping
        GeoJSON FeatureCollections, EPSG:4326.
    surface, streets, coverage : mapping
        GeoJSON FeatureCollections of the newest analysis, with words; layers that can be switched on.
    is_simulated : bool
        Said on the map when true.
    """

    slug: str
    name: str
    bbox: tuple[float, float, float, float]
    layers: Sequence[Mapping[str, Any]]
    hotspots: Mapping[str, Any]
    reports: Mapping[str, Any]
    unlit: Mapping[str, Any]
    surface: Mapping[str, Any]
    streets: Mapping[str, Any]
    coverage: Mapping[str, Any]
    is_simulated: bool = False


class _Page(Figure):
    """A page in a language, with a nonce, whose script is a module that knows `review_map.js` as `drawing`."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.language }}"{% if this.theme != "auto" %} data-theme="{{ this.theme }}"{% endif %}>\n'
        '<head>\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{{ this.heading }}</title>\n{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n{{ this.sprite }}\n{{ this.html.render(**kwargs) }}\n"
        '<script type="module" nonce="{{ this.nonce }}">\n'
        'import * as drawing from "{{ this.drawing }}";\n'
        "{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, *, heading: str, language: str, theme: str, nonce: str) -> None:
        super().__init__()
        self.heading = safe_text.in_page(heading)
        self.language = language
        self.theme = theme
        self.nonce = safe_text.in_page(nonce)
        self.sprite = assets.sprite()
        self.drawing = assets.REVIEW_MAP_JS


class _ReviewMap(folium.Map):
    """Folium's map, without its inline styles and the ban on zooming, announced to `review_map.js`."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <main class="folium-map" id={{ this.get_name()|tojson }}></main>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }},
                ...{{ this.options|tojavascript }}
            });
            drawing.start({{ this.get_name() }}, {{ this.given|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, given: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.given = given


class _Basemap(Layer):
    """Our vector basemap as a layer that is always on."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = drawing.addBasemap({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__(name="basemap", overlay=True, control=False)
        self._name = "Basemap"


class _Finish(MacroElement):
    """Tells `review_map.js` that every layer is in place."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            drawing.finish({{ this.hotspots.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, hotspots: folium.GeoJson) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no types
        self._name = "Finish"
        self.hotspots = hotspots


def _shown_layers(view: ReviewMapData) -> list[Mapping[str, Any]]:
    """The layers that have places; households are never on a map."""
    return [layer for layer in view.layers if layer["code"] != "vulnerable_households"]


def _is_dark_street(feature: Mapping[str, Any]) -> bool:
    kind = (feature.get("geometry") or {}).get("type", "")
    return feature["properties"].get("layer") == "unlit_streets" and "Line" in kind


def _dark_streets(view: ReviewMapData) -> dict[str, Any]:
    """Stretches that people reported as dark, and streets that OpenStreetMap holds to be unlit."""
    known = [
        {**feature, "properties": {**feature["properties"], "osm": True}} for feature in view.unlit.get("features", [])
    ]
    reported = [feature for feature in view.reports["features"] if _is_dark_street(feature)]
    return safe_text.text_features({"features": [*known, *reported]}, UNLIT_SHOWN)


def _report_layer(view: ReviewMapData, layer: Mapping[str, Any]) -> folium.GeoJson:
    """All reports of one layer but the dark streets, which have a layer of their own."""
    features = [
        feature
        for feature in view.reports["features"]
        if feature["properties"].get("layer") == layer["code"] and not _is_dark_street(feature)
    ]
    return safe_text.drawn_layer(
        safe_text.text_features({"features": features}, REPORT_SHOWN),
        name=layer["title"],
        pane="dark",
        style="reportStyle",
        describe="addReport",
        point="addPoint",
    )


def _analysis_layers(view: ReviewMapData, spoken: Mapping[str, Any]) -> Iterator[folium.GeoJson]:
    """What can be switched on: where few people report, the surface, the trend of hotspots, streets with most marks."""
    trends = {"features": [spot for spot in view.hotspots["features"] if spot["properties"].get("trend") in TRENDS]}
    for kind, pane, features in (
        ("coverage", "coverage", view.coverage),
        ("surface", "surface", view.surface),
        ("trends", "trends", trends),
        ("streets", "streets", view.streets),
    ):
        yield safe_text.drawn_layer(
            safe_text.text_features(features, WORDS_SHOWN),
            name=spoken[kind],
            pane=pane,
            style=f"{kind}Style",
            describe="addWords",
            show=False,
        )


def _positions(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Every lon/lat of nested GeoJSON coordinates."""
    if coordinates and isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _positions(inner)


def first_look(view: ReviewMapData) -> tuple[float, float, float, float]:
    """What the map shows when it opens: the hotspots, or the whole community when there are none.

    Parameters
    ----------
    view : ReviewMapData
        What is on the map.

    Returns
    -------
    tuple of float
        West, south, east, north; degrees, EPSG:4326.
    """
    seen = [
        position
        for feature in view.hotspots["features"]
        if feature.get("geometry")
        for position in _positions(feature["geometry"]["coordinates"])
    ]
    if not seen:
        return view.bbox
    lons, lats = zip(*seen, strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def _empty_map(view: ReviewMapData, language: str, theme: str) -> _ReviewMap:
    """A map with its panes and basemap, and nothing of ours on it yet."""
    west, south, east, north = view.bbox
    spoken = {**words(language), "layer_titles": {layer["code"]: layer["title"] for layer in view.layers}}
    given = {
        "slug": view.slug,
        "bbox": list(view.bbox),
        "look": list(first_look(view)),
        "theme": theme,
        "language": language,
        "words": spoken,
    }
    review = _ReviewMap(
        safe_text.plain(given),
        location=[(south + north) / 2, (west + east) / 2],
        tiles=folium.TileLayer(
            assets.BLANK_TILE, attr="© OpenStreetMap", name="blank", max_zoom=DEEPEST_ZOOM, overlay=True, control=False
        ),
        zoom_start=14,
        zoom_control=False,
        zoom_animation=False,
        fade_animation=False,
        marker_zoom_animation=False,
    )
    for pane, order in PANES.items():
        CustomPane(pane, z_index=order, pointer_events=pane not in {"labels", "edges", "lamps", "masks"}).add_to(review)
    _Basemap().add_to(review)
    return review


def review_map(view: ReviewMapData, *, language: str, theme: str = "auto", nonce: str = "") -> str:
    """The working group's map as a page.

    Parameters
    ----------
    view : ReviewMapData
        What is on it.
    language : str
        A code of `LANGUAGES`.
    theme : str
        day, night, or auto: as the device is set.
    nonce : str
        Of the response's Content-Security-Policy; allows the page's one inline script.

    Returns
    -------
    str
        HTML, to be served in a sandboxed frame.

    Raises
    ------
    ForeignAsset
        If the page would load anything that is not served by us.
    """
    spoken = words(language)
    review = _empty_map(view, language, theme if theme in THEMES else "auto")
    hotspots = safe_text.drawn_layer(
        safe_text.text_features(view.hotspots, HOTSPOT_SHOWN),
        name=spoken["hotspots"],
        pane="hotspots",
        style="hotspotStyle",
        describe="addHotspot",
    )
    hotspots.add_to(review)
    safe_text.drawn_layer(
        _dark_streets(view), name=spoken["unlit"], pane="dark", style="unlitStyle", describe="addUnlit"
    ).add_to(review)
    for described in _shown_layers(view):
        _report_layer(view, described).add_to(review)
    for layer in _analysis_layers(view, spoken):
        layer.add_to(review)
    folium.LayerControl(position="topleft").add_to(review)
    Legend(_shown_layers(view), spoken, is_simulated=view.is_simulated).add_to(review)
    _Finish(hotspots).add_to(review)

    page = _Page(heading=f"{spoken['title']} · {view.name}", language=language, theme=theme, nonce=nonce)
    page.add_child(review)
    return assets.require_own_assets(safe_text.with_braces(page.render()))
