"""What a screen reader meets, in Chromium's accessibility tree: landmarks, names, groups, faults, what is announced."""

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import open_page
from tests.browser.form_walk import stand_at_a_mark, walk

PHONE = {"width": 360, "height": 740}
CONTROLS = ("button", "link", "textbox", "radio", "checkbox", "combobox", "listbox", "option", "application")
SAID = {
    "en": {
        "nothing": "Choose what is there.",
        "where": "Where is it?",
        "bad": "How bad is it?",
        "sent": "The mark is sent",
        "read": "The working group will read it.",
        "waiting": "Saved. We are waiting for signal",
        "kept": "The mark lies in this phone.",
        "step": "Step 2 of 4",
    },
    "uk": {
        "nothing": "Виберіть, що там.",
        "where": "Де це?",
        "bad": "Наскільки це погано?",
        "sent": "Позначку надіслано",
        "read": "Робоча група прочитає її.",
        "waiting": "Збережено. Чекаємо на зв’язок",
        "kept": "Позначка лежить у цьому телефоні.",
        "step": "Крок 2 з 4",
    },
}


@dataclass(frozen=True)
class Node:
    """One node of the tree: what it is, what it is called, what is said of it beside, and the groups it lies in."""

    role: str
    name: str
    description: str
    properties: dict[str, Any]
    within: tuple[tuple[str, str], ...]


async def tree_of(page: Page) -> list[Node]:
    """The accessibility tree as a list, in the order in which it is read."""
    session = await page.context.new_cdp_session(page)
    raw = {one["nodeId"]: one for one in (await session.send("Accessibility.getFullAXTree"))["nodes"]}
    await session.detach()
    nodes: list[Node] = []

    def read(one: dict[str, Any], within: tuple[tuple[str, str], ...]) -> None:
        role, name = one.get("role", {}).get("value", ""), one.get("name", {}).get("value", "")
        if not one.get("ignored"):
            properties = {each["name"]: each["value"].get("value") for each in one.get("properties", [])}
            nodes.append(Node(role, name, one.get("description", {}).get("value", ""), properties, within))
            within = (*within, (role, name))
        for child in one.get("childIds", []):
            if child in raw:
                read(raw[child], within)

    read(next(one for one in raw.values() if "parentId" not in one), ())
    return nodes


def faults_of(nodes: list[Node]) -> list[str]:
    """What any page has to be: one main, one h1 within it, controls with names, landmarks told apart."""
    faults = []
    if sum(node.role == "main" for node in nodes) != 1:
        faults.append("not one main")
    headings = [node for node in nodes if node.role == "heading"]
    if sum(node.properties.get("level") == 1 for node in headings) != 1:
        faults.append(f"not one h1: {[node.name for node in headings]}")
    faults += [f"{node.role} without a name" for node in nodes if node.role in CONTROLS and not node.name.strip()]
    faults += [f"an empty heading in {node.within}" for node in headings if not node.name.strip()]
    for role in ("navigation", "complementary", "region", "form"):
        names = [node.name for node in nodes if node.role == role]
        if len(names) > 1 and len(set(names)) < len(names):
            faults.append(f"landmarks {role} that are called alike: {names}")
    groups = [node for node in nodes if node.role in ("radio", "checkbox")]
    faults += [
        f"{node.role} {node.name} in no group with a name"
        for node in groups
        if not any(role in ("group", "radiogroup", "region") and name for role, name in node.within)
    ]
    return faults


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"))


async def heard(page: Page) -> list[str]:
    """What was put into live regions since `listen`."""
    return list(await page.evaluate("window.heard"))


