"""Marking a place by touch, step by step, and what the phone keeps of it."""

import asyncio
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.conftest import open_page
from tests.factories import report_payload

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "geolocation": {"longitude": 24.9405, "latitude": 60.1655},
    "permissions": ["geolocation"],
}
KEPT = """async () => {
    const opened = await new Promise((done, fail) => {
        const asked = indexedDB.open("community-map");
        [asked.onsuccess, asked.onerror] = [() => done(asked.result), fail];
    });
    return new Promise((done) => {
        const asked = opened.transaction("marks").objectStore("marks").getAll();
        asked.onsuccess = () => done(asked.result);
    });
}"""
FILL = """async (marks) => {
    const { keep, randomToken } = await import("/static/modules/outbox.js");
    for (const mark of marks) await keep({ ...mark, edit_token: randomToken() });
}"""
OLD_OUTBOX = """async (marks) => {
    const { openDB } = await import("/static/vendor/idb/index.js");
    const upgrade = (made) => made.createObjectStore("marks", { keyPath: "id" }).createIndex("community", "community");
    const database = await openDB("community-map", 1, { upgrade: (made) => void upgrade(made) });
    for (const mark of marks) await database.put("marks", mark);
    database.close();
}"""


async def until(page: Page, is_so: str, seconds: int = 30) -> None:
    """Wait for what a function of the page answers, a promise too."""
    for _ in range(2 * seconds):
        if await page.evaluate(is_so):
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"not in {seconds} s: {is_so}")


async def at(page: Page) -> str:
    return str(await page.get_attribute("#report", "data-at"))


async def step(page: Page, wanted: str) -> None:
    await page.wait_for_selector(f'#report[data-at="{wanted}"]')


async def next_step(page: Page, wanted: str) -> None:
    """On, past the question whether it is one of the marks nearby."""
    await page.tap("#next")
    await page.wait_for_selector(f'#report[data-at="{wanted}"], #report[data-at="nearby"]')
    if await at(page) == "nearby":
        await page.tap("#next")
        await step(page, wanted)


async def calls(page: Page, part: str) -> list[str]:
    """Addresses of the numbers that a tap calls."""
    read = "links => links.map(link => link.getAttribute('href'))"
    found: list[str] = await page.locator(f'{part} a[href^="tel:"]').evaluate_all(read)
    return found


async def mark(page: Page, category: str, words: str) -> int:
    """From the first step to the last by touch, with words for the place; how many taps."""
    await page.wait_for_selector("details.choice.is-ready")
    holder = page.locator(f'details.choice:has(input[value="{category}"])')
    await holder.locator("summary").tap()
    await page.tap(f'label.row:has(input[value="{category}"])')
    await step(page, "where")
    await page.fill("#place", words)
    await next_step(page, "details")
    await page.tap('label.row:has(input[name="severity"][value="3"])')
    await next_step(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    return 6


async def open_form(chromium: Browser, site: str, language: str = "en") -> tuple[BrowserContext, Any]:
    context, visit = await open_page(chromium, site, f"/{language}/c/demo/mark", **PHONE)
    await visit.page.wait_for_selector("details.choice.is-ready")
    return context, visit


async def open_where(chromium: Browser, site: str) -> tuple[BrowserContext, Page]:
    """The second step with its map, after two taps."""
    context, visit = await open_form(chromium, site)
    page: Page = visit.page
    await page.locator('details.choice:has(input[value="no_lamps"]) > summary').tap()
    await page.tap('label.row:has(input[value="no_lamps"])')
    await step(page, "where")
    await page.wait_for_selector("#leaflet .leaflet-tile-pane", state="attached")
    return context, page


def kept_mark(**changes: Any) -> dict[str, Any]:
    """A mark as the first version of the page kept it."""
    return {
        "id": str(uuid4()), "community": "demo", "state": "waiting", "title": "Broken lamps", "symbol": "dark",
        "version": 1, "made_at": "2026-03-01T10:00:00Z", "edit_token": "t" * 43,
        "payload": report_payload(geometry=None, place=f"by the well {uuid4()}"), **changes,
    }  # fmt: skip
