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


def test_what_is_looked_for_would_be_seen() -> None:
    for line in ("folium.Popup(text)", "layer.bindTooltip(words)", "branca.element.IFrame(page)"):
        assert AS_MARKUP.search(line) is not None, line
    for line in ("node.innerHTML = words", 'a.insertAdjacentHTML("x", b)', "eval(words)", 'setTimeout("run()", 1)'):
        assert AS_CODE.search(line) is not None, line
    assert AS_CODE.search("node.textContent = words; setTimeout(run, 1)") is None


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
