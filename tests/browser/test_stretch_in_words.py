"""A stretch of street said in words: found by keyboard alone, or kept as the words it is; never in anyone's way."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.conftest import WIDTHS, axe_violations, open_page
from tests.browser.report_form import KEPT, next_step, step, until

STREET, START, END = "Kalevankatu", "Yrjönkatu", "Annankatu"
WORDS = {"en": f"{STREET}, from {START} to {END}", "uk": f"{STREET}, від {START} до {END}"}


async def where(
    chromium: Browser, site: str, language: str = "en", width: int = 1280
) -> tuple[BrowserContext, Any, Page]:
    """The second step of a dark street, with the words for a stretch open."""
    size = {"width": width, "height": WIDTHS[width]}
    context, visit = await open_page(chromium, site, f"/{language}/c/demo/mark", viewport=size, has_touch=True)
    page: Page = visit.page
    await page.wait_for_selector("details.choice.is-ready")
    await page.locator('details.choice:has(input[value="no_lamps"]) > summary').tap()
    await page.tap('label.row:has(input[value="no_lamps"])')
    await step(page, "where")
    await page.wait_for_selector("#leaflet .leaflet-tile-pane", state="attached")
    assert not await page.is_visible("#stretch")
    await page.focus('#kind input[value="Point"]')
    await page.keyboard.press("ArrowRight")
    assert await page.is_visible("#stretch")
    return context, visit, page


async def tell(page: Page, *words: str) -> None:
    """Type into the three fields one after the other; suggestions are left alone."""
    await page.focus("#street")
    for number, typed in enumerate(words):
        await page.keyboard.type(typed)
        if number < len(words) - 1:
            await page.keyboard.press("Tab")


async def says(page: Page, start: str) -> str:
    await until(page, f"() => document.getElementById('stretch-says').textContent.startsWith({json.dumps(start)})")
    return await page.inner_text("#stretch-says")


async def line(page: Page) -> list[list[float]]:
    text = await page.input_value('input[name="line"]')
    return json.loads(text) if text else []


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_by_keyboard_it_is_found_and_sent_as_a_line(chromium: Browser, site: str, language: str) -> None:
    context, visit, page = await where(chromium, site, language)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "street"
    await page.keyboard.type("kalevan")
    await page.wait_for_selector("#street-found:not([hidden])")
    assert await page.get_attribute("#street", "aria-expanded") == "true"
    await page.keyboard.press("ArrowDown")
    active = await page.get_attribute("#street", "aria-activedescendant")
    assert await page.get_attribute(f"#{active}", "aria-selected") == "true"
    await page.keyboard.press("Enter")
    assert await page.input_value("#street") == STREET
    await page.keyboard.press("Tab")
    await page.keyboard.type(START)
    await page.keyboard.press("Tab")
    await page.keyboard.type("annankat")
    await page.wait_for_selector("#street-to-found:not([hidden])")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    told = await says(page, {"en": "Found:", "uk": "Знайшли:"}[language])
    assert f"{STREET}, " in told
    assert "160" in told
    assert len(await line(page)) >= 2
    assert await page.locator(".where__line").count() == 1
    await page.focus("#next")
    await page.keyboard.press("Enter")
    await page.wait_for_selector('#report[data-at="details"], #report[data-at="nearby"]')
    (draft,) = await page.evaluate(KEPT)
    assert draft["words"]["street"] == STREET
    await next_step(page, "details") if await page.get_attribute("#report", "data-at") == "nearby" else None
    await page.click('label.row:has(input[name="severity"][value="3"])')
    await next_step(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    (kept,) = await page.evaluate(KEPT)
    own = f"{site}/api/communities/demo/reports/{kept['id']}/own"
    found = await (await context.request.get(own, headers={"Edit-Token": kept["edit_token"]})).json()
    assert found["geometry"]["type"] == "LineString"
    assert found["place"] == WORDS[language].replace(END, "annankat")
    assert visit.failures == []
    await context.close()


async def test_of_several_streets_it_asks_which(chromium: Browser, site: str) -> None:
    context, _, page = await where(chromium, site)
    await tell(page, "katu", START, END)
    await page.keyboard.press("Enter")
    await says(page, "More than one street")
    assert await page.evaluate("document.activeElement.id") == "street"
    assert await page.locator("#street-found li").count() == 5
    assert await line(page) == []
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert "katu" in (await page.input_value("#street")).lower()
    assert not await page.is_visible("#street-found")
    await context.close()


@pytest.mark.parametrize(
    ("words", "field", "said"),
    [
        (("Qwxz Lane", START, END), "street", "We know no street “Qwxz Lane” here."),
        ((STREET, "Qwxz", END), "street-from", f"We did not find “Qwxz” on {STREET}"),
        ((STREET, START, "99999"), "street-to", f"We did not find the way to “99999” on {STREET}"),
        ((STREET, "", ""), "street-from", "Say three things"),
    ],
)
async def test_what_is_not_found_is_said_and_goes_as_words(
    chromium: Browser, site: str, words: tuple[str, str, str], field: str, said: str
) -> None:
    context, _, page = await where(chromium, site)
    await tell(page, *words)
    await page.keyboard.press("Enter")
    await says(page, said)
    assert await page.evaluate("document.activeElement.id") == field
    await next_step(page, "details")
    (draft,) = await page.evaluate(KEPT)
    given = [each for each in words if each]
    assert all(each in draft["payload"]["place"] for each in given)
    assert draft["payload"]["geometry"] is None
    await context.close()


async def test_other_words_are_another_stretch(chromium: Browser, site: str) -> None:
    context, _, page = await where(chromium, site)
    await tell(page, STREET, START, END)
    await page.keyboard.press("Enter")
    await says(page, "Found:")
    assert await line(page)
    await page.keyboard.type("x")
    assert await line(page) == []
    assert await page.inner_text("#stretch-says") == ""
    await page.focus('#kind input[value="LineString"]')
    await page.keyboard.press("ArrowLeft")
    assert not await page.is_visible("#stretch")
    await page.fill("#place", "by the mill")
    await next_step(page, "details")
    (draft,) = await page.evaluate(KEPT)
    assert draft["payload"]["place"] == "by the mill", "a point has no words of a stretch"
    await context.close()


async def test_a_draft_remembers_the_words_and_the_line(chromium: Browser, site: str) -> None:
    context, _, page = await where(chromium, site)
    await tell(page, STREET, START, END)
    await page.keyboard.press("Enter")
    await says(page, "Found:")
    drawn = await line(page)
    await next_step(page, "details")
    (draft,) = await page.evaluate(KEPT)
    await page.goto(f"{site}/en/c/demo/mark#{draft['id']}")
    await page.reload()
    await step(page, "where")
    await page.wait_for_selector(".where__line", state="attached")
    assert [await page.input_value(f"#{name}") for name in ("street", "street-from", "street-to")] == [
        STREET,
        START,
        END,
    ]
    assert await page.input_value("#place") == ""
    assert await line(page) == drawn
    await page.focus("#street-to")
    await page.keyboard.type("x")
    assert await line(page) == [], "what was found before is no longer what is said"
    await context.close()


async def test_without_a_network_it_stays_words(chromium: Browser, site: str) -> None:
    context, _, page = await where(chromium, site)
    await context.set_offline(True)
    await tell(page, STREET, START, END)
    await page.keyboard.press("Enter")
    assert WORDS["en"] in await says(page, "There is no signal.")
    await next_step(page, "details")
    await page.click('label.row:has(input[name="severity"][value="3"])')
    await next_step(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    (kept,) = await page.evaluate(KEPT)
    assert (kept["state"], kept["payload"]["place"], kept["payload"]["geometry"]) == ("waiting", WORDS["en"], None)
    await context.close()


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", list(WIDTHS))
async def test_it_stands_and_is_named(chromium: Browser, site: str, width: int, language: str) -> None:
    context, visit, page = await where(chromium, site, language, width)
    await page.focus("#street")
    await page.keyboard.type("kat")
    await page.wait_for_selector("#street-found:not([hidden])")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await axe_violations(page) == []
    named = await page.locator("#stretch").aria_snapshot()
    assert named.count("combobox") == 3
    assert visit.failures == []
    await context.close()
