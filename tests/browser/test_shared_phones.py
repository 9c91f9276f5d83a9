"""A phone somebody else may look into: what is left after “delete from this phone” and “Hide”; hostile words."""

import asyncio
from typing import Any

from playwright.async_api import Browser

from tests.browser.report_form import KEPT, OLD_OUTBOX, kept_mark, mark, open_form, until

LEFT = f"""async () => ({{
    marks: await ({KEPT})(),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    local: {{ ...localStorage }},
    session: {{ ...sessionStorage }},
    cookies: document.cookie,
}})"""
NOTHING: dict[str, Any] = {"marks": [], "caches": [], "workers": 0, "local": {}, "session": {}, "cookies": ""}
TELL = """async (files) => {
    (await navigator.serviceWorker.ready).active.postMessage({ files, pages: files, tiles: files });
}"""
KEPT_ADDRESSES = """async () => {
    const caught = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return caught.flat().map((request) => request.url);
}"""
HOSTILE = (
    '<img src=x onerror="window.hurt=1"></script><script>window.hurt=1</script>${window.hurt=1}`javascript:hurt=1`'
)


async def test_nothing_is_left_of_what_is_deleted_from_the_phone(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await until(page, "async () => (await (await caches.open('community-map-tiles-1')).keys()).length > 4")
    await mark(page, "broken_lamps", "by the mill")
    await page.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
    before = await page.evaluate(LEFT)
    assert all(before[kind] for kind in ("marks", "caches", "workers", "local"))
    await page.tap("#forget")
    await page.tap('dialog [data-does="yes"]')
    await until(page, "() => document.getElementById('own').children.length === 0")
    await until(page, "async () => (await caches.keys()).length === 0")
    await page.goto(f"{site}/en/calendar")
    assert await page.evaluate(LEFT) == NOTHING
    await context.close()


async def test_hide_leaves_no_page_of_the_form_to_go_back_to(chromium: Browser, site: str) -> None:
    """Neither by the button nor out of the memory of the browser, nor is a word of the draft left in the form."""
    context, visit = await open_form(chromium, site)
    page = visit.page
    await page.evaluate("document.getElementById('description').value = 'what nobody shall read'")
    await page.tap("#hide")
    await page.wait_for_url("**/en/calendar")
    session = await context.new_cdp_session(page)
    history = await session.send("Page.getNavigationHistory")
    assert [entry["url"] for entry in history["entries"] if "/mark" in entry["url"]] == []
    assert not [entry for entry in history["entries"] if "Mark" in entry["title"]]
    await page.goto(f"{site}/en/c/demo/mark")
    assert await page.input_value("#description") == ""
    await context.close()


async def test_hostile_words_of_an_older_outbox_stay_words(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page, held = visit.page, kept_mark(state="refused", title=HOSTILE, symbol='x"><script>', reasons=[HOSTILE])
    held["payload"].update(place=HOSTILE[:200], description=HOSTILE)
    await page.evaluate(OLD_OUTBOX, [held])
    await page.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
    await page.locator("#own").get_by_text(HOSTILE).first.wait_for()
    await page.tap('[data-does="go-on"]')
    await page.wait_for_function("() => document.getElementById('description').value !== ''")
    assert await page.evaluate("window.hurt") is None
    assert visit.faults == []
    await context.close()


async def test_the_service_worker_keeps_nothing_from_elsewhere(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await until(page, "async () => (await (await caches.open('community-map-tiles-1')).keys()).length > 4")
    elsewhere = ["//localhost/x", "/\\localhost/x", "http://localhost/x", "\t//localhost/x"]
    await page.evaluate(TELL, elsewhere)
    await asyncio.sleep(1)
    kept = await page.evaluate(KEPT_ADDRESSES)
    assert len(kept) > 20
    assert [address for address in kept if not address.startswith(site)] == []
    await context.close()
