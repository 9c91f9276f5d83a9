"""Marking a place in Chromium: by touch, by keyboard alone, without a network, and leaving at once."""

import asyncio
import json
import os
import random
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Route

from tests.browser.conftest import open_page
from tests.browser.report_form import FILL, KEPT, PHONE, at, calls, mark, next_step, open_form, open_where, step, until
from tests.factories import report_payload

MANY = int(os.environ.get("MAPPING_OUTBOX", "60"))  # 500 with MAPPING_OUTBOX=500, some minutes


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_six_taps_send_a_mark(chromium: Browser, site: str, language: str) -> None:
    context, visit = await open_form(chromium, site, language)
    assert await mark(visit.page, "broken_lamps", "by the mill") <= 6
    (kept,) = await visit.page.evaluate(KEPT)
    assert kept["state"] == "sent"
    own = f"{site}/api/communities/demo/reports/{kept['id']}/own"
    answer = await context.request.get(own, headers={"Edit-Token": kept["edit_token"]})
    found = await answer.json()
    assert (found["category"], found["severity"], found["place"]) == ("broken_lamps", 3, "by the mill")
    assert found["consents"] == {"store": True, "working_group": True, "police": False, "publish": True}
    assert visit.failures == []
    await context.close()


async def test_no_draft_comes_after_a_mark_that_was_sent_at_once(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/mark", **PHONE, service_workers="block")
    page = visit.page

    async def late(route: Route) -> None:
        await asyncio.sleep(3)
        await route.continue_()

    await context.route("**/report_seen.js", late)
    async with page.expect_response("**/report_seen.js"):
        await mark(page, "broken_lamps", "by the mill")
    await page.wait_for_timeout(500)
    (kept,) = await page.evaluate(KEPT)
    assert kept["state"] == "sent"
    await context.close()


async def test_moving_the_map_chooses_a_place_without_a_tap(chromium: Browser, site: str) -> None:
    context, page = await open_where(chromium, site)
    await page.focus("#leaflet")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("() => document.querySelector('input[name=lon]').value !== ''")
    await next_step(page, "details")
    await page.tap('label.row:has(input[name="severity"][value="3"])')
    await next_step(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    (kept,) = await page.evaluate(KEPT)
    assert (kept["state"], kept["payload"]["geometry"]["type"]) == ("sent", "Point")
    await context.close()


async def test_where_i_am_is_asked_only_by_a_tap(chromium: Browser, site: str) -> None:
    context, page = await open_where(chromium, site)
    assert await page.input_value('input[name="lon"]') == ""
    await page.tap("#locate")
    await page.wait_for_function("() => document.querySelector('input[name=lon]').value !== ''")
    assert float(await page.input_value('input[name="lon"]')) == pytest.approx(24.9405, abs=1e-5)
    await context.close()


async def test_a_stretch_follows_the_street(chromium: Browser, site: str) -> None:
    context, page = await open_where(chromium, site)
    await page.tap('#kind label:has(input[value="LineString"])')
    await page.tap("#end-here")
    await page.focus("#leaflet")
    for _ in range(4):
        await page.keyboard.press("ArrowRight")
    await page.tap("#end-here")
    await page.wait_for_function("() => document.querySelector('input[name=line]').value !== ''")
    line = json.loads(await page.input_value('input[name="line"]'))
    assert len(line) >= 2
    assert await page.locator(".where__line").count() == 1
    await context.close()


async def test_by_keyboard_alone(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/uk/c/demo/mark", viewport={"width": 1280, "height": 800})
    page = visit.page
    await page.wait_for_selector("details.choice.is-ready")
    await page.locator('details.choice:has(input[value="high_kerb"]) > summary').focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    assert await at(page) == "what", "arrow keys choose and carry nobody on"
    await page.keyboard.press("Enter")
    await step(page, "where")
    assert await page.evaluate("document.activeElement.id") == "where-title"
    await page.keyboard.press("Tab")
    await page.keyboard.type("біля млина")
    await page.wait_for_timeout(600)
    await page.keyboard.press("Escape")
    await page.locator("#next").focus()
    await page.keyboard.press("Enter")
    await step(page, "details")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.locator("#next").focus()
    await page.keyboard.press("Enter")
    await step(page, "seen")
    await page.locator("#send").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#done-title")
    assert await page.evaluate("document.activeElement.id") == "done-title"
    assert visit.failures == []
    await context.close()


async def test_what_is_missing_is_said_and_nothing_is_lost(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await page.tap("#next")
    assert await page.inner_text("#script-faults") == "Choose what is there."
    assert await page.evaluate("document.activeElement.id") == "script-faults"
    await context.close()


async def test_of_a_danger_others_see_a_circle_and_of_a_confidence_nothing(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await page.locator('details.choice:has(input[value="gender_based_violence"]) > summary').tap()
    await page.tap('label.row:has(input[value="gender_based_violence"])')
    await asyncio.sleep(0.5)
    assert await at(page) == "what", "whom to call comes first"
    await next_step(page, "where")
    await page.fill("#place", "at home")
    await next_step(page, "details")
    await page.tap('label.row:has(input[name="severity"][value="4"])')
    await next_step(page, "seen")
    await page.wait_for_selector("#seen > *")
    assert "Nobody will see this mark" in await page.inner_text("#seen")
    assert not await page.is_visible("#publish-row")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    assert await page.evaluate(KEPT) == [], "the phone keeps nothing of it"
    assert len(await page.inner_text(".code__value")) >= 40
    assert await calls(page, "#done") == ["tel:102", "tel:112", "tel:1547"]
    await context.close()


async def test_without_a_network_it_waits_and_is_sent_once(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await until(page, "async () => (await (await caches.open('community-map-tiles-1')).keys()).length > 4")
    await context.set_offline(True)
    await page.reload()
    assert set(await calls(page, "#report")) == {"tel:101", "tel:102", "tel:112", "tel:1547"}, "whom to call is kept"
    await mark(page, "broken_lamps", "beside the old well")
    assert await page.inner_text("#done-title") == "Saved. We are waiting for signal"
    (kept,) = await page.evaluate(KEPT)
    assert kept["state"] == "waiting"
    await page.reload()
    await context.set_offline(False)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, f"async () => (await ({KEPT})())[0].state === 'sent'")
    assert await _sent_again(context, site, kept) == 200, "it arrived, and is the same"
    await context.close()


async def test_a_connection_that_breaks_at_random_loses_and_doubles_nothing(chromium: Browser, site: str) -> None:
    """Of the requests a quarter never arrive, and of a quarter the answers are lost."""
    context, visit = await open_form(chromium, site)
    page, rng = visit.page, random.Random(5)
    ids = [str(uuid4()) for _ in range(MANY)]
    marks = [
        {
            "id": report_id, "community": "demo", "state": "waiting", "title": "x", "symbol": "dark", "version": 1,
            "made_at": f"2026-11-24T10:00:{number:05}Z",
            "payload": report_payload(geometry=None, place=f"by the well number {number}"),
        }
        for number, report_id in enumerate(ids)
    ]  # fmt: skip

    async def break_at_random(route: Route) -> None:
        chance = rng.random()
        if chance < 0.25:
            await route.abort()
        elif chance < 0.5:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await context.route("**/api/communities/demo/reports/*", break_at_random)
    await page.evaluate(FILL, marks)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, f"async () => (await ({KEPT})()).filter((mark) => mark.state === 'waiting').length === 0", 300)
    kept = await page.evaluate(KEPT)
    assert {mark["id"] for mark in kept} == set(ids)
    assert {mark["state"] for mark in kept} == {"sent"}
    await context.unroute("**/api/communities/demo/reports/*", break_at_random)
    for one in kept[::10]:
        own = f"{site}/api/communities/demo/reports/{one['id']}/own"
        assert (await context.request.get(own, headers={"Edit-Token": one["edit_token"]})).ok
    again = [await _sent_again(context, site, mark) for mark in kept]
    assert set(again) == {200}, "each arrived, and is the same"
    await context.close()


async def _sent_again(context: BrowserContext, site: str, mark: dict[str, Any]) -> int:
    answer = await context.request.put(
        f"{site}/api/communities/demo/reports/{mark['id']}", data=json.dumps(mark["payload"]),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    return answer.status


async def test_hide_leaves_at_once_and_nothing_leads_back(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await page.tap("#hide")
    await page.wait_for_url("**/en/calendar")
    assert "map" not in (await page.title()).lower()
    assert "community" not in (await page.content()).lower()
    await page.go_back()
    assert "/mark" not in page.url
    await context.close()


async def test_hide_waits_for_no_network(chromium: Browser, site: str) -> None:
    context, visit = await open_form(chromium, site)
    page = visit.page
    await until(
        page, "async () => Boolean(await caches.match('/en/calendar') && await caches.match('/static/vendor/site.css'))"
    )
    await page.reload()
    await context.set_offline(True)
    await page.tap("#hide")
    await page.wait_for_url("**/en/calendar")
    assert await page.locator("main.calendar td[aria-current]").is_visible()
    await context.close()
