"""A served demo town and a Chromium whose network ends at our own address."""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
    async_playwright,
)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {320: 640, 768: 1024, 1280: 800}

PLENTY = {f"MAPPING_SENT_{name}": "10000" for name in ("PER_PHONE", "PER_ADDRESS", "WITHOUT_PROOF")}
"""All pages of the tests come from one address, and the outbox of one phone is filled to the brim."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Served:
    """A demo server: its address, and the environment in which commands reach its data."""

    address: str
    environment: dict[str, str]

    def command(self, *words: str) -> str:
        """Run `mapping` beside the server; gives what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "mapping.cli", *words], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def served_demo(folder: Path) -> Iterator[Served]:
    """A demo server of its own that keeps its data in a folder, once its hotspots are ranked."""
    folder.chmod(0o755)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAPPING_")}
    demo = Served(f"http://127.0.0.1:{port}", {**environment, **PLENTY, "MAPPING_DATA_DIR": str(folder / "cluster")})
    server = subprocess.Popen(
        [sys.executable, "-m", "mapping.cli", "demo", "--port", str(port), "--no-browser"],
        env=demo.environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{demo.address}/api/communities/demo/hotspots", rb'"rank":1', server)
        yield demo
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The demo server of the tests."""
    with served_demo(Path(tempfile.mkdtemp(prefix="cm-web-"))) as demo:
        yield demo


@pytest.fixture(scope="session")
def site(served: Served) -> str:
    """Address of the demo server."""
    return served.address


def wait_for(url: str, wanted: bytes, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if wanted in answer.read():
                    return
        except OSError:  # no connection, no answer in time, or not yet the one wanted
            pass
        time.sleep(0.3)
    raise AssertionError(f"{url} was not ready in time")


@dataclass
class Visit:
    """A page with all that went wrong on it."""

    page: Page
    failures: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What went wrong in the page's own scripts; a page that is left breaks off what it asked for."""
        return [failure for failure in self.failures if failure.startswith(("error:", "asked elsewhere:"))]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


async def open_page(browser: Browser, site: str, path: str, **options: Any) -> tuple[BrowserContext, Visit]:
    """Open a page in a fresh context in which any request but to our own address fails the test."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    visit = Visit(page)

    async def only_ours(route: Route, request: Request) -> None:
        if request.url.startswith((site, "data:", "blob:")):
            await route.continue_()
        else:
            visit.failures.append(f"asked elsewhere: {request.url}")
            await route.abort()

    def noted_answer(answer: Response) -> None:
        if answer.status >= 400:
            visit.failures.append(f"{answer.status}: {answer.url}")

    def noted_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            visit.failures.append(f"console: {message.text}")

    await context.route(re.compile(".*"), only_ours)
    page.on("requestfailed", lambda request: visit.failures.append(f"failed: {request.url}"))
    page.on("response", noted_answer)
    page.on("pageerror", lambda error: visit.failures.append(f"error: {error}"))
    page.on("console", noted_message)
    await page.goto(site + path, wait_until="networkidle")
    await asyncio.sleep(0.3)
    return context, visit


async def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it is now, frames left out."""
    if not await page.evaluate("'axe' in window"):
        session = await page.context.new_cdp_session(page)
        await session.send("Page.setBypassCSP", {"enabled": True})
        await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {iframes: false}).then(r => r.violations)")
    return [f"{row['id']}: {row['nodes'][0]['html'][:160]}" for row in found]
