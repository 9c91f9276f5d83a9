"""Photos on their way: with a bad network, a full phone, a mark that is confidential, a draft, a way out."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route

from tests.browser.conftest import open_page
from tests.browser.photo_form import (
    BLOBS,
    add,
    file,
    kept_photo,
    noted_bodies,
    open_details,
    photograph,
    read_own,
    read_own_of,
    send,
    to_details,
)
from tests.browser.report_form import KEPT, PHONE, next_step, step, until
from tests.photographs import picture, saved


async def test_without_a_network_a_photo_waits_and_is_sent_once(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await until(
        page,
        "async () => (await (await caches.open('community-map-1')).keys()).some(({url}) => /photo_cover/.test(url))",
    )
    await until(page, "async () => (await (await caches.open('community-map-tiles-1')).keys()).length > 4")
    await context.set_offline(True)
    await page.reload()
    await page.wait_for_selector("details.choice.is-ready")
    await to_details(page, "broken_lamps")
    await add(page, photograph())
    await page.tap('[data-does="cover"]')
    await page.wait_for_selector("dialog.cover[open]")
    await page.keyboard.press("Escape")
    await send(page)
    assert await page.inner_text("#done-title") == "Saved. We are waiting for signal"
    assert "waits to be sent" in await page.inner_text(".own")
    await page.reload()
    kept = await kept_photo(page)
    assert kept["state"] == "waiting"
    await context.set_offline(False)
    left = await noted_bodies(context)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    own = await read_own(context, site, page)
    assert [photo["id"] for photo in own["photos"]] == [kept["id"]]
    assert len(left) <= 1
    await context.close()


async def test_an_answer_that_is_lost_doubles_no_photo(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    lost = 0

    async def lose_the_first(route: Route) -> None:
        nonlocal lost
        if lost == 0:
            lost += 1
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await context.route("**/api/communities/demo/reports/*/photos/*", lose_the_first)
    await add(page, saved(picture(640, 480), "JPEG"))
    await send(page)
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    assert lost == 1
    assert len((await read_own(context, site, page))["photos"]) == 1
    await context.close()


async def test_a_photo_that_is_not_taken_stays_and_says_why_until_it_is_deleted(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await add(page, saved(picture(640, 480), "JPEG"))
    kept = await kept_photo(page)

    async def withdraw_first(route: Route) -> None:
        (mark,) = await page.evaluate(KEPT)
        path = f"{site}/api/communities/demo/reports/{mark['id']}"
        await context.request.delete(path, headers={"Edit-Token": mark["edit_token"]})
        await route.continue_()

    await context.route("**/api/communities/demo/reports/*/photos/*", withdraw_first)
    await send(page)
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'refused'")
    assert (await kept_photo(page))["blob"] == kept["blob"]
    await page.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
    await page.locator("#own").get_by_text("Photo: not taken, the mark was erased").wait_for()
    await page.tap("#forget")
    await page.tap('dialog [data-does="yes"]')
    await until(page, f"async () => (await ({KEPT})()).length === 0")
    await context.close()


FULL = """() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (mark, ...rest) {
        if (mark.photos?.length) throw new DOMException("no room", "QuotaExceededError");
        return put.call(this, mark, ...rest);
    };
}"""


async def test_where_the_phone_is_full_the_mark_is_kept_and_the_photo_still_sent(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await page.evaluate(FULL)
    await page.set_input_files("#photo-file", file(saved(picture(640, 480), "JPEG")))
    await page.wait_for_selector("#photo-says.wrong")
    assert "no room to keep the photo" in await page.inner_text("#photo-says")
    (mark,) = await page.evaluate(KEPT)
    assert (mark["state"], mark["payload"]["place"]) == ("draft", "by the mill")
    await send(page)
    (mark,) = await page.evaluate(KEPT)
    for _ in range(20):
        own = await read_own(context, site, page)
        if own["photos"]:
            break
        await asyncio.sleep(0.5)
    assert len(own["photos"]) == 1
    await context.close()


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("broken_lamps", "shown only after the working group has looked at it"),
        ("harassment", "for the working group alone"),
        ("gender_based_violence", "Nobody else sees the photo"),
    ],
)
async def test_what_becomes_of_a_photo_is_said_before_it_is_sent(
    chromium: Browser, site: str, category: str, words: str
) -> None:
    context, visit = await open_details(chromium, site, category)
    page = visit.page
    await page.set_input_files("#photo-file", file(saved(picture(640, 480), "JPEG")))
    await page.wait_for_selector("#photo-list li")
    await send_seen(page, words)
    if category == "gender_based_violence":
        assert await page.evaluate(KEPT) == [], "no draft of it is kept"
        await page.tap("#send")
        await page.wait_for_selector("#done-title")
        code = (await page.inner_text(".code__value")).strip()
        number = (await page.inner_text(".code [data-text=id]")).strip()
        await until(page, f"async () => (await ({KEPT})()).length === 0")
        path = f"{site}/api/communities/demo/reports/{number}/own"
        own = await (await context.request.get(path, headers={"Edit-Token": code})).json()
        assert len(own["photos"]) == 1
    await context.close()


async def send_seen(page: Page, words: str) -> None:
    await next_step(page, "seen")
    await page.wait_for_selector("#seen > *")
    assert words in await page.inner_text("#seen")
    assert await page.is_visible("#photo-consent")


async def test_of_a_confidential_mark_that_waited_no_photo_stays(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site, "gender_based_violence")
    page = visit.page
    await page.set_input_files("#photo-file", file(saved(picture(640, 480), "JPEG")))
    await page.wait_for_selector("#photo-list li")
    await next_step(page, "seen")
    for module in ("report_done", "own_marks", "report_photos"):
        await page.evaluate(f"import('/static/modules/{module}.js')")
    await context.set_offline(True)
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    assert (await kept_photo(page))["state"] == "waiting"
    (mark,) = await page.evaluate(KEPT)
    assert await page.inner_text("#done .code__value") == mark["edit_token"]
    assert "by the mill" not in await page.inner_text("#done"), "whoever holds the phone reads no place"
    await context.set_offline(False)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await until(page, f"async () => (await ({KEPT})()).length === 0")
    await until(page, "() => document.getElementById('done-title').textContent.includes('sent')")
    assert await page.inner_text("#done .code__value") == mark["edit_token"], "its code is still there"
    assert len((await read_own_of(context, site, mark))["photos"]) == 1
    await context.close()


async def test_a_photo_is_added_to_a_mark_that_was_sent(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await add(page, saved(picture(640, 480), "JPEG"))
    await send(page)
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    await page.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
    await page.tap('[data-does="correct"]')
    await step(page, "where")
    await next_step(page, "details")
    assert await page.locator("#photo-list li").count() == 1
    assert await page.locator('#photo-list [data-does="remove"]').count() == 0, "what was sent stays as it is"
    await page.set_input_files("#photo-file", file(saved(picture(600, 480), "JPEG")))
    await page.wait_for_function("() => document.querySelectorAll('#photo-list li').length === 2")
    await send(page)
    await until(page, f"async () => (await ({BLOBS})()).filter(({{ state }}) => state === 'sent').length === 2")
    assert [photo["width"] for photo in (await read_own(context, site, page))["photos"]] == [640, 600]
    await context.close()


async def test_a_draft_comes_back_with_its_photo(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await add(page, saved(picture(640, 480), "JPEG"))
    (mark,) = await page.evaluate(KEPT)
    await page.goto(f"{site}/en/c/demo/mine", wait_until="networkidle")
    await page.tap('[data-does="go-on"]')
    await step(page, "where")
    await next_step(page, "details")
    assert await page.locator("#photo-list li").count() == 1
    assert page.url.endswith(mark["id"])
    await context.close()


async def test_hide_leaves_at_once_from_the_sheet_too(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await add(page, saved(picture(640, 480), "JPEG"))
    await page.tap('[data-does="cover"]')
    await page.tap('dialog [data-does="hide"]')
    await page.wait_for_url("**/en/calendar")
    await context.close()


async def test_photo_scripts_come_only_to_who_adds_one(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/mark", **{**PHONE, "service_workers": "block"})
    page = visit.page
    await page.wait_for_selector("details.choice.is-ready")
    await to_details(page, "broken_lamps")
    asked = (
        "() => performance.getEntriesByType('resource').filter(({name}) => /photo_|report_photos/.test(name)).length"
    )
    assert await page.evaluate(asked) == 0
    await add(page, saved(picture(640, 480), "JPEG"))
    assert await page.evaluate(asked) == 3
    await context.close()
