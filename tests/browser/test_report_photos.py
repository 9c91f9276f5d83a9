"""Photos in the form: made small and bare on the phone, covered for good, kept and sent once, refused in words."""

import asyncio
import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route

from tests.browser.conftest import WIDTHS, Served, axe_violations, open_page
from tests.browser.test_report_flow import KEPT, PHONE, next_step, step, until
from tests.photographs import SECRET, bomb, frames, picture, saved, secret_exif, telling_jpeg

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


def photograph() -> bytes:
    """Twelve megapixels with the noise of a photograph, a face in checks of its own, and EXIF with a place."""
    image = picture(4000, 3000, noise=24)
    checks = np.indices((450, 400)).sum(axis=0) // 20 % 2 * 255
    face = np.stack([checks, np.full_like(checks, 230), 255 - checks], axis=-1).astype(np.uint8)
    image.paste(Image.fromarray(face), (2000, 1050))
    ImageDraw.Draw(image).text((200, 200), "a lamp", fill="white", font_size=200)
    return saved(image, "JPEG", quality=92, exif=secret_exif())


@pytest.fixture(scope="module")
def twelve_megapixels() -> bytes:
    return photograph()


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


async def test_a_photo_of_twelve_megapixels_is_sent_small_upright_and_bare(
    chromium: Browser, site: str, twelve_megapixels: bytes
) -> None:
    assert tells(twelve_megapixels)
    context, visit = await open_details(chromium, site)
    page = visit.page
    left = await noted_bodies(context)
    await add(page, twelve_megapixels)
    kept = await kept_photo(page)
    assert opened(kept["blob"]).size == (1600, 1200)
    await send(page)
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    sent = await kept_photo(page)
    assert sent["blob"] == b""
    (body,) = left
    assert body == kept["blob"]
    for content in (body, sent["small"]):
        assert 1000 < len(content) <= MOST_BYTES
        assert tells(content) == []
        assert not opened(content).getexif()
    own = await _own(context, site, page)
    assert [photo["moderation"] for photo in own["photos"]] == ["held"]
    assert (own["photos"][0]["width"], own["photos"][0]["id"]) == (1600, kept["id"])
    assert "the working group looks at it first" in await page.inner_text(".own")
    assert visit.failures == []
    await context.close()


async def _own(context: BrowserContext, site: str, page: Page) -> dict[str, Any]:
    (mark,) = [mark for mark in await page.evaluate(KEPT) if mark["state"] == "sent"]
    return await _own_of(context, site, mark)


async def _own_of(context: BrowserContext, site: str, mark: dict[str, Any]) -> dict[str, Any]:
    path = f"{site}/api/communities/demo/reports/{mark['id']}/own"
    found: dict[str, Any] = await (await context.request.get(path, headers={"Edit-Token": mark["edit_token"]})).json()
    return found


async def test_a_released_photo_is_seen_nearby_and_on_its_page_and_tells_nothing_more(
    chromium: Browser, served: Served, twelve_megapixels: bytes
) -> None:
    site = served.address
    context, visit = await open_details(chromium, site, "unusable_ramp", is_on_map=True)
    page = visit.page
    await add(page, twelve_megapixels)
    await send(page)
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    (mark,) = await page.evaluate(KEPT)
    (photo,) = (await _own(context, site, page))["photos"]
    for words in (("publish", mark["id"], "--revision", "1"), ("photos", "publish", mark["id"], photo["id"])):
        await asyncio.to_thread(served.command, "report", *words, "--actor", "test")
    own = await _own(context, site, page)
    for size in ("small", "large"):
        address = site + own["photos"][0]["small"].replace("small", size)
        released = await (await context.request.get(address)).body()
        assert tells(released) + [marker for marker in (b"ICC_PROFILE",) if marker in released] == []
    await page.goto(f"{site}/en/c/demo/report/{own['public_id']}", wait_until="networkidle")
    assert await page.get_attribute(".one__photos img", "alt") == "Photo 1 of 1: Useless ramp"
    assert await page.evaluate("document.querySelector('.one__photos img').naturalWidth") == 400
    assert await axe_violations(page) == []
    await context.close()
    context, visit = await open_details(chromium, site, "unusable_ramp", is_on_map=True)
    photo = visit.page.locator(".nearby__what img")
    assert await photo.get_attribute("alt") == "Photo of this mark: Useless ramp, by the mill"
    await until(visit.page, "() => document.querySelector('.nearby__what img').naturalWidth === 400")
    assert await axe_violations(visit.page) == []
    assert visit.failures == []
    await context.close()


