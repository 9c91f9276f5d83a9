"""The pages in Chromium: nothing fails, nothing overflows, axe-core is content, list and map agree."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import open_page

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {320: 640, 768: 1024, 1280: 800}
PATHS = ["/{}/c/demo", "/{}/c/demo/hotspots", "/{}/c/demo/hotspots/how", "/{}/c/demo/mark"]


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("path", PATHS)
async def test_a_page_stands(chromium: Browser, site: str, path: str, width: int, language: str) -> None:
    viewport = {"width": width, "height": WIDTHS[width]}
    context, visit = await open_page(chromium, site, path.format(language), viewport=viewport)
    page = visit.page
    assert visit.failures == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.locator("h1").count() == 1
    assert await page.get_attribute("html", "lang") == language
    assert await page.locator("text=/simulated|змодельован|умовн|вигадан/i").count() > 0
    violations = await axe_violations(page)
    assert violations == []
    await context.close()


async def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page, frames left out."""
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setBypassCSP", {"enabled": True})
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {iframes: false}).then(r => r.violations)")
    return [f"{row['id']}: {row['nodes'][0]['html'][:160]}" for row in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_community_map_is_drawn(chromium: Browser, site: str, scheme: str) -> None:
    context, visit = await open_page(
        chromium, site, "/en/c/demo", viewport={"width": 1280, "height": 800}, color_scheme=scheme
    )
    page = visit.page
    assert await page.locator(".leaflet-container").count() == 1
    assert await page.locator(".leaflet-tile-pane canvas").count() > 0
    await page.wait_for_function(_CANVAS_HAS_COLOURS)
    assert await page.locator("path.hotspot").count() == 5
    assert visit.failures == []
    await context.close()


_CANVAS_HAS_COLOURS = """() => [...document.querySelectorAll('.leaflet-tile-pane canvas')].some(canvas => {
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4 * 97) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return seen.size > 5;
})"""


async def test_list_and_map_of_hotspots_agree(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/hotspots", viewport={"width": 1280, "height": 800})
    page = visit.page
    answer = await page.request.get(f"{site}/api/communities/demo/hotspots?lang=en")
    names = [feature["properties"]["name"] for feature in (await answer.json())["features"]]
    assert names
    for name in names:
        assert await page.get_by_text(name).count() > 0
    frame = next(frame for frame in page.frames if frame.url.split("?")[0].endswith("/hotspots/map"))
    await frame.wait_for_function(_CANVAS_HAS_COLOURS)
    plates = await frame.locator(".plate").all_inner_texts()
    assert sorted(int(text) for text in plates if text.strip().isdigit()) == list(range(1, len(names) + 1))
    assert visit.failures == []
    await context.close()


async def test_the_form_works_without_scripts(chromium: Browser, site: str) -> None:
    context, visit = await open_page(
        chromium, site, "/uk/c/demo/mark", viewport={"width": 320, "height": 640}, java_script_enabled=False
    )
    page = visit.page
    await page.check('input[name="category"][value="broken_lamps"]', force=True)
    await page.fill('[name="place"]', "біля школи")
    await page.check('input[name="severity"][value="3"]', force=True)
    await page.check('input[name="when"][value="night"]', force=True)
    await page.click('form[method="post"] button[type="submit"]')
    assert [fault for fault in visit.failures if "/static/modules/" not in fault] == []  # it drops what it does not run
    assert "mark" in page.url
    assert await page.locator("h1").count() == 1
    body = await page.inner_text("body")
    assert "Дякуємо" in body or "Збережено" in body
    await context.close()


async def test_the_picture_of_the_readme_can_be_made(chromium: Browser, site: str, tmp_path: Path) -> None:
    """With MAPPING_PICTURES=1 the picture in the docs is made anew."""
    context, visit = await open_page(chromium, site, "/en/c/demo/hotspots", viewport={"width": 1280, "height": 800})
    frame = next(frame for frame in visit.page.frames if frame.url.split("?")[0].endswith("/hotspots/map"))
    await frame.wait_for_function(_CANVAS_HAS_COLOURS)
    folder = ROOT / "docs" / "pictures" if os.environ.get("MAPPING_PICTURES") else tmp_path
    folder.mkdir(exist_ok=True)
    await visit.page.screenshot(path=folder / "hotspots.png")
    assert (folder / "hotspots.png").stat().st_size > 50_000
    await context.close()
