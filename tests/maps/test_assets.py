"""A map page loads nothing that is not ours."""

import folium
import pytest
from branca.element import Figure

from mapping.errors import ForeignAsset, MappingError
from mapping.maps import assets


@pytest.mark.parametrize(
    "piece",
    [
        '<script src="https://cdn.example/leaflet.js"></script>',
        "<link rel=stylesheet href=//cdn.example/a.css>",
        "<style>body { background: url(http://cdn.example/a.png) }</style>",
        '<script type="module">import * as a from "https://cdn.example/a.js";</script>',
        '<img alt="" src="data:text/html,x">',
    ],
)
def test_a_foreign_address_is_refused(piece: str) -> None:
    with pytest.raises(ForeignAsset, match="not ours") as refusal:
        assets.require_own_assets(f"<html>{piece}</html>")
    assert isinstance(refusal.value, MappingError)


def test_own_files_and_addresses_in_data_pass() -> None:
    page = (
        '<script src="/static/vendor/leaflet/leaflet.js"></script><use href="#s-danger"/>\n'
        '    geo_json_1_add({"place": "\\u003cscript src=https://x.example\\u003e url(http://x.example)"});\n'
    )
    assert assets.require_own_assets(page) == page


def test_a_folium_plugin_that_brings_foreign_files_is_refused() -> None:
    page = folium.Map([60.17, 24.95], tiles=None)
    figure = page.get_root()
    assert isinstance(figure, Figure)
    folium.JavascriptLink("https://cdn.example/plugin.js").add_to(figure.header)
    with pytest.raises(ForeignAsset):
        assets.require_own_assets(figure.render())


def test_folium_is_bound_to_the_lean_set() -> None:
    assert [name for name, _ in folium.Map.default_js] == ["leaflet", "protomaps_leaflet"]
    assert all(address.startswith("/static/") for _, address in folium.Map.default_js + folium.Map.default_css)
