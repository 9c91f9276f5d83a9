"""The marks a phone keeps: before one is erased the page asks; whoever leaves the question has said no."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import WIDTHS, axe_violations, open_page
from tests.browser.report_form import FILL, KEPT, until
from tests.factories import new_id, report_payload

INSIDE = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
FOCUSED = "document.activeElement.dataset.does ?? document.activeElement.id"


def kept(state: str = "waiting", **changes: Any) -> dict[str, Any]:
    """A mark as the phone keeps it; `other` is a community whose marks this page does not send."""
    return {
        "id": str(new_id()), "community": "demo", "state": state, "title": "No lamps", "symbol": "dark", "version": 1,
        "made_at": "2026-11-24T10:00:00Z", "payload": report_payload(place="by the mill"), **changes,
    }  # fmt: skip


async def mine(page: Page, site: str, language: str, *marks: dict[str, Any]) -> None:
    """The list with these marks in it, none of which is sent meanwhile."""
    await page.context.route("**/api/communities/demo/reports/*", lambda route: route.abort())
    await page.evaluate(FILL, list(marks))
    await page.goto(f"{site}/{language}/c/demo/mine")
    await page.wait_for_selector("#own > li")


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", list(WIDTHS))
async def test_by_keyboard_it_is_asked_and_left(chromium: Browser, site: str, language: str, width: int) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    context, visit = await open_page(chromium, site, f"/{language}/c/demo/mark", viewport=size)
    page: Page = visit.page
    await mine(page, site, language, kept())
    await page.focus('[data-does="forget"]')
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name={"en": "It has not been sent yet", "uk": "не надіслано"}[language])
    await dialog.wait_for()
    assert await page.evaluate(FOCUSED) == "no", "what does no harm has the focus"
    for _ in range(4):
        await page.keyboard.press("Tab")
        assert await page.evaluate(INSIDE), "the page behind is out of reach"
    assert await axe_violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    assert await page.evaluate(FOCUSED) == "forget", "the focus is where it was"
    assert len(await page.evaluate(KEPT)) == 1
    await page.keyboard.press("Enter")
    await dialog.wait_for()
    await page.keyboard.press("Enter")
    await dialog.wait_for(state="detached")
    assert len(await page.evaluate(KEPT)) == 1, "Enter alone says no"
    await context.close()


async def test_yes_deletes_and_the_focus_has_a_place(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/mark")
    page: Page = visit.page
    await mine(page, site, "en", kept(), kept("draft"))
    await page.focus('li:has-text("Waiting") [data-does="forget"]')
    await page.keyboard.press("Enter")
    await page.wait_for_selector("dialog")
    await page.keyboard.press("Tab")
    assert await page.evaluate(FOCUSED) == "yes"
    await page.keyboard.press("Enter")
    await until(page, "() => document.querySelectorAll('#own > li').length === 1")
    assert await page.evaluate(FOCUSED) == "own"
    await page.click('[data-does="forget"]')
    await until(page, "() => document.getElementById('own-says').textContent === 'This phone keeps no marks.'")
    assert await page.locator("dialog").count() == 0, "a draft is deleted without a question"
    assert await page.evaluate(KEPT) == []
    await context.close()


async def test_everything_is_deleted_once_that_is_what_is_meant(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/uk/c/demo/mark")
    page: Page = visit.page
    await mine(page, site, "uk", kept(), kept("draft"))
    for answer, left in (("no", 2), ("yes", 0)):
        await page.click("#forget")
        await page.click(f'dialog [data-does="{answer}"]')
        await page.wait_for_selector("dialog", state="detached")
        await until(page, f"async () => (await ({KEPT})()).length === {left}")
    await until(page, "() => document.activeElement.id === 'own-says'")
    await context.close()


async def test_a_sent_mark_is_erased_everywhere(chromium: Browser, site: str) -> None:
    context, visit = await open_page(chromium, site, "/en/c/demo/mark")
    page: Page = visit.page
    report_id, token = str(new_id()), "t" * 43
    own = f"{site}/api/communities/demo/reports/{report_id}"
    sent = await context.request.put(
        own, data=report_payload(geometry=None, place="x"), headers={"New-Edit-Token": token}
    )
    assert sent.status == 201
    keep = """async (mark) => (await import("/static/modules/outbox.js")).keep(mark)"""
    await page.evaluate(keep, kept("sent", id=report_id, edit_token=token))
    await page.goto(f"{site}/en/c/demo/mine")
    await page.click('[data-does="erase"]')
    await page.click('dialog [data-does="no"]')
    assert (await context.request.get(f"{own}/own", headers={"Edit-Token": token})).ok
    await page.click('[data-does="erase"]')
    await page.click('dialog [data-does="yes"]')
    await until(page, "() => document.querySelectorAll('#own > li').length === 0")
    assert (await context.request.get(f"{own}/own", headers={"Edit-Token": token})).status == 404
    assert await page.evaluate(KEPT) == []
    assert visit.failures == []
    await context.close()