async def test_a_photo_is_turned_as_the_camera_says(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    await add(visit.page, telling_jpeg(6))
    image = opened((await kept_photo(visit.page))["blob"])
    assert image.size == (480, 640)
    red, _, blue = image.getpixel((240, 60))
    assert red > 150
    assert blue < 60
    await context.close()


async def test_what_is_covered_is_gone_from_the_pixels_and_undo_brings_back_the_boxes(
    chromium: Browser, site: str, twelve_megapixels: bytes
) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await add(page, twelve_megapixels)
    before = await kept_photo(page)
    assert _spread(before["blob"]) > 40
    await page.tap('[data-does="cover"]')
    await page.wait_for_selector("dialog.cover[open]")
    stage = await page.locator("[data-stage]").bounding_box()
    assert stage is not None
    left, top, right, bottom = (
        stage[side] + stage[length] * share
        for side, length, share in zip("xyxy", ("width", "height") * 2, FACE, strict=True)
    )
    await page.mouse.move(left - 3, top - 3)
    await page.mouse.down()
    await page.mouse.move(right + 3, bottom + 3, steps=5)
    await page.mouse.up()
    assert await page.locator(".cover__box").count() == 1
    await page.mouse.click(stage["x"] + 30, stage["y"] + 30)
    assert await page.locator(".cover__box").count() == 2
    await page.tap('dialog [data-does="undo"]')
    assert await page.locator(".cover__box").count() == 1
    await page.tap('dialog [data-does="save"]')
    await until(page, f"async () => (await ({BLOBS})())[0].id !== '{before['id']}'")
    after = await kept_photo(page)
    assert _spread(after["blob"]) < 3
    assert _spread(after["small"]) < 6
    assert len(after["blob"]) <= MOST_BYTES
    assert before["blob"] not in [row["blob"] for row in await page.evaluate(BLOBS)]
    outside = [np.asarray(opened(kept["blob"]).crop((60, 60, 400, 200)), float) for kept in (before, after)]
    assert np.abs(outside[0] - outside[1]).mean() < 4, "the rest stays as it was"
    assert visit.failures == []
    await context.close()


def _spread(body: bytes) -> float:
    """How far the pixels of the face differ, of 255."""
    image = opened(body)
    left, top, right, bottom = (share * side for share, side in zip(FACE, image.size * 2, strict=True))
    pixels = np.asarray(image.crop((int(left) + 2, int(top) + 2, int(right) - 2, int(bottom) - 2)), float)
    return float(pixels.std(axis=(0, 1)).max())


async def test_a_face_is_covered_by_keyboard_alone(chromium: Browser, site: str, twelve_megapixels: bytes) -> None:
    context, visit = await open_details(chromium, site, viewport={"width": 1280, "height": 800}, has_touch=False)
    page = visit.page
    await add(page, twelve_megapixels)
    before = await kept_photo(page)
    await page.focus('#photo-list [data-does="cover"]')
    await page.keyboard.press("Enter")
    await page.wait_for_selector("dialog.cover[open]")
    await page.focus('dialog [data-does="add"]')
    await page.keyboard.press("Enter")
    box = page.locator(".cover__box")
    assert await box.evaluate("node => node === document.activeElement")
    was = await box.get_attribute("aria-label")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        await page.keyboard.press(key)
    assert was != await box.get_attribute("aria-label")
    assert "Box 1" in await page.inner_text("dialog [role=status]")
    await page.keyboard.press("Delete")
    assert await box.count() == 0
    await page.focus('dialog [data-does="undo"]')
    await page.keyboard.press("Enter")
    assert await box.count() == 1
    await page.focus('dialog [data-does="save"]')
    await page.keyboard.press("Enter")
    await until(page, f"async () => (await ({BLOBS})())[0].id !== '{before['id']}'")
    pixels = np.asarray(opened((await kept_photo(page))["blob"]), float)[520:640, 800:960]
    assert pixels.std(axis=(0, 1)).max() < 3
    assert await page.evaluate("document.activeElement.dataset.does") == "cover"
    await page.focus('#photo-list [data-does="cover"]')
    await page.keyboard.press("Enter")
    await page.wait_for_selector("dialog.cover[open]")
    await page.keyboard.press("Escape")
    await page.wait_for_selector("dialog.cover", state="detached")
    await context.close()


REFUSED = {
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(600), "HEIC"),
    "cut": (saved(picture(640, 480), "JPEG")[:300], "damaged"),
    "nothing": (b"", "no photo"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>" + b" " * 99, "no photo"),
    "html in a jpeg's name": (b"<html><script>alert(1)</script>" + b" " * 99, "no photo"),
    "196 megapixels": (bomb(14_000, 14_000), "too large"),
    "300 frames": (frames("GIF", 300), "Moving"),
    "frames of webp": (frames("WEBP", 9), "Moving"),
    "frames of png": (frames("PNG", 9), "Moving"),
    "noise after a head": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, "damaged"),
}


