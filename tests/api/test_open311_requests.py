"""Requests of Open311 GeoReport v2 over HTTP, in XML and JSON, as anyone reads them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from mapping.app import create_app
from mapping.settings import Settings
from mapping.store.database import Database
from mapping.store.tables import released_reports
from tests.api.open311 import V2, assert_errors, publish, told_requests
from tests.factories import new_id, report_payload
from tests.moderation import moderate_report


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
    for known in (hidden, waiting, confidential, public_id, "nonsense", "%00"):
        answer = await client.get(f"{V2}/requests/{known}.xml?jurisdiction_id={town}")
        assert (answer.status_code, answer.content) == (404, absent.content)
        assert await told_requests(client, town, f"service_request_id={known},{new_id()}") == []


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
