"""The working group's map as a page."""

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from jinja2 import Template

from mapping.maps.review_map import first_look, review_map
from mapping.maps.safe_text import BRACE
from mapping.maps.words import words
from tests.maps.review_data import HOSTILE, collection, report, town


def data_of(page: str) -> list[dict[str, Any]]:
    """The GeoJSON collections that Folium wrote into the page, in their order."""
    return [json.loads(found) for found in re.findall(r"_add\((\{.*\})\);$", page, re.MULTILINE)]


def test_the_page_is_one_module_with_its_nonce_and_language() -> None:
    page = review_map(town(), language="uk", theme="night", nonce="n0nce")
    assert '<html lang="uk" data-theme="night">' in page
    assert page.count("<script") == 3
    assert page.count('nonce="n0nce"') == 1
    assert "user-scalable" not in page
    assert "<style" not in page
    assert "Де болить найбільше · Tykha Krynytsia" in page
    assert "data-theme" not in review_map(town(), language="en")


def test_layers_are_folium_layers_with_a_control() -> None:
    page = review_map(town(), language="en")
    assert page.count("L.geoJson(") == 10
    assert "L.control.layers(" in page
    assert "drawing.finish(geo_json_" in page


def test_what_is_on_the_map() -> None:
    found = data_of(review_map(town(), language="en"))
    hotspots, dark, dangerous, unlit, barriers, resources, coverage, surface, trends, streets = found
    assert [feature["id"] for feature in hotspots["features"]] == ["h1", "h2"]
    assert [feature["properties"].get("osm", False) for feature in dark["features"]] == [True, False]
    assert [feature["id"] for feature in dangerous["features"]] == ["r1"]
    assert unlit["features"] == resources["features"] == []
    assert barriers["features"][0]["properties"]["radius_m"] is None
    assert [feature["properties"]["level"] for feature in (*coverage["features"], *surface["features"])] == [
        "few",
        0,
        2,
    ]
    assert [feature["properties"] for feature in trends["features"]] == [{"step": 5, "trend": "rising"},
                                                                         {"step": 4, "trend": "rising"}]  # fmt: skip
    assert streets["features"][0]["properties"]["step"] == 3


def test_what_an_analysis_adds_is_switched_on_by_people() -> None:
    page = review_map(town(), language="uk")
    drawn = re.findall(r"(geo_json_\w+)\.addTo\(", page)
    assert len(drawn) == 6
    assert "Вулиці, де найбільше позначок про темряву чи перешкоди" in page


def test_households_and_unnamed_properties_stay_behind() -> None:
    page = review_map(town(), language="en")
    assert "a household that no map may show" not in page
    assert not [name for collection in data_of(page) for name in collection["features"] if name["id"] == "r3"]
    assert "never shown" not in page
    assert "q_value" not in page


def test_what_people_wrote_is_data_never_markup() -> None:
    page = review_map(replace(town(text=HOSTILE), name=HOSTILE), language="en")
    assert "<img" not in page
    assert page.count("</script>") == 3
    assert data_of(page)[0]["features"][0]["properties"]["name"] == HOSTILE
    outside = re.sub(r"_add\(\{.*\}\);$", "", page, flags=re.MULTILINE)
    assert "onerror" not in re.sub(r"<title>.*?</title>", "", outside)
    assert "bindPopup" not in page
    assert "bindTooltip" not in page


@pytest.mark.parametrize(
    "text",
    ["{{7*191}}", "{% if %}", "{# never closed", "{{ cycler.__init__.__globals__ }}", "{ one }", "\\ue07b {{7*191}}"],
)
def test_what_people_wrote_is_never_a_template(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """branca compiles anew what it has rendered: nothing of ours may be source then."""
    compiled: list[str] = []

    def compile_noting(source: str) -> Template:
        compiled.append(source)
        template: Template = Template(source)
        return template

    monkeypatch.setattr("branca.element.Template", compile_noting)
    named = town(text=text)
    shown = [{**layer, "title": text} for layer in named.layers]
    monkeypatch.setattr("mapping.maps.review_map.words", lambda language: {**words(language), "legend": text})
    page = review_map(replace(named, name=text, layers=shown, slug=text), language="en")
    assert compiled
    assert not [source for source in compiled if re.search(r"\{[{%#]", source)]
    said = text.replace("\\ue07b", "\\u007b")  # whoever writes these six characters finds six others
    assert data_of(page)[0]["features"][0]["properties"]["name"] == said
    assert "1337" not in page
    assert BRACE not in page
    assert html.escape(said).replace("{", "&#123;").replace("&#x27;", "&#39;") in page, "as the title says it"


def test_a_thousand_points_are_one_layer() -> None:
    many = collection(*(report(f"r{number}", "resources") for number in range(1000)))
    page = review_map(replace(town(), reports=many), language="en")
    assert page.count("L.geoJson(") == 10
    assert len(data_of(page)[5]["features"]) == 1000


def test_the_map_opens_on_the_hotspots_or_on_the_town() -> None:
    assert first_look(town()) == pytest.approx((24.951, 60.169, 24.953, 60.1695))
    assert first_look(replace(town(), hotspots=collection())) == town().bbox
    assert "L.geoJson(" in review_map(replace(town(), hotspots=collection(), reports=collection()), language="en")