async def listen(page: Page) -> None:
    """Keep what a screen reader would announce: changes of live regions, and regions of role alert that appear."""
    await page.evaluate("""() => {
        window.heard = [];
        const live = '[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]';
        new MutationObserver((changes) => {
            for (const change of changes) {
                const node = change.target instanceof Element ? change.target : change.target.parentElement;
                const region = node?.closest(live);
                const words = region?.checkVisibility() ? region.textContent.trim().replace(/\\s+/g, ' ') : '';
                if (words && window.heard.at(-1) !== words) window.heard.push(words);
            }
        }).observe(document.body, {
            subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['hidden'],
        });
    }""")


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_each_step_of_the_form_is_told(chromium: Browser, site: str, language: str) -> None:
    context, visit = await open_page(chromium, site, f"/{language}/c/demo/mark", viewport=PHONE)
    page, said, faults = visit.page, SAID[language], []
    await stand_at_a_mark(page, site)
    await listen(page)
    steps = []
    async for step in walk(page):
        steps.append(step)
        nodes = await tree_of(page)
        faults += [f"{step}: {fault}" for fault in faults_of(nodes)]
        if step == "what, nothing chosen":
            assert said["nothing"] in await heard(page)
            assert said["nothing"] in await focused(page)
            assert any(
                node.role == "alert" and said["nothing"] in node.name + str(node.within) for node in nodes
            ) or any(said["nothing"] == node.name and ("alert", "") in node.within for node in nodes)
        if step == "where":
            assert await focused(page) == said["where"]
            assert said["step"] in await heard(page)
        if step == "where, nothing said":
            place = next(node for node in nodes if node.role == "textbox" and node.properties.get("multiline"))
            assert place.properties.get("invalid") == "true"
            assert place.description
        if step == "where, names found":
            assert [node.name for node in nodes if node.role == "option"]
        if step == "details":
            radios = [node for node in nodes if node.role == "radio" and ("group", said["bad"]) in node.within]
            assert len(radios) == 4
            assert await focused(page) == said["bad"]
        if step == "seen":
            assert not any(node.role == "textbox" for node in nodes)
    assert {"what, nothing chosen", "where", "where, nothing said", "where, names found", "details", "seen"} < {*steps}
    assert said["sent"] in await focused(page)
    assert any(said["read"] in words for words in await heard(page))
    assert faults == []
    assert visit.failures == []
    await context.close()


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_saved_without_a_network_is_told(chromium: Browser, site: str, language: str) -> None:
    context, visit = await open_page(chromium, site, f"/{language}/c/demo/mark", viewport=PHONE)
    page, said = visit.page, SAID[language]
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    await page.click('details.choice:has(input[value="high_kerb"]) > summary')
    await page.click('label.row:has(input[value="high_kerb"])')
    await page.fill("#place", "x")
    await page.click("#next")
    await page.wait_for_selector('#report[data-at="details"], #report[data-at="nearby"]')
    if await page.get_attribute("#report", "data-at") == "nearby":
        await page.click("#next")
    await page.click('label.row:has(input[name="severity"][value="2"])')
    await page.click("#next")
    await page.wait_for_selector('#report[data-at="seen"]')
    await context.set_offline(True)
    await listen(page)
    await page.click("#send")
    await page.wait_for_selector("#done-title")
    assert said["waiting"] in await focused(page)
    assert any(said["kept"] in words for words in await heard(page))
    assert faults_of(await tree_of(page)) == []
    await context.set_offline(False)
    await page.wait_for_function("(sent) => window.heard.some((words) => words.includes(sent))", arg=said["sent"])
    await context.close()


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_each_page_is_told(chromium: Browser, site: str, language: str) -> None:
    context, visit = await open_page(chromium, site, f"/{language}/c/demo", viewport=PHONE)
    page, faults = visit.page, []
    answer = await page.request.get(f"{site}/api/communities/demo/reports?limit=500")
    reports = {one["properties"]["layer"]: one["id"] for one in (await answer.json())["features"] if one["geometry"]}
    paths = ["", "/list", "/list?view=table", "/hotspots", "/hotspots/how", "/progress", "/mine", "/withdraw"]
    for path in [*paths, *(f"/report/{reports[layer]}" for layer in ("dangerous_places", "unlit_streets"))]:
        await page.goto(f"{site}/{language}/c/demo{path}", wait_until="networkidle")
        nodes = await tree_of(page)
        faults += [f"{path}: {fault}" for fault in faults_of(nodes)]
        roles = [node.role for node in nodes]
        assert "banner" in roles, path
        assert roles.index("link") < roles.index("banner"), "first comes the way past the head of the page"
        if "/report/" in path:
            assert sum(node.role == "button" and ("main", "") in node.within for node in nodes) >= 3
        if path == "/list?view=table":
            assert "columnheader" in roles
            assert any(node.role == "table" and node.name for node in nodes)
    assert faults == []
    await context.close()
