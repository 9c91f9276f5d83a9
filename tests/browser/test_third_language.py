"""A third language from one file: begun, translated in part, built, and then spoken by pages, scripts, API and CLI."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser

from mapping.services.communities import add_community
from mapping.store.database import Database
from tests.browser.conftest import free_port, open_page, wait_for
from tests.conftest import BOUNDARY
from tests.released import release

ROOT = Path(__file__).parents[2]
POLISH = Path(__file__).parent / "translations" / "pl.po"
COUNTS = {"one": 1, "two": 2, "five": 5}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program into which a translator has put a file."""
    folder = tmp_path_factory.mktemp("translated")
    folder.chmod(0o755)
    shutil.copytree(ROOT / "mapping", folder / "mapping", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "web", folder / "web", ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    (folder / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    (folder / "data").symlink_to(ROOT / "data")
    messages = folder / "web" / "locale" / "pl" / "LC_MESSAGES" / "messages.po"
    messages.parent.mkdir(parents=True)
    shutil.copy(POLISH, messages)
    return folder


def _run(tree: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def built(tree: Path) -> Path:
    gathered = _run(tree, "web/words.py", "pl")
    assert gathered.returncode == 0, gathered.stderr
    assert "Polish (pl): " in gathered.stderr
    assert "Ukrainian (uk): 100 %" in gathered.stderr
    done = _run(tree, "web/build_assets.py")
    assert done.returncode == 0, done.stderr
    return tree


@pytest.fixture(scope="module")
async def towns(database: Database) -> dict[str, str]:
    """Towns with one, two and five released marks, by name."""
    slugs = {}
    for name, count in COUNTS.items():
        slug = slugs[name] = f"polish-{name}"
        names = {"en": f"Town {name}", "uk": f"Місто {name}", "pl": f"Miasto {name}"}
        community_id = await add_community(
            database, slug=slug, name=names, boundary=BOUNDARY, time_zone="Europe/Warsaw"
        )
        async with database.app.begin() as connection:
            for _ in range(count):
                await release(connection, community_id, "POINT (24.945 60.17)")
    return slugs


@pytest.fixture(scope="module")
def polish_site(built: Path, database: Database, towns: dict[str, str]) -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "mapping.cli", "serve", "--port", str(port)],
        cwd=built,
        env={**os.environ, "MAPPING_DATABASE_URL": database.owner_url},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/readyz", b"", server)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def test_a_partial_language_may_be_there_and_a_wrong_one_not(built: Path) -> None:
    checked = _run(built, "web/words.py", "--check")
    assert checked.returncode == 0, checked.stderr
    share = int(checked.stderr.split("Polish (pl): ")[1].split(" %")[0])
    assert 1 <= share < 50
    path = built / "web" / "locale" / "pl" / "LC_MESSAGES" / "messages.po"
    right = path.read_text("utf-8")
    try:
        path.write_text(right.replace('"%(num)s znaki"', '"%(liczba)s znaki"', 1), "utf-8")
        wrong = _run(built, "web/words.py", "--check")
    finally:
        path.write_text(right, "utf-8")
    assert wrong.returncode == 1
    assert "%(liczba)s znaki" in wrong.stderr


async def test_the_api_and_the_command_line_speak_it(built: Path, polish_site: str, towns: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=polish_site) as client:
        asked = await client.get(f"/api/communities/{towns['one']}/layers?lang=pl")
        layers = {layer["code"]: layer for layer in asked.json()["layers"]}
        assert layers["dangerous_places"]["title"] == "Tu jest niebezpiecznie"
        dogs = next(one for one in layers["dangerous_places"]["categories"] if one["code"] == "stray_dogs")
        assert dogs["title"] == "Bezpańskie psy"
        assert dogs["questions"][0]["answers"][0] == ["yes", "Tak"]
        assert layers["resources"]["title"] == "Help is here"  # not translated: English
        assert (await client.get(f"/api/communities/{towns['one']}/layers?lang=ro")).status_code == 422
        named = await client.get("/open311/v2/services.json", params={"jurisdiction_id": towns["one"], "lang": "pl"})
        assert "Zepsute latarnie" in [service["service_name"] for service in named.json()]
        described = (await client.get("/openapi.json")).json()["paths"]["/api/communities"]["get"]["parameters"]
        assert described[0]["schema"]["enum"] == ["en", "pl", "uk"]
        assert (await client.get("/", headers={"Accept-Language": "pl-PL,pl;q=0.9"})).headers["location"] == "/pl"
        assert (await client.get("/ro")).status_code == 404
    marks = built / "marks.csv"
    marks.write_text("lon,lat\n" + "".join(f"{24.94 + n / 5000},60.17\n" for n in range(30)))
    said = _run(built, "-m", "mapping.cli", "analyse", "density", str(marks), "--language", "pl", "--bandwidth", "1234")
    assert "Znaki wygładzone na odcinku 1\N{NO-BREAK SPACE}234 m" in said.stdout, said.stderr


async def test_pages_and_scripts_speak_it(chromium: Browser, polish_site: str, towns: dict[str, str]) -> None:
    context, visit = await open_page(chromium, polish_site, "/pl", viewport={"width": 320, "height": 640})
    page = visit.page
    assert await page.get_attribute("html", "lang") == "pl"
    assert await page.inner_text("h1") == "Gdzie boli w Twojej miejscowości?"
    for name, words in {"one": "1 znak", "two": "2 znaki", "five": "5 znaków"}.items():
        row = page.get_by_role("link", name=f"Miasto {name}")
        assert (await row.locator(".choice__example").inner_text()).strip() == words
    await page.get_by_label("Język: po polsku").click()
    switch = page.get_by_role("navigation", name="Języki")
    assert await switch.get_by_role("link").all_inner_texts() == ["in English", "po polsku", "українською"]
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.goto(f"{polish_site}/pl/c/{towns['five']}/mark", wait_until="networkidle")
    assert await page.get_by_role("heading", name="Co tam jest?").is_visible()
    assert await page.get_by_text("Tu jest ciemno").is_visible()
    assert await page.get_by_text("Help is here").is_visible()
    said = await page.evaluate("""async () => {
        const { loadWords, ngettext, gettext } = await import('/static/modules/i18n.js');
        await loadWords('pl');
        const say = count => ngettext('and %(num)s more mark', 'and %(num)s more marks', count);
        return [...[1, 2, 5, 12, 22, 12345].map(say), gettext('Waiting for signal'), gettext('Not finished')];
    }""")
    assert said == [
        "i jeszcze 1 znak",
        "i jeszcze 2 znaki",
        "i jeszcze 5 znaków",
        "i jeszcze 12 znaków",
        "i jeszcze 22 znaki",
        "i jeszcze 12\N{NO-BREAK SPACE}345 znaków",
        "Czeka na zasięg",
        "Not finished",
    ]
    await page.goto(f"{polish_site}/pl/c/{towns['five']}/list", wait_until="networkidle")
    body = await page.inner_text("main")
    assert "listopad 2026" in body
    assert "Brak latarni" in body
    assert visit.failures == []
    await context.close()
