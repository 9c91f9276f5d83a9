"""The form on a cheap phone: bytes of a first load, time until it is usable, taps until a mark is saved.

Usable: the choices are painted and the script listens, so that a tap on a category shows the next step. That tap is
made with every load, and the time it takes is told beside.
"""

import asyncio
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from benchmarks.in_chromium.wire import CPU_SLOWER, Wire
from benchmarks.over_http.servers import free_port, serving

LOADS = 7
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
MOST_KB, MOST_PAGE_KB, MOST_S, MOST_TAPS = 200, 40, 2.5, 6
KINDS = ("html", "css", "js", "font", "json", "image")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WATCH = """(() => {
    const times = (globalThis.times = {});
    const painted = (name) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => (times[name] = performance.now());
        port2.postMessage(0);
    });
    const once = (name, selector) => {
        if (name in times || !document.querySelector(selector)) return;
        times[name] = -1;
        painted(name);
    };
    const watched = { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "data-at"] };
    new MutationObserver(() => {
        once("usable", "details.choice.is-ready");
        if (times.tapped) once("answered", '#report[data-at="where"]');
    }).observe(document, watched);
    addEventListener("pointerup", () => (times.tapped = performance.now()), { capture: true });
    new PerformanceObserver((list) => {
        for (const one of list.getEntriesByName("first-contentful-paint")) times.painted = one.startTime;
    }).observe({ type: "paint", buffered: true });
})()"""


async def _bytes(browser: Browser, address: str, *, with_map_step: bool = False) -> tuple[Counter[str], Counter[str]]:
    """By kind, bytes that the page asked for and that the service worker fetched after it, over the wire.

    With the map of the second step no service worker may bring it beforehand.
    """
    context = await browser.new_context(**PHONE, service_workers="block" if with_map_step else "allow")
    page = await context.new_page()
    wire = await Wire.listen(page)
    await page.goto(address, wait_until="networkidle")
    if with_map_step:
        await _to_the_map(page)
    await wire.quiet()
    await context.close()
    return wire.page, wire.worker


async def _to_the_map(page: Page, category: str = "label.row") -> None:
    await page.locator(f"details.choice:has({category}) > summary").first.tap()
    await page.locator(f"details.choice[open] {category}").first.tap()
    await page.wait_for_selector("#leaflet .leaflet-tile-pane", state="attached")


async def _load(page: Page, address: str) -> dict[str, float]:
    """One load of the form, and a tap on its first category as soon as it is usable; seconds."""
    await page.goto(address, wait_until="commit")
    await page.wait_for_function("() => globalThis.times?.usable > 0", polling=10)
    await page.locator("details.choice > summary").first.tap()
    await page.locator("details.choice[open] label.row").first.tap()
    await page.wait_for_function("() => times.answered > 0", polling=10)
    times = await page.evaluate("() => times")
    return {
        "painted": times["painted"] / 1e3,
        "usable": times["usable"] / 1e3,
        "answer": (times["answered"] - times["tapped"]) / 1e3,
    }


async def _loads(browser: Browser, address: str, *, is_warm: bool) -> list[dict[str, float]]:
    """Several loads over a slow line on a slow phone, each by a phone that was never here; warm: by one that was."""
    found = []
    for _ in range(LOADS):
        context = await browser.new_context(**PHONE)
        page = await context.new_page()
        await page.add_init_script(WATCH)
        if is_warm:
            await _come_before(context, address)
            await page.bring_to_front()  # a window behind another paints once a second
        await (await Wire.listen(page)).make_slow()
        found.append(await _load(page, address))
        await context.close()
    return found


async def _come_before(context: BrowserContext, address: str) -> None:
    """Open the form in another window, which stays open, and let the service worker keep what it keeps."""
    before = await context.new_page()
    wire = await Wire.listen(before)
    await before.goto(address, wait_until="networkidle")
    await wire.quiet()
    assert wire.worker, "the service worker fetched nothing"
    await wire.make_worker_slow()


