"""What a page and its service worker fetch over the wire, and a slow line for both, by Chromium's own tools."""

import asyncio
import json
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Page

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 ms round trip, 400 kbit/s both ways."""
CPU_SLOWER = 6
KINDS = {"css": "css", "js": "js", "woff2": "font", "json": "json", "svg": "image", "png": "image", "jpg": "image"}
QUIET_S = 3.0


def kind_of(address: str) -> str:
    """What lies at an address, by its ending; pages have none, answers of the API are data."""
    path = urlsplit(address).path
    if path.startswith("/tiles/"):
        return "tile"
    ending = path.rpartition(".")[2] if "." in path else ""
    return "json" if path.startswith("/api/") else KINDS.get(ending, "html")


class Wire:
    """Counts encoded bytes with their headers, of the page and of its service worker apart."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session
        self.page: Counter[str] = Counter()
        self.worker: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}
        self._workers: list[str] = []
        self._last = time.monotonic()
        self._is_slow = False

    @classmethod
    async def listen(cls, page: Page) -> "Wire":
        """Begin before the page is opened."""
        wire = cls(await page.context.new_cdp_session(page))
        session = wire.session
        session.on("Network.responseReceived", lambda event: wire._received(event))
        session.on("Network.loadingFinished", lambda event: wire._finished(event, wire.page))
        session.on("Target.receivedMessageFromTarget", lambda event: wire._told(json.loads(event["message"])))
        session.on("Target.attachedToTarget", lambda event: asyncio.ensure_future(wire._attached(event["sessionId"])))
        session.on("Target.detachedFromTarget", lambda event: wire._workers.remove(event["sessionId"]))
        await session.send("Network.enable")
        attach = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": False}
        await session.send("Target.setAutoAttach", attach)
        return wire

    def _received(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = kind_of(event["response"]["url"])

    def _finished(self, event: dict[str, Any], counted: Counter[str]) -> None:
        self._last = time.monotonic()
        if kind := self._kinds.get(event["requestId"]):
            counted[kind] += int(event["encodedDataLength"])

    def _told(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Network.responseReceived":
            self._received(message["params"])
        elif message.get("method") == "Network.loadingFinished":
            self._finished(message["params"], self.worker)

    async def _attached(self, worker: str) -> None:
        self._workers.append(worker)
        await self._tell(worker, "Network.enable")
        if self._is_slow:
            await self._tell(worker, "Network.emulateNetworkConditions", **SLOW)
        await self._tell(worker, "Runtime.runIfWaitingForDebugger")

    async def _tell(self, worker: str, method: str, **params: Any) -> None:
        message = json.dumps({"id": len(self._workers), "method": method, "params": params})
        await self.session.send("Target.sendMessageToTarget", {"sessionId": worker, "message": message})

    async def make_slow(self) -> None:
        """From now on a slow line, of the service worker too, and a slow processor."""
        await self.make_worker_slow()
        await self.session.send("Network.emulateNetworkConditions", SLOW)
        await self.session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})

    async def make_worker_slow(self) -> None:
        """From now on a slow line of the service worker, as long as this page stays open."""
        self._is_slow = True
        for worker in self._workers:
            await self._tell(worker, "Network.emulateNetworkConditions", **SLOW)

    async def quiet(self) -> None:
        """Until nothing has come for some seconds."""
        self._last = time.monotonic()
        while time.monotonic() - self._last < QUIET_S:
            await asyncio.sleep(0.2)
