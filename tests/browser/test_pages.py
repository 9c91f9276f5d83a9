"""The pages in Chromium: nothing fails, list and map agree, the form works without scripts."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import ROOT, open_page
from tests.browser.pictures import HAS_COLOURS, MOST_BYTES, PICTURES, take


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_community_map_is_drawn(chromium: Browser, site: str, scheme: str) -> None:
    context, visit = await open_page(
        chromium, site, "/en/c/demo", viewport={"width": 1280, "height": 800}, color_scheme=scheme
    )
    page = visit.page
    assert await page.locator(".leaflet-container").count() == 1
    assert await page.locator(".leaflet-tile-pane canvas").count() > 0
    await page.wait_for_function(HAS_COLOURS)
    assert await page.locator("path.hotspot").count() == 5
    assert visit.failures == []
    await context.close()


async def test_list_and_map_of_hotspots_agree(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/hotspots", viewport={"width": 1280, "height": 800})
    page = visit.page
    answer = await page.request.get(f"{site}/api/communities/demo/hotspots?lang=en")
    names = [feature["properties"]["name"] for feature in (await answer.json())["features"]]
    assert names
    for name in names:
        assert await page.get_by_text(name).count() > 0
    frame = next(frame for frame in page.frames if frame.url.split("?")[0].endswith("/hotspots/map"))
    await frame.wait_for_function(HAS_COLOURS)
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
    assert "Дякуємо. Позначку надіслано" in await page.inner_text("body")
    await context.close()


async def test_a_picture_of_the_docs_can_be_taken(chromium: Browser, site: str, tmp_path: Path) -> None:
    taken = await take(chromium, site, "hotspots", tmp_path)
    assert 20_000 < taken.stat().st_size <= MOST_BYTES
    assert {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")} >= set(PICTURES)


@pytest.mark.parametrize("path", ["", "/collections", "/collections/streets", "/collections/unlit_streets/items"])
async def test_open_data_says_that_it_is_simulated(chromium: Browser, site: str, path: str) -> None:
    context, visit = await open_page(chromium, site, f"/ogc{path}?f=html", viewport={"width": 320, "height": 640})
    assert "Simulated data" in await visit.page.inner_text("body")
    assert visit.failures == []
    await context.close()