async def _taps(browser: Browser, address: str, *, is_here: bool) -> tuple[int, bool]:
    """Taps from the open form to the words that the mark is sent, and whether marks nearby were asked about.

    The place is said in words, which are typed; or by "I am here", one tap more.
    """
    context = await browser.new_context(
        **PHONE, geolocation={"longitude": 24.9405, "latitude": 60.1655}, permissions=["geolocation"]
    )
    page = await context.new_page()
    await page.add_init_script(
        "addEventListener('pointerup', () => (globalThis.taps = (globalThis.taps ?? 0) + 1), true)"
    )
    await page.goto(address, wait_until="networkidle")
    await _to_the_map(page, 'label.row:has(input[value="no_lamps"])')
    if is_here:
        await page.tap("#locate")
        await page.wait_for_function("() => document.querySelector('input[name=lon]').value !== ''")
    else:
        await page.fill("#place", "by the mill")
    was_asked = await _next(page, "details")
    await page.tap('label.row:has(input[name="severity"][value="3"])')
    await _next(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")
    taps = int(await page.evaluate("() => taps"))
    await context.close()
    return taps, was_asked


async def _next(page: Page, wanted: str) -> bool:
    await page.tap("#next")
    await page.wait_for_selector(f'#report[data-at="{wanted}"], #report[data-at="nearby"]')
    if await page.get_attribute("#report", "data-at") != "nearby":
        return False
    await page.tap("#next")
    await page.wait_for_selector(f'#report[data-at="{wanted}"]')
    return True


def _row(name: str, counted: Mapping[str, int]) -> str:
    total = sum(number for kind, number in counted.items() if kind != "tile")
    page = counted["html"] + counted["css"]
    cells = [f"{counted[kind] / 1e3:.1f}" for kind in KINDS]
    return f"| {name} | {' | '.join(cells)} | {page / 1e3:.1f} | {total / 1e3:.1f} | {counted['tile'] / 1e3:.1f} |"


def _seconds(name: str, loads: Sequence[Mapping[str, float]]) -> str:
    cells = []
    for part in ("painted", "usable", "answer"):
        times = [load[part] for load in loads]
        cells += [f"{statistics.median(times):.2f}", f"{max(times):.2f}"]
    return f"| {name} | {len(loads)} | {' | '.join(cells)} |"


async def _tell_bytes(browser: Browser, site: str) -> None:
    print("Bytes of a first load with an empty cache, kB over the wire with headers, as Chromium counts them.")
    print(f"Target: all but tiles at most {MOST_KB}, HTML and CSS at most {MOST_PAGE_KB}.\n")
    print(f"| Page | {' | '.join(KINDS)} | HTML + CSS | all but tiles | tiles |")
    print(f"|---|{'---|' * (len(KINDS) + 3)}")
    for language in ("uk", "en"):
        form, kept = await _bytes(browser, f"{site}/{language}/c/demo/mark")
        with_map, _ = await _bytes(browser, f"{site}/{language}/c/demo/mark", with_map_step=True)
        community, _ = await _bytes(browser, f"{site}/{language}/c/demo")
        print(_row(f"form, {language}", form))
        print(_row(f"form and the map of its second step, {language}", with_map))
        print(_row(f"kept afterwards for use without a network, {language}", kept))
        print(_row(f"community's page, {language}", community))


async def _tell_times(browser: Browser, site: str) -> None:
    print(f"\nThe form at a {CPU_SLOWER}× slower processor, 400 kbit/s and 400 ms round trip, seconds from the start")
    print(f"of the load; the answer from the tap to the next step painted. Target: usable at most {MOST_S}.\n")
    print("| Load | Loads | First paint, p50 | worst | Usable, p50 | worst | Answer to the tap, p50 | worst |")
    print("|---|---|---|---|---|---|---|---|")
    for language in ("uk", "en"):
        address = f"{site}/{language}/c/demo/mark"
        print(_seconds(f"cold, {language}", await _loads(browser, address, is_warm=False)))
        print(_seconds(f"warm, {language}", await _loads(browser, address, is_warm=True)))


async def _tell_taps(browser: Browser, site: str) -> None:
    print(f"\nTaps from the open form to “sent” (target: at most {MOST_TAPS} for a point):\n")
    print("| Place | Taps | of which “None of these” |")
    print("|---|---|---|")
    for name, is_here in (("in words", False), ("by “I am here”", True)):
        taps, was_asked = await _taps(browser, f"{site}/uk/c/demo/mark", is_here=is_here)
        print(f"| {name} | {taps} | {int(was_asked)} |")


async def _measure(site: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        await _tell_bytes(browser, site)
        await _tell_times(browser, site)
        await _tell_taps(browser, site)
        await browser.close()


def main() -> None:
    """Measure a demo town's form, served as `./run demo` serves it."""
    with tempfile.TemporaryDirectory(prefix="cm-bench-") as folder:
        Path(folder).chmod(0o755)
        port = free_port()
        command = [sys.executable, "-m", "mapping.cli", "demo", "--port", str(port), "--no-browser"]
        environment = {"MAPPING_DATA_DIR": f"{folder}/cluster"}
        with serving("demo", command, environment, port, "/api/communities/demo/hotspots") as server:
            asyncio.run(_measure(f"http://127.0.0.1:{server.port}"))
    print(f"\nLoad of the machine over five minutes at the end: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores.")
