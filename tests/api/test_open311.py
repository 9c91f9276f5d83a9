"""Open311 GeoReport v2 over HTTP: services, requests and discovery in XML and JSON, as anyone reads them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from xml.etree.ElementTree import Element

import httpx
import pytest
import shapely
import sqlalchemy as sa
from defusedxml.ElementTree import fromstring
from sqlalchemy.ext.asyncio import create_async_engine

from mapping.app import create_app
from mapping.layers.categories import CATEGORIES
from mapping.layers.vocabulary import Tier
from mapping.services.api_keys import add_key
from mapping.services.moderation import reports_to_review
from mapping.services.open311_services import OFFERED
from mapping.services.report_imports import ReportImport, import_reports
from mapping.settings import Settings
from mapping.store.database import Database
from mapping.store.tables import released_reports
from tests.api.open311 import V2, assert_errors, publish, send_request, told_requests
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report
from tests.shared_data import shared_data

# Services ---------------------------------------------------------------------------------------------------


async def test_services_are_the_categories_that_are_not_confidential(client: httpx.AsyncClient, town: str) -> None:
    listed = (await client.get(f"{V2}/services.json?jurisdiction_id={town}")).json()
    assert {service["service_code"] for service in listed} == {
        code for code, category in CATEGORIES.items() if category.tier < Tier.T2
    }
    assert "gender_based_violence" not in str(listed)
    assert "survivor_shelter" not in str(listed)
    explosive = next(service for service in listed if service["service_code"] == "explosive_object")
    assert explosive["description"].startswith("Looks like explosives? Stay away, do not touch, call 101.")
    assert {service["type"] for service in listed} == {"batch"}
    assert all(service["metadata"] is True for service in listed)


@pytest.mark.parametrize(("query", "headers"), [("&lang=uk", {}), ("", {"Accept-Language": "uk-UA,uk;q=0.9,en;q=0.5"})])
async def test_services_speak_ukrainian(
    client: httpx.AsyncClient, town: str, query: str, headers: dict[str, str]
) -> None:
    listed = (await client.get(f"{V2}/services.json?jurisdiction_id={town}{query}", headers=headers)).json()
    lamps = next(service for service in listed if service["service_code"] == "broken_lamps")
    assert (lamps["service_name"], lamps["group"]) == ("Ліхтарі не світять", "Тут темно")


async def test_xml_and_json_say_the_same(client: httpx.AsyncClient, database: Database, town: str) -> None:
    await publish(client, database, town, place="5 < 6 & “so on”", description="Два\nрядки")
    for path, root in (("services", "services"), ("requests", "service_requests")):
        told = (await client.get(f"{V2}/{path}.json?jurisdiction_id={town}")).json()
        answer = await client.get(f"{V2}/{path}.xml?jurisdiction_id={town}")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        tree = fromstring(answer.content)
        assert tree.tag == root
        as_text = [
            {name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
             for name, value in one.items()} for one in told
        ]  # fmt: skip
        assert [{part.tag: part.text or "" for part in one} for one in tree] == as_text


async def test_a_definition_has_how_bad_when_who_and_the_category_s_questions(
    client: httpx.AsyncClient, town: str
) -> None:
    told = (await client.get(f"{V2}/services/broken_lamps.json?jurisdiction_id={town}")).json()
    assert told["service_code"] == "broken_lamps"
    assert [one["code"] for one in told["attributes"]] == ["severity", "when", "affected", "whole_street"]
    assert [one["order"] for one in told["attributes"]] == [1, 2, 3, 4]
    assert told["attributes"][2]["datatype"] == "multivaluelist"
    assert {"key": "yes", "name": "Yes"} in told["attributes"][3]["values"]


def test_no_question_has_the_code_of_what_every_service_asks() -> None:
    for category in OFFERED.values():
        assert not {question.code for question in category.questions} & {"severity", "when", "affected"}
        assert "Point" in category.geometry_kinds


@pytest.mark.parametrize("code", ["gender_based_violence", "vulnerable_household", "nonsense", "%00", "..", "a" * 5000])
async def test_a_confidential_service_is_told_as_one_that_is_not_there(
    client: httpx.AsyncClient, town: str, code: str
) -> None:
    answer = await client.get(f"{V2}/services/{code}.json?jurisdiction_id={town}")
    absent = await client.get(f"{V2}/services/absent.json?jurisdiction_id={town}")
    assert_errors(answer, 404)
    if code != "..":
        assert answer.content == absent.content


# Reading ----------------------------------------------------------------------------------------------------


async def test_an_infrastructure_request_is_told_in_place(
    client: httpx.AsyncClient, database: Database, town: str
) -> None:
    moment = datetime.now(UTC) - timedelta(days=3)
    public_id = await publish(
        client, database, town, place="By the school", description="Dark", observed_at=moment.isoformat()
    )
    (told,) = await told_requests(client, town)
    assert told["service_request_id"] == str(public_id)
    assert (told["status"], told["status_notes"]) == ("open", "Nothing has been decided yet.")
    assert (told["lat"], told["long"]) == (60.1715, 24.9443)
    assert (told["address"], told["description"]) == ("By the school", "Dark")
    shown = datetime.fromisoformat(told["requested_datetime"])
    assert (shown.hour, shown.minute) == (0, 0)
    assert timedelta(0) <= moment - shown < timedelta(days=1)
    assert told["media_url"] is None
    assert await told_requests(client, town, f"service_request_id={public_id}") == [told]
    alone = await client.get(f"{V2}/requests/{public_id}.json?jurisdiction_id={town}")
    assert alone.json() == [told]


async def test_a_danger_is_told_near_its_place_by_the_month_and_without_words(
    client: httpx.AsyncClient, database: Database, town: str
) -> None:
    await publish(client, database, town, category="harassment", place="sentinel-place", description="sentinel-words",
                   observed_at="2026-03-17T12:34:56+02:00")  # fmt: skip
    (told,) = await told_requests(
        client, town, "start_date=2026-03-01T00:00:00%2B02:00&end_date=2026-03-01T00:00:00%2B02:00"
    )
    assert told["requested_datetime"] == "2026-03-01T00:00:00+02:00"
    assert (told["description"], told["address"]) == (None, None)
    assert (told["lat"], told["long"]) != (60.1715, 24.9443)
    assert told["service_notice"].startswith("The true place lies within 200 m")
    assert "sentinel" not in str(told)
    assert await told_requests(client, town, "start_date=2026-03-02T00:00:00Z&end_date=2026-03-31T00:00:00Z") == []


async def test_what_is_not_released_is_told_as_absent(client: httpx.AsyncClient, database: Database, town: str) -> None:
    hidden, waiting, confidential = new_id(), new_id(), new_id()
    for report_id, category in ((hidden, "no_lamps"), (waiting, "no_lamps"), (confidential, "gender_based_violence")):
        await client.put(f"/api/communities/{town}/reports/{report_id}", json=report_payload(category=category))
    public_id = (await moderate_report(database, town, hidden, "publish", actor="test")).public_id
    assert len(await told_requests(client, town)) == 1
    await moderate_report(database, town, hidden, "hide", actor="test")
    await moderate_report(database, town, confidential, "publish", actor="test")
    assert await told_requests(client, town) == []
    absent = await client.get(f"{V2}/requests/{new_id()}.xml?jurisdiction_id={town}")
    assert_errors(absent, 404)
    for report_id in (hidden, waiting, confidential, public_id, "nonsense", "%00"):
        answer = await client.get(f"{V2}/requests/{report_id}.xml?jurisdiction_id={town}")
        assert (answer.status_code, answer.content) == (404, absent.content)
        assert await told_requests(client, town, f"service_request_id={report_id},{new_id()}") == []


async def test_requests_of_another_community_are_not_there(
    client: httpx.AsyncClient, database: Database, town: str, other_town: str
) -> None:
    public_id = await publish(client, database, town)
    assert await told_requests(client, other_town, f"service_request_id={public_id}") == []
    assert_errors(await client.get(f"{V2}/requests/{public_id}.json?jurisdiction_id={other_town}"), 404)


async def test_filters_by_service_status_and_date(client: httpx.AsyncClient, database: Database, town: str) -> None:
    ids = {}
    for day, category in (("2026-05-01", "no_lamps"), ("2026-05-02", "broken_lamps"), ("2026-05-03", "high_kerb")):
        ids[day] = str(await publish(client, database, town, category=category, observed_at=f"{day}T13:00:00+03:00"))
    ids["2026-05"] = str(
        await publish(client, database, town, category="stray_dogs", observed_at="2026-05-20T13:00:00+03:00")
    )
    async with database.app.begin() as connection:
        done = sa.update(released_reports).where(released_reports.c.id == UUID(ids["2026-05-02"]))
        await connection.execute(done.values(status="resolved"))
    may = "start_date=2026-05-01T00:00:00%2B03:00&end_date=2026-06-01T00:00:00%2B03:00"

    async def found(query: str) -> list[str]:
        told = await told_requests(client, town, query)
        return [next(day for day, public_id in ids.items() if public_id == one["service_request_id"]) for one in told]

    assert await found(may) == ["2026-05-03", "2026-05-02", "2026-05-01", "2026-05"]
    assert await found(f"{may}&service_code=no_lamps,high_kerb") == ["2026-05-03", "2026-05-01"]
    assert await found(f"{may}&status=closed") == ["2026-05-02"]
    assert await found(f"{may}&status=open") == ["2026-05-03", "2026-05-01", "2026-05"]
    assert await found(f"{may}&status=open,closed") == await found(may)
    assert await found("start_date=2026-05-01T00:00:01%2B03:00&end_date=2026-05-02T12:00:00Z") == ["2026-05-02"]
    assert await found("start_date=2026-05-03T00:00:00%2B03:00") == ["2026-05-03"]
    assert await found("end_date=2026-05-01T21:00:00Z") == ["2026-05-02", "2026-05-01", "2026-05"]
    assert await found("") == []  # the last 90 days
    pages = [await found(f"{may}&page_size=3&page={page}") for page in (1, 2, 3)]
    assert pages == [["2026-05-03", "2026-05-02", "2026-05-01"], ["2026-05"], []]
    (closed,) = await told_requests(client, town, f"service_request_id={ids['2026-05-02']}&status=open")
    assert (closed["status"], closed["status_notes"]) == ("closed", "It is resolved.")


async def test_a_stretch_is_told_by_its_middle_and_words_alone_without(
    client: httpx.AsyncClient, database: Database, town: str
) -> None:
    stretch = {"type": "LineString", "coordinates": [[24.94, 60.17], [24.942, 60.17], [24.942, 60.172]]}
    line = await publish(client, database, town, geometry=stretch)
    words = await publish(client, database, town, geometry=None, place="By the school")
    told = {one["service_request_id"]: one for one in await told_requests(client, town)}
    assert (told[str(line)]["lat"], told[str(line)]["long"]) == (60.17, 24.942)
    assert (told[str(words)]["lat"], told[str(words)]["address"]) == (None, "By the school")


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("start_date=2026-11-24", "start_date"),
        ("start_date=never-sent", "start_date"),
        ("start_date=2026-11-24T00:00:00", "start_date"),
        ("start_date=2026-11-24T00:00:00+02:00", "start_date"),
        ("start_date=0001-01-01T00:00:00Z", "start_date"),
        ("end_date=9999-12-31T23:59:59Z", "end_date"),
        ("end_date=%00", "end_date"),
        ("start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z", "end_date"),
        ("start_date=2026-03-01T00:00:00Z&end_date=2026-02-01T00:00:00Z", "end_date"),
        ("service_code=never-sent", "service_code"),
        ("service_code=gender_based_violence", "service_code"),
        ("status=never-sent", "status"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=999999999", "page"),
        ("page=1e9", "page"),
        ("page_size=²", "page_size"),
        ("lang=never-sent", "lang"),
        ("service_request_id=" + "," * 1001, "service_request_id"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_named(
    client: httpx.AsyncClient, town: str, form: str, query: str, name: str
) -> None:
    assert_errors(await client.get(f"{V2}/requests.{form}?jurisdiction_id={town}&{query}"), 400, name)


PATHS = ["services", "services/no_lamps", "requests", f"requests/{UUID(int=1)}", f"tokens/{UUID(int=1)}"]


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("path", PATHS)
async def test_the_community_has_to_be_said_and_to_be_there(client: httpx.AsyncClient, path: str, form: str) -> None:
    assert_errors(await client.get(f"{V2}/{path}.{form}"), 400, "jurisdiction_id")
    for nowhere in ("never-sent", "%00", "A%20B", "x" * 3000):
        assert_errors(await client.get(f"{V2}/{path}.{form}?jurisdiction_id={nowhere}"), 404)


@pytest.mark.parametrize(
    "path", ["/open311/v2/never-sent", "/open311", "/open311/v2/requests.csv", "/open311/v2/requests"]
)
async def test_an_address_that_is_not_served_answers_in_the_same_form(client: httpx.AsyncClient, path: str) -> None:
    assert_errors(await client.get(path, headers={"Accept": "text/html"}), 404)


async def test_an_unknown_service_is_told_where_the_known_are(client: httpx.AsyncClient, town: str) -> None:
    answer = await client.get(f"{V2}/requests.json?jurisdiction_id={town}&service_code=never-sent")
    assert "is not known" in answer.json()[0]["description"]
    assert "services.xml" in answer.json()[0]["description"]
    answer = await client.get(f"{V2}/services/never-sent.json?jurisdiction_id={town}")
    assert_errors(answer, 404)
    assert "services.xml" in answer.json()[0]["description"]


async def test_of_a_demonstration_is_said_that_marks_may_be_invented(
    client: httpx.AsyncClient, database: Database, town: str, community_id: int
) -> None:
    """Nothing tells those that were made up from those that people sent."""
    async with database.app.begin() as connection:
        shown = sa.text("UPDATE public_release.communities SET is_simulated = true WHERE id = :id")
        await connection.execute(shown, {"id": community_id})
    await publish(client, database, town)
    (told,) = await told_requests(client, town)
    assert told["service_notice"] == "This community is a demonstration: its marks may be invented."


async def test_another_method_answers_in_the_same_form(client: httpx.AsyncClient, town: str) -> None:
    assert_errors(await client.put(f"{V2}/requests.json?jurisdiction_id={town}"), 405)


# Beside other servers ---------------------------------------------------------------------------------------


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
    assert _names(told[1].find("attribute/values/value")) == {"key", "name"}
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


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_a_database_that_does_not_answer_in_time_is_said_in_the_same_form(
    database: Database, settings: Settings, town: str, form: str
) -> None:
    options = str(database.public.url.query["options"]).replace(" -c statement_timeout=10000", "")
    url = database.public.url.update_query_dict({"options": f"{options} -c statement_timeout=300"})
    hurried = create_async_engine(url, poolclass=sa.pool.NullPool)
    app = create_app(settings, replace(database, public=hurried), with_worker=False)
    async with database.app.begin() as holding, httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://testserver"
    ) as impatient:  # fmt: skip
        await holding.execute(sa.text("LOCK TABLE public_release.reports IN ACCESS EXCLUSIVE MODE"))
        answer = await impatient.get(f"{V2}/requests.{form}?jurisdiction_id={town}")
    assert_errors(answer, 503)
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_what_is_known_is_not_sent_again(
    client: httpx.AsyncClient, database: Database, town: str, form: str
) -> None:
    public_id = await publish(client, database, town)
    about = f"jurisdiction_id={town}"
    for address in (
        f"/open311/discovery.{form}",
        f"{V2}/services.{form}?{about}",
        f"{V2}/services/broken_lamps.{form}?{about}",
        f"{V2}/requests.{form}?{about}",
        f"{V2}/requests/{public_id}.{form}?{about}",
    ):
        read, asked = await client.get(address), await client.head(address)
        assert (read.status_code, asked.status_code) == (200, 200), address
        assert dict(asked.headers) == dict(read.headers)
        known = await client.get(address, headers={"If-None-Match": read.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
