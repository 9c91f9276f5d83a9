"""The pictures in docs/pictures, taken from the demo town: `./run pictures`, or `./run pictures hotspots list`.

Each is saved with so few colours that it weighs at most `MOST_BYTES`.
"""

import argparse
import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import FLAGS, ROOT, served_demo
from tests.browser.form_walk import stand_at_a_mark, walk

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
NIGHT: dict[str, Any] = {**PHONE, "color_scheme": "dark"}
HAS_COLOURS = """() => [...document.querySelectorAll('.leaflet-tile-pane canvas')].some(canvas => {
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4 * 97) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return seen.size > 5;
})"""
Prepare = Callable[[Page, str], Awaitable[None]]


async def _still(page: Page, site: str) -> None:
    await page.evaluate("document.fonts.ready.then(() => undefined)")


async def _drawn(page: Page, site: str) -> None:
    frame = next((one for one in page.frames if one.url.split("?")[0].endswith("/hotspots/map")), page.main_frame)
    await frame.wait_for_function(HAS_COLOURS)
    await page.wait_for_timeout(500)


def _at(wanted: str) -> Prepare:
    async def go(page: Page, site: str) -> None:
        await stand_at_a_mark(page, site)
        async for step in walk(page, stumbles=False):
            if step == wanted:
                break
        if await page.locator("#where").is_visible():
            await _drawn(page, site)
        await page.evaluate("scrollTo(0, 0)")

    return go


async def _waiting(page: Page, site: str) -> None:
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await _at("seen")(page, site)
    await page.context.set_offline(True)
    await page.click("#send")
    await page.wait_for_selector("#done-title")


async def _report(page: Page, site: str) -> None:
    answer = await page.request.get(f"{site}/api/communities/demo/reports?limit=500")
    dangers = [one for one in (await answer.json())["features"] if one["properties"]["layer"] == "dangerous_places"]
    of_danger = max(dangers, key=lambda one: (one["properties"]["observed_on"], one["properties"]["severity"]))["id"]
    await page.goto(page.url.replace("/list", f"/report/{of_danger}"), wait_until="networkidle")
    await _drawn(page, site)


PICTURES: dict[str, tuple[str, dict[str, Any], Prepare]] = {
    "hotspots": ("/en/c/demo/hotspots", DESK, _drawn),
    "map-phone-uk": ("/uk/c/demo", PHONE, _drawn),
    "map-night-uk": ("/uk/c/demo", NIGHT, _drawn),
    "mark-what-uk": ("/uk/c/demo/mark", PHONE, _at("what, a choice open")),
    "mark-where-uk": ("/uk/c/demo/mark", PHONE, _at("where, on the map")),
    "mark-details-uk": ("/uk/c/demo/mark", PHONE, _at("details")),
    "mark-seen-uk": ("/uk/c/demo/mark", PHONE, _at("seen")),
    "waiting-uk": ("/uk/c/demo/mark", PHONE, _waiting),
    "list": ("/en/c/demo/list", DESK, _still),
    "report": ("/en/c/demo/list", DESK, _report),
    "progress": ("/en/c/demo/progress", DESK, _still),
}
"""By name: address, shape of the screen, and what is done before the picture is taken."""


def small(picture: bytes) -> bytes:
    """A PNG with as many colours as weigh at most `MOST_BYTES`.

    Raises
    ------
    ValueError
        If even sixteen weigh more.
    """
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        packed = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            packed, "PNG", optimize=True
        )
        if packed.tell() <= MOST_BYTES:
            return packed.getvalue()
    raise ValueError("This picture is too large.")


async def take(browser: Browser, site: str, name: str, folder: Path) -> Path:
    """Take one picture of a served demo town."""
    path, shape, prepare = PICTURES[name]
    context = await browser.new_context(**shape, reduced_motion="reduce", timezone_id="Europe/Kyiv")
    page = await context.new_page()
    await page.goto(site + path, wait_until="networkidle")
    await prepare(page, site)
    target = folder / f"{name}.png"
    target.write_bytes(small(await page.screenshot()))
    await context.close()
    return target


async def main(names: list[str]) -> None:
    """Take the named pictures, or all."""
    with tempfile.TemporaryDirectory(prefix="cm-pictures-") as folder, served_demo(Path(folder)) as demo:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for name in names:
                target = await take(browser, demo.address, name, FOLDER)
                print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")
            await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    asyncio.run(main(parser.parse_args().names or list(PICTURES)))
