"""Photos made anew: nothing but pixels stays, and what would hurt the server is refused."""

import io
import struct

import pytest
from PIL import Image

from mapping.errors import InvalidInput, Unavailable
from mapping.formats.photos import CleanPhoto, PhotoCleaner
from tests.photographs import (
    SECRET,
    bomb,
    colour_at,
    frames,
    many_scans,
    picture,
    saved,
    telling_jpeg,
    telling_png,
    telling_webp,
)

MARKERS = (
    SECRET,
    SECRET.decode().encode("utf-16-le"),
    b"Exif",
    b"GPS",
    b"ICC_PROFILE",
    b"adobe",
    b"PK\x03\x04",
    b"2026:03",
)


async def cleaned(body: bytes) -> CleanPhoto:
    return await PhotoCleaner().clean(body)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("body", [telling_jpeg(), telling_png(), telling_webp()], ids=["jpeg", "png", "webp"])
async def test_only_pixels_stay_in_either_size(body: bytes) -> None:
    assert SECRET in body or b"zTXt" in body
    photo = await cleaned(body)
    for content in (photo.large, photo.small):
        assert not [marker for marker in MARKERS if marker in content]
        image = opened(content)
        assert image.format == "JPEG"
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        assert _segments(content) <= {0xE0, 0xDB, 0xC2, 0xC4, 0xDA}


def _segments(jpeg: bytes) -> set[int]:
    """The markers of a JPEG up to its first scan: APP0, tables, frame; no comment, no other APPn."""
    found, place = set(), 2
    while jpeg[place] == 0xFF:
        found.add(jpeg[place + 1])
        if jpeg[place + 1] == 0xDA:
            break
        place += 2 + struct.unpack(">H", jpeg[place + 2 : place + 4])[0]
    return found


@pytest.mark.parametrize(
    ("orientation", "red_at"), [(1, (0.2, 0.5)), (3, (0.8, 0.5)), (6, (0.5, 0.2)), (8, (0.5, 0.8))]
)
async def test_photos_are_turned_upright_before_that_is_forgotten(
    orientation: int, red_at: tuple[float, float]
) -> None:
    photo = await cleaned(telling_jpeg(orientation))
    for content in (photo.large, photo.small):
        image = opened(content)
        assert (image.width > image.height) is (orientation in (1, 3))
        red, _, blue = colour_at(image, (int(image.width * red_at[0]), int(image.height * red_at[1])))
        assert red > 150
        assert blue < 60


@pytest.mark.parametrize("noise", [0, 30, 120])
async def test_twelve_megapixels_become_at_most_400_kb(noise: int) -> None:
    body = saved(picture(4000, 3000, noise=noise), "JPEG", quality=92)
    photo = await cleaned(body)
    assert len(photo.large) <= 400_000
    assert max(opened(photo.large).size) <= 1600
    assert (photo.width, photo.height) == opened(photo.large).size
    assert photo.width >= 800
    assert len(photo.small) <= 400_000
    assert max(opened(photo.small).size) == 400


async def test_small_photos_are_not_enlarged() -> None:
    photo = await cleaned(saved(picture(100, 60), "PNG"))
    assert opened(photo.large).size == opened(photo.small).size == (100, 60)


async def test_transparent_becomes_white_and_cmyk_and_grey_are_read() -> None:
    clear = Image.new("RGBA", (50, 50), (200, 0, 0, 0))
    assert min(colour_at(opened((await cleaned(saved(clear, "PNG"))).large), (25, 25))) > 250
    for mode in ("CMYK", "L"):
        assert opened((await cleaned(saved(picture(50, 50).convert(mode), "JPEG"))).large).mode == "RGB"


async def test_of_a_moving_picture_the_first_frame_stays() -> None:
    photo = await cleaned(frames("WEBP", 300))
    image = opened(photo.large)
    assert getattr(image, "n_frames", 1) == 1
    assert colour_at(image, (20, 15))[0] > 150


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
JPEG = saved(picture(300, 200), "JPEG")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (bomb(14_000, 14_000), "25 million"),
        (bomb(30_000, 30_000), "25 million"),
        (bomb(5_001, 5_000), "25 million"),
        (many_scans(3000), "damaged"),
        (frames("GIF", 300), "JPEG, PNG or WebP"),
        (SVG, "JPEG, PNG or WebP"),
        (b"%PDF-1.7 x", "JPEG, PNG or WebP"),
        (saved(picture(9, 9), "TIFF"), "JPEG, PNG or WebP"),
        (b"", "JPEG, PNG or WebP"),
        (bytes(5000), "JPEG, PNG or WebP"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
        (JPEG[: len(JPEG) // 2], "damaged"),
        (saved(picture(300, 200), "PNG")[:-40], "damaged"),
    ],
    ids=["bomb", "larger", "just", "scans", "gif", "svg", "pdf", "tiff", "empty", "nul", "heic", "cut-jpeg", "cut-png"],
)
async def test_what_is_no_photo_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await cleaned(body)
    assert caught.value.errors[0].field == "body"
    assert reason in caught.value.errors[0].reason


async def test_twenty_five_megapixels_are_read() -> None:
    assert (await cleaned(bomb(5_000, 5_000))).width == 1600


async def test_a_photo_of_a_few_scans_is_read() -> None:
    assert (await cleaned(many_scans(20))).width == 1600


async def test_a_decoder_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unavailable):
        await PhotoCleaner(timeout_s=0.01).clean(JPEG)
