"""Photos in the form: made small and bare on the phone, covered for good, kept and sent once, refused in words."""

import asyncio

import numpy as np
import pytest
from playwright.async_api import Browser

from tests.browser.conftest import WIDTHS, Served, axe_violations
from tests.browser.photo_form import (
    BLOBS,
    FACE,
    MOST_BYTES,
    add,
    file,
    kept_photo,
    noted_bodies,
    open_details,
    opened,
    photograph,
    read_own,
    send,
    tells,
)
from tests.browser.report_form import KEPT, next_step, step, until
from tests.photographs import bomb, colour_at, frames, picture, saved, telling_jpeg


async def test_a_photo_of_twelve_megapixels_is_sent_small_upright_and_bare(chromium: Browser, site: str) -> None:
    assert tells(photograph())
    context, visit = await open_details(chromium, site)
    page = visit.page
    left = await noted_bodies(context)
    await add(page, photograph())
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
    own = await read_own(context, site, page)
    assert [photo["moderation"] for photo in own["photos"]] == ["held"]
    assert (own["photos"][0]["width"], own["photos"][0]["id"]) == (1600, kept["id"])
    assert "the working group looks at it first" in await page.inner_text(".own")
    assert visit.failures == []
    await context.close()


async def test_a_released_photo_is_seen_nearby_and_on_its_page_and_tells_nothing_more(
    chromium: Browser, served: Served
) -> None:
    site = served.address
    context, visit = await open_details(chromium, site, "unusable_ramp", is_on_map=True)
    page = visit.page
    await add(page, photograph())
    await send(page)
    await until(page, f"async () => (await ({BLOBS})())[0].state === 'sent'")
    (mark,) = await page.evaluate(KEPT)
    (photo,) = (await read_own(context, site, page))["photos"]
    for words in (("publish", mark["id"], "--revision", "1"), ("photos", "publish", mark["id"], photo["id"])):
        await asyncio.to_thread(served.command, "report", *words, "--actor", "test")
    own = await read_own(context, site, page)
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
    red, _, blue = colour_at(image, (240, 60))
    assert red > 150
    assert blue < 60
    await context.close()


async def test_what_is_covered_is_gone_from_the_pixels_and_undo_brings_back_the_boxes(
    chromium: Browser, site: str
) -> None:
    context, visit = await open_details(chromium, site)
    page = visit.page
    await add(page, photograph())
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


async def test_a_face_is_covered_by_keyboard_alone(chromium: Browser, site: str) -> None:
    context, visit = await open_details(chromium, site, viewport={"width": 1280, "height": 800}, has_touch=False)
    page = visit.page
    await add(page, photograph())
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
