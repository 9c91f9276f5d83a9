"""Open311 beside other servers and our own import: the shapes of other cities, in files of the standard."""

from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import httpx
import pytest
import shapely
import sqlalchemy as sa
from defusedxml.ElementTree import fromstring

from mapping.services.api_keys import add_key
from mapping.services.moderation import reports_to_review
from mapping.services.report_imports import ReportImport, import_reports
from mapping.store.database import Database
from mapping.store.tables import released_reports
from tests.api.open311 import V2, assert_errors, publish, send_request
from tests.shared_data import shared_data


def _names(element: Element) -> set[str]:
    return {part.tag for part in element}


def _first(element: Element, path: str) -> Element:
    found = element.find(path)
    assert found is not None, path
    return found


def _server(name: str) -> Element:
    root: Element = fromstring((Path(shared_data("standards/open311")) / name).read_bytes())
    return root


async def test_shapes_are_those_of_other_servers(client: httpx.AsyncClient, database: Database, town: str) -> None:
    key = await add_key(database, town, "city app")
    await publish(client, database, town)

    async def ours(path: str) -> Element:
        root: Element = fromstring((await client.get(f"{V2}/{path}.xml?jurisdiction_id={town}")).content)
        return root

    for path, name in (("services", "dc-services.xml"), ("requests", "service-requests.xml")):
        told, theirs = await ours(path), _server(name)
        assert (told.tag, told[0].tag) == (theirs.tag, theirs[0].tag)
        assert _names(told[0]) == _names(theirs[0])
    told, theirs = await ours("services/broken_lamps"), _server("dc-services-S0301.xml")
    assert (told.tag, _names(told)) == (theirs.tag, _names(theirs))
    assert _names(told[1][0]) == _names(theirs[1][1])
    assert _names(_first(told[1], "attribute/values/value")) == {"key", "name"}
    sent, theirs = (
        fromstring((await send_request(client, town, key, "xml")).content),
        _server("boston-submitrequest-token.xml"),
    )
    assert (sent.tag, sent[0].tag) == (theirs.tag, theirs[0].tag)
    assert _names(theirs[0]) <= _names(sent[0])
    token, theirs = await ours(f"tokens/{sent[0].findtext('token')}"), _server("token.xml")
    assert (token.tag, token[0].tag) == (theirs.tag, theirs[0].tag)
    assert _names(theirs[0]) <= _names(token[0])
    refused = fromstring((await send_request(client, town, None, "xml")).content)
    theirs = _server("boston-err-submitrequest-base_is_duplicate.xml")
    assert (refused.tag, refused[0].tag, _names(refused[0])) == (theirs.tag, theirs[0].tag, _names(theirs[0]))


async def test_discovery_has_the_shape_of_other_servers(client: httpx.AsyncClient) -> None:
    told = (await client.get("/open311/discovery.json")).json()
    assert told["endpoints"][0]["url"] == "http://testserver/open311/v2"
    assert told["endpoints"][0]["formats"] == ["text/xml", "application/json"]
    assert_errors(await client.get("/open311/discovery.csv"), 404)
    root, theirs = fromstring((await client.get("/open311/discovery.xml")).content), _server("discovery-dc.xml")
    assert (root.tag, _names(root)) == (theirs.tag, _names(theirs))
    assert _names(_first(root, "endpoints/endpoint")) == _names(_first(theirs, "endpoints/endpoint"))
    assert [one.text for one in root.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_our_own_import_reads_what_is_told(
    client: httpx.AsyncClient, database: Database, town: str, other_town: str, tmp_path: Path, form: str
) -> None:
    await publish(
        client, database, town, place="By the school", description="Dark & wet", observed_at="2026-05-02T22:00:00+03:00"
    )
    await publish(client, database, town, category="harassment", observed_at="2026-05-20T13:00:00+03:00")
    await publish(client, database, town, category="high_kerb", geometry=None, place="Біля пошти")
    async with database.app.begin() as connection:
        done = sa.update(released_reports).where(released_reports.c.description == "Dark & wet")
        await connection.execute(done.values(status="resolved"))
    file = tmp_path / f"requests.{form}"
    ids = [feature["id"] for feature in (await client.get(f"/api/communities/{town}/reports")).json()["features"]]
    told = await client.get(f"{V2}/requests.{form}?jurisdiction_id={town}&service_request_id={','.join(ids)}")
    file.write_bytes(told.content)
    found = await import_reports(database, other_town, file, ReportImport())
    assert (found.rows, found.refused, list(found.first_faults)) == (3, 0, [])
    kept = {read.report.category: read.report for read in await reports_to_review(database, other_town)}
    assert set(kept) == {"broken_lamps", "harassment", "high_kerb"}
    lamps = kept["broken_lamps"]
    assert (lamps.place, lamps.description, lamps.status) == ("By the school", "Dark & wet", "resolved")
    assert shapely.get_coordinates(lamps.geometry).tolist() == [[24.9443, 60.1715]]
    assert lamps.observed_at == datetime.fromisoformat("2026-05-02T00:00:00+03:00")
    assert (kept["harassment"].description, kept["high_kerb"].geometry) == (None, None)
