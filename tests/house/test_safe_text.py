"""No text reaches a page as markup: one module makes map layers, and scripts write with `textContent`."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRAPPER = ROOT / "mapping" / "maps" / "safe_text.py"
AS_MARKUP = re.compile(r"\b(Popup|Tooltip|GeoJsonPopup|GeoJsonTooltip|bindPopup|bindTooltip|Html|IFrame)\(")
AS_CODE = re.compile(
    r"\.(innerHTML|outerHTML)\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function\(|setTimeout\(\s*[\"'`]"
)


@pytest.mark.parametrize(
    "path",
    [file for file in (ROOT / "mapping").rglob("*.py") if file != WRAPPER],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_only_the_wrapper_puts_text_on_a_map(path: Path) -> None:
    source = path.read_text("utf-8")
    assert AS_MARKUP.search(source) is None
    assert "|safe" not in source
    assert "folium.GeoJson(" not in source


@pytest.mark.parametrize("path", sorted((ROOT / "web/static/modules").glob("*.js")), ids=lambda file: file.name)
def test_scripts_write_text_as_text(path: Path) -> None:
    source = path.read_text("utf-8")
    assert AS_CODE.search(source) is None
    assert re.search(r"(?<![\w.])(confirm|alert|prompt)\(", source) is None, "pages ask by ask.js"


@pytest.mark.parametrize("path", sorted((ROOT / "web/templates").glob("*.html")), ids=lambda file: file.name)
def test_templates_escape_everything_and_hold_no_script(path: Path) -> None:
    source = path.read_text("utf-8")
    assert re.search(r"\|\s*safe\b|Markup\(|autoescape false", source) is None
    assert re.search(r"\son\w+\s*=\s*[\"']", source) is None
    assert re.search(r"<script(?![^>]*(src=|application/json))", source) is None
    assert re.search(r"\sstyle=", source) is None
