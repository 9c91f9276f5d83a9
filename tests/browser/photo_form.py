"""Photos in the form: how they are chosen, what is held of them on the phone, and what is read of what arrives."""

import base64
import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route

from tests.browser.conftest import open_page
from tests.browser.report_form import KEPT, PHONE, next_step, step, until
from tests.photographs import SECRET, picture, saved, secret_exif

MOST_BYTES = 400_000
FACE = (0.5, 0.35, 0.6, 0.5)  # left, top, right, bottom, in shares of the sides
BLOBS = """async () => {
    const opened = await new Promise((done) => {
        const asked = indexedDB.open("community-map");
        asked.onsuccess = () => done(asked.result);
    });
    const marks = await new Promise((done) => {
        const asked = opened.transaction("marks").objectStore("marks").getAll();
        asked.onsuccess = () => done(asked.result);
    });
    const told = (blob) => blob && new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result.split(",")[1]);
        reader.readAsDataURL(blob);
    });
    const kept = marks.flatMap((mark) => mark.photos ?? []);
    return Promise.all(
        kept.map(async (photo) => ({ ...photo, blob: await told(photo.blob), small: await told(photo.small) })),
    );
}"""


@cache
def photograph() -> bytes:
    """Twelve megapixels with the noise of a photograph, a face in checks of its own, and EXIF with a place."""
    image = picture(4000, 3000, noise=24)
    checks = np.indices((450, 400)).sum(axis=0) // 20 % 2 * 255
    face = np.stack([checks, np.full_like(checks, 230), 255 - checks], axis=-1).astype(np.uint8)
    image.paste(Image.fromarray(face), (2000, 1050))
    ImageDraw.Draw(image).text((200, 200), "a lamp", fill="white", font_size=200)
    return saved(image, "JPEG", quality=92, exif=secret_exif())


def file(body: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": body}


CALLS_FIRST = ("gender_based_violence",)  # whom to call is read before one goes on


async def open_details(
    chromium: Browser,
    site: str,
    category: str = "broken_lamps",
    *,
    language: str = "en",
    is_on_map: bool = False,
    **options: Any,
) -> tuple[BrowserContext, Any]:
    """The step on which a photo is added, or that of marks nearby where there are any."""
    context, visit = await open_page(chromium, site, f"/{language}/c/demo/mark", **{**PHONE, **options})
    await visit.page.wait_for_selector("details.choice.is-ready")
    await to_details(visit.page, category, is_on_map=is_on_map)
    return context, visit


async def to_details(page: Page, category: str, *, is_on_map: bool = False) -> None:
    holder = page.locator(f'details.choice:has(input[value="{category}"])')
    await holder.locator("summary").click()
    await page.click(f'label.row:has(input[value="{category}"])')
    if category in CALLS_FIRST:
        await page.click("#next")
    await step(page, "where")
    await page.fill("#place", "by the mill")
    if is_on_map:
        await page.wait_for_selector("#leaflet .leaflet-tile-pane", state="attached")
        await page.click("#locate")
        await page.wait_for_function("() => document.querySelector('input[name=lon]').value !== ''")
    await page.click("#next")
    await page.wait_for_selector('#report[data-at="details"], #report[data-at="nearby"]')
    if await page.get_attribute("#report", "data-at") == "details":
        await page.click('label.row:has(input[name="severity"][value="3"])')


async def add(page: Page, body: bytes, count: int = 1) -> None:
    await page.set_input_files("#photo-file", file(body))
    await page.wait_for_function(f"() => document.querySelectorAll('#photo-list li').length === {count}")
    await until(page, f"async () => (await ({BLOBS})()).length === {count}")


async def send(page: Page) -> None:
    await next_step(page, "seen")
    await page.tap("#send")
    await page.wait_for_selector("#done-title")


async def kept_photo(page: Page) -> dict[str, Any]:
    (photo,) = await page.evaluate(BLOBS)
    return {**photo, **{name: base64.b64decode(photo[name] or "") for name in ("blob", "small")}}


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def tells(body: bytes) -> list[bytes]:
    """What of the file as it was chosen is still in a photo."""
    return [marker for marker in (SECRET, b"Exif", b"GPS", b"2026:03", b"PK\x03\x04") if marker in body]


async def noted_bodies(context: BrowserContext) -> list[bytes]:
    """The bodies of photos as they leave the phone."""
    seen: list[bytes] = []

    async def note(route: Route) -> None:
        seen.append(route.request.post_data_buffer or b"")
        await route.continue_()

    await context.route("**/api/communities/demo/reports/*/photos/*", note)
    return seen


async def read_own(context: BrowserContext, site: str, page: Page) -> dict[str, Any]:
    (mark,) = [mark for mark in await page.evaluate(KEPT) if mark["state"] == "sent"]
    return await read_own_of(context, site, mark)


async def read_own_of(context: BrowserContext, site: str, mark: dict[str, Any]) -> dict[str, Any]:
    path = f"{site}/api/communities/demo/reports/{mark['id']}/own"
    found: dict[str, Any] = await (await context.request.get(path, headers={"Edit-Token": mark["edit_token"]})).json()
    return found
