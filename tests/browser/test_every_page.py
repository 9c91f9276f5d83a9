"""Every page in every language, at every width and in forced colours: axe-core is content and nothing overflows.

A page is opened once and looked at in all shapes, so that much is looked at in little time.
"""

from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import WIDTHS, Visit, axe_violations, open_page
from tests.browser.form_walk import stand_at_a_mark, walk

PATHS = {
    "map": "/{}/c/demo",
    "hotspots": "/{}/c/demo/hotspots",
    "how": "/{}/c/demo/hotspots/how",
    "list": "/{}/c/demo/list",
    "table": "/{}/c/demo/list?view=table&layer=unlit_streets",
    "empty list": "/{}/c/demo/list?category=open_pit&status=reopened&since=2026-01",
    "progress": "/{}/c/demo/progress",
    "own marks": "/{}/c/demo/mine",
    "withdraw": "/{}/c/demo/withdraw",
    "neutral page": "/{}/calendar",
    "open data": "/ogc?f=html&lang={}",
    "collection": "/ogc/collections/unlit_streets?f=html&lang={}",
    "dangers of open data": "/ogc/collections/dangerous_places/items?f=html&lang={}",
    "hotspots of open data": "/ogc/collections/hotspots/items?f=html&lang={}",
    "streets of open data": "/ogc/collections/streets/items?f=html&limit=20&lang={}",
    "no features": "/ogc/collections/resources/items?f=html&status=reopened&lang={}",
    "tiles": "/ogc/collections/streets/tiles?f=html&lang={}",
    "tile matrix set": "/ogc/tileMatrixSets?f=html&lang={}",
    "conformance": "/ogc/conformance?f=html&lang={}",
}
WITHOUT_DATA = ("neutral page", "tile matrix set", "conformance")
COLOURS: tuple[Literal["none"], Literal["active"]] = ("none", "active")  # of the system, forced


async def faults_of(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it is now, frames left out; and what is wider than the screen."""
    faults = await axe_violations(page)
    if not await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        faults.append("wider than the screen: " + str(await page.evaluate(_TOO_WIDE)))
    return faults


_TOO_WIDE = """[...document.body.querySelectorAll('*')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""


async def in_every_shape(page: Page, name: str) -> list[str]:
    """Faults at each width, in the page's own colours and in forced ones."""
    faults = []
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        for colours in COLOURS:
            await page.emulate_media(forced_colors=colours)
            faults += [f"{name}, {width} px, forced colours {colours}: {fault}" for fault in await faults_of(page)]
    await page.emulate_media(forced_colors="none")
    return faults


async def opened(browser: Browser, site: str, path: str, **options: Any) -> Visit:
    _, visit = await open_page(
        browser, site, path, viewport={"width": 320, "height": 640}, reduced_motion="reduce", **options
    )
    return visit


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_a_page_stands(chromium: Browser, site: str, language: str) -> None:
    visit = await opened(chromium, site, PATHS["map"].format(language))
    page, faults = visit.page, []
    answer = await page.request.get(f"{site}/api/communities/demo/reports?limit=500")
    reports = {one["properties"]["layer"]: one["id"] for one in (await answer.json())["features"] if one["geometry"]}
    paths = PATHS | {f"report of {layer}": f"/{{}}/c/demo/report/{number}" for layer, number in reports.items()}
    for name, path in paths.items():
        await page.goto(site + path.format(language), wait_until="networkidle")
        assert await page.locator("h1").count() == 1, name
        assert await page.get_attribute("html", "lang") == language
        if name not in WITHOUT_DATA:
            assert await page.locator("text=/simulated|змодельован|умовн|вигадан/i").count() > 0, name
        for details in await page.locator("main details:not([open]) > summary:visible").all():
            await details.click()
        faults += await in_every_shape(page, name)
    assert visit.failures == []
    await page.goto(f"{site}/{language}/c/nowhere", wait_until="networkidle")
    faults += await in_every_shape(page, "not found")
    assert faults == []
    await page.context.close()


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_each_step_of_the_form_stands(chromium: Browser, site: str, language: str) -> None:
    visit = await opened(chromium, site, f"/{language}/c/demo/mark")
    page, faults = visit.page, []
    await stand_at_a_mark(page, site)
    async for step in walk(page):
        assert await page.locator(".step__title:visible, #done-title:visible").count() == 1, step
        assert await page.locator("h1").count() == 1, step
        faults += await in_every_shape(page, step)
    assert step == "done"
    assert faults == []
    assert visit.failures == []
    await page.context.close()
