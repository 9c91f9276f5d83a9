"""A photo that somebody sent, made anew: a program of its own, run by `formats.photos` with limits around it.

Reads the bytes sent from its standard input; writes one line of JSON, then two JPEG files, one after the other. The
pixels alone are carried over, pasted into new images: whatever else was in the file (place, time, camera, comments,
thumbnails, appended archives) is in neither. Depends on nothing of this package.
"""

import contextlib
import io
import json
import resource
import sys

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif")
MAX_PIXELS = 25_000_000
LONGEST_SIDES = {"large": 1600, "small": 400}
MAX_BYTES = 400_000
QUALITIES = (85, 75, 65, 55, 45, 35)
MEMORY_BYTES, CPU_SECONDS = 1_000_000_000, 10
MOST_SCANS = 100  # progressive files have about ten; each is a whole decoding


class Refused(Exception):
    """The photo is not kept; the message is one of the reasons `formats.photos` knows."""


def _open(body: bytes) -> Image.Image:
    """The first frame, not decoded yet; the format is what the bytes say."""
    if body[4:8] == b"ftyp" and body[8:12] in HEIF_BRANDS:
        raise Refused("heic")
    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Refused("pixels") from None
    except Exception:
        raise Refused("type") from None
    if image.width * image.height > MAX_PIXELS:
        raise Refused("pixels")
    if image.format == "JPEG" and body.count(b"\xff\xda") > MOST_SCANS:
        raise Refused("damaged")
    return image


def _pixels(image: Image.Image) -> Image.Image:
    """A new image with the pixels alone, upright, on white where it was transparent."""
    longest = max(LONGEST_SIDES.values())
    image.draft("RGB", (longest, longest))  # JPEG is decoded no larger than needed; other formats ignore it
    upright = ImageOps.exif_transpose(image)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    made = Image.new("RGB", upright.size, "white")
    shown = upright.convert("RGBA" if has_alpha else "RGB")
    made.paste(shown, mask=shown.getchannel("A") if has_alpha else None)
    return made


def _jpeg(image: Image.Image, longest: int) -> tuple[bytes, int, int]:
    """A JPEG of at most `MAX_BYTES` with no side longer than `longest`, and its width and height."""
    while True:
        sized = image.copy()
        sized.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            file = io.BytesIO()
            sized.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
            if file.tell() <= MAX_BYTES:
                return file.getvalue(), sized.width, sized.height
        longest = longest * 3 // 4


def clean(body: bytes) -> bytes:
    """What is written to the standard output for a body.

    Raises
    ------
    Refused
        If it is none of the formats, too large, or cannot be decoded.
    """
    image = _open(body)
    try:
        pixels = _pixels(image)
    except Exception:
        raise Refused("damaged") from None
    large, width, height = _jpeg(pixels, LONGEST_SIDES["large"])
    small, _, _ = _jpeg(pixels, LONGEST_SIDES["small"])
    head = {"width": width, "height": height, "large": len(large), "small": len(small)}
    return json.dumps(head).encode() + b"\n" + large + small


def main() -> None:
    """Clean one photo within limits of memory and time, and without opening a file."""
    Image.init()  # reads its modules before no more files may be opened
    for limit, most in (("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_CPU", CPU_SECONDS), ("RLIMIT_NOFILE", 3)):
        with contextlib.suppress(ValueError, OSError):  # macOS does not limit every one of them
            resource.setrlimit(getattr(resource, limit), (most, most))
    try:
        answer = clean(sys.stdin.buffer.read())
    except Refused as refusal:
        answer = json.dumps({"refused": str(refusal)}).encode() + b"\n"
    except MemoryError:
        answer = json.dumps({"refused": "damaged"}).encode() + b"\n"
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
