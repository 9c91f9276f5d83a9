"""The pages over HTTP against a real database: both languages, the form once and twice, bad and hostile input."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa

from mapping.store.database import Database
from tests.api.problems import assert_problem
from tests.factories import mark_form, new_id, report_payload
from tests.moderation import moderate_report

HOSTILE = "\"><script>alert('x')</script>{{ 7 * 7 }}<img src=x onerror=alert(1)>"


async def count_reports(database: Database, community_id: int) -> int:
    async with database.app.connect() as opened:
        statement = sa.text("SELECT count(*) FROM mapping.reports WHERE community_id = :c")
        return int((await opened.execute(statement, {"c": community_id})).scalar_one())


@pytest.mark.parametrize("page", ["", "/mark", "/hotspots"])
@pytest.mark.parametrize(("language", "other"), [("en", "uk"), ("uk", "en")])
async def test_a_page_speaks_its_language(
    client: httpx.AsyncClient, town: str, language: str, other: str, page: str
) -> None:
    answer = await client.get(f"/{language}/c/{town}{page}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert f'href="/{other}/c/{town}{page}"' in answer.text
    assert {"en": "Town", "uk": "Місто"}[language] in answer.text
    assert "script-src 'self';" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/en/c/nowhere",
        "/uk/c/nowhere",
        "/en/c/nowhere/mark",
        "/en/c/%00",
        "/en/c/%ED%A0%80",
        "/uk/c/" + "a" * 3000,
        "/en/nothing",
    ],
)
async def test_what_is_not_there_is_a_page_in_words(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{path[1:3]}">' in answer.text
    assert {"en": "There is no such page", "uk": "Такої сторінки немає"}[path[1:3]] in answer.text


async def test_an_unknown_language_is_not_there(client: httpx.AsyncClient, town: str) -> None:
    assert (await client.get(f"/de/c/{town}")).status_code == 404
    assert (await client.get(f"/EN/c/{town}/mark")).status_code == 404


async def test_a_browser_gets_a_page_and_a_program_a_problem(client: httpx.AsyncClient, town: str) -> None:
    for path in (f"/de/c/{town}", "/nothing"):
        page = await client.get(path, headers={"Accept": "text/html", "Accept-Language": "uk"})
        assert page.status_code == 404
        assert "Такої сторінки немає" in page.text
        assert (await client.get(path)).headers["content-type"] == "application/problem+json"
    for path in ("/api/nothing", "/tiles/nothing", "/static/nothing"):
        assert_problem(await client.get(path, headers={"Accept": "text/html"}), 404)


async def test_the_form_keeps_one_report_however_often_it_is_sent(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    path, fields = f"/en/c/{town}/mark", mark_form()
    first = await client.post(path, data=fields)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    assert re.search(r'id="code"[^>]*>[\w-]{43}<', first.text)
    again = await client.post(path, data=fields)
    assert again.status_code == 200
    assert "This mark has already arrived" in again.text
    assert 'id="code"' not in again.text
    await asyncio.gather(*(client.post(path, data=fields) for _ in range(5)))
    assert await count_reports(database, community_id) == 1


async def test_the_code_of_the_page_withdraws_the_report(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    fields = mark_form()
    sent = await client.post(f"/en/c/{town}/mark", data=fields)
    code = re.search(r'id="code"[^>]*>([\w-]+)<', sent.text)
    assert code is not None
    path = f"/uk/c/{town}/withdraw"
    assert "Номер позначки" in (await client.get(path)).text
    for number, said in ((fields["report_id"], "wrong"), ("no number", code[1]), (str(new_id()), code[1])):
        refused = await client.post(path, data={"number": number, "code": said})
        assert refused.status_code == 422
        assert "Позначки з таким номером і кодом немає" in refused.text
        assert said not in refused.text
    assert await count_reports(database, community_id) == 1
    gone = await client.post(path, data={"number": fields["report_id"], "code": code[1]})
    assert "Позначку стерто" in gone.text
    assert await count_reports(database, community_id) == 0


async def test_the_same_id_with_other_words_is_asked_about(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    fields = mark_form()
    await client.post(f"/en/c/{town}/mark", data=fields)
    other = await client.post(f"/en/c/{town}/mark", data=mark_form(report_id=fields["report_id"], severity="1"))
    assert other.status_code == 409
    assert "sent before" in other.text
    assert fields["report_id"] not in other.text
    assert await count_reports(database, community_id) == 1


async def test_nobody_may_see_it_unless_it_is_said(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    sent = await client.post(f"/en/c/{town}/mark", data=mark_form(publish=...))
    assert sent.status_code == 200
    assert "It will not appear on the public map." in sent.text
    async with database.app.connect() as opened:
        statement = sa.text("SELECT consents FROM mapping.reports WHERE community_id = :c")
        consents = (await opened.execute(statement, {"c": community_id})).scalar_one()
    assert consents == {"store": True, "working_group": True, "police": False, "publish": False}


async def test_a_fault_keeps_what_was_written(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    fields = mark_form(severity=..., place="кут Садової & Польової", description="dark")
    answer = await client.post(f"/en/c/{town}/mark", data=fields)
    assert answer.status_code == 422
    assert answer.headers["cache-control"] == "no-store"
    assert 'href="#severity-1"' in answer.text
    assert "Choose how bad it is." in answer.text
    assert "кут Садової &amp; Польової" in answer.text
    for kept in ('value="broken_lamps" checked', 'value="night" checked', 'value="children" checked'):
        assert kept in answer.text
    assert await count_reports(database, community_id) == 0


@pytest.mark.parametrize("language", ["en", "uk"])
async def test_every_fault_leads_to_its_field(client: httpx.AsyncClient, town: str, language: str) -> None:
    answer = await client.post(f"/{language}/c/{town}/mark", data={})
    assert answer.status_code == 422
    targets = re.findall(r'<li><a href="#([\w-]+)"', answer.text.partition("</form>")[0])
    assert {"category-title", "place", "severity-1", "when-day"} <= set(targets)
    for target in targets:
        assert f'id="{target}"' in answer.text


@pytest.mark.parametrize(
    "field", ["category", "place", "description", "severity", "when", "affected", "lon", "lat", "report_id"]
)
async def test_markup_stays_text(client: httpx.AsyncClient, town: str, field: str) -> None:
    changes = {"severity": "9"} | {field: HOSTILE}
    answer = await client.post(f"/en/c/{town}/mark", data=mark_form(**changes))
    assert answer.status_code == 422
    assert HOSTILE not in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    if field in ("place", "description"):
        assert HOSTILE in html.unescape(answer.text)


async def test_published_markup_stays_text(client: httpx.AsyncClient, town: str, database: Database) -> None:
    report_id, hostile = new_id(), "</script><script>alert(1)</script>"
    payload = report_payload(place=hostile, description=hostile)
    sent = await client.put(f"/api/communities/{town}/reports/{report_id}", json=payload)
    assert sent.status_code == 201
    await moderate_report(database, town, report_id, "publish", actor="test")
    page = await client.get(f"/en/c/{town}")
    assert "alert(1)" in page.text
    assert hostile not in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"place": "nul\x00here"},
        {"place": "x" * 201},
        {"description": "y" * 2001},
        {"lon": "nan", "lat": "60.17"},
        {"lon": "1e400", "lat": "-inf"},
        {"lon": "24.94", "lat": "91"},
        {"lon": "30.5", "lat": "50.4"},
        {"lon": "24.94", "lat": ""},
        {"category": "vulnerable_household"},
        {"category": "no_such"},
        {"severity": "३"},
        {"when": ["night", "sometimes"]},
        {"affected": ["children", "martians"]},
    ],
)
async def test_what_breaks_a_rule_is_not_kept(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int, changes: dict[str, Any]
) -> None:
    answer = await client.post(f"/uk/c/{town}/mark", data=mark_form(**changes))
    assert answer.status_code == 422
    assert 'id="faults"' in answer.text
    assert await count_reports(database, community_id) == 0


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\xff\xfe=%ff%fe&place=%00%ed%a0%80", "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % number for number in range(200)), "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"no boundary", "multipart/form-data"),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="place"; filename="a.png"\r\n\r\nx\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (b"", ""),
    ],
)
async def test_a_malformed_body_is_a_page_and_never_our_fault(
    client: httpx.AsyncClient, town: str, content: bytes, content_type: str
) -> None:
    answer = await client.post(f"/en/c/{town}/mark", content=content, headers={"Content-Type": content_type})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("text/html")
    assert '<html lang="en">' in answer.text


async def test_an_id_that_is_none_is_replaced(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    for report_id in ("", "not-a-uuid", "0" * 400, ["x", "y"], ...):
        assert (await client.post(f"/en/c/{town}/mark", data=mark_form(report_id=report_id))).status_code == 200
    assert await count_reports(database, community_id) == 5


@pytest.mark.parametrize(
    ("language", "place", "words"),
    [
        ("en", "", "Main Street, from Mill Lane to 12"),
        ("uk", "біля млина", "біля млина; Main Street, від Mill Lane до 12"),
    ],
)
async def test_a_stretch_goes_as_words_without_scripts(
    client: httpx.AsyncClient, town: str, language: str, place: str, words: str
) -> None:
    stretch = {"street": " Main  Street ", "street_from": "Mill Lane", "street_to": "12"}
    sent = await client.post(f"/{language}/c/{town}/mark", data=mark_form(place=place, lon="", lat="", **stretch))
    assert sent.status_code == 200, sent.text
    assert words in sent.text


async def test_words_of_a_stretch_are_counted_and_not_lost(client: httpx.AsyncClient, town: str) -> None:
    stretch = {"street": "<b>Main</b>", "street_from": "a" * 100, "street_to": "b" * 100}
    page = await client.post(f"/en/c/{town}/mark", data=mark_form(place="", lon="", lat="", **stretch))
    assert page.status_code == 422
    assert "in up to 200 characters" in page.text
    assert 'value="&lt;b&gt;Main&lt;/b&gt;"' in page.text
    assert f'value="{"a" * 100}"' in page.text


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, town: str) -> None:
    form = urlencode(mark_form(description="x" * 10_000_000)).encode()

    async def in_pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(form), 100_000):
            yield form[place : place + 100_000]

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (form, in_pieces()):
        answer = await client.post(f"/uk/c/{town}/mark", content=body, headers=kind)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
        assert '<html lang="uk"' in answer.text


async def test_households_are_not_offered(client: httpx.AsyncClient, town: str) -> None:
    page = (await client.get(f"/en/c/{town}/mark")).text
    layers = (await client.get(f"/api/communities/{town}/layers?lang=en")).json()["layers"]
    offered = set(re.findall(r'name="category" value="([a-z_]+)"', page))
    expected = {
        category["code"]
        for layer in layers
        if layer["code"] != "vulnerable_households"
        for category in layer["categories"]
    }
    assert offered == expected
    for number in ("112", "101"):
        assert number in page


async def test_pages_say_how_many_marks_they_leave_out(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    many = sa.text(
        """INSERT INTO public_release.reports (community_id, id, category, layer, tier, geometry, severity, when_seen,
            affected, observed_on, status)
        SELECT :id, gen_random_uuid(), 'no_lamps', 'unlit_streets', 0, ST_Point(24.94, 60.17, 4326), 2, 'night', '{}',
            '2026-11-01', 'open' FROM generate_series(1, 501)"""
    )
    async with database.app.begin() as connection:
        await connection.execute(many, {"id": community_id})
    for page in ("", "/hotspots"):
        assert "500 of 501 marks are shown here" in (await client.get(f"/en/c/{town}{page}")).text
        assert "Тут показано 500 з 501" in (await client.get(f"/uk/c/{town}{page}")).text


async def test_the_start_lists_the_communities(client: httpx.AsyncClient, town: str, other_town: str) -> None:
    home = await client.get("/", headers={"Accept-Language": "uk-UA,uk;q=0.9"})
    assert home.headers["location"] == "/uk"
    for language, name in (("en", "Town"), ("uk", "Місто")):
        start = await client.get(f"/{language}")
        for slug in (town, other_town):
            assert f'href="/{language}/c/{slug}"' in start.text
        assert name in start.text
    assert (await client.get("/de")).status_code == 404


async def test_a_form_of_another_site_is_refused(
    client: httpx.AsyncClient, town: str, database: Database, community_id: int
) -> None:
    sent = await client.post(f"/en/c/{town}/mark", data=mark_form(), headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 422
    assert await count_reports(database, community_id) == 0


@pytest.mark.parametrize("charset", ["idna", "undefined", "unicode_escape", "no-such"])
async def test_a_form_in_a_charset_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, town: str, charset: str
) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="place"\r\n\r\n' + b"\\ud800" * 60 + b"\r\n--b--\r\n"
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    answer = await client.post(f"/en/c/{town}/mark", content=part, headers={"Content-Type": kind})
    assert answer.status_code == 422


async def test_no_answer_sends_anywhere_by_the_name_it_was_asked_under(client: httpx.AsyncClient, town: str) -> None:
    answer = await client.get(f"/en/c/{town}/", headers={"Host": "evil.example"}, follow_redirects=False)
    assert answer.status_code == 404
    assert "evil" not in str(answer.headers)


async def test_a_file_comes_packed_to_those_who_take_it_so(client: httpx.AsyncClient) -> None:
    address = "/static/vendor/site.css"
    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for encodings, wanted in (("gzip, br", "br"), ("gzip", "gzip")):
        answer = await client.get(address, headers={"Accept-Encoding": encodings})
        assert answer.headers["content-encoding"] == wanted
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert "Accept-Encoding" in answer.headers["vary"]
        assert answer.text == plain.text
