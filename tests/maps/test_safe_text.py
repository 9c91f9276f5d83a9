"""Text on a map stays text."""

import json

import pytest

from mapping.maps.safe_text import BRACE, drawn_layer, in_page, plain, text_features, with_braces
from tests.maps.review_data import HOSTILE, collection, report, stretch


def test_plain_drops_what_is_not_seen_and_keeps_what_is_written() -> None:
    assert plain("вул. Ґонти\x00\u202e\ud800, 5\n") == "вул. Ґонти, 5\n"
    assert plain({"a\u202e": ["\x07b", 4, None, True, 0.5]}) == {"a": ["b", 4, None, True, 0.5]}
    assert plain(HOSTILE) == HOSTILE.replace("{", BRACE)
    assert "{" not in str(plain(f"a{BRACE}{{{{b"))


def test_braces_come_back_as_text() -> None:
    script, tags = json.dumps(plain("{{x}}")), str(in_page("{{x}}"))
    page = with_braces(f"<script>{script}</script><p>{tags}</p>")
    assert page == '<script>"\\u007b\\u007bx}}"</script><p>&#123;&#123;x}}</p>'


def test_in_page_escapes_markup() -> None:
    assert "<" not in in_page(HOSTILE)
    assert in_page('"') == "&#34;"


def test_text_features_carry_the_named_properties_only() -> None:
    given = collection(report("r1", "resources"), {"type": "Feature", "geometry": None, "properties": {}})
    shown = text_features(given, ("layer", "place"))
    assert shown["features"] == [
        {
            "type": "Feature",
            "id": "r1",
            "geometry": {"type": "Point", "coordinates": [24.9512, 60.1693]},
            "properties": {"layer": "resources", "place": "by the school"},
        }
    ]
    assert given["features"][0]["properties"]["secret"] == "never shown"
    assert text_features(None, ()) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("function", ["a.b", "alert(1)", "", "a`"])
def test_a_drawing_function_is_a_plain_name(function: str) -> None:
    with pytest.raises(ValueError, match="plain identifier"):
        drawn_layer(collection(stretch("1", properties={})), name="x", pane="dark", style=function, describe="f")
