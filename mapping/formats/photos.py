"""Photos cleaned in a process of its own: the decoders of other people's images never run inside the server."""

import asyncio
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from mapping.errors import FieldError, InvalidInput, Unavailable

DECODER = Path(__file__).with_name("photo_decoder.py")
TIMEOUT_S, AT_ONCE = 30.0, 2
REASONS = {
    "heic": "HEIC is not read here; send it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)",
    "type": "must be a JPEG, PNG or WebP image",
    "pixels": "at most 25 million pixels",
    "damaged": "is damaged or cannot be decoded",
}


@dataclass(frozen=True)
class CleanPhoto:
    """Two JPEG files of a photo without anything but pixels; width and height of the large one."""

    large: bytes
    small: bytes
    width: int
    height: int

    @property
    def large_sha256(self) -> bytes:
        """SHA-256 of the large file, by which it is named."""
        return hashlib.sha256(self.large).digest()

    @property
    def small_sha256(self) -> bytes:
        """SHA-256 of the small file."""
        return hashlib.sha256(self.small).digest()


class PhotoCleaner:
    """Cleans photos, so many at a time; the others wait."""

    def __init__(self, at_once: int = AT_ONCE, timeout_s: float = TIMEOUT_S) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._timeout_s = timeout_s

    async def clean(self, body: bytes) -> CleanPhoto:
        """Make a photo anew.

        Parameters
        ----------
        body : bytes
            As sent.

        Returns
        -------
        CleanPhoto

        Raises
        ------
        InvalidInput
            If it is no JPEG, PNG or WebP, too large, or damaged.
        Unavailable
            If it could not be decoded in time.
        """
        async with self._slots:
            answer = await self._run(body)
        head, _, files = answer.partition(b"\n")
        told = json.loads(head or b'{"refused": "damaged"}')  # it says nothing where a limit ended it
        if "refused" in told:
            raise InvalidInput("This photo cannot be kept.", [FieldError("body", REASONS[told["refused"]])])
        large, small = files[: told["large"]], files[told["large"] :]
        return CleanPhoto(large, small, int(told["width"]), int(told["height"]))

    async def _run(self, body: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(DECODER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            answer, _ = await asyncio.wait_for(process.communicate(body), self._timeout_s)
        except TimeoutError:
            raise Unavailable("The photo could not be read in time; try again, or send a smaller one.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return answer
