"""List, one report and progress in Chromium: they work by keys and without scripts."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import open_page

PATHS = [
    "/{}/c/demo/list",
    "/{}/c/demo/list?view=table&layer=unlit_streets",
    "/{}/c/demo/progress",
]


async def _report_address(page: Page, site: str, layer: str) -> str:
    answer = await page.request.get(f"{site}/api/communities/demo/reports?limit=500")
    features = (await answer.json())["features"]
    found = next(one["id"] for one in features if one["properties"]["layer"] == layer and one["geometry"])
    return f"/{{}}/c/demo/report/{found}"


@pytest.mark.parametrize("layer", ["dangerous_places", "unlit_streets"])
async def test_the_page_of_a_report_shows_where(chromium: Browser, site: str, layer: str) -> None:
    context, visit = await open_page(chromium, site, "/en", viewport={"width": 320, "height": 640})
    address = await _report_address(visit.page, site, layer)
    await visit.page.goto(site + address.format("en"), wait_until="networkidle")
    drawn = "path.masked" if layer == "dangerous_places" else ".map-mark, path.stretch"
    assert await visit.page.locator(drawn).count() >= 1
    assert visit.failures == []
    await context.close()


async def test_a_list_is_narrowed_by_keys_alone(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/list", viewport={"width": 768, "height": 1024})
    page = visit.page
    summary = page.locator(".filters > summary")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await summary.evaluate("node => node === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.name") == "layer"
    await page.keyboard.type("It is dark")
    for name in ("category", "when", "status", "since"):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.name") == name
    await page.keyboard.press("Tab")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "layer=unlit_streets" in page.url
    assert await page.locator(".listed__mark").count() > 0
    symbols = await page.locator(".listed__mark use").evaluate_all("nodes => nodes.map((n) => n.getAttribute('href'))")
    assert {name.split("#")[1] for name in symbols if "s-" in name} == {"s-dark"}
    await page.locator(".listed__name").first.focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "/report/" in page.url
    assert visit.failures == []
    await context.close()


async def test_a_phone_counts_once_with_scripts(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en", viewport={"width": 320, "height": 640})
    page = visit.page
    address = (await _report_address(page, site, "accessibility_barriers")).format("en")
    await page.goto(site + address, wait_until="networkidle")
    number = page.locator(".one__say .figures")
    before = int(await number.inner_text())
    for _ in range(2):
        await page.get_by_role("button", name="I see this too").click()
        await page.locator("#said").wait_for()
        await page.wait_for_function("() => document.activeElement.id === 'said'")
        assert int(await number.inner_text()) == before + 1
    assert visit.failures == []
    await context.close()


async def test_what_is_said_without_scripts_is_kept_and_not_counted(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/uk", java_script_enabled=False)
    page = visit.page
    await page.goto(site + (await _report_address(page, site, "unlit_streets")).format("uk"))
    before = await page.locator(".one__say .figures").inner_text()
    assert await page.get_by_text("Без скриптів ми не відрізняємо людей").is_visible()
    await page.get_by_role("button", name="Я теж це бачу").click()
    assert await page.locator("#said").is_visible()
    assert await page.locator(".one__say .figures").inner_text() == before
    assert visit.failures == []
    await context.close()


@pytest.mark.parametrize("path", PATHS)
async def test_forced_colours_keep_everything_to_be_seen(chromium: Browser, site: str, path: str) -> None:
    context, visit = await open_page(
        chromium, site, path.format("en"), viewport={"width": 320, "height": 640}, forced_colors="active"
    )
    links = await visit.page.locator(".switch a[aria-current]").all()
    bars = await visit.page.locator(".step__bar:has(.step__part)").all()
    assert (len(links) > 0, len(bars) > 0) == ("/list" in path, "/progress" in path)
    for link in links:
        assert await link.evaluate("node => getComputedStyle(node).backgroundColor !== getComputedStyle(node).color")
    for bar in bars:
        fills = await bar.evaluate(
            "node => ['.step__ground', '.step__part'].map((part) => getComputedStyle(node.querySelector(part)).fill)"
        )
        assert fills[0] != fills[1]
    assert visit.failures == []
    await context.close()