@pytest.mark.parametrize(("body", "words"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_sent_is_refused_in_words_and_the_mark_goes_on(
    chromium: Browser, site: str, body: bytes, words: str
) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await page.set_input_files("#photo-file", file(body))
    await page.wait_for_selector("#photo-says.wrong")
    assert words in await page.inner_text("#photo-says")
    assert await page.locator("#photo-list li").count() == 0
    await next_step(page, "seen")
    assert visit.failures == []
    await context.close()


async def test_an_archive_behind_a_photo_stays_behind(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    assert b"PK\x03\x04" in telling_jpeg()
    await add(visit.page, telling_jpeg())
    assert tells((await kept_photo(visit.page))["blob"]) == []
    await context.close()


async def test_a_mark_takes_three_photos_and_each_can_be_taken_away(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    body = saved(picture(640, 480), "JPEG")
    await page.set_input_files("#photo-file", [file(body)] * 4)
    await page.wait_for_selector("#photo-says.wrong")
    assert "3 photos at most" in await page.inner_text("#photo-says")
    assert await page.locator("#photo-list li").count() == 3
    assert not await page.is_visible("#photo-add")
    await page.locator('[data-does="remove"]').first.tap()
    assert await page.is_visible("#photo-add")
    await until(page, f"async () => (await ({BLOBS})()).length === 2")
    await context.close()


async def test_without_a_network_a_photo_waits_and_is_sent_once(
    chromium: Browser, site: str, twelve_megapixels: bytes
) -> None:
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
    await add(page, twelve_megapixels)
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
    own = await _own(context, site, page)
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
    assert len((await _own(context, site, page))["photos"]) == 1
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
    assert "Photo: not taken, the mark was erased" in await page.inner_text("#own")
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
        own = await _own(context, site, page)
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
    assert len((await _own_of(context, site, mark))["photos"]) == 1
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
    assert [photo["width"] for photo in (await _own(context, site, page))["photos"]] == [640, 600]
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


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", list(WIDTHS))
async def test_every_state_of_photos_stands(chromium: Browser, site: str, width: int, language: str) -> None:
    viewport = {"width": width, "height": WIDTHS[width]}
    context, visit = await open_details(chromium, site, language=language, viewport=viewport, has_touch=False)
    page = visit.page

    async def stands(state: str) -> None:
        await page.wait_for_timeout(300)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), state
        assert await axe_violations(page) == [], state

    await add(page, saved(picture(640, 480), "JPEG"))
    await stands("added")
    await page.click('[data-does="cover"]')
    await page.wait_for_selector("dialog.cover[open]")
    await stands("sheet")
    await page.click('dialog [data-does="add"]')
    await stands("box")
    await page.click('dialog [data-does="save"]')
    await page.wait_for_selector("dialog.cover", state="detached")
    await page.set_input_files("#photo-file", file(b"\x00\x00\x00\x18ftypheic" + bytes(600)))
    await page.wait_for_selector("#photo-says.wrong")
    await stands("refused")
    await page.click("#next")
    await step(page, "seen")
    await stands("seen")
    await page.click("#send")
    await page.wait_for_selector("#done-title")
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    await stands("sent")
    await page.goto(f"{site}/{language}/c/demo/mine", wait_until="networkidle")
    await stands("mine")
    assert visit.failures == []
    await context.close()
