"""A walk through the form as a person takes it, to look at what each step shows."""

from collections.abc import AsyncIterator

from playwright.async_api import Page

LAMP = "broken_lamps"


async def stand_at_a_mark(page: Page, site: str) -> None:
    """Put the phone where a broken lamp was marked before, so that the form asks whether it is the same."""
    answer = await page.request.get(f"{site}/api/communities/demo/reports?limit=500")
    found = next(
        one["geometry"]["coordinates"]
        for one in (await answer.json())["features"]
        if one["properties"]["category"] == LAMP
        and one["geometry"]["type"] == "Point"
        and one["properties"]["status"] in ("open", "planned", "in_progress", "reopened")
    )
    await page.context.grant_permissions(["geolocation"], origin=site)
    await page.context.set_geolocation({"longitude": found[0], "latitude": found[1]})


async def _on(page: Page, wanted: str) -> None:
    await page.click("#next")
    await page.wait_for_selector(f'#report[data-at="{wanted}"]')


async def walk(page: Page, *, stumbles: bool = True) -> AsyncIterator[str]:
    """From the first step to the last, or first with what is needed left out; at each name the page shows that."""
    await page.wait_for_selector("details.choice.is-ready")
    yield "what"
    if stumbles:
        await page.click("#next")
        yield "what, nothing chosen"
    await page.click(f'details.choice:has(input[value="{LAMP}"]) > summary')
    yield "what, a choice open"
    await page.click(f'label.row:has(input[value="{LAMP}"])')
    await page.wait_for_selector("#leaflet .leaflet-tile-pane", state="attached")
    yield "where"
    if stumbles:
        await page.click("#next")
        assert await page.locator("#script-faults").is_visible(), "a place was sent along that nobody chose"
        yield "where, nothing said"
    await page.fill("#place", "Mannerheim")
    await page.wait_for_selector("#place-found:not([hidden])")
    yield "where, names found"
    await page.press("#place", "Escape")
    await page.click("#locate")
    await page.wait_for_function("() => document.querySelector('input[name=lon]').value !== ''")
    yield "where, on the map"
    await _on(page, "nearby")
    yield "nearby"
    await _on(page, "details")
    yield "details"
    if stumbles:
        await page.click("#next")
        yield "details, nothing said"
    await page.click('label.row:has(input[name="severity"][value="2"])')
    await _on(page, "seen")
    yield "seen"
    await page.click("#send")
    await page.wait_for_selector("#done-title")
    yield "done"
