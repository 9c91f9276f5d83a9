"""The map frame in Chromium, from files alone: hostile words stay words, list and map select each other."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, Route

from mapping.maps.review_map import review_map
from mapping.maps.words import WORDS
from mapping.web import web_dir
from tests.maps.review_data import HOSTILE, town

ORIGIN = "http://town.test"
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "woff2": "font/woff2"}
HOLDER = """<!doctype html><title>holder</title>
<iframe sandbox="allow-scripts" src="/map" width="900" height="700"></iframe>
<script>window.heard = []; addEventListener("message", (event) => heard.push(event.data));</script>"""


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1000, "height": 760})
    opened = await context.new_page()
    frame = review_map(replace(town(text=HOSTILE), name=HOSTILE), language="en", theme="day", nonce="n")

    async def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        free = {"Access-Control-Allow-Origin": "*"}
        if path in {"/", "/map"}:
            await route.fulfill(body=HOLDER if path == "/" else frame, content_type="text/html; charset=utf-8")
        elif path.startswith("/static/"):
            file = web_dir() / path[1:]
            await route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix[1:]], headers=free)
        elif path.startswith("/tiles/"):
            await route.fulfill(body=b"", headers=free)
        else:
            await route.fulfill(status=404)

    await context.route(re.compile(".*"), answer)
    await opened.goto(ORIGIN)
    await opened.wait_for_function("heard.some((message) => message.type === 'ready')")
    yield opened
    await context.close()


async def test_hostile_words_are_shown_and_never_run(page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    frame = page.frame_locator("iframe")
    await frame.locator(".map-plate").first.click()
    assert HOSTILE in await frame.locator(".bubble").inner_text()
    assert await frame.locator(".bubble__reasons li").count() == 1
    await frame.locator(".map-mark").first.dispatch_event("click")
    await frame.locator(".bubble__entry").first.wait_for()
    assert HOSTILE in await frame.locator(".bubble").inner_text()
    assert await frame.locator(".bubble img, .bubble script, .leaflet-control-layers img").count() == 0
    assert dialogs == []


async def test_list_and_map_select_each_other(page: Page) -> None:
    frame = page.frame_locator("iframe")
    await page.evaluate("frames[0].postMessage({type: 'select', id: 'h2'}, '*')")
    await frame.locator(".map-plate--selected").wait_for()
    assert await frame.locator(".map-plate--selected").inner_text() == "2"
    await frame.get_by_label(f"1. {HOSTILE}").click()
    await page.wait_for_function("heard.some((message) => message.type === 'select' && message.id === 'h1')")
    assert await frame.locator(".hotspot--selected").count() == 1
    await page.evaluate("frames[0].postMessage({type: 'select', id: null}, '*')")
    await frame.locator(".map-plate--selected").wait_for(state="detached")


async def test_a_chosen_theme_reaches_the_frame(page: Page) -> None:
    await page.evaluate("frames[0].postMessage({type: 'theme', theme: 'night'}, '*')")
    await page.frame_locator("iframe").locator("html[data-theme=night]").wait_for(state="attached")


async def test_only_the_holder_is_listened_to(page: Page) -> None:
    frame = page.frames[1]
    await frame.evaluate("window.postMessage({type: 'select', id: 'h1'}, '*')")
    await frame.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert await frame.locator(".map-plate--selected").count() == 0


async def test_symbols_fold_and_plates_keep_apart(page: Page) -> None:
    folds = await page.evaluate(
        """import('/static/modules/map_marks.js').then(({ foldPoints }) => foldPoints([
            {x: 0, y: 0, layer: 'a'}, {x: 10, y: 10, layer: 'a'}, {x: 5, y: 5, layer: 'b'}, {x: 90, y: 0, layer: 'a'},
        ], 26).map((fold) => fold.members.length))"""
    )
    assert folds == [2, 1, 1]
    places = await page.evaluate(
        """import('/static/modules/map_marks.js').then(({ platePlace }) => {
            const square = [{x: 0, y: 0}, {x: 60, y: 0}, {x: 60, y: 60}, {x: 0, y: 60}];
            const first = platePlace(square, []);
            return [first, platePlace(square, [first])];
        })"""
    )
    assert places == [{"x": -8, "y": -8}, {"x": 68, "y": -8}]


async def test_what_an_analysis_adds_can_be_switched_on_and_asked(page: Page) -> None:
    frame = page.frame_locator("iframe")
    for kind, shape in (("coverage", ".coverage--few"), ("surface", ".surface--2"), ("trends", ".trend--rising"),
                        ("streets", ".marked--3")):  # fmt: skip
        assert await frame.locator(f".folium-map {shape}").count() == 0
        label = WORDS[kind].en
        switch = frame.locator(".leaflet-control-layers-overlays label", has_text=label).locator("input")
        await switch.dispatch_event("click")
        drawn = frame.locator(f".folium-map {shape}").first
        await drawn.wait_for(state="attached")
        await drawn.dispatch_event("click")
        await frame.locator(".bubble").wait_for()
        said = await frame.locator(".bubble").inner_text()
        expected = {"trends": WORDS["rising"].en, "streets": HOSTILE}.get(kind, "Some people marked around here.")
        assert said.strip() == expected
        await switch.dispatch_event("click")
        await frame.locator(f".folium-map {shape}").first.wait_for(state="detached")
