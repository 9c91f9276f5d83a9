"""Marking a place where something stands in the way: the clock, the storage, an older page, scripts, the server."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, Response, Route, async_playwright

from tests.browser.conftest import FLAGS, Visit, open_page
from tests.browser.report_form import KEPT, OLD_OUTBOX, PHONE, at, kept_mark, mark, next_step, open_form, step, until
from tests.browser.served_anew import ServedAnew
from tests.factories import report_payload

REPORTS = "**/api/communities/demo/reports/*"
NEWER_OUTBOX = """async () => {
    const { openDB } = await import("/static/vendor/idb/index.js");
    (await openDB("community-map", 99, { upgrade: (made) => void made.createObjectStore("something newer") })).close();
}"""
MAY_KEEP = "() => { try { return String(localStorage); } catch (error) { return error.name; } }"
IS_FULL = """async () => {
    const { forget, keep } = await import("/static/modules/outbox.js");
    const said = await keep({ id: "too much" }).catch((error) => error.name);
    await forget("too much").catch(() => undefined);
    return said === "QuotaExceededError";
}"""


async def own(site: str, kept: dict[str, Any]) -> httpx.Response:
    address = f"{site}/api/communities/demo/reports/{kept['id']}/own"
    async with httpx.AsyncClient() as client:
        return await client.get(address, headers={"Edit-Token": kept["edit_token"]})


async def send_by_code(page: Page, words: str) -> dict[str, Any]:
    """Send a mark that the phone cannot keep; its number and code, as they are shown."""
    await mark(page, "broken_lamps", words)
    assert await page.inner_text("#done-title") == "Thank you. The mark is sent"
    code = page.locator(".code")
    assert "This phone does not keep the mark" in await code.inner_text()
    number = await code.locator("[data-text=id]").inner_text()
    return {"id": number, "edit_token": await code.locator(".code__value").inner_text()}


@pytest.mark.parametrize("year", [1999, 2051])
async def test_a_clock_wrong_by_years_changes_nothing_that_is_sent(chromium: Browser, site: str, year: int) -> None:
    context = await chromium.new_context(**PHONE)
    page = await context.new_page()
    await page.clock.set_system_time(datetime(year, 1, 1, tzinfo=UTC))
    proofs: list[str | None] = []

    def note(answer: Response) -> None:
        if answer.request.method == "PUT":
            proofs.append(answer.headers.get("proof-of-work-status"))

    page.on("response", note)
    await page.goto(f"{site}/en/c/demo/mark", wait_until="networkidle")
    assert await page.evaluate("new Date().getFullYear()") == year
    await mark(page, "broken_lamps", "under the wrong clock")
    (kept,) = await page.evaluate(KEPT)
    assert (kept["state"], kept["made_at"][:4]) == ("sent", str(year))
    found = (await own(site, kept)).json()
    for told in (found["observed_at"], found["received_at"], found["history"][0]["on"]):
        said = datetime.fromisoformat(str(told)).replace(tzinfo=UTC)
        assert abs(said - datetime.now(UTC)) < timedelta(days=2), "as the server saw it"
    assert proofs == ["accepted"]
    await context.close()


async def test_a_mark_that_waited_under_a_wrong_clock_is_sent(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await context.set_offline(True)
    await page.clock.set_system_time(datetime(1999, 1, 1, tzinfo=UTC))
    await mark(page, "broken_lamps", "waiting in 1999")
    await page.clock.set_system_time(datetime(2051, 1, 1, tzinfo=UTC))
    await context.set_offline(False)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, f"async () => (await ({KEPT})())[0].state === 'sent'")
    await context.close()


async def test_what_an_older_page_kept_is_sent_shown_and_gone_on_with(chromium: Browser, site: str) -> None:
    """One waits, one is a draft of a category that is gone, one lacks what came later."""
    context, visit = await open_page(chromium, site, "/en/calendar", **PHONE)
    page = visit.page
    waiting = kept_mark()
    gone = kept_mark(state="draft", version=0, payload=report_payload(category="no_such", place="by the old oak"))
    bare = {name: waiting[name] for name in ("community", "made_at")}
    bare.update(id=str(uuid4()), state="draft", payload={"category": "no_lamps", "place": "x y"})
    await page.evaluate(OLD_OUTBOX, [waiting, gone, bare])
    await page.goto(f"{site}/en/c/demo/mine")
    await until(page, f"async () => (await ({KEPT})()).filter((mark) => mark.state === 'sent').length === 1")
    assert (await own(site, waiting)).json()["place"] == waiting["payload"]["place"]
    assert await page.locator("#own > li").count() == 3
    await page.goto(f"{site}/en/c/demo/mark#{gone['id']}")
    await page.wait_for_function("() => document.getElementById('place').value !== ''")
    assert (await at(page), await page.input_value("#place")) == ("what", "by the old oak")
    await page.goto("about:blank")
    await page.goto(f"{site}/en/c/demo/mark#{bare['id']}")
    await step(page, "where")
    assert await page.input_value("#place") == "x y"
    assert visit.faults == []
    await context.close()


async def test_an_older_page_goes_on_with_what_a_newer_one_keeps(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/calendar", **PHONE)
    page = visit.page
    before = kept_mark(state="draft")
    await page.evaluate(OLD_OUTBOX, [before])
    await page.evaluate(NEWER_OUTBOX)
    await page.goto(f"{site}/en/c/demo/mine")
    await page.wait_for_selector("#own > li")
    await page.goto(f"{site}/en/c/demo/mark")
    await mark(page, "broken_lamps", "beside the newer outbox")
    assert {one["state"] for one in await page.evaluate(KEPT)} == {"draft", "sent"}
    assert visit.faults == []
    await context.close()


async def fill_storage(context: BrowserContext, page: Page, site: str) -> None:
    """Let not a byte more be kept; Chromium may take half a minute until it looks how much room there is."""
    session = await context.new_cdp_session(page)
    await session.send("Storage.overrideQuotaForOrigin", {"origin": site, "quotaSize": 1})
    await until(page, IS_FULL, 60)


async def test_with_the_storage_full_a_mark_is_sent_and_its_code_shown(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    before = kept_mark(state="draft")
    await page.evaluate(OLD_OUTBOX, [before])
    await fill_storage(context, page, site)
    found = await send_by_code(page, "no room at all")
    assert (await own(site, found)).json()["place"] == "no room at all"
    assert [one["id"] for one in await page.evaluate(KEPT)] == [before["id"]], "what was kept stays"
    assert visit.faults == []
    await context.close()


async def test_with_the_storage_full_and_no_network_nothing_is_promised(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await until(page, "async () => (await (await caches.open('community-map-tiles-1')).keys()).length > 4")
    await fill_storage(context, page, site)
    await context.set_offline(True)
    await page.locator('details.choice:has(input[value="no_lamps"]) > summary').tap()
    await page.tap('label.row:has(input[value="no_lamps"])')
    await step(page, "where")
    await page.fill("#place", "no room and no network")
    await next_step(page, "details")
    await page.tap('label.row:has(input[name="severity"][value="3"])')
    await next_step(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#script-faults:visible")
    assert "this phone keeps nothing" in await page.inner_text("#script-faults")
    await context.set_offline(False)
    await page.tap("#send")
    await page.wait_for_selector(".code__value")
    await context.close()


async def test_with_cookies_off_a_mark_is_sent_and_its_code_shown(site: str, tmp_path: Path) -> None:
    """Site data blocked, as a setting of the browser: IndexedDB, caches and localStorage refuse."""
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked), "utf-8")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path="/usr/bin/chromium", args=FLAGS, **PHONE
        )
        page = await context.new_page()
        visit = Visit(page)
        page.on("pageerror", lambda error: visit.failures.append(f"error: {error}"))
        await page.goto(f"{site}/en/c/demo/mark", wait_until="networkidle")
        assert await page.evaluate(MAY_KEEP) == "SecurityError"
        found = await send_by_code(page, "nothing may be kept")
        assert (await own(site, found)).status_code == 200
        await page.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
        assert "lets pages keep nothing" in await page.inner_text("#own-says")
        assert visit.faults == []
        await context.close()


async def test_without_scripts_the_plain_form_reports_and_says_what_to_mend(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/mark", java_script_enabled=False, **PHONE)
    page = visit.page
    await page.fill("#description", "every lamp")
    await page.locator("#send").tap()
    assert "Almost there" in await page.inner_text("#faults")
    for field in ("category", "place", "severity"):
        asked = page.locator(f'[aria-describedby*="{field}-wrong"]')
        beside = page.locator(f".question:has(#{field}-wrong)")
        assert (await asked.get_attribute("aria-invalid"), await beside.count()) == ("true", 1)
    assert await page.input_value("#description") == "every lamp"
    await page.locator('input[value="no_lamps"]').check()
    await page.fill("#place", "behind the mill, without scripts")
    await page.locator("#severity-2").check()
    await page.locator("#send").tap()
    await page.wait_for_selector(".code__value")
    number = (await page.locator(".code .small [translate=no]").inner_text()).strip()
    found = await own(site, {"id": number, "edit_token": await page.inner_text(".code__value")})
    assert found.json()["place"] == "behind the mill, without scripts"
    assert visit.faults == []
    await context.close()


async def test_a_draft_outlives_an_update_of_the_service_worker(chromium: Browser, site: str) -> None:
    async with ServedAnew(site) as served:
        context, visit = await open_form(chromium, served.address)
        page = visit.page
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        await until(page, "() => navigator.serviceWorker.controller !== null")
        await page.locator('details.choice:has(input[value="no_lamps"]) > summary').tap()
        await page.tap('label.row:has(input[value="no_lamps"])')
        await step(page, "where")
        await page.fill("#place", "while it was served anew")
        served.appended["/sw.js"] = b"\n// newer\n"
        await page.evaluate("""() => {
            globalThis.changed = false;
            navigator.serviceWorker.addEventListener("controllerchange", () => (changed = true));
            navigator.serviceWorker.getRegistration().then((found) => found.update());
        }""")
        await until(page, "() => changed")
        assert (await at(page), await page.input_value("#place")) == ("where", "while it was served anew")
        await next_step(page, "details")
        await page.tap('label.row:has(input[name="severity"][value="3"])')
        await next_step(page, "seen")
        await page.tap("#send")
        await page.wait_for_selector("#done-title")
        (kept,) = await page.evaluate(KEPT)
        assert (await own(site, kept)).json()["place"] == "while it was served anew"
        await context.close()


async def test_two_windows_send_an_outbox_once(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    other = await context.new_page()
    await other.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
    marks, puts = [kept_mark() for _ in range(12)], Counter[str]()

    def count(request: Request) -> None:
        puts[request.url.rpartition("/")[2]] += request.method == "PUT"

    context.on("request", count)
    await context.set_offline(True)
    await visit.page.evaluate(OLD_OUTBOX, marks)
    await context.set_offline(False)
    pages = (visit.page, other)
    await asyncio.gather(*(page.evaluate("dispatchEvent(new Event('online'))") for page in pages))
    await until(other, f"async () => (await ({KEPT})()).every((mark) => mark.state === 'sent')")
    await asyncio.sleep(1)
    assert {name: times for name, times in puts.items() if times} == {one["id"]: 1 for one in marks}
    await context.close()


@pytest.mark.parametrize(
    ("status", "becomes"), [(500, "waiting"), (503, "waiting"), (429, "waiting"), (413, "refused")]
)
async def test_what_the_server_does_not_take_now_stays(chromium: Browser, site: str, status: int, becomes: str) -> None:
    """What may be taken later is sent again by itself; what is refused stays, says why, and can be sent again."""
    context, visit = await open_form(chromium, site)
    page, held, answered = visit.page, kept_mark(), 0

    async def refuse(route: Route) -> None:
        nonlocal answered
        answered += 1
        problem = {"code": "too-large" if status == 413 else "unavailable", "status": status}
        await route.fulfill(status=status, json=problem, headers={"Retry-After": "1"})

    await context.route(REPORTS, refuse)
    await page.evaluate(OLD_OUTBOX, [held])
    await page.goto(f"{site}/en/c/demo/mine")
    await until(page, f"async () => (await ({KEPT})())[0].state === '{becomes}'")
    async with asyncio.timeout(30):
        while answered < (1 if becomes == "refused" else 2):
            await asyncio.sleep(0.2)
    assert [one["state"] for one in await page.evaluate(KEPT)] == [becomes]
    await context.unroute(REPORTS, refuse)
    if becomes == "refused":
        await page.locator("#own").get_by_text("too long").first.wait_for()
        await page.tap('[data-does="go-on"]')
        await step(page, "where")
        await next_step(page, "details")
        await next_step(page, "seen")
        await page.tap("#send")
    await until(page, f"async () => (await ({KEPT})())[0].state === 'sent'")
    assert (await own(site, (await page.evaluate(KEPT))[0])).json()["place"] == held["payload"]["place"]
    await context.close()
