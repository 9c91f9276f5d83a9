"""Photos made by hand for tests: with everything in them that must not stay."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

SECRET = b"SECRET-50.4501-30.5234"


def picture(width: int, height: int, *, noise: int = 0) -> Image.Image:
    """Red on the left, blue on the right, with some noise."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2, 0] = 200
    pixels[:, width // 2 :, 2] = 200
    if noise:
        pixels += np.random.default_rng(3).integers(0, noise, pixels.shape, dtype=np.uint8)
    return Image.fromarray(pixels)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def colour_at(image: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    """What a pixel of a picture of several bands holds, a number for each band."""
    held = image.getpixel(place)
    assert isinstance(held, tuple)
    return held


def secret_exif(orientation: int = 1) -> bytes:
    """EXIF with a place, a description and a direction."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif[0x8825] = {1: "N", 2: (50.0, 27.0, 0.36), 3: "E", 4: (30.0, 31.0, 24.24), 29: "2026:03:17"}
    return exif.tobytes()


def telling_jpeg(orientation: int = 1, size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG with EXIF (GPS), XMP, an ICC profile, a comment, and an archive behind it."""
    whole = saved(
        picture(*size),
        "JPEG",
        exif=secret_exif(orientation),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>",
        icc_profile=SECRET + bytes(200),
        comment=SECRET,
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("inside.txt", SECRET)
    return whole + archive.getvalue()


def telling_png() -> bytes:
    """A PNG with text chunks of each kind and EXIF."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_text("Title", SECRET.decode(), zip=True)
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return saved(picture(300, 200), "PNG", pnginfo=texts, exif=secret_exif())


def telling_webp() -> bytes:
    """A WebP with EXIF and XMP."""
    return saved(picture(300, 200), "WEBP", exif=secret_exif(), xmp=SECRET)


def frames(kind: str, count: int) -> bytes:
    """A moving picture, the first frame red."""
    first = Image.new("RGB", (40, 30), (200, 0, 0))
    others = [Image.new("RGB", (40, 30), (0, number % 200, 100)) for number in range(1, count)]
    return saved(first, kind, save_all=True, append_images=others, duration=20)


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is huge: its pixels, all black, pack to next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: small to send, long to decode."""
    whole = saved(picture(2000, 2000), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + (whole[last:-2]) * count + whole[-2:]
